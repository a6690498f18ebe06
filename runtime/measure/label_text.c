/* Labels as texts. */
#include "runtime/measure/label_text.h"

#include <inttypes.h>

/* "3", or their names while these are few: "no", "yes" */
static const char *classes_text(const Label *label, Arena *arena) {
    enum { MOST_NAMES = 12 };
    const char *list = "";
    if (!label->names || label->classes > MOST_NAMES) return arena_printf(arena, "%" PRId64, label->classes);
    for (int64_t i = 0; i < label->classes; i++)
        list = arena_printf(arena, "%s%s\"%s\"", list, i ? ", " : "", label->names[i]);
    return list;
}

static const char *weights_text(const Label *label, Arena *arena) {
    const char *list = "";
    for (int64_t i = 0; label->weights && i < label->classes; i++)
        list = arena_printf(arena, "%s%s%.4g", list, i ? ", " : " weights [", label->weights[i]);
    return label->weights ? arena_printf(arena, "%s]", list) : "";
}

const char *label_text(const Task *task, const Label *label, Arena *arena) {
    const char *of = label->of >= 0 ? arena_printf(arena, " of %s", task->inputs[label->of].name) : "";
    switch (label->kind) {
    case LABEL_CLASS:
        return arena_printf(arena, "%s: class[%s]%s%s", label->name, classes_text(label, arena),
                            weights_text(label, arena), of);
    case LABEL_FLAGS: return arena_printf(arena, "%s: flags[%s]%s", label->name, classes_text(label, arena), of);
    case LABEL_REAL: return arena_printf(arena, "%s: real[%g, %g]%s", label->name, label->lowest, label->highest, of);
    case LABEL_MASKED: return arena_printf(arena, "%s: masked[%g]%s", label->name, label->share, of);
    case LABEL_NUMBERS: return arena_printf(arena, "%s: numbers[%" PRId64 "]", label->name, label->width);
    default: return "none";
    }
}
