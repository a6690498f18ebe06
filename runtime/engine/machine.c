/* Machine: the two loops, and their times. */
#include "runtime/engine/machine.h"

#include <math.h>
#include <unistd.h>

#include "passes/pipeline.h"
#include "runtime/engine/clock.h"
#include "runtime/engine/slab.h"

enum { RUNS = 9, PEAK_LANES = 16, TRIAD_FLOATS = 24 * 1024 * 1024, MEETINGS = 100 };
static const int64_t peak_rounds = 4 * 1000 * 1000;

typedef struct Peak {
    KernelFunction *function;
    float *room; /* [threads, PEAK_LANES] */
} Peak;

static void run_peak(void *user, const Worker *worker) {
    const Peak *peak = user;
    void *buffers[] = {peak->room};
    peak->function(buffers, &peak_rounds, NULL, worker->scratch, worker->thread, worker->threads);
}

static void run_meetings(void *user, const Worker *worker) {
    (void)user;
    for (int i = 0; i < MEETINGS; i++) worker_meet(worker);
}

/* Seconds of the fastest run; the first is not counted. */
static double best_time(Team *team, void (*work)(void *user, const Worker *worker), void *user) {
    double best = 1e30;
    for (int i = 0; i <= RUNS; i++) {
        double began = seconds_now();
        team_run(team, work, user);
        double seconds = seconds_now() - began;
        if (i > 0 && seconds < best) best = seconds;
    }
    return best;
}

/* Memory that was never written is one page of zeros, which is read from the cache. */
static float *written(size_t floats) {
    float *memory = slab_new(floats * sizeof *memory);
    for (size_t i = 0; memory && i < floats; i++) memory[i] = 0.5F;
    return memory;
}

static double measure_peak(KernelFunction *function, int64_t flops_per_round, Team *team) {
    size_t floats = (size_t)team_threads(team) * PEAK_LANES;
    Peak peak = {function, written(floats)};
    if (!peak.room) return 0;
    double seconds = best_time(team, run_peak, &peak);
    slab_free(peak.room, floats * sizeof(float));
    return (double)flops_per_round * (double)peak_rounds * team_threads(team) / seconds;
}

static Graph *triad_graph(void) {
    Graph *graph = graph_new("triad", NULL);
    Dim n = dim_symbol(graph_symbol(graph, "N"));
    Type type = type_make(ELEM_F32, 1, &n);
    Node *b = graph_leaf(graph, OP_input, "b", type), *c = graph_leaf(graph, OP_input, "c", type);
    Node *three = graph_broadcast(graph, graph_const(graph, ELEM_F32, 3, NULL), &type, NULL);
    graph_output(graph, "a", graph_op2(graph, OP_add, b, graph_op2(graph, OP_mul, three, c, NULL), NULL));
    return graph;
}

/* The triad, again and again over arrays of so many floats: memory, or a level that holds them. */
typedef struct Triad {
    Executable *exec;
    int rounds;
} Triad;

static void run_triad(void *user, const Worker *worker) {
    const Triad *triad = user;
    for (int i = 0; i < triad->rounds; i++) executable_run(triad->exec, worker);
}

/* Bytes a second; 0: there is no memory. */
static double measure_triad(const KernelList *list, const Code *code, Team *team, int64_t floats) {
    size_t bytes = (size_t)floats * sizeof(float);
    Triad triad = {executable_new(list, code_of_launches(code, list, list->arena)),
                   (int)(TRIAD_FLOATS / floats / 4) + 1};
    float *memory[] = {written((size_t)floats), written((size_t)floats), written((size_t)floats)};
    double seconds = 0;
    if (memory[0] && memory[1] && memory[2]) {
        executable_bind(triad.exec, "b", memory[1]);
        executable_bind(triad.exec, "c", memory[2]);
        executable_bind_output(triad.exec, "a", memory[0]);
        executable_plan(triad.exec, &floats);
        executable_place(triad.exec, NULL);
        seconds = best_time(team, run_triad, &triad);
    }
    for (int i = 0; i < 3; i++) slab_free(memory[i], bytes);
    executable_free(triad.exec);
    return seconds > 0 ? 3 * (double)bytes * triad.rounds / seconds : 0;
}

/* Caches that the system tells of, with arrays that fill half of one; L1 and L2 are each core's own. */
static void measure_levels(Machine *m, const KernelList *list, const Code *code, Team *team) {
    static const struct {
        const char *name;
        int size;
        bool shared;
    } caches[] = {{"L1", _SC_LEVEL1_DCACHE_SIZE, false},
                  {"L2", _SC_LEVEL2_CACHE_SIZE, false},
                  {"L3", _SC_LEVEL3_CACHE_SIZE, true}};
    m->n_levels = 0;
    for (size_t i = 0; i < sizeof caches / sizeof *caches; i++) {
        long size = sysconf(caches[i].size);
        double capacity = (double)size * (caches[i].shared ? 1 : team_threads(team));
        int64_t floats = (int64_t)(capacity / 2 / 3 / sizeof(float));
        if (size <= 0 || floats >= TRIAD_FLOATS) continue;
        double bytes = measure_triad(list, code, team, floats);
        if (bytes > m->bytes) m->levels[m->n_levels++] = (MachineLevel){caches[i].name, capacity, bytes};
    }
    m->levels[m->n_levels++] = (MachineLevel){"memory", INFINITY, m->bytes};
}

static bool measure(Machine *machine, const KernelList *list, const KernelSet *set, Team *team, const Target *target,
                    Diagnostics *diags) {
    int64_t flops_per_round = 0;
    Code *code = code_new(set, target, NULL, team, diags);
    bool good = code && jit_add(code->jit, peak_object(target, &flops_per_round), diags);
    KernelFunction *peak = good ? jit_find(code->jit, PEAK_KERNEL, diags) : NULL;
    if (peak) {
        machine->flops = measure_peak(peak, flops_per_round, team);
        machine->bytes = measure_triad(list, code, team, TRIAD_FLOATS);
        measure_levels(machine, list, code, team);
        machine->barrier = best_time(team, run_meetings, NULL) / MEETINGS;
    }
    code_free(code);
    if (!peak || (machine->flops > 0 && machine->bytes > 0)) return peak != NULL;
    return diag_error(diags, "E0907", (Pos){0}, "there is no memory to measure this machine");
}

bool machine_measure(Machine *machine, Team *team, const Target *target, Diagnostics *diags) {
    Graph *graph = triad_graph();
    PipelineOptions options = {0};
    Graph *grouped = pipeline_run(graph, &options, diags);
    graph_free(graph);
    if (!grouped) return false;
    KernelSet *set = kernel_set_new();
    KernelList *list = schedule(grouped, set);
    bool good = measure(machine, list, set, team, target, diags);
    kernel_list_free(list);
    kernel_set_free(set);
    graph_free(grouped);
    return good;
}

bool machine_measure_again(Machine *machine, Team *team, const Target *target, Diagnostics *diags) {
    Machine now = {0};
    if (!machine_measure(&now, team, target, diags)) return false;
    machine->flops = (machine->flops + now.flops) / 2;
    machine->bytes = (machine->bytes + now.bytes) / 2;
    machine->barrier = (machine->barrier + now.barrier) / 2;
    for (int i = 0; i < machine->n_levels && i < now.n_levels; i++)
        machine->levels[i].bytes = (machine->levels[i].bytes + now.levels[i].bytes) / 2;
    return true;
}
