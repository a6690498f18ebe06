/* Compare: several runs in one picture, a line for each. */
#include <math.h>
#include <string.h>

#include "runtime/report/pictures.h"

enum { MOST_RUNS = 16, MOST_FIGURES = 9 };

typedef struct Compared {
    Pictures *to;
    const ComparedRun *runs; /* [count] */
    int count;
    bool spread;
} Compared;

static double *room(const Compared *c, int count) {
    return arena_array(c->to->arena, (size_t)count + 1, sizeof(double));
}

/* One figure of a task in a run, over epochs. */
static ChartSeries figure_of(const Compared *c, int run, const char *task, const char *figure) {
    const RunLog *log = c->runs[run].log;
    double *x = room(c, log->evaluations.count), *y = room(c, log->evaluations.count);
    ChartSeries s = {.name = c->runs[run].name, .x = x, .y = y, .colour = run};
    for (int i = 0; i < log->evaluations.count; i++) {
        const LoggedEvaluation *found = &log->evaluations.items[i];
        if (strcmp(log->tasks[found->task], task) != 0) continue;
        x[s.count] = (double)found->epoch, y[s.count++] = logged_figure(found, figure);
    }
    return s;
}

/* The mean of the lines at each epoch that all have, and one deviation on either side. */
static ChartSeries mean_of(const Compared *c, const ChartSeries *lines, int count) {
    int epochs = lines[0].count;
    for (int i = 1; i < count; i++) epochs = lines[i].count < epochs ? lines[i].count : epochs;
    double *y = room(c, epochs), *low = room(c, epochs), *high = room(c, epochs);
    for (int e = 0; e < epochs; e++) {
        double sum = 0, squares = 0;
        for (int i = 0; i < count; i++) sum += lines[i].y[e];
        for (int i = 0; i < count; i++) squares += pow(lines[i].y[e] - sum / count, 2);
        double deviation = count > 1 ? sqrt(squares / (count - 1)) : 0;
        y[e] = sum / count, low[e] = y[e] - deviation, high[e] = y[e] + deviation;
    }
    return (ChartSeries){.name = "mean, one deviation",
                         .x = lines[0].x,
                         .y = y,
                         .low = low,
                         .high = high,
                         .count = epochs,
                         .colour = 7,
                         .style = SERIES_DASHED};
}

static void add_figure(const Compared *c, const char *task, const char *figure) {
    ChartSeries series[MOST_RUNS + 1];
    int n = 0, count = c->count < MOST_RUNS ? c->count : MOST_RUNS;
    for (int i = 0; i < count; i++) {
        series[n] = figure_of(c, i, task, figure);
        n += series[n].count > 0;
    }
    if (n == 0) return;
    if (c->spread && n > 1) series[n] = mean_of(c, series, n), n++;
    Chart chart = {.title = arena_printf(c->to->arena, "%s: %s on dev", task, figure),
                   .x = {.label = "epoch"},
                   .y = {.label = figure},
                   .series = series,
                   .n_series = n};
    pictures_add(c->to, strcmp(figure, "loss") == 0 ? "loss" : "metrics", task, &chart);
}

static bool is_listed(const char *const *list, int count, const char *name) {
    for (int i = 0; i < count; i++) {
        if (strcmp(list[i], name) == 0) return true;
    }
    return false;
}

/* What the evaluations of a task have, in any of the runs. */
static int list_figures(const Compared *c, const char *task, const char **figures) {
    int count = 0;
    for (int r = 0; r < c->count; r++) {
        const RunLog *log = c->runs[r].log;
        for (int i = 0; i < log->evaluations.count; i++) {
            const char *name;
            json_t *value;
            if (strcmp(log->tasks[log->evaluations.items[i].task], task) != 0) continue;
            json_object_foreach((json_t *)log->evaluations.items[i].figures, name, value) {
                bool is_figure = json_is_real(value) || json_is_null(value);
                if (is_figure && count < MOST_FIGURES && !is_listed(figures, count, name)) figures[count++] = name;
            }
        }
    }
    return count;
}

void pictures_of_runs(Pictures *to, const ComparedRun *runs, int count, bool spread) {
    Compared c = {to, runs, count, spread};
    VEC(const char *) tasks = {0};
    for (int r = 0; r < count; r++) {
        for (int t = 0; t < runs[r].log->n_tasks; t++) {
            const char *task = runs[r].log->tasks[t], *figures[MOST_FIGURES];
            if (is_listed(tasks.items, tasks.count, task)) continue;
            vec_push(to->arena, &tasks, task);
            int n = list_figures(&c, task, figures);
            for (int i = 0; i < n; i++) add_figure(&c, task, figures[i]);
        }
    }
}
