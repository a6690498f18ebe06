/* Data set: finding the file, reading its columns, tokenising, checking labels. */
#include "runtime/data/dataset.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "graph/base/count_text.h"
#include "graph/base/memory.h"
#include "runtime/data/cells.h"
#include "runtime/data/dataset_id.h"
#include "runtime/data/given_texts.h"
#include "runtime/data/row_tokens.h"
#include "runtime/data/row_values.h"
#include "runtime/data/split.h"

typedef struct RowLoader {
    const Task *task;
    const DatasetOptions *options;
    Diagnostics *diags;
    Dataset *data;
    Table *table;
    const char **columns;
    int n_columns, kept; /* the first of those kept besides */
    SplitColumns split;
    /* Of the row at hand. */
    RowTokens tokens;
    Pieces pieces;
    RowValues values[MAX_VALUES]; /* [task's values] */
} RowLoader;

static const char *format_word(const RowLoader *l) {
    return l->options->format ? l->options->format->word : l->task->data_format;
}

/* Labels are read where they are needed, numbers always. */
static void collect_columns(RowLoader *l) {
    enum { OF_SPLIT = 2 };
    int most = task_texts(l->task) + l->options->n_keep + OF_SPLIT;
    for (int i = 0; i < l->task->n_values; i++) most += row_values_most(&l->task->values[i]);
    l->columns = arena_array(l->diags->arena, (size_t)most, sizeof *l->columns);
    for (int i = 0; i < l->task->n_inputs; i++) {
        const TextInput *input = &l->task->inputs[i];
        for (int j = 0; j < input->n_columns; j++) l->columns[l->n_columns++] = input->columns[j];
    }
    for (int i = 0; i < l->task->n_values; i++) {
        RowValues *value = &l->values[i];
        value->label = &l->task->values[i];
        if (l->options->needs_labels || value->label->kind == LABEL_NUMBERS)
            row_values_place(value, format_word(l), l->columns, &l->n_columns, l->diags->arena);
    }
}

static void collect_kept(RowLoader *l) {
    l->kept = l->n_columns;
    for (int i = 0; i < l->options->n_keep; i++) l->columns[l->n_columns++] = l->options->keep[i];
}

/* The texts are the first columns of all. */
static void collect_split(RowLoader *l) {
    const Split *split = &l->task->split;
    if (!dataset_is_split(l->task, l->options)) return;
    l->split = (SplitColumns){.first = 0, .count = task_texts(l->task)};
    if (split->group) {
        l->split = (SplitColumns){.first = l->n_columns, .count = 1};
        l->columns[l->n_columns++] = split->group;
    }
    if (split->stratified) {
        l->split.label = l->n_columns;
        l->columns[l->n_columns++] = task_label(l->task)->columns[0];
    }
}

/* --- What is wrong with a row --- */

/* Declared names are no content of the file. */
static void hint_names(RowLoader *l, const Label *label) {
    const char *list = "";
    if (!label->names || label->n_columns > 1) return;
    for (int64_t i = 0; i < label->classes && i < 20; i++)
        list = arena_printf(l->diags->arena, "%s%s'%s'", list, i ? ", " : "", label->names[i]);
    diag_hint(l->diags, "the names are %s%s", list, label->classes > 20 ? ", ..." : "");
}

/* Tells of a bad row: as an error that ends the loading or, where bad rows are skipped, as a warning of the first few.
 * True when something was reported, to which notes may be added. */
static bool tell_bad(RowLoader *l, const char *code, uint32_t line, const char *what) {
    enum { MOST_TOLD = 5 };
    Pos pos = pos_in_file(l->data->file, line);
    if (!l->options->skips_bad) return diag_error(l->diags, code, pos, "%s", what), true;
    if (l->data->skipped < MOST_TOLD) diag_warning(l->diags, code, pos, "left out: %s", what);
    return false;
}

static bool bad_value(RowLoader *l, const RowValues *value, const CellProblem *problem) {
    const Label *label = value->label;
    const char *column = l->columns[value->column + problem->column];
    if (!tell_bad(l, "E0851", problem->line, arena_printf(l->diags->arena, "column '%s': %s", column, problem->what)))
        return false;
    bool numbers = label->kind == LABEL_NUMBERS;
    diag_note(l->diags, label->pos, numbers ? "the numbers are declared here" : "the label is declared here");
    hint_names(l, label);
    if (numbers)
        diag_hint(l->diags,
                  "--skip-bad-rows leaves such rows out; where the model reads '%s.given', which is 0 in a gap, cells "
                  "may be empty",
                  label->name);
    else
        diag_hint(l->diags, "--skip-bad-rows leaves such rows out; a label that rows may lack is 'optional'");
    return false;
}

