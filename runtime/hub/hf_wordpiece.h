/* WordPiece in a Hugging Face folder. */
#ifndef GRADC_RUNTIME_HUB_HF_WORDPIECE_H
#define GRADC_RUNTIME_HUB_HF_WORDPIECE_H

#include "runtime/hub/hf_tokenizer.h"

/* See HfTokenizerKind. */
Tokenizer *hf_wordpiece_open(const HfTokenizerFiles *files, const char **path, Diagnostics *diags);
/* vocab.txt, tokenizer.json and tokenizer_config.json. */
bool hf_wordpiece_save(const Tokenizer *tokenizer, const HfCut *cut, const char *folder, Diagnostics *diags);

#endif
