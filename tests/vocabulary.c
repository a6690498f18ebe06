/* Tokenizers of a few lines. */
#include "tests/vocabulary.h"

#include <criterion/criterion.h>

#include "runtime/hub/hf_tokenizer.h"
#include "tests/temp_folder.h"

Tokenizer *vocabulary_tokenizer(const char *vocabulary, const char *config, const char *lower_case) {
    TempFolder folder = make_folder();
    put_text(&folder, "vocab.txt", vocabulary);
    if (config) put_text(&folder, "tokenizer_config.json", config);
    Diagnostics *diags = diagnostics_new();
    Arena *arena = arena_new();
    HfTokenizer read;
    bool good = hf_tokenizer_read(folder.path, lower_case, arena, &read, diags);
    cr_assert(good, "%s", diags->list.count ? diags->list.items[0].message : "");
    Tokenizer *tokenizer = read.tokenizer;
    read.tokenizer = NULL;
    hf_tokenizer_free(&read);
    arena_free(arena);
    diagnostics_free(diags);
    remove_folder(&folder);
    return tokenizer;
}
