/* Tokenizers of a few lines, for tests. */
#ifndef GRADC_TESTS_VOCABULARY_H
#define GRADC_TESTS_VOCABULARY_H

#include "runtime/tokenize/tokenizer.h"

/* The tokenizer of a folder with this vocab.txt, and this tokenizer_config.json (NULL: none). `lower_case` as the
 * option --lower-case. The caller frees; a folder that does not open fails the test. */
Tokenizer *vocabulary_tokenizer(const char *vocabulary, const char *config, const char *lower_case);

#endif
