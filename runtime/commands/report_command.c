/* gradc report: a page of one run or several and of their model, or one kind of picture. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "graph/base/memory.h"
#include "runtime/commands/commands.h"
#include "runtime/commands/run_options.h"
#include "runtime/files/atomic_file.h"
#include "runtime/measure/evaluation_json.h"
#include "runtime/report/page.h"
#include "runtime/report/picture_png.h"
#include "runtime/session/settings.h"
#include "runtime/train/progress.h"

typedef struct Reporter {
    const Options *o;
    Diagnostics *diags;
    Arena *arena;
    Session *sessions; /* [n_runs]: open as long as results point into their programs */
    RunReport *runs;   /* [n_runs] */
    json_t **settings; /* [n_runs] */
    int n_runs;        /* 0: a graph file alone */
    Session model_session;
    ModelSection model;
    MachineSection machine; /* without tasks where it was not measured */
} Reporter;

/* --- One run ------------------------------------------------------------------------------------------------------ */

static bool show_progress(void *progress, const Dataset *data, int64_t done) {
    progress_evaluation(progress, data->task->name, done, data->rows);
    return true;
}

static bool evaluate_task(const Reporter *r, Session *s, const Options *o, int task, TaskResult *result) {
    Progress progress = {.terminal = progress_has_terminal()};
    ResultWish wish = {.split = o->split ? o->split : "dev",
                       .batch = o->batch ? o->batch : EVAL_BATCH,
                       .texts = r->o->texts,
                       .goes_on = show_progress,
                       .context = &progress};
    bool good = result_of_task(s, task, &wish, result);
    progress_clear(&progress);
    return good;
}

static void collect_numbers(const Reporter *r, const Session *s, RunReport *run) {
    Evaluation *evaluations = arena_array(r->arena, (size_t)run->n_results + 1, sizeof *evaluations);
    ClassTable *tables = arena_array(r->arena, (size_t)run->n_results + 1, sizeof *tables);
    for (int i = 0; i < run->n_results; i++)
        evaluations[i] = run->results[i].evaluation, tables[i] = run->results[i].table;
    run->numbers = evaluations_json(s->program, evaluations, tables, run->n_results, r->arena);
    run->overall = overall_score(evaluations, run->n_results);
}

/* The model is given back at once: there may be many runs. */
static bool evaluate_run(const Reporter *r, Session *s, const char *folder, RunReport *run) {
    Options given = *r->o, options;
    given.file = folder;
    if (!session_of_options("report", &given, &options, s, r->diags) || !results_prepare(s)) return false;
    run->results = arena_array(r->arena, (size_t)s->program->tasks.count + 1, sizeof *run->results);
    bool good = true;
    for (int t = 0; good && t < s->program->tasks.count; t++) {
        if (s->tasks[t]) good = evaluate_task(r, s, &options, t, &run->results[run->n_results++]);
    }
    model_free(s->model);
    s->model = NULL;
    if (good) collect_numbers(r, s, run);
    return good;
}

static const char *log_of(const Reporter *r, const char *folder) {
    struct stat info;
    const char *path = arena_printf(r->arena, "%s/log.jsonl", folder);
    if (stat(path, &info) == 0) return path;
    diag_error(r->diags, "E0994", pos_in_file(diagnostics_file(r->diags, folder, NULL), 0),
               "a report needs the folder of a run, with its log");
    diag_hint(r->diags, "there is no %s; gradc train FILE --out DIR makes it", path);
    return NULL;
}

/* What the settings say, as the command line would have it. */
static bool describe_run(const Reporter *r, const char *folder, const json_t *settings, RunReport *run) {
    Options options = options_default(), held;
    const json_t *values = json_object_get(settings, "options");
    options.file = folder;
    held = options_of_run("train", &options, values, r->arena);
    run->folder = folder;
    run->settings = settings;
    run->options = options_settings_text(&held, r->arena);
    run->repeat = arena_printf(r->arena, "gradc train %s --out %s-again", folder, folder);
    const char *path = log_of(r, folder);
    if (!path || !run_log_read(&run->log, path, r->arena, r->diags)) return false;
    run->best_epoch = run_log_best_epoch(&run->log, held.best);
    return true;
}

/* The last component of its path; the whole where another run has the same. */
static const char *last_component(const char *folder, Arena *arena) {
    char *copy = arena_strdup(arena, folder);
    for (size_t length = strlen(copy); length > 1 && copy[length - 1] == '/'; length--) copy[length - 1] = '\0';
    char *slash = strrchr(copy, '/');
    return slash && slash[1] ? slash + 1 : copy;
}

