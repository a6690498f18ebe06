/* Survey: reads the table once without and, where need be, once with names for its columns. */
#include "runtime/data/survey.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"
#include "runtime/data/cells.h"
#include "runtime/data/classes.h"
#include "runtime/data/split.h"
#include "runtime/data/table_guess.h"
#include "runtime/files/read_file.h"

enum { FEW_NUMBERS = 20, MOST_CLASSES = 200 };

/* A label that is a number, and how often. */
typedef struct Seen {
    double value;
    int64_t count;
} Seen;

typedef struct Surveyor {
    const SurveyOptions *options;
    Arena *arena;
    Diagnostics *diags;
    Survey *survey;
    TableText text;
    Table *table;
    const char *columns[4 + SURVEY_NUMBERS]; /* the texts, the label, the group, the numbers */
    int n_columns;
    bool by_number;             /* all of them are given by their numbers */
    int64_t numbers, fractions; /* labels that are numbers, and no whole ones */
    Seen seen[MOST_CLASSES + 1];
    int n_seen;
    TokenizerWork *work; /* NULL: lengths are in words */
} Surveyor;

static const SourceFile *file_of(const Surveyor *s) { return diagnostics_file(s->diags, s->options->path, NULL); }

/* --- Columns --- */

/* "2" is the second column, where none is called so. */
static const char *resolve(Surveyor *s, const char *const *header, int count, const char *column) {
    char *end;
    const char *name = NULL;
    long number = strtol(column, &end, 10);
    for (int i = 0; i < count; i++) {
        if (strcmp(header[i], column) == 0) name = column;
    }
    bool numbered = *column && !*end && number >= 1 && number <= count;
    if (!name && numbered) name = header[number - 1];
    s->by_number &= numbered;
    return name ? name : column;
}

static void choose_columns(Surveyor *s, const char *const *header, int count) {
    const SurveyOptions *o = s->options;
    s->by_number = true;
    s->n_columns = 0;
    for (int i = 0; i < o->n_texts; i++)
        s->columns[s->n_columns++] = s->survey->texts[i] = resolve(s, header, count, o->texts[i]);
    s->columns[s->n_columns++] = s->survey->label = resolve(s, header, count, o->label);
    if (o->group) s->columns[s->n_columns++] = s->survey->group = resolve(s, header, count, o->group);
    for (int i = 0; i < o->n_numbers; i++)
        s->columns[s->n_columns++] = s->survey->numbers[i].column = resolve(s, header, count, o->numbers[i]);
}

/* The header, of what has one; in the arena. */
static const char *const *read_header(const Surveyor *s, int *count) {
    Diagnostics *unheard = diagnostics_new(); /* what is wrong with it the reading of the whole tells */
    Table *top = table_parse(&s->text, s->survey->format, NULL, 0, unheard);
    *count = 0;
    const char *const *names = top ? table_header(top, count) : NULL;
    const char **copy = arena_array(s->arena, (size_t)*count + 1, sizeof *copy);
    for (int i = 0; i < *count; i++) copy[i] = arena_strdup(s->arena, names[i]);
    table_free(top);
    diagnostics_free(unheard);
    return copy;
}

static bool read_table(Surveyor *s) {
    table_free(s->table);
    s->table = table_parse(&s->text, s->survey->format, s->columns, s->n_columns, s->diags);
    if (s->table) return true;
    const Diagnostic *last = &s->diags->list.items[0];
    if (s->diags->list.count && last->code && strcmp(last->code, "E0810") == 0 &&
        strcmp(s->survey->format.word, "jsonl") != 0)
        diag_hint(s->diags, "columns have numbers too: --text 2 --label 3; so they do in a file without a header");
    return false;
}

/* --- A file without a header --- */

static bool is_number(const char *text) {
    char *end;
    double value = strtod(text, &end);
    return end != text && !*end && isfinite(value);
}

