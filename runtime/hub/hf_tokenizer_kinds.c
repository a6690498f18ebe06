/* The kinds of tokenizers that are read. */
#include "runtime/hub/hf_tokenizer.h"
#include "runtime/hub/hf_wordpiece.h"

static const HfTokenizerKind kinds[] = {
    {"WordPiece", "vocab.txt", hf_wordpiece_open, hf_wordpiece_save},
};

const HfTokenizerKind *hf_tokenizer_kinds(int *count) { return *count = sizeof kinds / sizeof *kinds, kinds; }
