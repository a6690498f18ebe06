/* Non-finite values: the second run, the search in one kernel, the message. */
#include "runtime/model/nonfinite.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "graph/base/count_text.h"
#include "graph/interpret.h"
#include "graph/rewrite.h"

/* A value that is not finite and where it was found. */
typedef struct Culprit {
    const Node *node; /* of the executable's graph; NULL: none */
    int64_t element;  /* the first */
    double value;
    double operands[3]; /* of an elementwise operator, at that element */
    bool *rows;         /* [batch's rows] in which it happens */
    int n_rows;         /* 0: in none by itself, as in a sum over the batch */
} Culprit;

typedef struct OriginSearch {
    const NonFiniteStep *step;
    Arena *arena;
    const Graph *graph; /* grouped */
    const int64_t *extents;
    const bool *forward; /* [nodes]: the loss depends on it */
    bool nan_only;       /* infinities are passed over */
    bool all;            /* the gradient's values too, some of which are known before the loss is */
    Culprit found;
} OriginSearch;

/* Integers cannot be bad. */
static bool is_looked_at(const OriginSearch *s, const Node *node) {
    return elem_computed(node->type.elem) == ELEM_F32 && (s->all || s->forward[node->id]);
}

static bool is_bad(const OriginSearch *s, double value) { return s->nan_only ? isnan(value) : !isfinite(value); }

/* --- Rows --------------------------------------------------------------------------------------------------------- */

/* The row of the batch that index `index` of a dimension belongs to; -1: to none. */
static int64_t row_of(const OriginSearch *s, Dim dim, int64_t index) {
    if (dim_is_const(dim) || dim.offset != 0) return -1;
    return batch_row_of(s->step->batch, s->step->task, &s->graph->symbols.roles[dim.symbol], index / dim.scale);
}

static void mark_row(OriginSearch *s, const Type *type, int64_t element) {
    for (int axis = 0; axis < type->rank; axis++) {
        int64_t inner = 1;
        for (int i = axis + 1; i < type->rank; i++) inner *= dim_value(type->dims[i], s->extents);
        int64_t extent = dim_value(type->dims[axis], s->extents),
                row = row_of(s, type->dims[axis], element / inner % extent);
        if (row < 0) continue;
        s->found.n_rows += !s->found.rows[row];
        s->found.rows[row] = true;
        return;
    }
}

/* --- One kernel --------------------------------------------------------------------------------------------------- */

/* The operators of a launch as a graph of their own: operands are inputs "operand.0", ... */
typedef struct Inside {
    Graph *graph;
    Node **copies;     /* [grouped graph's nodes] */
    Binding *bindings; /* [launch's operands] */
} Inside;

static void add_operand(OriginSearch *s, Inside *in, const Node *node, int index, const void *buffer) {
    int64_t count = type_count(&node->type, s->extents);
    double *values = arena_array(s->arena, (size_t)count + 1, sizeof *values);
    for (int64_t i = 0; i < count; i++) values[i] = elem_load(node->type.elem, buffer, i);
    const char *name = arena_printf(s->arena, "operand.%d", index);
    in->bindings[index] = (Binding){name, values};
    in->copies[node->id] = graph_leaf(in->graph, OP_input, name, node->type);
}

static Node *ungroup(void *user, Graph *to, const Node *node, Node *const *inputs) {
    Node copy = *node;
    (void)user;
    copy.group = 0;
    return graph_clone(to, &copy, inputs);
}

static Inside look_inside(OriginSearch *s, const Launch *launch, void *const *buffers) {
    Inside in = {.graph = graph_new("kernel", &s->graph->symbols)};
    Rewrite inside = rewrite_begin(s->graph, in.graph, ungroup, NULL);
    in.copies = inside.copies;
    in.bindings = arena_array(s->arena, (size_t)launch->n_operands + 1, sizeof *in.bindings);
    for (int i = 0; i < launch->n_operands; i++) add_operand(s, &in, launch->operands[i], i, buffers[i]);
    for (int i = 0; i < s->graph->nodes.count; i++) {
        const Node *node = s->graph->nodes.items[i];
        if (node->group != launch->results[0]->group) continue;
        graph_output(in.graph, arena_printf(s->arena, "%d", i), rewrite_value(&inside, node));
    }
    return in;
}

