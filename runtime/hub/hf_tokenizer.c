/* Tokenizers of Hugging Face folders. A setting may stand in two files, under two names. */
#include "runtime/hub/hf_tokenizer.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/files/read_file.h"
#include "runtime/hub/hf_file.h"

typedef struct Reader {
    const char *folder, *lower_case;
    Arena *arena;
    Diagnostics *diags;
    json_t *config, *fast; /* tokenizer_config.json, tokenizer.json; NULL: not there */
    HfTokenizer *result;
} Reader;

/* What else than WordPiece a folder may hold: files that tell it. */
static const struct {
    const char *file, *kind;
} other_kinds[] = {{"merges.txt", "byte-level BPE"},
                   {"spiece.model", "SentencePiece"},
                   {"sentencepiece.bpe.model", "SentencePiece"},
                   {"tokenizer.model", "SentencePiece"}};

static const char *path_of(const Reader *r, const char *name) { return hf_file_path(r->arena, r->folder, name); }

static Pos in_file(const Reader *r, const char *name) { return hf_file_pos(r->arena, r->folder, name, r->diags); }

static bool has_file(const Reader *r, const char *name) { return hf_file_exists(r->arena, r->folder, name); }

/* NULL when the file is not there; false when it is no JSON object. */
static bool read_json(const Reader *r, const char *name, json_t **object) {
    *object = has_file(r, name) ? hf_file_object(path_of(r, name), NULL, r->diags) : NULL;
    return *object || !has_file(r, name);
}

/* --- The kind --- */

static bool refuse(const Reader *r, const char *file, const char *kind) {
    diag_error(r->diags, "E0847", in_file(r, file), "the tokenizer is of another kind: %s", kind);
    diag_hint(r->diags, "gradc reads WordPiece: take a model that has a vocab.txt");
    return false;
}

static bool check_kind(const Reader *r) {
    const char *kind = json_string_value(json_object_get(json_object_get(r->fast, "model"), "type"));
    if (kind && strcmp(kind, "WordPiece") != 0) return refuse(r, "tokenizer.json", kind);
    for (size_t i = 0; i < sizeof other_kinds / sizeof *other_kinds && !has_file(r, "vocab.txt") && !kind; i++) {
        if (has_file(r, other_kinds[i].file)) return refuse(r, other_kinds[i].file, other_kinds[i].kind);
    }
    return true;
}

/* --- The vocabulary --- */

/* The tokens by their ids, which are to be all the numbers from 0. NULL: they are not, or a token has a line end. */
static const char **order_tokens(const Reader *r, json_t *vocab, size_t *bytes) {
    size_t count = json_object_size(vocab);
    const char **tokens = arena_array(r->arena, count + 1, sizeof *tokens), *token;
    json_t *id;
    *bytes = 0;
    json_object_foreach(vocab, token, id) {
        json_int_t at = json_integer_value(id);
        if (!json_is_integer(id) || at < 0 || (size_t)at >= count || tokens[at] || strpbrk(token, "\r\n")) return NULL;
        tokens[at] = token;
        *bytes += strlen(token) + 1;
    }
    return tokens;
}

static bool vocabulary_of_json(const Reader *r, json_t *vocab) {
    size_t bytes, count = json_object_size(vocab);
    const char **tokens = order_tokens(r, vocab, &bytes);
    r->result->path = path_of(r, "tokenizer.json");
    if (!tokens) {
        diag_error(r->diags, "E0802", in_file(r, "tokenizer.json"),
                   "the ids of the vocabulary are not the numbers from 0");
        diag_hint(r->diags, "save the tokenizer again, with its vocab.txt");
        return false;
    }
    char *at = r->result->vocab = malloc(bytes + 1);
    if (!at) abort();
    for (size_t i = 0; i < count; i++) {
        at = stpcpy(at, tokens[i]);
        *at++ = '\n';
    }
    r->result->vocab_bytes = bytes;
    return true;
}

static bool read_vocabulary(const Reader *r) {
    json_t *vocab = json_object_get(json_object_get(r->fast, "model"), "vocab");
    if (!has_file(r, "vocab.txt"))
        return json_is_object(vocab) ? vocabulary_of_json(r, vocab)
                                     : hf_file_missing(r->arena, r->folder, "vocab.txt", r->diags);
    r->result->path = path_of(r, "vocab.txt");
    r->result->vocab = read_file(r->result->path, &r->result->vocab_bytes, r->diags);
    return r->result->vocab != NULL;
}

