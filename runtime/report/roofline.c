/* Roofline. */
#include <math.h>

#include "graph/base/count_text.h"
#include "runtime/engine/verdict.h"
#include "runtime/report/machine_section.h"

typedef struct Roofline {
    Pictures *to;
    const MachineSection *section;
    ChartSeries series[MACHINE_LEVELS + KERNEL_KINDS];
    int count;
} Roofline;

static const double lowest = 0.1, highest = 1000; /* operations a byte that are drawn */

/* A slope, then the peak. */
static void add_roof(Roofline *r, const MachineLevel *level) {
    enum { POINTS = 3 };
    double *x = arena_array(r->to->arena, POINTS, sizeof *x), *y = arena_array(r->to->arena, POINTS, sizeof *y);
    x[0] = lowest, x[1] = fmax(lowest, fmin(r->section->machine.flops / level->bytes, highest)), x[2] = highest;
    for (int i = 0; i < POINTS; i++) y[i] = 1e-9 * fmin(r->section->machine.flops, x[i] * level->bytes);
    r->series[r->count] = (ChartSeries){
        .name = level->name, .x = x, .y = y, .count = POINTS, .colour = 7 - r->count, .style = SERIES_DASHED};
    r->count++;
}

static int count_rows(const MachineSection *section) {
    int count = 0;
    for (int i = 0; i < section->count; i++) count += section->tasks[i].profile.count;
    return count;
}

static void add_kernel(Roofline *r, ChartSeries *s, const Measured *m, const ProfileRow *row) {
    double share = 100 * row->run_s / m->profiled.whole;
    ((double *)s->x)[s->count] = row->cost.flops / row->cost.bytes;
    ((double *)s->y)[s->count] = 1e-9 * row->cost.flops / row->run_s;
    ((const char **)s->tips)[s->count++] =
        arena_printf(r->to->arena, "%s: %s, %.1f %% of the step, %.1f GFLOP/s, %s", m->task->name, row->label, share,
                     1e-9 * row->cost.flops / row->run_s, verdict_text(verdict_of(row, &r->section->machine)).text);
}

/* The kernels of one kind, of all tasks. */
static void add_kind(Roofline *r, KernelKind kind) {
    size_t most = (size_t)count_rows(r->section) + 1;
    ChartSeries s = {.name = kernel_kind_name(kind), .colour = (int)kind % 4, .style = SERIES_POINTS};
    s.x = arena_array(r->to->arena, most, sizeof(double));
    s.y = arena_array(r->to->arena, most, sizeof(double));
    s.tips = arena_array(r->to->arena, most, sizeof(char *));
    for (int i = 0; i < r->section->count; i++) {
        const Measured *m = &r->section->tasks[i];
        for (int j = 0; j < m->profile.count; j++) {
            const ProfileRow *row = &m->profile.rows[j];
            bool has_rate = row->cost.flops > 0 && row->cost.bytes > 0 && row->run_s > 0;
            if (has_rate && row->kernel->kind == kind) add_kernel(r, &s, m, row);
        }
    }
    if (s.count) r->series[r->count++] = s;
}

void picture_of_roofline(Pictures *to, const MachineSection *section) {
    Roofline r = {.to = to, .section = section};
    for (int i = 0; i < section->machine.n_levels; i++) add_roof(&r, &section->machine.levels[i]);
    for (int kind = 0; kind < KERNEL_KINDS; kind++) add_kind(&r, (KernelKind)kind);
    Chart chart = {.title = arena_printf(to->arena, "Roofline of %s, %s", section->target,
                                         count_text(section->threads, "thread").text),
                   .x = {.label = "operations a byte", .lowest = lowest, .highest = highest, .logarithmic = true},
                   .y = {.label = "GFLOP/s", .logarithmic = true},
                   .series = r.series,
                   .n_series = r.count};
    pictures_add(to, "roofline", NULL, &chart);
}
