/* Tokenizers of Hugging Face folders: files to a description to a tokenizer; and files again. */
#include "runtime/hub/hf_tokenizer.h"

#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"
#include "runtime/files/atomic_file.h"
#include "runtime/files/read_file.h"
#include "runtime/hub/hf_file.h"
#include "runtime/hub/hf_tokenizer_files.h"

static const char slow_name[] = "tokenizer_config.json", fast_name[] = "tokenizer.json";

static const char *const carried_names[HF_CARRIED] = {"tokenizer.json",
                                                      "tokenizer_config.json",
                                                      "special_tokens_map.json",
                                                      "added_tokens.json",
                                                      "vocab.txt",
                                                      "vocab.json",
                                                      "merges.txt",
                                                      "spiece.model",
                                                      "sentencepiece.bpe.model",
                                                      "spm.model",
                                                      "tokenizer.model"};

/* --- Files and errors --- */

const HfCarried *hf_carried(const HfTokenizer *tokenizer, const char *name) {
    for (int i = 0; i < HF_CARRIED; i++) {
        const HfCarried *file = &tokenizer->carried[i];
        if (file->bytes && strcmp(file->name, name) == 0) return file;
    }
    return NULL;
}

Pos hf_tokenizer_pos(const HfTokenizerFiles *files, const char *name) {
    return hf_file_pos(files->arena, files->folder, name, files->diags);
}

bool hf_tokenizer_refuse(const HfTokenizerFiles *files, const char *name, const char *what) {
    diag_error(files->diags, "E0847", hf_tokenizer_pos(files, name), "the tokenizer is of another kind: %s", what);
    diag_hint(files->diags, "a tokenizer.json says what it does: in Python, "
                            "AutoTokenizer.from_pretrained(folder).save_pretrained(folder)");
    return false;
}

bool hf_tokenizer_damaged(const HfTokenizerFiles *files, const char *name, const char *what) {
    diag_error(files->diags, "E0802", hf_tokenizer_pos(files, name), "%s", what);
    diag_hint(files->diags, "take the tokenizer's files that came with the weights, all of them");
    return false;
}

int hf_said(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_boolean(value) ? json_is_true(value) : -1;
}

const char *hf_content(const json_t *token) {
    return json_string_value(json_is_object(token) ? json_object_get(token, "content") : token);
}

int32_t hf_vocabulary_id(const json_t *description, const char *token) {
    const json_t *vocabulary = json_object_get(json_object_get(description, "model"), "vocab"), *entry;
    if (json_is_object(vocabulary)) {
        const json_t *id = json_object_get(vocabulary, token);
        return json_is_integer(id) && json_integer_value(id) < INT32_MAX ? (int32_t)json_integer_value(id) : -1;
    }
    size_t i;
    json_array_foreach(vocabulary, i, entry) {
        const char *spelling = json_string_value(json_array_get(entry, 0));
        if (spelling && strcmp(spelling, token) == 0) return (int32_t)i;
    }
    return -1;
}

/* --- Reading --- */

static bool carry_all(HfTokenizerFiles *files) {
    HfTokenizer *to = files->result;
    for (int i = 0; i < HF_CARRIED; i++) {
        HfCarried *file = &to->carried[i];
        file->name = carried_names[i];
        if (!hf_file_exists(files->arena, files->folder, file->name)) continue;
        const char *path = hf_file_path(files->arena, files->folder, file->name);
        file->bytes = read_file(path, READ_TEXT, &file->size, files->diags);
        if (!file->bytes) return false;
    }
    return true;
}

/* False when the file is no JSON object, or says what is refused. */
static bool take_object(HfTokenizerFiles *files, const char *name, json_t *object) {
    const char *path = hf_file_path(files->arena, files->folder, name);
    if (!object) return false;
    files->result->unknown[files->result->n_unknown++] = hf_keys_unknown(name, object, NULL, 0, files->arena);
    return hf_keys_check(name, path, object, NULL, 0, files->diags);
}

static bool parse_carried(HfTokenizerFiles *files, const char *name, json_t **object) {
    const HfCarried *file = hf_carried(files->result, name);
    if (!file) return true;
    *object = hf_file_object_of(hf_file_path(files->arena, files->folder, name), file->bytes, file->size, files->diags);
    return take_object(files, name, *object);
}

