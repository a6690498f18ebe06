/* Values: what the leaves of a graph are given, made once for both who evaluate it: doubles for the interpreter, 4-byte
 * elements for kernels. An f32 is rounded before, so that both compute with the same numbers. */
#ifndef GRADC_RUNTIME_ENGINE_VALUES_H
#define GRADC_RUNTIME_ENGINE_VALUES_H

#include "graph/interpret.h"
#include "runtime/engine/executable.h"

typedef struct LeafValue {
    const char *name;
    ElemType elem;
    int64_t count;
    double *wide; /* [count] */
    void *narrow; /* [count]: float or int32_t */
} LeafValue;

typedef struct SymbolExtent {
    const char *name;
    int64_t extent;
} SymbolExtent;

typedef struct Values {
    Arena *arena;
    VEC(LeafValue) leaves;
    VEC(SymbolExtent) extents;
} Values;

Values *values_new(void);
void values_free(Values *values); /* NULL is allowed */

/* Elements of a leaf, all zero, to be filled through `values_set`; a name that is there already is replaced. */
LeafValue *values_add(Values *values, const char *name, ElemType elem, int64_t count);
void values_set(LeafValue *leaf, int64_t index, double value);
void values_truncate(Values *values, int leaves);               /* to the first so many */
LeafValue *values_find(const Values *values, const char *name); /* NULL: none */

void values_extent(Values *values, const char *symbol, int64_t extent);
/* Of a graph's symbols; 0 for those that nobody has set. */
void values_extents(const Values *values, const Symbols *symbols, int64_t *extents);

/* For `interpret`: as many as leaves, in `arena`. */
Binding *values_bindings(const Values *values, Arena *arena);
void values_bind(const Values *values, Executable *exec);

/* The leaves and extents of text input `name` (see TextInput in frontend/program.h): sequences end to end, sequence i
 * being ids[bounds[i] .. bounds[i + 1]]; `segments` NULL: all 0. */
void values_text(Values *values, const char *name, int64_t sequences, const int64_t *bounds, const int32_t *ids,
                 const int32_t *segments);

/* A seeded number in [0, 1), and one of mean 0 and deviation 1. */
double values_uniform(uint64_t *state);
double values_normal(uint64_t *state);

/* A leaf of this type with random values: f32 normal, i32 below its bound (0 .. 3 without one), bool either. */
LeafValue *values_random(Values *values, const char *name, const Type *type, const int64_t *extents, uint64_t *state);

#endif
