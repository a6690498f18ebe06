/* The weights of a Hugging Face folder: model.safetensors, or the files that model.safetensors.index.json names; or
 * else the same of pytorch_model.bin (see torch_file.h). */
#ifndef GRADC_RUNTIME_HUB_HF_WEIGHTS_H
#define GRADC_RUNTIME_HUB_HF_WEIGHTS_H

#include "runtime/files/safetensors.h"

typedef struct HfWeights HfWeights;

/* Under which names a parameter is looked for, one after the other. */
typedef struct HfName {
    const char *saved;  /* by gradc, exactly; NULL: as the next */
    const char *name;   /* in a published folder */
    const char *prefix; /* which may be before it there, or not ("bert."); NULL: none */
} HfName;

typedef struct HfTensor {
    const SafeTensors *file; /* NULL: none was found */
    const SafeTensor *tensor;
    const char *path; /* of the file */
    bool *used;       /* for whoever loads it to set */
} HfTensor;

/* `*weights` is NULL when the folder has none. False and an error when they are broken, incomplete, or in a format that
 * is not read. */
bool hf_weights_open(const char *folder, HfWeights **weights, Diagnostics *diags);
void hf_weights_close(HfWeights *weights); /* NULL is allowed */

/* The tensor of exactly this name. */
HfTensor hf_weights_find(const HfWeights *weights, const char *name);
/* An entry of the first file's metadata; NULL: none. */
const char *hf_weights_metadata(const HfWeights *weights, const char *key);
/* The names of the tensors that are not marked as used, in the order of the files; they live as long as the weights. */
const char *const *hf_weights_unused(HfWeights *weights, int *count);

#endif
