/* Survey: the format from the first line, the label's kind from all of its cells. */
#include "runtime/data/survey.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/pattern.h"
#include "runtime/data/cells.h"
#include "runtime/data/classes.h"
#include "runtime/files/read_file.h"

enum { MOST_NUMBERS = 20, MOST_CLASSES = 200 };

typedef struct Surveyor {
    const SurveyOptions *options;
    Arena *arena;
    Diagnostics *diags;
    Survey *survey;
    TableText text;
    Table *table;
    const char *columns[4]; /* the texts, the label, the group */
    int n_columns;
    int64_t numbers, fractions; /* labels that are numbers, and no whole ones */
    double seen[MOST_NUMBERS + 1];
    int n_seen;
} Surveyor;

/* --- The format --- */

static size_t count_in(const char *text, size_t size, char wanted) {
    size_t count = 0;
    for (size_t i = 0; i < size; i++) count += text[i] == wanted;
    return count;
}

/* Does a field begin with a quote? */
static bool has_quotes(const char *text, size_t size, char separator) {
    for (size_t i = 0; i < size; i++) {
        bool begins = i == 0 || text[i - 1] == separator || text[i - 1] == '\n';
        if (begins && text[i] == '"') return true;
    }
    return false;
}

static size_t first_line(const TableText *text) {
    const char *end = memchr(text->bytes, '\n', text->size);
    return end ? (size_t)(end - text->bytes) + 1 : text->size;
}

static TableFormat guess_format(const TableText *text) {
    size_t line = first_line(text);
    const char *name = text->name;
    bool is_json = pattern_matches("*.jsonl", name) || pattern_matches("*.jsonl.gz", name) ||
                   pattern_matches("*.ndjson", name) || (text->size && *text->bytes == '{');
    if (is_json) return (TableFormat){.kind = DATA_JSONL};
    char separator = count_in(text->bytes, line, '\t') > 0 ? '\t' : ',';
    bool quoted = separator == ',' || has_quotes(text->bytes, text->size, separator);
    return (TableFormat){.kind = DATA_TABLE, .separator = separator, .quoted = quoted};
}

/* --- Columns --- */

/* "2" is the second column, where none is called so. */
static const char *resolve(const Surveyor *s, const char *const *header, int count, const char *column) {
    char *end;
    long number = strtol(column, &end, 10);
    for (int i = 0; i < count; i++) {
        if (strcmp(header[i], column) == 0) return column;
    }
    return *column && !*end && number >= 1 && number <= count ? arena_strdup(s->arena, header[number - 1]) : column;
}

static void choose_columns(Surveyor *s) {
    const SurveyOptions *o = s->options;
    TableText line = {.bytes = s->text.bytes, .size = first_line(&s->text), .name = s->text.name, .line = 1};
    Diagnostics *own = diagnostics_new(); /* what is wrong with it the reading of the whole tells */
    bool named = s->survey->format.kind == DATA_TABLE;
    Table *top = named ? table_parse(&line, s->survey->format, NULL, 0, own) : NULL;
    int count = 0;
    const char *const *header = top ? table_header(top, &count) : NULL;
    for (int i = 0; i < o->n_texts; i++)
        s->columns[s->n_columns++] = s->survey->texts[i] = resolve(s, header, count, o->texts[i]);
    s->columns[s->n_columns++] = s->survey->label = resolve(s, header, count, o->label);
    if (o->group) s->columns[s->n_columns++] = s->survey->group = resolve(s, header, count, o->group);
    table_free(top);
    diagnostics_free(own);
}

/* --- Labels --- */

static bool no_label(Surveyor *s, const char *what, const char *hint) {
    diag_error(s->diags, "E0986", pos_in_file(diagnostics_file(s->diags, s->options->path, NULL), 0), "column '%s' %s",
               s->survey->label, what);
    diag_hint(s->diags, "%s", hint);
    return false;
}

static void see_number(Surveyor *s, double value) {
    s->numbers++;
    s->fractions += value != floor(value);
    s->survey->lowest = fmin(s->survey->lowest, value);
    s->survey->highest = fmax(s->survey->highest, value);
    for (int i = 0; i < s->n_seen; i++) {
        if (s->seen[i] == value) return;
    }
    if (s->n_seen <= MOST_NUMBERS) s->seen[s->n_seen++] = value;
}

static bool see_label(Surveyor *s, int64_t row) {
    char *end;
    int column = s->options->n_texts;
    if (table_items(s->table, row, column) >= 0)
        return no_label(s, "has lists", "labels of words and several flags are written by hand: see docs/language.md");
    const char *cell = table_cell(s->table, row, column, NULL);
    cell += strspn(cell, " ");
    double value = strtod(cell, &end);
    if (!*cell)
        s->survey->unlabelled++;
    else if (end != cell && !end[strspn(end, " ")] && isfinite(value))
        see_number(s, value);
    return true;
}

