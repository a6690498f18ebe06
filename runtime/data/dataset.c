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
#include "runtime/data/row_tokens.h"
#include "runtime/data/split.h"

enum { LABEL_COLUMN_MISSING = -1 };

typedef struct RowLoader {
    const Task *task;
    const DatasetOptions *options;
    Diagnostics *diags;
    Dataset *data;
    Table *table;
    const char **columns;
    int n_columns, label_column, kept; /* the label's first one; the first of those kept besides */
    SplitColumns split;
    /* Of the row at hand. */
    RowTokens tokens;
    Pieces tags;
    double *values; /* [labels, width]: read from the label's cells, before it is known which have a token */
    int64_t n_values, values_capacity; /* labels */
} RowLoader;

static void collect_columns(RowLoader *l) {
    const Label *label = &l->task->label;
    l->columns = arena_array(l->diags->arena, 7 + (size_t)(label->n_columns + l->options->n_keep), sizeof *l->columns);
    for (int i = 0; i < l->task->n_inputs; i++) {
        const TextInput *input = &l->task->inputs[i];
        for (int j = 0; j < input->n_columns; j++) l->columns[l->n_columns++] = input->columns[j];
    }
    l->label_column = LABEL_COLUMN_MISSING;
    if (!l->options->needs_labels || label->n_columns == 0) return;
    l->label_column = l->n_columns;
    for (int i = 0; i < label->n_columns; i++) l->columns[l->n_columns++] = label->columns[i];
}

static void collect_kept(RowLoader *l) {
    l->kept = l->n_columns;
    for (int i = 0; i < l->options->n_keep; i++) l->columns[l->n_columns++] = l->options->keep[i];
}

/* The texts are the first columns of all. */
static void collect_split(RowLoader *l) {
    const Split *split = &l->task->split;
    int texts = 0;
    if (!dataset_is_split(l->task, l->options)) return;
    for (int i = 0; i < l->task->n_inputs; i++) texts += l->task->inputs[i].n_columns;
    l->split = (SplitColumns){.first = 0, .count = texts};
    if (split->group) {
        l->split = (SplitColumns){.first = l->n_columns, .count = 1};
        l->columns[l->n_columns++] = split->group;
    }
    if (split->stratified) {
        l->split.label = l->n_columns;
        l->columns[l->n_columns++] = l->task->label.columns[0];
    }
}

/* --- Labels: from cells to `values` --- */

