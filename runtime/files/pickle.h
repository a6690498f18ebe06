/* Pickles of PyTorch, read as data: an interpreter of the opcodes that torch.save writes for a dictionary of tensors,
 * with a list of the names that may occur. Nothing is looked up, called or executed; any other opcode or name is
 * refused. Format: the comments of CPython's Lib/pickletools.py; what torch puts in: torch/_utils.py,
 * torch/serialization.py. */
#ifndef GRADC_RUNTIME_FILES_PICKLE_H
#define GRADC_RUNTIME_FILES_PICKLE_H

#include "graph/base/diag.h"

enum { PICKLE_MAX_RANK = 8 };

/* A tensor: a view of numbers that lie elsewhere under `key`. */
typedef struct PickledTensor {
    const char *name;  /* its key in the dictionary */
    const char *dtype; /* as safetensors calls it: "F32" */
    const char *key;
    int64_t numbers; /* that the storage has */
    int64_t offset;  /* of the first one, in numbers */
    int rank;
    int64_t shape[PICKLE_MAX_RANK], strides[PICKLE_MAX_RANK];
} PickledTensor;

typedef struct PickledTensors {
    PickledTensor *items;
    int count, capacity;
} PickledTensors;

/* Reads the pickle; the result is in `arena`. NULL, or what is wrong with it. What is neither a tensor nor has a text
 * as its key is left out of the list. */
const char *pickle_read(const unsigned char *bytes, size_t size, Arena *arena, PickledTensors *tensors);

#endif