static bool parse_file(HfTokenizerFiles *files, const char *name, json_t **object) {
    if (!hf_file_exists(files->arena, files->folder, name)) return true;
    *object = hf_file_object(hf_file_path(files->arena, files->folder, name), READ_CONFIG, NULL, files->diags);
    return take_object(files, name, *object);
}

/* config.json is looked at for the class alone; who wants more of it reads it, and says what is wrong with it. */
static void peek_config(HfTokenizerFiles *files) {
    Diagnostics *unheard = diagnostics_new();
    if (hf_file_exists(files->arena, files->folder, "config.json"))
        files->config =
            hf_file_object(hf_file_path(files->arena, files->folder, "config.json"), READ_CONFIG, NULL, unheard);
    diagnostics_free(unheard);
}

static bool read_all(HfTokenizerFiles *files) {
    peek_config(files);
    return carry_all(files) && parse_carried(files, slow_name, &files->slow) &&
           parse_carried(files, fast_name, &files->fast) &&
           parse_carried(files, "special_tokens_map.json", &files->map) &&
           parse_carried(files, "added_tokens.json", &files->extra) &&
           parse_file(files, "sentence_bert_config.json", &files->sentence);
}

/* --- The description --- */

/* tokenizer.json alone, or what a recipe makes of older files, with what a tokenizer.json without a model says. */
static json_t *begin(HfTokenizerFiles *files, const HfRecipe **recipe) {
    if (json_object_get(files->fast, "model")) {
        files->result->path = hf_file_path(files->arena, files->folder, fast_name);
        return json_deep_copy(files->fast);
    }
    json_t *made = hf_describe(files, recipe);
    if (made && files->fast) json_object_update(made, files->fast);
    files->result->changed = true;
    return made;
}

/* As transformers sets it for a ByteLevel pre-tokenizer. */
static void resolve_blank(const HfTokenizerFiles *files, json_t *description) {
    json_t *own = json_object_get(description, "pre_tokenizer");
    int said = hf_said(files->slow, "add_prefix_space"), is = hf_said(own, "add_prefix_space");
    if (said >= 0 && is >= 0 && said != is) json_object_set_new(own, "add_prefix_space", json_boolean(said));
}

/* Where a folder lists what its model is given, without segments, transformers gives none, and the model takes 0. */
static void resolve_segments(const HfTokenizerFiles *files, json_t *description) {
    const json_t *inputs = json_object_get(files->slow, "model_input_names"), *input;
    bool named = !json_is_array(inputs);
    size_t i;
    json_array_foreach(inputs, i, input) {
        if (json_is_string(input)) named = named || strcmp(json_string_value(input), "token_type_ids") == 0;
    }
    if (!named) json_object_set_new(description, "one_segment", json_true());
}

/* A token that tokenizer_config.json puts around texts has to be in the template. */
static bool check_edges(const HfTokenizerFiles *files, const json_t *description) {
    static const char *const keys[][2] = {{"add_bos_token", "bos_token"}, {"add_eos_token", "eos_token"}};
    bool good = true;
    char *text = json_dumps(json_object_get(description, "post_processor"), JSON_ENCODE_ANY);
    for (size_t i = 0; good && i < sizeof keys / sizeof *keys; i++) {
        const char *name = hf_content(json_object_get(files->slow, keys[i][1]));
        if (hf_said(files->slow, keys[i][0]) <= 0) continue;
        good = name && text && strstr(text, arena_printf(files->arena, "\"%s\"", name));
        if (good) continue;
        diag_error(files->diags, "E0838", hf_tokenizer_pos(files, slow_name),
                   "\"%s\" is true: another token is put around texts", keys[i][0]);
        diag_hint(files->diags, "gradc does not compute it; take a folder without it");
    }
    free(text);
    return good;
}

static bool describe(HfTokenizerFiles *files) {
    const HfRecipe *recipe;
    if (!hf_choose_recipe(files, &recipe)) return false;
    json_t *description = files->result->description = begin(files, &recipe);
    if (!description) return false;
    resolve_blank(files, description);
    resolve_segments(files, description);
    return check_edges(files, description) && hf_resolve_case(files, description) &&
           hf_add_tokens(files, recipe, description);
}

