/* Values: leaves in both widths. */
#include "runtime/engine/values.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

Values *values_new(void) {
    Arena *arena = arena_new();
    Values *values = arena_alloc(arena, sizeof *values);
    *values = (Values){.arena = arena};
    return values;
}

void values_free(Values *values) {
    if (values) arena_free(values->arena);
}

static LeafValue *find(const Values *values, const char *name, const Role *role) {
    for (int i = 0; i < values->leaves.count; i++) {
        LeafValue *leaf = &values->leaves.items[i];
        bool same = role->kind ? role_equal(&leaf->role, role) : name && leaf->name && strcmp(leaf->name, name) == 0;
        if (same) return leaf;
    }
    return NULL;
}

LeafValue *values_find(const Values *values, const char *name) { return find(values, name, &(Role){0}); }
LeafValue *values_find_role(const Values *values, Role role) { return find(values, NULL, &role); }
LeafValue *values_find_leaf(const Values *values, const Node *leaf) {
    return find(values, leaf->attrs.text, &leaf->attrs.role);
}

void values_truncate(Values *values, int leaves) { values->leaves.count = leaves; }

static Role copy_role(Arena *arena, const Role *role) {
    return (Role){role->kind, role->of ? arena_strdup(arena, role->of) : NULL,
                  role->task ? arena_strdup(arena, role->task) : NULL};
}

static LeafValue *add(Values *values, const char *name, const Role *role, ElemType elem, int64_t count) {
    LeafValue *leaf = find(values, name, role);
    if (!leaf) {
        const char *own = role->kind ? NULL : arena_strdup(values->arena, name);
        vec_push(values->arena, &values->leaves, ((LeafValue){.name = own, .role = copy_role(values->arena, role)}));
        leaf = &values->leaves.items[values->leaves.count - 1];
    }
    leaf->elem = elem;
    leaf->count = count;
    leaf->wide = arena_array(values->arena, (size_t)count + 1, sizeof *leaf->wide);
    leaf->narrow = arena_array(values->arena, (size_t)count + 1, elem_bytes(elem));
    return leaf;
}

LeafValue *values_add(Values *values, const char *name, ElemType elem, int64_t count) {
    return add(values, name, &(Role){0}, elem, count);
}

LeafValue *values_add_role(Values *values, Role role, ElemType elem, int64_t count) {
    return add(values, NULL, &role, elem, count);
}

LeafValue *values_add_leaf(Values *values, const Node *leaf, const int64_t *extents) {
    return add(values, leaf->attrs.text, &leaf->attrs.role, leaf->type.elem, type_count(&leaf->type, extents));
}

void values_borrow(Values *values, const char *name, float *elements, int64_t count) {
    LeafValue *leaf = add(values, name, &(Role){0}, ELEM_F32, 0);
    leaf->count = count;
    leaf->narrow = elements;
    leaf->wide = NULL;
}

void values_set(LeafValue *leaf, int64_t index, double value) {
    elem_store(leaf->elem, leaf->narrow, index, value);
    leaf->wide[index] = elem_load(leaf->elem, leaf->narrow, index);
}

void values_extent(Values *values, Role symbol, int64_t extent) {
    for (int i = 0; i < values->extents.count; i++) {
        if (!role_equal(&values->extents.items[i].symbol, &symbol)) continue;
        values->extents.items[i].extent = extent;
        return;
    }
    vec_push(values->arena, &values->extents, ((SymbolExtent){copy_role(values->arena, &symbol), extent}));
}

void values_extents(const Values *values, const Symbols *symbols, int64_t *extents) {
    for (int i = 0; i < symbols->count; i++) {
        extents[i] = 0;
        for (int j = 0; j < values->extents.count; j++) {
            if (symbols->roles[i].kind && role_equal(&values->extents.items[j].symbol, &symbols->roles[i]))
                extents[i] = values->extents.items[j].extent;
        }
    }
}

Binding *values_bindings(const Values *values, const Graph *graph, Arena *arena, int *count) {
    Binding *bindings = arena_array(arena, (size_t)graph->nodes.count + 1, sizeof *bindings);
    *count = 0;
    for (int i = 0; i < graph->nodes.count; i++) {
        const Node *node = graph->nodes.items[i];
        const LeafValue *leaf = op_is(node->op, IS_GIVEN) ? values_find_leaf(values, node) : NULL;
        if (leaf) bindings[(*count)++] = (Binding){node->attrs.text, leaf->wide};
    }
    return bindings;
}

