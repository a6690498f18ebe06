/* Parser: what other languages write, and how it is written here. */
#include <string.h>

#include "frontend/parser.h"

static bool is_symbol(const Token *token, const char *text) {
    return token->kind == TOKEN_SYMBOL && strcmp(token->text, text) == 0;
}

static bool is_word(const Token *token, const char *text) {
    return token->kind == TOKEN_NAME && strcmp(token->text, text) == 0;
}

static bool is_one_of(const Token *token, const char *symbols) {
    return token->kind == TOKEN_SYMBOL && strlen(token->text) == 1 && strchr(symbols, *token->text);
}

/* Does what stands before the token end with a tensor? */
static bool follows_value(const Token *token) { return token[-1].kind == TOKEN_NAME || is_symbol(&token[-1], ")"); }

/* a += 1 */
static bool is_update(const Token *token) {
    return token->kind == TOKEN_NAME && is_one_of(&token[1], "+-*/") && is_symbol(&token[2], "=");
}

/* h.mean() */
static bool is_method(const Parser *parser, const Token *token) {
    bool call = is_symbol(token, "(") && token[-1].kind == TOKEN_NAME;
    return call && parser->at > 1 && is_symbol(&token[-2], ".");
}

void hint_habit(Parser *parser, const Token *token) {
    Diagnostics *diags = parser->diags;
    bool first = token == parser->tokens.items;
    if (token->kind == TOKEN_END)
        return;
    else if (is_update(token))
        diag_hint(diags, "write: %s = %s %s ...", token->text, token->text, token[1].text);
    else if (is_word(token, "for") || is_word(token, "while"))
        diag_hint(diags, "a fixed number of rounds is: repeat i in 0..n { ... }");
    else if (is_word(token, "if"))
        diag_hint(diags,
                  "a choice is a value: y = if condition then a else b; of each element select(condition, a, b)");
    else if (first)
        return;
    else if (is_symbol(token, "*") && is_symbol(&token[-1], "*"))
        diag_hint(diags, "there is no power: write x * x, or exp(a * log(x)); of numbers pow(x, a)");
    else if (is_symbol(token, "/") && is_symbol(&token[-1], "/"))
        diag_hint(diags, "a quotient of numbers is rounded down by cast(a / b, i32)");
    else if (is_method(parser, token))
        diag_hint(diags, "a function is called with its tensor: %s(x)", token[-1].text);
    else if (is_symbol(token, "[") && follows_value(token))
        diag_hint(diags, "a part of a tensor is slice(x, axis, start, stop); rows of it are gather(x, index)");
}
