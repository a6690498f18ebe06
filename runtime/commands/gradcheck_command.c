/* gradc gradcheck: the gradients of a file's tasks, checked on this machine. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "passes/differentiate.h"
#include "passes/expand.h"
#include "passes/round_products.h"
#include "runtime/commands/commands.h"
#include "runtime/commands/run_options.h"
#include "runtime/engine/compiled.h"
#include "runtime/inspect/gradcheck.h"
#include "runtime/inspect/reduce.h"
#include "runtime/inspect/synthetic.h"

/* Sequences of one token, of two, as long as there may be, and in between; then a batch of one sequence and one of
 * equal ones. */
enum { LONGEST = 9, BATCHES = 3 };
static const struct {
    int64_t lengths[4];
    int count;
} batches[BATCHES] = {{{1, 2, LONGEST, 3}, 4}, {{2}, 1}, {{3, 3, 3}, 3}};

/* One task on its way through the check. */
typedef struct TaskCheck {
    Session *s;
    const Task *task;
    Arena *arena;
    const char **names; /* [n_params]: those that are not frozen */
    const Param **params;
    int n_params;
    Graph *graph, *gradients; /* without grad(y, x) */
    Graph *rounded;           /* the gradients with bf16 products; NULL: the session has none */
    Compiled *compiled;
    Values *values;
    GradientFinding *findings; /* [n_params] */
    double loss_error;
    double floor;
    uint64_t state;
} TaskCheck;

static void list_params(TaskCheck *c) {
    size_t count = (size_t)c->task->n_params + 1;
    c->names = arena_array(c->arena, count, sizeof *c->names);
    c->params = arena_array(c->arena, count, sizeof *c->params);
    c->findings = arena_array(c->arena, count, sizeof *c->findings);
    for (int i = 0; i < c->task->n_params; i++) {
        const Param *param = &c->s->program->params.items[c->task->params[i]];
        if (param->frozen) continue;
        c->params[c->n_params] = param;
        c->names[c->n_params++] = param->name;
    }
}

static void make_rounded(TaskCheck *c) {
    Graph *rounded = round_products(c->graph, NULL);
    c->rounded = differentiate(rounded, c->names, c->n_params, c->s->diags);
    graph_free(rounded);
}

static bool make_graphs(TaskCheck *c) {
    CompileFor on = {c->s->target, c->s->cache, c->s->team};
    PipelineOptions options = {
        .wanted = c->names, .n_wanted = c->n_params, .passes = c->s->source.passes, .rounds = c->s->rounds};
    c->graph = expand(c->task->train, c->s->diags);
    if (c->graph) c->gradients = differentiate(c->graph, c->names, c->n_params, c->s->diags);
    if (c->gradients && c->s->rounds) make_rounded(c);
    if (c->gradients) c->compiled = compiled_new(c->task->train, &options, &on, c->s->diags);
    return c->compiled != NULL;
}

/* How far a parameter is moved: by less in rows that are long, whose products would drive what follows into saturation.
 * */
static double spread_of(const Type *type) {
    static const double vector = 0.3, row = 0.85;
    return type->rank < 2 ? vector : row / sqrt((double)type->dims[type->rank - 1].offset);
}

/* As training starts, and a random number on top: what starts at zero hides the gradients of what it is multiplied
 * with. */
static bool give_parameters(TaskCheck *c) {
    Parameters *params = session_parameters(c->s);
    for (int i = 0; params && i < c->task->n_params; i++) {
        const ParamSlot *slot = &params->slots[c->task->params[i]];
        parameter_initialise(params, c->task->params[i], (uint64_t)c->s->use.seed);
        LeafValue *leaf = values_add(c->values, slot->param->name, ELEM_F32, slot->count);
        double spread = spread_of(&slot->param->type);
        for (int64_t j = 0; j < slot->count; j++) {
            values_set(leaf, j,
                       (double)params->weights[slot->offset + j] + spread * (2 * values_uniform(&c->state) - 1));
        }
    }
    parameters_free(params);
    return params != NULL;
}

/* Element by element as many as the interpreter evaluates in a second or so: by the multiplications that one evaluation
 * takes. */
static int choose_samples(const TaskCheck *c) {
    enum { MOST = 8, OVERHEAD = 50, EVALUATIONS = 8 };
    static const double budget = 3e8;
    int64_t extents[MAX_SYMBOLS];
    double work = 1;
    values_extents(c->values, &c->graph->symbols, extents);
    for (int i = 0; i < c->graph->nodes.count; i++) {
        const Node *node = c->graph->nodes.items[i];
        double depth =
            node->op == OP_matmul ? (double)dim_value(node->inputs[0]->type.dims[!node->attrs.ints[0]], extents) : 1;
        work += OVERHEAD + (double)type_count(&node->type, extents) * depth;
    }
    double samples = budget / (work * EVALUATIONS * (c->n_params + 1));
    return samples < 1 ? 1 : samples > MOST ? MOST : (int)samples;
}

static void check_params(TaskCheck *c, GradientCheck *check, int samples) {
    for (int i = 0; i < c->n_params; i++) {
        LeafValue *leaf = values_find(c->values, c->names[i]);
        double *compiled = arena_array(c->arena, (size_t)leaf->count + 1, sizeof *compiled);
        const Output *gradient = graph_output_of(c->gradients, (Role){.kind = ROLE_GRADIENT, .of = c->names[i]});
        if (gradient) compiled_read(c->compiled, gradient->name, compiled); /* or else zeros */
        GradientFinding found = gradient_check_param(check, c->names[i], compiled, samples, &c->state),
                        *kept = &c->findings[i];
        if (samples)
            *kept = found;
        else if (!(found.compiled_error <= kept->compiled_error) && gradient_finding_good(kept)) {
            found.difference_error = kept->difference_error;
            found.elements = kept->elements, found.directions = kept->directions;
            *kept = found;
        }
    }
}