bool hf_tokenizer_read(const char *folder, const char *lower_case, Arena *arena, HfTokenizer *result,
                       Diagnostics *diags) {
    HfTokenizerFiles files = {
        .folder = folder, .lower_case = lower_case, .arena = arena, .diags = diags, .result = result};
    *result = (HfTokenizer){0};
    if (read_all(&files) && describe(&files))
        result->tokenizer = tokenizer_from_json(result->description, result->path, diags);
    json_t *const all[] = {files.slow, files.fast, files.sentence, files.map, files.extra, files.config};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) json_decref(all[i]);
    return result->tokenizer != NULL;
}

void hf_tokenizer_free(HfTokenizer *tokenizer) {
    tokenizer_free(tokenizer->tokenizer);
    json_decref(tokenizer->description);
    for (int i = 0; i < HF_CARRIED; i++) free(tokenizer->carried[i].bytes);
    *tokenizer = (HfTokenizer){0};
}

/* --- Writing --- */

typedef struct TokenizerWriter {
    const HfTokenizer *tokenizer;
    const HfCut *cut;
    const char *folder;
    Arena *arena;
    Diagnostics *diags;
} TokenizerWriter;

static bool put(const TokenizerWriter *w, const char *name, const char *bytes, size_t size) {
    return atomic_file_put(hf_file_path(w->arena, w->folder, name), bytes, size, w->diags);
}

static bool put_json(const TokenizerWriter *w, const char *name, const json_t *object, size_t flags) {
    char *text = memory_checked(json_dumps(object, flags));
    bool written = put(w, name, text, strlen(text));
    free(text);
    return written;
}

static bool put_description(const TokenizerWriter *w) {
    json_t *object = json_copy(w->tokenizer->description);
    json_object_del(object, "special_tokens"); /* ours; tokenizer_config.json says both */
    json_object_del(object, "one_segment");
    if (!json_object_get(object, "version")) json_object_set_new(object, "version", json_string("1.0"));
    bool written = put_json(w, fast_name, object, JSON_COMPACT);
    json_decref(object);
    return written;
}

/* tokenizer_config.json of a folder that has none. */
static json_t *first_config(const HfTokenizer *t) {
    json_t *object = json_object();
    if (t->class) json_object_set_new(object, "tokenizer_class", json_string(t->class));
    json_object_update(object, json_object_get(t->description, "special_tokens"));
    return object;
}

/* What the option said of texts. */
static void put_case(const HfTokenizer *t, json_t *config) {
    static const char *const keys[][2] = {{"lowercase", "do_lower_case"},
                                          {"strip_accents", "strip_accents"},
                                          {"handle_chinese_chars", "tokenize_chinese_chars"}};
    const json_t *normalizer = json_object_get(t->description, "normalizer");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        int said = hf_said(normalizer, keys[i][0]);
        if (said >= 0) json_object_set_new(config, keys[i][1], json_boolean(said));
    }
}

static bool put_config(const TokenizerWriter *w) {
    const HfTokenizer *t = w->tokenizer;
    const HfCarried *file = hf_carried(t, slow_name);
    json_error_t error;
    json_t *object = file ? hf_file_parse(file->bytes, file->size, &error) : first_config(t);
    if (t->changed) put_case(t, object);
    if (w->cut->max_length) json_object_set_new(object, "model_max_length", json_integer(w->cut->max_length));
    if (w->cut->keeps_tail) json_object_set_new(object, "truncation_side", json_string("left"));
    bool written = put_json(w, slow_name, object, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    json_decref(object);
    return written;
}

static bool put_carried(const TokenizerWriter *w) {
    bool good = true;
    for (int i = 0; good && i < HF_CARRIED; i++) {
        const HfCarried *file = &w->tokenizer->carried[i];
        bool other =
            strcmp(file->name, slow_name) == 0 || (w->tokenizer->changed && strcmp(file->name, fast_name) == 0);
        good = !file->bytes || other || put(w, file->name, file->bytes, file->size);
    }
    return good && (!w->tokenizer->changed || put_description(w)) && put_config(w);
}

bool hf_tokenizer_save(const HfTokenizer *tokenizer, const HfCut *cut, const char *folder, Diagnostics *diags) {
    TokenizerWriter w = {tokenizer, cut, folder, arena_new(), diags};
    bool written = put_carried(&w);
    arena_free(w.arena);
    return written;
}