/* Declared names are no content of the file. */
static void hint_names(RowLoader *l) {
    const Label *label = &l->task->label;
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

static bool bad_label(RowLoader *l, uint32_t line, int column, const char *what) {
    if (!tell_bad(l, "E0851", line,
                  arena_printf(l->diags->arena, "column '%s': %s", l->task->label.columns[column], what)))
        return false;
    diag_note(l->diags, l->task->label.pos, "the label is declared here");
    hint_names(l);
    diag_hint(l->diags, "--skip-bad-rows leaves such rows out; a label that rows may lack is 'optional'");
    return false;
}

static double *new_value(RowLoader *l) {
    int64_t width = l->task->label.width;
    l->values = memory_grow(l->values, &l->values_capacity, l->n_values + 1, (size_t)width * sizeof *l->values);
    double *value = l->values + l->n_values++ * width;
    for (int64_t i = 0; i < width; i++) value[i] = NAN;
    return value;
}

static bool read_sequence_label(RowLoader *l, int64_t row) {
    const Label *label = &l->task->label;
    Arena *arena = l->diags->arena;
    double *value = new_value(l);
    const char *problem = NULL;
    int column = 0;
    if (l->label_column < 0) return true;
    bool is_list = table_items(l->table, row, l->label_column) >= 0;
    if (label->n_columns > 1)
        problem = flags_from_columns(label, l->table, row, l->label_column, value, &column);
    else if (is_list && label->kind != LABEL_FLAGS)
        problem = "a list cannot label a whole text";
    else if (is_list) {
        cell_pieces(l->table, row, l->label_column, "", &l->tags);
        problem = flags_from_pieces(label, &l->tags, value, arena);
    } else
        problem = label_from_piece(label, cell_piece(l->table, row, l->label_column), value, arena);
    return !problem || bad_label(l, table_line(l->table, row), column, problem);
}

/* One for each word; words are between blanks where the file has no lists. */
static bool read_word_labels(RowLoader *l, int64_t row) {
    if (l->label_column < 0) return true;
    cell_pieces(l->table, row, l->label_column, " ", &l->tags);
    for (int64_t i = 0; i < l->tags.count; i++) {
        const char *problem = label_from_piece(&l->task->label, l->tags.items[i], new_value(l), l->diags->arena);
        if (problem) return bad_label(l, table_item_line(l->table, row, i), 0, problem);
    }
    return true;
}

static bool read_labels(RowLoader *l, int64_t row) {
    const Label *label = &l->task->label;
    l->n_values = 0;
    if (label->kind == LABEL_NONE || label->kind == LABEL_MASKED) return true;
    return label->of >= 0 ? read_word_labels(l, row) : read_sequence_label(l, row);
}

/* Nothing is there to learn from. */
static bool is_unlabelled(const RowLoader *l) {
    const Label *label = &l->task->label;
    if (l->label_column < 0) return false;
    return label->of >= 0 ? l->n_values == 0 && l->tokens.n_first > 0 : isnan(l->values[0]);
}

/* --- Rows --- */

/* `word` is -1 of a sequence's label. */
static void store_label(RowLoader *l, int64_t word, const double *value) {
    Labels *labels = &l->data->labels;
    int64_t width = l->task->label.width, count = labels->bounds[l->data->rows + 1]++;
    int64_t values = labels->capacity, at = values, words = values;
    labels->values = memory_grow(labels->values, &values, count + 1, (size_t)width * sizeof *labels->values);
    memcpy(labels->values + count * width, value, (size_t)width * sizeof *value);
    if (word >= 0) {
        labels->at = memory_grow(labels->at, &at, count + 1, sizeof *labels->at);
        labels->word = memory_grow(labels->word, &words, count + 1, sizeof *labels->word);
        labels->at[count] = l->tokens.first[word];
        labels->word[count] = (int32_t)word;
    }
    labels->capacity = values;
}

/* Of words, those that have both a token and a label; all that have a token where labels are not given. */
static void store_labels(RowLoader *l) {
    Labels *labels = &l->data->labels;
    int64_t width = l->task->label.width;
    if (!labels->bounds) return;
    labels->bounds[l->data->rows + 1] = labels->bounds[l->data->rows];
    if (l->task->label.of < 0)
        store_label(l, -1, l->values);
    else
        labels->words[l->data->rows] = (int32_t)l->tokens.n_first;
    for (int64_t i = 0; l->task->label.of >= 0 && i < l->tokens.n_first; i++) {
        if (l->label_column < 0) new_value(l);
        bool given = l->label_column < 0 || !isnan(l->values[i * width]);
        if (l->tokens.first[i] >= 0 && given) store_label(l, i, l->values + i * width);
    }
}

static bool lists_differ(RowLoader *l, int64_t row) {
    const char *what =
        arena_printf(l->diags->arena, "%s, but column '%s' has %s", count_text(l->tokens.n_first, "word").text,
                     l->task->label.columns[0], count_text(l->n_values, "label").text);
    if (!tell_bad(l, "E0853", table_line(l->table, row), what)) return false;
    diag_note(l->diags, l->task->label.pos, "the label is declared here");
    diag_hint(l->diags, "a row has one label for each of its words; an empty one, in a list, is left out; "
                        "--skip-bad-rows leaves such rows out");
    return false;
}

/* Takes back what was appended. */
static void drop_row(RowLoader *l) {
    for (int i = 0; i < l->task->n_inputs; i++) {
        Sequences *in = &l->data->inputs[i];
        in->ids.count = in->segments.count = in->bounds[l->data->rows];
    }
    l->data->skipped++;
}

/* Labels and sequences, at the end of those that there are. False: reported, and what was appended is to be dropped. */
static bool read_row(RowLoader *l, int64_t row) {
    int column = 0;
    uint32_t line = table_line(l->table, row);
    const char *problem = l->options->skips_bad ? table_problem(l->table, row) : NULL;
    if (problem) return tell_bad(l, table_problem_code(l->table, row), line, problem), false;
    if (!read_labels(l, row)) return false;
    for (int i = 0; i < l->task->n_inputs; i++) {
        const TextInput *input = &l->task->inputs[i];
        RowText text = {
            l->table, row, column, input, l->task->label.of == i, l->options->max_length, l->options->one_segment};
        row_tokens_append(&l->tokens, &text, l->data->rows, &l->data->inputs[i]);
        column += input->n_columns;
    }
    if (is_unlabelled(l)) return !l->task->label.optional && bad_label(l, line, 0, "the row has no label");
    return l->task->label.of < 0 || l->label_column < 0 || l->tokens.n_first == l->n_values || lists_differ(l, row);
}

/* False after an error. */
static bool append_row(RowLoader *l, int64_t row) {
    row_tokens_next(&l->tokens);
    int errors = l->diags->errors;
    if (!read_row(l, row)) return drop_row(l), l->diags->errors == errors;
    store_labels(l);
    l->data->lines[l->data->rows] = table_line(l->table, row);
    if (l->data->table_rows) l->data->table_rows[l->data->rows] = row;
    l->data->cut += l->tokens.cut;
    l->data->unknown += l->tokens.unknown;
    l->data->rows++;
    return true;
}

static int64_t *new_bounds(int64_t rows) { return memory_new((size_t)rows + 2, sizeof(int64_t)); }

static void allocate_rows(RowLoader *l, int64_t rows) {
    LabelKind kind = l->task->label.kind;
    l->data->lines = memory_new((size_t)rows + 1, sizeof *l->data->lines);
    if (l->data->table) l->data->table_rows = memory_new((size_t)rows + 1, sizeof *l->data->table_rows);
    for (int i = 0; i < l->task->n_inputs; i++) {
        l->data->inputs[i].bounds = new_bounds(rows);
        if (l->task->inputs[i].window) l->data->inputs[i].windows = new_bounds(rows);
    }
    if (kind == LABEL_NONE || kind == LABEL_MASKED) return;
    l->data->labels.bounds = new_bounds(rows);
    l->data->labels.words = memory_new((size_t)rows + 1, sizeof *l->data->labels.words);
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
    bool good = l->task->label.kind != LABEL_MASKED || tokenizer_specials(l->options->tokenizer).mask >= 0;
    if (good) return true;
    diag_error(l->diags, "E0854", l->task->label.pos, "the tokenizer has no mask token to hide tokens with");
    diag_hint(l->diags, "take a tokenizer that has one: a vocab.txt with the line [MASK], or a tokenizer_config.json "
                        "that says \"mask_token\"");
    return false;
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
        if (!row_tokens_check(l->options->tokenizer, input, l->diags)) return false;
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
    pieces_free(&l->tags);
    free(l->values);
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
    for (int i = 0; i < 2; i++) {
        token_ids_free(&data->inputs[i].ids);
        token_ids_free(&data->inputs[i].segments);
        free(data->inputs[i].bounds);
        free(data->inputs[i].windows);
        free(data->inputs[i].window_bounds);
    }
    free(data->labels.bounds);
    free(data->labels.at);
    free(data->labels.word);
    free(data->labels.words);
    free(data->labels.values);
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