/* A bad row that is kept is one without values. */
static bool keep_bad_value(RowLoader *l, RowValues *value, int64_t row, const CellProblem *problem) {
    const char *column = l->columns[value->column + problem->column];
    if (!l->options->keeps_bad) return bad_value(l, value, problem);
    table_add_problem(l->table, row, "E0851",
                      arena_printf(table_arena(l->table), "column '%s': %s", column, problem->what));
    value->count = 0;
    return row_values_add(value), true;
}

static bool lists_differ(RowLoader *l, const RowValues *value, int64_t row) {
    const char *what =
        arena_printf(l->diags->arena, "%s, but column '%s' has %s", count_text(l->tokens.n_first, "word").text,
                     value->label->columns[0], count_text(value->count, "label").text);
    if (!tell_bad(l, "E0853", table_line(l->table, row), what)) return false;
    diag_note(l->diags, value->label->pos, "the label is declared here");
    diag_hint(l->diags, "a row has one label for each of its words; an empty one, in a list, is left out; "
                        "--skip-bad-rows leaves such rows out");
    return false;
}

/* --- Rows --- */

static bool read_values(RowLoader *l, int64_t row) {
    for (int i = 0; i < l->task->n_values; i++) {
        CellProblem problem = {0};
        if (!row_values_read(&l->values[i], l->table, row, &l->pieces, l->diags->arena, &problem) &&
            !keep_bad_value(l, &l->values[i], row, &problem))
            return false;
    }
    return true;
}

/* Nothing is there to learn from, or a number to read. */
static bool lacks_value(const RowLoader *l, const RowValues *value) {
    if (!value->n_columns || value->label->may_lack) return false;
    return value->label->of >= 0 ? value->count == 0 && l->tokens.n_first > 0 : row_values_gap(value, 0) >= 0;
}

/* False: the row is to be left out, for which there may be a message. */
static bool has_values(RowLoader *l, int64_t row) {
    for (int i = 0; i < l->task->n_values; i++) {
        RowValues *value = &l->values[i];
        CellProblem lacks = {"the row has no label", 0, table_line(l->table, row)};
        if (value->label->kind == LABEL_NUMBERS) lacks.what = "the row has no number";
        if (value->n_columns > 1) lacks.column = (int)row_values_gap(value, 0);
        bool missing = lacks_value(l, value) && !(l->options->keeps_bad && table_problem(l->table, row));
        if (missing && (value->label->optional || !keep_bad_value(l, value, row, &lacks))) return false;
        bool per_word = value->label->of >= 0 && value->n_columns > 0;
        if (per_word && l->tokens.n_first != value->count) return lists_differ(l, value, row);
    }
    return true;
}

/* Of words, those that have both a token and a label; all that have a token where labels are not given. */
static void store_words(RowLoader *l, RowValues *value, Labels *labels) {
    labels->words[l->data->rows] = (int32_t)l->tokens.n_first;
    for (int64_t i = 0; i < l->tokens.n_first; i++) {
        if (!value->n_columns) row_values_add(value);
        bool given = !value->n_columns || row_values_gap(value, i) < 0;
        if (l->tokens.first[i] >= 0 && given) row_values_store(value, i, i, l->tokens.first[i], labels, l->data->rows);
    }
}

static void store_values(RowLoader *l) {
    int64_t row = l->data->rows;
    for (int i = 0; i < l->task->n_values; i++) {
        Labels *labels = &l->data->values[i];
        if (!labels->bounds) continue;
        labels->bounds[row + 1] = labels->bounds[row];
        if (l->values[i].label->of >= 0)
            store_words(l, &l->values[i], labels);
        else
            row_values_store(&l->values[i], 0, -1, 0, labels, row);
    }
}

/* Takes back what was appended. */
static void drop_row(RowLoader *l) {
    for (int i = 0; i < l->task->n_inputs; i++) {
        Sequences *in = &l->data->inputs[i];
        in->ids.count = in->segments.count = in->bounds[l->data->rows];
    }
    l->data->skipped++;
}

