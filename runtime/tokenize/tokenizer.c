/* Tokenizers: made from a description, and asked about their tokens. */
#include "runtime/tokenize/tokenizer.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/tokenize/tokenizer_state.h"

/* --- Added tokens ------------------------------------------------------------------------------------------------- */

static bool read_flags(const Component *item, AddedEntry *entry) {
    return component_flag(item, "normalized", &entry->normalized) &&
           component_flag(item, "single_word", &entry->single_word) && component_flag(item, "lstrip", &entry->lstrip) &&
           component_flag(item, "rstrip", &entry->rstrip) && component_flag(item, "special", &entry->special);
}

/* The id that the model gives to the same string counts, as in the reference. */
static bool read_added(Tokenizer *tokenizer, const Component *item) {
    AddedEntry entry = {.id = -1};
    if (!json_is_object(item->json)) return component_refuse(item, NULL, "not an object");
    if (!component_keys(item, " id content normalized single_word lstrip rstrip special ")) return false;
    if (!component_text(item, "content", &entry.content) || !read_flags(item, &entry)) return false;
    if (!entry.content || !*entry.content) return component_refuse(item, "content", "missing");
    entry.id = word_model_find(tokenizer->model, entry.content);
    if (entry.id < 0 && !component_id(item, json_object_get(item->json, "id"), "id", &entry.id)) return false;
    vec_push(tokenizer->arena, &tokenizer->added.entries, entry);
    return true;
}

static bool read_all_added(Tokenizer *tokenizer, const Component *root) {
    size_t count = json_array_size(json_object_get(root->json, "added_tokens"));
    for (size_t i = 0; i < count; i++) {
        Component item = component_item(root, "added_tokens", i);
        if (!read_added(tokenizer, &item)) return false;
    }
    return true;
}

/* Ids are numbers of rows of a table: none is left out. */
static bool count_ids(Tokenizer *tokenizer, const Component *root) {
    int32_t size = word_model_size(tokenizer->model), most = size - 1;
    const AddedEntry *last = NULL;
    for (int i = 0; i < tokenizer->added.entries.count; i++) {
        const AddedEntry *entry = &tokenizer->added.entries.items[i];
        if (entry->id > most) most = entry->id, last = entry;
    }
    bool dense = most - size < tokenizer->added.entries.count;
    if (dense) {
        tokenizer->size = most + 1;
        tokenizer->flags = arena_array(tokenizer->arena, (size_t)most + 1, 1);
        for (int i = 0; i < tokenizer->added.entries.count; i++) {
            const AddedEntry *entry = &tokenizer->added.entries.items[i];
            tokenizer->flags[entry->id] |= TOKEN_ADDED | (entry->special ? TOKEN_SPECIAL : 0);
        }
        for (int32_t id = size; id <= most; id++) dense = dense && tokenizer->flags[id];
    }
    if (dense) return true;
    diag_error(root->reader->diags, "E0802", component_pos(root), "the added tokens leave ids out, up to that of '%s'",
               last->content);
    diag_hint(root->reader->diags, "save the tokenizer again, with all of its files");
    return false;
}

/* --- Special tokens ----------------------------------------------------------------------------------------------- */

static void read_specials(Tokenizer *tokenizer, const json_t *names) {
    SpecialTokens *s = &tokenizer->specials;
    const struct {
        const char *key;
        int32_t *id;
    } all[] = {{"unk_token", &s->unk},
               {"cls_token", &s->cls},
               {"sep_token", &s->sep},
               {"pad_token", &s->pad},
               {"mask_token", &s->mask}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        const char *name = json_string_value(json_object_get(names, all[i].key));
        *all[i].id = name ? tokenizer_find(tokenizer, name) : -1;
    }
    if (s->unk < 0) s->unk = word_model_unknown(tokenizer->model);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (*all[i].id >= 0) tokenizer->flags[*all[i].id] |= TOKEN_SPECIAL;
    }
}

static bool note_items(Tokenizer *tokenizer, const Component *post, const SequenceTemplate *template) {
    for (int i = 0; i < template->items.count; i++) {
        int32_t id = template->items.items[i].id;
        if (id >= tokenizer->size) return component_refuse(post, NULL, "no token has the id %d", id);
        if (id >= 0) tokenizer->flags[id] |= TOKEN_SPECIAL;
    }
    return true;
}

/* --- Making ------------------------------------------------------------------------------------------------------- */

static void hash_json(XXH3_state_t *state, const json_t *value);

static void hash_text(XXH3_state_t *state, const char *text, size_t length) {
    XXH3_128bits_update(state, &length, sizeof length);
    XXH3_128bits_update(state, text, length);
}

static void hash_members(XXH3_state_t *state, const json_t *value) {
    const char *key;
    json_t *item;
    size_t i, count = json_object_size(value) + json_array_size(value);
    XXH3_128bits_update(state, &count, sizeof count);
    json_object_foreach((json_t *)value, key, item) {
        hash_text(state, key, strlen(key));
        hash_json(state, item);
    }
    json_array_foreach(value, i, item) hash_json(state, item);
}

