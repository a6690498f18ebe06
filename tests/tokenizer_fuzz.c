/* Damaged tokenizers by the million, by hand: small descriptions of every kind and sentence models, changed at random,
 * are read and, where they can be, encode texts.
 *
 *     tokenizer_fuzz [--count 1000000] [--seed 1]
 *
 * What comes out is checked: ids below the size, bytes within the text. Sanitizers find the rest; a fault ends the
 * program and names its number, with which --seed starts there again. Exit status: 0 without a fault. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"
#include "runtime/hub/hf_tokenizer_files.h"

/* Parts of descriptions; a seed takes one of each. */
static const char *const models[] = {
    "{\"type\":\"BPE\",\"unk_token\":\"?\",\"fuse_unk\":true,\"byte_fallback\":true,\"vocab\":{\"?\":0,\"a\":1,\"b\":2,"
    "\"ab\":3,\"\xC4\xA0\":4,\"<0x61>\":5,\"\xE2\x96\x81\":6},\"merges\":[\"a b\"]}",
    "{\"type\":\"BPE\",\"continuing_subword_prefix\":\"#\",\"end_of_word_suffix\":\"$\",\"ignore_merges\":false,"
    "\"vocab\":{\"a\":0,\"#b$\":1,\"ab$\":2},\"merges\":[[\"a\",\"#b$\"]]}",
    "{\"type\":\"Unigram\",\"unk_id\":0,\"byte_fallback\":false,\"vocab\":[[\"?\",0],[\"a\",-1],[\"ab\",-1.5],"
    "[\"\xE2\x96\x81\",-2],[\"<0x62>\",-3]]}",
    "{\"type\":\"WordPiece\",\"unk_token\":\"?\",\"continuing_subword_prefix\":\"##\",\"max_input_chars_per_word\":4,"
    "\"vocab\":{\"?\":0,\"a\":1,\"##b\":2,\"[\":3}}",
    "{\"type\":\"WordLevel\",\"unk_token\":\"?\",\"vocab\":{\"?\":0,\"ab\":1}}"};
static const char *const normalizers[] = {
    "null",
    "{\"type\":\"NFC\"}",
    "{\"type\":\"NFKD\"}",
    "{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"Strip\",\"strip_left\":true,\"strip_right\":false},"
    "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"\\\\s{2,}|b+\"},\"content\":\"\\u2581\"},{\"type\":\"Lowercase\"}]"
    "}",
    "{\"type\":\"BertNormalizer\",\"clean_text\":true,\"handle_chinese_chars\":true,\"strip_accents\":null,"
    "\"lowercase\":true}",
    "{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"CAAAAAAEAAAAAAAAYQBiAA==\"}",
    "{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"Prepend\",\"prepend\":\"\\u2581\"},{\"type\":\"Nmt\"},"
    "{\"type\":\"StripAccents\"}]}"};
static const char *const pre_tokenizers[] = {
    "null",
    "{\"type\":\"BertPreTokenizer\"}",
    "{\"type\":\"Whitespace\"}",
    "{\"type\":\"Punctuation\"}",
    "{\"type\":\"ByteLevel\",\"add_prefix_space\":true,\"trim_offsets\":true,\"use_regex\":true}",
    "{\"type\":\"Metaspace\",\"replacement\":\"\\u2581\",\"prepend_scheme\":\"first\",\"split\":true}",
    "{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Split\",\"pattern\":{\"Regex\":\"\\\\p{L}+|\\\\p{N}\"},"
    "\"behavior\":\"MergedWithNext\",\"invert\":false},{\"type\":\"Digits\",\"individual_digits\":true},"
    "{\"type\":\"WhitespaceSplit\"}]}"};
