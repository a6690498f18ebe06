/* Added tokens. */
#include "runtime/tokenize/added_vocabulary.h"

#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"

/* --- Making ------------------------------------------------------------------------------------------------------- */

static void note_start(AddedFinder *finder, const char *bytes, size_t length) {
    unsigned char first = (unsigned char)bytes[0];
    finder->any = true;
    finder->firsts[first] = 1;
    for (unsigned second = 0; second < 256; second++) {
        unsigned pair = first * 256u + second;
        if (length == 1 || second == (unsigned char)bytes[1]) finder->pairs[pair / 8] |= (uint8_t)(1u << pair % 8);
    }
}

/* What an entry looks like once texts are normalized; on the heap. */
static TrieKey key_of(const AddedEntry *entry, int number, const Normalizer *normalizer) {
    TextFlow flow = {0};
    flow_start(&flow, (TextView){.bytes = entry->content, .length = (int64_t)strlen(entry->content)}, false);
    if (entry->normalized) normalizer_apply(normalizer, &flow);
    size_t length = (size_t)flow.view.length;
    TrieKey key = {memory_copy(flow.view.bytes, length), length, number};
    flow_free(&flow);
    return key;
}

static void build_finder(AddedFinder *finder, const AddedVocabulary *added, bool normalized,
                         const Normalizer *normalizer) {
    TrieKey *keys = memory_new((size_t)added->entries.count + 1, sizeof *keys);
    size_t count = 0;
    for (int i = 0; i < added->entries.count; i++) {
        const AddedEntry *entry = &added->entries.items[i];
        if (entry->normalized != normalized) continue;
        TrieKey key = key_of(entry, i, normalizer);
        if (key.length > 0)
            note_start(finder, key.bytes, key.length), keys[count++] = key;
        else
            free((char *)key.bytes);
    }
    if (finder->any && !trie_build(&finder->trie, keys, count)) finder->any = false;
    for (size_t i = 0; i < count; i++) free((char *)keys[i].bytes);
    free(keys);
}

void added_vocabulary_end(AddedVocabulary *added, const CharTable *chars, const Normalizer *normalizer) {
    added->chars = chars;
    build_finder(&added->given, added, false, normalizer);
    build_finder(&added->normalized, added, true, normalizer);
}

void added_vocabulary_free(AddedVocabulary *added) {
    trie_free(&added->given.trie);
    trie_free(&added->normalized.trie);
}

/* --- Finding ------------------------------------------------------------------------------------------------------ */

/* The longest that begins at `at`, and where it ends; -1: none does. */
static int32_t longest_at(const AddedFinder *finder, const TextView *view, int64_t at, int64_t *end) {
    int32_t found = -1;
    uint32_t node = TRIE_ROOT;
    while (at < view->length) {
        node = trie_step(&finder->trie, node, (unsigned char)view->bytes[at++]);
        if (node == TRIE_NONE) break;
        int32_t value = trie_value(&finder->trie, node);
        if (value >= 0) found = value, *end = at;
    }
    return found;
}

static bool may_begin(const AddedFinder *finder, const TextView *view, int64_t at) {
    if (at + 1 == view->length) return true;
    unsigned pair = (unsigned char)view->bytes[at] * 256u + (unsigned char)view->bytes[at + 1];
    return finder->pairs[pair / 8] >> pair % 8 & 1;
}

static uint32_t info_before(const AddedVocabulary *added, const TextView *view, int64_t at, int64_t *begin) {
    int32_t c;
    *begin = at - utf8_read_back(view->bytes + at, &c);
    return char_info(added->chars, c);
}

static uint32_t info_at(const AddedVocabulary *added, const TextView *view, int64_t at, int64_t *end) {
    int32_t c;
    *end = at + utf8_read(view->bytes + at, &c);
    return char_info(added->chars, c);
}

static bool stands_alone(const AddedVocabulary *added, const TextView *view, int64_t begin, int64_t end) {
    int64_t beside;
    if (begin > 0 && (info_before(added, view, begin, &beside) & CHAR_WORD)) return false;
    return end == view->length || !(info_at(added, view, end, &beside) & CHAR_WORD);
}

/* White space beside the token, but none that a token before it has taken. */
static void take_space(const AddedVocabulary *added, const TextView *view, AddedSearch *search) {
    int64_t beside, begin = search->begin;
    if (search->entry->lstrip) {
        while (begin > 0 && (info_before(added, view, begin, &beside) & CHAR_SPACE)) begin = beside;
        search->begin = begin > search->from ? begin : search->from;
    }
    while (search->entry->rstrip && search->end < view->length &&
           (info_at(added, view, search->end, &beside) & CHAR_SPACE))
        search->end = beside;
}

/* The next byte that one begins with. */
static int64_t skip(const AddedFinder *finder, const TextView *view, int64_t at) {
    const unsigned char *bytes = (const unsigned char *)view->bytes;
    const uint8_t *firsts = finder->firsts;
    while (at + 4 <= view->length &&
           !(firsts[bytes[at]] | firsts[bytes[at + 1]] | firsts[bytes[at + 2]] | firsts[bytes[at + 3]]))
        at += 4;
    while (at < view->length && !firsts[bytes[at]]) at++;
    return at;
}

bool added_next(const AddedVocabulary *added, const AddedFinder *finder, const TextView *view, AddedSearch *search) {
    if (!finder->any) return false;
    for (int64_t at = search->at, end; (at = skip(finder, view, at)) < view->length;) {
        int32_t number = may_begin(finder, view, at) ? longest_at(finder, view, at, &end) : -1;
        const AddedEntry *entry = number >= 0 ? &added->entries.items[number] : NULL;
        bool found = entry && (!entry->single_word || stands_alone(added, view, at, end));
        if (found) {
            *search = (AddedSearch){.at = end, .from = search->end, .begin = at, .end = end, .entry = entry};
            take_space(added, view, search);
            return true;
        }
        at = entry ? end : at + 1;
    }
    return false;
}
