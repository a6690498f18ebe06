/* Pass reports: remarks and times as text. */
#include "runtime/inspect/pass_report.h"

PassReport pass_report_begin(bool remarks, bool times) {
    PassReport report = {.arena = arena_new()};
    if (remarks) report.remarks = remarks_new();
    if (times) report.times = arena_alloc(report.arena, sizeof *report.times);
    if (report.times) report.times->arena = report.arena;
    return report;
}

static void print_times(const PassTimes *times, FILE *out) {
    double run_s = 0, verify_s = 0;
    fprintf(out, "%-14s %5s %10s %10s %17s\n", "pass", "runs", "ms", "verify ms", "nodes");
    for (int i = 0; i < times->rows.count; i++) {
        const PassTime *t = &times->rows.items[i];
        fprintf(out, "%-14s %5d %10.3f %10.3f %7lld -> %6lld\n", t->pass, t->runs, 1e3 * t->run_s, 1e3 * t->verify_s,
                (long long)t->nodes_before, (long long)t->nodes_after);
        run_s += t->run_s;
        verify_s += t->verify_s;
    }
    fprintf(out, "%-14s %5s %10.3f %10.3f\n", "all", "", 1e3 * run_s, 1e3 * verify_s);
}

void pass_report_end(PassReport *report) {
    if (report->remarks) remarks_print(report->remarks, stderr);
    if (report->times) print_times(report->times, stderr);
    remarks_free(report->remarks);
    arena_free(report->arena);
    *report = (PassReport){0};
}
