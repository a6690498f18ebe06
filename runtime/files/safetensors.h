/* The safetensors format (huggingface.co/docs/safetensors):
 *
 *     8 bytes              little-endian length N of the header
 *     N bytes              JSON: {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}, ...,
 *                          "__metadata__": {"key": "value"}}, padded with spaces
 *     the rest             the tensors, row-major, at [begin, end) from here, without overlap or hole
 *
 * A file is mapped, not read: a tensor's bytes are fetched when they are used. */
#ifndef GRADC_RUNTIME_FILES_SAFETENSORS_H
#define GRADC_RUNTIME_FILES_SAFETENSORS_H

#include "graph/base/diag.h"

enum { SAFETENSORS_MAX_RANK = 8 };

typedef struct SafeTensors SafeTensors;

typedef struct SafeTensor {
    const char *name, *dtype; /* "F32", "BF16", "I64" ... */
    int rank;
    int64_t shape[SAFETENSORS_MAX_RANK];
    int64_t count;    /* elements: the product of the shape, 1 for rank 0 */
    const void *data; /* in the mapping; not aligned */
    size_t bytes;
} SafeTensor;

/* Opens and checks a file whole but for the numbers themselves. NULL and errors when it cannot be
 * read or breaks the format; a file that was cut off is said to be. */
SafeTensors *safetensors_open(const char *path, Diagnostics *diags);
void safetensors_close(SafeTensors *file); /* NULL is allowed; ends the life of its tensors and strings */

/* --- For files of another format, whose tensors are then used as if they were of this one (see torch_file.h) --- */

/* Maps a file without looking at it: no tensors yet. NULL and errors when it cannot be read or is empty. */
SafeTensors *safetensors_map(const char *path, Diagnostics *diags);
const unsigned char *safetensors_bytes(const SafeTensors *file, size_t *size);
Arena *safetensors_arena(SafeTensors *file); /* whose memory lives as long as the file */
void safetensors_add(SafeTensors *file, SafeTensor tensor);
size_t safetensors_element_bytes(const char *dtype); /* 0: there is no such type */

/* The tensors in the order of their bytes. */
int safetensors_count(const SafeTensors *file);
const SafeTensor *safetensors_get(const SafeTensors *file, int index);
const SafeTensor *safetensors_find(const SafeTensors *file, const char *name); /* NULL: none */
const char *safetensors_metadata(const SafeTensors *file, const char *key);    /* NULL: none */

/* Copies a tensor of type F32, F16 or BF16 to `out` [count]; false and an error for other types. */
bool safetensors_to_f32(const SafeTensors *file, const SafeTensor *tensor, float *out, Diagnostics *diags);

/* "[2, 3]", in an arena: for messages. */
const char *shape_print(Arena *arena, const int64_t *shape, int rank);

/* Two of the conversions, for whoever has such numbers elsewhere. */
float f16_to_f32(uint16_t half);
float bf16_to_f32(uint16_t half);

typedef struct TensorToWrite {
    const char *name; /* unique in the file */
    int rank;
    const int64_t *shape;
    const float *data; /* [product of shape] */
} TensorToWrite;

typedef struct MetadataEntry {
    const char *key, *value; /* UTF-8 */
} MetadataEntry;

/* Writes F32 tensors in the order given, through an atomic file. False and an error when that
 * fails; the old file is then untouched. */
bool safetensors_write(const char *path, const TensorToWrite *tensors, int n_tensors, const MetadataEntry *metadata,
                       int n_metadata, Diagnostics *diags);

#endif
