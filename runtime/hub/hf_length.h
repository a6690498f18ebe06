/* How many tokens of a text a Hugging Face folder says that its model reads: sentence-transformers cuts texts at the
 * max_seq_length of sentence_bert_config.json, which is often less than the model has positions. */
#ifndef GRADC_RUNTIME_HUB_HF_LENGTH_H
#define GRADC_RUNTIME_HUB_HF_LENGTH_H

#include "graph/base/diag.h"

extern const char hf_length_file[];

/* 0: it does not say. -1 and an error: the file is damaged, or the number is none. */
int64_t hf_length_read(const char *folder, Diagnostics *diags);

#endif