/* Names and counts, by the code that reads classes for the language. */
static bool take_classes(Surveyor *s) {
    Survey *survey = s->survey;
    int column = s->options->n_texts;
    const Task task = {
        .label = {
            .name = survey->label, .kind = LABEL_CLASS, .of = -1, .columns = &s->columns[column], .n_columns = 1}};
    const ClassCounts *counts =
        classes_of_table(&task, s->table, column, diagnostics_file(s->diags, s->options->path, NULL), true, s->diags);
    if (!counts) return false;
    survey->names = counts->names, survey->counts = counts->counts, survey->classes = counts->classes;
    if (counts->classes <= MOST_CLASSES) return true;
    return no_label(s,
                    arena_printf(s->arena, "has %lld different texts: it names no classes", (long long)counts->classes),
                    "choose the column of labels; a numeric label must be a number in every row");
}

static bool survey_labels(Surveyor *s) {
    Survey *survey = s->survey;
    survey->lowest = INFINITY, survey->highest = -INFINITY;
    for (int64_t row = 0; row < survey->rows; row++) {
        if (!see_label(s, row)) return false;
    }
    int64_t labelled = survey->rows - survey->unlabelled;
    survey->is_real = labelled > 0 && s->numbers == labelled && (s->fractions || s->n_seen > MOST_NUMBERS);
    if (survey->is_real && survey->lowest < survey->highest) return true;
    survey->is_real = false;
    return take_classes(s) &&
           (survey->classes > 1 ||
            no_label(s, "has a single class", "there is nothing to learn from it: choose another column"));
}

/* --- Lengths --- */

static int64_t count_words(const char *text) {
    int64_t words = 0;
    for (; *text; text += strcspn(text, " \t\r\n")) {
        text += strspn(text, " \t\r\n");
        words += *text != 0;
    }
    return words;
}

/* With [CLS] and a [SEP] behind each text. */
static int64_t row_length(Surveyor *s, int64_t row, TokenIds *ids) {
    int64_t length = s->options->tokenizer ? 1 + s->options->n_texts : 0;
    ids->count = 0;
    for (int column = 0; column < s->options->n_texts; column++) {
        if (table_items(s->table, row, column) >= 0) continue;
        size_t bytes;
        const char *text = table_cell(s->table, row, column, &bytes);
        if (s->options->tokenizer)
            tokenizer_encode(s->options->tokenizer, text, bytes, ids);
        else
            length += count_words(text);
    }
    return length + ids->count;
}

static int by_length(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void survey_lengths(Surveyor *s) {
    TokenIds ids = {0};
    Survey *survey = s->survey;
    survey->lengths = arena_array(s->arena, (size_t)survey->rows + 1, sizeof *survey->lengths);
    for (int64_t row = 0; row < survey->rows; row++) survey->lengths[row] = row_length(s, row, &ids);
    qsort(survey->lengths, (size_t)survey->rows, sizeof *survey->lengths, by_length);
    token_ids_free(&ids);
}

int64_t survey_length(const Survey *survey, double share) {
    int64_t at = (int64_t)ceil(share * (double)survey->rows) - 1;
    return survey->lengths[at < 0 ? 0 : at];
}

double survey_longer(const Survey *survey, int64_t length) {
    int64_t longer = 0;
    while (longer < survey->rows && survey->lengths[survey->rows - 1 - longer] > length) longer++;
    return (double)longer / (double)survey->rows;
}

static bool survey_all(Surveyor *s) {
    s->survey->format = guess_format(&s->text);
    s->survey->format.keeps_bad = true;
    choose_columns(s);
    s->table = table_parse(&s->text, s->survey->format, s->columns, s->n_columns, s->diags);
    if (!s->table) return false;
    s->survey->rows = table_rows(s->table);
    if (!s->survey->rows)
        return diag_error(s->diags, "E0852", pos_in_file(diagnostics_file(s->diags, s->options->path, NULL), 0),
                          "the file has no rows");
    if (!survey_labels(s)) return false;
    survey_lengths(s);
    return true;
}

const Survey *survey_table(const SurveyOptions *options, Arena *arena, Diagnostics *diags) {
    Surveyor s = {.options = options, .arena = arena, .diags = diags, .text = {.name = options->path, .line = 1}};
    char *bytes = read_file(options->path, &s.text.size, diags);
    if (!bytes) return NULL;
    s.text.bytes = bytes;
    s.survey = arena_alloc(arena, sizeof *s.survey);
    *s.survey = (Survey){0};
    bool good = survey_all(&s);
    table_free(s.table);
    free(bytes);
    return good ? s.survey : NULL;
}
