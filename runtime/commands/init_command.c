/* gradc init: looks at a table and writes a task for it, from a template beside the models. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "frontend/frontend.h"
#include "graph/base/count_text.h"
#include "runtime/commands/commands.h"
#include "runtime/data/survey_doubts.h"
#include "runtime/data/table_format.h"
#include "runtime/files/atomic_file.h"
#include "runtime/files/read_file.h"
#include "runtime/hub/hf_folder.h"

/* What a template has between two @; a line with one that has nothing (NULL) is left out. */
typedef struct Blank {
    const char *name, *text;
} Blank;

typedef struct Init {
    const Options *o;
    Arena *arena;
    Diagnostics *diags;
    const Survey *survey;
    const char *models; /* the folder of the models */
    const char *task, *out;
} Init;

/* --- What is asked for --- */

static bool check_options(const Options *o, Diagnostics *diags) {
    if (o->text.count >= 1 && o->text.count <= 2 && o->label && o->number.count <= SURVEY_NUMBERS) return true;
    if (o->number.count > SURVEY_NUMBERS)
        return diag_error(diags, "E0917", (Pos){0}, "--number can be given for %s at most",
                          count_text(SURVEY_NUMBERS, "column").text);
    diag_error(diags, "E0917", (Pos){0}, "gradc init needs --text with one column or two, and --label");
    diag_hint(diags, "for example: gradc init notes.csv --text note --label mood");
    return false;
}

/* "notes" of "data/notes.csv.gz", in letters, digits and _. */
static const char *stem(const char *path, Arena *arena) {
    const char *slash = strrchr(path, '/');
    char *name = arena_strdup(arena, slash ? slash + 1 : path);
    name[strcspn(name, ".")] = 0;
    for (char *c = name; *c; c++) {
        bool good = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9' && c > name);
        if (!good) *c = '_';
    }
    return *name ? name : "task";
}

/* In the working directory, or where the program is, in its source tree or installed. */
static const char *find_models(Arena *arena) {
    char program[4096] = "";
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    char *slash = length > 0 ? strrchr(program, '/') : NULL;
    if (slash) *slash = 0;
    const char *places[] = {"models", arena_printf(arena, "%s/../models", program),
                            arena_printf(arena, "%s/../share/gradc/models", program)};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (access(arena_printf(arena, "%s/init", places[i]), F_OK) == 0) return places[i];
    }
    return NULL;
}

/* As the file to be written finds it: by a whole path, unless both are below the working directory. */
static const char *import_path(const Init *init) {
    if (strcmp(init->models, "models") == 0 && !strchr(init->out, '/')) return init->models;
    char *real = realpath(init->models, NULL);
    const char *copy = arena_strdup(init->arena, real ? real : init->models);
    free(real);
    return copy;
}

static bool choose_places(Init *init) {
    const char *name = stem(init->o->file, init->arena);
    if (is_reserved(name)) name = arena_printf(init->arena, "%s_task", name);
    init->task = init->o->task ? init->o->task : name;
    init->out = init->o->out ? init->o->out : arena_printf(init->arena, "%s.graph", init->task);
    init->models = find_models(init->arena);
    if (!init->models) {
        diag_error(init->diags, "E0987", (Pos){0}, "the folder models/init with the templates of tasks is not found");
        diag_hint(init->diags, "run gradc init where the folder models is, or install gradc with it");
    } else if (access(init->out, F_OK) == 0 && !init->o->force) {
        diag_error(init->diags, "E0987", (Pos){0}, "%s already exists", init->out);
        diag_hint(init->diags, "name another file with --out, or replace it with --force");
    }
    return init->diags->errors == 0;
}

/* --- The lines of the task --- */

