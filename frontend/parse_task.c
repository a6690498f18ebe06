/* Parser: tasks and the clauses that only they have. */
#include <string.h>

#include "frontend/parser.h"

static bool clause_follows(const Parser *parser, const char *word) {
    const Token *after = peek_after(parser);
    bool assigned = after->kind == TOKEN_SYMBOL && strcmp(after->text, "=") == 0;
    return !assigned && next_is(parser, word);
}

static void given_twice(Parser *parser, Pos pos, const char *what) {
    if (parser->broken) return;
    diag_error(parser->diags, "E0408", pos, "%s", what);
    parser->broken = true;
}

/* data = "data" string ("jsonl" | ("tab" | "comma") ("quoted" | "unquoted")) */
static void parse_data(Parser *parser, TaskDecl *task) {
    Pos pos = advance(parser)->pos;
    if (task->data) given_twice(parser, pos, "a task has one 'data' clause, this is the second");
    task->data = expect_string(parser, "the name of a file in quotes", &task->data_pos);
    if (accept(parser, "jsonl")) return;
    if (accept(parser, "tab"))
        task->separator = '\t';
    else if (accept(parser, "comma"))
        task->separator = ',';
    else
        syntax_error(parser, "'tab', 'comma' or 'jsonl'");
    if (accept(parser, "quoted"))
        task->quoted = true;
    else if (!accept(parser, "unquoted"))
        syntax_error(parser, "'quoted' or 'unquoted'");
}

/* column = name | string */
static const char *parse_column(Parser *parser) {
    if (peek(parser)->kind == TOKEN_STRING) return advance(parser)->text;
    return expect_name(parser, "the name of a column", NULL);
}

/* columns = column | "(" column "," column ")" */
static void parse_columns(Parser *parser, InputDecl *input) {
    bool pair = accept(parser, "(");
    input->columns[input->n_columns++] = parse_column(parser);
    if (!pair) return;
    expect(parser, ",");
    input->columns[input->n_columns++] = parse_column(parser);
    expect(parser, ")");
}

/* input = "input" [name "="] columns ":" ("text" | "pair"); without a name a text is called by its
 * column, a pair `pair` */
static void parse_input(Parser *parser, TaskDecl *task) {
    Pos pos = advance(parser)->pos;
    if (task->n_inputs == 2) {
        given_twice(parser, pos, "a task has at most two inputs, this is the third");
        return;
    }
    InputDecl *input = &task->inputs[task->n_inputs++];
    input->pos = peek(parser)->pos;
    const Token *after = peek_after(parser);
    if (after->kind == TOKEN_SYMBOL && strcmp(after->text, "=") == 0) {
        input->name = expect_name(parser, "a name for the input", NULL);
        advance(parser);
    }
    parse_columns(parser, input);
    const char *kind = input->n_columns == 2 ? "pair" : "text";
    if (!input->name) input->name = input->n_columns == 2 ? "pair" : input->columns[0];
    expect(parser, ":");
    expect(parser, kind);
}

/* label = "label" name ":" ("class" "[" arithmetic "]" | "real" "[" arithmetic "," arithmetic "]")
 */
static void parse_label(Parser *parser, TaskDecl *task) {
    LabelDecl *label = &task->label;
    Pos pos = advance(parser)->pos;
    if (label->name) given_twice(parser, pos, "a task has one label, this is the second");
    label->name = expect_name(parser, "the name of the label's column", &label->pos);
    expect(parser, ":");
    label->is_class = accept(parser, "class");
    if (!label->is_class && !accept(parser, "real")) {
        syntax_error(parser, "'class[number]' or 'real[lowest, highest]'");
    }
    expect(parser, "[");
    if (label->is_class) {
        label->classes = parse_arithmetic(parser);
    } else {
        label->lowest = parse_arithmetic(parser);
        expect(parser, ",");
        label->highest = parse_arithmetic(parser);
    }
    expect(parser, "]");
}

/* metric = "metric" name {"," name} */
static void parse_metrics(Parser *parser, TaskDecl *task) {
    advance(parser);
    do {
        if (task->n_metrics == 8) {
            given_twice(parser, peek(parser)->pos, "a task has at most eight metrics");
            return;
        }
        Pos *pos = &task->metric_pos[task->n_metrics];
        task->metrics[task->n_metrics++] = expect_name(parser, "the name of a metric", pos);
    } while (accept(parser, ","));
}

/* task = "task" name "{" {data | input | label | metric | statement} "}" */
TaskDecl *parse_task(Parser *parser) {
    TaskDecl *task = arena_alloc(parser->arena, sizeof *task);
    task->name = expect_name(parser, "the name of a task", &task->pos);
    expect(parser, "{");
    while (!next_is(parser, "}") && !parser->broken) {
        mark_beginning(parser);
        if (clause_follows(parser, "data"))
            parse_data(parser, task);
        else if (clause_follows(parser, "input"))
            parse_input(parser, task);
        else if (clause_follows(parser, "label"))
            parse_label(parser, task);
        else if (clause_follows(parser, "metric"))
            parse_metrics(parser, task);
        else
            parse_statement(parser, BLOCK_TASK, &task->body);
    }
    expect(parser, "}");
    return task;
}
