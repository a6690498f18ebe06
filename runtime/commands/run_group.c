/* Several runs. */
#include "runtime/commands/run_group.h"

#include <string.h>

#include "graph/base/hash.h"

/* --- Opening ------------------------------------------------------------------------------------------------------ */

/* What the others are given as if it stood on the command line: all runs read the rows of the first. */
static Options options_of_other(const Options *given, const char *file, const Options *first, Arena *arena) {
    Options options = *given;
    options.file = file;
    static const char *const names[] = {"data", "fold", "skip-bad-rows"};
    options.data = first->data, options.fold = first->fold, options.skip_bad_rows = first->skip_bad_rows;
    options.given.capacity = options.given.count; /* names that are added make a list of its own */
    for (int i = 0; i < 3; i++) {
        if (options_have(first, names[i])) vec_push(arena, &options.given, names[i]);
    }
    return options;
}

bool run_group_open(const char *command, const Options *given, RunGroup *group, Diagnostics *diags) {
    int count = given->operands.count ? given->operands.count : 1;
    *group = (RunGroup){.diags = diags};
    group->sessions = arena_array(diags->arena, (size_t)count, sizeof *group->sessions);
    group->options = arena_array(diags->arena, (size_t)count, sizeof *group->options);
    for (int i = 0; i < count; i++) {
        Options own = *given;
        if (i) own = options_of_other(given, given->operands.items[i], &group->options[0], diags->arena);
        group->count++;
        if (!session_of_options(command, &own, &group->options[i], &group->sessions[i], diags)) return false;
    }
    return true;
}

Member *run_group_members(const RunGroup *group, int task) { return group->members + task * group->count; }

void run_group_close(RunGroup *group) {
    int tasks = group->members ? group->sessions->program->tasks.count : 0;
    for (int i = 0; i < tasks * group->count; i++) member_free(&group->members[i]);
    for (int i = 0; i < group->count; i++) session_close(&group->sessions[i]);
}

/* --- Who reads alike --------------------------------------------------------------------------------------------- */

static bool same_text(const char *a, const char *b) { return a == b || (a && b && strcmp(a, b) == 0); }

static bool same_list(const char *const *a, int n_a, const char *const *b, int n_b) {
    bool same = n_a == n_b;
    for (int i = 0; same && i < n_a; i++) same = same_text(a[i], b[i]);
    return same;
}

static bool same_input(const TextInput *a, const TextInput *b) {
    return a->truncation == b->truncation && a->window == b->window && a->stride == b->stride && a->words == b->words &&
           same_list(a->columns, a->n_columns, b->columns, b->n_columns);
}

static bool same_label(const Label *a, const Label *b) {
    return a->kind == b->kind && a->width == b->width && a->may_lack == b->may_lack && a->of == b->of &&
           a->share == b->share && a->optional == b->optional && same_text(a->name, b->name) &&
           same_list(a->columns, a->n_columns, b->columns, b->n_columns);
}

static bool same_file(const Task *a, const Task *b) {
    const Split *x = &a->split, *y = &b->split;
    return same_text(a->data, b->data) && same_text(a->data_format, b->data_format) && a->quoting == b->quoting &&
           same_list(a->data_columns, a->n_data_columns, b->data_columns, b->n_data_columns) && x->share == y->share &&
           x->folds == y->folds && x->stratified == y->stratified && x->seed == y->seed &&
           same_text(x->group, y->group);
}

static const Task *task_of(const Member *member) { return &member->program->tasks.items[member->task]; }

/* Do two runs make the same tokens of the same rows? */
static bool read_alike(const RunGroup *group, const Member *members, int run, int other) {
    const Session *x = &group->sessions[run], *y = &group->sessions[other];
    const Task *a = task_of(&members[run]), *b = task_of(&members[other]);
    char hashes[2][HASH_DIGITS + 1];
    tokenizer_hash(x->tokenizer, hashes[0]);
    tokenizer_hash(y->tokenizer, hashes[1]);
    bool same = same_file(a, b) && a->n_values == b->n_values && a->n_inputs == b->n_inputs;
    for (int i = 0; same && i < a->n_values; i++) same = same_label(&a->values[i], &b->values[i]);
    for (int i = 0; same && i < a->n_inputs; i++) same = same_input(&a->inputs[i], &b->inputs[i]);
    return same && strcmp(hashes[0], hashes[1]) == 0 && x->max_length == y->max_length &&
           (x->program->segments < 2) == (y->program->segments < 2);
}