static void name_runs(Reporter *r) {
    for (int i = 0; i < r->n_runs; i++) {
        const char *name = last_component(r->runs[i].folder, r->arena);
        bool unique = true;
        for (int j = 0; j < r->n_runs; j++)
            unique = unique && (i == j || strcmp(name, last_component(r->runs[j].folder, r->arena)) != 0);
        r->runs[i].name = unique ? name : r->runs[i].folder;
    }
}

static bool report_run(Reporter *r, int i) {
    const char *folder = r->o->operands.items[i];
    int errors = r->diags->errors;
    r->settings[i] = settings_read(folder, r->diags);
    if (r->diags->errors > errors || !describe_run(r, folder, r->settings[i], &r->runs[i])) return false;
    bool evaluates = !r->o->no_eval && !(r->o->plot && !picture_kind_needs_results(r->o->plot));
    return !evaluates || evaluate_run(r, &r->sessions[i], folder, &r->runs[i]);
}

/* --- The model ---------------------------------------------------------------------------------------------------- */

static bool collect_model(Reporter *r, const Options *o) {
    Target *target = session_target(&r->model_session, o->cpu, (int)o->lanes);
    bool good = target && model_section_collect(&r->model, &r->model_session, target);
    target_free(target);
    return good;
}

/* Some steps on training rows, with updates of weights that are then forgotten; the machine before and after. */
static bool measure_machine(Reporter *r, const Options *o) {
    enum { STEPS = 10, ROWS = 32 };
    Session *s = &r->model_session;
    MachineSection *section = &r->machine;
    ModelUse use = model_use_of_options(o, true);
    double decay = o->weight_decay >= 0 ? o->weight_decay : 0;
    BenchOptions options = {.steps = STEPS,
                            .batch = o->batch ? o->batch : ROWS,
                            .seed = o->seed,
                            .rate = o->lr,
                            .clip = o->clip,
                            .decay = decay};
    if (!session_load_model(s, &use)) return false;
    section->linked = r->model.data != NULL;
    section->target = target_name(s->target), section->threads = team_threads(s->team);
    section->tasks = arena_array(r->arena, (size_t)s->program->tasks.count + 1, sizeof *section->tasks);
    return machine_measure(&section->machine, s->team, s->target, r->diags) &&
           step_bench(s, &options, section->tasks, &section->count) &&
           machine_measure_again(&section->machine, s->team, s->target, r->diags);
}

static bool wants_machine(const Options *o) { return o->plot ? strcmp(o->plot, "roofline") == 0 : o->bench; }

/* Of the first run, or of the file. */
static bool report_model(Reporter *r) {
    bool model = !r->o->plot && !r->o->no_model;
    Options options;
    if (!model && !wants_machine(r->o)) return true;
    return session_of_options("report", r->o, &options, &r->model_session, r->diags) &&
           (!model || collect_model(r, &options)) && (!wants_machine(r->o) || measure_machine(r, &options));
}

/* --- Several ------------------------------------------------------------------------------------------------------ */

/* Settings without what says where, and from which seed. */
static json_t *settings_but_seed(const json_t *settings) {
    json_t *copy = json_deep_copy(settings), *options = json_object_get(copy, "options");
    json_object_del(options, "seed");
    json_object_del(options, "threads");
    json_object_del(copy, "initial_weights");
    return copy;
}

static bool differ_in_seeds_alone(const Reporter *r) {
    bool same = r->n_runs > 1;
    json_t *first = same ? settings_but_seed(r->settings[0]) : NULL;
    for (int i = 1; same && i < r->n_runs; i++) {
        json_t *other = settings_but_seed(r->settings[i]);
        same = first && other && json_equal(first, other);
        json_decref(other);
    }
    json_decref(first);
    return same;
}

/* --- What is written ---------------------------------------------------------------------------------------------- */

static void draw_pictures(const Reporter *r, Pictures *all) {
    if (r->machine.tasks) picture_of_roofline(all, &r->machine);
    if (r->n_runs > 1) {
        ComparedRun *runs = arena_array(r->arena, (size_t)r->n_runs, sizeof *runs);
        for (int i = 0; i < r->n_runs; i++) runs[i] = (ComparedRun){r->runs[i].name, &r->runs[i].log};
        pictures_of_runs(all, runs, r->n_runs, differ_in_seeds_alone(r));
    }
    for (int i = 0; i < r->n_runs; i++) {
        if (r->n_runs == 1) pictures_of_log(all, &r->runs[i].log, r->runs[i].best_epoch);
        for (int j = 0; j < r->runs[i].n_results; j++) pictures_of_result(all, &r->runs[i].results[j]);
    }
}

