/* Parsing of the command line: getopt_long over the table of options. */
#include "runtime/commands/options.h"

#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/commands/option_rows.h"

enum { MOST_NAMES = 256, FIRST_ROW = 256 }; /* of rows and aliases; below are letters */

static void *member_of(Options *options, const OptionRow *row) { return (char *)options + row->member; }

Options options_default(void) {
    const OptionRow *row;
    Options options = {0};
    for (int i = 0; (row = option_row(i)); i++) {
        if (row->kind == WHOLE) *(int64_t *)member_of(&options, row) = (int64_t)row->fallback;
        if (row->kind == REAL) *(double *)member_of(&options, row) = row->fallback;
    }
    return options;
}

/* --- Values ------------------------------------------------------------------------------------------------------- */

static void hint_row(const OptionRow *row, Diagnostics *diags) {
    diag_hint(diags, "--%s %s: %s", row->name, row->argument ? row->argument : "", row->help);
}

static bool set_number(Options *options, const OptionRow *row, const char *text, Pos pos, Diagnostics *diags) {
    char *end;
    double value = strtod(text, &end);
    bool whole = row->kind != WHOLE || value == floor(value);
    if (end == text || *end || !whole || !(value >= row->lowest && value <= row->highest)) {
        diag_error(diags, "E0910", pos, "--%s takes %s from %.10g to %.10g, not '%s'", row->name,
                   row->kind == WHOLE ? "a whole number" : "a number", row->lowest, row->highest, text);
        hint_row(row, diags);
        return false;
    }
    if (row->kind == WHOLE)
        *(int64_t *)member_of(options, row) = (int64_t)value;
    else
        *(double *)member_of(options, row) = value;
    return true;
}

bool options_set(Options *options, const OptionRow *row, const char *text, Pos pos, Diagnostics *diags) {
    vec_push(diags->arena, &options->given, row->name);
    switch (row->kind) {
    case TEXT: *(const char **)member_of(options, row) = text; return true;
    case FLAG: *(bool *)member_of(options, row) = true; return true;
    case PAIR:
    case ONE_OR_TWO:
    case LIST: vec_push(diags->arena, (TextList *)member_of(options, row), text); return true;
    default: return set_number(options, row, text, pos, diags);
    }
}

bool options_have(const Options *options, const char *name) {
    for (int i = 0; i < options->given.count; i++) {
        if (strcmp(options->given.items[i], name) == 0) return true;
    }
    return false;
}

/* --- Words -------------------------------------------------------------------------------------------------------- */

/* The names that a command knows, in both spellings. */
static int list_names(const char *command, const char **names) {
    const OptionRow *row;
    const OptionAlias *alias;
    int count = 0;
    for (int i = 0; (row = option_row(i)); i++) {
        if (option_is_of(row, command)) names[count++] = row->name;
    }
    for (int at = 0; (alias = option_next_alias(command, &at));) names[count++] = alias->other;
    return count;
}

static bool unknown_option(const char *command, const char *word, Diagnostics *diags) {
    const char *names[MOST_NAMES];
    int count = list_names(command, names);
    for (int i = 0; i < count; i++) names[i] = arena_printf(diags->arena, "--%s", names[i]);
    diag_error(diags, "E0911", (Pos){0}, "gradc %s has no option '%s'", command, word);
    if (!diag_hint_nearest(diags, arena_printf(diags->arena, "--%s", word + strspn(word, "-")), names, count))
        diag_hint(diags, "gradc %s --help lists the options", command);
    return false;
}

/* The table as getopt_long wants it; `rows` [MOST_NAMES] are those of the values from FIRST_ROW on. */
static void list_long_options(const char *command, struct option *list, const OptionRow **rows) {
    const char *names[MOST_NAMES];
    int count = list_names(command, names);
    for (int i = 0; i < count; i++) {
        rows[i] = option_find(command, names[i]);
        list[i] =
            (struct option){names[i], rows[i]->kind == FLAG ? no_argument : required_argument, NULL, FIRST_ROW + i};
    }
    list[count] = (struct option){0};
}

/* The words with dashes in the names of options, which may be written with underscores: --learning_rate=1e-5. */
static char **with_dashes(int argc, char **argv, Arena *arena) {
    char **words = arena_array(arena, (size_t)argc + 1, sizeof *words);
    for (int i = 0; i < argc; i++) {
        words[i] = arena_strdup(arena, argv[i]);
        if (strncmp(words[i], "--", 2) != 0) continue;
        for (char *at = words[i]; *at && *at != '='; at++) {
            if (*at == '_') *at = '-';
        }
    }
    return words;
}

static bool no_value(const char *word, const OptionRow *row, Diagnostics *diags) {
    diag_error(diags, "E0912", (Pos){0}, "%s needs a value", word);
    if (row) hint_row(row, diags);
    return false;
}

/* How many the command takes is for the table of commands to say. */
static bool take_operand(const char *word, Options *options, Diagnostics *diags) {
    vec_push(diags->arena, &options->operands, word);
    if (!options->file) options->file = word;
    return true;
}

/* An option and, of those that take two values, the second one, which is the word after it. */
static bool take_option(const OptionRow *row, int argc, char **argv, Options *options, Diagnostics *diags) {
    if (!options_set(options, row, optarg, (Pos){0}, diags)) return false;
    bool more = optind < argc && argv[optind][0] != '-';
    if (row->kind == ONE_OR_TWO && options->file && more)
        return options_set(options, row, argv[optind++], (Pos){0}, diags);
    if (row->kind != PAIR) return true;
    if (optind == argc)
        return diag_error(diags, "E0912", (Pos){0}, "--%s needs two values: %s", row->name, row->argument);
    return options_set(options, row, argv[optind++], (Pos){0}, diags);
}

bool options_parse(const char *command, int argc, char **argv, Options *options, Diagnostics *diags) {
    struct option list[MOST_NAMES + 1];
    const OptionRow *rows[MOST_NAMES];
    char **words = with_dashes(argc, argv, diags->arena);
    list_long_options(command, list, rows);
    *options = options_default();
    optind = 0;
    bool good = true;
    for (int got; good && (got = getopt_long(argc, words, "-:", list, NULL)) != -1;) {
        const char *word = argv[optind - 1];
        if (got == ':')
            good = no_value(word, optopt >= FIRST_ROW ? rows[optopt - FIRST_ROW] : NULL, diags);
        else if (got == '?') /* of unknown letters only `optopt` says which */
            good = unknown_option(
                command, optopt > 0 && optopt < FIRST_ROW ? arena_printf(diags->arena, "-%c", optopt) : word, diags);
        else if (got >= FIRST_ROW)
            good = take_option(rows[got - FIRST_ROW], argc, words, options, diags);
        else
            good = take_operand(optarg, options, diags);
    }
    return good;
}
