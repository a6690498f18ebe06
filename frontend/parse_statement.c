/* Parser: statements and blocks. */
#include <string.h>

#include "frontend/parser.h"

static Stmt *add_statement(Parser *parser, Block *block, StmtKind kind) {
    Stmt *stmt = arena_alloc(parser->arena, sizeof *stmt);
    stmt->kind = kind;
    stmt->pos = peek(parser)->pos;
    vec_push(parser->arena, block, stmt);
    return stmt;
}

/* A trailing word such as `frozen`; a new statement may begin with the same name. */
static bool accept_word(Parser *parser, const char *word) {
    const Token *after = peek_after(parser);
    bool assigned = after->kind == TOKEN_SYMBOL && strcmp(after->text, "=") == 0;
    return !assigned && accept(parser, word);
}

/* param = "param" name ":" type "~" primary {"no_decay" | "frozen" | "shared"} */
static void parse_param(Parser *parser, Stmt *stmt) {
    advance(parser);
    stmt->name = expect_name(parser, "the name of a parameter", &stmt->pos);
    expect(parser, ":");
    stmt->type = parse_type(parser);
    expect(parser, "~");
    stmt->value = parse_arithmetic(parser);
    for (;;) {
        if (accept_word(parser, "no_decay"))
            stmt->no_decay = true;
        else if (accept_word(parser, "frozen"))
            stmt->frozen = true;
        else if (accept_word(parser, "shared"))
            stmt->shared = true;
        else
            return;
    }
}

/* repeat = "repeat" name "in" arithmetic ".." arithmetic block */
static void parse_repeat(Parser *parser, BlockKind kind, Stmt *stmt) {
    advance(parser);
    stmt->name = expect_name(parser, "the name of a counter", &stmt->pos);
    expect(parser, "in");
    stmt->from = parse_arithmetic(parser);
    expect(parser, "..");
    stmt->to = parse_arithmetic(parser);
    parse_block(parser, kind, &stmt->body);
}

/* show = "show" expr ["as" string] */
static void parse_show(Parser *parser, Stmt *stmt) {
    advance(parser);
    stmt->value = parse_expr(parser);
    if (accept(parser, "as"))
        stmt->name = expect_string(parser, "a name in quotes", &stmt->pos);
    else if (stmt->value && stmt->value->kind == EXPR_NAME)
        stmt->name = stmt->value->text;
    else
        syntax_error(parser, "'as \"name\"'");
}

/* state = "state" name {"," name} */
static void parse_states(Parser *parser, Block *block) {
    advance(parser);
    do {
        Stmt *stmt = add_statement(parser, block, STMT_STATE);
        stmt->name = expect_name(parser, "the name of a state", NULL);
    } while (accept(parser, ","));
}

/* ("return" | "loss" | "predict") expr */
static void parse_valued(Parser *parser, Block *block, StmtKind kind) {
    Stmt *stmt = add_statement(parser, block, kind);
    advance(parser);
    stmt->value = parse_expr(parser);
}

static void parse_assignment(Parser *parser, Block *block) {
    Stmt *stmt = add_statement(parser, block, STMT_ASSIGN);
    stmt->name = expect_name(parser, "a name", NULL);
    expect(parser, "=");
    stmt->value = parse_expr(parser);
}

static void no_statement(Parser *parser, BlockKind kind) {
    static const char *const words[] = {"param", "repeat", "return", "loss",   "predict", "show",
                                        "data",  "input",  "label",  "metric", "state"};
    static const char *const allowed[] = {
        "a statement (name = value, param, repeat, return) or '}'",
        "a statement (data, input, label, loss, predict, metric, show, name = value) or '}'",
        "a statement (state, name = value) or '}'"};
    const Token *token = peek(parser);
    bool named = token->kind == TOKEN_NAME && !parser->broken;
    syntax_error(parser, allowed[kind]);
    if (!named) return;
    const char *near = nearest_name(token->text, words, (int)(sizeof words / sizeof *words));
    if (near && strcmp(near, token->text) != 0)
        diag_hint(parser->diags, "did you mean '%s'?", near);
}

/* statement = name "=" expr | param | repeat | show | state | ("return" | "loss" | "predict") expr;
 * which of them depends on the kind of block. */
void parse_statement(Parser *parser, BlockKind kind, Block *block) {
    const Token *after = peek_after(parser);
    bool task = kind == BLOCK_TASK;
    mark_beginning(parser);
    if (after->kind == TOKEN_SYMBOL && strcmp(after->text, "=") == 0) {
        parse_assignment(parser, block);
    } else if (next_is(parser, "param") && kind != BLOCK_OPTIMIZER) {
        parse_param(parser, add_statement(parser, block, STMT_PARAM));
    } else if (next_is(parser, "repeat")) {
        parse_repeat(parser, kind, add_statement(parser, block, STMT_REPEAT));
    } else if (next_is(parser, "return") && kind == BLOCK_DEF) {
        parse_valued(parser, block, STMT_RETURN);
    } else if (next_is(parser, "loss") && task) {
        parse_valued(parser, block, STMT_LOSS);
    } else if (next_is(parser, "predict") && task) {
        parse_valued(parser, block, STMT_PREDICT);
    } else if (next_is(parser, "show") && task) {
        parse_show(parser, add_statement(parser, block, STMT_SHOW));
    } else if (next_is(parser, "state") && kind == BLOCK_OPTIMIZER) {
        parse_states(parser, block);
    } else {
        no_statement(parser, kind);
    }
}

/* block = "{" {statement} "}" */
void parse_block(Parser *parser, BlockKind kind, Block *block) {
    expect(parser, "{");
    if (!enter(parser)) return;
    while (!next_is(parser, "}") && !parser->broken) parse_statement(parser, kind, block);
    leave(parser);
    expect(parser, "}");
}