static bool is_name(const char *text) {
    if (!((*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') || *text == '_')) return false;
    return text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")] == 0;
}

/* Words of the language are no names. */
static const char *column(const Init *init, const char *name) {
    return is_name(name) && !is_reserved(name) ? name : arena_printf(init->arena, "\"%s\"", name);
}

static const char *data_line(const Init *init) {
    const TableFormat *format = &init->survey->format;
    const char *slash = strrchr(init->o->file, '/'), *name = slash ? slash + 1 : init->o->file;
    bool says_quotes = table_kind_find(format->word)->says_quotes;
    const char *quotes = !says_quotes ? "" : format->quoted ? " quoted" : " unquoted", *list = "";
    for (int i = 0; i < format->n_header; i++)
        list = arena_printf(init->arena, "%s%s%s", list, i ? ", " : " columns(", column(init, format->header[i]));
    return arena_printf(init->arena, "\"%s\" %s%s%s%s", name, format->word, quotes, list, *list ? ")" : "");
}

static const char *split_line(const Init *init) {
    const Split *split = &init->survey->split;
    const char *group = split->group ? arena_printf(init->arena, " grouped by %s", column(init, split->group)) : "";
    return arena_printf(init->arena, "dev %g%s%s seed %lld", split->share, split->stratified ? " stratified" : "",
                        group, (long long)split->seed);
}

static const char *input_line(const Init *init) {
    const char *first = column(init, init->survey->texts[0]);
    if (init->o->text.count == 1) return arena_printf(init->arena, "%s: text", first);
    return arena_printf(init->arena, "(%s, %s): pair", first, column(init, init->survey->texts[1]));
}

/* --- Numbers beside the texts; NULL where there are none --- */

/* "a, b" of the columns' texts. */
static const char *list_numbers(const Init *init, const char *text(const Init *init, const SurveyNumber *number)) {
    const char *list = init->o->number.count ? "" : NULL;
    for (int i = 0; i < init->o->number.count; i++)
        list = arena_printf(init->arena, "%s%s%s", list, i ? ", " : "", text(init, &init->survey->numbers[i]));
    return list;
}

static const char *number_column(const Init *init, const SurveyNumber *number) { return column(init, number->column); }

static const char *number_mean(const Init *init, const SurveyNumber *number) {
    return arena_printf(init->arena, "%.4g", number->mean);
}

static const char *number_deviation(const Init *init, const SurveyNumber *number) {
    return arena_printf(init->arena, "%.4g", number->deviation);
}

/* A gap counts as the mean. */
static const char *number_gaps(const Init *init) {
    for (int i = 0; i < init->o->number.count; i++) {
        if (init->survey->numbers[i].gaps) return "numbers.given * ";
    }
    return "";
}

/* Of the text alone the encoder's own head, beside numbers a linear one. */
static const char *head_input(const Init *init) {
    return init->o->number.count ? "concat(1, drop(pooled, dropout), features)" : "pooled";
}

/* With all of its digits, so that the range has what it is made of. */
static const char *number_text(const Init *init, double value) {
    const char *text = "";
    for (int digits = 6; digits <= 17; digits++) {
        text = arena_printf(init->arena, "%.*g", digits, value);
        if (strtod(text, NULL) == value) break;
    }
    return text;
}

static const char *label_line(const Init *init) {
    const Survey *s = init->survey;
    const char *name = column(init, s->label), *optional = s->unlabelled ? " optional" : "", *list = "";
    if (s->is_real)
        return arena_printf(init->arena, "%s: real[%s, %s]%s", name, number_text(init, floor(s->lowest)),
                            number_text(init, ceil(s->highest)), optional);
    for (int64_t i = 0; i < s->classes; i++)
        list = arena_printf(init->arena, "%s%s\"%s\"", list, i ? ", " : "", s->names[i]);
    return arena_printf(init->arena, "%s: class[%s]%s", name, list, optional);
}

/* --- The comment --- */

static const char *about_number(const Init *init) {
    const Survey *s = init->survey;
    return arena_printf(init->arena, "# The label is a number from %s to %s%s.\n", number_text(init, s->lowest),
                        number_text(init, s->highest), s->whole ? " (with --classes it would be classes)" : "");
}

/* Classes that are rare, or have few different texts, may have no rows to be evaluated on. */
static const char *about_dev(const Init *init) {
    enum { MOST_SHOWN = 10 };
    const Survey *s = init->survey;
    const char *list = "";
    int64_t without = 0;
    for (int64_t i = 0; i < s->classes; i++) {
        if (s->dev_counts[i]) continue;
        if (without < MOST_SHOWN) list = arena_printf(init->arena, "%s%s%s", list, without ? ", " : "", s->names[i]);
        without++;
    }
    const char *text = arena_printf(init->arena, "# The split gives dev %lld of them.\n", (long long)s->dev_rows);
    if (!without) return text;
    return arena_printf(init->arena, "%s# Too rare to be in dev: %s%s.\n", text, list,
                        without > MOST_SHOWN ? ", ..." : "");
}

static const char *about_label(const Init *init) {
    enum { MOST_SHOWN = 30, MANY_NUMBERS = 20 };
    const Survey *s = init->survey;
    const char *list = "";
    int64_t least = INT64_MAX, most = 0;
    if (s->is_real) return about_number(init);
    for (int64_t i = 0; i < s->classes; i++) {
        if (i < MOST_SHOWN)
            list = arena_printf(init->arena, "%s%s%s %lld", list, i ? ", " : "", s->names[i], (long long)s->counts[i]);
        least = s->counts[i] < least ? s->counts[i] : least;
        most = s->counts[i] > most ? s->counts[i] : most;
    }
    const char *uneven = most < 4 * least
                             ? ""
                             : "# They are uneven: with `weights balanced` behind the label and\n"
                               "# `loss class_weighted(logits, target, target.weights)` they count alike.\n";
    const char *whole = s->whole && s->classes > MANY_NUMBERS
                            ? "# They are whole numbers without a gap, so they are taken for classes.\n"
                            : "";
    return arena_printf(init->arena, "# Rows of each class: %s%s\n%s%s", list, s->classes > MOST_SHOWN ? ", ..." : ".",
                        whole, uneven);
}

static const char *about_bad_rows(const Init *init) {
    const Survey *s = init->survey;
    const char *lines = "";
    if (!s->bad) return "";
    for (int i = 0; i < s->bad && i < SURVEY_LINES; i++)
        lines = arena_printf(init->arena, "%s%s%u", lines, i ? ", " : "", s->bad_lines[i]);
    return arena_printf(init->arena, "# %s cannot be read (line %s%s: %s);\n# --skip-bad-rows leaves such rows out.\n",
                        count_text(s->bad, "row").text, lines, s->bad > SURVEY_LINES ? ", ..." : "", s->problem);
}

static const char *about_numbers(const Init *init) {
    const char *lines = "";
    for (int i = 0; i < init->o->number.count; i++) {
        const SurveyNumber *number = &init->survey->numbers[i];
        const char *gaps =
            number->gaps ? arena_printf(init->arena, "; %s without it", count_text(number->gaps, "row").text) : "";
        lines = arena_printf(init->arena, "%s# %s has the mean %.4g, and deviates from it by %.4g%s.\n", lines,
                             number->column, number->mean, number->deviation, gaps);
    }
    return lines;
}

static const char *about_lengths(const Init *init) {
    const Survey *s = init->survey;
    const char *unit = init->o->weights ? "token" : "word",
               *more = init->o->weights ? "" : " (with --weights it would be tokens)";
    const char *text =
        arena_printf(init->arena, "# Of the rows half have at most %s%s, 90 %% %lld, 99 %% %lld, the longest %lld.\n",
                     count_text(survey_length(s, 0.5), unit).text, more, (long long)survey_length(s, 0.9),
                     (long long)survey_length(s, 0.99), (long long)survey_length(s, 1));
    if (!init->o->weights) return text;
    const char *unknown =
        s->unknown ? arena_printf(init->arena, "# %s %s mostly unknown to the vocabulary: is it for these texts?\n",
                                  count_text(s->unknown, "row").text, count_form(s->unknown, "is", "are"))
                   : "";
    return arena_printf(init->arena, "%s# Cut would be %.1f %% at --max-length 128, %.1f %% at 512.\n%s", text,
                        100 * survey_longer(s, 128), 100 * survey_longer(s, 512), unknown);
}

static const char *about(const Init *init) {
    const Survey *s = init->survey;
    const char *lacking =
        s->unlabelled ? arena_printf(init->arena, ", %lld of them without a label", (long long)s->unlabelled) : "";
    const char *header = s->header_is_row ? "# The file has no header: its columns are named here.\n" : "";
    const char *text =
        arena_printf(init->arena, "# What gradc init saw in %s: %s%s.\n%s%s%s%s%s%s%s", init->o->file,
                     count_text(s->rows, "row").text, lacking, about_bad_rows(init), header, about_label(init),
                     survey_doubts(s, init->arena), about_dev(init), about_numbers(init), about_lengths(init));
    return arena_strndup(init->arena, text, strlen(text) - 1); /* the template has the last line's end */
}

/* --- The file --- */

/* Of a blank, whose name has `length` bytes. */
static const char *find_blank(const char *name, size_t length, const Blank *blanks, int count) {
    for (int i = 0; i < count; i++) {
        if (strncmp(blanks[i].name, name, length) == 0 && !blanks[i].name[length]) return blanks[i].text;
    }
    return NULL;
}

/* A line of the template with its blanks filled in; NULL: one of them has nothing. */
static const char *fill_line(const Init *init, const char *line, const Blank *blanks, int count) {
    const char *text = "";
    for (;;) {
        size_t plain = strcspn(line, "@\n");
        text = arena_printf(init->arena, "%s%.*s", text, (int)plain, line);
        line += plain;
        if (*line != '@') return text;
        size_t length = strcspn(++line, "@\n");
        const char *blank = find_blank(line, length, blanks, count);
        if (!blank) return NULL;
        text = arena_printf(init->arena, "%s%s", text, blank);
        line += length + (line[length] == '@');
    }
}

/* The template without the lines that have nothing to say here. */
static const char *fill(const Init *init, const char *template, const Blank *blanks, int count) {
    const char *text = "";
    while (*template) {
        const char *line = fill_line(init, template, blanks, count);
        if (line) text = arena_printf(init->arena, "%s%s\n", text, line);
        template += strcspn(template, "\n");
        template += *template == '\n';
    }
    return text;
}

/* So many that a small table is trained at all, and none is trained for ever. */
enum { BATCH = 16, UPDATES = 300, FEWEST_EPOCHS = 4, MOST_EPOCHS = 20 };

static int64_t steps_of_epoch(const Survey *s) {
    int64_t rows = s->rows - s->unlabelled - s->dev_rows;
    return rows > BATCH ? (rows + BATCH - 1) / BATCH : 1;
}

static int64_t choose_epochs(const Survey *s) {
    int64_t steps = steps_of_epoch(s), epochs = (UPDATES + steps - 1) / steps;
    return epochs < FEWEST_EPOCHS ? FEWEST_EPOCHS : epochs > MOST_EPOCHS ? MOST_EPOCHS : epochs;
}

static const char *whole_text(const Init *init, int64_t value) {
    return arena_printf(init->arena, "%lld", (long long)value);
}

/* What the blanks of the template say, in the layout of gradc fmt; NULL after a diagnostic. */
static const char *make_text(const Init *init) {
    size_t size;
    const char *path =
        arena_printf(init->arena, "%s/init/%s.txt", init->models, init->survey->is_real ? "real" : "class");
    char *template = read_file(path, READ_CONFIG, &size, init->diags);
    if (!template) return NULL;
    int64_t epochs = choose_epochs(init->survey), updates = epochs * steps_of_epoch(init->survey);
    const Blank blanks[] = {{"epochs", whole_text(init, epochs)},
                            {"updates", whole_text(init, updates)},
                            {"batch", whole_text(init, BATCH)},
                            {"about", about(init)},
                            {"models", import_path(init)},
                            {"task", init->task},
                            {"data", data_line(init)},
                            {"split", split_line(init)},
                            {"input", input_line(init)},
                            {"columns", list_numbers(init, number_column)},
                            {"means", list_numbers(init, number_mean)},
                            {"deviations", list_numbers(init, number_deviation)},
                            {"given", number_gaps(init)},
                            {"pooled", head_input(init)},
                            {"head", init->o->number.count ? "head" : "classifier"},
                            {"text_alone", init->o->number.count ? NULL : ""},
                            {"label", label_line(init)}};
    const char *text = fill(init, template, blanks, sizeof blanks / sizeof *blanks);
    free(template);
    return source_format(diagnostics_file(init->diags, init->out, text), init->arena, init->diags);
}

static bool not_written(const Init *init) {
    diag_hint(init->diags, "nothing was written; another name may help: --task NAME");
    return false;
}

/* It is written aside, checked, and only then takes its name, so that no file is left which gradc itself refuses. */
static bool write_file(const Init *init) {
    const char *text = make_text(init), *aside = arena_printf(init->arena, "%s.new", init->out);
    if (!text) return not_written(init);
    if (!atomic_file_put(aside, text, strlen(text), init->diags)) return false;
    Program *program = program_load(aside, NULL, init->diags);
    bool good = program != NULL;
    program_free(program);
    if (good && rename(aside, init->out) == 0) return true;
    if (good) diag_error(init->diags, "E0830", (Pos){0}, "cannot write %s: %s", init->out, strerror(errno));
    unlink(aside);
    return good ? false : not_written(init);
}

/* Columns are named in the file, whose texts have no double quotes and no line ends. */
static bool check_names(const Init *init) {
    const Survey *s = init->survey;
    enum { FIXED = 5 };
    const char *names[FIXED + SURVEY_NUMBERS] = {init->o->file, s->texts[0], s->texts[1], s->label, s->group};
    for (int i = 0; i < init->o->number.count; i++) names[FIXED + i] = s->numbers[i].column;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!names[i] || !names[i][strcspn(names[i], "\"\n\r")]) continue;
        diag_error(init->diags, "E0819", (Pos){0},
                   "the name '%.40s' has a double quote or a line end, which no graph file can say", names[i]);
        diag_hint(init->diags, "give it another name in the file's header");
        return false;
    }
    return true;
}

static void say_next(const Init *init) {
    const char *slash = strrchr(init->o->file, '/');
    const char *folder =
        slash ? arena_printf(init->arena, " --data %.*s", (int)(slash - init->o->file), init->o->file) : "";
    printf("%s\nwritten to %s; look through it, then\n  gradc train %s --weights %s%s%s --out run\n", about(init),
           init->out, init->out, init->o->weights ? init->o->weights : "FOLDER", folder,
           init->survey->bad ? " --skip-bad-rows" : "");
}

int command_init(const Options *options, Diagnostics *diags) {
    Init init = {.o = options, .arena = arena_new(), .diags = diags};
    bool good = check_options(options, diags) && choose_places(&init);
    HfFolder *folder = NULL;
    if (good && options->weights) folder = hf_folder_open(options->weights, options->lower_case, diags);
    good = good && (folder || !options->weights);
    SurveyOptions survey = {.path = options->file,
                            .texts = options->text.items,
                            .n_texts = options->text.count,
                            .numbers = options->number.items,
                            .n_numbers = options->number.count,
                            .label = options->label,
                            .group = options->group,
                            .classes = options->classes,
                            .share = 0.1,
                            .tokenizer = folder ? hf_folder_tokenizer(folder)->tokenizer : NULL};
    if (good) init.survey = survey_table(&survey, init.arena, diags);
    good = good && init.survey && check_names(&init) && write_file(&init);
    if (good) say_next(&init);
    hf_folder_close(folder);
    arena_free(init.arena);
    return good ? 0 : 1;
}
