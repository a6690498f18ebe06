/* Task result: what an evaluation of a run's task found, kept for pictures and tables. */
#ifndef GRADC_RUNTIME_REPORT_TASK_RESULT_H
#define GRADC_RUNTIME_REPORT_TASK_RESULT_H

#include <jansson.h>

#include "runtime/measure/evaluate.h"
#include "runtime/session/session.h"

enum { SHOWN_MISTAKES = 20 };

typedef struct TaskResult {
    const Task *task;
    Evaluation evaluation;
    ClassTable table;
    MetricInput lines; /* predictions, labels and, where the task shows them, probabilities */
    const char *file;
    int64_t rows, skipped, cut, unknown; /* of the file; see Dataset */
    int64_t *lengths;                    /* [rows]: tokens */
    json_t *mistakes; /* [SHOWN_MISTAKES at most]: the rows that are most confidently wrong (mistakes.h) */
} TaskResult;

typedef struct ResultWish {
    const char *split;
    int64_t batch;
    bool texts; /* mistakes with their texts */
    bool (*goes_on)(void *context, const Dataset *data, int64_t done);
    void *context;
} ResultWish;

/* Makes the session's model, with the outputs that results read. False with diagnostics. */
bool results_prepare(Session *session);
/* Evaluates one task. False with diagnostics; to be freed in any case. */
bool result_of_task(Session *session, int task, const ResultWish *wish, TaskResult *result);
void task_result_free(TaskResult *result);

#endif
