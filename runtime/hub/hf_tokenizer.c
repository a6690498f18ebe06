/* Tokenizers of Hugging Face folders: what is the same for all kinds. A setting may stand in several files. */
#include "runtime/hub/hf_tokenizer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/files/read_file.h"
#include "runtime/hub/hf_file.h"
#include "runtime/hub/hf_keys.h"

typedef VEC(AddedToken) AddedTokens;

typedef struct TokenizerReader {
    HfTokenizerFiles *files;
    Diagnostics *diags;
    json_t *extra, *map; /* added_tokens.json, special_tokens_map.json; NULL: not there */
    AddedTokens added;
    HfTokenizer *result;
} TokenizerReader;

/* What no kind reads: files that show it. */
static const struct {
    const char *file, *kind;
} other_kinds[] = {{"merges.txt", "byte-level BPE"},
                   {"spiece.model", "SentencePiece"},
                   {"sentencepiece.bpe.model", "SentencePiece"},
                   {"tokenizer_78b3253a26.model", "SentencePiece"},
                   {"tokenizer.model", "SentencePiece"}};

Pos hf_tokenizer_pos(const HfTokenizerFiles *files, const char *name, Diagnostics *diags) {
    return hf_file_pos(files->arena, files->folder, name, diags);
}

bool hf_tokenizer_refuse(const HfTokenizerFiles *files, const char *name, const char *what, Diagnostics *diags) {
    diag_error(diags, "E0847", hf_tokenizer_pos(files, name, diags), "the tokenizer is of another kind: %s", what);
    diag_hint(diags, "gradc reads WordPiece: take a model that has a vocab.txt");
    return false;
}

static bool has_file(const TokenizerReader *r, const char *name) {
    return hf_file_exists(r->files->arena, r->files->folder, name);
}

/* NULL when the file is not there; false when it is no JSON object, or says what is refused. */
static bool read_json(const TokenizerReader *r, const char *name, json_t **object) {
    const char *path = hf_file_path(r->files->arena, r->files->folder, name);
    *object = has_file(r, name) ? hf_file_object(path, READ_TEXT, NULL, r->diags) : NULL;
    if (!*object) return !has_file(r, name);
    r->result->unknown[r->result->n_unknown++] = hf_keys_unknown(name, *object, NULL, 0, r->files->arena);
    return hf_keys_check(name, path, *object, NULL, 0, r->diags);
}

/* --- The kind --- */

static const HfTokenizerKind *find_kind(const TokenizerReader *r) {
    int count;
    const HfTokenizerKind *kinds = hf_tokenizer_kinds(&count);
    const char *name = json_string_value(json_object_get(json_object_get(r->files->fast, "model"), "type"));
    for (int i = 0; i < count; i++) {
        if (name ? strcmp(kinds[i].name, name) == 0 : has_file(r, kinds[i].file)) return &kinds[i];
    }
    if (name) return hf_tokenizer_refuse(r->files, "tokenizer.json", name, r->diags), NULL;
    for (size_t i = 0; i < sizeof other_kinds / sizeof *other_kinds; i++) {
        if (!has_file(r, other_kinds[i].file)) continue;
        return hf_tokenizer_refuse(r->files, other_kinds[i].file, other_kinds[i].kind, r->diags), NULL;
    }
    return hf_file_missing(r->files->arena, r->files->folder, kinds[0].file, r->diags), NULL;
}

/* --- Special tokens --- */

/* "[CLS]", or {"content": "[CLS]", ...} */
static const char *content_of(const json_t *token) {
    return json_string_value(json_is_object(token) ? json_object_get(token, "content") : token);
}

/* tokenizer_config.json counts before special_tokens_map.json. */
static void read_names(TokenizerReader *r) {
    static const char *const keys[] = {"unk_token", "cls_token", "sep_token", "pad_token", "mask_token"};
    for (int i = 0; i < 5; i++) {
        const char *name = content_of(json_object_get(r->files->slow, keys[i]));
        r->files->parts.names[i] = name ? name : content_of(json_object_get(r->map, keys[i]));
    }
    const json_t *unknown = json_object_get(json_object_get(r->files->fast, "model"), "unk_token");
    if (!r->files->parts.names[0]) r->files->parts.names[0] = json_string_value(unknown);
}

/* Is this item of a template a special token, or the text, of this name with this segment? */
static bool is_item(const json_t *item, const char *kind, const char *id, int segment) {
    const json_t *body = json_object_get(item, kind);
    const char *name = json_string_value(json_object_get(body, "id"));
    return name && (!id || strcmp(name, id) == 0) && json_number_value(json_object_get(body, "type_id")) == segment;
}