static bool is_labelled(const Task *task, int input) {
    for (int i = 0; i < task->n_values; i++) {
        if (task->values[i].of == input) return true;
    }
    return false;
}

/* Labels and sequences, at the end of those that there are. False: reported, and what was appended is to be dropped. */
static bool read_row(RowLoader *l, int64_t row) {
    int column = 0;
    const char *problem = l->options->skips_bad ? table_problem(l->table, row) : NULL;
    if (problem) return tell_bad(l, table_problem_code(l->table, row), table_line(l->table, row), problem), false;
    if (!read_values(l, row)) return false;
    for (int i = 0; i < l->task->n_inputs; i++) {
        const TextInput *input = &l->task->inputs[i];
        RowText text = {
            l->table, row, column, input, is_labelled(l->task, i), l->options->max_length, l->options->one_segment};
        row_tokens_append(&l->tokens, &text, l->data->rows, &l->data->inputs[i]);
        column += input->n_columns;
    }
    return has_values(l, row);
}

/* False after an error. */
static bool append_row(RowLoader *l, int64_t row) {
    row_tokens_next(&l->tokens);
    int errors = l->diags->errors;
    if (!read_row(l, row)) return drop_row(l), l->diags->errors == errors;
    store_values(l);
    l->data->lines[l->data->rows] = table_line(l->table, row);
    if (l->data->table_rows) l->data->table_rows[l->data->rows] = row;
    l->data->cut += l->tokens.cut;
    l->data->unknown += l->tokens.unknown;
    l->data->rows++;
    return true;
}

static int64_t *new_bounds(int64_t rows) { return memory_new((size_t)rows + 2, sizeof(int64_t)); }

static void allocate_rows(RowLoader *l, int64_t rows) {
    l->data->lines = memory_new((size_t)rows + 1, sizeof *l->data->lines);
    if (l->data->table) l->data->table_rows = memory_new((size_t)rows + 1, sizeof *l->data->table_rows);
    for (int i = 0; i < l->task->n_inputs; i++) {
        l->data->inputs[i].bounds = new_bounds(rows);
        if (l->task->inputs[i].window) l->data->inputs[i].windows = new_bounds(rows);
    }
    for (int i = 0; i < l->task->n_values; i++) {
        LabelKind kind = l->task->values[i].kind;
        if (kind == LABEL_NONE || kind == LABEL_MASKED) continue;
        l->data->values[i].bounds = new_bounds(rows);
        l->data->values[i].words = memory_new((size_t)rows + 1, sizeof *l->data->values[i].words);
    }
}

/* [rows]: those that the wanted part has, for the caller to free; NULL: all. */
static bool *choose_rows(const RowLoader *l, int64_t rows) {
    if (!dataset_is_split(l->task, l->options)) return NULL;
    bool *chosen = memory_new((size_t)rows + 1, sizeof *chosen);
    split_rows(&l->task->split, l->table, l->split, l->options->split, l->options->fold, chosen);
    return chosen;
}

static bool read_rows(RowLoader *l) {
    int64_t rows = table_rows(l->table), limit = l->options->limit ? l->options->limit : rows;
    bool *chosen = choose_rows(l, rows), good = true;
    allocate_rows(l, rows);
    for (int64_t row = 0; good && row < rows && l->data->rows < limit; row++)
        good = (chosen && !chosen[row]) || append_row(l, row);
    free(chosen);
    if (!good) return false;
    if (l->data->rows || l->options->text) return true;
    return diag_error(l->diags, "E0852", pos_in_file(l->data->file, 0), "task '%s' finds no rows in it", l->task->name);
}

static bool check_mask(RowLoader *l) {
    for (int i = 0; i < l->task->n_values; i++) {
        const Label *label = &l->task->values[i];
        if (label->kind != LABEL_MASKED || tokenizer_specials(l->options->tokenizer).mask >= 0) continue;
        diag_error(l->diags, "E0854", label->pos, "the tokenizer has no mask token to hide tokens with");
        diag_hint(l->diags, "take a tokenizer that has one: a vocab.txt with the line [MASK], or a "
                            "tokenizer_config.json that says \"mask_token\"");
        return false;
    }
    return true;
}

TableFormat dataset_format(const Task *task) {
    return (TableFormat){.word = task->data_format,
                         .quoted = task->quoting == QUOTING_QUOTED,
                         .header = task->data_columns,
                         .n_header = task->n_data_columns};
}

