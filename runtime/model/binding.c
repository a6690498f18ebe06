/* Binding: what lies in a batch and the roles that they play. */
#include "runtime/model/binding.h"

#include <stddef.h>

/* Where a role's values lie: in BatchInput for roles of a text, in BatchLabels for those of a label or numbers,
 * otherwise in Batch. */
typedef struct RolePlace {
    size_t offset;
    bool points; /* to them */
} RolePlace;

#define IN_TEXT(member) {offsetof(BatchInput, member), true}
#define IN_LABELS(member) {offsetof(BatchLabels, member), true}

static const RolePlace places[ROLE_KINDS] = {
    [ROLE_IDS] = IN_TEXT(ids),
    [ROLE_SEGMENTS] = IN_TEXT(segments),
    [ROLE_POSITIONS] = IN_TEXT(positions),
    [ROLE_BOUNDS] = IN_TEXT(bounds),
    [ROLE_FIRST] = IN_TEXT(first),
    [ROLE_SEQUENCE] = IN_TEXT(sequence),
    [ROLE_COORDS] = IN_TEXT(coords),
    [ROLE_SEQUENCE_COORDS] = IN_TEXT(row_coords),
    [ROLE_ROW] = IN_TEXT(row),
    [ROLE_ROW_COORDS] = IN_TEXT(places),
    [ROLE_OWN_SEQUENCES] = IN_TEXT(in_all_sequences),
    [ROLE_OWN_TOKENS] = IN_TEXT(in_all_tokens),
    [ROLE_UPDATE_TOKENS] = {offsetof(BatchInput, update_tokens), false},
    [ROLE_LABEL] = IN_LABELS(classes),
    [ROLE_AT] = IN_LABELS(at),
    [ROLE_NUMBERS] = IN_LABELS(numbers),
    [ROLE_GIVEN] = IN_LABELS(given),
    [ROLE_UPDATE_LABELS] = {offsetof(BatchLabels, update_labels), false},
    [ROLE_UPDATE_ROWS] = {offsetof(Batch, update_rows), false},
    [ROLE_UPDATE_SEQUENCES] = {offsetof(Batch, inputs[0].update_sequences), false},
    [ROLE_LOSS_WEIGHT] = {offsetof(Batch, weight), false},
    [ROLE_RNG] = {offsetof(Batch, rng), false},
};

static bool comes_with_batch(RoleKind kind) { return places[kind].points || places[kind].offset; }

/* Of a role of this task. */
static RolePlace place_of(const Task *task, const Role *role) {
    RolePlace place = places[role->kind];
    int input = role->of ? task_input(task, role->of) : -1, value = role->of ? task_value(task, role->of) : -1;
    if (role->kind == ROLE_LABEL && task->values[value].kind == LABEL_REAL) place = (RolePlace)IN_LABELS(numbers);
    if (input >= 0) place.offset += offsetof(Batch, inputs) + (size_t)input * sizeof(BatchInput);
    if (value >= 0) place.offset += offsetof(Batch, values) + (size_t)value * sizeof(BatchLabels);
    return place;
}

Bindings bindings_of(Executable *exec, const Task *task, Arena *arena) {
    const Graph *graph = executable_list(exec)->graph;
    Bindings list = {0};
    for (int i = 0; i < graph->nodes.count; i++) {
        const Node *node = graph->nodes.items[i];
        const Role *role = &node->attrs.role;
        if (node->op != OP_input || !comes_with_batch(role->kind)) continue;
        int joined = task_of_role(task, role);
        RolePlace place = place_of(joined < 0 ? task : task->tasks[joined], role);
        vec_push(arena, &list, ((LeafBinding){executable_slot(exec, node), joined, place.offset, place.points}));
    }
    return list;
}

static void copy_elements(LeafValue *leaf, const void *from) {
    for (int64_t i = 0; i < leaf->count; i++)
        values_set(leaf, i, leaf->elem == ELEM_F32 ? (double)((const float *)from)[i] : ((const int32_t *)from)[i]);
}

void batch_values(Values *values, const Graph *graph, const Task *task, const Batch *batch) {
    int64_t extents[MAX_SYMBOLS];
    for (int i = 0; i < graph->symbols.count; i++) {
        const Role *symbol = &graph->symbols.roles[i];
        values_extent(values, *symbol, batch_extent(batch, task, symbol));
    }
    values_extents(values, &graph->symbols, extents);
    for (int i = 0; i < graph->nodes.count; i++) {
        const Node *node = graph->nodes.items[i];
        const Role *role = &node->attrs.role;
        if (node->op != OP_input || !comes_with_batch(role->kind)) continue;
        RolePlace place = place_of(task, role);
        const char *there = (const char *)batch + place.offset;
        copy_elements(values_add_leaf(values, node, extents), place.points ? *(void *const *)there : there);
    }
}

void bind_batch(const Bindings *bindings, Batch *batch) {
    for (int i = 0; i < bindings->count; i++) {
        const LeafBinding *binding = &bindings->items[i];
        Batch *from = binding->task < 0 ? batch : batch->task_batches[binding->task];
        void *there = (char *)from + binding->offset;
        *binding->slot = binding->points ? *(void **)there : there;
    }
}
