/* Parser: tasks and the clauses that only they have. */
#include <string.h>

#include "frontend/parser.h"

static bool clause_follows(const Parser *parser, const char *word) {
    const Token *after = peek_after(parser);
    bool assigned = after->kind == TOKEN_SYMBOL && strcmp(after->text, "=") == 0;
    return !assigned && next_is(parser, word);
}

void given_twice(Parser *parser, Pos pos, Pos first, const char *what) {
    if (parser->broken) return;
    diag_error(parser->diags, "E0408", pos, "%s", what);
    diag_note(parser->diags, first, "the first is here");
    diag_hint(parser->diags, "take one of them away, or write a task of its own for it");
    parser->broken = true;
    parser->errors++;
}

/* column = name | string */
static const char *parse_column(Parser *parser) {
    if (peek(parser)->kind == TOKEN_STRING) return advance(parser)->text;
    return expect_name(parser, "the name of a column", NULL);
}

/* columns = column | "(" column {"," column} ")" */
static Names parse_columns(Parser *parser) {
    Names columns = {0};
    bool several = accept(parser, "(");
    do vec_push(parser->arena, &columns, parse_column(parser));
    while (several && accept(parser, ","));
    if (several) expect(parser, ")");
    return columns;
}

/* data = "data" string name ["quoted" | "unquoted"] ["columns" columns]; the names are the runtime's formats */
static void parse_data(Parser *parser, TaskDecl *task) {
    Pos pos = advance(parser)->pos;
    DataDecl *data = &task->data;
    if (data->path) given_twice(parser, pos, data->pos, "a task has one 'data' clause; this is the second");
    data->path = expect_string(parser, "the name of a file in quotes", &data->pos);
    data->format = expect_name(parser, "a format, such as 'tab', 'comma' or 'jsonl'", &data->format_pos);
    if (clause_follows(parser, "quoted") && accept(parser, "quoted"))
        data->quoting = QUOTING_QUOTED;
    else if (clause_follows(parser, "unquoted") && accept(parser, "unquoted"))
        data->quoting = QUOTING_UNQUOTED;
    if (clause_follows(parser, "columns") && accept(parser, "columns")) data->columns = parse_columns(parser);
}

/* split = "split" ("dev" arithmetic | "folds" arithmetic) ["stratified"] ["grouped" "by" column] ["seed" arithmetic] */
static void parse_split(Parser *parser, TaskDecl *task) {
    SplitDecl split = {.pos = advance(parser)->pos};
    if (task->split.pos.file)
        given_twice(parser, split.pos, task->split.pos, "a task has one 'split' clause; this is the second");
    if (accept(parser, "dev"))
        split.share = parse_arithmetic(parser);
    else if (accept(parser, "folds"))
        split.folds = parse_arithmetic(parser);
    else
        syntax_error(parser, "'dev' and a share, or 'folds' and their number");
    split.stratified = clause_follows(parser, "stratified") && accept(parser, "stratified");
    if (clause_follows(parser, "grouped")) {
        advance(parser);
        expect(parser, "by");
        split.group = parse_column(parser);
    }
    if (clause_follows(parser, "seed") && accept(parser, "seed")) split.seed = parse_arithmetic(parser);
    task->split = split;
}

/* [name "="] columns */
static Names parse_named_columns(Parser *parser, const char *what, const char **name) {
    const Token *after = peek_after(parser);
    if (after->kind == TOKEN_SYMBOL && strcmp(after->text, "=") == 0) {
        *name = expect_name(parser, what, NULL);
        advance(parser);
    }
    return parse_columns(parser);
}

/* ["keep" ("head" | "tail" | "both")] */
static Truncation parse_truncation(Parser *parser) {
    static const char *const ends[] = {[KEEP_HEAD] = "head", [KEEP_TAIL] = "tail", [KEEP_BOTH] = "both"};
    if (!clause_follows(parser, "keep")) return KEEP_HEAD;
    advance(parser);
    for (int end = KEEP_HEAD; end <= KEEP_BOTH; end++) {
        if (accept(parser, ends[end])) return (Truncation)end;
    }
    syntax_error(parser, "'head', 'tail' or 'both'");
    return KEEP_HEAD;
}

/* windows = "window" arithmetic "stride" arithmetic "pool" ("max" | "mean") */
static void parse_windows(Parser *parser, InputDecl *input) {
    input->window_pos = advance(parser)->pos;
    input->window = parse_arithmetic(parser);
    expect(parser, "stride");
    input->stride = parse_arithmetic(parser);
    expect(parser, "pool");
    input->pools_max = accept(parser, "max");
    if (!input->pools_max && !accept(parser, "mean")) syntax_error(parser, "'max' or 'mean'");
}