static bool reads_like_a_text(const char *name) {
    enum { MANY = 4, LONG = 60 };
    int blanks = 0;
    for (const char *c = name; *c; c++) blanks += *c == ' ';
    return blanks >= MANY || strlen(name) > LONG;
}

/* Is one of the labels what a header would call the column of labels? */
static bool is_a_label(const Surveyor *s, const char *name) {
    int column = s->options->n_texts;
    for (int64_t row = 0; row < table_rows(s->table); row++) {
        Piece piece = cell_piece(s->table, row, column);
        if (piece.length == strlen(name) && memcmp(piece.bytes, name, piece.length) == 0) return true;
        if (piece.length && is_number(name) && is_number(piece.bytes)) return true;
    }
    return false;
}

static bool first_row_is_header(const Surveyor *s) {
    if (!s->by_number) return true;
    for (int i = 0; i < s->options->n_texts; i++) {
        if (reads_like_a_text(s->survey->texts[i])) return false;
    }
    return !is_a_label(s, s->survey->label);
}

/* What a column is to be called that the options number. */
static const char *name_for(const Surveyor *s, int number) {
    const SurveyOptions *o = s->options;
    for (int i = 0; i < o->n_texts; i++) {
        if (atoi(o->texts[i]) == number) return o->n_texts == 1 ? "text" : i ? "text2" : "text1";
    }
    if (atoi(o->label) == number) return "label";
    if (o->group && atoi(o->group) == number) return "group";
    return arena_printf(s->arena, "column%d", number);
}

static bool name_columns(Surveyor *s, int count) {
    const char **names = arena_array(s->arena, (size_t)count + 1, sizeof *names);
    for (int i = 0; i < count; i++) names[i] = name_for(s, i + 1);
    s->survey->format.header = names, s->survey->format.n_header = count;
    s->survey->header_is_row = true;
    choose_columns(s, names, count);
    return read_table(s);
}

/* --- Bad rows --- */

static bool encoding_fails(Surveyor *s, int64_t row) {
    if (strcmp(table_problem_code(s->table, row), "E0814") != 0) return false;
    diag_error(s->diags, "E0814", pos_in_file(file_of(s), table_line(s->table, row)), "%s",
               table_problem(s->table, row));
    diag_hint(s->diags, "%s", table_utf8_hint());
    return true;
}

/* A few are counted; where most are, the file is not what it is taken for. */
static bool survey_bad_rows(Surveyor *s) {
    Survey *survey = s->survey;
    for (int64_t row = 0; row < table_rows(s->table); row++) {
        const char *problem = table_problem(s->table, row);
        if (!problem) continue;
        if (encoding_fails(s, row)) return false;
        if (!survey->bad) survey->problem = arena_strdup(s->arena, problem);
        if (survey->bad < SURVEY_LINES) survey->bad_lines[survey->bad] = table_line(s->table, row);
        survey->bad++;
    }
    survey->rows = table_rows(s->table) - survey->bad;
    if (survey->bad <= survey->rows) return true;
    s->survey->format.keeps_bad = false; /* so that the first is reported */
    return read_table(s);
}

/* --- Labels --- */

static bool no_label(Surveyor *s, const char *what, const char *hint) {
    diag_error(s->diags, "E0986", pos_in_file(file_of(s), 0), "column '%s' %s", s->survey->label, what);
    diag_hint(s->diags, "%s", hint);
    return false;
}

