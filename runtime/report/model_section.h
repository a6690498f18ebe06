/* The section of the model: its text, what each line becomes after each pass, the kernels that it ends in with their
 * code, and what the passes remarked. */
#ifndef GRADC_RUNTIME_REPORT_MODEL_SECTION_H
#define GRADC_RUNTIME_REPORT_MODEL_SECTION_H

#include <jansson.h>

#include "codegen/codegen.h"
#include "runtime/session/session.h"

/*  {"files": {"PATH": "text"},
 *   "graphs": [{"name": "TASK.train",
 *               "stages": [{"name": "source", "text": rolled, with places}],
 *               "kernels": [{"name": of the code, "kind", "from", "calls", "lines": ["PATH:LINE", ...]}]}],
 *   "code": {"NAME": {"body": graph, "llvm": text, "asm": text}},
 *   "remarks": [{"pass", "file", "line", "text", "times"}]} */
typedef struct ModelSection {
    json_t *data; /* owned */
} ModelSection;

/* The training graphs of the tasks that are wanted, and the update; code for `target`. False with
 * diagnostics; to be freed in any case. */
bool model_section_collect(ModelSection *section, Session *session, const Target *target);
void model_section_free(ModelSection *section);

/* A section that shows source, kernels and remarks as they are; the rest unpacks when a line or kernel is chosen. */
void page_model(FILE *out, const ModelSection *section);

#endif
