/* Ensemble: what is averaged, and the way back to decisions. */
#include "runtime/measure/ensemble.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/count_text.h"
#include "graph/base/memory.h"
#include "graph/interpret.h"
#include "runtime/measure/label_text.h"

static Task *task_of(const Member *m) { return &m->program->tasks.items[m->task]; }

/* --- What the decision reads -------------------------------------------------------------------------------------- */

/* Its lines are counted by a symbol, and are of equal length. */
static bool has_lines(const Node *node) {
    const Type *type = &node->type;
    return type->rank == 2 && !dim_is_const(type->dims[0]) && dim_is_const(type->dims[1]);
}

static int64_t columns_of(const Node *node) { return node->type.dims[1].offset; }

static void softmax(const double *x, int64_t count, double *p) {
    double most = -INFINITY, sum = 0;
    for (int64_t i = 0; i < count; i++) most = fmax(most, x[i]);
    for (int64_t i = 0; i < count; i++) sum += p[i] = exp(x[i] - most);
    for (int64_t i = 0; i < count; i++) p[i] /= sum;
}

static void sigmoid(const double *x, int64_t count, double *p) {
    for (int64_t i = 0; i < count; i++) p[i] = 1 / (1 + exp(-x[i]));
}

static bool are_near(const double *a, const double *b, int64_t count) {
    static const double rounding = 1e-9; /* of double precision, in a few operations */
    for (int64_t i = 0; i < count; i++) {
        if (!(fabs(a[i] - b[i]) <= rounding)) return false;
    }
    return true;
}

/* Found by trying, however the text spells it. */
static ScoreLink link_of(const Graph *scores, const Node *input) {
    enum { LINES = 4 };
    int64_t columns = columns_of(input), extents[MAX_SYMBOLS] = {0}, count = LINES * columns;
    double *x = memory_new((size_t)count + 1, sizeof *x), *p = memory_new((size_t)count + 1, sizeof *p);
    const Node *output = scores->outputs.items[0].node;
    ScoreLink link = LINK_NONE;
    extents[input->type.dims[0].symbol] = LINES;
    for (int64_t i = 0; i < count; i++) x[i] = 3 * sin((double)(i * i) + 1);
    Interpretation *got = interpret(scores, extents, &(Binding){input->attrs.text, x}, 1);
    bool comparable = !got->error && type_equal(&output->type, &input->type);
    if (comparable) sigmoid(x, count, p);
    if (comparable && are_near(got->values[output->id], p, count)) link = LINK_SIGMOID;
    for (int64_t i = 0; comparable && i < LINES; i++) softmax(x + i * columns, columns, p + i * columns);
    if (comparable && columns > 1 && are_near(got->values[output->id], p, count)) link = LINK_SOFTMAX;
    interpretation_free(got);
    free(x);
    free(p);
    return link;
}

/* Is every size of the decision a constant, or counts it the lines of what is decided from? */
static bool has_known_sizes(const Graph *decision, const bool *counted) {
    for (int i = 0; i < decision->nodes.count; i++) {
        const Type *type = &decision->nodes.items[i]->type;
        for (int j = 0; j < type->rank; j++) {
            if (!dim_is_const(type->dims[j]) && !counted[type->dims[j].symbol]) return false;
        }
    }
    return true;
}

static bool is_averageable(const DecisionCut *cut) {
    bool counted[MAX_SYMBOLS] = {0};
    for (int i = 0; i < cut->count; i++) {
        const Node *input = decision_input(cut, i);
        if (!input || !has_lines(input)) return false;
        counted[input->type.dims[0].symbol] = true;
    }
    return has_known_sizes(cut->decision, counted);
}

static bool no_mean(const Member *m, Diagnostics *diags) {
    const Node *predict = graph_output_of(task_of(m)->eval, prediction_role)->node;
    diag_error(diags, "E0959", predict->pos, "predictions of several runs cannot be averaged here");
    diag_hint(diags, "what is decided from is to be a number or a list of numbers for each row, as in: predict "
                     "argmax(logits)");
    return false;
}

bool member_prepare(Member *m, OutputNames *outputs, Diagnostics *diags) {
    Task *task = task_of(m);
    const char *fixed[MAX_FITS];
    for (int i = 0; i < task->n_fits; i++) fixed[i] = m->program->params.items[task->fits[i].param].name;
    if (!decision_cut(task->eval, fixed, task->n_fits, &m->cut)) return no_mean(m, diags);
    if (!is_averageable(&m->cut) || outputs->count + m->cut.count + 1 > MAX_OUTPUTS) return no_mean(m, diags);
    m->uncut = task->eval;
    task->eval = m->cut.whole, m->cut.whole = NULL;
    m->link = m->cut.scores && m->cut.count == 1 ? link_of(m->cut.scores, decision_input(&m->cut, 0)) : LINK_NONE;
    for (int i = 0; i < m->cut.count; i++) output_names_add(outputs, decision_input(&m->cut, i)->attrs.text);
    if (m->link != LINK_NONE) output_names_add(outputs, task_output(task, probabilities_role));
    return true;
}

