/* Trials. */
#include "runtime/commands/trials.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/commands/option_rows.h"
#include "runtime/commands/train_one.h"
#include "runtime/files/atomic_file.h"
#include "runtime/measure/evaluation_table.h"
#include "runtime/train/budget.h"
#include "runtime/train/halving.h"

enum { MOST_TRIALS = 1000, MOST_RUNGS = 16 };

/* An option and the values that are tried. */
typedef struct Choice {
    const OptionRow *row;
    TextList values;
} Choice;

typedef struct Trial {
    const char *folder, *settings; /* "OUT/try-1", "--lr 1e-5 --batch 8" */
    Options options;
    double scores[MOST_RUNGS];
    int rungs; /* that it has come through */
} Trial;

typedef struct Trials {
    const Options *given;
    Diagnostics *diags;
    VEC(Choice) choices;
    Trial *items; /* [count] */
    int count;
    bool *left; /* [count]: still going on */
    int rungs;
} Trials;

/* --- Which there are ---------------------------------------------------------------------------------------------- */

static bool bad_choice(const Trials *t, const char *text, const char *what) {
    diag_error(t->diags, "E0910", (Pos){0}, "--try %s: %s", text, what);
    diag_hint(t->diags,
              "it takes an option of `gradc train` that decides the weights, and values for it: --try lr=1e-5,3e-5");
    return false;
}

/* "layer_decay=0.8,0.9" */
static bool read_choice(Trials *t, const char *text) {
    Arena *arena = t->diags->arena;
    char *name = arena_strndup(arena, text, strcspn(text, "="));
    for (char *at = name; (at = strchr(at, '_')); at++) *at = '-';
    const char *values = strchr(text, '=');
    Choice choice = {.row = option_find("train", name)};
    if (!values || !values[1]) return bad_choice(t, text, "a name and values are wanted");
    if (!choice.row || !(choice.row->effect & (DECIDES | LENGTH))) return bad_choice(t, text, "no such option decides");
    if (choice.row->kind == FLAG) return bad_choice(t, text, "the option has no values");
    choice.values = text_split(values + 1, ',', arena);
    for (int i = 0; i < choice.values.count; i++) {
        Options scratch = options_default();
        if (!options_set(&scratch, choice.row, choice.values.items[i], (Pos){0}, t->diags)) return false;
    }
    vec_push(arena, &t->choices, choice);
    return true;
}

/* Lists that are added to are its own. */
static Options options_of_trial(const Trials *t, const Trial *trial) {
    Options options = *t->given;
    options.tries = (TextList){0};
    options.given.capacity = options.given.count;
    options.out = trial->folder;
    options.resume = false;
    return options;
}

/* Combination number `index`, the last choice changing first. */
static void choose(const Trials *t, Trial *trial, int index) {
    Arena *arena = t->diags->arena;
    for (int i = t->choices.count - 1; i >= 0; i--) {
        const Choice *choice = &t->choices.items[i];
        const char *value = choice->values.items[index % choice->values.count];
        index /= choice->values.count;
        TextList *list = (TextList *)((char *)&trial->options + choice->row->member);
        if (choice->row->kind == LIST) list->capacity = list->count;
        options_set(&trial->options, choice->row, value, (Pos){0}, t->diags);
        trial->settings = arena_printf(arena, "--%s %s%s%s", choice->row->name, value, trial->settings ? " " : "",
                                       trial->settings ? trial->settings : "");
    }
}

static bool list_trials(Trials *t) {
    Arena *arena = t->diags->arena;
    t->count = 1;
    for (int i = 0; i < t->given->tries.count; i++) {
        if (!read_choice(t, t->given->tries.items[i])) return false;
        t->count *= t->choices.items[i].values.count;
        if (t->count > MOST_TRIALS) return bad_choice(t, t->given->tries.items[i], "that makes more than 1000 runs");
    }
    t->items = arena_array(arena, (size_t)t->count, sizeof *t->items);
    t->left = arena_array(arena, (size_t)t->count, sizeof *t->left);
    for (int i = 0; i < t->count; i++) {
        Trial *trial = &t->items[i];
        trial->folder = arena_printf(arena, "%s/try-%d", t->given->out, i + 1);
        trial->options = options_of_trial(t, trial);
        choose(t, trial, i);
        t->left[i] = true;
    }
    return true;
}

