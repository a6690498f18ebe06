/* Tokens of rows. */
#include "runtime/data/row_tokens.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/count_text.h"
#include "graph/base/memory.h"

void row_tokens_begin(RowTokens *r, const Tokenizer *tokenizer) {
    *r = (RowTokens){.tokenizer = tokenizer, .work = tokenizer_work(tokenizer)};
    for (int i = 0; i < 2; i++) r->text[i].wants_spans = true;
}

void row_tokens_end(RowTokens *r) {
    tokenizer_work_free(r->work);
    for (int i = 0; i < 2; i++) token_list_free(&r->text[i]);
    token_ids_free(&r->sources);
    pieces_free(&r->pieces);
    free(r->joined);
    free(r->first);
    *r = (RowTokens){0};
}

void row_tokens_next(RowTokens *r) {
    r->cut = r->unknown = false;
    r->n_first = 0;
}

/* --- Texts --- */

static void join_piece(RowTokens *r, const Piece *piece) {
    int64_t length = r->joined_length + (int64_t)piece->length + 1;
    r->joined = memory_grow(r->joined, &r->joined_capacity, length, 1);
    if (r->joined_length) r->joined[r->joined_length++] = ' ';
    memcpy(r->joined + r->joined_length, piece->bytes, piece->length);
    r->joined_length += (int64_t)piece->length;
}

/* Of each word the first token with one of its bytes; a token may cover several words, and belongs to the first. */
static void find_words(RowTokens *r, const TokenList *tokens) {
    r->first = memory_grow(r->first, &r->first_capacity, r->pieces.count, sizeof *r->first);
    r->n_first = r->pieces.count;
    int64_t begin = 0, token = 0;
    for (int64_t i = 0; i < r->n_first; i++) {
        int64_t end = begin + (int64_t)r->pieces.items[i].length;
        while (token < tokens->ids.count && tokens->spans[token].to <= begin) token++;
        bool has = token < tokens->ids.count && tokens->spans[token].from < end;
        r->first[i] = has ? (int32_t)token++ : -1;
        begin = end + 1;
    }
}

/* A list where a text is wanted is its items with blanks between; so are words that have labels. */
static void encode(RowTokens *r, const RowText *from, int j) {
    int column = from->column + j;
    TokenList *to = &r->text[j];
    bool words = from->is_labelled && from->input->words, list = table_items(from->table, from->row, column) >= 0;
    size_t length = 0;
    const char *text = list ? NULL : table_cell(from->table, from->row, column, &length);
    to->ids.count = 0;
    if (words || list) {
        cell_pieces(from->table, from->row, column, words ? " " : "", &r->pieces);
        r->joined_length = 0;
        for (int64_t i = 0; i < r->pieces.count; i++) join_piece(r, &r->pieces.items[i]);
        text = r->joined, length = (size_t)r->joined_length;
    }
    tokenizer_encode_spans(r->tokenizer, r->work, text, length, to);
    if (words) find_words(r, to);
    r->unknown |= tokenizer_knows_little(r->tokenizer, to->ids.items, to->ids.count);
}

/* --- Sequences --- */

/* From places in the text to places in the sequence, which may have cut them off. */
static void place_words(RowTokens *r, int64_t got) {
    int64_t at = 0;
    for (int64_t i = 0; i < r->n_first; i++) {
        if (r->first[i] < 0) continue;
        while (at < got && r->sources.items[at] < r->first[i]) at++;
        r->first[i] = at < got && r->sources.items[at] == r->first[i] ? (int32_t)at : -1;
    }
}

/* One or two texts as a sequence. */
static void append_whole(RowTokens *r, const RowText *from, Sequences *to) {
    TokenIds *first = &r->text[0].ids, *second = from->input->n_columns == 2 ? &r->text[1].ids : NULL;
    int64_t wanted = tokenizer_added(r->tokenizer, second != NULL) + first->count + (second ? second->count : 0);
    if (from->input->truncation != KEEP_HEAD)
        tokenizer_cut(r->tokenizer, first, second, from->max_length, from->input->truncation);
    r->sources.count = 0;
    AssembledTokens assembled = {&to->ids, &to->segments, &r->sources};
    int64_t got = tokenizer_assemble(r->tokenizer, first, second, from->max_length, assembled);
    if (from->is_labelled) place_words(r, got);
    r->cut |= got < wanted;
}

/* The sequences of a long text, each `stride` tokens on, the last one up to its end. */
static void append_windows(RowTokens *r, const RowText *from, int64_t to_row, Sequences *to) {
    const TokenIds *text = &r->text[0].ids;
    int64_t inside = from->input->window - tokenizer_added(r->tokenizer, false), count = to->windows[to_row];
    for (int64_t start = 0;; start += from->input->stride) {
        int64_t end = start + inside < text->count ? start + inside : text->count;
        TokenIds slice = {.items = text->items + start, .count = end - start};
        AssembledTokens assembled = {&to->ids, &to->segments, NULL};
        tokenizer_assemble(r->tokenizer, &slice, NULL, from->input->window, assembled);
        to->window_bounds =
            memory_grow(to->window_bounds, &to->window_capacity, ++count + 1, sizeof *to->window_bounds);
        to->window_bounds[0] = 0;
        to->window_bounds[count] = to->ids.count;
        if (end == text->count) break;
    }
    to->windows[to_row + 1] = count;
}

void row_tokens_append(RowTokens *r, const RowText *from, int64_t to_row, Sequences *to) {
    for (int j = 0; j < from->input->n_columns; j++) encode(r, from, j);
    if (from->input->window)
        append_windows(r, from, to_row, to);
    else
        append_whole(r, from, to);
    for (int64_t i = to->bounds[to_row]; from->one_segment && i < to->segments.count; i++) to->segments.items[i] = 0;
    to->bounds[to_row + 1] = to->ids.count;
}

static bool check_length(const Tokenizer *tokenizer, const TextInput *input, int64_t max_length, Diagnostics *diags) {
    int64_t added = tokenizer_added(tokenizer, input->n_columns > 1);
    if (input->window || max_length - added >= input->n_columns) return true;
    diag_error(diags, "E0923", (Pos){0}, "texts are cut at %s, and the tokenizer adds %" PRId64 " of its own: %s",
               count_text(max_length, "token").text, added, input->n_columns > 1 ? "no two texts fit" : "no text fits");
    diag_hint(diags, "take a longer --max-length, or a model with more positions");
    return false;
}

bool row_tokens_check(const Tokenizer *tokenizer, const TextInput *input, int64_t max_length, Diagnostics *diags) {
    if (!check_length(tokenizer, input, max_length, diags)) return false;
    int64_t inside = input->window - tokenizer_added(tokenizer, false);
    if (!input->window || input->stride <= inside) return true;
    diag_error(diags, "E0414", input->window_pos, "windows of %s hold %" PRId64 " of the text, %s",
               count_text(input->window, "token").text, inside > 0 ? inside : 0,
               inside > 0 ? "fewer than they go on by" : "beside the tokenizer's special tokens");
    diag_hint(diags, "make them longer here, or the step between them shorter");
    return false;
}
