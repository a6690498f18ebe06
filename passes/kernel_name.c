/* Kernel name. */
#include "passes/kernel_name.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "passes/fusion.h"

typedef VEC(Node *) NodeList;

typedef struct Namer {
    Graph *graph;
    Arena *scratch;
    bool *is_forward;  /* [node]: an output depends on it that is no gradient, as the loss is */
    bool *is_gradient; /* [node]: of a parameter, or a summand of one */
} Namer;

/* --- Roles -------------------------------------------------------------------------------------------------------- */

static void mark_operands(const Node *node, bool *marks) {
    for (int i = 0; i < node->n_inputs; i++) marks[node->inputs[i]->id] = true;
}

/* Sums and views of gradients hand on what they are. */
static bool hands_on(const Node *node) { return node->op == OP_add || node->op == OP_reshape; }

static void find_roles(Namer *namer) {
    const Graph *graph = namer->graph;
    for (int i = 0; i < graph->outputs.count; i++) {
        const Output *output = &graph->outputs.items[i];
        bool is_gradient = output->role.kind == ROLE_GRADIENT;
        (is_gradient ? namer->is_gradient : namer->is_forward)[output->node->id] = true;
    }
    for (int i = graph->nodes.count - 1; i >= 0; i--) {
        const Node *node = graph->nodes.items[i];
        if (namer->is_forward[i]) mark_operands(node, namer->is_forward);
        if (namer->is_gradient[i] && hands_on(node)) mark_operands(node, namer->is_gradient);
    }
}

static const char *role_text(const Namer *namer, const Node *result) {
    return namer->is_forward[result->id] ? "" : namer->is_gradient[result->id] ? "_dw" : "_dx";
}

/* --- Shapes ------------------------------------------------------------------------------------------------------- */

/* "384", "T" for "sentence.T", "2S+1". */
static const char *dim_text(Dim dim, const Symbols *symbols, Arena *arena) {
    if (dim_is_const(dim)) return arena_printf(arena, "%" PRId64, dim.offset);
    const char *name = symbols->names[dim.symbol], *dot = strrchr(name, '.');
    const char *scale = dim.scale == 1 ? "" : arena_printf(arena, "%" PRId64, dim.scale);
    const char *offset = dim.offset ? arena_printf(arena, "%+" PRId64, dim.offset) : "";
    return arena_printf(arena, "%s%s%s", scale, dot ? dot + 1 : name, offset);
}

static const char *shape_text(const Namer *namer, const Node *node) {
    Arena *arena = namer->scratch;
    const char *text = "";
    for (int i = 0; i < node->type.rank; i++)
        text = arena_printf(arena, "%s%s%s", text, i ? "x" : "_",
                            dim_text(node->type.dims[i], &namer->graph->symbols, arena));
    return text;
}

/* What a product or a reduction sums over, attention over its keys, its gradient over the queries; NULL: nothing. */
static const Dim *summed(const Node *step) {
    switch (op_kind(step->op)) {
    case KIND_MATMUL: return &step->inputs[0]->type.dims[step->attrs.ints[0] ? 0 : 1];
    case KIND_REDUCE: return &step->inputs[0]->type.dims[step->attrs.ints[0]];
    case KIND_ATTENTION: return &step->inputs[step->op == OP_attention ? 1 : 0]->type.dims[0];
    default: return NULL;
    }
}

static const char *summed_text(const Namer *namer, const Node *step) {
    const Dim *dim = summed(step);
    if (!dim) return "";
    return arena_printf(namer->scratch, "_over_%s", dim_text(*dim, &namer->graph->symbols, namer->scratch));
}

/* --- Places ------------------------------------------------------------------------------------------------------- */

static bool is_number(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (!isdigit((unsigned char)text[i])) return false;
    }
    return length > 0;
}

/* Behind the number of the layer, which kernels of all layers share: "attention.self.query". */
static const char *within_layer(const char *scope) {
    const char *rest = scope;
    for (const char *at = scope; *at;) {
        size_t length = strcspn(at, ".");
        const char *next = at + length + (at[length] == '.');
        if (is_number(at, length) && *next) rest = next;
        at = next;
    }
    return rest;
}

/* --- Names -------------------------------------------------------------------------------------------------------- */

/* The step that a kernel is of its kind for; of a map its result. */
static const Node *main_step(KernelKind kind, Node *const *nodes, int count) {
    for (int i = 0; kind != KERNEL_MAP && i < count; i++) {
        if (fusion_kind_alone(nodes[i]) == kind) return nodes[i];
    }
    return nodes[count - 1];
}

Pos kernel_pos(KernelKind kind, Node *const *nodes, int count) { return main_step(kind, nodes, count)->pos; }

const char *kernel_place(const Pos *pos, Arena *arena) {
    const char *scope = pos->scope ? within_layer(pos->scope) : "line";
    return pos->file ? arena_printf(arena, "@%s:%u", scope, pos->line) : "";
}

static const char *name_of(const Namer *namer, KernelKind kind, const NodeList *nodes) {
    const Node *result = nodes->items[nodes->count - 1], *step = main_step(kind, nodes->items, nodes->count);
    const char *end = step == result ? "" : arena_printf(namer->scratch, "_%s", op_name(result->op));
    return arena_printf(namer->graph->arena, "%s%s%s%s%s", op_name(step->op), end, role_text(namer, result),
                        shape_text(namer, result), summed_text(namer, step));
}

void kernel_names(Graph *grouped) {
    Arena *scratch = arena_new();
    size_t count = (size_t)grouped->nodes.count + 1;
    Namer namer = {grouped, scratch, arena_array(scratch, count, sizeof(bool)),
                   arena_array(scratch, count, sizeof(bool))};
    NodeList *groups = arena_array(scratch, (size_t)grouped->groups.count + 1, sizeof *groups);
    find_roles(&namer);
    for (int i = 0; i < grouped->nodes.count; i++) {
        Node *node = grouped->nodes.items[i];
        vec_push(scratch, &groups[node->group], node);
    }
    for (int k = 1; k < grouped->groups.count; k++) {
        Group *group = &grouped->groups.items[k];
        if (groups[k].count) group->name = name_of(&namer, group->kind, &groups[k]);
    }
    arena_free(scratch);
}
