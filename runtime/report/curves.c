/* Curves: what a run's log tells, over steps and epochs. */
#include <math.h>
#include <string.h>

#include "runtime/report/pictures.h"

enum { MOST_POINTS = 160, MOST_MARKS = 8 };

Thinned thin_points(const double *x, const double *y, int count, Arena *arena) {
    int width = (count + MOST_POINTS - 1) / MOST_POINTS;
    Thinned t = {.bands = width > 1};
    double **columns[] = {&t.x, &t.y, &t.low, &t.high};
    for (int i = 0; i < 4; i++) *columns[i] = arena_array(arena, (size_t)count + 1, sizeof(double));
    for (int i = 0; i < count; t.count++) {
        int end = i + width < count ? i + width : count, first = i;
        double low = INFINITY, high = -INFINITY, sum_x = 0, sum_y = 0;
        for (; i < end; i++) sum_x += x[i], sum_y += y[i], low = fmin(low, y[i]), high = fmax(high, y[i]);
        t.x[t.count] = sum_x / (end - first), t.y[t.count] = sum_y / (end - first);
        t.low[t.count] = low, t.high[t.count] = high;
    }
    return t;
}

typedef struct Curves {
    Pictures *to;
    const RunLog *log;
    ChartMark *marks; /* [n_marks]: ends of epochs */
    int n_marks;
} Curves;

static double *room(const Curves *c, int count) { return arena_array(c->to->arena, (size_t)count + 1, sizeof(double)); }

static ChartSeries series_of(const Thinned *t, const char *name, int colour) {
    return (ChartSeries){.name = name,
                         .x = t->x,
                         .y = t->y,
                         .low = t->bands ? t->low : NULL,
                         .high = t->bands ? t->high : NULL,
                         .count = t->count,
                         .colour = colour};
}

/* --- Epochs ------------------------------------------------------------------------------------------------------- */

/* A mark for some of the epochs, evenly, and for the best. */
static void find_marks(Curves *c, int64_t best) {
    int count = c->log->scores.count, every = (count + MOST_MARKS - 1) / MOST_MARKS;
    Arena *arena = c->to->arena;
    c->marks = arena_array(arena, (size_t)count + 1, sizeof *c->marks);
    for (int i = 0; i < count; i++) {
        const LoggedNumber *score = &c->log->scores.items[i];
        bool is_best = score->epoch == best, near_best = llabs(score->epoch - best) < every && best > 0;
        if (!is_best && (near_best || score->epoch % every != 0)) continue;
        c->marks[c->n_marks++] =
            (ChartMark){(double)score->step, arena_printf(arena, is_best ? "best: %ld" : "%ld", (long)score->epoch)};
    }
}

/* --- Of each task ------------------------------------------------------------------------------------------------- */

static Thinned training_loss(const Curves *c, int task) {
    const RunLog *log = c->log;
    double *x = room(c, log->steps.count), *y = room(c, log->steps.count);
    int count = 0;
    for (int i = 0; i < log->steps.count; i++) {
        if (log->steps.items[i].task != task) continue;
        x[count] = (double)log->steps.items[i].step, y[count++] = log->steps.items[i].loss;
    }
    return thin_points(x, y, count, c->to->arena);
}

/* A figure of the task over steps, or over epochs. */
static ChartSeries evaluated(const Curves *c, int task, const char *figure, bool by_epoch) {
    const RunLog *log = c->log;
    double *x = room(c, log->evaluations.count), *y = room(c, log->evaluations.count);
    ChartSeries s = {.x = x, .y = y, .style = SERIES_MARKED};
    for (int i = 0; i < log->evaluations.count; i++) {
        const LoggedEvaluation *found = &log->evaluations.items[i];
        if (found->task != task) continue;
        x[s.count] = (double)(by_epoch ? found->epoch : found->step), y[s.count++] = logged_figure(found, figure);
    }
    return s;
}

static void add_loss(const Curves *c, int task) {
    Thinned training = training_loss(c, task);
    ChartSeries series[2] = {series_of(&training, "training", 0), evaluated(c, task, "loss", false)};
    series[1].name = "dev", series[1].colour = 1;
    Chart chart = {.title = arena_printf(c->to->arena, "Loss of %s", c->log->tasks[task]),
                   .x = {.label = "step (dashed: ends of epochs)"},
                   .y = {.label = "loss"},
                   .series = series,
                   .n_series = series[1].count ? 2 : 1,
                   .marks = c->marks,
                   .n_marks = c->n_marks};
    pictures_add(c->to, "loss", c->log->tasks[task], &chart);
}

