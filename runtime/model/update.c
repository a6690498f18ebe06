/* Update: executables bound to stretches of the slabs. */
#include "runtime/model/update.h"

#include <string.h>

#include "runtime/engine/slab.h"

Graph *norm_graph(int64_t columns) {
    Graph *graph = graph_new("gradient norm", NULL);
    Dim dims[] = {dim_symbol(graph_symbol(graph, "R")), dim_const(columns)};
    Node *gradient = graph_input_as(graph, "gradient", gradient_role, type_make(ELEM_F32, 2, dims));
    Node *squares = graph_op2(graph, OP_mul, gradient, gradient, NULL);
    NodeSpec sum = {.op = OP_sum, .n_inputs = 1, .inputs = &squares, .attrs.ints = {1}};
    graph_output_as(graph, "squares", squares_role, graph_node(graph, &sum));
    return graph;
}

/* Places what is between the kernels in memory of its own: runs follow one another without a barrier. */
static bool place(RunUpdate *u, int which, Executable *exec, const int64_t *extents) {
    u->slab_bytes[which] = executable_plan(exec, extents);
    if (u->slab_bytes[which]) u->slabs[which] = slab_new(u->slab_bytes[which]);
    if (u->slab_bytes[which] && !u->slabs[which]) return false;
    executable_place(exec, u->slabs[which]);
    return true;
}

static bool bind_norm(RunUpdate *u, const ParamRun *run, const Parameters *params) {
    executable_bind_role(u->norm, gradient_role, params->gradients + run->offset);
    executable_bind_output_role(u->norm, squares_role, u->partial);
    return place(u, 0, u->norm, &u->partials);
}

static int64_t padded(int64_t count) { return (count + TENSOR_ALIGN - 1) / TENSOR_ALIGN * TENSOR_ALIGN; }

int64_t run_update_waiting(const Parameters *params, int run) {
    int single = params->runs[run].single;
    if (single < 0) return 0;
    const ParamSlot *slot = &params->slots[single];
    int64_t floats = padded(slot->count);
    for (int i = 0; i < params->n_states; i++) floats += padded(slot->state_counts[i]);
    return floats;
}

/* Of `count` floats, where they belong at once or after waiting there. */
static float *result_place(RunUpdate *u, float *to, int64_t count, float **waiting) {
    if (!*waiting) return to;
    float *from = *waiting;
    u->results[u->n_results++] = (WaitingResult){from, to, count};
    *waiting += padded(count);
    return from;
}

static void bind_states(RunUpdate *u, const ParamRun *run, const Parameters *params, const char *const *states,
                        float *waiting) {
    for (int i = 0; i < params->n_states; i++) {
        const ParamSlot *slot = run->single < 0 ? NULL : &params->slots[run->single];
        float *state = params->states[i] + (slot ? slot->state_offsets[i] : run->offset);
        executable_bind_role(u->update, state_role(states[i]), state);
        float *place = result_place(u, state, slot ? slot->state_counts[i] : run->count, &waiting);
        executable_bind_output_role(u->update, state_role(states[i]), place);
    }
}

static bool bind_update(RunUpdate *u, const ParamRun *run, const Parameters *params, const char *const *states,
                        float *waiting) {
    float *weight = params->weights + run->offset;
    if (run->single < 0) waiting = NULL;
    executable_bind_role(u->update, (Role){.kind = ROLE_WEIGHT}, weight);
    float *place_of_weight =
        result_place(u, weight, run->single < 0 ? run->count : params->slots[run->single].count, &waiting);
    executable_bind_output_role(u->update, (Role){.kind = ROLE_WEIGHT}, place_of_weight);
    executable_bind_role(u->update, gradient_role, params->gradients + run->offset);
    bind_states(u, run, params, states, waiting);
    executable_bind_role(u->update, (Role){.kind = ROLE_RATE}, &u->numbers.rate);
    executable_bind_role(u->update, (Role){.kind = ROLE_DECAY}, &u->numbers.decay);
    executable_bind_role(u->update, (Role){.kind = ROLE_STEP}, &u->numbers.step);
    executable_bind_role(u->update, (Role){.kind = ROLE_SCALE}, &u->numbers.scale);
    return place(u, 1, u->update, &run->count);
}

/* How many rows the norm has. */
static int64_t count_partials(const Parameters *params, const ParamRun *run) {
    return run->table < 0 ? run->count / RUN_ALIGN : params->slots[run->table].param->type.dims[0].offset;
}

RunUpdate *run_update_new(CodeList norm, CodeList update, const Parameters *params, int run, const TableRows *touched,
                          const char *const *states, float *waiting, Team *team, Arena *arena) {
    RunUpdate *u = arena_alloc(arena, sizeof *u);
    if (touched) {
        u->deferred = deferred_new(params, params->runs[run].table, touched, update, norm, states, team);
        return u->deferred ? u : NULL;
    }
    u->partials = count_partials(params, &params->runs[run]);
    u->partial = arena_array(arena, (size_t)u->partials + 16, sizeof *u->partial);
    u->norm = executable_new(norm.list, norm.functions);
    u->update = executable_new(update.list, update.functions);
    if (bind_norm(u, &params->runs[run], params) && bind_update(u, &params->runs[run], params, states, waiting))
        return u;
    run_update_free(u);
    return NULL;
}

void run_update_free(RunUpdate *run) {
    if (!run) return;
    deferred_free(run->deferred);
    for (int i = 0; i < 2; i++) slab_free(run->slabs[i], run->slab_bytes[i]);
    executable_free(run->norm);
    executable_free(run->update);
}

void run_update_squares(const RunUpdate *run, const Worker *worker) {
    if (run->deferred)
        deferred_squares(run->deferred, worker);
    else
        executable_run(run->norm, worker);
}

double run_update_sum(const RunUpdate *run) {
    if (run->deferred) return deferred_sum(run->deferred);
    double sum = 0;
    for (int64_t i = 0; i < run->partials; i++) sum += (double)run->partial[i];
    return sum;
}

void run_update_push(RunUpdate *run, UpdateNumbers numbers) {
    if (run->deferred)
        deferred_push(run->deferred, numbers);
    else
        run->numbers = numbers;
}

/* This thread's share of them, once all threads are done; they wait for each other before another run's do. */
static void place_results(const RunUpdate *run, const Worker *worker) {
    worker_meet(worker);
    for (int i = 0; i < run->n_results; i++) {
        const WaitingResult *result = &run->results[i];
        int64_t from = result->count * worker->thread / worker->threads;
        int64_t to = result->count * (worker->thread + 1) / worker->threads;
        memcpy(result->to + from, result->from + from, (size_t)(to - from) * sizeof *result->to);
    }
    worker_meet(worker);
}

void run_update_apply(const RunUpdate *run, const Worker *worker) {
    if (run->deferred)
        deferred_update(run->deferred, worker);
    else
        executable_run(run->update, worker);
    if (run->n_results) place_results(run, worker);
}

Executable *run_update_executable(const RunUpdate *run, bool norm) {
    if (run->deferred) return norm ? NULL : deferred_executable(run->deferred);
    return norm ? run->norm : run->update;
}
