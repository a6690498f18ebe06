/* Profile. */
#include "runtime/engine/profile.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/engine/verdict.h"

static void add(ProfileRow *to, const ProfileRow *time) {
    to->runs += time->runs;
    to->run_s += time->run_s;
    to->wait_s += time->wait_s;
    to->after_s += time->after_s;
    to->cost.flops += time->cost.flops;
    to->cost.bytes += time->cost.bytes;
}

static void add_steps(ProfileRow *row, const LaunchTime *time, Arena *arena) {
    while (row->step_s.count < time->step_s.count) vec_push(arena, &row->step_s, 0);
    for (int i = 0; i < time->step_s.count; i++) row->step_s.items[i] += time->step_s.items[i];
}

static ProfileRow *row_of(Profile *profile, const ProfileRow *time) {
    for (int i = 0; i < profile->count; i++) {
        if (profile->rows[i].kernel == time->kernel) return &profile->rows[i];
    }
    profile->rows[profile->count] = (ProfileRow){.kernel = time->kernel, .label = time->label};
    return &profile->rows[profile->count++];
}

static void add_place(ProfileRow *row, const char *label, Arena *arena) {
    for (int i = 0; i < row->places.count; i++) {
        if (strcmp(row->places.items[i], label) == 0) return;
    }
    vec_push(arena, &row->places, label);
}

static void add_launch(Profile *profile, const LaunchTime *time, double after, Arena *arena) {
    ProfileRow launch = {.kernel = time->kernel,
                         .label = time->label,
                         .runs = time->runs,
                         .run_s = time->run_s,
                         .wait_s = time->wait_s,
                         .after_s = after,
                         .cost = time->cost};
    ProfileRow *row = row_of(profile, &launch);
    add(row, &launch);
    add_steps(row, time, arena);
    add_place(row, time->label, arena);
}

static void say_places(ProfileRow *row, Arena *arena) {
    if (row->places.count > 1) row->label = arena_printf(arena, "%s +%d", row->label, row->places.count - 1);
}

static int by_time(const void *a, const void *b) {
    double x = ((const ProfileRow *)a)->run_s, y = ((const ProfileRow *)b)->run_s;
    return x < y ? 1 : x > y ? -1 : 0;
}

Profile profile_of(Executable *const *executables, int count, Arena *arena) {
    size_t most = 1;
    for (int i = 0; i < count; i++) most += executables[i] ? (size_t)executable_launches(executables[i]) : 0;
    Profile profile = {.rows = arena_array(arena, most, sizeof *profile.rows)};
    for (int i = 0; i < count; i++) {
        int launches;
        const LaunchTime *times = executables[i] ? executable_times(executables[i], &launches) : NULL;
        for (int j = 0; times && j < launches; j++) {
            if (times[j].runs) add_launch(&profile, &times[j], j + 1 < launches ? times[j + 1].wait_s : 0, arena);
        }
    }
    for (int i = 0; i < profile.count; i++) say_places(&profile.rows[i], arena);
    qsort(profile.rows, (size_t)profile.count, sizeof *profile.rows, by_time);
    return profile;
}

ProfileRow profile_sum(const Profile *profile) {
    ProfileRow sum = {0};
    for (int i = 0; i < profile->count; i++) add(&sum, &profile->rows[i]);
    return sum;
}

/* A rate by its time, or blanks where there is nothing of the kind. */
static void print_rate(double amount, double seconds, double peak, FILE *out) {
    if (amount <= 0 || seconds <= 0)
        fprintf(out, " %8s", "");
    else
        fprintf(out, " %8.1f", 1e-9 * amount / seconds);
    if (peak <= 0) return;
    if (amount <= 0 || seconds <= 0)
        fprintf(out, " %6s", "");
    else
        fprintf(out, " %5.1f%%", 100 * amount / seconds / peak);
}

static void print_row(const char *name, const ProfileRow *row, double whole, const Machine *machine, FILE *out) {
    fprintf(out, "%-*s %7" PRId64 " %9.1f %5.1f%%", PROFILE_NAME, name, row->runs, 1e3 * row->run_s,
            100 * row->run_s / whole);
    print_rate(row->cost.flops, row->run_s, machine ? machine->flops : 0, out);
    print_rate(row->cost.bytes, row->run_s, machine ? machine->bytes : 0, out);
    fprintf(out, " %9.1f", 1e3 * row->wait_s);
    if (machine && row->kernel) fprintf(out, "  %s", verdict_text(verdict_of(row, machine)).text);
    fputc('\n', out);
}

void profile_print(const Profile *profile, double whole_s, const Machine *machine, FILE *out) {
    const char *peak = machine ? "   peak" : "", *triad = machine ? "  triad" : "";
    fprintf(out, "%-*s %7s %9s %6s %8s%s %8s%s %9s%s\n", PROFILE_NAME, "kernel", "calls", "ms", "share", "GFLOP/s",
            peak, "GB/s", triad, "wait ms", machine ? "  bound by" : "");
    for (int i = 0; i < profile->count; i++) {
        print_row(profile->rows[i].label, &profile->rows[i], whole_s, machine, out);
    }
    ProfileRow sum = profile_sum(profile);
    print_row("all kernels", &sum, whole_s, machine, out);
}
