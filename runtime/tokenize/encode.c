/* Encoding: the way of a text through the components of a tokenizer.
 *
 *     given text -> tokens found in it as it is | segments -> normalizer -> tokens found there | gaps
 *                                                     -> pre-tokenizer -> words -> model -> tokens */
#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"
#include "runtime/tokenize/tokenizer_state.h"

struct TokenizerWork {
    TextFlow given;  /* where a text is not good UTF-8: what is left of it */
    TextFlow normal; /* a segment */
    WordFlow words;  /* a gap of it */
    PieceList pieces;
    WordModelWork *model;
};

typedef struct TextEncoding {
    const Tokenizer *tokenizer;
    TokenizerWork *work;
    const char *text;
    TokenList *tokens;
    int64_t first; /* token of this text in the list */
    bool traced;   /* origins are kept */
} TextEncoding;

TokenizerWork *tokenizer_work(const Tokenizer *tokenizer) {
    TokenizerWork *work = memory_new(1, sizeof *work);
    work->model = word_model_work(tokenizer->model);
    return work;
}

void tokenizer_work_free(TokenizerWork *work) {
    if (!work) return;
    flow_free(&work->given);
    flow_free(&work->normal);
    word_flow_free(&work->words);
    piece_list_free(&work->pieces);
    word_model_work_free(work->model);
    free(work);
}

/* --- Spans -------------------------------------------------------------------------------------------------------- */

/* White space of a token, or a space in the alphabet of bytes. */
static bool is_blank(const CharTable *chars, int32_t c) { return c == 0x120 || (char_info(chars, c) & CHAR_SPACE); }

static int64_t leading_blanks(const CharTable *chars, const char *token, int64_t length) {
    int64_t count = 0;
    int32_t c;
    for (int64_t at = 0; at < length; count++) {
        at += utf8_read(token + at, &c);
        if (!is_blank(chars, c)) break;
    }
    return count;
}

static int64_t trailing_blanks(const CharTable *chars, const char *token, int64_t length) {
    int64_t count = 0;
    int32_t c;
    for (int64_t at = length; at > 0; count++) {
        at -= utf8_read_back(token + at, &c);
        if (!is_blank(chars, c)) break;
    }
    return count;
}

/* Without the characters of the span that the token's blanks stand for. */
static TokenSpan trim(const TextEncoding *e, const char *token, int64_t length, TokenSpan span) {
    const PostProcessor *post = &e->tokenizer->post;
    int64_t leading = leading_blanks(e->tokenizer->chars, token, length);
    int64_t trailing = trailing_blanks(e->tokenizer->chars, token, length);
    bool first = e->tokens->ids.count == e->first || span.from == 0;
    if (leading == 1 && first && post->prefixed) leading = 0;
    for (; leading > 0 && span.from < span.to; leading--) {
        span.from += utf8_length(e->text[span.from]);
        if (span.from > span.to) span.from = span.to;
    }
    for (; trailing > 0 && span.from < span.to; trailing--) {
        do span.to--;
        while (span.to > span.from && ((unsigned char)e->text[span.to] & 0xC0) == 0x80);
    }
    return span;
}

/* --- Tokens ------------------------------------------------------------------------------------------------------- */

/* Appends a token that stands for bytes [begin, end) of the view. `token` [length] is its string. */
static void push(TextEncoding *e, int32_t id, const char *token, int64_t length, const TextView *view, int64_t begin,
                 int64_t end) {
    TokenSpan span = {0, 0};
    if (e->tokens->wants_spans) span = view_span(view, begin, end);
    if (e->tokens->wants_spans && e->tokenizer->post.trims) span = trim(e, token, length, span);
    token_list_push(e->tokens, id, span);
}

static void push_added(TextEncoding *e, const AddedSearch *search, const TextView *view) {
    push(e, search->entry->id, view->bytes + search->begin, search->end - search->begin, view, search->begin,
         search->end);
}

