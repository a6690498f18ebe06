/* Executable: binding, placing and running kernel launches. */
#include "runtime/engine/executable.h"

#include <assert.h>
#include <string.h>

#include "runtime/engine/clock.h"

/* One launch with the arguments that its kernel is called with. */
typedef struct PreparedLaunch {
    KernelFunction *function;
    const Node **values; /* operands, then results */
    void **buffers;      /* the address of each */
    int n_values;
    int64_t *extents; /* of the body's symbols */
    const Launch *launch;
    Cost price;  /* of a run, for the profile, */
    bool priced; /* if it is known */
} PreparedLaunch;

struct Executable {
    Arena *arena;
    const KernelList *list;
    PreparedLaunch *calls;
    int n_calls;
    bool *outside;   /* [node]: an output with memory of its own */
    void **memory;   /* [node] */
    size_t *offsets; /* [node] */
    Lifetimes lives;
    bool planned; /* lifetimes are known: outputs can no longer be bound for the first time */
    int64_t extents[MAX_SYMBOLS];
    void *work;
    LaunchTime *times; /* [calls]; NULL: nobody asked */
    const int *step;   /* see executable_profile */
    Trace *trace;      /* NULL: nobody asked */
};

static PreparedLaunch call_new(Arena *arena, const Launch *launch, KernelFunction *function) {
    PreparedLaunch call = {.function = function, .launch = launch, .n_values = launch->n_operands + launch->n_results};
    size_t count = (size_t)call.n_values + 1;
    call.values = arena_array(arena, count, sizeof *call.values);
    call.buffers = arena_array(arena, count, sizeof *call.buffers);
    for (int i = 0; i < launch->n_operands; i++) call.values[i] = node_storage(launch->operands[i]);
    for (int i = 0; i < launch->n_results; i++) call.values[launch->n_operands + i] = launch->results[i];
    call.extents = arena_array(arena, (size_t)launch->kernel->body->symbols.count + 1, sizeof *call.extents);
    return call;
}

Executable *executable_new(const KernelList *list, KernelFunction *const *functions) {
    Arena *arena = arena_new();
    Executable *exec = arena_alloc(arena, sizeof *exec);
    size_t nodes = (size_t)list->graph->nodes.count + 1;
    *exec = (Executable){.arena = arena, .list = list, .n_calls = list->launches.count};
    exec->outside = arena_array(arena, nodes, sizeof *exec->outside);
    exec->memory = arena_array(arena, nodes, sizeof *exec->memory);
    exec->offsets = arena_array(arena, nodes, sizeof *exec->offsets);
    exec->calls = arena_array(arena, (size_t)exec->n_calls + 1, sizeof *exec->calls);
    for (int i = 0; i < exec->n_calls; i++) {
        exec->calls[i] = call_new(arena, &list->launches.items[i], functions[i]);
    }
    return exec;
}

void executable_free(Executable *exec) {
    if (exec) arena_free(exec->arena);
}

static const Node *find_leaf(const Executable *exec, const char *name) {
    const Graph *graph = exec->list->graph;
    for (int i = 0; i < graph->nodes.count; i++) {
        const Node *node = graph->nodes.items[i];
        if (op_is(node->op, IS_GIVEN) && strcmp(node->attrs.text, name) == 0) return node;
    }
    return NULL;
}

void **executable_slot(Executable *exec, const Node *leaf) { return &exec->memory[leaf->id]; }

bool executable_bind(Executable *exec, const char *leaf, void *memory) {
    const Node *node = find_leaf(exec, leaf);
    if (node) exec->memory[node->id] = memory;
    return node != NULL;
}

bool executable_bind_role(Executable *exec, Role role, void *memory) {
    const Node *node = graph_input_of(exec->list->graph, role);
    if (node) exec->memory[node->id] = memory;
    return node != NULL;
}

static bool bind_output(Executable *exec, Node *node, void *memory) {
    if (node) node = node_storage(node);
    if (!node || !node->group) return false;
    assert(exec->outside[node->id] || !exec->planned);
    exec->outside[node->id] = true;
    exec->memory[node->id] = memory;
    return true;
}

bool executable_bind_output(Executable *exec, const char *output, void *memory) {
    return bind_output(exec, graph_find_output(exec->list->graph, output), memory);
}

bool executable_bind_output_role(Executable *exec, Role role, void *memory) {
    const Output *output = graph_output_of(exec->list->graph, role);
    return bind_output(exec, output ? output->node : NULL, memory);
}

static const float *place_of(const Executable *exec, Node *node) {
    return node ? exec->memory[node_storage(node)->id] : NULL;
}

const float *executable_output(const Executable *exec, const char *output) {
    return place_of(exec, graph_find_output(exec->list->graph, output));
}

const float *executable_output_of(const Executable *exec, Role role) {
    const Output *output = graph_output_of(exec->list->graph, role);
    return place_of(exec, output ? output->node : NULL);
}

const Symbols *executable_symbols(const Executable *exec) { return &exec->list->graph->symbols; }

const char *executable_unbound(const Executable *exec) {
    const Graph *graph = exec->list->graph;
    for (int i = 0; i < graph->nodes.count; i++) {
        if (op_is(graph->nodes.items[i]->op, IS_GIVEN) && !exec->memory[i]) return graph->nodes.items[i]->attrs.text;
    }
    return NULL;
}

