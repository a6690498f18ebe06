/* Parser: expressions and types, and the helpers that all rules use. */
#include <string.h>

#include "frontend/parser.h"

const Token *peek(const Parser *parser) { return parser->broken ? &parser->end : &parser->tokens.items[parser->at]; }

const Token *peek_after(const Parser *parser) {
    bool last = parser->broken || parser->at + 1 >= parser->tokens.count;
    return last ? &parser->end : &parser->tokens.items[parser->at + 1];
}

const Token *advance(Parser *parser) {
    const Token *token = peek(parser);
    if (token->kind != TOKEN_END) parser->at++;
    return token;
}

void mark_beginning(Parser *parser) {
    if (!parser->broken) parser->tokens.items[parser->at].begins = true;
}

void mark_clause(Parser *parser) {
    if (!parser->broken) parser->tokens.items[parser->at].clause = true;
}

bool next_is(const Parser *parser, const char *text) {
    const Token *token = peek(parser);
    bool word = token->kind == TOKEN_NAME || token->kind == TOKEN_SYMBOL;
    return word && strcmp(token->text, text) == 0;
}

bool accept(Parser *parser, const char *text) {
    if (!next_is(parser, text)) return false;
    advance(parser);
    return true;
}

void syntax_error(Parser *parser, const char *what) {
    if (parser->broken) return;
    const Token *token = peek(parser);
    parser->broken = true;
    parser->errors++;
    if (token->kind == TOKEN_BAD) return; /* reported by the lexer */
    if (token->kind == TOKEN_END) {
        diag_error(parser->diags, "E0104", token->pos, "expected %s, but the file ends", what);
    } else {
        const char *quote = token->kind == TOKEN_STRING ? "\"" : "'";
        diag_error(parser->diags, "E0104", token->pos, "expected %s, not %s%s%s", what, quote, token->text, quote);
        hint_habit(parser, token);
    }
}

void expect(Parser *parser, const char *text) {
    if (!accept(parser, text)) syntax_error(parser, arena_printf(parser->arena, "'%s'", text));
}

bool is_reserved(const char *text) {
    static const char *const words[] = {"if", "then", "else", "in", "and", "or", "not", "true", "false"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(text, words[i]) == 0) return true;
    }
    return false;
}

const char *expect_name(Parser *parser, const char *what, Pos *pos) {
    const Token *token = peek(parser);
    if (pos) *pos = token->pos;
    if (token->kind == TOKEN_NAME && !is_reserved(token->text)) return advance(parser)->text;
    syntax_error(parser, what);
    return "";
}

const char *expect_string(Parser *parser, const char *what, Pos *pos) {
    const Token *token = peek(parser);
    if (pos) *pos = token->pos;
    if (token->kind == TOKEN_STRING) return advance(parser)->text;
    syntax_error(parser, what);
    return "";
}

static bool too_deep(Parser *parser, Pos pos) {
    if (parser->broken) return false;
    diag_error(parser->diags, "E0105", pos, "this is nested too deeply");
    diag_hint(parser->diags, "give parts of it names of their own");
    parser->broken = true;
    parser->errors++;
    return false;
}

bool enter(Parser *parser) {
    if (++parser->nesting <= MAX_NESTING) return true;
    return too_deep(parser, peek(parser)->pos);
}

void leave(Parser *parser) { parser->nesting--; }

static int depth_of(const Expr *expr) { return expr ? expr->depth : 0; }

static void deepen(Expr *expr, const Expr *child) {
    if (depth_of(child) + 1 > expr->depth) expr->depth = depth_of(child) + 1;
}

static Expr *make(Parser *parser, ExprKind kind, const Token *token, Expr *a, Expr *b, Expr *c) {
    Expr *expr = arena_alloc(parser->arena, sizeof *expr);
    *expr = (Expr){.kind = kind, .pos = token->pos, .text = token->text, .a = a, .b = b, .c = c};
    expr->number = token->number;
    expr->depth = 1;
    deepen(expr, a);
    deepen(expr, b);
    deepen(expr, c);
    if (expr->depth > MAX_EXPR_DEPTH) too_deep(parser, token->pos);
    return expr;
}

