/* gradc train: one run, or several that differ in one number: a seed, or the fold that is left out. Other values that
 * are tried are trials.c. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "runtime/commands/commands.h"
#include "runtime/commands/run_options.h"
#include "runtime/commands/train_one.h"
#include "runtime/commands/trials.h"
#include "runtime/train/run_folder.h"
#include "runtime/train/train.h"

/* Runs that differ in one option. */
typedef struct Series {
    const char *word; /* "seed" */
    VEC(int64_t) numbers;
} Series;

static bool read_seeds(const char *text, Series *series, Diagnostics *diags) {
    static const double most = 4294967295.0;
    for (const char *at = text; *at; at += *at == ',') {
        char *end;
        double value = strtod(at, &end);
        if (end == at || (*end && *end != ',') || value != floor(value) || !(value >= 0 && value <= most)) {
            diag_error(diags, "E0910", (Pos){0}, "--seeds takes whole numbers with commas between them, not '%s'",
                       text);
            diag_hint(diags, "for example: --seeds 1,2,3");
            return false;
        }
        vec_push(diags->arena, &series->numbers, (int64_t)value);
        at = end;
    }
    return true;
}

static bool same_folds(const Task *task, int64_t folds, Diagnostics *diags) {
    if (task->split.folds == folds) return true;
    diag_error(diags, "E0412", task->split.pos.file ? task->split.pos : task->pos,
               "--all-folds needs tasks of equally many folds");
    diag_hint(diags, "declare them in each of the tasks: split folds 5; or choose tasks that have them with --tasks");
    return false;
}

/* How many the tasks have; -1 after an error. */
static int64_t count_folds(const Options *given, Diagnostics *diags) {
    Session session = {0};
    Options options;
    int64_t folds = -1;
    bool good = session_of_options("train", given, &options, &session, diags);
    for (int i = 0; good && i < session.program->tasks.count; i++) {
        const Task *task = &session.program->tasks.items[i];
        if (!session.tasks[i]) continue;
        if (folds < 0) folds = task->split.folds;
        good = folds > 0 ? same_folds(task, folds, diags) : same_folds(task, -1, diags);
    }
    session_close(&session);
    return good ? folds : -1;
}

static bool list_folds(const Options *options, Series *series, Diagnostics *diags) {
    int64_t folds = count_folds(options, diags);
    for (int64_t i = 0; i < folds; i++) vec_push(diags->arena, &series->numbers, i);
    return folds > 0;
}

/* The options of one of the runs: it writes to a folder and a log of its own. */
static Options options_of_member(const Options *given, const Series *series, int64_t number, Arena *arena) {
    Options options = *given;
    if (given->seeds)
        options.seed = number;
    else
        options.fold = number;
    options.seeds = NULL, options.all_folds = false;
    options.given.capacity = options.given.count;  /* the name that is added makes a list of its own */
    vec_push(arena, &options.given, series->word); /* stronger than the text's */
    if (given->out) options.out = arena_printf(arena, "%s/%s-%" PRId64, given->out, series->word, number);
    if (given->log) options.log = arena_printf(arena, "%s.%s-%" PRId64, given->log, series->word, number);
    return options;
}

/* --- Several ------------------------------------------------------------------------------------------------------ */

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
        printf("%-32s  %8.4f  %9.4f  %8.4f  %8.4f\n", all->items[i].name, sum / runs,
               runs > 1 ? sqrt(squares / (runs - 1)) : 0, least, most);
    }
}

/* Before the first of them has run: may all of them write to their folders? */
static bool check_folders(const Options *given, const Series *series, Diagnostics *diags) {
    bool good = true;
    for (int i = 0; good && given->out && !given->dry_run && i < series->numbers.count; i++) {
        Options options = options_of_member(given, series, series->numbers.items[i], diags->arena);
        RunFolder folder = {options.out, options.weights, options.resume, options.force};
        good = run_folder_check(&folder, diags);
    }
    return good;
}

static int train_series(const Options *given, const Series *series, Diagnostics *diags) {
    TrainOutcome outcome = {0};
    if (!check_folders(given, series, diags)) return 1;
    if (given->out) mkdir(given->out, 0777); /* what is wrong with it the first run tells */
    for (int i = 0; i < series->numbers.count; i++) {
        int64_t number = series->numbers.items[i];
        Options options = options_of_member(given, series, number, diags->arena);
        printf("%s%s %" PRId64 "\n", i ? "\n" : "", series->word, number);
        fflush(stdout);
        int status = train_one(&options, &(TrainMember){0}, &outcome, diags);
        if (status) return status;
    }
    if (outcome.figures.count) print_summary(&outcome.figures, series->numbers.count);
    return 0;
}

/* Which of the runs goes on is decided by files that one rank writes. */
static bool check_ranks(const Options *options, Diagnostics *diags) {
    if (!options->tries.count || ranks_count(options->ranks) == 1) return true;
    diag_error(diags, "E0981", (Pos){0}, "--try does not spread over several ranks");
    diag_hint(diags, "give it one process; a run with the values that it finds may then have several");
    return false;
}

int command_train(const Options *options, Diagnostics *diags) {
    Series series = {.word = options->seeds ? "seed" : "fold"};
    if (!check_ranks(options, diags)) return 1;
    if (options->tries.count) return train_trials(options, diags);
    if (!options->seeds && !options->all_folds) return train_one(options, &(TrainMember){0}, &(TrainOutcome){0}, diags);
    if (options->seeds && options->all_folds) {
        diag_error(diags, "E0910", (Pos){0}, "--seeds and --all-folds are two series of runs");
        diag_hint(diags, "give one of them, and the other's number by itself: --seeds 1,2,3 --fold 0");
        return 1;
    }
    bool good = options->seeds ? read_seeds(options->seeds, &series, diags) : list_folds(options, &series, diags);
    return good ? train_series(options, &series, diags) : 1;
}
