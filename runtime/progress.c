/* Progress. */
#include "runtime/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { BAR = 24 };
static const double redraw_seconds = 0.1, smoothing = 0.05;

double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void progress_start(Progress *p, bool quiet, int64_t first, int64_t steps) {
    p->first = first;
    p->quiet = quiet;
    p->terminal = isatty(STDERR_FILENO);
    p->steps = steps;
    p->plain_every = steps / 10 > 0 ? steps / 10 : 1;
    p->start = seconds_now();
}

static void print_losses(const Progress *p) {
    for (int i = 0; i < p->n_tasks; i++) {
        if (p->names[i] && p->loss[i] > 0) fprintf(stderr, "  %s %.4f", p->names[i], p->loss[i]);
    }
}

static void draw_bar(int64_t done, int64_t all) {
    int filled = (int)(done * BAR / (all > 0 ? all : 1));
    fputs("\r\033[K[", stderr);
    for (int i = 0; i < BAR; i++) fputc(i < filled ? '#' : '.', stderr);
    fputs("] ", stderr);
}

void progress_step(Progress *p, int64_t step, int task, double loss, int64_t tokens) {
    p->loss[task] = p->loss[task] > 0 ? p->loss[task] + smoothing * (loss - p->loss[task]) : loss;
    p->tokens += tokens;
    double now = seconds_now(), spent = now - p->start;
    bool last = step == p->steps, plain = !p->terminal && (step % p->plain_every == 0 || last);
    bool redraw = p->terminal && (now - p->drawn >= redraw_seconds || last);
    if (p->quiet || !(plain || redraw)) return;
    p->drawn = now;
    if (p->terminal) draw_bar(step, p->steps);
    int64_t left = (int64_t)(spent / (double)(step - p->first) * (double)(p->steps - step));
    fprintf(stderr, "step %" PRId64 "/%" PRId64 "  %.0f tokens/s  %" PRId64 ":%02" PRId64 " left", step, p->steps,
            (double)p->tokens / spent, left / 60, left % 60);
    print_losses(p);
    if (!p->terminal) fputc('\n', stderr);
    fflush(stderr);
}

void progress_clear(const Progress *p) {
    if (!p->quiet && p->terminal) fputs("\r\033[K", stderr);
}