static void remember(OriginSearch *s, const Node *node, const double *values, const double *const *operands) {
    int64_t count = type_count(&node->type, s->extents);
    s->found = (Culprit){.rows = arena_array(s->arena, (size_t)s->step->batch->rows + 1, sizeof(bool))};
    for (int64_t i = 0; i < count; i++) {
        if (!is_bad(s, values[i])) continue;
        if (!s->found.node) {
            s->found.node = node;
            s->found.element = i;
            s->found.value = values[i];
            bool elementwise = op_kind(node->op) == KIND_ELEMENTWISE;
            for (int j = 0; elementwise && j < node->n_inputs; j++) s->found.operands[j] = operands[j][i];
        }
        mark_row(s, &node->type, i);
    }
}

static bool has_bad(const OriginSearch *s, const Node *node, const double *values) {
    int64_t count = is_looked_at(s, node) ? type_count(&node->type, s->extents) : 0;
    for (int64_t i = 0; i < count; i++) {
        if (is_bad(s, values[i])) return true;
    }
    return false;
}

/* Rounded to f32 after each operator, so that what overflows in a kernel overflows here. */
static void search_inside(OriginSearch *s, const Launch *launch, void *const *buffers) {
    static const double to_nearest = 1e-3;
    Inside in = look_inside(s, launch, buffers);
    Interpretation *run = interpret_rounded(in.graph, s->extents, in.bindings, launch->n_operands, 1, to_nearest);
    for (int i = 0; !run->error && !s->found.node && i < s->graph->nodes.count; i++) {
        const Node *node = s->graph->nodes.items[i], *copy = in.copies[i];
        if (node->group != launch->results[0]->group || !run->values[copy->id] ||
            !has_bad(s, node, run->values[copy->id]))
            continue;
        const double *operands[MAX_OPERANDS];
        for (int j = 0; j < copy->n_inputs; j++) operands[j] = run->values[copy->inputs[j]->id];
        remember(s, node, run->values[copy->id], operands);
    }
    interpretation_free(run);
    graph_free(in.graph);
}

/* The first result that holds one; NULL: none. Its values in `*values`. */
static const Node *bad_result(OriginSearch *s, const Launch *launch, void *const *buffers, double **values) {
    for (int i = 0; i < launch->n_results; i++) {
        const Node *node = launch->results[i];
        int64_t count = is_looked_at(s, node) ? type_count(&node->type, s->extents) : 0;
        const float *memory = buffers[launch->n_operands + i];
        int64_t at = 0;
        while (at < count && !is_bad(s, (double)memory[at])) at++;
        if (at == count) continue;
        *values = arena_array(s->arena, (size_t)count + 1, sizeof **values);
        for (int64_t j = 0; j < count; j++) (*values)[j] = (double)memory[j];
        return node;
    }
    return NULL;
}

/* After each launch: false ends the run. Sums that overflow only on their way, as kernels add, are found in the result
 * alone. */
static bool look_at(void *user, const Launch *launch, void *const *buffers) {
    OriginSearch *s = user;
    double *values;
    static const double none[1] = {0};
    const double *operands[MAX_OPERANDS] = {none, none, none};
    const Node *bad = bad_result(s, launch, buffers, &values);
    if (!bad) return true;
    search_inside(s, launch, buffers);
    if (!s->found.node && op_kind(bad->op) != KIND_ELEMENTWISE) remember(s, bad, values, operands);
    if (!s->found.node) s->found = (Culprit){.node = bad, .value = NAN, .operands = {NAN, NAN, NAN}};
    return false;
}