void member_free(Member *m) {
    decision_free(&m->cut);
    graph_free(m->uncut);
}

/* --- Agreement ---------------------------------------------------------------------------------------------------- */

static bool same_names(const Label *a, const Label *b) {
    if (!a->names || !b->names) return !a->names && !b->names;
    for (int64_t i = 0; i < a->classes; i++) {
        if (strcmp(a->names[i], b->names[i]) != 0) return false;
    }
    return true;
}

static bool same_label(const Label *a, const Label *b) {
    return a->kind == b->kind && a->classes == b->classes && a->width == b->width && (a->of < 0) == (b->of < 0) &&
           same_names(a, b);
}

static bool labels_differ(const Member *a, const Member *b, Diagnostics *diags) {
    const Task *first = task_of(a), *other = task_of(b);
    diag_error(diags, "E0959", task_label(other)->name ? task_label(other)->pos : other->pos,
               "the runs have other labels: in %s it is %s", b->name,
               label_text(other, task_label(other), diags->arena));
    diag_note(diags, task_label(first)->name ? task_label(first)->pos : first->pos, "in %s it is %s", a->name,
              label_text(first, task_label(first), diags->arena));
    diag_hint(diags, "runs answer together when classes are the same, in the same order");
    return false;
}

static bool decisions_differ(const Member *a, const Member *b, Diagnostics *diags) {
    const Node *first = graph_output_of(task_of(a)->eval, prediction_role)->node;
    const Node *other = graph_output_of(task_of(b)->eval, prediction_role)->node;
    diag_error(diags, "E0959", other->pos, "%s decides otherwise than %s", b->name, a->name);
    diag_note(diags, first->pos, "the other prediction is here");
    diag_hint(diags, "runs answer together when what they predict, and show as \"probabilities\", is "
                     "decided in the same way");
    return false;
}

bool members_agree(const Member *members, int count, Diagnostics *diags) {
    const Member *a = members;
    for (int i = 1; i < count; i++) {
        const Member *b = &members[i];
        if (!same_label(task_label(task_of(a)), task_label(task_of(b)))) return labels_differ(a, b, diags);
        bool alike = a->link == b->link && a->cut.count == b->cut.count &&
                     graph_hash(a->cut.decision) == graph_hash(b->cut.decision);
        if (!alike) return decisions_differ(a, b, diags);
    }
    return true;
}

/* --- Averages ----------------------------------------------------------------------------------------------------- */

typedef struct Blend {
    const Member *members;
    int count;
    Collected *all; /* [count][MAX_OUTPUTS]: what each model gave */
    Diagnostics *diags;
} Blend;

static Collected *given_by(const Blend *b, int member, int output) { return &b->all[member * MAX_OUTPUTS + output]; }

/* The number of an output that every model gives, in the list of this one. */
static int number_of(const Blend *b, int member, const char *name) {
    const Member *m = &b->members[member];
    int number = output_names_find(model_output_names(m->model, m->task), name);
    assert(number >= 0);
    return number;
}

static bool shapes_differ(const Blend *b, int member, const char *output, int64_t row, int64_t first, int64_t other) {
    const Dataset *data = b->members[0].data;
    Pos pos = row < 0 ? (Pos){0} : pos_in_file(data->file, data->lines[row]);
    diag_error(b->diags, "E0959", pos, "of '%s' %s has %s here, %s %lld", output, b->members[0].name,
               count_text(first, "number").text, b->members[member].name, (long long)other);
    diag_hint(b->diags, "values of words and tokens can be averaged where the runs have the same tokenizer");
    return false;
}

/* Has each row as many numbers of all members? */
static bool check_shape(const Blend *b, int member, const char *output) {
    const Collected *first = given_by(b, 0, number_of(b, 0, output)),
                    *other = given_by(b, member, number_of(b, member, output));
    if (first->of == ROWS_OF_BATCH && other->of == ROWS_OF_BATCH) return true;
    for (int64_t row = 0; row < b->members[0].data->rows; row++) {
        if (first->counts[row] != other->counts[row])
            return shapes_differ(b, member, output, row, first->counts[row], other->counts[row]);
    }
    return first->columns == other->columns || shapes_differ(b, member, output, -1, first->columns, other->columns);
}

