/* Models of words: the table of kinds, and what they have in common. */
#include "runtime/tokenize/word_model.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"
#include "runtime/tokenize/word_model_kind.h"

/* Each in a file of its name. */
extern const WordModelKind bpe_kind, wordpiece_kind, unigram_kind, wordlevel_kind;
static const WordModelKind *const kinds[] = {&bpe_kind, &wordpiece_kind, &unigram_kind, &wordlevel_kind};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* --- Pieces --- */

void piece_list_push(PieceList *list, ModelPiece piece) {
    list->items = memory_grow(list->items, &list->capacity, list->count + 1, sizeof *list->items);
    list->items[list->count++] = piece;
}

void piece_list_free(PieceList *list) {
    free(list->items);
    *list = (PieceList){0};
}

/* --- Reading --- */

/* Older files do not say the type. */
static const WordModelKind *find_kind(const json_t *model) {
    const json_t *type = json_object_get(model, "type");
    const char *name = json_string_value(type);
    for (int i = 0; i < KINDS; i++) {
        if (name ? strcmp(kinds[i]->name, name) == 0 : !type && json_object_get(model, kinds[i]->sign)) return kinds[i];
    }
    return NULL;
}

static WordModel *unknown_kind(const Component *component) {
    const char *name = json_string_value(json_object_get(component->json, "type")), *names = kinds[0]->name;
    Diagnostics *diags = component->reader->diags;
    for (int i = 1; i < KINDS; i++) names = arena_printf(diags->arena, "%s, %s", names, kinds[i]->name);
    diag_error(diags, "E0847", component_pos(component), "%s%s",
               name ? "the tokenizer is of another kind: " : "\"model\" is none of the known kinds", name ? name : "");
    diag_hint(diags, "known are %s", names);
    return NULL;
}

bool word_model_find_unknown(const Component *component, WordModel *model) {
    const char *token = NULL;
    if (!component_text(component, "unk_token", &token)) return false;
    if (!token) return component_damaged(component, "unk_token", "nothing stands for unknown words");
    model->unknown = word_model_find(model, token);
    return model->unknown >= 0 || component_damaged(component, "unk_token", "the vocabulary has no token '%s'", token);
}

WordModel *word_model_read(const Component *component) {
    const WordModelKind *kind = find_kind(component->json);
    if (!kind) return unknown_kind(component);
    if (!component_keys(component, kind->keys)) return NULL;
    Arena *arena = arena_new();
    WordModel *made = arena_alloc(arena, sizeof *made);
    *made = (WordModel){.kind = kind, .arena = arena, .unknown = -1};
    if (kind->read(component, made)) return made;
    word_model_free(made);
    return NULL;
}

void word_model_free(WordModel *model) {
    if (!model) return;
    if (model->kind->release && model->self) model->kind->release(model);
    vocabulary_free(&model->vocabulary);
    arena_free(model->arena);
}

/* --- Encoding --- */

WordModelWork *word_model_work(const WordModel *model) {
    WordModelWork *work = memory_new(1, sizeof *work);
    *work = (WordModelWork){.kind = model->kind, .cache = word_cache_new()};
    return work;
}

void word_model_work_free(WordModelWork *work) {
    if (!work) return;
    if (work->scratch) work->kind->release_work(work);
    word_cache_free(work->cache);
    free(work);
}

static void encode_chunk(const WordModel *model, WordModelWork *work, const char *word, size_t length,
                         PieceList *pieces) {
    int64_t before = pieces->count;
    bool is_short = length <= WORD_CACHE_LONGEST;
    if (is_short && word_cache_find(work->cache, word, length, pieces)) return;
    model->kind->encode(model, work, word, length, pieces);
    if (is_short) word_cache_put(work->cache, word, length, pieces->items + before, pieces->count - before);
}

void word_model_encode(const WordModel *model, WordModelWork *work, const char *word, size_t length,
                       PieceList *pieces) {
    assert(length <= INT32_MAX);
    if (length <= WORD_CACHE_LONGEST || !model->kind->chunk_end) {
        encode_chunk(model, work, word, length, pieces);
        return;
    }
    for (size_t at = 0, end; at < length; at = end) {
        int64_t before = pieces->count;
        end = model->kind->chunk_end(model, word, at, length);
        encode_chunk(model, work, word + at, end - at, pieces);
        for (int64_t i = before; i < pieces->count; i++) {
            pieces->items[i].begin += (uint32_t)at;
            pieces->items[i].end += (uint32_t)at;
        }
    }
}

/* --- Asking --- */

const char *word_model_kind(const WordModel *model) { return model->kind->name; }
int32_t word_model_size(const WordModel *model) { return model->vocabulary.size; }
int32_t word_model_unknown(const WordModel *model) { return model->unknown; }

const char *word_model_token(const WordModel *model, int32_t id) {
    return id >= 0 && id < model->vocabulary.size ? model->vocabulary.tokens[id] : NULL;
}

int32_t word_model_find(const WordModel *model, const char *token) {
    return vocabulary_find(&model->vocabulary, token, strlen(token));
}