/* The time of each run is such that all rungs fit; a tenth is kept for evaluations between them. */
static bool share_time(Trials *t) {
    double seconds;
    t->rungs = 1;
    if (!t->given->within) return true;
    if (!budget_read(t->given->within, &seconds, t->diags)) return false;
    t->rungs = halving_rungs(t->count);
    const char *within = arena_printf(t->diags->arena, "%.3fs", 0.9 * seconds / halving_cost(t->count));
    for (int i = 0; i < t->count; i++) t->items[i].options.within = within;
    return true;
}

static bool check_given(const Options *given, Diagnostics *diags) {
    if (given->seeds || given->all_folds || given->no_eval)
        return diag_error(diags, "E0910", (Pos){0}, "--try chooses by the dev score of each run: leave out --%s",
                          given->no_eval ? "no-eval"
                          : given->seeds ? "seeds"
                                         : "all-folds");
    if (given->out) return true;
    diag_error(diags, "E0917", (Pos){0}, "--try needs --out");
    diag_hint(diags, "the folder that the runs' folders are made in: --out runs");
    return false;
}

/* --- What is known already ---------------------------------------------------------------------------------------- */

static const char *state_path(const Trials *t) { return arena_printf(t->diags->arena, "%s/try.json", t->given->out); }

static json_t *scores_json(const Trials *t) {
    json_t *all = json_array();
    for (int i = 0; i < t->count; i++) {
        json_t *list = json_array();
        for (int rung = 0; rung < t->items[i].rungs; rung++)
            json_array_append_new(list, metric_json(t->items[i].scores[rung]));
        json_array_append_new(all, list);
    }
    return all;
}

/* What the runs are: another one must not go on with these scores. */
static json_t *description(const Trials *t) {
    json_t *runs = json_array();
    for (int i = 0; i < t->count; i++) json_array_append_new(runs, json_string(t->items[i].settings));
    return json_pack("{s:o, s:i}", "runs", runs, "rungs", t->rungs);
}

