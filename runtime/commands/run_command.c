/* gradc run: any value that a file names, and its gradient. */
#include "runtime/inspect/run.h"

#include <string.h>

#include "runtime/commands/commands.h"
#include "runtime/commands/run_options.h"

static bool check_usage(const Options *o, Diagnostics *diags) {
    if ((o->task != NULL) != (o->def != NULL)) return true;
    diag_error(diags, "E0979", (Pos){0}, "gradc run needs either --task NAME or --def NAME");
    diag_hint(diags, "gradc check %s lists the tasks", o->file);
    return false;
}

static bool load(Run *r, const Options *given) {
    Options options;
    if (!options_of_folder("run", given, &options, r->diags)) return false;
    SessionSource source = source_of_options(&options);
    if (!session_load_probe(r->s, &source, &r->probe, r->diags) ||
        !options_of_text("run", r->s->program, &options, r->diags))
        return false;
    SessionUse use = use_of_options(&options);
    use.tasks = NULL; /* the probe's */
    return session_use(r->s, &use);
}

static bool is_given(const Run *r, const char *name) {
    for (int i = 0; i < r->given.count; i++) {
        if (strcmp(r->given.items[i].name, name) == 0) return true;
    }
    return false;
}

/* A loss of a text that is given is of labels and numbers that are not. */
static void say_random_values(const Run *r) {
    for (int i = 0; r->o->texts.count && r->o->grad && i < r->task->n_values; i++) {
        const Label *value = &r->task->values[i];
        bool is_made = value->kind != LABEL_NONE && value->kind != LABEL_MASKED && !is_given(r, value->name);
        if (!is_made || !graph_find_input(r->task->train, value->name)) continue;
        fprintf(stderr, "'%s' is not given: %s taken; --input %s=... gives %s\n", value->name,
                value->kind == LABEL_NUMBERS ? "random numbers are" : "a random label is", value->name,
                value->kind == LABEL_NUMBERS ? "them" : "it");
    }
}

static bool run(Run *r, const Options *given) {
    if (!check_usage(given, r->diags) || !run_read_inputs(r) || !load(r, given)) return false;
    r->task = &r->s->program->tasks.items[0];
    say_random_values(r);
    return run_give_leaves(r) && run_choose(r) && run_make_graph(r) && run_give_parameters(r) && run_show_all(r);
}

/* "R=4,I=3" is two sizes. */
static void split_sizes(Run *r, const TextList *shapes) {
    TextList sizes = {0};
    for (int i = 0; i < shapes->count; i++) {
        TextList words = text_split(shapes->items[i], ',', r->arena);
        for (int j = 0; j < words.count; j++) vec_push(r->arena, &sizes, words.items[j]);
    }
    r->probe.sizes = sizes.items;
    r->probe.n_sizes = sizes.count;
}

int command_run(const Options *given, Diagnostics *diags) {
    Session session = {0};
    RunOptions options = {.inputs = given->inputs,
                          .texts = given->text,
                          .shows = given->shows,
                          .npy = given->npy,
                          .grad = given->grad,
                          .full = given->full,
                          .compiled = given->compiled,
                          .seed = given->seed};
    Run r = {.s = &session, .o = &options, .diags = diags, .arena = arena_new(), .values = values_new()};
    r.probe = (ProbeOptions){.task = given->task, .def = given->def, .training = given->training};
    split_sizes(&r, &given->shape);
    bool good = run(&r, given);
    graph_free(r.graph);
    parameters_free(r.params);
    session_close(&session);
    values_free(r.values);
    arena_free(r.arena);
    return good ? 0 : 1;
}
