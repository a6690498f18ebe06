/* Names of tensors that a wrapper has put something before: "module." (DataParallel), "_orig_mod." (torch.compile),
 * "model." (a Lightning module), "0.auto_model." (sentence-transformers). */
#ifndef GRADC_RUNTIME_HUB_HF_UNWRAP_H
#define GRADC_RUNTIME_HUB_HF_UNWRAP_H

#include "runtime/hub/hf_weights.h"

/* What stands before the most of `names` in `tensors`, with its last dot. A name may lack its prefix there. NULL:
 * nothing does, or two things do equally often. */
const char *hf_unwrap(const char *const *tensors, int n_tensors, const HfName *names, int n_names, Arena *arena);

#endif
