/* Replay. */
#include "runtime/train/replay.h"

#include <inttypes.h>
#include <string.h>

#include "graph/base/count_text.h"
#include "graph/base/hash.h"
#include "runtime/model/checkpoint.h"

/* --- Is it the run? ----------------------------------------------------------------------------------------------- */

static bool differs(const Replay *r, const char *what) {
    diag_error(r->s->diags, "E0997", pos_in_file(diagnostics_file(r->s->diags, r->folder, NULL), 0),
               "this run cannot be repeated: %s", what);
    diag_hint(r->s->diags, "the files of its data and its weights must be what they were: see %s/settings.json",
              r->folder);
    return false;
}

/* Text, sizes and the rows to train on. */
static bool same_run(const Replay *r) {
    size_t count = (size_t)r->s->program->tasks.count + 1;
    Dataset **train = arena_array(r->s->arena, count, sizeof *train);
    Dataset **dev = arena_array(r->s->arena, count, sizeof *dev);
    for (int i = 0; i < r->data.count; i++) train[r->data.tasks[i].number] = r->data.tasks[i].train;
    json_t *now = settings_collect(r->s, json_object_get(r->settings, "options"), train, dev, NULL);
    const json_t *data = json_object_get(r->settings, "data");
    bool text = json_equal(json_object_get(now, "graph"), json_object_get(r->settings, "graph"));
    bool sizes = json_equal(json_object_get(now, "config"), json_object_get(r->settings, "config"));
    const char *name, *changed = NULL;
    json_t *hash;
    json_object_foreach(json_object_get(now, "data"), name, hash) {
        if (!json_equal(hash, json_object_get(data, name))) changed = arena_strdup(r->s->arena, name);
    }
    json_decref(now);
    if (!text) return differs(r, "the text of its model has changed");
    if (!sizes) return differs(r, "the sizes of its model have changed");
    return !changed || differs(r, arena_printf(r->s->arena, "the rows of %s are others", changed));
}

/* --- Where it begins ---------------------------------------------------------------------------------------------- */

static bool begin_at_start(Replay *r) {
    const Parameters *params = model_parameters(r->s->model);
    const char *hash = bytes_hash(r->s->arena, params->weights, (size_t)params->total * sizeof(float));
    const char *initial = json_string_value(json_object_get(r->settings, "initial_weights"));
    return !initial || strcmp(initial, hash) == 0 || differs(r, "the weights that it began with are others");
}

static bool begin(Replay *r, int64_t steps) {
    Checkpoint *checkpoint = NULL;
    const char *folder = arena_printf(r->s->arena, "%s/last", r->folder);
    if (!checkpoint_open(folder, steps, &checkpoint, r->s->diags)) return false;
    if (!checkpoint) return begin_at_start(r);
    r->from = r->done = json_integer_value(json_object_get(checkpoint_state(checkpoint), "step"));
    bool good =
        checkpoint_restore(checkpoint, model_parameters(r->s->model), r->s->program->optimizer.states, r->s->diags);
    model_touch(r->s->model);
    checkpoint_close(checkpoint);
    return good;
}

bool replay_open(Replay *r, Session *s, const ModelUse *use, const TrainOptions *o, const json_t *settings) {
    *r = (Replay){.s = s, .options = *o, .use = *use, .folder = s->run_folder, .settings = settings, .done = -1};
    r->options.no_eval = true; /* no evaluation changes what is trained */
    const TrainOptions *options = &r->options;
    return train_model_use(&r->use, options, s->diags) && session_make_model(s, &r->use) &&
           train_data_load(&r->data, s, options) && same_run(r) &&
           run_schedule_make(&r->schedule, (RunLength){o->epochs, o->steps}, model_joined(s->model), &r->data, s,
                             options) &&
           step_runner_open(&r->runner, &r->use.steps, &r->data, s, options) && session_fill_model(s, &r->use);
}

void replay_close(Replay *r) {
    step_runner_close(&r->runner);
    run_schedule_close(&r->schedule);
    train_data_close(&r->data);
}

/* --- Steps -------------------------------------------------------------------------------------------------------- */

const Step *replay_step(const Replay *r) { return run_schedule_step(&r->schedule, r->done); }
double replay_rate(const Replay *r) { return rate_at(&r->schedule.rate, r->done); }

bool replay_run(Replay *r) {
    if (!step_run(&r->runner, replay_step(r), r->done, replay_rate(r))) return false;
    r->done++;
    return true;
}

static bool no_such_step(const Replay *r, int64_t step) {
    diag_error(r->s->diags, "E0998", pos_in_file(diagnostics_file(r->s->diags, r->folder, NULL), 0),
               "the run has no step %" PRId64, step);
    diag_hint(r->s->diags, "it has %s; the first is step 1", count_text(r->schedule.rate.steps, "step").text);
    return false;
}

bool replay_go(Replay *r, int64_t steps) {
    if (steps < 0 || steps >= r->schedule.rate.steps) return no_such_step(r, steps + 1);
    if (r->done < 0) {
        r->from = r->done = 0;
        if (!begin(r, steps)) return false;
    }
    while (r->done < steps) {
        if (!replay_run(r)) return false;
    }
    return true;
}
