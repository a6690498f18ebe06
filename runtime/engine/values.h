/* Values: what the leaves of a graph are given, made once for both who evaluate it: doubles for the interpreter, 4-byte
 * elements for kernels. An f32 is rounded before, so that both compute with the same numbers. */
#ifndef GRADC_RUNTIME_ENGINE_VALUES_H
#define GRADC_RUNTIME_ENGINE_VALUES_H

#include "graph/interpret.h"
#include "runtime/engine/executable.h"

typedef struct LeafValue {
    const char *name; /* NULL: it is found by its role */
    Role role;
    ElemType elem;
    int64_t count;
    double *wide; /* [count] */
    void *narrow; /* [count]: float or int32_t */
} LeafValue;

typedef struct SymbolExtent {
    Role symbol;
    int64_t extent;
} SymbolExtent;

typedef struct Values {
    Arena *arena;
    VEC(LeafValue) leaves;
    VEC(SymbolExtent) extents;
} Values;

Values *values_new(void);
void values_free(Values *values); /* NULL is allowed */

/* Elements of a leaf, all zero, to be filled through `values_set`; what is there already is replaced. A leaf is known
 * by its role; one without a role, a parameter for instance, by its name. */
LeafValue *values_add(Values *values, const char *name, ElemType elem, int64_t count);
LeafValue *values_add_role(Values *values, Role role, ElemType elem, int64_t count);
LeafValue *values_add_leaf(Values *values, const Node *leaf, const int64_t *extents);
void values_set(LeafValue *leaf, int64_t index, double value);
/* Elements in f32 that lie elsewhere, for kernels alone: they are borrowed. */
void values_borrow(Values *values, const char *name, float *elements, int64_t count);
void values_truncate(Values *values, int leaves);               /* to the first so many */
LeafValue *values_find(const Values *values, const char *name); /* NULL: none */
LeafValue *values_find_role(const Values *values, Role role);
LeafValue *values_find_leaf(const Values *values, const Node *leaf);

void values_extent(Values *values, Role symbol, int64_t extent);
/* Of a graph's symbols, by their roles; 0 for those that nobody has set. */
void values_extents(const Values *values, const Symbols *symbols, int64_t *extents);

/* For `interpret`: of the graph's leaves that have values, in `arena`. */
Binding *values_bindings(const Values *values, const Graph *graph, Arena *arena, int *count);
void values_bind(const Values *values, Executable *exec);

/* The leaves and extents of text input `name` (see TextInput in frontend/program.h): sequences end to end, sequence i
 * being ids[bounds[i] .. bounds[i + 1]]; `segments` NULL: all 0. */
void values_text(Values *values, const char *name, int64_t sequences, const int64_t *bounds, const int32_t *ids,
                 const int32_t *segments);

/* A seeded number in [0, 1), and one of mean 0 and deviation 1. */
double values_uniform(uint64_t *state);
double values_normal(uint64_t *state);

/* The leaf with random values: f32 normal, i32 below its bound (0 .. 3 without one), bool either. */
LeafValue *values_random(Values *values, const Node *node, const int64_t *extents, uint64_t *state);

#endif