/* argument = [name "="] expr */
static Arg parse_argument(Parser *parser) {
    Arg arg = {.pos = peek(parser)->pos};
    const Token *after = peek_after(parser);
    if (peek(parser)->kind == TOKEN_NAME && after->kind == TOKEN_SYMBOL && strcmp(after->text, "=") == 0) {
        arg.name = advance(parser)->text;
        advance(parser);
    }
    arg.value = parse_expr(parser);
    return arg;
}

/* call = name "(" [argument {"," argument} [","]] ")" */
static Expr *parse_call(Parser *parser, const Token *name) {
    VEC(Arg) args = {0};
    Expr *call = make(parser, EXPR_CALL, name, NULL, NULL, NULL);
    expect(parser, "(");
    while (!next_is(parser, ")") && !parser->broken) {
        Arg arg = parse_argument(parser);
        vec_push(parser->arena, &args, arg);
        deepen(call, arg.value);
        if (!accept(parser, ",")) break;
    }
    expect(parser, ")");
    call->args = args.items;
    call->n_args = args.count;
    return call;
}

/* list = "[" expr {"," expr} "]" */
static Expr *parse_list(Parser *parser) {
    VEC(Arg) items = {0};
    Expr *list = make(parser, EXPR_LIST, advance(parser), NULL, NULL, NULL);
    do {
        Arg item = {.pos = peek(parser)->pos, .value = parse_expr(parser)};
        vec_push(parser->arena, &items, item);
        deepen(list, item.value);
    } while (accept(parser, ","));
    expect(parser, "]");
    list->args = items.items;
    list->n_args = items.count;
    return list;
}

/* primary = number | "true" | "false" | string | name | call | list | "(" expr ")" */
static Expr *parse_primary(Parser *parser) {
    const Token *token = peek(parser);
    if (accept(parser, "(")) {
        Expr *inner = parse_expr(parser);
        expect(parser, ")");
        return inner;
    }
    if (next_is(parser, "[")) return parse_list(parser);
    if (token->kind == TOKEN_NUMBER || token->kind == TOKEN_STRING) {
        advance(parser);
        ExprKind kind = token->kind == TOKEN_NUMBER ? EXPR_NUMBER : EXPR_STRING;
        return make(parser, kind, token, NULL, NULL, NULL);
    }
    if (next_is(parser, "true") || next_is(parser, "false")) {
        Expr *expr = make(parser, EXPR_NUMBER, advance(parser), NULL, NULL, NULL);
        expr->number = strcmp(token->text, "true") == 0;
        return expr;
    }
    if (token->kind != TOKEN_NAME || is_reserved(token->text)) {
        syntax_error(parser, "an expression");
        return NULL;
    }
    advance(parser);
    if (next_is(parser, "(")) return parse_call(parser, token);
    return make(parser, EXPR_NAME, token, NULL, NULL, NULL);
}

/* unary = "-" unary | primary {"." name} */
static Expr *parse_unary(Parser *parser) {
    Expr *expr = NULL;
    if (!enter(parser)) return NULL;
    const Token *token = peek(parser);
    if (accept(parser, "-")) {
        expr = make(parser, EXPR_UNARY, token, parse_unary(parser), NULL, NULL);
    } else {
        expr = parse_primary(parser);
        while (accept(parser, ".")) {
            const Token *member = peek(parser);
            expect_name(parser, "the name of a member", NULL);
            expr = make(parser, EXPR_MEMBER, member, expr, NULL, NULL);
        }
    }
    leave(parser);
    return expr;
}

/* product = unary {("*" | "/") unary} */
static Expr *parse_product(Parser *parser) {
    Expr *expr = parse_unary(parser);
    while (next_is(parser, "*") || next_is(parser, "/")) {
        const Token *token = advance(parser);
        expr = make(parser, EXPR_BINARY, token, expr, parse_unary(parser), NULL);
    }
    return expr;
}

/* arithmetic = product {("+" | "-") product} */
Expr *parse_arithmetic(Parser *parser) {
    Expr *expr = parse_product(parser);
    while (next_is(parser, "+") || next_is(parser, "-")) {
        const Token *token = advance(parser);
        expr = make(parser, EXPR_BINARY, token, expr, parse_product(parser), NULL);
    }
    return expr;
}

/* comparison = arithmetic [("<" | "<=" | ">" | ">=" | "==") arithmetic] */
static Expr *parse_comparison(Parser *parser) {
    static const char *const operators[] = {"<", "<=", ">", ">=", "=="};
    Expr *expr = parse_arithmetic(parser);
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        if (!next_is(parser, operators[i])) continue;
        const Token *token = advance(parser);
        return make(parser, EXPR_BINARY, token, expr, parse_arithmetic(parser), NULL);
    }
    return expr;
}

