/* Data set: finding the file, reading its columns, tokenising, checking labels. */
#include "runtime/dataset.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/table_reader.h"

enum { LABEL_COLUMN_MISSING = -1 };

typedef struct Loader {
    const Task *task;
    const DatasetOptions *options;
    Diagnostics *diags;
    Dataset *data;
    Table *table;
    const char *columns[8];
    int n_columns, label_column;
    TokenIds text[2]; /* of the row at hand */
} Loader;

/* "sst/ids-sst-{split}.csv" with the split filled in. */
static const char *fill_split(Arena *arena, const char *pattern, const char *split) {
    const char *brace = strstr(pattern, "{split}");
    if (!brace) return pattern;
    return arena_printf(arena, "%.*s%s%s", (int)(brace - pattern), pattern, split, brace + strlen("{split}"));
}

/* The file below the folder as it is named, or its last part in the folder; NULL: neither is there. */
static const char *file_in(Arena *arena, const char *folder, const char *name) {
    const char *slash = strrchr(name, '/');
    const char *whole = arena_printf(arena, "%s/%s", folder, name);
    if (access(whole, F_OK) == 0) return whole;
    const char *last = arena_printf(arena, "%s/%s", folder, slash ? slash + 1 : name);
    return access(last, F_OK) == 0 ? last : NULL;
}

/* The task's file in the first folder that has it. */
static const char *find_file(Loader *l) {
    static const char *const here[] = {"."};
    const DatasetOptions *o = l->options;
    Arena *arena = l->diags->arena;
    if (o->path) return o->path;
    const char *name = fill_split(arena, l->task->data, o->split), *tried = "";
    const char *const *folders = o->n_folders ? o->folders : here;
    for (int i = 0; i < (o->n_folders ? o->n_folders : 1); i++) {
        const char *found = file_in(arena, folders[i], name);
        if (found) return found;
        tried = arena_printf(arena, "%s%s%s", tried, i ? " or " : "", folders[i]);
    }
    diag_error(l->diags, "E0850", l->task->data_pos, "task '%s' has no file %s in %s", l->task->name, name, tried);
    diag_hint(l->diags, "give the folder that holds it with --data, or change the task's data line");
    return NULL;
}

static void collect_columns(Loader *l) {
    for (int i = 0; i < l->task->n_inputs; i++) {
        const TextInput *input = &l->task->inputs[i];
        for (int j = 0; j < input->n_columns; j++) l->columns[l->n_columns++] = input->columns[j];
    }
    l->label_column = LABEL_COLUMN_MISSING;
    if (!l->options->needs_labels) return;
    l->label_column = l->n_columns;
    l->columns[l->n_columns++] = l->task->label.name;
}

static bool bad_label(Loader *l, int64_t row, const char *what) {
    diag_error(l->diags, "E0851", pos_in_file(l->data->file, table_line(l->table, row)), "column '%s': %s",
               l->task->label.name, what);
    diag_note(l->diags, l->task->label.pos, "the label is declared here");
    return false;
}

/* A number inside the declared range. An empty cell is no label: NaN. */
static bool read_label(Loader *l, int64_t row, double *value) {
    const Label *label = &l->task->label;
    const char *cell = table_cell(l->table, row, l->label_column, NULL);
    *value = NAN;
    if (!*cell) return true;
    char *end;
    *value = strtod(cell, &end);
    while (*end == ' ') end++;
    if (*end || !isfinite(*value)) return bad_label(l, row, "the label is not a number");
    if (label->kind == LABEL_REAL) {
        bool inside = *value >= label->lowest && *value <= label->highest;
        const char *range = arena_printf(l->diags->arena, "the label is outside %g .. %g", label->lowest, label->highest);
        return inside || bad_label(l, row, range);
    }
    bool is_class = *value == floor(*value) && *value >= 0 && *value < (double)label->classes;
    const char *range = arena_printf(l->diags->arena, "the label is not a class from 0 to %" PRId64, label->classes - 1);
    return is_class || bad_label(l, row, range);
}