/* The first of the runs that reads the rows as this one does. */
static int first_alike(const RunGroup *group, const Member *members, int run) {
    int first = 0;
    while (first < run && !read_alike(group, members, run, first)) first++;
    return first;
}

/* --- Models ------------------------------------------------------------------------------------------------------- */

/* The tasks of the first run in another one, and what its model is to give of them. */
static bool choose_outputs(RunGroup *group, int run, const OutputNames *asked, OutputNames *outputs) {
    Session *s = &group->sessions[run], *first = &group->sessions[0];
    bool *wanted = arena_array(s->arena, (size_t)s->program->tasks.count + 1, sizeof *wanted);
    for (int t = 0; t < first->program->tasks.count; t++) {
        if (!first->tasks[t]) continue;
        int own = run ? session_find_task(s, first->program->tasks.items[t].name) : t;
        if (own < 0) return false;
        Member *member = run_group_members(group, t) + run;
        *member = (Member){.name = s->source.file, .program = s->program, .task = own};
        wanted[own] = true;
        outputs[own] = asked[t];
        if (group->count > 1 && !member_prepare(member, &outputs[own], group->diags)) return false;
    }
    s->tasks = wanted;
    return true;
}

static bool load_model(RunGroup *group, int run, const OutputNames *asked) {
    Session *s = &group->sessions[run];
    OutputNames *outputs = arena_array(s->arena, (size_t)s->program->tasks.count + 1, sizeof *outputs);
    ModelUse use = {.outputs = outputs};
    return choose_outputs(group, run, asked, outputs) && session_load_model(s, &use);
}

bool run_group_load(RunGroup *group, const OutputNames *asked) {
    const Session *first = &group->sessions[0];
    int tasks = first->program->tasks.count;
    size_t size = (size_t)(tasks * group->count) + 1;
    group->members = arena_array(first->arena, size, sizeof *group->members);
    group->first_alike = arena_array(first->arena, size, sizeof *group->first_alike);
    for (int run = 0; run < group->count; run++) {
        if (!load_model(group, run, asked)) return false;
    }
    for (int t = 0; t < tasks; t++) {
        if (!first->tasks[t]) continue;
        for (int run = 0; run < group->count; run++)
            run_group_members(group, t)[run].model = group->sessions[run].model;
        if (!members_agree(run_group_members(group, t), group->count, group->diags)) return false;
        for (int run = 0; run < group->count; run++)
            group->first_alike[t * group->count + run] = first_alike(group, run_group_members(group, t), run);
    }
    return true;
}

/* --- Rows --------------------------------------------------------------------------------------------------------- */

/* What is shown of a hidden token is its number in the vocabulary. */
static bool check_words(const RunGroup *group, const Member *members, int run) {
    const Task *task = task_of(&members[run]);
    if (!task_masks(task)) return true;
    diag_error(group->diags, "E0959", task_label(task)->pos, "%s hides and tells tokens of another tokenizer than %s",
               members[run].name, members->name);
    diag_hint(group->diags, "runs with hidden tokens answer together when tokenizer and --max-length are the same");
    return false;
}

bool run_group_load_data(const RunGroup *group, int task, RunLoader *load, void *user) {
    Member *members = run_group_members(group, task);
    for (int run = 0; run < group->count; run++) {
        int first = group->first_alike[task * group->count + run];
        if (first == run && run > 0 && !check_words(group, members, run)) return false;
        members[run].data = first < run ? members[first].data : load(user, &group->sessions[run], members[run].task);
        if (!members[run].data) return false;
    }
    return true;
}

void run_group_free_data(const RunGroup *group, int task) {
    Member *members = run_group_members(group, task);
    for (int run = group->count - 1; run >= 0; run--) {
        if (group->first_alike[task * group->count + run] == run) dataset_free((Dataset *)members[run].data);
    }
    for (int run = 0; run < group->count; run++) members[run].data = NULL;
}
