/* Differentiation for parameters: names in, outputs out. The walk itself is in reverse.c. */
#include "passes/differentiate.h"

#include <string.h>

#include "passes/expand.h"
#include "passes/reverse.h"

/* The f32 value of a name: a parameter, or else an output. NULL: there is none. */
static Node *find_value(const Graph *graph, const char *name) {
    Node *value = graph_find_output(graph, name);
    for (int i = 0; i < graph->nodes.count; i++) {
        Node *node = graph->nodes.items[i];
        if (node->op == OP_param && strcmp(node->attrs.text, name) == 0) value = node;
    }
    return value && value->type.elem == ELEM_F32 ? value : NULL;
}

static Node *find_loss(const Graph *graph, Diagnostics *diags) {
    const Output *loss = graph_output_of(graph, loss_role);
    if (loss) return loss->node;
    diag_error(diags, "E0601", (Pos){0}, "'%s' has no loss to be differentiated", graph->name);
    diag_hint(
        diags,
        "give it an output f32[] with this role, for instance a mean over rows: output \"loss\"{role=loss} = %%8");
    return NULL;
}

/* False after an error. */
static bool add_gradients(Graph *work, Node *loss, const char *const *wanted, int n, Diagnostics *diags) {
    Node **values = arena_array(work->arena, (size_t)n + 1, sizeof *values);
    Node **cotangents = arena_array(work->arena, (size_t)n + 1, sizeof *cotangents);
    for (int i = 0; i < n; i++) values[i] = find_value(work, wanted[i]);
    if (!reverse_walk(work, loss, "loss", values, n, cotangents, diags)) return false;
    for (int i = 0; i < n; i++) {
        const char *name = arena_printf(work->arena, "grad.%s", wanted[i]);
        Role role = {.kind = ROLE_GRADIENT, .of = wanted[i]};
        if (cotangents[i]) graph_output_as(work, name, role, cotangents[i]);
    }
    return true;
}

Graph *differentiate(const Graph *graph, const char *const *wanted, int n_wanted, Diagnostics *diags) {
    Graph *work = expand(graph, diags), *result = NULL;
    Node *loss = work ? find_loss(work, diags) : NULL;
    if (loss && add_gradients(work, loss, wanted, n_wanted, diags)) result = graph_canonical(work);
    if (result) result->wanted.count = 0;
    graph_free(work);
    return result;
}
