/* Replayed run. */
#include "runtime/commands/replayed_run.h"

#include "runtime/commands/run_options.h"
#include "runtime/commands/train_one.h"
#include "runtime/model/binding.h"

static bool no_run(const char *folder, Diagnostics *diags) {
    diag_error(diags, "E0994", pos_in_file(diagnostics_file(diags, folder, NULL), 0),
               "a step is repeated in the folder of a run, with its settings and its log");
    diag_hint(diags, "gradc train FILE --out DIR makes it");
    return false;
}

bool replayed_run_read(ReplayedRun *run, const char *folder, Arena *arena, Diagnostics *diags) {
    int errors = diags->errors;
    run->folder = folder;
    run->settings = settings_read(folder, diags);
    if (!run->settings) return diags->errors == errors && no_run(folder, diags);
    return run_log_read(&run->log, arena_printf(arena, "%s/log.jsonl", folder), arena, diags);
}

bool replayed_run_open(ReplayedRun *run, const Options *given, Diagnostics *diags) {
    Options of_folder = *given;
    of_folder.file = run->folder;
    if (!session_of_options("train", &of_folder, &run->options, &run->session, diags)) return false;
    run->record = options_to_json(&run->options);
    TrainOptions training = train_options(&run->options, &(TrainMember){0}, run->record);
    ModelUse use = model_use_of_options(&run->options, true);
    return replay_open(&run->replay, &run->session, &use, &training, run->settings);
}

void replayed_run_close(ReplayedRun *run) {
    replay_close(&run->replay);
    run_log_free(&run->log);
    json_decref(run->settings);
    json_decref(run->record);
    session_close(&run->session);
}

bool replayed_run_probe(const ReplayedRun *run, const Task *task, Run *probe) {
    SessionSource source = source_of_options(&run->options);
    probe->probe = (ProbeOptions){.task = task->name, .training = true};
    if (!session_load_probe(probe->s, &source, &probe->probe, probe->diags)) return false;
    SessionUse use = use_of_options(&run->options);
    use.tasks = NULL; /* the probe's */
    probe->task = &probe->s->program->tasks.items[0];
    return session_use(probe->s, &use);
}

void replayed_run_leaves(Run *probe, const Batch *batch, const Parameters *params) {
    values_free(probe->values);
    probe->values = values_new();
    batch_values(probe->values, probe->graph, probe->task, batch);
    run_give_parameters_of(probe, params);
}