/* negation = "not" negation | comparison */
static Expr *parse_negation(Parser *parser) {
    const Token *token = peek(parser);
    if (!accept(parser, "not")) return parse_comparison(parser);
    if (!enter(parser)) return NULL;
    Expr *expr = make(parser, EXPR_UNARY, token, parse_negation(parser), NULL, NULL);
    leave(parser);
    return expr;
}

/* logic = negation {("and" | "or") negation}; both bind alike, from left to right */
static Expr *parse_logic(Parser *parser) {
    Expr *expr = parse_negation(parser);
    while (next_is(parser, "and") || next_is(parser, "or")) {
        const Token *token = advance(parser);
        expr = make(parser, EXPR_BINARY, token, expr, parse_negation(parser), NULL);
    }
    return expr;
}

/* choice = "if" logic "then" expr "else" choice | logic */
static Expr *parse_choice(Parser *parser) {
    const Token *token = peek(parser);
    if (!accept(parser, "if")) return parse_logic(parser);
    if (!enter(parser)) return NULL;
    Expr *condition = parse_logic(parser);
    expect(parser, "then");
    Expr *yes = parse_expr(parser);
    expect(parser, "else");
    Expr *no = parse_choice(parser);
    leave(parser);
    return make(parser, EXPR_IF, token, condition, yes, no);
}

static Expr *parse_scoped(Parser *parser, Expr *expr) {
    bool shared = accept(parser, "shared");
    const Token *scope = peek(parser);
    expect_string(parser, "a scope in quotes", NULL);
    expr = make(parser, EXPR_SCOPED, scope, expr, NULL, NULL);
    expr->shared = shared;
    return expr;
}

/* A value may be called `without`, and the next statement begin with it. */
static bool accept_without(Parser *parser) {
    const Token *after = peek_after(parser);
    return !(after->kind == TOKEN_SYMBOL && strcmp(after->text, "=") == 0) && accept(parser, "without");
}

/* expr = choice {"in" ["shared"] string | "without" "dropout"} */
Expr *parse_expr(Parser *parser) {
    Expr *expr = parse_choice(parser);
    for (;;) {
        const Token *token = peek(parser);
        if (accept(parser, "in")) {
            expr = parse_scoped(parser, expr);
        } else if (accept_without(parser)) {
            expect(parser, "dropout");
            expr = make(parser, EXPR_STILL, token, expr, NULL, NULL);
        } else {
            return expr;
        }
    }
}

/* range = expr [".." expr] */
Expr *parse_range(Parser *parser) {
    Expr *expr = parse_expr(parser);
    const Token *token = peek(parser);
    return accept(parser, "..") ? make(parser, EXPR_RANGE, token, expr, parse_expr(parser), NULL) : expr;
}

static bool parse_elem(Parser *parser, ElemType *elem) {
    for (int i = 0; i < ELEM_TYPES; i++) {
        *elem = (ElemType)i;
        if (accept(parser, elem_name(*elem))) return true;
    }
    return false;
}

/* type = element ["<" arithmetic ">"] "[" [arithmetic {"," arithmetic}] "]" */
TypeExpr parse_type(Parser *parser) {
    const Token *first = peek(parser);
    TypeExpr type = {.pos = first->pos, .text = ""};
    if (!parse_elem(parser, &type.elem)) {
        syntax_error(parser, "a type such as f32[R, 384]");
        return type;
    }
    if (accept(parser, "<")) {
        type.bound = parse_arithmetic(parser);
        expect(parser, ">");
    }
    expect(parser, "[");
    while (!next_is(parser, "]") && !parser->broken) {
        if (type.rank == MAX_RANK)
            syntax_error(parser, "']' after four dimensions");
        else
            type.dims[type.rank++] = parse_arithmetic(parser);
        if (!accept(parser, ",")) break;
    }
    size_t end = peek(parser)->end;
    expect(parser, "]");
    if (parser->broken) return type;
    type.text = arena_strndup(parser->arena, parser->file->text + first->start, end - first->start);
    if (memchr(type.text, '\n', end - first->start) == NULL) {
        type.pos.length = (uint32_t)(end - first->start);
    }
    return type;
}
