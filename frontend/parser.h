/* What the files of the parser share; nobody else includes it.
 *
 * After a mistake the parser is `broken`: every look at the input says "end", so all rules return
 * at once without further messages, until the next statement or declaration. Rules may return NULL
 * then. */
#ifndef GRADC_FRONTEND_PARSER_H
#define GRADC_FRONTEND_PARSER_H

#include "frontend/ast.h"
#include "frontend/frontend.h"
#include "frontend/lex.h"

typedef enum BlockKind { BLOCK_DEF, BLOCK_TASK, BLOCK_OPTIMIZER } BlockKind;

enum {
    MAX_NESTING = 150,    /* of brackets and blocks in the text: bounds the parser's stack */
    MAX_EXPR_DEPTH = 500, /* of an expression's tree: a + a + ... is deep without brackets */
};

typedef struct Parser {
    const SourceFile *file;
    Arena *arena;
    Diagnostics *diags;
    Tokens tokens;
    Token end;
    int at, nesting;
    bool broken;
    int errors; /* mistakes so far, those of the lexer included when they were met */
} Parser;

const Token *peek(const Parser *parser);
const Token *peek_after(const Parser *parser); /* the one after the next */
const Token *advance(Parser *parser);

/* The next token is this word or symbol. */
bool next_is(const Parser *parser, const char *text);
bool accept(Parser *parser, const char *text);
void expect(Parser *parser, const char *text);
const char *expect_name(Parser *parser, const char *what, Pos *pos); /* pos may be NULL */
const char *expect_string(Parser *parser, const char *what, Pos *pos);

/* Says that a declaration, a clause or a statement begins with the next token; that it is the word of a clause, from
 * which `[` stands off. */
void mark_beginning(Parser *parser);
void mark_clause(Parser *parser);

/* After a mistake in the statement that begins with token `start`, inside of a block: on to the next line that begins a
 * statement no deeper than that one, or to the end of the block. Still broken where a declaration begins first. */
void recover_statement(Parser *parser, int start, int nesting);
bool is_declaration(const char *word); /* parse.c */

/* Tells that `what` was expected where the next token is. */
void syntax_error(Parser *parser, const char *what);
/* Tells how it is written here, where the token, which was not expected, shows what other languages write
 * (parse_habits.c). */
void hint_habit(Parser *parser, const Token *token);

/* Counts brackets and blocks; false and a message where they are too deep. */
bool enter(Parser *parser);
void leave(Parser *parser);

Expr *parse_expr(Parser *parser);
Expr *parse_range(Parser *parser);
Expr *parse_arithmetic(Parser *parser); /* no comparison, no `in` */
TypeExpr parse_type(Parser *parser);
void parse_block(Parser *parser, BlockKind kind, Block *block);
void parse_result(Parser *parser, Block *block); /* the next word, `return` or `=`, goes before it */
void parse_statement(Parser *parser, BlockKind kind, Block *block);
TaskDecl *parse_task(Parser *parser);
Export parse_export(Parser *parser); /* parse_export.c */
void parse_task_export(Parser *parser, TaskDecl *task);
/* A clause of a task that is there already, at `first`; `what` says what a task has once. */
void given_twice(Parser *parser, Pos pos, Pos first, const char *what);
void parse_recipe(Parser *parser, RecipeDecl *recipe); /* after its word */

#endif
