/* Tensors as NumPy's .npy files (NEP 1), and as text in NumPy's spelling. */
#ifndef GRADC_RUNTIME_FILES_NPY_H
#define GRADC_RUNTIME_FILES_NPY_H

#include <stdio.h>

#include "graph/base/diag.h"
#include "graph/type.h"

/* Row-major elements as doubles. */
typedef struct Tensor {
    ElemType elem;
    int rank;
    int64_t extents[MAX_RANK];
    double *elements;
} Tensor;

int64_t tensor_count(const Tensor *tensor);

/* f32, i32 or bool. False and a diagnostic when the file cannot be written. */
bool npy_write(const char *path, const Tensor *tensor, Diagnostics *diags);

/* Little-endian f4, f8, i4, i8 or b1 in C order, at most MAX_RANK axes; elements in `arena`. False and a diagnostic
 * otherwise. */
bool npy_read(const char *path, Arena *arena, Tensor *tensor, Diagnostics *diags);

/* "3", "[1, 2]", "[[1, 2], [3, 4]]"; numbers without brackets, "1, 2, 3", are one axis. False, without a message, when
 * it is none of these. */
bool tensor_parse(const char *text, Arena *arena, Tensor *tensor);

/* As NumPy prints: nested brackets, columns aligned; of a tensor with more than 200 elements the first and last three
 * along each axis unless `full`. */
void tensor_print(const Tensor *tensor, bool full, FILE *out);

#endif
