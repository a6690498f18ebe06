/* Merged parameters. */
#include "runtime/model/merged.h"

#include <assert.h>
#include <stdlib.h>

#include "graph/base/memory.h"
#include "graph/interpret.h"

const ParamMerge *merge_of(const Program *program, int param) {
    for (int i = 0; i < program->merges.count; i++) {
        if (program->merges.items[i].param == param) return &program->merges.items[i];
    }
    return NULL;
}

/* The number of the parameter that the node is; -1: it is none. */
static int param_of(const Program *program, const Node *node) {
    return node->op == OP_param ? program_find_param(program, node->attrs.text) : -1;
}

void merge_mark_operands(const Program *program, const ParamMerge *merge, bool *marks) {
    for (int i = 0; i < merge->graph->nodes.count; i++) {
        int param = param_of(program, merge->graph->nodes.items[i]);
        if (param >= 0) marks[param] = true;
    }
}

static double *widened(const Parameters *params, int param) {
    const ParamSlot *slot = &params->slots[param];
    double *values = memory_new((size_t)slot->count + 1, sizeof *values);
    for (int64_t i = 0; i < slot->count; i++) values[i] = (double)params->weights[slot->offset + i];
    return values;
}

/* The operands in double precision; how many. The caller frees their values. */
static int bind_operands(const Program *program, const ParamMerge *merge, const Parameters *params, Binding *bindings) {
    int count = 0;
    for (int i = 0; i < merge->graph->nodes.count; i++) {
        const Node *node = merge->graph->nodes.items[i];
        int param = param_of(program, node);
        if (param >= 0) bindings[count++] = (Binding){node->attrs.text, widened(params, param)};
    }
    return count;
}

bool merge_compute(const Program *program, const ParamMerge *merge, const Parameters *params, float *merged,
                   Diagnostics *diags) {
    static const int64_t no_extents[MAX_SYMBOLS];
    const ParamSlot *slot = &params->slots[merge->param];
    Binding *bindings = memory_new((size_t)merge->graph->nodes.count + 1, sizeof *bindings);
    int count = bind_operands(program, merge, params, bindings);
    Interpretation *result = interpret(merge->graph, no_extents, bindings, count);
    bool good = !result->error;
    if (!good) diag_error(diags, "E0978", merge->pos, "'%s' cannot be merged: %s", slot->param->name, result->error);
    const double *values =
        good ? result->values[graph_output_of(merge->graph, (Role){.kind = ROLE_WEIGHT})->node->id] : NULL;
    for (int64_t i = 0; good && i < slot->count; i++) merged[i] = (float)values[i];
    for (int i = 0; i < count; i++) free((double *)bindings[i].values);
    free(bindings);
    interpretation_free(result);
    return good;
}
