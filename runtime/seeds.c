/* gradc train: one run, or one for each of several seeds. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "runtime/train.h"

typedef VEC(int64_t) Seeds;

static bool read_seeds(const char *text, Seeds *seeds, Diagnostics *diags) {
    static const double most = 4294967295.0;
    for (const char *at = text; *at; at += *at == ',') {
        char *end;
        double value = strtod(at, &end);
        if (end == at || (*end && *end != ',') || value != floor(value) || !(value >= 0 && value <= most)) {
            diag_error(diags, "E0910", (Pos){0}, "--seeds takes whole numbers with commas between them, not '%s'", text);
            diag_hint(diags, "for example: --seeds 1,2,3");
            return false;
        }
        vec_push(diags->arena, seeds, (int64_t)value);
        at = end;
    }
    return true;
}

/* The options of one of the runs: it writes to a folder and a log of its own. */
static Options options_of_seed(const Options *given, int64_t seed, Arena *arena) {
    Options options = *given;
    options.seed = seed;
    options.seeds = NULL;
    if (given->out) options.out = arena_printf(arena, "%s/seed-%" PRId64, given->out, seed);
    if (given->log) options.log = arena_printf(arena, "%s.seed-%" PRId64, given->log, seed);
    return options;
}

/* The deviation is that of a sample: of the squares' sum by n - 1. */
static void print_summary(const Figures *all, int runs) {
    int per_run = all->count / runs;
    printf("\n%-32s  %8s  %9s  %8s  %8s\n", "of the best epochs", "mean", "deviation", "least", "most");
    for (int i = 0; i < per_run; i++) {
        double sum = 0, squares = 0, least = INFINITY, most = -INFINITY;
        for (int r = 0; r < runs; r++) {
            double value = all->items[r * per_run + i].value;
            sum += value;
            least = fmin(least, value);
            most = fmax(most, value);
        }
        for (int r = 0; r < runs; r++) squares += pow(all->items[r * per_run + i].value - sum / runs, 2);
        printf("%-32s  %8.4f  %9.4f  %8.4f  %8.4f\n", all->items[i].name, sum / runs, runs > 1 ? sqrt(squares / (runs - 1)) : 0, least, most);
    }
}

static int train_seeds(const Options *given, Diagnostics *diags) {
    Seeds seeds = {0};
    Figures figures = {0};
    if (!read_seeds(given->seeds, &seeds, diags)) return 1;
    if (given->out) mkdir(given->out, 0777); /* what is wrong with it the first run tells */
    for (int i = 0; i < seeds.count; i++) {
        Options options = options_of_seed(given, seeds.items[i], diags->arena);
        printf("%sseed %" PRId64 "\n", i ? "\n" : "", seeds.items[i]);
        fflush(stdout);
        int status = train_once(&options, &figures, diags);
        if (status) return status;
    }
    if (figures.count) print_summary(&figures, seeds.count);
    return 0;
}

int command_train(const Options *options, Diagnostics *diags) {
    return options->seeds ? train_seeds(options, diags) : train_once(options, &(Figures){0}, diags);
}
