/* A label, or numbers, as the text declares them: "tag: class[7] of sentence". */
#ifndef GRADC_RUNTIME_MEASURE_LABEL_TEXT_H
#define GRADC_RUNTIME_MEASURE_LABEL_TEXT_H

#include "frontend/program.h"

/* In `arena`. */
const char *label_text(const Task *task, const Label *label, Arena *arena);

#endif
