/* Sequences: texts in their template, cut to a length. */
#include <string.h>

#include "runtime/tokenize/tokenizer_state.h"

static const SequenceTemplate *template_of(const Tokenizer *tokenizer, bool pair) {
    return pair ? &tokenizer->post.pair : &tokenizer->post.single;
}

int64_t tokenizer_added(const Tokenizer *tokenizer, bool pair) {
    return template_of(tokenizer, pair)->items.count - (pair ? 2 : 1);
}

int32_t tokenizer_segments(const Tokenizer *tokenizer) {
    int32_t most = 0;
    for (int pair = 0; pair < 2; pair++) {
        const SequenceTemplate *template = template_of(tokenizer, pair);
        for (int i = 0; i < template->items.count; i++) {
            int32_t segment = template->items.items[i].segment;
            if (segment > most) most = segment;
        }
    }
    return most + 1;
}

/* The rule of the reference: cut the longer one down to the shorter one; when that is not enough,
 * both get half, the odd one going to the one that was longer (to b when they were equal). */
PairLengths pair_lengths(int64_t n_a, int64_t n_b, int64_t room) {
    if (room < 0) room = 0;
    if (n_a + n_b <= room) return (PairLengths){n_a, n_b};
    int64_t shorter = n_a < n_b ? n_a : n_b, longer = room - shorter;
    if (shorter > longer) {
        shorter = room / 2;
        longer = room - shorter;
    }
    return n_a > n_b ? (PairLengths){longer, shorter} : (PairLengths){shorter, longer};
}

static PairLengths taken_lengths(const Tokenizer *tokenizer, const TokenIds *a, const TokenIds *b, int64_t max_length) {
    int64_t room = max_length - tokenizer_added(tokenizer, b != NULL);
    if (b) return pair_lengths(a->count, b->count, room);
    if (room < 0) room = 0;
    return (PairLengths){.a = a->count < room ? a->count : room};
}

static void cut_text(TokenIds *ids, int64_t count, Truncation truncation) {
    int64_t head = truncation == KEEP_HEAD ? count : truncation == KEEP_BOTH ? count / 4 : 0;
    if (ids->count <= count) return;
    memmove(ids->items + head, ids->items + ids->count - (count - head), (size_t)(count - head) * sizeof *ids->items);
    ids->count = count;
}

void tokenizer_cut(const Tokenizer *tokenizer, TokenIds *a, TokenIds *b, int64_t max_length, Truncation truncation) {
    PairLengths take = taken_lengths(tokenizer, a, b, max_length);
    cut_text(a, take.a, truncation);
    if (b) cut_text(b, take.b, truncation);
}

static void append(AssembledTokens to, int32_t id, int32_t segment, int32_t source) {
    token_ids_push(to.ids, id);
    if (to.segments) token_ids_push(to.segments, segment);
    if (to.sources) token_ids_push(to.sources, source);
}

int64_t tokenizer_assemble(const Tokenizer *tokenizer, const TokenIds *a, const TokenIds *b, int64_t max_length,
                           AssembledTokens to) {
    int64_t before = to.ids->count;
    PairLengths take = taken_lengths(tokenizer, a, b, max_length);
    const SequenceTemplate *template = template_of(tokenizer, b != NULL);
    for (int i = 0; i < template->items.count; i++) {
        const TemplateItem *item = &template->items.items[i];
        bool second = item->id == ITEM_B;
        const TokenIds *text = second ? b : a;
        int64_t count = second ? take.b : take.a, source = second ? a->count : 0;
        if (item->id >= 0) append(to, item->id, item->segment, FROM_TEMPLATE);
        for (int64_t j = 0; item->id < 0 && j < count; j++)
            append(to, text->items[j], item->segment, (int32_t)(source + j));
    }
    return to.ids->count - before;
}
