/* BPE, byte-pair encoding (Sennrich et al. 2016): a word is its characters; of all pairs beside each other that a
 * merge names, the one of the lowest rank becomes one token, the leftmost of several, until no merge is left.
 *
 *     symbols    a list, linked both ways; one that was merged into the symbol before it has no length
 *     heap       pairs that can be merged, by rank and place; what no longer holds is left out when it comes up */
#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"
#include "runtime/tokenize/merges.h"
#include "runtime/tokenize/word_model_kind.h"

typedef struct Bpe {
    Merges merges;
    const char *suffix; /* of the last character of a word; "": nothing */
    uint32_t inside;    /* the node after the prefix of characters that do not begin a word */
    const char *prefix;
    bool fuse_unknown, byte_fallback, whole_words; /* a word that is a token is not taken apart */
    int32_t bytes[256];                            /* ids of the tokens of bytes; -1: none */
    int32_t ascii[0x80]; /* ids of characters that are the same at every place of a word; -1: to be looked for */
} Bpe;

typedef struct Symbol {
    int32_t id, before, after; /* neighbours; -1: none */
    uint32_t length;           /* bytes; 0: merged away */
} Symbol;

typedef struct Candidate {
    uint64_t order; /* rank, then place of the left symbol */
    int32_t id;     /* of what the two become */
} Candidate;

typedef struct BpeScratch {
    Symbol *symbols;
    Candidate *heap;
    int64_t n_symbols, symbol_capacity, n_heap, heap_capacity;
    int32_t unknown_id; /* of what was not known and is not among the symbols so far; -1: nothing */
    uint32_t unknown_length;
} BpeScratch;

/* --- Reading --- */

static bool read_dropout(const Component *component) {
    const json_t *dropout = json_object_get(component->json, "dropout");
    if (!dropout || json_is_null(dropout) || (json_is_number(dropout) && json_number_value(dropout) == 0)) return true;
    return component_refuse(component, "dropout", "merges are left out at random");
}

/* Does a merge take a token that does not come of its own characters? */
static bool merges_others(const Bpe *own, const WordModel *model) {
    bool *other = memory_new((size_t)model->vocabulary.size, sizeof *other), found = false;
    for (int i = 0; own->byte_fallback && i < 256; i++) {
        if (own->bytes[i] >= 0) other[own->bytes[i]] = true;
    }
    if (model->unknown >= 0) other[model->unknown] = true;
    for (size_t i = 0; i <= own->merges.mask; i++) {
        uint64_t pair = own->merges.slots[i].pair;
        found |= pair != MERGE_FREE && (other[pair >> 32] || other[pair & UINT32_MAX]);
    }
    free(other);
    return found;
}

static bool ids_are_unique(const Vocabulary *vocabulary) {
    int64_t ids = 0;
    for (int32_t i = 0; i < vocabulary->size; i++) ids += vocabulary->tokens[i] != NULL;
    return ids == vocabulary->count;
}

/* Where characters tell what can be merged, a long word is taken apart where nothing can. */
static void note_characters(Bpe *own, const WordModel *model) {
    bool plain = !*own->prefix && !*own->suffix && !own->whole_words && model->unknown >= 0;
    if (plain && ids_are_unique(&model->vocabulary) && !merges_others(own, model))
        merges_note_characters(&own->merges, &model->vocabulary);
}

static void note_ascii(Bpe *own, const WordModel *model) {
    for (int c = 0; c < 0x80; c++) {
        char text = (char)c;
        bool anywhere = c && !*own->prefix && !*own->suffix;
        own->ascii[c] = anywhere ? vocabulary_find(&model->vocabulary, &text, 1) : -1;
    }
}

static bool read_settings(const Component *component, WordModel *model) {
    Bpe *own = model->self;
    const char *prefix = "", *suffix = "";
    bool good = read_dropout(component) && component_flag(component, "fuse_unk", &own->fuse_unknown) &&
                component_flag(component, "byte_fallback", &own->byte_fallback) &&
                component_flag(component, "ignore_merges", &own->whole_words) &&
                component_text(component, "continuing_subword_prefix", &prefix) &&
                component_text(component, "end_of_word_suffix", &suffix);
    own->prefix = arena_strdup(model->arena, prefix);
    own->suffix = arena_strdup(model->arena, suffix);
    return good;
}

static bool has_unknown(const Component *component) {
    const json_t *unknown = json_object_get(component->json, "unk_token");
    return unknown && !json_is_null(unknown);
}