static bool check_batch(TaskCheck *c, int index) {
    double loss;
    values_truncate(c->values, c->task->n_params);
    synthetic_texts(c->values, c->s->program, c->task, batches[index].lengths, batches[index].count, &c->state);
    synthetic_rest(c->values, c->task->train, c->task, (uint32_t)c->s->use.seed, &c->state);
    GradientCheck *check = gradient_check_new(c->graph, c->gradients, c->rounded, c->values, &c->floor, c->s->diags);
    bool good = check && compiled_run(c->compiled, c->values, c->s->diags);
    if (good) {
        double expected = gradient_check_loss(check);
        good = compiled_read(c->compiled, graph_output_of(c->gradients, loss_role)->name, &loss);
        c->loss_error = fmax(c->loss_error, fabs(loss - expected) / fmax(1, fabs(expected)));
        check_params(c, check, index == 0 ? choose_samples(c) : 0);
    }
    gradient_check_free(check);
    return good;
}

/* --- Telling ------------------------------------------------------------------------------------------------------ */

static const char *compared_text(Arena *arena, const GradientFinding *f, int64_t count) {
    if (!f->directions) return arena_printf(arena, "all %d", f->elements);
    return arena_printf(arena, "%d of %" PRId64 " + 1", f->elements, count);
}

static void print_findings(const TaskCheck *c) {
    int width = (int)strlen("parameter");
    for (int i = 0; i < c->n_params; i++) {
        if ((int)strlen(c->names[i]) > width) width = (int)strlen(c->names[i]);
    }
    printf("task %s: the losses differ by %.1e\n  %-*s  %-14s  %9s  %9s  %11s\n", c->task->name, c->loss_error, width,
           "parameter", "compared", "largest", "compiled", "differences");
    for (int i = 0; i < c->n_params; i++) {
        const GradientFinding *f = &c->findings[i];
        printf("  %-*s  %-14s  %9.1e  %9.1e  %11.1e%s\n", width, c->names[i],
               compared_text(c->arena, f, type_count(&c->params[i]->type, NULL)), f->largest, f->compiled_error,
               f->difference_error, gradient_finding_good(f) ? "" : "  WRONG");
    }
}

static const char *place_text(Arena *arena, const GradientFinding *f) {
    return f->element < 0 ? "along a random direction" : arena_printf(arena, "at element %" PRId64, f->element);
}

/* From the loss back: what is wrong there is handed on to all that comes before. The table has the others. */
static bool tell_wrong(TaskCheck *c) {
    enum { SHOWN = 3 };
    int shown = 0;
    bool good = true;
    for (int i = c->n_params - 1; i >= 0 && shown < SHOWN; i--) {
        const GradientFinding *f = &c->findings[i];
        if (gradient_finding_good(f)) continue;
        shown++;
        good = diag_error(c->s->diags, "E0980", c->params[i]->pos, "task '%s': the gradient of '%s' is wrong %s",
                          c->task->name, c->names[i], place_text(c->arena, f));
        diag_hint(c->s->diags, "compiled %.6g, interpreted %.6g, by differences %.6g", f->compiled, f->interpreted,
                  f->difference);
    }
    return good;
}

static bool run_task(TaskCheck *c) {
    list_params(c);
    if (!make_graphs(c) || !give_parameters(c)) return false;
    for (int i = 0; i < BATCHES; i++) {
        if (!check_batch(c, i)) return false;
    }
    print_findings(c);
    return tell_wrong(c);
}

static bool check_task(Session *s, const Task *task) {
    TaskCheck c = {.s = s, .task = task, .arena = arena_new(), .values = values_new(), .state = (uint64_t)s->use.seed};
    bool good = run_task(&c);
    compiled_free(c.compiled);
    graph_free(c.gradients);
    graph_free(c.rounded);
    graph_free(c.graph);
    values_free(c.values);
    arena_free(c.arena);
    return good;
}

static void say_sizes(const Session *s) {
    printf("sizes:");
    for (int i = 0; i < s->program->configs.count; i++) {
        const ConfigItem *item = &s->program->configs.items[i];
        if (item->is_integer) printf(" %s=%.15g", item->name, item->value);
    }
    printf("\nerrors relative to the largest gradient; bounds: compiled against interpreted %.0e, interpreted against "
           "differences %.0e\n",
           GRADCHECK_COMPILED_BOUND, GRADCHECK_DIFFERENCE_BOUND);
}

/* The program with small sizes. */
static bool load_reduced(Session *session, const Options *given, Diagnostics *diags) {
    Options options;
    if (!options_of_folder("gradcheck", given, &options, diags)) return false;
    SessionSource source = source_of_options(&options);
    SessionUse use = use_of_options(&options);
    return reduce_sizes(&source, &source.sets, diags->arena, diags) && session_load_program(session, &source, diags) &&
           session_use(session, &use) && session_open_machine(session);
}

int command_gradcheck(const Options *given, Diagnostics *diags) {
    Session session = {0};
    bool good = load_reduced(&session, given, diags);
    if (good) say_sizes(&session);
    for (int i = 0; session.target && good && i < session.program->tasks.count; i++) {
        if (session.tasks[i]) good = check_task(&session, &session.program->tasks.items[i]) && good;
    }
    session_close(&session);
    return good ? 0 : 1;
}
