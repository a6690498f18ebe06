/* The part of the model: its text, what each line becomes after each pass, the kernels that it ends in with their code,
 * and what the passes remarked. */
#ifndef GRADC_RUNTIME_REPORT_MODEL_PART_H
#define GRADC_RUNTIME_REPORT_MODEL_PART_H

#include <jansson.h>

#include "codegen/codegen.h"
#include "runtime/session/session.h"

/*  {"files": {"PATH": "text"},
 *   "graphs": [{"name": "TASK.train",
 *               "stages": [{"name": "source", "text": rolled, with places}],
 *               "kernels": [{"name": of the code, "kind", "from", "calls", "lines": ["PATH:LINE", ...]}]}],
 *   "code": {"NAME": {"body": graph, "llvm": text, "asm": text}},
 *   "remarks": [{"pass", "file", "line", "text", "times"}]} */
typedef struct ModelPart {
    json_t *data; /* owned */
} ModelPart;

/* The training graphs of the tasks that are wanted, and the update; code for `target`. False with
 * diagnostics; to be freed in any case. */
bool model_part_collect(ModelPart *part, Session *session, const Target *target);
void model_part_free(ModelPart *part);

/* A section that shows source, kernels and remarks as they are; the rest unpacks when a line or kernel is chosen. */
void page_model(FILE *out, const ModelPart *part);

#endif