static void know_lifetimes(Executable *exec) {
    if (exec->planned) return;
    exec->lives = lifetimes_of(exec->list, exec->outside, exec->arena);
    exec->work = arena_alloc(exec->arena, memory_work_bytes(exec->lives.count));
    exec->planned = true;
}

size_t executable_plan(Executable *exec, const int64_t *extents) {
    know_lifetimes(exec);
    memcpy(exec->extents, extents, (size_t)exec->list->graph->symbols.count * sizeof *extents);
    return plan_memory(&exec->lives, extents, exec->offsets, exec->work);
}

static void set_call_extent(PreparedLaunch *call, int index, int64_t extent) {
    if (call->extents[index] != extent) call->priced = false;
    call->extents[index] = extent;
}

void executable_place(Executable *exec, void *slab) {
    for (int i = 0; i < exec->lives.count; i++) {
        int id = exec->lives.values[i].node->id;
        exec->memory[id] = (char *)slab + exec->offsets[id];
    }
    for (int i = 0; i < exec->n_calls; i++) {
        PreparedLaunch *call = &exec->calls[i];
        for (int j = 0; j < call->n_values; j++) call->buffers[j] = exec->memory[call->values[j]->id];
        int symbols = call->launch->kernel->body->symbols.count;
        for (int j = 0; j < symbols; j++) set_call_extent(call, j, exec->extents[call->launch->symbols[j]]);
    }
}

/* What the next run costs, for the profile. */
static void add_costs(const Executable *exec) {
    for (int i = 0; i < exec->n_calls; i++) {
        PreparedLaunch *call = &exec->calls[i];
        const Kernel *kernel = call->launch->kernel;
        if (!call->priced) call->price = launch_cost(kernel, call->extents, call->buffers);
        call->priced = !cost_reads_buffers(kernel);
        exec->times[i].cost.flops += call->price.flops;
        exec->times[i].cost.bytes += call->price.bytes;
    }
}

static void run_call(const PreparedLaunch *call, const Worker *worker) {
    call->function(call->buffers, call->extents, call->launch->sites, worker->scratch, worker->thread, worker->threads);
}

void worker_meet(const Worker *worker) {
    if (worker->barrier) barrier_meet(worker->barrier);
}

void executable_watch(const Executable *exec, void *scratch,
                      bool (*after)(void *user, const Launch *launch, void *const *buffers), void *user) {
    Worker alone = {0, 1, scratch, NULL};
    for (int i = 0; i < exec->n_calls; i++) {
        run_call(&exec->calls[i], &alone);
        if (!after(user, exec->calls[i].launch, exec->calls[i].buffers)) return;
    }
}

const KernelList *executable_list(const Executable *exec) { return exec->list; }

const int64_t *executable_extents(const Executable *exec) { return exec->extents; }

const void *executable_memory(const Executable *exec, const Node *node) { return exec->memory[node->id]; }

static void add_to_step(const Executable *exec, LaunchTime *time, double seconds) {
    if (!exec->step) return;
    while (time->step_s.count <= *exec->step) vec_push(exec->arena, &time->step_s, 0);
    time->step_s.items[*exec->step] += seconds;
}

static void run_timed(const Executable *exec, const Worker *worker) {
    double last = seconds_now();
    for (int i = 0; i < exec->n_calls; i++) {
        const PreparedLaunch *call = &exec->calls[i];
        if (call->launch->barrier) worker_meet(worker);
        double begin = seconds_now();
        run_call(call, worker);
        exec->times[i].wait_s += begin - last;
        double own = (last = seconds_now()) - begin;
        exec->times[i].run_s += own;
        exec->times[i].runs++;
        add_to_step(exec, &exec->times[i], own);
    }
}

static void run_traced(const Executable *exec, const Worker *worker) {
    for (int i = 0; i < exec->n_calls; i++) {
        const PreparedLaunch *call = &exec->calls[i];
        if (call->launch->barrier) worker_meet(worker);
        double begin = seconds_now();
        run_call(call, worker);
        trace_add(exec->trace, worker->thread, call->launch->label, begin, seconds_now());
    }
}

void executable_trace(Executable *exec, Trace *trace) { exec->trace = trace; }

void executable_run(const Executable *exec, const Worker *worker) {
    if (exec->trace) {
        run_traced(exec, worker);
        return;
    }
    if (exec->times && worker->thread == 0) {
        add_costs(exec);
        run_timed(exec, worker);
        return;
    }
    for (int i = 0; i < exec->n_calls; i++) {
        if (exec->calls[i].launch->barrier) worker_meet(worker);
        run_call(&exec->calls[i], worker);
    }
}

void executable_profile(Executable *exec, const int *step) {
    exec->step = step;
    exec->times = arena_array(exec->arena, (size_t)exec->n_calls + 1, sizeof *exec->times);
    for (int i = 0; i < exec->n_calls; i++) {
        const Launch *launch = exec->calls[i].launch;
        exec->times[i].kernel = launch->kernel;
        exec->times[i].label = launch->label;
    }
}

const LaunchTime *executable_times(const Executable *exec, int *count) {
    *count = exec->n_calls;
    return exec->times;
}

int executable_launches(const Executable *exec) { return exec->n_calls; }