/* As it is, in the order in which it stands. As deep as a JSON file may be. */
static void hash_json(XXH3_state_t *state, const json_t *value) {
    const int32_t type = value ? (int32_t)json_typeof(value) : -1;
    const double number = json_number_value(value);
    XXH3_128bits_update(state, &type, sizeof type);
    if (json_is_string(value))
        hash_text(state, json_string_value(value), json_string_length(value));
    else if (json_is_number(value))
        XXH3_128bits_update(state, &number, sizeof number);
    else
        hash_members(state, value);
}

static void hash_description(Tokenizer *tokenizer, const json_t *description) {
    static const char *const keys[] = {"added_tokens",   "normalizer",     "pre_tokenizer", "model",
                                       "post_processor", "special_tokens", "one_segment"};
    XXH3_state_t *state = hash_begin();
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) hash_json(state, json_object_get(description, keys[i]));
    hash_write(hash_end(state), tokenizer->hash);
}

static bool read_steps(Tokenizer *tokenizer, const Component *root) {
    Component normalizer = component_member(root, "normalizer"), pre = component_member(root, "pre_tokenizer");
    return normalizer_read(&normalizer, &tokenizer->normalizer) && pre_tokenizer_read(&pre, &tokenizer->pre_tokenizer);
}

static void merge_segments(PostProcessor *post) {
    for (int i = 0; i < post->single.items.count; i++) post->single.items.items[i].segment = 0;
    for (int i = 0; i < post->pair.items.count; i++) post->pair.items.items[i].segment = 0;
}

static bool read_tokens(Tokenizer *tokenizer, const Component *root) {
    Component post = component_member(root, "post_processor");
    if (!read_all_added(tokenizer, root) || !count_ids(tokenizer, root)) return false;
    if (!post_processor_read(&post, &tokenizer->post)) return false;
    if (json_is_true(json_object_get(root->json, "one_segment"))) merge_segments(&tokenizer->post);
    added_vocabulary_end(&tokenizer->added, tokenizer->chars, &tokenizer->normalizer);
    read_specials(tokenizer, json_object_get(root->json, "special_tokens"));
    return note_items(tokenizer, &post, &tokenizer->post.single) && note_items(tokenizer, &post, &tokenizer->post.pair);
}

static bool read_all(Tokenizer *tokenizer, const Component *root) {
    if (!component_keys(root,
                        " version truncation padding added_tokens normalizer pre_tokenizer post_processor decoder "
                        "model special_tokens one_segment "))
        return false;
    if (!read_steps(tokenizer, root)) return false;
    Component model = component_member(root, "model");
    tokenizer->model = word_model_read(&model);
    return tokenizer->model && read_tokens(tokenizer, root);
}

Tokenizer *tokenizer_from_json(const json_t *description, const char *file, Diagnostics *diags) {
    Arena *arena = arena_new();
    Tokenizer *tokenizer = arena_alloc(arena, sizeof *tokenizer);
    *tokenizer = (Tokenizer){.arena = arena, .chars = char_table()};
    ComponentReader reader = {.arena = arena, .file = file, .diags = diags, .chars = tokenizer->chars};
    Component root = {&reader, description, ""};
    bool good = read_all(tokenizer, &root);
    tokenizer->patterns = reader.patterns;
    if (good) return hash_description(tokenizer, description), tokenizer;
    tokenizer_free(tokenizer);
    return NULL;
}

void tokenizer_free(Tokenizer *tokenizer) {
    if (!tokenizer) return;
    word_model_free(tokenizer->model);
    added_vocabulary_free(&tokenizer->added);
    text_patterns_free(tokenizer->patterns);
    arena_free(tokenizer->arena);
}

/* --- Asking ------------------------------------------------------------------------------------------------------- */

int32_t tokenizer_size(const Tokenizer *tokenizer) { return tokenizer->size; }
SpecialTokens tokenizer_specials(const Tokenizer *tokenizer) { return tokenizer->specials; }
bool tokenizer_is_special(const Tokenizer *tokenizer, int32_t id) { return tokenizer->flags[id] & TOKEN_SPECIAL; }

const char *tokenizer_token(const Tokenizer *tokenizer, int32_t id) {
    if (id < 0 || id >= tokenizer->size) return NULL;
    bool added = tokenizer->flags[id] & TOKEN_ADDED;
    for (int i = 0; added && i < tokenizer->added.entries.count; i++) {
        if (tokenizer->added.entries.items[i].id == id) return tokenizer->added.entries.items[i].content;
    }
    return word_model_token(tokenizer->model, id);
}

int32_t tokenizer_find(const Tokenizer *tokenizer, const char *token) {
    for (int i = 0; i < tokenizer->added.entries.count; i++) {
        const AddedEntry *entry = &tokenizer->added.entries.items[i];
        if (strcmp(entry->content, token) == 0) return entry->id;
    }
    return word_model_find(tokenizer->model, token);
}

bool tokenizer_knows_little(const Tokenizer *tokenizer, const int32_t *ids, int64_t count) {
    int64_t unknown = 0;
    for (int64_t i = 0; i < count; i++) unknown += ids[i] == tokenizer->specials.unk;
    return 2 * unknown > count;
}

void tokenizer_hash(const Tokenizer *tokenizer, char hash[33]) {
    memcpy(hash, tokenizer->hash, sizeof tokenizer->hash);
}
