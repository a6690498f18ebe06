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

/* state = "state" name [":" type] ["~" "weight"] {"," name [":" type] ["~" "weight"]} */
static void parse_states(Parser *parser, Block *block) {
    advance(parser);
    do {
        Stmt *stmt = add_statement(parser, block, STMT_STATE);
        stmt->name = expect_name(parser, "the name of a state", NULL);
        stmt->has_type = accept(parser, ":");
        if (stmt->has_type) stmt->type = parse_type(parser);
        stmt->from_weight = accept(parser, "~");
        if (stmt->from_weight) expect(parser, "weight");
    } while (accept(parser, ","));
}

/* evaluate = "evaluate" name */
static void parse_evaluate(Parser *parser, Block *block) {
    Stmt *stmt = add_statement(parser, block, STMT_EVALUATE);
    advance(parser);
    stmt->pos = peek(parser)->pos;
    stmt->name = expect_name(parser, "the name of a state", NULL);
}

/* result = expr [".." expr] */
void parse_result(Parser *parser, Block *block) {
    Stmt *stmt = add_statement(parser, block, STMT_RETURN);
    advance(parser);
    stmt->value = parse_range(parser);
}

/* ("loss" | "predict") expr */
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

static const char *const words[] = {"param", "repeat", "return", "loss",   "predict", "show",
                                    "data",  "input",  "label",  "metric", "state",   "evaluate"};
enum { WORDS = sizeof words / sizeof *words };

static bool begins_statement(const Token *tokens) {
    if (tokens->kind != TOKEN_NAME) return false;
    if (tokens[1].kind == TOKEN_SYMBOL && strcmp(tokens[1].text, "=") == 0) return true;
    for (int i = 0; i < WORDS; i++) {
        if (strcmp(tokens->text, words[i]) == 0) return true;
    }
    return false;
}

static bool is_symbol(const Token *token, const char *text) {
    return token->kind == TOKEN_SYMBOL && strcmp(token->text, text) == 0;
}

/* Lines that are indented more than the broken statement continue it. */
void recover_statement(Parser *parser, int start, int nesting) {
    if (!parser->broken) return;
    const Token *tokens = parser->tokens.items;
    int braces = 0;
    for (int i = start; tokens[i].kind != TOKEN_END; i++) {
        bool line = i == 0 || tokens[i].pos.line != tokens[i - 1].pos.line;
        if (line && tokens[i].pos.column == 1 && is_declaration(tokens[i].text)) return;
        bool starts =
            line && i > start && tokens[i].pos.column <= tokens[start].pos.column && begins_statement(&tokens[i]);
        bool ends = is_symbol(&tokens[i], "}") && braces == 0;
        if (i >= parser->at && ((starts && braces == 0) || ends)) {
            parser->at = i;
            parser->nesting = nesting;
            parser->broken = false;
            return;
        }
        braces += is_symbol(&tokens[i], "{");
        braces -= is_symbol(&tokens[i], "}");
    }
}

/* x = y +
 * z = 1     reads 'y + z'; the mistake shows at the '=' only. */
static void hint_line_above(Parser *parser) {
    const Token *name = &parser->tokens.items[parser->at - 1];
    if (name->kind != TOKEN_NAME) return;
    diag_hint(parser->diags, "'%s' was read as a continuation of what comes before it: is something missing there?",
              name->text);
}

static void no_statement(Parser *parser, BlockKind kind) {
    static const char *const allowed[] = {
        "a statement (name = value, param, repeat, return) or '}'",
        "a statement (data, input, label, loss, predict, metric, show, name = value) or '}'",
        "a statement (state, evaluate, name = value) or '}'"};
    const Token *token = peek(parser);
    bool named = token->kind == TOKEN_NAME && !parser->broken;
    bool assigned = is_symbol(token, "=") && !parser->broken && parser->at > 0;
    syntax_error(parser, allowed[kind]);
    if (assigned) hint_line_above(parser);
    if (!named) return;
    const char *near = nearest_name(token->text, words, WORDS);
    if (near && strcmp(near, token->text) != 0) diag_hint_nearest(parser->diags, token->text, words, WORDS);
}

/* statement = name "=" expr | param | repeat | show | state | evaluate | "return" result | ("loss" | "predict") expr;
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
        parse_result(parser, block);
    } else if (next_is(parser, "loss") && task) {
        parse_valued(parser, block, STMT_LOSS);
    } else if (next_is(parser, "predict") && task) {
        parse_valued(parser, block, STMT_PREDICT);
    } else if (next_is(parser, "show") && task) {
        parse_show(parser, add_statement(parser, block, STMT_SHOW));
    } else if (next_is(parser, "state") && kind == BLOCK_OPTIMIZER) {
        parse_states(parser, block);
    } else if (next_is(parser, "evaluate") && kind == BLOCK_OPTIMIZER) {
        parse_evaluate(parser, block);
    } else {
        no_statement(parser, kind);
    }
}

/* block = "{" {statement} "}" */
void parse_block(Parser *parser, BlockKind kind, Block *block) {
    expect(parser, "{");
    if (!enter(parser)) return;
    int nesting = parser->nesting;
    while (!next_is(parser, "}") && !parser->broken) {
        int start = parser->at;
        parse_statement(parser, kind, block);
        recover_statement(parser, start, nesting);
    }
    leave(parser);
    expect(parser, "}");
}
