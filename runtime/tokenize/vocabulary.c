/* Vocabularies: from JSON to a trie. */
#include "runtime/tokenize/vocabulary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"

enum { MOST_IDS = 1 << 24 }; /* a table of a hundred million rows is none of a model that is trained here */

static bool has_bad_id(const Component *component, const char *token) {
    return component_damaged(component, "vocab", "the id of '%s' is not a number from 0 to %d", token, MOST_IDS - 1);
}

static bool make_index(Vocabulary *vocabulary, const Component *component, TrieKey *keys) {
    bool good = trie_build(&vocabulary->trie, keys, (size_t)vocabulary->count);
    free(keys);
    return good || component_damaged(component, "vocab", "it is too large");
}

/* --- A map --- */

static bool measure_map(Vocabulary *vocabulary, const Component *component, json_t *map) {
    const char *token;
    json_t *id;
    json_object_foreach(map, token, id) {
        json_int_t value = json_is_integer(id) ? json_integer_value(id) : -1;
        if (value < 0 || value >= MOST_IDS) return has_bad_id(component, token);
        if (value >= vocabulary->size) vocabulary->size = (int32_t)value + 1;
    }
    return true;
}

bool vocabulary_read_map(Vocabulary *vocabulary, const Component *component, Arena *arena) {
    json_t *map = json_object_get(component->json, "vocab"), *id;
    const char *token;
    if (!json_is_object(map) || !json_object_size(map))
        return component_damaged(component, "vocab", "it is not an object of tokens with their ids");
    if (!measure_map(vocabulary, component, map)) return false;
    TrieKey *keys = memory_new(json_object_size(map), sizeof *keys);
    vocabulary->tokens = memory_new((size_t)vocabulary->size, sizeof *vocabulary->tokens);
    json_object_foreach(map, token, id) {
        int32_t value = (int32_t)json_integer_value(id);
        const char *own = vocabulary->tokens[value] = arena_strdup(arena, token);
        keys[vocabulary->count++] = (TrieKey){own, strlen(own), value};
    }
    return make_index(vocabulary, component, keys);
}

/* --- A list --- */

bool vocabulary_read_list(Vocabulary *vocabulary, const Component *component, Arena *arena, double **scores) {
    const json_t *list = json_object_get(component->json, "vocab");
    size_t count = json_array_size(list);
    if (!count || count > MOST_IDS)
        return component_damaged(component, "vocab", "it is not a list of tokens with their scores");
    TrieKey *keys = memory_new(count, sizeof *keys);
    vocabulary->tokens = memory_new(count, sizeof *vocabulary->tokens);
    *scores = arena_array(arena, count, sizeof **scores);
    for (size_t i = 0; i < count; i++) {
        const json_t *pair = json_array_get(list, i), *score = json_array_get(pair, 1);
        const char *token = json_string_value(json_array_get(pair, 0));
        if (!token || !json_is_number(score)) {
            free(keys);
            return component_damaged(component, "vocab", "entry %zu is not [\"token\", score]", i);
        }
        (*scores)[i] = json_number_value(score);
        vocabulary->tokens[i] = arena_strdup(arena, token);
        keys[i] = (TrieKey){vocabulary->tokens[i], strlen(token), (int32_t)i};
    }
    vocabulary->size = (int32_t)count;
    vocabulary->count = (int64_t)count;
    return make_index(vocabulary, component, keys);
}

void vocabulary_free(Vocabulary *vocabulary) {
    trie_free(&vocabulary->trie);
    free(vocabulary->tokens);
    *vocabulary = (Vocabulary){0};
}

int32_t vocabulary_find(const Vocabulary *vocabulary, const char *token, size_t length) {
    return trie_find(&vocabulary->trie, token, length);
}

void vocabulary_find_bytes(const Vocabulary *vocabulary, int32_t ids[256]) {
    for (int i = 0; i < 256; i++) {
        char name[8];
        ids[i] = vocabulary_find(vocabulary, name, (size_t)snprintf(name, sizeof name, "<0x%02X>", i));
    }
}