static bool check_windows(const RowLoader *l) {
    for (int i = 0; i < l->task->n_inputs; i++) {
        const TextInput *input = &l->task->inputs[i];
        if (!row_tokens_check(l->options->tokenizer, input, l->options->max_length, l->diags)) return false;
        if (input->window <= l->options->max_length) continue;
        diag_error(l->diags, "E0414", input->window_pos, "windows of %s are longer than sequences may be, %lld",
                   count_text(input->window, "token").text, (long long)l->options->max_length);
        diag_hint(l->diags, "make them shorter here; the limit is the model's positions, or --max-length");
        return false;
    }
    return true;
}

static Table *open_table(RowLoader *l, const char *path) {
    TableFormat format = dataset_format(l->task);
    if (l->options->format) format = *l->options->format;
    format.keeps_bad = l->options->keeps_bad || l->options->skips_bad;
    format.keeps_blank = !l->options->needs_labels;
    if (l->options->text) return table_parse(l->options->text, format, l->columns, l->n_columns, l->diags);
    return table_read(path, format, l->columns, l->n_columns, l->options->memory, l->diags);
}

static void loader_close(RowLoader *l) {
    if (l->table && (!l->data || l->data->table != l->table)) table_free(l->table);
    row_tokens_end(&l->tokens);
    pieces_free(&l->pieces);
    for (int i = 0; i < l->task->n_values; i++) row_values_free(&l->values[i]);
}

static bool check_fold(const RowLoader *l) {
    const Split *split = &l->task->split;
    if (!dataset_is_split(l->task, l->options) || !split->folds || l->options->fold < split->folds) return true;
    diag_error(l->diags, "E0412", split->pos, "there is no fold %lld of task '%s'", (long long)l->options->fold,
               l->task->name);
    diag_hint(l->diags, "its folds are 0 to %lld", (long long)split->folds - 1);
    return false;
}

Dataset *dataset_load(const Task *task, const DatasetOptions *options, Diagnostics *diags) {
    RowLoader l = {.task = task, .options = options, .diags = diags};
    const char *path = !check_mask(&l) || !check_fold(&l) || !check_windows(&l) ? NULL
                       : options->text                                          ? options->text->name
                                                                                : dataset_path(task, options, diags);
    if (!path) return NULL;
    collect_columns(&l);
    collect_kept(&l);
    collect_split(&l);
    l.table = open_table(&l, path);
    if (!l.table) return NULL;
    l.data = memory_new(1, sizeof *l.data);
    *l.data = (Dataset){.task = task, .labelled = options->needs_labels, .tokenizer = options->tokenizer};
    if (options->text || options->n_keep || options->keeps_bad) l.data->table = l.table, l.data->kept = l.kept;
    l.data->file = diagnostics_file(diags, path, NULL);
    row_tokens_begin(&l.tokens, options->tokenizer);
    bool good = read_rows(&l);
    loader_close(&l);
    if (!good) {
        dataset_free(l.data);
        return NULL;
    }
    l.data->id = dataset_id(l.data);
    return l.data;
}

void dataset_free(Dataset *data) {
    if (!data) return;
    for (int i = 0; i < MAX_TEXTS; i++) {
        token_ids_free(&data->inputs[i].ids);
        token_ids_free(&data->inputs[i].segments);
        free(data->inputs[i].bounds);
        free(data->inputs[i].windows);
        free(data->inputs[i].window_bounds);
    }
    for (int i = 0; i < MAX_VALUES; i++) {
        free(data->values[i].bounds);
        free(data->values[i].at);
        free(data->values[i].word);
        free(data->values[i].words);
        free(data->values[i].values);
    }
    free(data->lines);
    free(data->table_rows);
    table_free(data->table);
    free(data);
}

int64_t dataset_tokens_of(const Dataset *data, const int64_t *rows, int64_t count) {
    int64_t tokens = 0;
    for (int64_t i = 0; i < count; i++) tokens += dataset_tokens(data, rows[i]);
    return tokens;
}

int64_t dataset_tokens(const Dataset *data, int64_t row) {
    int64_t tokens = 0;
    for (int i = 0; i < data->task->n_inputs; i++) {
        tokens += data->inputs[i].bounds[row + 1] - data->inputs[i].bounds[row];
    }
    return tokens;
}
