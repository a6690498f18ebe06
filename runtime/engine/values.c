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

LeafValue *values_find(const Values *values, const char *name) {
    for (int i = 0; i < values->leaves.count; i++) {
        if (strcmp(values->leaves.items[i].name, name) == 0) return &values->leaves.items[i];
    }
    return NULL;
}

void values_truncate(Values *values, int leaves) { values->leaves.count = leaves; }

LeafValue *values_add(Values *values, const char *name, ElemType elem, int64_t count) {
    LeafValue *leaf = values_find(values, name);
    if (!leaf) {
        vec_push(values->arena, &values->leaves, ((LeafValue){.name = arena_strdup(values->arena, name)}));
        leaf = &values->leaves.items[values->leaves.count - 1];
    }
    leaf->elem = elem;
    leaf->count = count;
    leaf->wide = arena_array(values->arena, (size_t)count + 1, sizeof *leaf->wide);
    leaf->narrow = arena_array(values->arena, (size_t)count + 1, ELEMENT_BYTES);
    return leaf;
}

void values_set(LeafValue *leaf, int64_t index, double value) {
    if (leaf->elem == ELEM_F32)
        ((float *)leaf->narrow)[index] = (float)value;
    else
        ((int32_t *)leaf->narrow)[index] = (int32_t)value;
    leaf->wide[index] = leaf->elem == ELEM_F32 ? (double)(float)value : value;
}

void values_extent(Values *values, const char *symbol, int64_t extent) {
    for (int i = 0; i < values->extents.count; i++) {
        if (strcmp(values->extents.items[i].name, symbol) != 0) continue;
        values->extents.items[i].extent = extent;
        return;
    }
    vec_push(values->arena, &values->extents, ((SymbolExtent){arena_strdup(values->arena, symbol), extent}));
}

void values_extents(const Values *values, const Symbols *symbols, int64_t *extents) {
    for (int i = 0; i < symbols->count; i++) {
        extents[i] = 0;
        for (int j = 0; j < values->extents.count; j++) {
            if (strcmp(values->extents.items[j].name, symbols->names[i]) == 0)
                extents[i] = values->extents.items[j].extent;
        }
    }
}

Binding *values_bindings(const Values *values, Arena *arena) {
    Binding *bindings = arena_array(arena, (size_t)values->leaves.count + 1, sizeof *bindings);
    for (int i = 0; i < values->leaves.count; i++) {
        bindings[i] = (Binding){values->leaves.items[i].name, values->leaves.items[i].wide};
    }
    return bindings;
}

void values_bind(const Values *values, Executable *exec) {
    for (int i = 0; i < values->leaves.count; i++) {
        executable_bind(exec, values->leaves.items[i].name, values->leaves.items[i].narrow);
    }
}

static LeafValue *add_part(Values *values, const char *text, const char *part, int64_t count) {
    return values_add(values, arena_printf(values->arena, "%s.%s", text, part), ELEM_I32, count);
}

/* Leaves are filled one by one: adding another may move them. */
void values_text(Values *values, const char *name, int64_t sequences, const int64_t *bounds, const int32_t *ids,
                 const int32_t *segments) {
    int64_t tokens = bounds[sequences];
    LeafValue *leaf = add_part(values, name, "ids", tokens);
    for (int64_t i = 0; i < tokens; i++) values_set(leaf, i, ids[i]);
    leaf = add_part(values, name, "segments", tokens);
    for (int64_t i = 0; segments && i < tokens; i++) values_set(leaf, i, segments[i]);
    leaf = add_part(values, name, "bounds", sequences + 1);
    for (int64_t s = 0; s <= sequences; s++) values_set(leaf, s, (double)bounds[s]);
    leaf = add_part(values, name, "first", sequences);
    for (int64_t s = 0; s < sequences; s++) values_set(leaf, s, (double)bounds[s]);
    leaf = add_part(values, name, "rows", 2 * sequences);
    for (int64_t s = 0; s < sequences; s++) values_set(leaf, 2 * s, (double)s);
    leaf = add_part(values, name, "row", sequences); /* a window each */
    for (int64_t s = 0; s < sequences; s++) values_set(leaf, s, (double)s);
    leaf = add_part(values, name, "places", 2 * sequences);
    for (int64_t s = 0; s < sequences; s++) values_set(leaf, 2 * s, (double)s);
    leaf = add_part(values, name, "positions", tokens);
    for (int64_t s = 0; s < sequences; s++) {
        for (int64_t i = bounds[s]; i < bounds[s + 1]; i++) values_set(leaf, i, (double)(i - bounds[s]));
    }
    leaf = add_part(values, name, "sequence", tokens);
    for (int64_t s = 0; s < sequences; s++) {
        for (int64_t i = bounds[s]; i < bounds[s + 1]; i++) values_set(leaf, i, (double)s);
    }
    leaf = add_part(values, name, "coords", 2 * tokens);
    for (int64_t s = 0; s < sequences; s++) {
        for (int64_t i = bounds[s]; i < bounds[s + 1]; i++) {
            values_set(leaf, 2 * i, (double)s);
            values_set(leaf, 2 * i + 1, (double)(i - bounds[s]));
        }
    }
    values_extent(values, "S", sequences);
    values_extent(values, arena_printf(values->arena, "%s.R", name), sequences);
    values_extent(values, arena_printf(values->arena, "%s.T", name), tokens);
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

LeafValue *values_random(Values *values, const char *name, const Type *type, const int64_t *extents, uint64_t *state) {
    enum { UNBOUNDED = 4 };
    int64_t bound = type->elem == ELEM_BOOL ? 2 : dim_value(type->bound, extents);
    LeafValue *leaf = values_add(values, name, type->elem, type_count(type, extents));
    for (int64_t i = 0; i < leaf->count; i++) {
        double below = floor(values_uniform(state) * (double)(bound > 0 ? bound : UNBOUNDED));
        values_set(leaf, i, type->elem == ELEM_F32 ? values_normal(state) : below);
    }
    return leaf;
}
