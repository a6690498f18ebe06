/* Values of options beside the command line: in the settings of a run, and in the text of a program. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/commands/option_rows.h"

/* Commands that take what a text says for its training, beside `train`: they use what it trains. */
static const char uses[] = " eval report predict serve bench export run ";

enum { MOST_NAMES = 256 };

static bool is_use(const char *command) {
    size_t length = strlen(command);
    const char *at = strstr(uses, command);
    return at && at[-1] == ' ' && at[length] == ' ';
}

/* Is the option among the settings that a run keeps? */
static bool is_setting(const OptionRow *row) { return row->effect & (DECIDES | LENGTH | SAME); }

/* Does the command take the option from a run, or from what will be one? */
static bool takes(const char *command, const OptionRow *row) {
    return is_setting(row) && (strcmp(command, "train") == 0 || row->effect & (DEFAULT | LASTING));
}

/* --- As JSON ------------------------------------------------------------------------------------------------------ */

/* NULL: not set. */
static json_t *value_to_json(const Options *options, const OptionRow *row) {
    const void *member = (const char *)options + row->member;
    const TextList *list = member;
    const char *text = row->kind == TEXT ? *(const char *const *)member : NULL;
    json_t *texts;
    switch (row->kind) {
    case TEXT: return text ? json_string(text) : NULL;
    case WHOLE: return json_integer((json_int_t) * (const int64_t *)member);
    case REAL: return json_real(*(const double *)member);
    case FLAG: return *(const bool *)member ? json_true() : NULL;
    default: break;
    }
    if (list->count == 0) return NULL;
    texts = json_array();
    for (int i = 0; i < list->count; i++) json_array_append_new(texts, json_string(list->items[i]));
    return texts;
}

json_t *options_to_json(const Options *options) {
    const OptionRow *row;
    json_t *values = json_object();
    for (int i = 0; (row = option_row(i)); i++) {
        json_t *value = is_setting(row) ? value_to_json(options, row) : NULL;
        if (value) json_object_set_new(values, row->name, value);
    }
    return values;
}

static void value_from_json(const json_t *value, const OptionRow *row, Options *options, Arena *arena) {
    void *member = (char *)options + row->member;
    if (row->kind == TEXT && json_is_string(value))
        *(const char **)member = arena_strdup(arena, json_string_value(value));
    if (row->kind == WHOLE && json_is_integer(value)) *(int64_t *)member = json_integer_value(value);
    if (row->kind == REAL && json_is_number(value)) *(double *)member = json_number_value(value);
    if (row->kind == FLAG) *(bool *)member = json_is_true(value);
    for (size_t i = 0; row->kind == LIST && i < json_array_size(value); i++) {
        const char *text = json_string_value(json_array_get(value, i));
        if (text) vec_push(arena, (TextList *)member, arena_strdup(arena, text));
    }
}

Options options_of_machine(const Options *given, Arena *arena) {
    const OptionRow *row;
    Options options = options_default();
    options.ranks = given->ranks;
    for (int i = 0; (row = option_row(i)); i++) {
        if (!(row->effect & SAME) || !options_have(given, row->name)) continue;
        json_t *value = value_to_json(given, row);
        value_from_json(value, row, &options, arena);
        vec_push(arena, &options.given, row->name);
        json_decref(value);
    }
    return options;
}

/* What it adds counts as given: a run is repeated as it was, whatever its text says. */
Options options_of_run(const char *command, const Options *given, const json_t *settings, Arena *arena) {
    const OptionRow *row;
    Options options = *given;
    options.given.capacity = options.given.count; /* so that the first name that is added makes a list of its own */
    for (int i = 0; (row = option_row(i)); i++) {
        const json_t *value = json_object_get(settings, row->name);
        if (!value || !takes(command, row) || options_have(given, row->name)) continue;
        value_from_json(value, row, &options, arena);
        vec_push(arena, &options.given, row->name);
    }
    return options;
}

static const char *value_text(const OptionRow *row, const json_t *value, Arena *arena) {
    bool outside = json_is_integer(value) && (double)json_integer_value(value) < row->lowest;
    if (!value || outside) return "not set";
    if (json_is_string(value)) return arena_strdup(arena, json_string_value(value));
    if (json_is_true(value)) return "set";
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(9) | JSON_COMPACT);
    const char *copy = arena_strdup(arena, text ? text : "?");
    free(text);
    return copy;
}

const char *options_departures(const Options *given, const json_t *settings, Arena *arena) {
    const OptionRow *row;
    const char *list = NULL;
    for (int i = 0; (row = option_row(i)); i++) {
        if (!(row->effect & LASTING) || !options_have(given, row->name)) continue;
        const json_t *then = json_object_get(settings, row->name);
        json_t *now = value_to_json(given, row);
        if (!json_equal(then, now))
            list = arena_printf(arena, "%s%s--%s %s (%s in training)", list ? list : "", list ? ", " : "", row->name,
                                value_text(row, now, arena), value_text(row, then, arena));
        json_decref(now);
    }
    return list;
}

