/* Compiled: pipeline, schedule, code, executable and slab of one graph. */
#include "runtime/engine/compiled.h"

#include <assert.h>

#include "runtime/engine/slab.h"

struct Compiled {
    Arena *arena;
    Graph *graph; /* grouped */
    KernelSet *kernels;
    KernelList *list;
    Code *code;
    Executable *exec;
    Team *team;
    void *slab;
    size_t slab_bytes;
    int64_t extents[MAX_SYMBOLS]; /* of the last run */
};

static bool build(Compiled *c, const Graph *graph, const PipelineOptions *options, const CompileFor *on,
                  Diagnostics *diags) {
    c->graph = pipeline_run(graph, options, diags);
    if (!c->graph) return false;
    c->list = schedule(c->graph, c->kernels);
    c->code = code_new(c->kernels, on->target, on->cache, on->team, diags);
    if (c->code) c->exec = executable_new(c->list, code_of_launches(c->code, c->list, c->arena));
    return c->code != NULL;
}

Compiled *compiled_new(const Graph *graph, const PipelineOptions *options, const CompileFor *on, Diagnostics *diags) {
    Arena *arena = arena_new();
    Compiled *c = arena_alloc(arena, sizeof *c);
    *c = (Compiled){.arena = arena, .kernels = kernel_set_new(), .team = on->team};
    if (build(c, graph, options, on, diags)) return c;
    compiled_free(c);
    return NULL;
}

void compiled_free(Compiled *c) {
    if (!c) return;
    executable_free(c->exec);
    kernel_list_free(c->list);
    code_free(c->code);
    kernel_set_free(c->kernels);
    graph_free(c->graph);
    slab_free(c->slab, c->slab_bytes);
    arena_free(c->arena);
}

static void run_alone(void *user, const Worker *worker) { executable_run(user, worker); }

bool compiled_run(Compiled *c, const Values *values, Diagnostics *diags) {
    values_bind(values, c->exec);
    values_extents(values, &c->graph->symbols, c->extents);
    assert(!executable_unbound(c->exec));
    size_t bytes = executable_plan(c->exec, c->extents);
    if (bytes > c->slab_bytes) {
        slab_free(c->slab, c->slab_bytes);
        c->slab = slab_new(c->slab_bytes = bytes);
        if (!c->slab) {
            c->slab_bytes = 0;
            return diag_error(diags, "E0904", (Pos){0}, "there is no memory for %zu MiB of values", bytes >> 20);
        }
    }
    executable_place(c->exec, c->slab);
    team_run(c->team, run_alone, c->exec);
    return true;
}

bool compiled_read(const Compiled *c, const char *output, double *to) {
    const Node *node = graph_find_output(c->graph, output);
    if (!node) return false;
    const void *from = executable_output(c->exec, output);
    int64_t count = type_count(&node->type, c->extents);
    for (int64_t i = 0; i < count; i++) {
        /* What was simplified to a constant is written by no kernel. */
        to[i] = from ? elem_load(node->type.elem, from, i) : node->attrs.number;
    }
    assert(from || node->op == OP_const);
    return true;
}

bool compiled_read_role(const Compiled *c, Role role, double *to) {
    const Output *output = graph_output_of(c->graph, role);
    return output && compiled_read(c, output->name, to);
}
