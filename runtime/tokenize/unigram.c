/* Unigram: the pieces whose scores have the largest sum (Kudo 2018), by Viterbi's algorithm.
 *
 * Sums are of f64, from left to right; of equal ones the first that was found stays. What no piece of one character
 * covers counts as unknown, with a score below all others; unknown ones beside each other are one piece, or where
 * there are pieces for bytes, their bytes. */
#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"
#include "runtime/tokenize/word_model_kind.h"

typedef struct Unigram {
    const double *scores; /* [vocabulary.size] */
    double unknown_score;
    bool byte_fallback;
    int32_t bytes[256]; /* ids of the tokens of bytes; -1: none */
} Unigram;

/* The best way to byte `i` of the word ends with this piece. */
typedef struct BestPiece {
    double score; /* of the whole way */
    int32_t id;
    uint32_t from; /* where the piece begins; NOWHERE: nothing leads here so far */
} BestPiece;
#define NOWHERE UINT32_MAX

typedef struct Lattice {
    BestPiece *best; /* [length + 1] */
    uint32_t *ends;  /* of the pieces of the best way, the last first */
    int64_t best_capacity, ends_capacity, n_ends;
} Lattice;

/* --- Reading --- */

static bool read_scores(const Component *component, WordModel *model) {
    const double penalty = 10;
    Unigram *own = model->self;
    double *scores, least = 0;
    if (!vocabulary_read_list(&model->vocabulary, component, model->arena, &scores)) return false;
    for (int32_t i = 0; i < model->vocabulary.size; i++) least = i == 0 || scores[i] < least ? scores[i] : least;
    own->scores = scores;
    own->unknown_score = least - penalty;
    vocabulary_find_bytes(&model->vocabulary, own->bytes);
    return true;
}

static bool read(const Component *component, WordModel *model) {
    Unigram *own = model->self = arena_alloc(model->arena, sizeof *own);
    if (!component_flag(component, "byte_fallback", &own->byte_fallback) ||
        !component_count(component, "unk_id", &model->unknown) || !read_scores(component, model))
        return false;
    if (model->unknown >= 0 && model->unknown < model->vocabulary.size) return true;
    return component_damaged(component, "unk_id", "no token of the vocabulary is meant");
}

/* --- The best way --- */

static Lattice *lattice_of(WordModelWork *work, size_t length) {
    if (!work->scratch) work->scratch = memory_new(1, sizeof(Lattice));
    Lattice *lattice = work->scratch;
    lattice->best = memory_grow(lattice->best, &lattice->best_capacity, (int64_t)length + 1, sizeof *lattice->best);
    for (size_t i = 0; i <= length; i++) lattice->best[i].from = NOWHERE;
    lattice->best[0].score = 0;
    return lattice;
}

static void offer(BestPiece *at, double score, int32_t id, size_t from) {
    if (at->from == NOWHERE || score > at->score) *at = (BestPiece){score, id, (uint32_t)from};
}

static size_t char_length(const char *word, size_t at, size_t length) {
    size_t end = at + 1;
    while (end < length && (word[end] & 0xC0) == 0x80) end++;
    return end - at;
}

/* Goes on from byte `at` by all pieces that begin there. */
static void extend(const WordModel *model, BestPiece *best, const char *word, size_t at, size_t one, size_t length) {
    const Unigram *own = model->self;
    const Trie *trie = &model->vocabulary.trie;
    double here = best[at].score;
    bool covered = false;
    uint32_t node = TRIE_ROOT;
    for (size_t end = at; end < length;) {
        node = trie_step(trie, node, (unsigned char)word[end++]);
        if (node == TRIE_NONE) break;
        int32_t id = trie_value(trie, node);
        if (id < 0) continue;
        offer(&best[end], own->scores[id] + here, id, at);
        covered |= end == at + one;
    }
    if (!covered) offer(&best[at + one], own->unknown_score + here, model->unknown, at);
}

static void find_way(const WordModel *model, Lattice *lattice, const char *word, size_t length) {
    for (size_t at = 0, one; at < length; at += one) {
        one = char_length(word, at, length);
        extend(model, lattice->best, word, at, one, length);
    }
    lattice->n_ends = 0;
    for (size_t end = length; end > 0; end = lattice->best[end].from) {
        lattice->ends = memory_grow(lattice->ends, &lattice->ends_capacity, lattice->n_ends + 1, sizeof *lattice->ends);
        lattice->ends[lattice->n_ends++] = (uint32_t)end;
    }
}

/* --- Pieces --- */

static bool push_bytes(const Unigram *own, const char *word, uint32_t from, uint32_t to, PieceList *pieces) {
    for (uint32_t i = from; i < to; i++) {
        if (own->bytes[(unsigned char)word[i]] < 0) return false;
    }
    for (uint32_t i = from; i < to; i++)
        piece_list_push(pieces, (ModelPiece){own->bytes[(unsigned char)word[i]], from, to});
    return true;
}

/* A stretch that is unknown as pieces may be known as a whole. */
static void push_unknown(const WordModel *model, const char *word, uint32_t from, uint32_t to, PieceList *pieces) {
    const Unigram *own = model->self;
    int32_t id = vocabulary_find(&model->vocabulary, word + from, to - from);
    if (id < 0 && own->byte_fallback && push_bytes(own, word, from, to, pieces)) return;
    piece_list_push(pieces, (ModelPiece){id >= 0 ? id : model->unknown, from, to});
}

static void encode(const WordModel *model, WordModelWork *work, const char *word, size_t length, PieceList *pieces) {
    Lattice *lattice = lattice_of(work, length);
    find_way(model, lattice, word, length);
    for (int64_t i = lattice->n_ends - 1; i >= 0; i--) {
        uint32_t end = lattice->ends[i], from = lattice->best[end].from;
        int32_t id = lattice->best[end].id;
        if (id != model->unknown) {
            piece_list_push(pieces, (ModelPiece){id, from, end});
            continue;
        }
        while (i > 0 && lattice->best[lattice->ends[i - 1]].id == model->unknown) end = lattice->ends[--i];
        push_unknown(model, word, from, end, pieces);
    }
}

static void release_work(WordModelWork *work) {
    Lattice *lattice = work->scratch;
    free(lattice->best);
    free(lattice->ends);
    free(lattice);
}

const WordModelKind unigram_kind = {
    .name = "Unigram",
    .sign = "unk_id",
    .keys = " type unk_id vocab byte_fallback ",
    .read = read,
    .encode = encode,
    .release_work = release_work,
};
