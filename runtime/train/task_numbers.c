/* Task numbers. */
#include "runtime/train/task_numbers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Does the text give a number to this task? */
static bool is_of_task(const char *text, const char *task) {
    size_t length = strcspn(text, "=");
    return strncmp(text, task, length) == 0 && !task[length];
}

double task_number(const TextList *list, const char *task, double fallback) {
    for (int i = 0; i < list->count; i++) {
        if (is_of_task(list->items[i], task)) fallback = strtod(strchr(list->items[i], '=') + 1, NULL);
    }
    return fallback;
}

bool task_numbers_check(Session *s, const char *option, const TextList *list, double least, bool whole) {
    for (int i = 0; i < list->count; i++) {
        const char *text = list->items[i], *equals = strchr(text, '=');
        char *end = NULL;
        double value = equals ? strtod(equals + 1, &end) : 0;
        if (!equals || end == equals + 1 || *end || !(value >= least) || !isfinite(value) ||
            (whole && value != floor(value))) {
            diag_error(s->diags, "E0940", (Pos){0}, "--%s takes TASK=%s, not '%s'", option, whole ? "N" : "X", text);
            diag_hint(s->diags, "for example: --%s %s=%s", option, s->program->tasks.items[0].name,
                      whole ? "1000" : "0.5");
            return false;
        }
        if (session_find_task(s, arena_strndup(s->arena, text, strcspn(text, "="))) < 0) return false;
    }
    return true;
}