static const char *item_name(const json_t *list, size_t index) {
    return json_string_value(json_object_get(json_object_get(json_array_get(list, index), "SpecialToken"), "id"));
}

/* [CLS] a [SEP] and [CLS] a [SEP] b [SEP], whatever the two are called. */
static bool check_template(TokenizerReader *r, const json_t *post) {
    const json_t *one = json_object_get(post, "single"), *two = json_object_get(post, "pair");
    const char *cls = item_name(one, 0), *sep = item_name(one, 2);
    bool good = cls && sep && json_array_size(one) == 3 && json_array_size(two) == 5 &&
                is_item(json_array_get(one, 1), "Sequence", "A", 0) &&
                is_item(json_array_get(two, 0), "SpecialToken", cls, 0) &&
                is_item(json_array_get(two, 1), "Sequence", "A", 0) &&
                is_item(json_array_get(two, 2), "SpecialToken", sep, 0) &&
                is_item(json_array_get(two, 3), "Sequence", "B", 1) &&
                is_item(json_array_get(two, 4), "SpecialToken", sep, 1);
    if (!good)
        return hf_tokenizer_refuse(r->files, "tokenizer.json",
                                   "special tokens stand elsewhere than in [CLS] a [SEP] b [SEP]", r->diags);
    r->files->parts.names[1] = cls, r->files->parts.names[2] = sep;
    return true;
}

static bool read_template(TokenizerReader *r) {
    const json_t *post = json_object_get(r->files->fast, "post_processor");
    const char *type = json_string_value(json_object_get(post, "type"));
    if (!type) return true;
    if (strcmp(type, "TemplateProcessing") == 0) return check_template(r, post);
    const char *cls = json_string_value(json_array_get(json_object_get(post, "cls"), 0)),
               *sep = json_string_value(json_array_get(json_object_get(post, "sep"), 0));
    if (cls) r->files->parts.names[1] = cls;
    if (sep) r->files->parts.names[2] = sep;
    return true;
}

/* --- Added tokens --- */

static bool flag(const json_t *token, const char *key) { return json_is_true(json_object_get(token, key)); }

/* The first file that has a token decides about it. */
static bool add(TokenizerReader *r, const char *file, AddedToken token) {
    if (!token.content || !*token.content || token.id < 0)
        return hf_tokenizer_refuse(r->files, file, "an added token has no text or no id", r->diags);
    for (int i = 0; i < r->added.count; i++) {
        const AddedToken *old = &r->added.items[i];
        if (strcmp(old->content, token.content) != 0) continue;
        if (old->id == token.id) return true;
        diag_error(r->diags, "E0848", hf_tokenizer_pos(r->files, file, r->diags),
                   "the added token '%s' is %d here, but %d in another file", token.content, token.id, old->id);
        diag_hint(r->diags, "save the tokenizer again, with all of its files");
        return false;
    }
    vec_push(r->files->arena, &r->added, token);
    return true;
}

static int32_t id_of(const json_t *id) {
    double value = json_is_number(id) ? json_number_value(id) : -1;
    return value >= 0 && value < INT32_MAX / 2 && value == floor(value) ? (int32_t)value : -1;
}

static AddedToken token_of(const json_t *token, int32_t id) {
    return (AddedToken){.content = content_of(token),
                        .id = id,
                        .normalized = flag(token, "normalized"),
                        .single_word = flag(token, "single_word"),
                        .lstrip = flag(token, "lstrip"),
                        .rstrip = flag(token, "rstrip"),
                        .special = flag(token, "special")};
}

static bool add_fast(TokenizerReader *r) {
    size_t i;
    json_t *token;
    json_array_foreach(json_object_get(r->files->fast, "added_tokens"), i, token) {
        if (!add(r, "tokenizer.json", token_of(token, id_of(json_object_get(token, "id"))))) return false;
    }
    return true;
}

/* {"751": {"content": "<brand>", ...}} */
static bool add_slow(TokenizerReader *r) {
    const char *key;
    json_t *token;
    json_object_foreach(json_object_get(r->files->slow, "added_tokens_decoder"), key, token) {
        char *end;
        long id = strtol(key, &end, 10);
        bool good = end > key && !*end && id >= 0 && id < INT32_MAX / 2;
        if (!add(r, "tokenizer_config.json", token_of(token, good ? (int32_t)id : -1))) return false;
    }
    return true;
}