/* Whether a token other than the bracketed ones has a capital letter. */
static bool has_capitals(const HfTokenizer *tokenizer) {
    const char *end = tokenizer->vocab + tokenizer->vocab_bytes;
    for (const char *line = tokenizer->vocab; line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        if (!stop) stop = end;
        for (const char *c = line; *line != '[' && c < stop; c++) {
            if (*c >= 'A' && *c <= 'Z') return true;
        }
        line = stop + 1;
    }
    return false;
}

/* --- The rules --- */

/* -1: the file does not say it. */
static int said(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_boolean(value) ? json_is_true(value) : -1;
}

/* The part of tokenizer.json that prepares texts as BERT does; NULL: it has none. */
static const json_t *normalizer(const Reader *r) {
    const json_t *found = json_object_get(r->fast, "normalizer");
    const char *type = json_string_value(json_object_get(found, "type"));
    return type && strcmp(type, "BertNormalizer") == 0 ? found : NULL;
}

/* What both files say, -1 when neither does. False when they contradict each other. */
static bool agree(const Reader *r, const char *key, const char *fast_key, int *value) {
    int slow = said(r->config, key), fast = said(normalizer(r), fast_key);
    *value = slow >= 0 ? slow : fast;
    if (slow < 0 || fast < 0 || slow == fast) return true;
    diag_error(r->diags, "E0848", in_file(r, "tokenizer_config.json"),
               "\"%s\" is %s here, but \"%s\" is %s in tokenizer.json", key, slow ? "true" : "false", fast_key,
               fast ? "true" : "false");
    diag_hint(
        r->diags,
        "correct one of the files, or say it: --lower-case yes (without accents) or --lower-case no (as it stands)");
    return false;
}

static bool unsaid_case(const Reader *r) {
    diag_error(r->diags, "E0843", pos_in_file(diagnostics_file(r->diags, r->result->path, NULL), 0),
               "the vocabulary has capital letters, and nothing says whether texts are lower-cased");
    diag_hint(r->diags,
              "say it: --lower-case no for a cased model, --lower-case yes otherwise; or in tokenizer_config.json: "
              "{\"do_lower_case\": false}");
    return false;
}

static bool bad_word(const Reader *r) {
    diag_error(r->diags, "E0910", (Pos){0}, "--lower-case takes yes or no, not '%s'", r->lower_case);
    diag_hint(r->diags, "without it the model's folder decides");
    return false;
}

static bool choose_rules(const Reader *r) {
    TokenizerRules *rules = &r->result->rules;
    int lower = -1, strip = -1, apart = -1;
    if (r->lower_case) {
        if (strcmp(r->lower_case, "yes") != 0 && strcmp(r->lower_case, "no") != 0) return bad_word(r);
        lower = strip = strcmp(r->lower_case, "yes") == 0;
    } else if (!agree(r, "do_lower_case", "lowercase", &lower) || !agree(r, "strip_accents", "strip_accents", &strip))
        return false;
    if (!agree(r, "tokenize_chinese_chars", "handle_chinese_chars", &apart)) return false;
    if (lower < 0 && has_capitals(r->result)) return unsaid_case(r);
    rules->lower_case = lower != 0;
    rules->strip_accents = strip < 0 ? rules->lower_case : strip;
    rules->split_cjk = apart != 0;
    return true;
}

bool hf_tokenizer_read(const char *folder, const char *lower_case, Arena *arena, HfTokenizer *result,
                       Diagnostics *diags) {
    Reader r = {.folder = folder, .lower_case = lower_case, .arena = arena, .diags = diags, .result = result};
    *result = (HfTokenizer){0};
    bool good = read_json(&r, "tokenizer_config.json", &r.config) && read_json(&r, "tokenizer.json", &r.fast) &&
                check_kind(&r) && read_vocabulary(&r) && choose_rules(&r);
    json_decref(r.config);
    json_decref(r.fast);
    if (good) return true;
    free(result->vocab);
    result->vocab = NULL;
    return false;
}
