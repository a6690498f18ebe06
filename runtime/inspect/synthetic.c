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
static void label_rows(Values *values, const Task *task) {
    const Label *label = &task->label;
    const char *at = arena_printf(values->arena, "%s.at", label->name);
    if (label->of < 0 || values_find(values, at)) return;
    const LeafValue *positions =
        values_find(values, arena_printf(values->arena, "%s.positions", task->inputs[label->of].name));
    int64_t *rows = arena_array(values->arena, (size_t)positions->count + 1, sizeof *rows), count = 0;
    for (int64_t i = 0; i < positions->count; i++) {
        if ((int64_t)positions->wide[i] % 2) rows[count++] = i;
    }
    if (!count) count = 1;
    LeafValue *leaf = values_add(values, at, ELEM_I32, count);
    for (int64_t i = 0; i < count; i++) values_set(leaf, i, (double)rows[i]);
    values_extent(values, arena_printf(values->arena, "%s.W", label->name), count);
}

static int64_t extent_of(const Values *values, const char *symbol) {
    for (int i = 0; i < values->extents.count; i++) {
        if (strcmp(values->extents.items[i].name, symbol) == 0) return values->extents.items[i].extent;
    }
    return 0;
}

/* What losses are means over: all there is, since the update is this batch. 0: another input. */
static int64_t rows_of_update(const Values *values, const Task *task, const char *name) {
    const char *dot = strrchr(name, '.');
    if (!dot || strcmp(dot, ".update") != 0)
        return strcmp(name, "update.rows") == 0 || strcmp(name, "update.sequences") == 0 ? extent_of(values, "S") : 0;
    const char *owner = arena_strndup(values->arena, name, (size_t)(dot - name));
    bool is_label = task->label.name && strcmp(owner, task->label.name) == 0;
    return extent_of(values, arena_printf(values->arena, "%s.%s", owner, is_label ? "W" : "T"));
}

/* Inside the declared range, ends left out: losses may have kinks there. */
static void real_label(Values *values, const Node *node, const Label *label, const int64_t *extents, uint64_t *state) {
    LeafValue *leaf = values_add(values, node->attrs.text, ELEM_F32, type_count(&node->type, extents));
    for (int64_t i = 0; i < leaf->count; i++) {
        values_set(leaf, i, label->lowest + (label->highest - label->lowest) * (0.1 + 0.8 * values_uniform(state)));
    }
}

static void rest(Values *values, const Node *node, const Task *task, const int64_t *extents, uint32_t seed,
                 uint64_t *state) {
    const char *name = node->attrs.text;
    const Label *label = &task->label;
    int64_t rows = rows_of_update(values, task, name);
    if (rows) {
        values_set(values_add(values, name, ELEM_F32, 1), 0, (double)rows);
    } else if (strcmp(name, "rng") == 0) {
        LeafValue *leaf = values_add(values, name, ELEM_I32, 2);
        values_set(leaf, 0, (double)(int32_t)seed);
        values_set(leaf, 1, 1);
    } else if (label->kind == LABEL_REAL && strcmp(name, label->name) == 0) {
        real_label(values, node, label, extents, state);
    } else {
        values_random(values, name, &node->type, extents, state);
    }
}

void synthetic_rest(Values *values, const Graph *graph, const Task *task, uint32_t seed, uint64_t *state) {
    int64_t extents[MAX_SYMBOLS];
    if (task->label.kind != LABEL_NONE) label_rows(values, task);
    values_extents(values, &graph->symbols, extents);
    for (int i = 0; i < graph->nodes.count; i++) {
        const Node *node = graph->nodes.items[i];
        if (node->op != OP_input || values_find(values, node->attrs.text)) continue;
        rest(values, node, task, extents, seed, state);
    }
}
