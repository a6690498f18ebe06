/* Evaluations as a table. */
#include "runtime/measure/evaluation_table.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

int evaluation_figures(const Task *task) {
    for (int i = 0; i < task->n_metrics; i++) {
        if (strcmp(task->metrics[i], "loss") == 0) return task->n_metrics;
    }
    return task->n_metrics + 1;
}

const char *evaluation_name(const Task *task, int figure) {
    return figure < task->n_metrics ? task->metrics[figure] : "loss";
}

double evaluation_figure(const Task *task, const Evaluation *evaluation, int figure) {
    return figure < task->n_metrics ? evaluation->metrics[figure] : evaluation->loss;
}

void print_evaluations(FILE *out, const Program *program, const Evaluation *evaluations, int count) {
    fprintf(out, "%-16s %7s  %s\n", "task", "rows", "dev metrics");
    for (int i = 0; i < count; i++) {
        const Task *task = &program->tasks.items[evaluations[i].task];
        fprintf(out, "%-16s %7" PRId64, task->name, evaluations[i].rows);
        for (int j = 0; j < evaluation_figures(task); j++)
            fprintf(out, "  %s %s", evaluation_name(task, j),
                    metric_text(evaluation_figure(task, &evaluations[i], j)).text);
        fputc('\n', out);
    }
    fprintf(out, "%-16s %7s  %s\n", "overall", "", metric_text(overall_score(evaluations, count)).text);
}

json_t *metric_json(double value) { return isfinite(value) ? json_real(value) : json_null(); }