static void push_piece(TextEncoding *e, const ModelPiece *piece, const TextView *view, int64_t begin) {
    const char *token = e->tokenizer->post.trims ? word_model_token(e->tokenizer->model, piece->id) : NULL;
    push(e, piece->id, token, token ? (int64_t)strlen(token) : 0, view, begin + piece->begin, begin + piece->end);
}

static void encode_word(TextEncoding *e, const TextView *view, WordRange word) {
    PieceList *pieces = &e->work->pieces;
    pieces->count = 0;
    word_model_encode(e->tokenizer->model, e->work->model, view->bytes + word.begin, (size_t)(word.end - word.begin),
                      pieces);
    for (int64_t i = 0; i < pieces->count; i++) {
        const ModelPiece *piece = &pieces->items[i];
        if (e->tokens->wants_spans)
            push_piece(e, piece, view, word.begin);
        else
            token_ids_push(&e->tokens->ids, piece->id);
    }
}

/* A gap: what of a normalized text lies between tokens. */
static void encode_gap(TextEncoding *e, TextView gap) {
    WordFlow *flow = &e->work->words;
    if (gap.length == 0) return;
    flow_start(&flow->text, gap, e->traced);
    pre_tokenizer_apply(&e->tokenizer->pre_tokenizer, flow);
    for (int64_t i = 0; i < flow->words.count; i++) encode_word(e, &flow->text.view, flow->words.items[i]);
}

/* A segment of the given text, without tokens in it. */
static void encode_segment(TextEncoding *e, TextView segment) {
    const AddedVocabulary *added = &e->tokenizer->added;
    TextFlow *flow = &e->work->normal;
    AddedSearch search = {0};
    if (segment.length == 0) return;
    flow_start(flow, segment, e->traced);
    normalizer_apply(&e->tokenizer->normalizer, flow);
    while (added_next(added, &added->normalized, &flow->view, &search)) {
        encode_gap(e, view_slice(&flow->view, search.from, search.begin));
        push_added(e, &search, &flow->view);
    }
    encode_gap(e, view_slice(&flow->view, search.end, flow->view.length));
}

/* The text without bytes that are not UTF-8. */
static TextView good_text(TextEncoding *e, TextView given) {
    TextFlow *flow = &e->work->given;
    TextBuffer *to = flow_begin(flow);
    to->traced = true;
    for (int64_t at = 0, good; at < given.length; at += good + 1) {
        good = utf8_good(given.bytes + at, given.length - at);
        buffer_copy(to, &given, at, at + good);
    }
    e->traced = true;
    flow_end(flow);
    return flow->view;
}

void tokenizer_encode_spans(const Tokenizer *tokenizer, TokenizerWork *work, const char *text, size_t length,
                            TokenList *tokens) {
    const AddedVocabulary *added = &tokenizer->added;
    TextEncoding e = {.tokenizer = tokenizer, .work = work, .text = text, .tokens = tokens, .first = tokens->ids.count};
    TextView given = {.bytes = text, .length = (int64_t)length};
    bool rewritten = tokenizer->normalizer.steps.count > 0 || tokenizer->pre_tokenizer.steps.count > 1;
    AddedSearch search = {0};
    e.traced = tokens->wants_spans || (tokenizer->pre_tokenizer.needs_origins && rewritten);
    if (utf8_good(text, given.length) < given.length) given = good_text(&e, given);
    while (added_next(added, &added->given, &given, &search)) {
        encode_segment(&e, view_slice(&given, search.from, search.begin));
        push_added(&e, &search, &given);
    }
    encode_segment(&e, view_slice(&given, search.end, given.length));
}

void tokenizer_encode(const Tokenizer *tokenizer, TokenizerWork *work, const char *text, size_t length, TokenIds *ids) {
    TokenList tokens = {.ids = *ids};
    tokenizer_encode_spans(tokenizer, work, text, length, &tokens);
    *ids = tokens.ids;
}
