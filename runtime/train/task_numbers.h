/* Task numbers: options that give tasks a number each, "TASK=X". */
#ifndef GRADC_RUNTIME_TRAIN_TASK_NUMBERS_H
#define GRADC_RUNTIME_TRAIN_TASK_NUMBERS_H

#include "runtime/session/session.h"

/* Does every item of --`option` give a number of `least` or more to a task? False with a diagnostic. */
bool task_numbers_check(Session *s, const char *option, const TextList *list, double least, bool whole);

/* What the last item for this task says, or `fallback`. The list has been checked. */
double task_number(const TextList *list, const char *task, double fallback);

#endif