void values_bind(const Values *values, Executable *exec) {
    const Graph *graph = executable_list(exec)->graph;
    for (int i = 0; i < graph->nodes.count; i++) {
        const Node *node = graph->nodes.items[i];
        const LeafValue *leaf = op_is(node->op, IS_GIVEN) ? values_find_leaf(values, node) : NULL;
        if (leaf) *executable_slot(exec, node) = leaf->narrow;
    }
}

/* --- Texts -------------------------------------------------------------------------------------------------------- */

/* Of a token, or of a sequence as a whole. */
typedef struct TokenPlace {
    int64_t sequence, position, start; /* `start`: the token that the sequence begins with */
} TokenPlace;

static void set_place(LeafValue *leaf, RoleValues values, int64_t index, TokenPlace place) {
    switch (values) {
    case VALUES_POSITION: values_set(leaf, index, (double)place.position); break;
    case VALUES_OWNER: values_set(leaf, index, (double)place.sequence); break;
    case VALUES_START: values_set(leaf, index, (double)place.start); break;
    case VALUES_PLACE:
        values_set(leaf, 2 * index, (double)place.sequence);
        values_set(leaf, 2 * index + 1, (double)place.position);
        break;
    default: break;
    }
}

/* What the table of roles says of the values of an input of the text, for sequences that are a row each. */
static void add_member(Values *values, Role role, int64_t sequences, const int64_t *bounds) {
    RoleValues kind = role_info(role.kind)->values;
    int more;
    bool of_tokens = role_rows(&role, &more).kind == ROLE_TOKENS;
    int64_t count = of_tokens ? bounds[sequences] : sequences + more, width = kind == VALUES_PLACE ? 2 : 1;
    LeafValue *leaf = values_add_role(values, role, ELEM_I32, count * width);
    for (int64_t s = 0; !of_tokens && s < count; s++) set_place(leaf, kind, s, (TokenPlace){s, 0, bounds[s]});
    for (int64_t s = 0; of_tokens && s < sequences; s++) {
        for (int64_t i = bounds[s]; i < bounds[s + 1]; i++)
            set_place(leaf, kind, i, (TokenPlace){s, i - bounds[s], bounds[s]});
    }
}

static bool follows_from_bounds(RoleKind kind) {
    RoleValues values = role_info(kind)->values;
    return values == VALUES_POSITION || values == VALUES_OWNER || values == VALUES_START || values == VALUES_PLACE;
}

static void add_numbers(Values *values, Role role, int64_t count, const int32_t *numbers) {
    LeafValue *leaf = values_add_role(values, role, ELEM_I32, count);
    for (int64_t i = 0; numbers && i < count; i++) values_set(leaf, i, numbers[i]);
}

void values_text(Values *values, const char *name, int64_t sequences, const int64_t *bounds, const int32_t *ids,
                 const int32_t *segments) {
    int64_t tokens = bounds[sequences];
    add_numbers(values, (Role){ROLE_IDS, name, NULL}, tokens, ids);
    add_numbers(values, (Role){ROLE_SEGMENTS, name, NULL}, tokens, segments);
    for (int i = ROLE_NONE + 1; i < ROLE_KINDS; i++) {
        if (follows_from_bounds((RoleKind)i)) add_member(values, (Role){(RoleKind)i, name, NULL}, sequences, bounds);
    }
    values_extent(values, (Role){.kind = ROLE_SEQUENCES}, sequences);
    values_extent(values, (Role){ROLE_ROWS, name, NULL}, sequences);
    values_extent(values, (Role){ROLE_TOKENS, name, NULL}, tokens);
}

/* splitmix64 (Steele, Lea and Flood 2014). */
static uint64_t next_word(uint64_t *state) {
    uint64_t x = *state += UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}

double values_uniform(uint64_t *state) { return (double)(next_word(state) >> 11) * 0x1p-53; }

/* Box and Muller 1958. */
double values_normal(uint64_t *state) {
    static const double two_pi = 6.283185307179586;
    double radius = sqrt(-2 * log(1 - values_uniform(state)));
    return radius * cos(two_pi * values_uniform(state));
}

LeafValue *values_random(Values *values, const Node *node, const int64_t *extents, uint64_t *state) {
    enum { UNBOUNDED = 4 };
    const Type *type = &node->type;
    int64_t bound = type->elem == ELEM_BOOL ? 2 : dim_value(type->bound, extents);
    LeafValue *leaf = values_add_leaf(values, node, extents);
    for (int64_t i = 0; i < leaf->count; i++) {
        double below = floor(values_uniform(state) * (double)(bound > 0 ? bound : UNBOUNDED));
        values_set(leaf, i, elem_computed(type->elem) == ELEM_F32 ? values_normal(state) : below);
    }
    return leaf;
}