/* Room for the numbers of `like`, in the order of the rows. */
static Collected lay_out(const Collected *like, int64_t rows) {
    Collected result = {.of = like->of, .columns = like->columns, .used = like->used, .capacity = like->used};
    result.values = memory_new((size_t)like->used + 1, sizeof *result.values);
    result.starts = memory_new((size_t)rows + 1, sizeof *result.starts);
    result.counts = memory_new((size_t)rows + 1, sizeof *result.counts);
    int64_t at = 0;
    for (int64_t row = 0; row < rows; row++) {
        result.starts[row] = at;
        at += result.counts[row] = like->counts[row];
    }
    return result;
}

/* The mean of an output over the members, in the order of the rows, not rounded. The caller frees it. */
static double *mean_of(const Blend *b, const char *output) {
    const Collected *first = given_by(b, 0, number_of(b, 0, output));
    double *means = memory_new((size_t)first->used + 1, sizeof *means);
    for (int m = 0; m < b->count; m++) {
        const Collected *given = given_by(b, m, number_of(b, m, output));
        double *to = means;
        for (int64_t row = 0; row < b->members[0].data->rows; row++) {
            for (int64_t i = 0; i < given->counts[row]; i++)
                *to++ += (double)given->values[given->starts[row] + i] / b->count;
        }
    }
    return means;
}

static bool average(const Blend *b, const char *output, Collected *result) {
    const Collected *like = given_by(b, 0, number_of(b, 0, output));
    for (int m = 1; m < b->count; m++) {
        if (!check_shape(b, m, output)) return false;
    }
    *result = lay_out(like, b->members[0].data->rows);
    double *means = mean_of(b, output);
    for (int64_t i = 0; i < result->used; i++) result->values[i] = (float)means[i];
    free(means);
    for (int m = 0; m < b->count; m++) result->sum += given_by(b, m, number_of(b, m, output))->sum / b->count;
    return true;
}

/* --- Decisions ---------------------------------------------------------------------------------------------------- */

/* What is decided from: the means, or what gives the mean probabilities. */
static double *decided_from(const Blend *b, const Node *input) {
    const Collected *like = given_by(b, 0, number_of(b, 0, input->attrs.text));
    ScoreLink link = b->members[0].link;
    double *values =
        mean_of(b, link == LINK_NONE ? input->attrs.text : task_output(task_of(b->members), probabilities_role));
    for (int64_t i = 0; link == LINK_SOFTMAX && i < like->used; i++) values[i] = log(values[i]);
    for (int64_t i = 0; link == LINK_SIGMOID && i < like->used; i++) values[i] = log(values[i] / (1 - values[i]));
    return values;
}

static double *mean_param(const Blend *b, const char *name) {
    double *mean = NULL;
    for (int m = 0; m < b->count; m++) {
        const Parameters *params = model_parameters(b->members[m].model);
        const ParamSlot *slot = &params->slots[program_find_param(b->members[m].program, name)];
        if (!mean) mean = memory_new((size_t)slot->count, sizeof *mean);
        for (int64_t i = 0; i < slot->count; i++) mean[i] += (double)params->weights[slot->offset + i] / b->count;
    }
    return mean;
}

/* The leaves of the decision with all their values. */
typedef struct Leaves {
    Binding *bindings;  /* [count] */
    const Node **nodes; /* [count] */
    double **values;    /* [count] */
    int count;
} Leaves;

static Leaves bind_leaves(const Blend *b, const Graph *decision) {
    size_t most = (size_t)decision->nodes.count + 1;
    Leaves l = {memory_new(most, sizeof *l.bindings), memory_new(most, sizeof *l.nodes),
                memory_new(most, sizeof *l.values), 0};
    for (int i = 0; i < decision->nodes.count; i++) {
        const Node *node = decision->nodes.items[i];
        if (node->op != OP_input && node->op != OP_param) continue;
        double *values = node->op == OP_input ? decided_from(b, node) : mean_param(b, node->attrs.text);
        l.nodes[l.count] = node, l.values[l.count] = values;
        l.bindings[l.count++] = (Binding){node->attrs.text, values};
    }
    return l;
}

static void free_leaves(Leaves *l) {
    for (int i = 0; i < l->count; i++) free(l->values[i]);
    free(l->bindings);
    free(l->nodes);
    free(l->values);
}

/* Of some rows: sets how many lines the leaves have, and returns how many numbers that is. */
static int64_t take_rows(const Blend *b, const Leaves *l, int64_t first, int64_t end, int64_t *extents) {
    int64_t numbers = 0;
    for (int i = 0; i < l->count; i++) {
        if (l->nodes[i]->op != OP_input) continue;
        const Collected *given = given_by(b, 0, number_of(b, 0, l->nodes[i]->attrs.text));
        int64_t count = 0;
        for (int64_t row = first; row < end; row++) count += given->counts[row];
        extents[l->nodes[i]->type.dims[0].symbol] = count / columns_of(l->nodes[i]);
        numbers += count;
    }
    return numbers;
}