/* {"<brand>": 751}: looked for in the text as it is prepared, as transformers does. */
static bool add_extra(TokenizerReader *r) {
    const char *content;
    json_t *id;
    json_object_foreach(r->extra, content, id) {
        if (!add(r, "added_tokens.json", (AddedToken){.content = content, .id = id_of(id), .normalized = true}))
            return false;
    }
    return true;
}

/* The id of a line of vocab.txt, or of a key of tokenizer.json; -1: there is none. */
static int32_t vocabulary_id(const TokenizerReader *r, const char *content, const char *vocab) {
    const json_t *words = json_object_get(json_object_get(r->files->fast, "model"), "vocab");
    size_t length = strlen(content);
    int32_t line = 0, found = json_is_object(words) ? id_of(json_object_get(words, content)) : -1;
    for (const char *at = vocab; at && *at && found < 0; line++) {
        size_t size = strcspn(at, "\r\n");
        if (size == length && strncmp(at, content, size) == 0) found = line;
        at = strchr(at, '\n');
        at = at ? at + 1 : NULL;
    }
    return found;
}

/* Special tokens that a file names beside the five: lines of the vocabulary that are taken whole. */
typedef struct Named {
    TokenizerReader *r;
    const char *file, *vocab; /* vocab: the text of vocab.txt, NULL: there is none */
} Named;

static bool is_added(const TokenizerReader *r, const char *content) {
    for (int i = 0; i < r->added.count; i++) {
        if (strcmp(r->added.items[i].content, content) == 0) return true;
    }
    return false;
}

static bool add_named(Named *named, const json_t *token) {
    AddedToken added = token_of(token, -1);
    if (added.content && is_added(named->r, added.content)) return true;
    if (added.content) added.id = vocabulary_id(named->r, added.content, named->vocab);
    added.special = true;
    return add(named->r, named->file, added);
}

/* ["[E1]", "[/E1]"], or {"begin": "[E1]", "end": "[/E1]"} */
static bool add_each(Named *named, json_t *tokens) {
    size_t i;
    json_t *token;
    const char *key;
    json_array_foreach(tokens, i, token) if (!add_named(named, token)) return false;
    json_object_foreach(tokens, key, token) if (!add_named(named, token)) return false;
    return true;
}

/* bos_token and eos_token mark the ends of texts in other models: what the vocabulary lacks is no token of this one. */
static bool add_edge(Named *named, const json_t *token) {
    const char *content = content_of(token);
    bool there = content && vocabulary_id(named->r, content, named->vocab) >= 0;
    return !there || add_named(named, token);
}

static bool add_listed(TokenizerReader *r, const char *file, const json_t *object) {
    if (!object) return true;
    size_t size = 0;
    const char *path = hf_file_path(r->files->arena, r->files->folder, "vocab.txt");
    char *vocab = has_file(r, "vocab.txt") ? read_file(path, READ_TEXT, &size, r->diags) : NULL;
    Named named = {r, file, vocab};
    bool good = add_each(&named, json_object_get(object, "additional_special_tokens")) &&
                add_each(&named, json_object_get(object, "extra_special_tokens")) &&
                add_edge(&named, json_object_get(object, "bos_token")) &&
                add_edge(&named, json_object_get(object, "eos_token"));
    free(vocab);
    return good;
}

static bool read_added(TokenizerReader *r) {
    bool good = add_fast(r) && add_slow(r) && add_extra(r) && add_listed(r, "tokenizer_config.json", r->files->slow) &&
                add_listed(r, "special_tokens_map.json", r->map);
    r->files->parts.added = r->added.items, r->files->parts.n_added = r->added.count;
    return good;
}

/* --- All of it --- */

bool hf_tokenizer_read(const char *folder, const char *lower_case, Arena *arena, HfTokenizer *result,
                       Diagnostics *diags) {
    HfTokenizerFiles files = {.folder = folder, .lower_case = lower_case, .arena = arena};
    TokenizerReader r = {.files = &files, .diags = diags, .result = result};
    *result = (HfTokenizer){0};
    bool good = read_json(&r, "tokenizer_config.json", &files.slow) && read_json(&r, "tokenizer.json", &files.fast) &&
                read_json(&r, "sentence_bert_config.json", &files.sentence) &&
                read_json(&r, "special_tokens_map.json", &r.map) && read_json(&r, "added_tokens.json", &r.extra);
    if (good) result->kind = find_kind(&r);
    if (result->kind) read_names(&r);
    if (result->kind && read_template(&r) && read_added(&r))
        result->tokenizer = result->kind->open(&files, &result->path, diags);
    json_t *const all[] = {files.slow, files.fast, files.sentence, r.map, r.extra};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) json_decref(all[i]);
    return result->tokenizer != NULL;
}