/* All that its evaluations have but the loss. */
static void add_metrics(const Curves *c, int task) {
    enum { MOST = 8 };
    ChartSeries series[MOST];
    const json_t *figures = NULL;
    for (int i = 0; i < c->log->evaluations.count; i++) {
        if (c->log->evaluations.items[i].task == task) figures = c->log->evaluations.items[i].figures;
    }
    Chart chart = {.title = arena_printf(c->to->arena, "Dev metrics of %s", c->log->tasks[task]),
                   .x = {.label = "epoch"},
                   .y = {.label = "metric"},
                   .series = series};
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)figures, name, value) {
        bool is_figure = json_is_real(value) || json_is_null(value);
        if (!is_figure || strcmp(name, "loss") == 0 || chart.n_series == MOST) continue;
        series[chart.n_series] = evaluated(c, task, name, true);
        series[chart.n_series].name = name, series[chart.n_series].colour = chart.n_series;
        chart.n_series++;
    }
    if (chart.n_series) pictures_add(c->to, "metrics", c->log->tasks[task], &chart);
}

/* --- Of the run --------------------------------------------------------------------------------------------------- */

/* A number of each step, one for all tasks of it. */
typedef double StepNumber(const LoggedStep *step);
static double rate_of(const LoggedStep *step) { return step->rate; }
static double norm_of(const LoggedStep *step) { return step->norm; }

static void add_steps(const Curves *c, const char *kind, const char *title, const char *unit, StepNumber *of) {
    const RunLog *log = c->log;
    double *x = room(c, log->steps.count), *y = room(c, log->steps.count);
    int count = 0;
    for (int i = 0; i < log->steps.count; i++) {
        const LoggedStep *step = &log->steps.items[i];
        if (step->ms > 0) x[count] = (double)step->step, y[count++] = of(step);
    }
    Thinned thinned = thin_points(x, y, count, c->to->arena);
    ChartSeries series = series_of(&thinned, NULL, 0);
    Chart chart = {.title = title,
                   .x = {.label = "step"},
                   .y = {.label = unit},
                   .series = &series,
                   .n_series = 1,
                   .marks = c->marks,
                   .n_marks = c->n_marks};
    if (count) pictures_add(c->to, kind, NULL, &chart);
}

/* Tokens of some steps by the time of these. */
static void add_speed(const Curves *c) {
    const RunLog *log = c->log;
    int every = (log->steps.count + MOST_POINTS - 1) / MOST_POINTS, count = 0;
    double *x = room(c, MOST_POINTS), *y = room(c, MOST_POINTS), tokens = 0, ms = 0;
    for (int i = 0; i < log->steps.count; i++) {
        const LoggedStep *step = &log->steps.items[i];
        tokens += (double)step->tokens, ms += step->ms;
        bool ends = (i + 1) % every == 0 || i + 1 == log->steps.count;
        if (!ends || ms <= 0) continue;
        x[count] = (double)step->step, y[count++] = 1e3 * tokens / ms;
        tokens = ms = 0;
    }
    ChartSeries series = {.x = x, .y = y, .count = count, .colour = 2};
    Chart chart = {.title = "Tokens a second",
                   .x = {.label = "step"},
                   .y = {.label = "tokens/s"},
                   .series = &series,
                   .n_series = 1};
    if (count) pictures_add(c->to, "speed", NULL, &chart);
}

/* Of the pairs of tasks that the first step with cosines has. */
static void add_cosines(const Curves *c) {
    const RunLog *log = c->log;
    ChartSeries series[CHART_COLOURS];
    int n = 0;
    while (n < CHART_COLOURS && n < log->cosines.count && log->cosines.items[n].step == log->cosines.items[0].step) n++;
    for (int j = 0; j < n; j++) {
        double *x = room(c, log->cosines.count), *y = room(c, log->cosines.count);
        int count = 0;
        for (int i = 0; i < log->cosines.count; i++) {
            const LoggedNumber *cosine = &log->cosines.items[i];
            if (strcmp(cosine->name, log->cosines.items[j].name) != 0) continue;
            x[count] = (double)cosine->step, y[count++] = cosine->value;
        }
        Thinned thinned = thin_points(x, y, count, c->to->arena);
        series[j] = series_of(&thinned, log->cosines.items[j].name, j);
    }
    Chart chart = {.title = "Cosines between tasks' gradients",
                   .x = {.label = "step"},
                   .y = {.label = "cosine"},
                   .series = series,
                   .n_series = n};
    if (n) pictures_add(c->to, "cosines", NULL, &chart);
}

void pictures_of_log(Pictures *to, const RunLog *log, int64_t best_epoch) {
    Curves curves = {.to = to, .log = log};
    find_marks(&curves, best_epoch);
    for (int task = 0; log->steps.count && task < log->n_tasks; task++) add_loss(&curves, task);
    for (int task = 0; task < log->n_tasks; task++) add_metrics(&curves, task);
    add_steps(&curves, "rate", "Learning rate", "rate", rate_of);
    add_steps(&curves, "norm", "Norm of the gradients, before clipping", "norm", norm_of);
    add_cosines(&curves);
    add_speed(&curves);
}