static void search_alone(void *user, const Worker *worker) {
    OriginSearch *s = user;
    if (worker->thread == 0) executable_watch(s->step->exec, worker->scratch, look_at, s);
}

/* --- Telling ------------------------------------------------------------------------------------------------------ */

/* The sign of a NaN says nothing. */
static const char *number_text(Arena *arena, double value) {
    return isnan(value) ? "nan" : arena_printf(arena, "%g", value);
}

/* "div(1, 0)"; "sum" */
static const char *call_text(const OriginSearch *s) {
    const Node *node = s->found.node;
    const char *text = op_name(node->op);
    if (op_kind(node->op) != KIND_ELEMENTWISE || isnan(s->found.operands[0])) return text;
    for (int i = 0; i < node->n_inputs; i++)
        text = arena_printf(s->arena, "%s%s%.3g", text, i ? ", " : "(", s->found.operands[i]);
    return arena_printf(s->arena, "%s)", text);
}

static const char *what_text(const OriginSearch *s) {
    const Node *node = s->found.node;
    const char *scope = node->pos.scope ? arena_printf(s->arena, ", in scope \"%s\"", node->pos.scope) : "";
    const char *pass = s->forward[node->id] ? "" : " in the gradient of this";
    return arena_printf(s->arena, "%s is %s%s%s", call_text(s), number_text(s->arena, s->found.value), pass, scope);
}

static void note_rows(const OriginSearch *s, Diagnostics *diags) {
    enum { SHOWN = 4 };
    const Batch *batch = s->step->batch;
    int shown = 0;
    if (s->found.n_rows == batch->rows && batch->rows > SHOWN) {
        diag_note(diags, (Pos){0}, "in every row of the batch");
        return;
    }
    for (int64_t i = 0; s->found.n_rows && i < batch->rows; i++) {
        if (!s->found.rows[i]) continue;
        if (shown++ == SHOWN) {
            diag_note(diags, (Pos){0}, "and in %s of the batch", count_text(s->found.n_rows - SHOWN, "more row").text);
            return;
        }
        const Dataset *data;
        int64_t row = batch_data_row(batch, i, &data);
        diag_note(diags, pos_in_file(data->file, data->lines[row]), "in this row");
    }
}

/* "step 3"; "the batch" */
static const char *when_text(const NonFiniteStep *step, Arena *arena) {
    return step->evaluates ? "the batch" : arena_printf(arena, "step %u", (unsigned)step->batch->rng[1] + 1);
}

static void tell(const OriginSearch *s, Diagnostics *diags) {
    const char *number = number_text(s->arena, s->step->loss);
    const char *loss = isfinite(s->step->loss) ? "" : arena_printf(s->arena, "; the loss is %s", number);
    Pos pos = s->found.node->pos.file ? s->found.node->pos : s->step->task->pos;
    diag_error(diags, "E0905", pos, "%s: the first value of %s that is not finite%s", what_text(s),
               when_text(s->step, s->arena), loss);
    note_rows(s, diags);
}

/* Where an infinity, reported before, first becomes a NaN: often another line. */
static void tell_nan(const OriginSearch *s, Diagnostics *diags) {
    if (s->found.node) diag_note(diags, s->found.node->pos, "here it becomes NaN: %s", what_text(s));
}

static bool tell_parameter(const NonFiniteStep *step, Arena *arena, Diagnostics *diags) {
    const Graph *graph = executable_list(step->exec)->graph;
    for (int i = 0; i < graph->nodes.count; i++) {
        const Node *node = graph->nodes.items[i];
        const float *values = node->op == OP_param ? executable_memory(step->exec, node) : NULL;
        int64_t count = values ? type_count(&node->type, NULL) : 0, at = 0;
        while (at < count && isfinite(values[at])) at++;
        if (at == count) continue;
        const char *type = type_print(arena, &node->type, &graph->symbols);
        const char *before = step->evaluates ? "" : arena_printf(arena, " before %s", when_text(step, arena));
        diag_error(diags, "E0905", node->pos, "the parameter '%s', %s, is %s at element %" PRId64 "%s",
                   node->attrs.text, type, number_text(arena, (double)values[at]), at, before);
        diag_hint(diags, "%s; --clip 1 and a lower --lr keep updates small",
                  step->evaluates ? "an update made it so, or it was read so"
                                  : "the update before made it so, or it was read so");
        return true;
    }
    return false;
}