static void see_number(Surveyor *s, double value) {
    s->numbers++;
    s->fractions += value != floor(value);
    s->survey->lowest = fmin(s->survey->lowest, value);
    s->survey->highest = fmax(s->survey->highest, value);
    for (int i = 0; i < s->n_seen; i++) {
        if (s->seen[i].value != value) continue;
        s->seen[i].count++;
        return;
    }
    if (s->n_seen <= MOST_CLASSES) s->seen[s->n_seen++] = (Seen){value, 1};
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

/* Whole numbers from 0 or 1 on without a gap, each more than once: what classes are most often called. */
static bool counts_up(const Surveyor *s) {
    double lowest = s->survey->lowest, highest = s->survey->highest;
    if (s->n_seen > MOST_CLASSES || (lowest != 0 && lowest != 1) || highest - lowest + 1 != s->n_seen) return false;
    for (int i = 0; i < s->n_seen; i++) {
        if (s->seen[i].count < 2) return false;
    }
    return true;
}

/* Names and counts, by the code that reads classes for the language. */
static bool take_classes(Surveyor *s) {
    Survey *survey = s->survey;
    int column = s->options->n_texts;
    const Label label = {
        .name = survey->label, .kind = LABEL_CLASS, .of = -1, .columns = &s->columns[column], .n_columns = 1};
    const ClassCounts *counts = classes_of_table(&label, s->table, column, file_of(s), true, s->diags);
    if (!counts) return false;
    survey->names = counts->names, survey->counts = counts->counts, survey->classes = counts->classes;
    if (counts->classes < 2)
        return no_label(s, "has a single class", "there is nothing to learn from it: choose another column");
    if (counts->classes <= MOST_CLASSES) return true;
    return no_label(s,
                    arena_printf(s->arena, "has %lld different texts: it names no classes", (long long)counts->classes),
                    "choose the column of labels; a numeric label must be a number in every row");
}

static bool survey_labels(Surveyor *s) {
    Survey *survey = s->survey;
    survey->lowest = INFINITY, survey->highest = -INFINITY;
    for (int64_t row = 0; row < table_rows(s->table); row++) {
        if (!table_problem(s->table, row) && !see_label(s, row)) return false;
    }
    int64_t labelled = survey->rows - survey->unlabelled;
    bool numbers = labelled > 0 && s->numbers == labelled && survey->lowest < survey->highest;
    bool many = s->fractions || s->n_seen > FEW_NUMBERS;
    survey->is_real = numbers && many && !s->options->classes && (s->fractions || !counts_up(s));
    survey->whole = numbers && !s->fractions;
    return survey->is_real || take_classes(s);
}

/* --- Numbers --- */

static bool no_numbers(Surveyor *s, const char *column, uint32_t line, const char *what) {
    diag_error(s->diags, "E0986", pos_in_file(file_of(s), line), "column '%s' %s", column, what);
    diag_hint(s->diags, "--number takes columns of numbers, with empty cells where there is none");
    return false;
}

/* Mean and squared deviations number by number (Welford 1962). */
static bool survey_number(Surveyor *s, int column, SurveyNumber *to) {
    const Label label = {.name = to->column, .kind = LABEL_NUMBERS, .of = -1, .width = 1};
    double squares = 0;
    int64_t count = 0;
    for (int64_t row = 0; row < table_rows(s->table); row++) {
        if (table_problem(s->table, row)) continue;
        double value = NAN;
        if (label_from_piece(&label, cell_piece(s->table, row, column), &value, s->arena))
            return no_numbers(s, to->column, table_line(s->table, row), "has something else than a number here");
        if (isnan(value)) {
            to->gaps++;
            continue;
        }
        double before = value - to->mean;
        to->mean += before / (double)++count;
        squares += before * (value - to->mean);
    }
    to->deviation = count ? sqrt(squares / (double)count) : 0;
    return to->deviation > 0 || no_numbers(s, to->column, 0, "has no two numbers that differ");
}

static bool survey_numbers(Surveyor *s) {
    int count = s->options->n_numbers;
    for (int i = 0; i < count; i++) {
        if (!survey_number(s, s->n_columns - count + i, &s->survey->numbers[i])) return false;
    }
    return true;
}

/* --- The split --- */

static int64_t class_of(const Survey *survey, Piece label) {
    label = piece_trimmed(label);
    for (int64_t i = 0; i < survey->classes; i++) {
        if (strlen(survey->names[i]) == label.length && memcmp(survey->names[i], label.bytes, label.length) == 0)
            return i;
    }
    return -1;
}

static void survey_split(Surveyor *s) {
    Survey *survey = s->survey;
    int n_texts = s->options->n_texts;
    SplitColumns columns = {.count = n_texts, .label = n_texts};
    if (survey->group) columns.first = n_texts + 1, columns.count = 1;
    survey->split =
        (Split){.share = s->options->share, .stratified = !survey->is_real, .group = survey->group, .seed = 1};
    bool *dev = memory_new((size_t)table_rows(s->table), sizeof *dev);
    int64_t *counts = arena_array(s->arena, (size_t)survey->classes + 1, sizeof *counts);
    split_rows(&survey->split, s->table, columns, "dev", 0, dev);
    for (int64_t row = 0; row < table_rows(s->table); row++) {
        int64_t class = dev[row] ? class_of(survey, cell_piece(s->table, row, n_texts)) : -1;
        survey->dev_rows += dev[row];
        if (class >= 0) counts[class]++;
    }
    survey->dev_counts = counts;
    free(dev);
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

/* With the special tokens around the texts. Counts the row where little of it is known. */
static int64_t row_length(Surveyor *s, int64_t row, TokenIds *ids) {
    int64_t length = s->options->tokenizer ? tokenizer_added(s->options->tokenizer, s->options->n_texts > 1) : 0;
    bool unknown = false, empty = false;
    ids->count = 0;
    for (int column = 0; column < s->options->n_texts; column++) {
        if (table_items(s->table, row, column) >= 0) continue;
        size_t bytes;
        const char *text = table_cell(s->table, row, column, &bytes);
        empty |= !text[strspn(text, " \t\r\n")];
        int64_t before = ids->count;
        if (s->options->tokenizer)
            tokenizer_encode(s->options->tokenizer, s->work, text, bytes, ids);
        else
            length += count_words(text);
        unknown |= ids->count > before &&
                   tokenizer_knows_little(s->options->tokenizer, ids->items + before, ids->count - before);
    }
    s->survey->unknown += unknown;
    s->survey->empty += empty;
    return length + ids->count;
}

static int by_length(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void survey_lengths(Surveyor *s) {
    TokenIds ids = {0};
    if (s->options->tokenizer) s->work = tokenizer_work(s->options->tokenizer);
    Survey *survey = s->survey;
    survey->lengths = arena_array(s->arena, (size_t)survey->rows + 1, sizeof *survey->lengths);
    for (int64_t row = 0, n = 0; row < table_rows(s->table); row++) {
        if (!table_problem(s->table, row)) survey->lengths[n++] = row_length(s, row, &ids);
    }
    qsort(survey->lengths, (size_t)survey->rows, sizeof *survey->lengths, by_length);
    token_ids_free(&ids);
    tokenizer_work_free(s->work);
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
    int count;
    s->survey->format = table_guess(&s->text);
    s->survey->format.keeps_bad = true;
    const char *const *header = read_header(s, &count);
    choose_columns(s, header, count);
    if (!read_table(s)) return false;
    if (!first_row_is_header(s) && !name_columns(s, count)) return false;
    if (!survey_bad_rows(s)) return false;
    if (!s->survey->rows) return diag_error(s->diags, "E0852", pos_in_file(file_of(s), 0), "the file has no rows");
    if (!survey_labels(s) || !survey_numbers(s)) return false;
    survey_split(s);
    survey_lengths(s);
    return true;
}

const Survey *survey_table(const SurveyOptions *options, Arena *arena, Diagnostics *diags) {
    Surveyor s = {.options = options, .arena = arena, .diags = diags, .text = {.name = options->path, .line = 1}};
    char *bytes = read_file(options->path, read_bound(0), &s.text.size, diags);
    if (!bytes) return NULL;
    s.text.bytes = bytes;
    s.survey = arena_alloc(arena, sizeof *s.survey);
    bool good = survey_all(&s);
    table_free(s.table);
    free(bytes);
    return good ? s.survey : NULL;
}
