/* Lexer. One function for each kind of token. */
#include "frontend/lex.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/graph.h"

typedef struct Lexer {
    const SourceFile *file;
    Arena *arena;
    Diagnostics *diags;
    Tokens *tokens;
    size_t at, line_start;
    uint32_t line;
} Lexer;

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool starts_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

static bool in_name(char c) { return starts_name(c) || is_digit(c); }

static Pos pos_of(const Lexer *lexer, size_t start, size_t end) {
    return (Pos){.file = lexer->file,
                 .line = lexer->line,
                 .column = (uint32_t)(start - lexer->line_start + 1),
                 .length = (uint32_t)(end - start)};
}

static Token *add_token(Lexer *lexer, TokenKind kind, size_t end) {
    Token token = {.kind = kind, .start = lexer->at, .end = end};
    token.pos = pos_of(lexer, lexer->at, end);
    token.text = arena_strndup(lexer->arena, lexer->file->text + lexer->at, end - lexer->at);
    vec_push(lexer->arena, lexer->tokens, token);
    lexer->at = end;
    return &lexer->tokens->items[lexer->tokens->count - 1];
}

static void skip_blanks(Lexer *lexer) {
    const char *text = lexer->file->text;
    for (;; lexer->at++) {
        if (text[lexer->at] == '#') lexer->at += strcspn(text + lexer->at, "\n");
        char c = text[lexer->at];
        if (c == '\n') {
            lexer->line++;
            lexer->line_start = lexer->at + 1;
        } else if (c != ' ' && c != '\t' && c != '\r') {
            return;
        }
    }
}

static void lex_name(Lexer *lexer) {
    size_t end = lexer->at;
    while (in_name(lexer->file->text[end])) end++;
    add_token(lexer, TOKEN_NAME, end);
}

/* digits ["." digits] [("e" | "E") ["+" | "-"] digits]; the dots of a range "0..4" are no part of
 * the number */
static void lex_number(Lexer *lexer) {
    const char *text = lexer->file->text;
    size_t end = lexer->at;
    while (is_digit(text[end])) end++;
    if (text[end] == '.' && is_digit(text[end + 1])) {
        for (end++; is_digit(text[end]);) end++;
    }
    if (text[end] == 'e' || text[end] == 'E') {
        size_t sign = text[end + 1] == '+' || text[end + 1] == '-';
        if (is_digit(text[end + 1 + sign])) {
            for (end += 1 + sign; is_digit(text[end]);) end++;
        }
    }
    Token *token = add_token(lexer, TOKEN_NUMBER, end);
    token->number = strtod(token->text, NULL);
    if (isfinite(token->number) && !in_name(text[end])) return;
    bool letters = in_name(text[end]);
    while (in_name(text[end])) end++;
    token->kind = TOKEN_BAD;
    token->pos.length = (uint32_t)(end - token->start);
    lexer->at = token->end = end;
    diag_error(lexer->diags, "E0103", token->pos, "this number cannot be represented");
    if (letters) diag_hint(lexer->diags, "a product is written with '*', as in 2 * x");
}

static void lex_string(Lexer *lexer) {
    const char *text = lexer->file->text;
    size_t end = lexer->at + 1 + strcspn(text + lexer->at + 1, "\"\n");
    if (text[end] != '"') {
        diag_error(lexer->diags, "E0102", add_token(lexer, TOKEN_BAD, end)->pos, "unterminated string");
        diag_hint(lexer->diags, "close it with '\"' on the same line");
        return;
    }
    Token *token = add_token(lexer, TOKEN_STRING, end + 1);
    token->text = arena_strndup(lexer->arena, text + token->start + 1, end - token->start - 1);
}

/* Signs that other languages have. */
static void hint_sign(Diagnostics *diags, char sign) {
    static const struct {
        char sign;
        const char *hint;
    } signs[] = {{'@', "a product of matrices is matmul(a, b)"},
                 {'%', "there is no remainder of tensors; sizes and counters are known while the text is read"},
                 {'&', "write: a and b"},
                 {'|', "write: a or b"},
                 {'!', "write: not a, and not (a == b)"},
                 {'\'', "strings stand in double quotes"},
                 {';', "a statement ends where the next one begins"},
                 {'^', "there is no power: write x * x, or exp(a * log(x)); of numbers pow(x, a)"}};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (signs[i].sign == sign) diag_hint(diags, "%s", signs[i].hint);
    }
}

static void lex_symbol(Lexer *lexer) {
    static const char *const symbols[] = {"->", "<=", ">=", "==", "..", "(", ")", "[", "]", "{", "}",
                                          "<",  ">",  "=",  "+",  "-",  "*", "/", ",", ":", "~", "."};
    const char *text = lexer->file->text + lexer->at;
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        size_t length = strlen(symbols[i]);
        if (strncmp(text, symbols[i], length) != 0) continue;
        add_token(lexer, TOKEN_SYMBOL, lexer->at + length);
        return;
    }
    unsigned char c = (unsigned char)*text;
    size_t end = lexer->at + 1;
    while (c >= 0x80 && ((unsigned char)lexer->file->text[end] & 0xC0) == 0x80) end++; /* the whole UTF-8 character */
    Pos pos = add_token(lexer, TOKEN_BAD, end)->pos;
    if (c > ' ' && c != 127) {
        diag_error(lexer->diags, "E0101", pos, "the character '%.*s' has no meaning here", (int)pos.length, text);
        hint_sign(lexer->diags, *text);
    } else {
        diag_error(lexer->diags, "E0101", pos, "the byte 0x%02x has no meaning here", c);
    }
}

/* A whole file of another kind gets one message. */
static void refuse_ir(const SourceFile *file, Diagnostics *diags) {
    diag_error(diags, "E0108", pos_in_file(file, 0), "this is IR text, not a graph file");
    diag_hint(diags, "gradc opt %s verifies it, runs passes over it and prints it", file->path);
}

void lex(const SourceFile *file, Arena *arena, Diagnostics *diags, Tokens *tokens) {
    Lexer lexer = {.file = file, .arena = arena, .diags = diags, .tokens = tokens, .line = 1};
    if (strncmp(file->text, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0)
        lexer.at = lexer.line_start = strlen(BYTE_ORDER_MARK);
    if (graph_text_begins(file->text)) {
        refuse_ir(file, diags);
        lexer.at = strlen(file->text);
    }
    for (char c; skip_blanks(&lexer), (c = file->text[lexer.at]);) {
        if (starts_name(c))
            lex_name(&lexer);
        else if (is_digit(c))
            lex_number(&lexer);
        else if (c == '"')
            lex_string(&lexer);
        else
            lex_symbol(&lexer);
    }
    add_token(&lexer, TOKEN_END, lexer.at);
}
