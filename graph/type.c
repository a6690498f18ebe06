/* Types: arithmetic on dimensions, comparison. Their text is in write.c. */
#include "graph/type.h"

Dim dim_const(int64_t value) { return (Dim){.scale = 0, .offset = value, .symbol = -1}; }

Dim dim_named(int64_t value, const char *name) {
    return (Dim){.scale = 0, .offset = value, .symbol = -1, .name = name};
}

Dim dim_symbol(int32_t symbol) { return (Dim){.scale = 1, .offset = 0, .symbol = symbol}; }

bool dim_is_const(Dim dim) { return dim.scale == 0; }

bool dim_equal(Dim a, Dim b) {
    return a.scale == b.scale && a.offset == b.offset && (a.scale == 0 || a.symbol == b.symbol);
}

bool dim_is(Dim dim, int64_t value) { return dim.scale == 0 && dim.offset == value; }

int64_t dim_value(Dim dim, const int64_t *extents) {
    return dim.scale == 0 ? dim.offset : dim.scale * extents[dim.symbol] + dim.offset;
}

static Dim normalised(Dim dim) {
    if (dim.scale == 0) dim.symbol = -1;
    if (dim.scale != 0) dim.name = NULL;
    return dim;
}

bool dim_add(Dim a, Dim b, Dim *sum) {
    if (a.scale && b.scale && a.symbol != b.symbol) return false;
    Dim result = {.symbol = a.scale ? a.symbol : b.symbol};
    if (__builtin_add_overflow(a.scale, b.scale, &result.scale)) return false;
    if (__builtin_add_overflow(a.offset, b.offset, &result.offset)) return false;
    *sum = normalised(result);
    return true;
}

bool dim_mul(Dim a, Dim b, Dim *product) {
    if (a.scale && b.scale) return false;
    Dim whole = a.scale ? a : b;
    int64_t factor = a.scale ? b.offset : a.offset;
    whole.name = NULL;
    if (__builtin_mul_overflow(whole.scale, factor, &whole.scale)) return false;
    if (__builtin_mul_overflow(whole.offset, factor, &whole.offset)) return false;
    *product = normalised(whole);
    return true;
}

Type type_scalar(ElemType elem) { return type_make(elem, 0, NULL); }

Type type_make(ElemType elem, int rank, const Dim *dims) {
    Type type = {.elem = elem, .rank = rank, .bound = dim_const(0)};
    for (int i = 0; i < MAX_RANK; i++) type.dims[i] = i < rank ? normalised(dims[i]) : dim_const(0);
    return type;
}

bool type_same_shape(const Type *a, const Type *b) {
    if (a->rank != b->rank) return false;
    for (int i = 0; i < a->rank; i++) {
        if (!dim_equal(a->dims[i], b->dims[i])) return false;
    }
    return true;
}

bool type_equal(const Type *a, const Type *b) {
    return a->elem == b->elem && type_same_shape(a, b) && dim_equal(a->bound, b->bound);
}

int64_t type_count(const Type *type, const int64_t *extents) {
    int64_t count = 1;
    for (int i = 0; i < type->rank; i++) count *= dim_value(type->dims[i], extents);
    return count;
}

size_t type_bytes(const Type *type, const int64_t *extents) {
    return (size_t)type_count(type, extents) * elem_bytes(type->elem);
}

bool type_count_dim(const Type *type, Dim *count) {
    *count = dim_const(1);
    for (int i = 0; i < type->rank; i++) {
        if (!dim_mul(*count, type->dims[i], count)) return false;
    }
    return true;
}
