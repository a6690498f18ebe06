/* Formatter: one layout for all files. It works on tokens and on the places where the parser saw
 * declarations and statements begin, so it knows no rule of the grammar.
 *
 *   - A declaration or statement begins a line, two blanks in for each block around it; a block of
 *     at most one statement may stay on one line.
 *   - Inside a statement lines end where the author ended them. A line that goes on inside brackets
 *     is aligned with what follows the bracket, one that goes on after a comma with what follows
 *     the statement's first word, any other is four blanks in.
 *   - Empty lines separate, one at a time; after a top-level block of several lines there is one.
 *   - Comments stay where they are, at the end of a line or on a line of their own. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/frontend.h"
#include "frontend/parse.h"
#include "frontend/parser.h"
#include "graph/base/memory.h"

typedef struct Bracket {
    int inside, outside; /* columns of lines that begin in it, or with its end */
} Bracket;

typedef struct Layout {
    const char *text;
    const Tokens *tokens;
    Arena *arena;
    FILE *out;
    VEC(Bracket) brackets;
    VEC(bool) blocks;     /* open ones: on one line */
    int column, margin;   /* of the text so far; where the line begins */
    int list;             /* column of what follows the statement's first word */
    int angles;           /* open `<` of types */
    bool counts;          /* in the head of a repeat, whose range is written without blanks */
    bool tight;           /* no blank after the last token */
    bool long_block_ends; /* the last token closes a block of several lines */
} Layout;

static bool is_symbol(const Token *token, const char *text) {
    return token->kind == TOKEN_SYMBOL && strcmp(token->text, text) == 0;
}

static bool is_one_of(const Token *token, const char *characters) {
    return token->kind == TOKEN_SYMBOL && !token->text[1] && strchr(characters, *token->text);
}

static const Token *token_at(const Layout *l, int i) { return &l->tokens->items[i]; }

/* Newlines between two places; each comment's end counts. */
static int count_lines(const Layout *l, size_t from, size_t to) {
    int lines = 0;
    for (size_t i = from; i < to; i++) lines += l->text[i] == '\n';
    return lines;
}

static size_t end_before(const Layout *l, int i) { return i ? token_at(l, i - 1)->end : 0; }

static bool breaks_before(const Layout *l, int i) {
    return count_lines(l, end_before(l, i), token_at(l, i)->start) > 0;
}

/* The block that begins at token `i` has at most one statement and stands on one line. */
static bool is_short_block(const Layout *l, int i) {
    int statements = 0;
    for (int j = i + 1;; j++) {
        const Token *token = token_at(l, j);
        statements += token->begins;
        if (statements > 1 || breaks_before(l, j)) return false;
        if (is_symbol(token, "}")) return true;
    }
}

/* --- Between two tokens of one line --- */

static bool is_type_name(const Token *token) {
    ElemType elem;
    return token->kind == TOKEN_NAME && elem_find(token->text, &elem);
}

/* A value ends with this token, so an operator after it has two operands. */
static bool ends_value(const Token *token) {
    if (token->kind == TOKEN_SYMBOL) return is_one_of(token, ")]");
    return !token->begins && !(token->kind == TOKEN_NAME && is_reserved(token->text));
}

static bool opens_angle(const Layout *l, int i) {
    return i > 0 && is_symbol(token_at(l, i), "<") && is_type_name(token_at(l, i - 1));
}

static bool closes_angle(const Layout *l, int i) { return l->angles > 0 && is_symbol(token_at(l, i), ">"); }

static bool needs_blank(const Layout *l, int i) {
    const Token *token = token_at(l, i), *last = token_at(l, i - 1);
    if (l->tight || is_one_of(token, "),].:") || (l->counts && is_symbol(token, ".."))) return false;
    if (opens_angle(l, i) || closes_angle(l, i)) return false;
    if (is_symbol(token, "[")) return last->clause || (!ends_value(last) && !is_symbol(last, ">"));
    if (is_symbol(token, "(")) return last->kind != TOKEN_NAME || !ends_value(last);
    return true;
}

static bool is_tight(const Layout *l, int i) {
    const Token *token = token_at(l, i);
    if (is_one_of(token, "([.") || (l->counts && is_symbol(token, "..")) || opens_angle(l, i)) return true;
    return is_symbol(token, "-") && (i == 0 || !ends_value(token_at(l, i - 1)));
}

/* --- Lines --- */

static void put(Layout *l, const char *text, size_t length) {
    fwrite(text, 1, length, l->out);
    l->column += (int)length;
}

static void new_line(Layout *l, int margin) {
    fputc('\n', l->out);
    fprintf(l->out, "%*s", margin, "");
    l->column = l->margin = margin;
}

static int block_margin(const Layout *l) { return 2 * l->blocks.count; }

/* The column of token `i` at the beginning of a line. */
static int margin_of(const Layout *l, int i) {
    const Token *token = token_at(l, i);
    if (token->begins || token->kind == TOKEN_END) return block_margin(l);
    if (is_symbol(token, "}")) return block_margin(l) - 2;
    if (l->brackets.count) {
        const Bracket *bracket = &l->brackets.items[l->brackets.count - 1];
        return is_one_of(token, ")]") ? bracket->outside : bracket->inside;
    }
    return is_symbol(token_at(l, i - 1), ",") ? l->list : block_margin(l) + 4;
}