static const char *const post_processors[] = {
    "null", "{\"type\":\"ByteLevel\",\"add_prefix_space\":true,\"trim_offsets\":true}",
    "{\"type\":\"RobertaProcessing\",\"sep\":[\"?\",0],\"cls\":[\"a\",1],\"trim_offsets\":true,"
    "\"add_prefix_space\":false}",
    "{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":\"?\",\"type_id\":0}},{\"Sequence\":{"
    "\"id\":"
    "\"A\",\"type_id\":0}}],\"pair\":[{\"Sequence\":{\"id\":\"A\",\"type_id\":0}},{\"Sequence\":{\"id\":\"B\","
    "\"type_id\":1}}],\"special_tokens\":{\"?\":{\"id\":\"?\",\"ids\":[0],\"tokens\":[\"?\"]}}}"};
static const char added[] =
    "[{\"content\":\"[x]\",\"lstrip\":true,\"rstrip\":true,\"single_word\":true,\"normalized\":true},"
    "{\"content\":\"a\",\"special\":true}]";
static const char *const texts[] = {"", "ab ab", " a[x] b?\xC3\xA9 1\xE4\xBD\xA0",
                                    "a\xCC\x81\xFF  B\tab\xE2\x96\x81"
                                    "a"};
/* What a value is replaced by. */
static const char *const values[] = {"null",
                                     "true",
                                     "false",
                                     "0",
                                     "-1",
                                     "1",
                                     "7",
                                     "2147483648",
                                     "1e308",
                                     "\"\"",
                                     "\"a\"",
                                     "\"(\"",
                                     "\"\\u00e9\"",
                                     "\"[x]\"",
                                     "\"Sequence\"",
                                     "\"BPE\"",
                                     "[]",
                                     "{}",
                                     "[[\"a\",1]]",
                                     "[\"a\",\"b\"]",
                                     "{\"a\":1}",
                                     "{\"Regex\":\"(a|b)*c\"}"};
#define COUNT(list) (sizeof(list) / sizeof *(list))

typedef struct Random {
    uint64_t state;
} Random;

/* SplitMix64. */
static size_t below(Random *random, size_t bound) {
    uint64_t z = random->state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return (size_t)((z ^ z >> 31) % bound);
}

static json_t *parsed(const char *text) { return memory_checked(json_loads(text, JSON_DECODE_ANY, NULL)); }

static json_t *any_of(Random *random, const char *const *list, size_t count) {
    return parsed(list[below(random, count)]);
}

/* The first one is behind the model's own tokens. */
static json_t *added_to(const json_t *model) {
    const json_t *vocab = json_object_get(model, "vocab");
    json_t *list = parsed(added);
    json_object_set_new(json_array_get(list, 0), "id",
                        json_integer((json_int_t)(json_object_size(vocab) + json_array_size(vocab))));
    return list;
}

static json_t *make(Random *random) {
    json_t *model = any_of(random, models, COUNT(models));
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "added_tokens", added_to(model), "model", model, "normalizer",
                     any_of(random, normalizers, COUNT(normalizers)), "pre_tokenizer",
                     any_of(random, pre_tokenizers, COUNT(pre_tokenizers)), "post_processor",
                     any_of(random, post_processors, COUNT(post_processors)));
}

/* --- Damage ------------------------------------------------------------------------------------------------------- */

static const char *any_key(Random *random, json_t *object) {
    void *at = json_object_iter(object);
    for (size_t skip = below(random, json_object_size(object)); skip; skip--) at = json_object_iter_next(object, at);
    return json_object_iter_key(at);
}

/* Goes down at random and replaces, removes or adds something where it stops. */
static void damage(Random *random, json_t *value) {
    bool object = json_is_object(value);
    size_t size = object ? json_object_size(value) : json_array_size(value), at = size ? below(random, size) : 0;
    const char *key = object && size ? any_key(random, value) : NULL;
    json_t *inside = object ? json_object_get(value, key) : json_array_get(value, at);
    bool deeper = (json_object_size(inside) || json_array_size(inside)) && below(random, 4);
    if (!size) return;
    if (deeper) {
        damage(random, inside);
        return;
    }
    json_t *other = any_of(random, values, COUNT(values));
    if (below(random, 6) == 0)
        object ? json_object_del(value, key) : json_array_remove(value, at);
    else if (object)
        json_object_set(value, below(random, 8) ? key : "a", other);
    else
        json_array_set(value, at, other);
    json_decref(other);
}

