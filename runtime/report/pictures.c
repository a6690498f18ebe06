/* Pictures: the list. */
#include "runtime/report/pictures.h"

#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"

/* Those of the log come first, then what is measured, then those of the dev set. */
static const char *const kinds[] = {"loss",      "metrics",     "rate", "norm",      "cosines", "speed",  "roofline",
                                    "confusion", "calibration", "roc",  "precision", "scatter", "lengths"};
enum { KINDS = sizeof kinds / sizeof *kinds, KINDS_WITHOUT_RESULTS = 7 };

const char *const *picture_kind_list(int *count) {
    *count = KINDS;
    return kinds;
}

const char *picture_kind_names(Arena *arena) {
    const char *names = kinds[0];
    for (int i = 1; i < KINDS; i++) names = arena_printf(arena, "%s, %s", names, kinds[i]);
    return names;
}

bool picture_kind_needs_results(const char *kind) {
    for (int i = 0; i < KINDS_WITHOUT_RESULTS; i++) {
        if (strcmp(kinds[i], kind) == 0) return false;
    }
    return true;
}

void pictures_add(Pictures *p, const char *kind, const char *task, const Chart *chart) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = memory_stream(&text, &size);
    chart_draw(out, chart);
    memory_stream_end(out);
    Picture picture = {kind, task, arena_strdup(p->arena, text), CHART_WIDTH, CHART_HEIGHT};
    vec_push(p->arena, p, picture);
    free(text);
}