static bool read(const Component *component, WordModel *model) {
    Bpe *own = model->self = arena_alloc(model->arena, sizeof *own);
    if (!read_settings(component, model) || !vocabulary_read_map(&model->vocabulary, component, model->arena))
        return false;
    if (has_unknown(component) && !word_model_find_unknown(component, model)) return false;
    vocabulary_find_bytes(&model->vocabulary, own->bytes);
    own->inside = trie_walk(&model->vocabulary.trie, TRIE_ROOT, own->prefix, strlen(own->prefix));
    if (!merges_read(&own->merges, &model->vocabulary, own->prefix, component)) return false;
    note_characters(own, model);
    note_ascii(own, model);
    return true;
}

static void release(WordModel *model) { merges_free(&((Bpe *)model->self)->merges); }

/* --- Symbols --- */

static void add_symbol(BpeScratch *s, int32_t id, uint32_t length) {
    s->symbols = memory_grow(s->symbols, &s->symbol_capacity, s->n_symbols + 1, sizeof *s->symbols);
    int32_t at = (int32_t)s->n_symbols++;
    s->symbols[at] = (Symbol){.id = id, .before = at - 1, .after = -1, .length = length};
    if (at) s->symbols[at - 1].after = at;
}

static void add_unknown(BpeScratch *s) {
    if (s->unknown_id >= 0) add_symbol(s, s->unknown_id, s->unknown_length);
    s->unknown_id = -1;
}

/* The token of each byte of a character, with what stands before and after it. False: one has none. */
static bool add_bytes(const Bpe *own, BpeScratch *s, const char *prefix, const char *c, size_t length,
                      const char *suffix) {
    const char *const pieces[] = {prefix, c, suffix};
    const size_t lengths[] = {strlen(prefix), length, strlen(suffix)};
    for (int piece = 0; piece < 3; piece++) {
        for (size_t i = 0; i < lengths[piece]; i++) {
            if (own->bytes[(unsigned char)pieces[piece][i]] < 0) return false;
        }
    }
    for (int piece = 0; piece < 3; piece++) {
        for (size_t i = 0; i < lengths[piece]; i++) add_symbol(s, own->bytes[(unsigned char)pieces[piece][i]], 1);
    }
    return true;
}

static void add_known(BpeScratch *s, int32_t id, uint32_t length) {
    add_unknown(s);
    add_symbol(s, id, length);
}

static void add_char(const WordModel *model, BpeScratch *s, const char *c, size_t length, bool first, bool last) {
    const Bpe *own = model->self;
    const Trie *trie = &model->vocabulary.trie;
    const char *suffix = last ? own->suffix : "";
    uint32_t node = trie_walk(trie, first ? TRIE_ROOT : own->inside, c, length);
    node = trie_walk(trie, node, suffix, strlen(suffix));
    int32_t id = node == TRIE_NONE ? -1 : trie_value(trie, node);
    if (id >= 0) {
        add_known(s, id, (uint32_t)length);
        return;
    }
    if (own->byte_fallback && add_bytes(own, s, first ? "" : own->prefix, c, length, suffix)) return;
    if (model->unknown < 0) return;
    if (own->fuse_unknown && s->unknown_id >= 0) {
        s->unknown_length += (uint32_t)length;
        return;
    }
    add_unknown(s);
    s->unknown_id = model->unknown;
    s->unknown_length = (uint32_t)length;
}

static size_t char_end(const char *word, size_t at, size_t length) {
    size_t end = at + 1;
    while (end < length && (word[end] & 0xC0) == 0x80) end++;
    return end;
}

static void add_chars(const WordModel *model, BpeScratch *s, const char *word, size_t length) {
    const Bpe *own = model->self;
    s->n_symbols = s->n_heap = 0;
    s->unknown_id = -1;
    for (size_t at = 0, end; at < length; at = end) {
        end = char_end(word, at, length);
        int32_t known = end == at + 1 && (unsigned char)word[at] < 0x80 ? own->ascii[(unsigned char)word[at]] : -1;
        if (known >= 0)
            add_known(s, known, 1);
        else
            add_char(model, s, word + at, end - at, at == 0, end == length);
    }
    add_unknown(s);
}

/* --- The heap --- */

