/* Evaluations as a table. */
#include "runtime/measure/evaluation_table.h"

#include <inttypes.h>
#include <math.h>

void print_evaluations(FILE *out, const Program *program, const Evaluation *evaluations, int count) {
    fprintf(out, "%-16s %7s  %s\n", "task", "rows", "dev metrics");
    for (int i = 0; i < count; i++) {
        const Task *task = &program->tasks.items[evaluations[i].task];
        fprintf(out, "%-16s %7" PRId64, task->name, evaluations[i].rows);
        for (int j = 0; j < task->n_metrics; j++)
            fprintf(out, "  %s %s", task->metrics[j], metric_text(evaluations[i].metrics[j]).text);
        fputc('\n', out);
    }
    fprintf(out, "%-16s %7s  %s\n", "overall", "", metric_text(overall_score(evaluations, count)).text);
}

json_t *metric_json(double value) { return isfinite(value) ? json_real(value) : json_null(); }