/* ("words" | ("text" | "pair") [windows | "keep" ("head" | "tail" | "both")]); without a name a text is called by its
 * column, a pair `pair` */
static void parse_text_kind(Parser *parser, Names columns, InputDecl *input) {
    if (columns.count > 2) given_twice(parser, input->pos, input->pos, "a text has at most two columns, a pair");
    input->n_columns = columns.count == 2 ? 2 : 1;
    for (int i = 0; i < input->n_columns; i++) input->columns[i] = columns.items[i];
    if (!input->name) input->name = input->n_columns == 2 ? "pair" : input->columns[0];
    input->words = input->n_columns == 1 && accept(parser, "words");
    if (input->words) return;
    if (!accept(parser, input->n_columns == 2 ? "pair" : "text"))
        syntax_error(parser, input->n_columns == 2 ? "'pair' or 'numbers'" : "'text', 'words', 'number' or 'numbers'");
    else if (clause_follows(parser, "window"))
        parse_windows(parser, input);
    else
        input->truncation = parse_truncation(parser);
}

/* One more value of the rows; NULL after a message. */
static LabelDecl *next_value(Parser *parser, TaskDecl *task, Pos pos) {
    if (task->n_values < MAX_VALUES) return &task->values[task->n_values++];
    given_twice(parser, pos, task->values[1].pos, "a task has at most 15 numbers and other labels beside the first");
    return NULL;
}

/* numbers = "number" | "numbers" ["[" arithmetic "]"]; without a count there are as many as columns */
static void parse_numbers(Parser *parser, TaskDecl *task, LabelDecl numbers) {
    LabelDecl *to = next_value(parser, task, numbers.pos);
    bool several = next_is(parser, "numbers");
    advance(parser);
    numbers.kind = LABEL_NUMBERS;
    if (!numbers.name && numbers.columns.count > 1)
        syntax_error(parser, "one column, or 'input name = (column, column)'");
    if (!numbers.name) numbers.name = numbers.columns.items[0];
    if (several && accept(parser, "[")) {
        numbers.classes = parse_arithmetic(parser);
        expect(parser, "]");
    }
    if (to) *to = numbers;
}

/* input = "input" [name "="] columns ":" (numbers | text) */
static void parse_input(Parser *parser, TaskDecl *task) {
    Pos begin = advance(parser)->pos, pos = peek(parser)->pos;
    const char *name = NULL;
    Names columns = parse_named_columns(parser, "a name for the input", &name);
    expect(parser, ":");
    if (next_is(parser, "number") || next_is(parser, "numbers")) {
        parse_numbers(parser, task, (LabelDecl){.name = name, .pos = pos, .columns = columns});
        return;
    }
    if (task->n_inputs == MAX_TEXTS) {
        given_twice(parser, begin, task->inputs[0].pos, "a task has at most 16 texts");
        return;
    }
    InputDecl *input = &task->inputs[task->n_inputs++];
    *input = (InputDecl){.name = name, .pos = pos};
    parse_text_kind(parser, columns, input);
}

/* classes = arithmetic | string {"," string} */
static void parse_classes(Parser *parser, LabelDecl *label) {
    if (peek(parser)->kind != TOKEN_STRING) {
        label->classes = parse_arithmetic(parser);
        return;
    }
    do vec_push(parser->arena, &label->names, expect_string(parser, "a class in quotes", NULL));
    while (accept(parser, ","));
}

static Span span_of(const Token *token) { return (Span){token->start, token->end}; }

/* Without brackets, classes are those of the data, and flags are called like their columns. */
static bool has_brackets(Parser *parser, LabelDecl *label) {
    bool may_lack = label->kind == LABEL_CLASS || label->kind == LABEL_FLAGS;
    if (!may_lack || next_is(parser, "[")) return true;
    size_t end = parser->tokens.items[parser->at - 1].end;
    if (label->kind == LABEL_CLASS) label->open = (Span){end, end};
    return false;
}

/* kind = ("class" | "flags") ["[" classes "]"] | "real" "[" arithmetic "," arithmetic "]"
 *      | "masked" "[" arithmetic "]" */
static void parse_label_kind(Parser *parser, LabelDecl *label) {
    static const char *const words[] = {
        [LABEL_CLASS] = "class", [LABEL_FLAGS] = "flags", [LABEL_REAL] = "real", [LABEL_MASKED] = "masked"};
    for (int kind = LABEL_CLASS; kind <= LABEL_MASKED && !label->kind; kind++) {
        if (accept(parser, words[kind])) label->kind = (LabelKind)kind;
    }
    if (!label->kind) {
        syntax_error(parser, "'class[number]', 'flags[number]', 'real[lowest, highest]' or "
                             "'masked[share]'");
    }
    if (!has_brackets(parser, label)) return;
    expect(parser, "[");
    if (label->kind == LABEL_REAL) {
        label->lowest = parse_arithmetic(parser);
        expect(parser, ",");
        label->highest = parse_arithmetic(parser);
    } else if (label->kind == LABEL_MASKED) {
        label->share = parse_arithmetic(parser);
    } else {
        parse_classes(parser, label);
    }
    expect(parser, "]");
}

