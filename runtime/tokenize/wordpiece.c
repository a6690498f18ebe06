/* WordPiece: from the left the longest token that fits; the whole word is unknown when a rest has none. */
#include <string.h>

#include "runtime/tokenize/word_model_kind.h"

typedef struct WordPieceModel {
    uint32_t inside; /* the node of the trie after "##", from where pieces are looked for that begin inside a word */
    int32_t longest; /* characters of a word that is looked for */
} WordPieceModel;

static bool read(const Component *component, WordModel *model) {
    WordPieceModel *own = model->self = arena_alloc(model->arena, sizeof *own);
    const char *prefix = "##";
    own->longest = 100;
    bool good = component_text(component, "continuing_subword_prefix", &prefix) &&
                component_count(component, "max_input_chars_per_word", &own->longest) &&
                vocabulary_read_map(&model->vocabulary, component, model->arena) &&
                word_model_find_unknown(component, model);
    if (good) own->inside = trie_walk(&model->vocabulary.trie, TRIE_ROOT, prefix, strlen(prefix));
    return good;
}

static int64_t count_chars(const char *word, size_t length) {
    int64_t count = 0;
    for (size_t i = 0; i < length; i++) count += (word[i] & 0xC0) != 0x80;
    return count;
}

/* The longest token at `at`, by the way that begins at `node`; -1: none. `*end` is where it ends. */
static int32_t longest_match(const Trie *trie, uint32_t node, const char *word, size_t at, size_t length, size_t *end) {
    int32_t best = -1;
    for (size_t i = at; i < length && node != TRIE_NONE;) {
        node = trie_step(trie, node, (unsigned char)word[i++]);
        int32_t id = node == TRIE_NONE ? -1 : trie_value(trie, node);
        if (id >= 0) best = id, *end = i;
    }
    return best;
}

static void encode(const WordModel *model, WordModelWork *work, const char *word, size_t length, PieceList *pieces) {
    (void)work;
    const WordPieceModel *own = model->self;
    int64_t before = pieces->count;
    bool known = count_chars(word, length) <= own->longest;
    for (size_t at = 0, end = 0; known && at < length; at = end) {
        uint32_t from = at ? own->inside : TRIE_ROOT;
        int32_t id = longest_match(&model->vocabulary.trie, from, word, at, length, &end);
        known = id >= 0;
        if (known) piece_list_push(pieces, (ModelPiece){id, (uint32_t)at, (uint32_t)end});
    }
    if (known) return;
    pieces->count = before;
    piece_list_push(pieces, (ModelPiece){model->unknown, 0, (uint32_t)length});
}

const WordModelKind wordpiece_kind = {
    .name = "WordPiece",
    .sign = "continuing_subword_prefix",
    .keys = " type unk_token continuing_subword_prefix max_input_chars_per_word vocab ",
    .read = read,
    .encode = encode,
};
