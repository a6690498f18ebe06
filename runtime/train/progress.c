/* Progress. */
#include "runtime/train/progress.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "graph/base/count_text.h"
#include "runtime/engine/clock.h"
#include "runtime/measure/metrics.h"

enum { BAR = 24, LONGEST = 512, MOST_TASKS = 12 };
static const double redraw_seconds = 0.1, smoothing = 0.05;

bool progress_has_terminal(void) { return isatty(STDERR_FILENO); }

void progress_start(Progress *p, bool quiet, int64_t first, int64_t steps) {
    p->first = first;
    p->quiet = quiet;
    p->terminal = progress_has_terminal();
    p->steps = steps;
    p->plain_every = steps / 10 > 0 ? steps / 10 : 1;
    p->start = seconds_now();
}

/* --- Pieces of a line --------------------------------------------------------------------------------------------- */

typedef struct LineText {
    char text[LONGEST];
    int length;
} LineText;

static void add(LineText *line, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(LineText *line, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int got = vsnprintf(line->text + line->length, (size_t)(LONGEST - line->length), format, args);
    va_end(args);
    line->length = line->length + got < LONGEST ? line->length + got : LONGEST - 1;
}

static void add_bar(LineText *line, int64_t done, int64_t all) {
    int filled = (int)(done * BAR / (all > 0 ? all : 1));
    add(line, "[");
    for (int i = 0; i < BAR; i++) add(line, i < filled ? "#" : ".");
    add(line, "] ");
}

static void add_rates(LineText *line, const Progress *p, int64_t step, double spent) {
    int64_t left = (int64_t)(spent / (double)(step - p->first) * (double)(p->steps - step));
    add(line, "step %" PRId64 "/%" PRId64 "  %.0f tokens/s", step, p->steps, (double)p->tokens / spent);
    if (p->peak > 0) add(line, "  %.0f %% of peak", 100 * p->flops / spent / p->peak);
    if (left >= 3600)
        add(line, "  %" PRId64 ":%02" PRId64 ":%02" PRId64 " left", left / 3600, left / 60 % 60, left % 60);
    else
        add(line, "  %" PRId64 ":%02" PRId64 " left", left / 60, left % 60);
}

/* --- On a terminal ------------------------------------------------------------------------------------------------ */

/* Lines that would wrap are cut, and so are more of them than the terminal has: the cursor could not be moved back over
 * them. */
static struct winsize terminal_size(void) {
    struct winsize size = {0};
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0) size = (struct winsize){0};
    if (!size.ws_col) size.ws_col = 80;
    if (!size.ws_row) size.ws_row = 24;
    return size;
}

/* Of `room` lines for tasks, how many show one; the last line says how many there are beside them. */
static int tasks_shown(const Progress *p, int room) {
    int most = room < MOST_TASKS ? room : MOST_TASKS;
    if (most < 0) most = 0;
    return p->n_tasks <= most ? p->n_tasks : most > 0 ? most - 1 : 0;
}

/* The cursor goes back to the first of the lines. */
static void go_up(const Progress *p) {
    fputc('\r', stderr);
    if (p->lines > 1) fprintf(stderr, "\033[%dA", p->lines - 1);
}

static void put(Progress *p, const LineText *line, int columns) {
    fprintf(stderr, "%s\033[K%.*s", p->lines ? "\n" : "", columns - 1, line->text);
    p->lines++;
}

static void draw(Progress *p, int64_t step, double spent) {
    struct winsize size = terminal_size();
    int columns = size.ws_col, shown = tasks_shown(p, size.ws_row - 2);
    LineText head = {0}, rest = {0};
    go_up(p);
    p->lines = 0;
    add_bar(&head, step, p->steps);
    add_rates(&head, p, step, spent);
    put(p, &head, columns);
    for (int i = 0; i < shown; i++) {
        const TaskProgress *task = &p->tasks[i];
        LineText line = {0};
        add(&line, "  %-16s", task->name);
        if (task->loss >= 0) add(&line, " loss %.4f", task->loss);
        if (task->metric_name) add(&line, "  %s %s", task->metric_name, metric_text(task->metric).text);
        put(p, &line, columns);
    }
    if (shown == p->n_tasks) return;
    add(&rest, "  and %s", count_text(p->n_tasks - shown, "more task").text);
    put(p, &rest, columns);
}

void progress_clear(Progress *p) {
    if (p->quiet || !p->terminal || !p->lines) return;
    go_up(p);
    fputs("\033[J", stderr);
    p->lines = 0;
}

void progress_evaluation(Progress *p, const char *task, int64_t done, int64_t rows) {
    double now = seconds_now();
    LineText line = {0};
    if (p->quiet || !p->terminal || now - p->drawn < redraw_seconds) return;
    p->drawn = now;
    progress_clear(p);
    add(&line, "evaluating %s %" PRId64 "/%" PRId64, task, done, rows);
    put(p, &line, terminal_size().ws_col);
}

/* --- Plain lines -------------------------------------------------------------------------------------------------- */

static void print_plain(const Progress *p, int64_t step, double spent) {
    LineText line = {0};
    add_rates(&line, p, step, spent);
    for (int i = 0; i < tasks_shown(p, MOST_TASKS); i++) {
        if (p->tasks[i].loss >= 0) add(&line, "  %s %.4f", p->tasks[i].name, p->tasks[i].loss);
    }
    if (p->n_tasks > MOST_TASKS)
        add(&line, "  and %s", count_text(p->n_tasks - tasks_shown(p, MOST_TASKS), "more task").text);
    fprintf(stderr, "%s\n", line.text);
}

void progress_step(Progress *p, int64_t step, int index, double loss, int64_t tokens) {
    TaskProgress *task = &p->tasks[index];
    task->loss = task->loss >= 0 ? task->loss + smoothing * (loss - task->loss) : loss;
    p->tokens += tokens;
    p->flops += (double)tokens * task->flops;
    double now = seconds_now(), spent = now - p->start;
    bool last = step == p->steps, plain = !p->terminal && (step % p->plain_every == 0 || last);
    bool redraw = p->terminal && (now - p->drawn >= redraw_seconds || last);
    if (p->quiet || !(plain || redraw)) return;
    p->drawn = now;
    if (p->terminal)
        draw(p, step, spent);
    else
        print_plain(p, step, spent);
    fflush(stderr);
}

void progress_metric(Progress *p, int task, const char *name, double value) {
    p->tasks[task].metric_name = name;
    p->tasks[task].metric = value;
}
