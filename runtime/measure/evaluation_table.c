/* Evaluations as a table. */
#include "runtime/measure/evaluation_table.h"

#include <inttypes.h>

void print_evaluations(FILE *out, const Program *program, const Evaluation *evaluations, int count) {
    fprintf(out, "%-16s %7s  %s\n", "task", "rows", "dev metrics");
    for (int i = 0; i < count; i++) {
        const Task *task = &program->tasks.items[evaluations[i].task];
        fprintf(out, "%-16s %7" PRId64, task->name, evaluations[i].rows);
        for (int j = 0; j < task->n_metrics; j++)
            fprintf(out, "  %s %.3f", task->metrics[j], evaluations[i].metrics[j]);
        fputc('\n', out);
    }
    fprintf(out, "%-16s %7s  %.3f\n", "overall", "", overall_score(evaluations, count));
}