/* Adds the merge of a symbol with the one after it, where there is one. */
static void offer(const Bpe *own, BpeScratch *s, int32_t left) {
    if (left < 0 || s->symbols[left].after < 0) return;
    const Merge *merge = merges_find(&own->merges, s->symbols[left].id, s->symbols[s->symbols[left].after].id);
    if (!merge) return;
    s->heap = memory_grow(s->heap, &s->heap_capacity, s->n_heap + 1, sizeof *s->heap);
    Candidate new = {(uint64_t)merge->rank << 32 | (uint32_t)left, merge->id};
    int64_t at = s->n_heap++;
    for (; at > 0 && s->heap[(at - 1) / 2].order > new.order; at = (at - 1) / 2) s->heap[at] = s->heap[(at - 1) / 2];
    s->heap[at] = new;
}

static Candidate take_first(BpeScratch *s) {
    Candidate first = s->heap[0], last = s->heap[--s->n_heap];
    int64_t at = 0;
    for (int64_t child = 1; child < s->n_heap; child = 2 * at + 1) {
        if (child + 1 < s->n_heap && s->heap[child + 1].order < s->heap[child].order) child++;
        if (s->heap[child].order >= last.order) break;
        s->heap[at] = s->heap[child];
        at = child;
    }
    s->heap[at] = last;
    return first;
}

/* --- Merging --- */

/* Does the candidate still hold? Its symbols may have been merged with others since. */
static bool still_holds(const Bpe *own, const BpeScratch *s, Candidate candidate) {
    const Symbol *left = &s->symbols[(uint32_t)candidate.order];
    if (!left->length || left->after < 0) return false;
    const Merge *merge = merges_find(&own->merges, left->id, s->symbols[left->after].id);
    return merge && merge->id == candidate.id;
}

static void merge_all(const Bpe *own, BpeScratch *s) {
    for (int32_t i = 0; i + 1 < s->n_symbols; i++) offer(own, s, i);
    while (s->n_heap) {
        Candidate best = take_first(s);
        if (!still_holds(own, s, best)) continue;
        int32_t at = (int32_t)(uint32_t)best.order;
        Symbol *left = &s->symbols[at], *right = &s->symbols[left->after];
        left->id = best.id;
        left->length += right->length;
        left->after = right->after;
        right->length = 0;
        if (left->after >= 0) s->symbols[left->after].before = at;
        offer(own, s, left->before);
        offer(own, s, at);
    }
}

/* Lengths are those of what the symbols came of, so that places of what was left out are not counted. */
static void push_symbols(const BpeScratch *s, size_t length, PieceList *pieces) {
    size_t at = 0;
    for (int64_t i = 0; i < s->n_symbols; i++) {
        if (!s->symbols[i].length) continue;
        size_t end = at + s->symbols[i].length < length ? at + s->symbols[i].length : length;
        piece_list_push(pieces, (ModelPiece){s->symbols[i].id, (uint32_t)at, (uint32_t)end});
        at = end;
    }
}

static void encode(const WordModel *model, WordModelWork *work, const char *word, size_t length, PieceList *pieces) {
    const Bpe *own = model->self;
    int32_t whole = own->whole_words ? vocabulary_find(&model->vocabulary, word, length) : -1;
    if (whole >= 0) {
        piece_list_push(pieces, (ModelPiece){whole, 0, (uint32_t)length});
        return;
    }
    if (!work->scratch) work->scratch = memory_new(1, sizeof(BpeScratch));
    BpeScratch *s = work->scratch;
    add_chars(model, s, word, length);
    merge_all(own, s);
    push_symbols(s, length, pieces);
}

static void release_work(WordModelWork *work) {
    BpeScratch *s = work->scratch;
    free(s->symbols);
    free(s->heap);
    free(s);
}

/* --- Chunks of a long word --- */

/* Unknown characters beside each other may be one token, and count as one stretch. */
static bool is_known(const WordModel *model, const char *c, size_t length) {
    return vocabulary_find(&model->vocabulary, c, length) >= 0;
}

static size_t chunk_end(const WordModel *model, const char *word, size_t at, size_t length) {
    const Bpe *own = model->self;
    if (!own->merges.beside) return length;
    size_t end = char_end(word, at, length), next;
    uint32_t before = merges_char(word + at, end - at), after;
    for (; end < length; end = next, before = after) {
        next = char_end(word, end, length);
        after = merges_char(word + end, next - end);
        if (!merges_can_meet(&own->merges, before, after) && is_known(model, word + end, next - end)) break;
    }
    return end;
}

const WordModelKind bpe_kind = {
    .name = "BPE",
    .sign = "merges",
    .keys = " type dropout unk_token continuing_subword_prefix end_of_word_suffix fuse_unk byte_fallback ignore_merges "
            "vocab merges ",
    .read = read,
    .encode = encode,
    .chunk_end = chunk_end,
    .release = release,
    .release_work = release_work,
};