static void step_leaves(const Leaves *l, const int64_t *extents) {
    for (int i = 0; i < l->count; i++) {
        if (l->nodes[i]->op != OP_input) continue;
        l->bindings[i].values += extents[l->nodes[i]->type.dims[0].symbol] * columns_of(l->nodes[i]);
    }
}

/* Rows that are decided at once: few enough numbers, so that vocabularies need no memory for all rows. */
static int64_t end_of_piece(const Blend *b, const Leaves *l, int64_t first) {
    enum { NUMBERS = 1 << 18 };
    int64_t extents[MAX_SYMBOLS] = {0}, end = first, rows = b->members[0].data->rows, numbers = 0;
    while (end < rows && (end == first || numbers < NUMBERS)) {
        numbers += take_rows(b, l, end, end + 1, extents);
        end++;
    }
    return end;
}

static bool decide(const Blend *b, Collected *result) {
    const Graph *decision = b->members[0].cut.decision;
    const Node *output = decision->outputs.items[0].node;
    Leaves l = bind_leaves(b, decision);
    int64_t at = 0;
    bool good = true;
    *result = lay_out(given_by(b, 0, number_of(b, 0, task_output(task_of(b->members), prediction_role))),
                      b->members[0].data->rows);
    for (int64_t row = 0, end; good && row < b->members[0].data->rows; row = end) {
        int64_t extents[MAX_SYMBOLS] = {0};
        end = end_of_piece(b, &l, row);
        take_rows(b, &l, row, end, extents);
        Interpretation *got = interpret(decision, extents, l.bindings, l.count);
        good = !got->error || diag_error(b->diags, "E0978", output->pos, "%s", got->error);
        for (int64_t i = 0; good && row < end; row++) {
            for (int64_t j = 0; j < result->counts[row]; j++)
                result->values[at++] = (float)got->values[output->id][i++];
        }
        interpretation_free(got);
        step_leaves(&l, extents);
    }
    free_leaves(&l);
    return good;
}

/* --- All of it ---------------------------------------------------------------------------------------------------- */

/* Batches are shared by all members that read the rows alike. */
static bool run_members(const Blend *b, const Pace *pace) {
    ModelOutputs *models = memory_new((size_t)b->count, sizeof *models);
    bool *done = memory_new((size_t)b->count, sizeof *done), good = true;
    for (int i = 0; good && i < b->count; i++) {
        int count = 0;
        for (int j = i; j < b->count && !done[i]; j++) {
            const Member *m = &b->members[j];
            if (m->data != b->members[i].data) continue;
            models[count++] = (ModelOutputs){m->model, m->task, given_by(b, j, 0)};
        }
        for (int j = i; j < b->count; j++) done[j] |= b->members[j].data == b->members[i].data;
        good = count == 0 || collect_all(models, count, b->members[i].data, pace, b->diags);
    }
    free(models);
    free(done);
    return good;
}

static bool same_rows(const Blend *b) {
    for (int m = 1; m < b->count; m++) {
        const Dataset *first = b->members[0].data, *other = b->members[m].data;
        if (first->rows == other->rows) continue;
        return diag_error(b->diags, "E0959", (Pos){0}, "%s has %s, %s %lld", b->members[0].name,
                          count_text(first->rows, "row").text, b->members[m].name, (long long)other->rows);
    }
    return true;
}

static bool blend_all(const Blend *b, const OutputNames *asked, Collected *outputs) {
    for (int i = 0; i < b->members[0].cut.count; i++) {
        for (int m = 1; m < b->count; m++) {
            if (!check_shape(b, m, decision_input(&b->members[0].cut, i)->attrs.text)) return false;
        }
    }
    for (int i = 0; i < asked->count; i++) {
        bool decides = task_output_is(task_of(b->members), asked->names[i], prediction_role);
        if (!(decides ? decide(b, &outputs[i]) : average(b, asked->names[i], &outputs[i]))) return false;
    }
    return true;
}

bool ensemble_collect(const Member *members, int count, const OutputNames *asked, const Pace *pace, Collected *outputs,
                      Diagnostics *diags) {
    if (count == 1) return collect_outputs(members->model, members->task, members->data, pace, outputs, diags);
    Blend b = {members, count, memory_new((size_t)count * MAX_OUTPUTS, sizeof(Collected)), diags};
    bool good = same_rows(&b) && run_members(&b, pace) && blend_all(&b, asked, outputs);
    for (int m = 0; m < count; m++) collected_free(given_by(&b, m, 0), MAX_OUTPUTS);
    free(b.all);
    return good;
}