static bool save(const Trials *t) {
    json_t *state = description(t);
    json_object_set_new(state, "scores", scores_json(t));
    char *text = json_dumps(state, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
    bool good = text && atomic_file_put(state_path(t), text, strlen(text), t->diags);
    free(text);
    json_decref(state);
    return good;
}

static void read_scores(Trials *t, const json_t *all) {
    for (int i = 0; i < t->count; i++) {
        const json_t *list = json_array_get(all, (size_t)i);
        Trial *trial = &t->items[i];
        for (trial->rungs = 0; trial->rungs < (int)json_array_size(list) && trial->rungs < t->rungs; trial->rungs++) {
            const json_t *score = json_array_get(list, (size_t)trial->rungs);
            trial->scores[trial->rungs] = json_is_number(score) ? json_number_value(score) : NAN;
        }
    }
}

static bool take_up(Trials *t) {
    json_t *state = json_load_file(state_path(t), 0, NULL), *own = description(t);
    bool same = !state || (json_equal(json_object_get(state, "runs"), json_object_get(own, "runs")) &&
                           json_equal(json_object_get(state, "rungs"), json_object_get(own, "rungs")));
    if (same && state) read_scores(t, json_object_get(state, "scores"));
    if (!same) diag_error(t->diags, "E0942", (Pos){0}, "cannot resume: %s holds other runs to try", t->given->out);
    if (!same) diag_hint(t->diags, "give the same --try and --within as then, or another --out");
    json_decref(state);
    json_decref(own);
    return same;
}

static bool begin(Trials *t) {
    if (t->given->dry_run) return true;
    if (t->given->resume) return take_up(t);
    if (access(state_path(t), F_OK) == 0 && !t->given->force) {
        diag_error(t->diags, "E0948", (Pos){0}, "%s already holds runs to try", t->given->out);
        diag_hint(t->diags, "name another folder, go on with them (--resume), or replace them with --force");
        return false;
    }
    mkdir(t->given->out, 0777); /* what is wrong with it the first run reports */
    return true;
}

/* --- The runs ----------------------------------------------------------------------------------------------------- */

/* A run that goes on takes what decides its weights from its folder. */
static Options options_to_go_on(const Trials *t, const Trial *trial) {
    Options options = options_of_machine(t->given, t->diags->arena);
    options.file = options.out = trial->folder;
    options.resume = true;
    return options;
}

static bool has_begun(const Trials *t, const Trial *trial) {
    bool again = trial->rungs > 0 || t->given->resume;
    return again && access(arena_printf(t->diags->arena, "%s/settings.json", trial->folder), F_OK) == 0;
}

static int run_trial(Trials *t, int index, int rung) {
    Trial *trial = &t->items[index];
    bool goes_on = has_begun(t, trial);
    Options options = goes_on ? options_to_go_on(t, trial) : trial->options;
    if (t->given->tensorboard)
        options.tensorboard = arena_printf(t->diags->arena, "%s/try-%d", t->given->tensorboard, index + 1);
    options.log = t->given->log ? arena_printf(t->diags->arena, "%s.try-%d", t->given->log, index + 1) : NULL;
    TrainMember member = {.again = "give the same command with --resume"};
    if (rung < t->rungs - 1) member.pause = halving_share(rung, t->rungs);
    printf("%s%s: %s\n", index || rung ? "\n" : "", trial->folder, trial->settings);
    fflush(stdout);
    TrainOutcome outcome = {0};
    int status = train_one(&options, &member, &outcome, t->diags);
    if (status || t->given->dry_run) return status;
    trial->scores[trial->rungs++] = outcome.score;
    return save(t) ? 0 : 1;
}

static int run_rung(Trials *t, int rung) {
    for (int i = 0; i < t->count; i++) {
        int status = t->left[i] && t->items[i].rungs <= rung ? run_trial(t, i, rung) : 0;
        if (status) return status;
    }
    return 0;
}

static void halve(Trials *t, int rung) {
    double *scores = arena_array(t->diags->arena, (size_t)t->count, sizeof *scores);
    for (int i = 0; i < t->count; i++) scores[i] = t->items[i].scores[rung];
    halving_keep(scores, t->count, t->left);
}

/* --- What came of them -------------------------------------------------------------------------------------------- */

static double last_score(const Trial *trial) { return trial->rungs ? trial->scores[trial->rungs - 1] : NAN; }

/* Of those that came to their end. */
static const Trial *find_best(const Trials *t) {
    const Trial *best = NULL;
    for (int i = 0; i < t->count; i++) {
        const Trial *trial = &t->items[i];
        bool better = !best || last_score(trial) > last_score(best) || isnan(last_score(best));
        if (t->left[i] && better) best = trial;
    }
    return best;
}

static void print_table(const Trials *t) {
    int width = 3;
    for (int i = 0; i < t->count; i++) width = (int)fmax(width, (double)strlen(t->items[i].folder));
    printf("\n%-*s  %7s  %5s  settings\n", width, "run", "score", "of it");
    for (int i = 0; i < t->count; i++) {
        const Trial *trial = &t->items[i];
        printf("%-*s  %7s  %4.0f%%  %s\n", width, trial->folder, metric_text(last_score(trial)).text,
               100 * halving_share(trial->rungs - 1, t->rungs), trial->settings);
    }
    printf("the best is %s: %s\n", find_best(t)->folder, find_best(t)->settings);
}

int train_trials(const Options *given, Diagnostics *diags) {
    Trials t = {.given = given, .diags = diags};
    if (!check_given(given, diags) || !list_trials(&t) || !share_time(&t) || !begin(&t)) return 1;
    for (int rung = 0; rung < t.rungs; rung++) {
        int status = run_rung(&t, rung);
        if (status || given->dry_run) return status;
        if (rung < t.rungs - 1) halve(&t, rung);
    }
    if (!given->json) print_table(&t);
    return 0;
}
