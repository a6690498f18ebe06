/* gradc bench: steps of each task on real rows in file order, and where their time goes, beside what this machine can
 * do. */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/count_text.h"
#include "graph/base/memory.h"
#include "runtime/commands/commands.h"
#include "runtime/commands/run_options.h"
#include "runtime/engine/verdict.h"
#include "runtime/files/atomic_file.h"
#include "runtime/files/read_file.h"
#include "runtime/inspect/bench_compare.h"
#include "runtime/inspect/step_bench.h"
#include "runtime/measure/evaluate.h"

enum { TRAIN_BATCH = 32 };

typedef struct Bench {
    Session *s;
    const Options *o;
    BenchOptions steps;
    Machine machine;
} Bench;

static void print_outside(const char *what, double seconds, double whole) {
    printf("%-*s %7s %9.1f %5.1f%%\n", PROFILE_NAME, what, "", 1e3 * seconds, 100 * seconds / whole);
}

static void print_measured(const Bench *b, const Measured *m) {
    const Timing *t = &m->plain;
    ProfileRow sum = profile_sum(&m->profile);
    double whole = m->profiled.whole, rest = whole - sum.run_s - sum.wait_s - m->profiled.fill;
    printf("\n%s, %s: %s of %s, %s in %.1f ms; median step %.2f ms\n", m->task->name,
           b->o->eval ? "evaluation" : "training", count_text(m->steps, "step").text,
           count_text(b->steps.batch, "row").text, count_text(t->tokens, "token").text, 1e3 * t->whole,
           1e3 * t->median);
    printf("%.0f real tokens/s; useful %.1f GFLOP/s, %.1f %% of peak\n", (double)t->tokens / t->whole,
           1e-9 * t->flops / t->whole, 100 * t->flops / t->whole / b->machine.flops);
    printf("the same steps with a clock around each kernel, %.1f ms:\n", 1e3 * whole);
    profile_print(&m->profile, whole, &b->machine, stdout);
    print_outside("waiting at barriers", sum.wait_s, whole);
    print_outside("rows into batches", m->profiled.fill, whole);
    print_outside("the rest: memory plan, fork and join, norm", rest, whole);
}

static json_t *steps_json(const ProfileRow *row) {
    json_t *list = json_array();
    for (int i = 0; i < row->step_s.count; i++) json_array_append_new(list, json_real(1e3 * row->step_s.items[i]));
    return list;
}

static json_t *kernels_json(const Profile *profile, const Machine *machine) {
    json_t *list = json_array();
    for (int i = 0; i < profile->count; i++) {
        const ProfileRow *row = &profile->rows[i];
        Verdict verdict = verdict_of(row, machine);
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:I, s:f, s:f, s:f, s:f, s:s, s:f, s:o}", "kernel",
                                              row->kernel->name, "kind", kernel_kind_name(row->kernel->kind), "from",
                                              row->label, "calls", (json_int_t)row->runs, "ms", 1e3 * row->run_s,
                                              "wait_ms", 1e3 * row->wait_s, "gflop", 1e-9 * row->cost.flops, "gbyte",
                                              1e-9 * row->cost.bytes, "bound", verdict.bound, "share_of_bound",
                                              verdict.share, "step_ms", steps_json(row)));
    }
    return list;
}

static json_t *timing_json(const Bench *b, const Timing *t) {
    return json_pack("{s:I, s:f, s:f, s:f, s:f, s:f}", "tokens", (json_int_t)t->tokens, "ms", 1e3 * t->whole,
                     "median_step_ms", 1e3 * t->median, "real_tokens_per_s", (double)t->tokens / t->whole,
                     "useful_gflops", 1e-9 * t->flops / t->whole, "share_of_peak",
                     t->flops / t->whole / b->machine.flops);
}

static json_t *measured_json(const Bench *b, const Measured *m) {
    ProfileRow sum = profile_sum(&m->profile);
    json_t *all = timing_json(b, &m->plain);
    json_object_update_new(all, json_pack("{s:s, s:s, s:I, s:I, s:f, s:f, s:f, s:o}", "task", m->task->name, "mode",
                                          b->o->eval ? "eval" : "train", "steps", (json_int_t)m->steps, "batch",
                                          (json_int_t)b->steps.batch, "profiled_ms", 1e3 * m->profiled.whole,
                                          "kernels_ms", 1e3 * sum.run_s, "wait_ms", 1e3 * sum.wait_s, "kernels",
                                          kernels_json(&m->profile, &b->machine)));
    return all;
}

static json_t *levels_json(const Machine *machine) {
    json_t *levels = json_object();
    for (int i = 0; i < machine->n_levels; i++)
        json_object_set_new(levels, machine->levels[i].name, json_real(1e-9 * machine->levels[i].bytes));
    return levels;
}