/* Appends the sequence of one text input; counts it when it had to be cut. */
static bool append_input(Loader *l, int64_t row, int index, int column) {
    const TextInput *input = &l->task->inputs[index];
    const Tokenizer *tokenizer = l->options->tokenizer;
    int64_t wanted = 1;
    for (int j = 0; j < input->n_columns; j++) {
        size_t length;
        const char *text = table_cell(l->table, row, column + j, &length);
        l->text[j].count = 0;
        tokenizer_encode(tokenizer, text, length, &l->text[j]);
        wanted += l->text[j].count + 1;
    }
    Sequences *to = &l->data->inputs[index];
    const TokenIds *second = input->n_columns == 2 ? &l->text[1] : NULL;
    int64_t got = tokenizer_assemble(tokenizer, &l->text[0], second, l->options->max_length, &to->ids, &to->segments);
    to->bounds[l->data->rows + 1] = to->ids.count;
    return got < wanted;
}

static void append_row(Loader *l, int64_t row, double label) {
    bool cut = false;
    int column = 0;
    for (int i = 0; i < l->task->n_inputs; i++) {
        cut |= append_input(l, row, i, column);
        column += l->task->inputs[i].n_columns;
    }
    l->data->labels[l->data->rows] = label;
    l->data->lines[l->data->rows] = table_line(l->table, row);
    l->data->cut += cut;
    l->data->rows++;
}

static void allocate_rows(Loader *l, int64_t rows) {
    l->data->labels = calloc((size_t)rows + 1, sizeof *l->data->labels);
    l->data->lines = calloc((size_t)rows + 1, sizeof *l->data->lines);
    bool good = l->data->labels && l->data->lines;
    for (int i = 0; i < l->task->n_inputs; i++) {
        l->data->inputs[i].bounds = calloc((size_t)rows + 1, sizeof(int64_t));
        good &= l->data->inputs[i].bounds != NULL;
    }
    if (!good) abort();
}

static bool read_rows(Loader *l) {
    int64_t rows = table_rows(l->table), limit = l->options->limit ? l->options->limit : rows;
    allocate_rows(l, rows);
    for (int64_t row = 0; row < rows && l->data->rows < limit; row++) {
        double label = NAN;
        if (l->label_column >= 0 && !read_label(l, row, &label)) return false;
        if (l->label_column >= 0 && isnan(label)) l->data->skipped++;
        else append_row(l, row, label);
    }
    if (l->data->rows) return true;
    return diag_error(l->diags, "E0852", pos_in_file(l->data->file, 0), "task '%s' finds no rows in it", l->task->name);
}

Dataset *dataset_load(const Task *task, const DatasetOptions *options, Diagnostics *diags) {
    Loader l = {.task = task, .options = options, .diags = diags};
    const char *path = find_file(&l);
    if (!path) return NULL;
    collect_columns(&l);
    TableFormat format = {.json_lines = task->separator == 0, .separator = task->separator, .quoted = task->quoted};
    l.table = table_read(path, format, l.columns, l.n_columns, diags);
    if (!l.table) return NULL;
    l.data = calloc(1, sizeof *l.data);
    if (!l.data) abort();
    l.data->task = task;
    l.data->file = diagnostics_file(diags, path, NULL);
    bool good = read_rows(&l);
    table_free(l.table);
    for (int i = 0; i < 2; i++) token_ids_free(&l.text[i]);
    if (good) return l.data;
    dataset_free(l.data);
    return NULL;
}

void dataset_free(Dataset *data) {
    if (!data) return;
    for (int i = 0; i < 2; i++) {
        token_ids_free(&data->inputs[i].ids);
        token_ids_free(&data->inputs[i].segments);
        free(data->inputs[i].bounds);
    }
    free(data->labels);
    free(data->lines);
    free(data);
}

int64_t dataset_tokens(const Dataset *data, int64_t row) {
    int64_t tokens = 0;
    for (int i = 0; i < data->task->n_inputs; i++) {
        tokens += data->inputs[i].bounds[row + 1] - data->inputs[i].bounds[row];
    }
    return tokens;
}
