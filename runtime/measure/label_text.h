/* A label as the text declares it: "tag: class[7] of sentence". */
#ifndef GRADC_RUNTIME_MEASURE_LABEL_TEXT_H
#define GRADC_RUNTIME_MEASURE_LABEL_TEXT_H

#include "frontend/program.h"

/* In `arena`. */
const char *label_text(const Task *task, Arena *arena);

#endif