static bool is_separate(const Layout *l, int i) {
    const Token *token = token_at(l, i);
    return token->begins || token->kind == TOKEN_END || is_symbol(token, "}");
}

static size_t comment_length(const char *comment) {
    size_t length = strcspn(comment, "\n");
    while (length && strchr(" \t\r", comment[length - 1])) length--;
    return length;
}

/* An empty line, where the author has one or the layout wants one. */
static void separate(Layout *l, int i, int lines, bool first) {
    bool wanted = lines > 1 || l->long_block_ends;
    bool allowed = is_separate(l, i) && !first;
    if (wanted && allowed) fputc('\n', l->out);
    l->long_block_ends = false;
}

/* Writes the comments before token `i`; `*from` is then the end of the last one. True when there
 * are any. */
static bool put_comments(Layout *l, int i, size_t *from) {
    size_t end = token_at(l, i)->start;
    bool any = false, opens = i && is_symbol(token_at(l, i - 1), "{");
    for (;;) {
        size_t at = *from;
        while (at < end && l->text[at] != '#') at++;
        if (at == end) return any;
        int lines = count_lines(l, *from, at);
        if (lines == 0 && i && !any) {
            put(l, "  ", 2);
        } else if (any || i) {
            separate(l, i, lines, opens && !any);
            new_line(l, is_symbol(token_at(l, i), "}") ? block_margin(l) : margin_of(l, i));
        }
        put(l, l->text + at, comment_length(l->text + at));
        *from = at + strcspn(l->text + at, "\n");
        any = true;
    }
}

static bool wants_line(const Layout *l, int i) {
    const Token *token = token_at(l, i), *last = token_at(l, i - 1);
    bool shorted = l->blocks.count && l->blocks.items[l->blocks.count - 1];
    if (is_separate(l, i) || is_symbol(last, "{")) return !shorted || token->kind == TOKEN_END;
    return breaks_before(l, i) && !is_symbol(token, "{");
}

/* What stands between token `i` and the one before it. */
static void put_gap(Layout *l, int i) {
    const Token *token = token_at(l, i);
    size_t from = end_before(l, i);
    bool opens = i && is_symbol(token_at(l, i - 1), "{");
    bool commented = put_comments(l, i, &from);
    if (token->kind == TOKEN_END) return;
    if (commented || (i && wants_line(l, i))) {
        bool closes = is_symbol(token, "}");
        separate(l, i, count_lines(l, from, token->start), closes || (opens && !commented));
        new_line(l, margin_of(l, i));
    } else if (i && needs_blank(l, i)) {
        put(l, " ", 1);
    }
}

/* --- Tokens --- */

static void open_bracket(Layout *l, int i) {
    bool last = breaks_before(l, i + 1);
    Bracket bracket = {last ? l->margin + 4 : l->column, l->margin};
    vec_push(l->arena, &l->brackets, bracket);
}

static void put_token(Layout *l, int i) {
    const Token *token = token_at(l, i);
    if (i && token_at(l, i - 1)->begins) l->list = l->column;
    if (token->begins) l->counts = strcmp(token->text, "repeat") == 0;
    bool tight = is_tight(l, i);
    l->angles += opens_angle(l, i) - closes_angle(l, i);
    put(l, l->text + token->start, token->end - token->start);
    l->tight = tight;
    if (is_one_of(token, "([")) open_bracket(l, i);
    if (is_one_of(token, ")]") && l->brackets.count) l->brackets.count--;
    if (is_symbol(token, "{")) {
        bool is_short = is_short_block(l, i);
        vec_push(l->arena, &l->blocks, is_short);
    }
    if (!is_symbol(token, "}")) return;
    bool was_short = l->blocks.items[--l->blocks.count];
    l->long_block_ends = !was_short && l->blocks.count == 0;
}

static bool same_tokens(const SourceFile *file, const Tokens *tokens, Arena *arena) {
    Diagnostics *diags = diagnostics_new();
    Tokens again = {0};
    lex(file, arena, diags, &again);
    bool same = again.count == tokens->count;
    for (int i = 0; same && i < again.count; i++) {
        const Token *a = &again.items[i], *b = &tokens->items[i];
        same = a->kind == b->kind && strcmp(a->text, b->text) == 0;
    }
    diagnostics_free(diags);
    return same;
}

const char *source_format(const SourceFile *file, Arena *arena, Diagnostics *diags) {
    Tokens tokens = {0};
    if (!parse_layout(file, arena, diags, &tokens)) return NULL;
    char *text = NULL;
    size_t size = 0;
    Layout layout = {.text = file->text, .tokens = &tokens, .arena = arena};
    layout.out = memory_stream(&text, &size);
    for (int i = 0; i < tokens.count; i++) {
        put_gap(&layout, i);
        put_token(&layout, i);
    }
    if (layout.column) fputc('\n', layout.out);
    memory_stream_end(layout.out);
    const char *result = arena_strdup(arena, text);
    free(text);
    assert(same_tokens(&(SourceFile){file->path, result}, &tokens, arena));
    return result;
}