static json_t *all_json(const Bench *b, const Measured *list, int count) {
    json_t *tasks = json_array();
    for (int i = 0; i < count; i++) json_array_append_new(tasks, measured_json(b, &list[i]));
    return json_pack("{s:s, s:i, s:f, s:f, s:o, s:f, s:o}", "target", target_name(b->s->target), "threads",
                     team_threads(b->s->team), "peak_gflops", 1e-9 * b->machine.flops, "triad_gbytes",
                     1e-9 * b->machine.bytes, "level_gbytes", levels_json(&b->machine), "barrier_us",
                     1e6 * b->machine.barrier, "tasks", tasks);
}

static void print_tables(const Bench *b, const Measured *list, int count) {
    printf("%s, %s: peak %.1f GFLOP/s in f32, %.1f GB/s from memory, %.2f us a barrier\n", target_name(b->s->target),
           count_text(team_threads(b->s->team), "thread").text, 1e-9 * b->machine.flops, 1e-9 * b->machine.bytes,
           1e6 * b->machine.barrier);
    for (int i = 0; i < b->machine.n_levels; i++)
        printf("%s%s %.1f", i ? ", " : "GB/s of levels: ", b->machine.levels[i].name,
               1e-9 * b->machine.levels[i].bytes);
    putchar('\n');
    for (int i = 0; i < count; i++) print_measured(b, &list[i]);
}

static json_t *read_then(const Bench *b) {
    size_t size;
    json_error_t error;
    char *text = read_file(b->o->compare, READ_TEXT, &size, b->s->diags);
    if (!text) return NULL;
    json_t *then = json_loadb(text, size, 0, &error);
    free(text);
    return then ? then : json_null(); /* which is no measurement */
}

/* What was asked for: an object, a comparison, or tables. */
static bool print_all(const Bench *b, const json_t *then, const Measured *list, int count) {
    json_t *now = all_json(b, list, count);
    bool good = true;
    if (then)
        good = bench_compare(then, now, b->o->compare, stdout, b->s->diags);
    else if (b->o->json)
        good = json_dumpf(now, stdout, JSON_INDENT(2)) == 0 && putchar('\n') != EOF;
    else
        print_tables(b, list, count);
    json_decref(now);
    return good;
}

static bool write_trace(const Bench *b, const Measured *list, int count) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = memory_stream(&text, &size);
    trace_write(b->steps.trace, "gradc", out);
    memory_stream_end(out);
    bool good = atomic_file_put(b->o->trace, text, size, b->s->diags);
    free(text);
    int64_t steps = 0;
    for (int i = 0; i < count; i++) steps += list[i].traced;
    if (good) fprintf(stderr, "%s in %s; ui.perfetto.dev opens it\n", count_text(steps, "step").text, b->o->trace);
    return good;
}

static bool measure(Bench *b, const json_t *then) {
    Session *s = b->s;
    int count;
    ModelUse use = model_use_of_options(b->o, !b->o->eval);
    if (b->o->eval) use.need = NEED_NOTHING;
    b->steps.decay = b->o->weight_decay >= 0 ? b->o->weight_decay : s->program->optimizer.decay;
    if (!session_load_model(s, &use) || !machine_measure(&b->machine, s->team, s->target, s->diags)) return false;
    Measured *list = arena_array(s->arena, (size_t)s->program->tasks.count + 1, sizeof *list);
    if (b->o->trace) b->steps.trace = trace_new(team_threads(s->team));
    if (!step_bench(s, &b->steps, list, &count)) return false;
    if (!machine_measure_again(&b->machine, s->team, s->target, s->diags)) return false;
    return (!b->steps.trace || write_trace(b, list, count)) && print_all(b, then, list, count);
}

static bool bench(Bench *b) {
    json_t *then = b->o->compare ? read_then(b) : NULL;
    bool good = (then || !b->o->compare) && measure(b, then);
    trace_free(b->steps.trace);
    json_decref(then);
    return good;
}

static BenchOptions bench_options(const Options *given, const Options *o) {
    enum { STEPS = 30 };
    return (BenchOptions){.eval = o->eval,
                          .steps = given->steps ? given->steps : STEPS,
                          .batch = given->batch  ? given->batch
                                   : given->eval ? EVAL_BATCH
                                                 : TRAIN_BATCH,
                          .split = o->split,
                          .seed = o->seed,
                          .rate = o->lr,
                          .clip = o->clip};
}

int command_bench(const Options *given, Diagnostics *diags) {
    Session session = {0};
    Options options;
    bool good = session_of_options("bench", given, &options, &session, diags);
    Bench state = {.s = &session, .o = &options, .steps = good ? bench_options(given, &options) : (BenchOptions){0}};
    good = good && bench(&state);
    session_close(&session);
    return good ? 0 : 1;
}