/* --- Use ---------------------------------------------------------------------------------------------------------- */

static bool check(const Tokenizer *tokenizer, const TokenList *tokens, size_t length) {
    for (int64_t i = 0; i < tokens->ids.count; i++) {
        TokenSpan span = tokens->spans[i];
        if (tokens->ids.items[i] < 0 || tokens->ids.items[i] >= tokenizer_size(tokenizer)) return false;
        if (span.from < 0 || span.from > span.to || span.to > (int64_t)length) return false;
    }
    return true;
}

static bool use(const Tokenizer *tokenizer) {
    TokenizerWork *work = tokenizer_work(tokenizer);
    bool good = true;
    TokenIds ids = {0}, segments = {0};
    for (size_t i = 0; good && i < COUNT(texts); i++) {
        TokenList tokens = {.wants_spans = true};
        tokenizer_encode_spans(tokenizer, work, texts[i], strlen(texts[i]), &tokens);
        good = check(tokenizer, &tokens, strlen(texts[i]));
        tokenizer_assemble(tokenizer, &tokens.ids, i % 2 ? &tokens.ids : NULL, 6,
                           (AssembledTokens){&ids, &segments, NULL});
        token_list_free(&tokens);
    }
    token_ids_free(&ids);
    token_ids_free(&segments);
    tokenizer_work_free(work);
    return good;
}

/* A sentence model with some of its bytes changed, as a recipe reads it. */
static json_t *sentence(Random *random, Diagnostics *diags) {
    static const unsigned char model[] = {10, 13,  10, 3, 'a', 'b', 'c', 21, 0, 0,   128, 191, 24, 1, 0,  10, 6, 10,
                                          1,  '?', 24, 2, 0,   18,  5,   24, 1, 192, 2,   1,   26, 4, 18, 2,  1, 2};
    unsigned char bytes[sizeof model];
    int count;
    const HfRecipe *recipes = hf_recipes(&count);
    const HfRecipe *recipe = &recipes[below(random, (size_t)count)];
    HfTokenizer result = {0};
    HfTokenizerFiles files = {.folder = ".", .arena = diags->arena, .diags = diags, .result = &result};
    memcpy(bytes, model, sizeof model);
    for (size_t i = below(random, 4); i; i--) bytes[below(random, sizeof bytes)] = (unsigned char)below(random, 256);
    HfCarried file = {.name = "spiece.model", .bytes = (char *)bytes, .size = sizeof bytes - below(random, 8)};
    json_t *description = json_pack("{s:[], s:n}", "added_tokens", "normalizer");
    hf_sentence_model(&files, recipe, &file, description);
    return description;
}

static bool run_one(uint64_t number, int64_t *made) {
    Random random = {number * 0x2545F4914F6CDD1Du};
    Diagnostics *diags = diagnostics_new();
    json_t *description = number % 8 ? make(&random) : sentence(&random, diags);
    for (size_t i = number % 8 ? below(&random, 4) : 0; i; i--) damage(&random, description);
    Tokenizer *tokenizer = tokenizer_from_json(description, "tokenizer.json", diags);
    bool good = tokenizer ? use(tokenizer) : diags->errors > 0;
    *made += tokenizer != NULL;
    tokenizer_free(tokenizer);
    json_decref(description);
    diagnostics_free(diags);
    return good;
}

int main(int argc, char **argv) {
    uint64_t count = 1000000, seed = 1;
    int64_t made = 0;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--count") == 0) count = strtoull(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--seed") == 0) seed = strtoull(argv[i + 1], NULL, 10);
    }
    for (uint64_t i = seed; i < seed + count; i++) {
        if (i % 100000 == 0) fprintf(stderr, "%llu\n", (unsigned long long)i);
        if (run_one(i, &made)) continue;
        printf("fault: --seed %llu --count 1\n", (unsigned long long)i);
        return 1;
    }
    printf("%llu descriptions, of which %lld are tokenizers\n", (unsigned long long)count, (long long)made);
    return 0;
}
