/* Types: what kind of element a tensor holds and how many of them, with sizes that may be known only at run time.
 *
 * A dimension is `scale * symbol + offset`: 384, T, 2*S, S+1. The symbols (T tokens, S sequences, ...) get their
 * extents batch by batch; everything else is known when a graph is built. */
#ifndef GRADC_GRAPH_TYPE_H
#define GRADC_GRAPH_TYPE_H

#include <stdbool.h>
#include <stdint.h>

#include "graph/base/arena.h"
#include "graph/element.h"
#include "graph/role.h"

enum { MAX_RANK = 4, MAX_SYMBOLS = 64 };

typedef struct Dim {
    int64_t scale; /* 0: a constant */
    int64_t offset;
    int32_t symbol; /* index into the graph's symbols; -1 when scale is 0 */
    /* Of a constant: how the text calls it ("hidden"), or NULL. For people only: no part of its identity. */
    const char *name;
} Dim;

typedef struct Type {
    ElemType elem;
    int rank;
    Dim dims[MAX_RANK]; /* outermost first; row-major */
    /* Of i32 only: every element lies in [0, bound), checked where the values entered the graph. An index without a
     * bound has the constant 0. A gather needs the bound to be the extent of its table. */
    Dim bound;
} Type;

/* Names of the symbols, for printing, and what they count; belongs to a graph. */
typedef struct Symbols {
    const char *names[MAX_SYMBOLS];
    Role roles[MAX_SYMBOLS];
    int count;
} Symbols;

Dim dim_const(int64_t value);
Dim dim_named(int64_t value, const char *name); /* the name is not copied; NULL: none */
Dim dim_symbol(int32_t symbol);
bool dim_is_const(Dim dim);
bool dim_equal(Dim a, Dim b);
bool dim_is(Dim dim, int64_t value); /* the constant `value` */
int64_t dim_value(Dim dim, const int64_t *extents);

/* a + b and a * b where they are again of the form of a Dim; false otherwise. */
bool dim_add(Dim a, Dim b, Dim *sum);
bool dim_mul(Dim a, Dim b, Dim *product);

Type type_scalar(ElemType elem);
Type type_make(ElemType elem, int rank, const Dim *dims); /* no bound */
bool type_equal(const Type *a, const Type *b);            /* element, rank, dimensions and bound */
bool type_same_shape(const Type *a, const Type *b);       /* rank and dimensions */

/* Number of elements of a type whose symbols have these extents. */
int64_t type_count(const Type *type, const int64_t *extents);
/* What they take in memory. */
size_t type_bytes(const Type *type, const int64_t *extents);
/* The same as a Dim; false when it is not of that form (a product of two symbols). */
bool type_count_dim(const Type *type, Dim *count);

const char *role_print(Arena *arena, const Role *role); /* "role=ids of=\"x\"" */
const char *dim_print(Arena *arena, Dim dim, const Symbols *symbols);
/* "f32[T, hidden = 384]", "i32<30522>[T]", "f32[]". */
const char *type_print(Arena *arena, const Type *type, const Symbols *symbols);

#endif
