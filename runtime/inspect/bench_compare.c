/* Bench compare. */
#include "runtime/inspect/bench_compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/count_text.h"

enum { NAME = 60, ERRORS = 3 };
static const double least_change = 0.02;

typedef struct BenchComparison {
    const char *path;
    FILE *out;
    Arena *arena;
    int kernels, changed;
    double largest; /* of those that did not change: how far from 1 */
} BenchComparison;

/* A kernel in both. */
typedef struct KernelChange {
    const char *label;
    double then_ms, now_ms;
    Quotient quotient;
} KernelChange;

static double number(const json_t *object, const char *name) {
    return json_number_value(json_object_get(object, name));
}
static const char *word(const json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

/* --- Noise -------------------------------------------------------------------------------------------------------- */

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median_of(double *values, int count) {
    qsort(values, (size_t)count, sizeof *values, by_size);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

/* Of numbers of a normal distribution the median deviation is 1 / 1.4826 of the standard deviation, and the standard
 * error of the median 1.2533 of that of the mean. */
Quotient quotient_of(double *quotients, int count) {
    Quotient q = {.median = median_of(quotients, count)};
    for (int i = 0; i < count; i++) quotients[i] = fabs(quotients[i] - q.median);
    q.error = 1.2533 * 1.4826 * median_of(quotients, count) / sqrt(count);
    return q;
}

static bool is_change(const Quotient *q) {
    double change = fabs(q->median - 1);
    return change > least_change && change > ERRORS * q->error;
}

/* --- Kernels ------------------------------------------------------------------------------------------------------ */

/* That of the same name in object code, or else of the same label: then its code is another one. */
static const json_t *find_kernel(const json_t *kernels, const json_t *like) {
    static const char *const keys[] = {"kernel", "from"};
    for (int k = 0; k < 2; k++) {
        size_t i;
        json_t *kernel;
        json_array_foreach(kernels, i, kernel) {
            if (strcmp(word(kernel, keys[k]), word(like, keys[k])) == 0) return kernel;
        }
    }
    return NULL;
}

/* Of the steps in which both ran; false: there is none. */
static bool compare_kernels(const BenchComparison *c, const json_t *then, const json_t *now, KernelChange *change) {
    const json_t *a = json_object_get(then, "step_ms"), *b = json_object_get(now, "step_ms");
    size_t steps = json_array_size(a);
    double *quotients = arena_array(c->arena, steps + 1, sizeof *quotients);
    int count = 0;
    for (size_t i = 0; i < steps; i++) {
        double old = json_number_value(json_array_get(a, i)), new = json_number_value(json_array_get(b, i));
        if (old > 0 && new > 0) quotients[count++] = new / old;
    }
    if (!count) return false;
    *change = (KernelChange){word(now, "from"), number(then, "ms"), number(now, "ms"), quotient_of(quotients, count)};
    return true;
}

static int by_milliseconds(const void *a, const void *b) {
    const KernelChange *x = a, *y = b;
    double first = fabs(x->now_ms - x->then_ms), second = fabs(y->now_ms - y->then_ms);
    return first > second ? -1 : first < second;
}

static void say_change(const BenchComparison *c, const KernelChange *change) {
    const Quotient *q = &change->quotient;
    fprintf(c->out, "%-*s %9.2f %9.2f %7.3f %6.3f  %s\n", NAME, change->label, change->then_ms, change->now_ms,
            q->median, q->error, q->median < 1 ? "faster" : "slower");
}

/* Those of `kernels` that `others` lack. */
static void say_missing(const BenchComparison *c, const json_t *kernels, const json_t *others, const char *what) {
    size_t i;
    json_t *kernel;
    json_array_foreach(kernels, i, kernel) {
        if (!find_kernel(others, kernel))
            fprintf(c->out, "%-*s %s, %.2f ms\n", NAME, word(kernel, "from"), what, number(kernel, "ms"));
    }
}

static void compare_task(BenchComparison *c, const json_t *then, const json_t *now) {
    const json_t *old = json_object_get(then, "kernels"), *new = json_object_get(now, "kernels");
    KernelChange *changes = arena_array(c->arena, json_array_size(new) + 1, sizeof *changes);
    int count = 0;
    size_t i;
    json_t *kernel;
    json_array_foreach(new, i, kernel) {
        const json_t *other = find_kernel(old, kernel);
        if (!other || !compare_kernels(c, other, kernel, &changes[count])) continue;
        c->kernels++;
        if (is_change(&changes[count].quotient))
            count++;
        else
            c->largest = fmax(c->largest, fabs(changes[count].quotient.median - 1));
    }
    qsort(changes, (size_t)count, sizeof *changes, by_milliseconds);
    fprintf(c->out, "\n%s: median step %.2f ms, %.2f then\n", word(now, "task"), number(now, "median_step_ms"),
            number(then, "median_step_ms"));
    if (count) fprintf(c->out, "%-*s %9s %9s %7s %6s\n", NAME, "kernel", "then ms", "now ms", "now/then", "error");
    for (int j = 0; j < count; j++) say_change(c, &changes[j]);
    say_missing(c, new, old, "new");
    say_missing(c, old, new, "gone");
    c->changed += count;
}

/* --- Both --------------------------------------------------------------------------------------------------------- */

static bool refuse(const BenchComparison *c, const char *why, Diagnostics *diags) {
    diag_error(diags, "E0967", pos_in_file(diagnostics_file(diags, c->path, NULL), 0), "%s", why);
    diag_hint(diags, "gradc bench ... --json writes it; --compare takes that of the same tasks, rows, steps and batch");
    return false;
}

static const json_t *find_task(const json_t *all, const json_t *like) {
    size_t i;
    json_t *task;
    json_array_foreach(json_object_get(all, "tasks"), i, task) {
        if (strcmp(word(task, "task"), word(like, "task")) == 0) return task;
    }
    return NULL;
}

/* The same rows in the same steps: only then are quotients of their times those of the code. */
static bool are_alike(const json_t *then, const json_t *now) {
    static const char *const numbers[] = {"steps", "batch", "tokens"};
    for (int i = 0; i < 3; i++) {
        if (number(then, numbers[i]) != number(now, numbers[i])) return false;
    }
    return strcmp(word(then, "mode"), word(now, "mode")) == 0;
}

static bool check(const BenchComparison *c, const json_t *then, const json_t *now, Diagnostics *diags) {
    size_t i;
    json_t *task;
    if (!json_is_array(json_object_get(then, "tasks")))
        return refuse(c, "this is no measurement of gradc bench", diags);
    json_array_foreach(json_object_get(now, "tasks"), i, task) {
        const json_t *old = find_task(then, task);
        if (!old) return refuse(c, "this measurement lacks a task", diags);
        if (!are_alike(old, task)) return refuse(c, "this measurement is of other steps", diags);
    }
    return true;
}

bool bench_compare(const json_t *then, const json_t *now, const char *path, FILE *out, Diagnostics *diags) {
    BenchComparison c = {.path = path, .out = out, .arena = diags->arena};
    size_t i;
    json_t *task;
    if (!check(&c, then, now, diags)) return false;
    fprintf(out, "compared with %s: %s, %g threads, peak %.1f GFLOP/s then; %s, %g, %.1f now\n", path,
            word(then, "target"), number(then, "threads"), number(then, "peak_gflops"), word(now, "target"),
            number(now, "threads"), number(now, "peak_gflops"));
    json_array_foreach(json_object_get(now, "tasks"), i, task) compare_task(&c, find_task(then, task), task);
    fprintf(out, "\n%d of %s changed beyond the noise and by more than %.0f %%; the others by at most %.1f %%\n",
            c.changed, count_text(c.kernels, "kernel").text, 100 * least_change, 100 * c.largest);
    return true;
}
