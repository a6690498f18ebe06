/* Synthetic batches. */
#include "runtime/inspect/synthetic.h"

#include <math.h>
#include <string.h>

static void random_text(Values *values, const Program *program, const char *name, const int64_t *lengths, int count,
                        uint64_t *state) {
    int64_t *bounds = arena_array(values->arena, (size_t)count + 1, sizeof *bounds);
    for (int i = 0; i < count; i++) {
        bounds[i + 1] = bounds[i] + (lengths[i] < program->positions ? lengths[i] : program->positions);
    }
    int32_t *ids = arena_array(values->arena, (size_t)bounds[count] + 1, sizeof *ids);
    int32_t *segments = arena_array(values->arena, (size_t)bounds[count] + 1, sizeof *segments);
    for (int i = 0; i < count; i++) {
        for (int64_t j = bounds[i]; j < bounds[i + 1]; j++) {
            ids[j] = (int32_t)(values_uniform(state) * (double)program->vocab);
            bool second = 2 * (j - bounds[i]) > bounds[i + 1] - bounds[i];
            segments[j] = second && program->segments > 1;
        }
    }
    values_text(values, name, count, bounds, ids, segments);
}

void synthetic_texts(Values *values, const Program *program, const Task *task, const int64_t *lengths, int count,
                     uint64_t *state) {
    for (int i = 0; i < task->n_inputs; i++) random_text(values, program, task->inputs[i].name, lengths, count, state);
}

/* A label of tokens: of those at odd positions, or of the first token when there are none such. */
static void label_rows(Values *values, const Task *task, const Label *label) {
    Role at = {.kind = ROLE_AT, .of = label->name};
    if (label->of < 0 || values_find_role(values, at)) return;
    Role of_tokens = {.kind = ROLE_POSITIONS, .of = task->inputs[label->of].name};
    const LeafValue *positions = values_find_role(values, of_tokens);
    int64_t *rows = arena_array(values->arena, (size_t)positions->count + 1, sizeof *rows), count = 0;
    for (int64_t i = 0; i < positions->count; i++) {
        if ((int64_t)positions->wide[i] % 2) rows[count++] = i;
    }
    if (!count) count = 1;
    LeafValue *leaf = values_add_role(values, at, ELEM_I32, count);
    for (int64_t i = 0; i < count; i++) values_set(leaf, i, (double)rows[i]);
    values_extent(values, (Role){.kind = ROLE_LABELS, .of = label->name}, count);
}

/* Of the symbol; without `of`, of the first one of its kind. */
static int64_t extent_of(const Values *values, Role symbol) {
    for (int i = 0; i < values->extents.count; i++) {
        const SymbolExtent *known = &values->extents.items[i];
        if (known->symbol.kind == symbol.kind && (!symbol.of || role_equal(&known->symbol, &symbol)))
            return known->extent;
    }
    return 0;
}

/* Inside the declared range, ends left out: losses may have kinks there. */
static void real_label(Values *values, const Node *node, const Label *label, const int64_t *extents, uint64_t *state) {
    LeafValue *leaf = values_add_leaf(values, node, extents);
    for (int64_t i = 0; i < leaf->count; i++) {
        values_set(leaf, i, label->lowest + (label->highest - label->lowest) * (0.1 + 0.8 * values_uniform(state)));
    }
}

/* Every third is a gap. */
static void some_gaps(LeafValue *leaf) {
    for (int64_t i = 0; i < leaf->count; i++) values_set(leaf, i, i % 3 != 2);
}

/* What is counted in the update is what there is: the update is this batch. */
static void rest(Values *values, const Node *node, const Task *task, const int64_t *extents, uint32_t seed,
                 uint64_t *state) {
    const Role *role = &node->attrs.role;
    const RoleInfo *info = role_info(role->kind);
    int64_t counted = info->values == VALUES_COUNT ? extent_of(values, (Role){info->counts, role->of, NULL}) : 0;
    if (counted) {
        values_set(values_add_leaf(values, node, extents), 0, (double)counted);
    } else if (info->values == VALUES_KEY) {
        LeafValue *leaf = values_add_leaf(values, node, extents);
        values_set(leaf, 0, (double)(int32_t)seed);
        values_set(leaf, 1, 1);
    } else if (role->kind == ROLE_LABEL && task->values[task_value(task, role->of)].kind == LABEL_REAL) {
        real_label(values, node, &task->values[task_value(task, role->of)], extents, state);
    } else if (role->kind == ROLE_GIVEN) {
        some_gaps(values_add_leaf(values, node, extents));
    } else {
        values_random(values, node, extents, state);
    }
}

void synthetic_rest(Values *values, const Graph *graph, const Task *task, uint32_t seed, uint64_t *state) {
    int64_t extents[MAX_SYMBOLS];
    for (int i = 0; i < task->n_values; i++) label_rows(values, task, &task->values[i]);
    values_extents(values, &graph->symbols, extents);
    for (int i = 0; i < graph->nodes.count; i++) {
        const Node *node = graph->nodes.items[i];
        if (node->op != OP_input || values_find_leaf(values, node)) continue;
        rest(values, node, task, extents, seed, state);
    }
}