/* What the loss depends on; of an evaluation, what anything else does. */
static const bool *find_forward(const Graph *graph, bool evaluates, Arena *arena) {
    bool *reached = arena_array(arena, (size_t)graph->nodes.count + 1, sizeof *reached);
    for (int i = 0; i < graph->outputs.count; i++) {
        const Output *output = &graph->outputs.items[i];
        if ((output->role.kind == ROLE_LOSS) != evaluates) reached[output->node->id] = true;
    }
    for (int i = graph->nodes.count - 1; i >= 0; i--) {
        const Node *node = graph->nodes.items[i];
        for (int j = 0; reached[i] && j < node->n_inputs; j++) reached[node->inputs[j]->id] = true;
    }
    return reached;
}

/* Among the values of the loss, or else among all; of an evaluation among those of the answers. */
static OriginSearch search(const NonFiniteStep *step, Arena *arena, bool nan_only) {
    OriginSearch s = {.step = step, .arena = arena, .graph = executable_list(step->exec)->graph, .nan_only = nan_only};
    s.extents = executable_extents(step->exec);
    s.forward = find_forward(s.graph, step->evaluates, arena);
    team_run(step->team, search_alone, &s);
    s.all = !step->evaluates;
    if (s.all && !s.found.node) team_run(step->team, search_alone, &s);
    return s;
}

/* It happens where nothing is computed again, as in what is kept of a frozen part. */
static void tell_outputs(const NonFiniteStep *step, Diagnostics *diags) {
    diag_error(diags, "E0905", step->task->pos, "the outputs of the batch are not finite");
    diag_hint(diags, "look at its values with gradc run, --text and --show");
}

static void tell_norm(const NonFiniteStep *step, Diagnostics *diags) {
    diag_error(diags, "E0905", step->task->pos, "the gradients of step %u are so large that their norm is not finite",
               (unsigned)step->batch->rng[1] + 1);
    diag_hint(diags, "nothing was updated; the weights have grown: lower --lr");
}

bool nonfinite_report(const NonFiniteStep *step, Diagnostics *diags) {
    Arena *arena = arena_new();
    int errors = diags->errors;
    bool reported = tell_parameter(step, arena, diags);
    OriginSearch first = {0};
    if (!reported) first = search(step, arena, false);
    if (!reported && !first.found.node && !step->suspected) (step->evaluates ? tell_outputs : tell_norm)(step, diags);
    if (first.found.node) {
        tell(&first, diags);
        OriginSearch second = {0};
        if (!isnan(first.found.value)) second = search(step, arena, true);
        tell_nan(&second, diags);
        diag_hint(diags, "%skeep logarithms and divisions away from zero, as in maximum(x, 1e-6)%s",
                  step->evaluates ? "" : "nothing was updated; ", step->evaluates ? "" : "; or lower --lr");
    }
    arena_free(arena);
    return diags->errors > errors;
}

bool nonfinite_weights(const Parameters *params, Diagnostics *diags) {
    for (int i = 0; i < params->n_slots; i++) {
        const ParamSlot *slot = &params->slots[i];
        const float *values = params->weights + slot->offset;
        int64_t at = 0;
        while (at < slot->count && isfinite(values[at])) at++;
        if (at == slot->count) continue;
        diag_error(diags, "E0905", slot->param->pos, "the parameter '%s' is %s at element %" PRId64, slot->param->name,
                   isnan(values[at]) ? "nan" : "infinite", at);
        diag_hint(diags, "weights that are not finite are not saved; --clip 1 and a lower --lr keep updates small");
        return true;
    }
    return false;
}
