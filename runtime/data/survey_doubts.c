/* Survey doubts. */
#include "runtime/data/survey_doubts.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "graph/base/count_text.h"

enum { MOST_SHOWN = 10 };

/* A class that something is said about: of class `index` alone. */
typedef bool Doubt(const Survey *survey, int64_t index);

/* "'NA', 'null'"; NULL: there is no doubt about any. */
static const char *list_classes(const Survey *s, Doubt *doubts, Arena *arena) {
    const char *list = NULL;
    int64_t count = 0;
    for (int64_t i = 0; i < s->classes; i++) {
        if (!doubts(s, i) || count++ >= MOST_SHOWN) continue;
        list = arena_printf(arena, "%s%s'%s'", list ? list : "", list ? ", " : "", s->names[i]);
    }
    return count > MOST_SHOWN ? arena_printf(arena, "%s, ...", list) : list;
}

static bool differs_in_case(const Survey *s, int64_t index) {
    for (int64_t i = 0; i < s->classes; i++) {
        if (i != index && strcasecmp(s->names[i], s->names[index]) == 0) return true;
    }
    return false;
}

static bool means_a_gap(const Survey *s, int64_t index) {
    static const char *const words[] = {"na", "n/a", "#n/a", "nan", "null", "none", "nil", "-", "?"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcasecmp(s->names[index], words[i]) == 0) return true;
    }
    return false;
}

/* "1,5", "1.000,50", "12 %", "$ 3": digits, and beside them what people put there. */
static bool is_spelt_number(const char *name) {
    size_t digits = 0, marks = 0;
    if (!isdigit((unsigned char)name[strspn(name, "+-$ ")])) return false;
    for (const char *c = name; *c; c++) {
        digits += isdigit((unsigned char)*c) != 0;
        marks += *c == ',' || *c == '%' || *c == '$';
        if (!isdigit((unsigned char)*c) && !strchr(",.%$ +-", *c)) return false;
    }
    return digits > 0 && marks > 0;
}

/* Are most of them such numbers, and the rest plain ones? */
static bool are_spelt_numbers(const Survey *s) {
    int64_t spelt = 0;
    for (int64_t i = 0; i < s->classes; i++) {
        bool plain = !s->names[i][strspn(s->names[i], "0123456789.+-")];
        if (!plain && !is_spelt_number(s->names[i])) return false;
        spelt += !plain;
    }
    return 2 * spelt > s->classes;
}

const char *survey_doubts(const Survey *s, Arena *arena) {
    const char *text = "", *list = list_classes(s, differs_in_case, arena);
    if (list) text = arena_printf(arena, "# They are different classes, though they differ in case alone: %s.\n", list);
    if ((list = list_classes(s, means_a_gap, arena)))
        text = arena_printf(
            arena, "%s# Taken for a class, not for a gap: %s. A row without a label has an empty cell.\n", text, list);
    if (are_spelt_numbers(s))
        text = arena_printf(
            arena, "%s# They look like numbers: written as in 1234.5 they would be taken for numbers.\n", text);
    if (s->empty)
        text = arena_printf(arena, "%s# %s %s an empty text.\n", text, count_text(s->empty, "row").text,
                            count_form(s->empty, "has", "have"));
    return text;
}
