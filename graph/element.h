/* Element types: what the elements of a tensor are, how they lie in memory and what they are computed as. A row each,
 * in element.c: whoever needs a number of bytes, or reads and writes elements one by one, asks here. */
#ifndef GRADC_GRAPH_ELEMENT_H
#define GRADC_GRAPH_ELEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "graph/base/arena.h"

typedef enum ElemType { ELEM_F32, ELEM_I32, ELEM_BOOL, ELEM_BF16, ELEM_TYPES } ElemType;

const char *elem_name(ElemType elem); /* "f32" */
bool elem_find(const char *name, ElemType *elem);
const char *elem_names(Arena *arena); /* for messages: "f32, i32, bool or bf16" */

size_t elem_bytes(ElemType elem); /* of an element in memory */
/* The type of its values between memory and memory: its own, or that of a wider one where it is a form of storage
 * alone, which is not calculated with but cast and moved. */
ElemType elem_computed(ElemType elem);
bool elem_is_number(ElemType elem); /* can it be added and compared? */

/* The order in which a product of two matrices of the type adds up, which is part of its meaning. `chains` chains of
 * f32 fused multiply-adds, each from +0, take the k in turn, chain c those that leave c when divided by their number.
 * Where there is a `block`, they do so for each block of as many k, the last one filled up with +0: the sum of its
 * chains, in their order, is added to the result so far, which starts at +0, and all of this arithmetic takes and
 * leaves subnormal numbers as zeros of their sign. */
typedef struct SumOrder {
    int block;  /* 0: all k are one */
    int chains; /* 0: matrices of the type are not multiplied */
} SumOrder;
SumOrder elem_sum_order(ElemType elem);

/* What a cast to the type makes of a number, in double precision: `f32` rounds nothing here. */
double elem_cast(ElemType to, double value);
/* The value that memory holds of it. */
double elem_held(ElemType elem, double value);
/* Element `index` of an array of the type in memory. */
double elem_load(ElemType elem, const void *memory, int64_t index);
void elem_store(ElemType elem, void *memory, int64_t index, double value);

#endif