/* weights = "weights" ("balanced" | list) */
static void parse_weights(Parser *parser, LabelDecl *label) {
    if (!clause_follows(parser, "weights")) return;
    mark_clause(parser);
    label->weights_pos = advance(parser)->pos;
    if (next_is(parser, "balanced"))
        label->balanced = span_of(advance(parser));
    else if (next_is(parser, "["))
        label->weights = parse_arithmetic(parser);
    else
        syntax_error(parser, "'balanced' or a list of numbers, one for each class");
}

/* label = "label" [name "="] columns ":" kind ["optional"] [weights] ["of" name]; without a name it is called by
 * its column */
static void parse_label(Parser *parser, TaskDecl *task) {
    Pos pos = advance(parser)->pos;
    LabelDecl *label = task->values[0].name ? next_value(parser, task, pos) : &task->values[0];
    if (!label) return;
    label->pos = peek(parser)->pos;
    label->columns = parse_named_columns(parser, "a name for the label", &label->name);
    if (!label->name && label->columns.count > 1)
        syntax_error(parser, "one column, or 'label name = (column, column)'");
    if (!label->name) label->name = label->columns.items[0];
    expect(parser, ":");
    parse_label_kind(parser, label);
    label->optional = clause_follows(parser, "optional") && accept(parser, "optional");
    parse_weights(parser, label);
    if (!clause_follows(parser, "of")) return;
    advance(parser);
    label->of = expect_name(parser, "the name of an input", &label->of_pos);
}

/* metric = "metric" name {"," name} */
static void parse_metrics(Parser *parser, TaskDecl *task) {
    advance(parser);
    do {
        if (task->n_metrics == 8) {
            given_twice(parser, peek(parser)->pos, task->metric_pos[0], "a task has at most eight metrics");
            return;
        }
        Pos *pos = &task->metric_pos[task->n_metrics];
        task->metrics[task->n_metrics++] = expect_name(parser, "the name of a metric", pos);
    } while (accept(parser, ","));
}

/* fit = "fit" name ["[" arithmetic "]"] "=" arithmetic "from" arithmetic "to" arithmetic "for" name */
static void parse_fit(Parser *parser, TaskDecl *task) {
    Pos pos = advance(parser)->pos;
    if (task->n_fits == MAX_FITS) {
        given_twice(parser, pos, task->fits[0].pos, "a task fits at most four names");
        return;
    }
    FitDecl *fit = &task->fits[task->n_fits++];
    fit->name = expect_name(parser, "a name for what is fitted", &fit->pos);
    if (accept(parser, "[")) {
        fit->count = parse_arithmetic(parser);
        expect(parser, "]");
    }
    expect(parser, "=");
    fit->start = parse_arithmetic(parser);
    expect(parser, "from");
    fit->lowest = parse_arithmetic(parser);
    expect(parser, "to");
    fit->highest = parse_arithmetic(parser);
    expect(parser, "for");
    fit->metric = expect_name(parser, "the name of a metric", &fit->metric_pos);
}

/* task = "task" name "{" {data | split | input | label | metric | fit | export | statement} "}" */
TaskDecl *parse_task(Parser *parser) {
    TaskDecl *task = arena_alloc(parser->arena, sizeof *task);
    task->name = expect_name(parser, "the name of a task", &task->pos);
    task->n_values = 1;
    int nesting = parser->nesting;
    expect(parser, "{");
    while (!next_is(parser, "}") && !parser->broken) {
        int start = parser->at;
        mark_beginning(parser);
        if (clause_follows(parser, "data"))
            parse_data(parser, task);
        else if (clause_follows(parser, "split"))
            parse_split(parser, task);
        else if (clause_follows(parser, "input"))
            parse_input(parser, task);
        else if (clause_follows(parser, "label"))
            parse_label(parser, task);
        else if (clause_follows(parser, "metric"))
            parse_metrics(parser, task);
        else if (clause_follows(parser, "fit"))
            parse_fit(parser, task);
        else if (clause_follows(parser, "export"))
            parse_task_export(parser, task);
        else
            parse_statement(parser, BLOCK_TASK, &task->body);
        recover_statement(parser, start, nesting);
    }
    expect(parser, "}");
    return task;
}