static bool is_text(const json_t *settings, const char *name, const char *text) {
    const char *value = json_string_value(json_object_get(settings, name));
    return value && strcmp(value, text) == 0;
}

/* Does each step do the same however many there will be? */
static bool is_open_ended(const json_t *settings) {
    return is_text(settings, "schedule", "constant") && !is_text(settings, "sampler", "annealed");
}

bool option_decides(const char *name, const json_t *settings) {
    const OptionRow *row = option_find("train", name);
    if (!row) return true; /* of another version of gradc */
    return row->effect & DECIDES || (row->effect & LENGTH && !is_open_ended(settings));
}

/* --- Settings in the text of a program ---------------------------------------------------------------------------- */

/* "layer_decay" is the option layer-decay. */
static const char *option_name(const char *setting, Arena *arena) {
    char *name = arena_strdup(arena, setting);
    for (char *at = name; (at = strchr(at, '_')); at++) *at = '-';
    return name;
}

static const OptionRow *unknown_setting(const Setting *setting, const char *name, Diagnostics *diags) {
    const char *names[MOST_NAMES];
    const OptionRow *row;
    int count = 0;
    for (int i = 0; (row = option_row(i)); i++) {
        if (option_is_of(row, "recipe")) names[count++] = option_name(row->name, diags->arena);
    }
    diag_error(diags, "E0982", setting->pos, "'%s' is not a setting that a graph file can have", setting->name);
    const OptionRow *option = option_find("train", name);
    if (option)
        diag_hint(diags, "it belongs to one machine or one run: give --%s on the command line", option->name);
    else if (!diag_hint_nearest(diags, setting->name, names, count))
        diag_hint(diags, "they are the options of `gradc train` that decide the weights, with _ for -");
    return NULL;
}

static const OptionRow *find_setting(const Setting *setting, Diagnostics *diags) {
    const char *name = option_name(setting->name, diags->arena);
    const OptionRow *row = option_find("recipe", name);
    return row ? row : unknown_setting(setting, name, diags);
}

static bool check_count(const Setting *setting, const OptionRow *row, Diagnostics *diags) {
    bool good = row->kind == FLAG   ? setting->n_values == 0
                : row->kind == LIST ? setting->n_values > 0
                                    : setting->n_values == 1;
    if (good) return true;
    const char *form = row->kind == FLAG   ? "stands alone, without a value"
                       : row->kind == LIST ? "needs a value"
                                           : "has one value";
    diag_error(diags, "E0982", setting->pos, "'%s' %s", setting->name, form);
    diag_hint(diags, "--%s %s: %s", row->name, row->argument ? row->argument : "", row->help);
    return false;
}

static bool take_setting(const Setting *setting, const OptionRow *row, Options *options, Diagnostics *diags) {
    if (row->kind == FLAG) return options_set(options, row, NULL, setting->pos, diags);
    for (int i = 0; i < setting->n_values; i++) {
        if (!options_set(options, row, setting->values[i], setting->pos, diags)) return false;
    }
    return true;
}

bool options_of_text(const char *command, const Program *program, Options *options, Diagnostics *diags) {
    const Options before = *options;
    options->given.capacity = options->given.count;
    bool training = strcmp(command, "train") == 0 || strcmp(command, "check") == 0;
    for (int i = 0; i < program->settings.count; i++) {
        const Setting *setting = &program->settings.items[i];
        const OptionRow *row = find_setting(setting, diags);
        if (!row || !check_count(setting, row, diags)) return false;
        bool wanted = training || (is_use(command) && takes(command, row));
        if (wanted && !options_have(&before, row->name) && !take_setting(setting, row, options, diags)) return false;
    }
    return true;
}

/* " --name value" for each value; nothing where it is as by default. */
static const char *row_text(const Options *options, const OptionRow *row, Arena *arena) {
    const void *member = (const char *)options + row->member;
    const TextList *list = member;
    const char *text = "";
    double number = row->kind == WHOLE  ? (double)*(const int64_t *)member
                    : row->kind == REAL ? *(const double *)member
                                        : row->fallback;
    if (number != row->fallback) return arena_printf(arena, " --%s %.10g", row->name, number);
    if (row->kind == TEXT && *(const char *const *)member)
        return arena_printf(arena, " --%s %s", row->name, *(const char *const *)member);
    if (row->kind == FLAG && *(const bool *)member) return arena_printf(arena, " --%s", row->name);
    for (int i = 0; row->kind == LIST && i < list->count; i++)
        text = arena_printf(arena, "%s --%s '%s'", text, row->name, list->items[i]);
    return text;
}

const char *options_settings_text(const Options *options, Arena *arena) {
    const OptionRow *row;
    const char *text = "";
    for (int i = 0; (row = option_row(i)); i++) {
        if (option_is_of(row, "recipe")) text = arena_printf(arena, "%s%s", text, row_text(options, row, arena));
    }
    return *text ? text + 1 : text;
}