static bool draw_kind(const Reporter *r, FILE *out) {
    Pictures all = {.arena = r->arena}, wanted = {.arena = r->arena};
    draw_pictures(r, &all);
    for (int i = 0; i < all.count; i++) {
        if (strcmp(all.items[i].kind, r->o->plot) == 0) vec_push(r->arena, &wanted, all.items[i]);
    }
    if (wanted.count) return picture_file_write(out, &wanted), true;
    diag_error(r->diags, "E0993", (Pos){0}, "there is no picture '%s' of %s", r->o->plot, r->o->file);
    diag_hint(r->diags, "gradc explain E0993 says what each needs");
    return false;
}

static bool ends_with(const char *text, const char *end) {
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

static bool put_file(const Reporter *r, const char *text, size_t size) {
    if (!r->o->plot || !ends_with(r->o->out, ".png")) return atomic_file_put(r->o->out, text, size, r->diags);
    size_t bytes;
    unsigned char *png = picture_png(text, size, &bytes, r->diags);
    bool good = png && atomic_file_put(r->o->out, png, bytes, r->diags);
    free(png);
    return good;
}

static bool write_report(const Reporter *r) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = memory_stream(&text, &size);
    Page page = {.runs = r->runs,
                 .n_runs = r->n_runs,
                 .spread = differ_in_seeds_alone(r),
                 .model = r->model.data ? &r->model : NULL,
                 .machine = r->machine.tasks ? &r->machine : NULL,
                 .title = last_component(r->o->file, r->arena),
                 .arena = r->arena};
    bool good = !r->o->plot || draw_kind(r, out);
    if (!r->o->plot) page_write(out, &page);
    memory_stream_end(out);
    good = good && put_file(r, text, size);
    free(text);
    return good;
}

/* --- The command -------------------------------------------------------------------------------------------------- */

static bool check_plot(const char *plot, Diagnostics *diags) {
    int count;
    const char *const *kinds = picture_kind_list(&count);
    for (int i = 0; plot && i < count; i++) {
        if (strcmp(kinds[i], plot) == 0) return true;
    }
    if (!plot) return true;
    diag_error(diags, "E0993", (Pos){0}, "--plot draws no '%s'", plot);
    if (!diag_hint_nearest(diags, plot, kinds, count))
        diag_hint(diags, "it draws %s", picture_kind_names(diags->arena));
    return false;
}

static bool check_wish(const Options *o, Diagnostics *diags) {
    if (!check_plot(o->plot, diags)) return false;
    if (o->out) return true;
    diag_error(diags, "E0993", (Pos){0}, "--out says where the report goes, and is missing");
    diag_hint(diags, "for example: gradc report %s --out %s", o->file, o->plot ? "picture.svg" : "page.html");
    return false;
}

static bool report(Reporter *r) {
    bool good = true;
    for (int i = 0; good && i < r->n_runs; i++) good = report_run(r, i);
    if (good) name_runs(r);
    return good && report_model(r) && write_report(r);
}

/* One operand may be a graph file: it has a model, but no run. */
static bool is_graph_file(const Options *o) {
    struct stat info;
    return o->operands.count == 1 && stat(o->file, &info) == 0 && !S_ISDIR(info.st_mode);
}

static void close_run(Reporter *r, int i) {
    for (int j = 0; j < r->runs[i].n_results; j++) task_result_free(&r->runs[i].results[j]);
    run_log_free(&r->runs[i].log);
    json_decref(r->runs[i].numbers);
    json_decref(r->settings[i]);
    session_close(&r->sessions[i]);
}

int command_report(const Options *given, Diagnostics *diags) {
    if (!check_wish(given, diags)) return 1;
    Reporter r = {
        .o = given, .diags = diags, .arena = arena_new(), .n_runs = is_graph_file(given) ? 0 : given->operands.count};
    size_t count = (size_t)r.n_runs + 1;
    r.sessions = arena_array(r.arena, count, sizeof *r.sessions);
    r.runs = arena_array(r.arena, count, sizeof *r.runs);
    r.settings = arena_array(r.arena, count, sizeof *r.settings);
    bool good = report(&r);
    for (int i = 0; i < r.n_runs; i++) close_run(&r, i);
    model_section_free(&r.model);
    session_close(&r.model_session);
    arena_free(r.arena);
    return good ? 0 : 1;
}
