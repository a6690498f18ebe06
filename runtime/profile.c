/* Profile. */
#include "runtime/profile.h"

#include <inttypes.h>
#include <stdlib.h>

typedef struct Row {
    const Kernel *kernel;
    const char *label;
    int64_t runs;
    double run_s, wait_s;
} Row;

static void add(Row *rows, int *count, const LaunchTime *time) {
    int i = 0;
    while (i < *count && rows[i].kernel != time->kernel) i++;
    if (i == *count) rows[(*count)++] = (Row){.kernel = time->kernel, .label = time->label};
    rows[i].runs += time->runs;
    rows[i].run_s += time->run_s;
    rows[i].wait_s += time->wait_s;
}

static int by_time(const void *a, const void *b) {
    double x = ((const Row *)a)->run_s, y = ((const Row *)b)->run_s;
    return x < y ? 1 : x > y ? -1 : 0;
}

static void print_rows(const Row *rows, int count, double whole, FILE *out) {
    double run = 0, wait = 0;
    fprintf(out, "%-16s %-28s %8s %10s %7s %10s\n", "kernel", "from", "calls", "ms", "share", "waiting ms");
    for (int i = 0; i < count; i++) {
        run += rows[i].run_s;
        wait += rows[i].wait_s;
        fprintf(out, "%-16s %-28s %8" PRId64 " %10.1f %6.1f%% %10.1f\n", kernel_kind_name(rows[i].kernel->kind), rows[i].label,
                rows[i].runs, 1e3 * rows[i].run_s, 100 * rows[i].run_s / whole, 1e3 * rows[i].wait_s);
    }
    fprintf(out, "%-45s %8s %10.1f %6.1f%% %10.1f\n", "all kernels", "", 1e3 * run, 100 * run / whole, 1e3 * wait);
    fprintf(out, "%-45s %8s %10.1f %6.1f%%\n", "outside kernels", "", 1e3 * (whole - run - wait), 100 * (whole - run - wait) / whole);
}

void profile_print(Executable *const *executables, int count, double whole_s, FILE *out) {
    int most = 1, rows = 0;
    for (int i = 0; i < count; i++) most += executables[i] ? executable_launches(executables[i]) : 0;
    Row *table = calloc((size_t)most, sizeof *table);
    if (!table) abort();
    for (int i = 0; i < count; i++) {
        int launches;
        const LaunchTime *times = executables[i] ? executable_times(executables[i], &launches) : NULL;
        for (int j = 0; times && j < launches; j++) add(table, &rows, &times[j]);
    }
    qsort(table, (size_t)rows, sizeof *table, by_time);
    print_rows(table, rows, whole_s, out);
    free(table);
}
