/* Given texts: rows from the command line, --text for each column of a task, the texts of a row one after the other. */
#ifndef GRADC_RUNTIME_DATA_GIVEN_TEXTS_H
#define GRADC_RUNTIME_DATA_GIVEN_TEXTS_H

#include "frontend/program.h"
#include "graph/base/diag.h"

/* How many texts a row of the task has, over all its inputs. */
int task_texts(const Task *task);

/* Whether so many texts make whole rows; otherwise false and an error. */
bool texts_make_rows(const Task *task, int count, Diagnostics *diags);

/* The rows as JSON lines, an object a row with the task's columns; `*size` bytes, which the caller frees. NULL and an
 * error when the texts make no whole rows, or one is not UTF-8. */
char *texts_as_rows(const Task *task, const char *const *texts, int count, size_t *size, Diagnostics *diags);

#endif
