/* Merges: from a list to hash tables. */
#include "runtime/tokenize/merges.h"

#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"

typedef struct TokenText {
    const char *bytes;
    size_t length;
} TokenText;

typedef struct MergeReader {
    Merges *merges;
    const Vocabulary *vocabulary;
    const Component *component;
    size_t prefix_length;
    char *joined; /* what two tokens become */
    int64_t joined_capacity;
} MergeReader;

/* --- Tables --- */

/* A power of two of which `count` is half at most. */
static size_t table_size(size_t count) {
    size_t size = 64;
    while (size < 2 * count) size *= 2;
    return size;
}

/* Of two merges of a pair the last counts. */
static void put(Merges *merges, Merge merge) {
    size_t at = merge_hash(merge.pair) & merges->mask;
    while (merges->slots[at].pair != MERGE_FREE && merges->slots[at].pair != merge.pair) at = (at + 1) & merges->mask;
    merges->slots[at] = merge;
}

/* --- Reading --- */

/* "a b"; false: it is none. A token of a merge has no blank. */
static bool split_text(const char *text, TokenText *left, TokenText *right) {
    const char *blank = strchr(text, ' ');
    if (!blank || strchr(blank + 1, ' ')) return false;
    *left = (TokenText){text, (size_t)(blank - text)};
    *right = (TokenText){blank + 1, strlen(blank + 1)};
    return true;
}

static bool split_merge(const json_t *item, TokenText *left, TokenText *right) {
    if (json_is_string(item)) return split_text(json_string_value(item), left, right);
    const char *a = json_string_value(json_array_get(item, 0)), *b = json_string_value(json_array_get(item, 1));
    if (!a || !b || json_array_size(item) != 2) return false;
    *left = (TokenText){a, strlen(a)};
    *right = (TokenText){b, strlen(b)};
    return true;
}

static bool find_token(const MergeReader *r, TokenText token, int32_t *id) {
    *id = vocabulary_find(r->vocabulary, token.bytes, token.length);
    return *id >= 0 || component_damaged(r->component, "merges", "the vocabulary has no token '%.*s'",
                                         (int)token.length, token.bytes);
}

static bool add(MergeReader *r, TokenText left, TokenText right, uint32_t rank) {
    int32_t a, b, id;
    if (!find_token(r, left, &a) || !find_token(r, right, &b)) return false;
    if (right.length < r->prefix_length)
        return component_damaged(r->component, "merges", "a token is shorter than \"continuing_subword_prefix\"");
    size_t rest = right.length - r->prefix_length;
    r->joined = memory_grow(r->joined, &r->joined_capacity, (int64_t)(left.length + rest) + 1, 1);
    memcpy(r->joined, left.bytes, left.length);
    memcpy(r->joined + left.length, right.bytes + r->prefix_length, rest);
    if (!find_token(r, (TokenText){r->joined, left.length + rest}, &id)) return false;
    put(r->merges, (Merge){merge_pair(a, b), rank, id});
    return true;
}

static bool add_all(MergeReader *r, const json_t *list) {
    uint32_t rank = 0;
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item) {
        TokenText left, right;
        const char *text = json_string_value(item);
        if (text && strncmp(text, "#version", 8) == 0) continue;
        if (!split_merge(item, &left, &right))
            return component_damaged(r->component, "merges", "entry %zu is no pair of tokens", i);
        if (!add(r, left, right, rank++)) return false;
    }
    return true;
}

bool merges_read(Merges *merges, const Vocabulary *vocabulary, const char *prefix, const Component *component) {
    MergeReader r = {
        .merges = merges, .vocabulary = vocabulary, .component = component, .prefix_length = strlen(prefix)};
    const json_t *list = json_object_get(component->json, "merges");
    if (!json_is_array(list)) return component_damaged(component, "merges", "it is not a list");
    size_t size = table_size(json_array_size(list));
    merges->slots = memory_new(size, sizeof *merges->slots);
    merges->mask = size - 1;
    for (size_t i = 0; i < size; i++) merges->slots[i].pair = MERGE_FREE;
    bool good = add_all(&r, list);
    free(r.joined);
    return good;
}

void merges_free(Merges *merges) {
    free(merges->slots);
    free(merges->beside);
    *merges = (Merges){0};
}

/* --- What is beside what --- */

static uint64_t *beside_slot(const Merges *merges, uint64_t pair) {
    size_t at = merge_hash(pair) & merges->beside_mask;
    while (merges->beside[at] != MERGE_FREE && merges->beside[at] != pair) at = (at + 1) & merges->beside_mask;
    return &merges->beside[at];
}

static uint32_t first_char(const char *token) {
    size_t length = *token != 0;
    while ((token[length] & 0xC0) == 0x80) length++;
    return merges_char(token, length);
}

static uint32_t last_char(const char *token) {
    size_t length = strlen(token), from = length ? length - 1 : 0;
    while (from > 0 && (token[from] & 0xC0) == 0x80) from--;
    return merges_char(token + from, length - from);
}

void merges_note_characters(Merges *merges, const Vocabulary *vocabulary) {
    size_t count = 0;
    for (size_t i = 0; i <= merges->mask; i++) count += merges->slots[i].pair != MERGE_FREE;
    merges->beside_mask = table_size(count) - 1;
    merges->beside = memory_new(merges->beside_mask + 1, sizeof *merges->beside);
    memset(merges->beside, 0xFF, (merges->beside_mask + 1) * sizeof *merges->beside);
    for (size_t i = 0; i <= merges->mask; i++) {
        uint64_t pair = merges->slots[i].pair;
        if (pair == MERGE_FREE) continue;
        uint64_t chars = (uint64_t)last_char(vocabulary->tokens[pair >> 32]) << 32 |
                         first_char(vocabulary->tokens[pair & UINT32_MAX]);
        *beside_slot(merges, chars) = chars;
    }
}

bool merges_can_meet(const Merges *merges, uint32_t before, uint32_t after) {
    return *beside_slot(merges, (uint64_t)before << 32 | after) != MERGE_FREE;
}
