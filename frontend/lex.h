/* Lexer: the text of one file as a list of tokens. Blanks, newlines and comments (`#` to the end of
 * the line) only separate tokens. */
#ifndef GRADC_FRONTEND_LEX_H
#define GRADC_FRONTEND_LEX_H

#include "graph/base/diag.h"

typedef enum TokenKind {
    TOKEN_END,
    TOKEN_NAME,
    TOKEN_NUMBER,
    TOKEN_STRING,
    TOKEN_SYMBOL,
    TOKEN_BAD, /* no token of the language; the lexer has reported it */
} TokenKind;

typedef struct Token {
    TokenKind kind;
    Pos pos;
    const char *text;  /* as written; of a string, what is between the quotes; "" of the end */
    double number;     /* TOKEN_NUMBER */
    size_t start, end; /* bytes of the file's text */
    /* What the parser says for the formatter: it begins a declaration or statement; it is the word of a clause, no
     * member or call. */
    bool begins, clause;
} Token;

typedef struct Tokens {
    Token *items; /* the last one is TOKEN_END */
    int count, capacity;
} Tokens;

/* Adds the tokens of `file` to the empty list; where there is none, a diagnostic and a TOKEN_BAD. Strings and the list
 * belong to `arena`. */
void lex(const SourceFile *file, Arena *arena, Diagnostics *diags, Tokens *tokens);

/* Some editors begin a file with it; it says nothing. */
#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

#endif
