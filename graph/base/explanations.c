/* Explanations: the files of rows as one table. */
#include "graph/base/explanations.h"

#include <stddef.h>
#include <string.h>

static const Explanation *const files[] = {explanations_of_language, explanations_of_compiler, explanations_of_files,
                                           explanations_of_runs, explanations_of_commands};
enum { FILES = sizeof files / sizeof *files };

const Explanation *explanation_get(int index) {
    for (int i = 0; i < FILES && index >= 0; i++) {
        for (const Explanation *row = files[i]; row->code; row++) {
            if (index-- == 0) return row;
        }
    }
    return NULL;
}

const Explanation *explanation_find(const char *code) {
    const Explanation *row;
    for (int i = 0; (row = explanation_get(i)); i++) {
        if (strcmp(row->code, code) == 0) return row;
    }
    return NULL;
}
