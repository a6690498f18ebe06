/* Evaluation. */
#include "runtime/measure/evaluate.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/count_text.h"
#include "graph/base/memory.h"
#include "runtime/measure/spread.h"

static const char *fitting_metrics(const Label *label, Arena *arena) {
    int count;
    const Metric *list = metric_list(&count);
    const char *names = "";
    for (int i = 0; i < count; i++) {
        if (metric_problem(&list[i], label)) continue;
        names = arena_printf(arena, "%s%s%s", names, *names ? ", " : "", list[i].name);
    }
    return names;
}

static void unknown_metric(const Task *task, int index, Diagnostics *diags) {
    int count;
    const Metric *list = metric_list(&count);
    const char **names = arena_array(diags->arena, (size_t)count, sizeof *names);
    for (int j = 0; j < count; j++) names[j] = list[j].name;
    diag_error(diags, "E0930", task->metric_pos[index], "there is no metric '%s'", task->metrics[index]);
    if (!diag_hint_nearest(diags, task->metrics[index], names, count))
        diag_hint(diags, "those that fit the label are %s", fitting_metrics(task_label(task), diags->arena));
}

static const Node *output_node(const Task *task, Role role) {
    const Output *output = graph_output_of(task->eval, role);
    return output ? output->node : NULL;
}

/* Metrics of probabilities read an output with a column for each class or flag, or one for class 1 of two. */
static bool scores_fit(const Task *task) {
    const Node *scores = output_node(task, probabilities_role), *predict = output_node(task, prediction_role);
    int64_t wanted = task_label(task)->kind == LABEL_FLAGS ? task_label(task)->width : task_label(task)->classes;
    bool beside = scores && scores->type.rank == 2 && dim_equal(scores->type.dims[0], predict->type.dims[0]);
    return beside && (dim_is(scores->type.dims[1], wanted) || (wanted == 2 && dim_is(scores->type.dims[1], 1)));
}

static bool check_scores(const Task *task, int index, Diagnostics *diags) {
    const Node *scores = output_node(task, probabilities_role);
    if (scores_fit(task)) return true;
    diag_error(diags, "E0933", task->metric_pos[index], "the metric '%s' reads probabilities, %s", task->metrics[index],
               scores ? "one for each class" : "and the task shows none");
    if (scores)
        diag_note(diags, scores->pos, "these are %s", type_print(diags->arena, &scores->type, &task->eval->symbols));
    diag_hint(diags, "add a line such as: show softmax(logits) as \"probabilities\", "
                     "or sigmoid(logits) for flags and two classes");
    return false;
}

static bool check_metric(const Task *task, int index, Diagnostics *diags) {
    const Metric *metric = metric_find(task->metrics[index]);
    if (!metric) return unknown_metric(task, index, diags), false;
    const char *problem = metric_problem(metric, task_label(task));
    if (!problem && metric->reads_scores) return check_scores(task, index, diags);
    if (!problem) return true;
    diag_error(diags, "E0931", task->metric_pos[index], "the metric '%s' %s", metric->name, problem);
    if (task_label(task)->name) diag_note(diags, task_label(task)->pos, "the label is declared here");
    diag_hint(diags, "those that fit are %s", fitting_metrics(task_label(task), diags->arena));
    return false;
}

/* A fit is for a metric that the task has, so that what it gains can be seen. */
static bool check_fit(const Task *task, const Fit *fit, Diagnostics *diags) {
    const char *names = "";
    for (int i = 0; i < task->n_metrics; i++) {
        if (strcmp(task->metrics[i], fit->metric) == 0) return true;
        names = arena_printf(diags->arena, "%s%s%s", names, *names ? ", " : "", task->metrics[i]);
    }
    diag_error(diags, "E0934", fit->metric_pos, "'%s' is fitted for '%s', which is not a metric of the task", fit->name,
               fit->metric);
    diag_hint(diags, "add it to the line 'metric %s', or fit for one of these", names);
    return false;
}

static bool wrong_width(const Task *task, const Node *predict, Diagnostics *diags) {
    bool is_class = task_label(task)->kind != LABEL_REAL;
    diag_error(diags, "E0932", predict->pos, "%s is wanted, but the prediction is %s",
               is_class ? "the number of a class" : "a number",
               type_print(diags->arena, &predict->type, &task->eval->symbols));
    diag_note(diags, task_label(task)->pos, "the label is declared here");
    diag_hint(diags,
              is_class ? "predict the class with the largest column: predict argmax(logits)" : "predict one column");
    return false;
}

/* Metrics compare the prediction with the label, column by column. */
static bool check_columns(const Task *task, Diagnostics *diags) {
    const Node *predict = output_node(task, prediction_role);
    if (task_label(task)->kind == LABEL_NONE || dim_is(predict->type.dims[1], task_label(task)->width)) return true;
    if (task_label(task)->kind != LABEL_FLAGS) return wrong_width(task, predict, diags);
    diag_error(diags, "E0932", task_label(task)->pos, "there %s %s, but the prediction is %s",
               count_form(task_label(task)->width, "is", "are"), count_text(task_label(task)->width, "flag").text,
               type_print(diags->arena, &predict->type, &task->eval->symbols));
    diag_hint(diags, "predict a column of 0 or 1 for each flag: predict float(logits > 0)");
    return false;
}

bool evaluate_check(const Program *program, const bool *tasks, Diagnostics *diags) {
    bool good = true;
    for (int t = 0; t < program->tasks.count; t++) {
        const Task *task = &program->tasks.items[t];
        for (int i = 0; tasks[t] && i < task->n_metrics; i++) good &= check_metric(task, i, diags);
        for (int i = 0; tasks[t] && i < task->n_fits; i++) good &= check_fit(task, &task->fits[i], diags);
        if (tasks[t]) good &= check_columns(task, diags);
    }
    return good;
}

OutputNames evaluate_outputs(const Task *task) {
    OutputNames outputs = {{task_output(task, prediction_role), task_output(task, loss_role)}, 2};
    for (int i = 0; i < task->n_metrics; i++) {
        const Metric *metric = metric_find(task->metrics[i]);
        /* a task that is not evaluated may lack them */
        if (metric && metric->reads_scores) output_names_add(&outputs, task_output(task, probabilities_role));
    }
    return outputs;
}

OutputNames evaluate_outputs_with_scores(const Task *task) {
    OutputNames outputs = evaluate_outputs(task);
    if (scores_fit(task)) output_names_add(&outputs, task_output(task, probabilities_role));
    return outputs;
}

/* NULL: it is not among them. */
static const Collected *output_of(const Task *task, const OutputNames *names, const Collected *outputs, Role role) {
    for (int i = 0; i < names->count; i++) {
        if (task_output_is(task, names->names[i], role)) return &outputs[i];
    }
    return NULL;
}

typedef struct RowLength {
    int64_t row, tokens;
} RowLength;

static int by_length(const void *a, const void *b) {
    const RowLength *x = a, *y = b;
    if (x->tokens != y->tokens) return x->tokens < y->tokens ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

/* Row indices, longest rows last. The caller frees them. */
static int64_t *sorted_rows(const Dataset *data) {
    RowLength *lengths = memory_new((size_t)data->rows + 1, sizeof *lengths);
    int64_t *rows = memory_new((size_t)data->rows + 1, sizeof *rows);
    for (int64_t i = 0; i < data->rows; i++) lengths[i] = (RowLength){i, dataset_tokens(data, i)};
    qsort(lengths, (size_t)data->rows, sizeof *lengths, by_length);
    for (int64_t i = 0; i < data->rows; i++) rows[i] = lengths[i].row;
    free(lengths);
    return rows;
}

static void keep(Collected *c, int64_t row, const float *values, int64_t count) {
    c->values = memory_grow(c->values, &c->capacity, c->used + count, sizeof *c->values);
    if (count) memcpy(c->values + c->used, values, (size_t)count * sizeof *values);
    c->starts[row] = c->used;
    c->counts[row] = count;
    c->used += count;
}

/* The lines of sequence `i` of the batch. */
static void lines_of(const Batch *batch, const OutputValue *out, int64_t i, int64_t *from, int64_t *to) {
    const BatchInput *input = &batch->inputs[out->input];
    const BatchLabels *labels = &batch->values[out->input];
    *from = i;
    *to = i + 1;
    if (out->of == ROWS_OF_WINDOWS) *from = input->windows[i], *to = input->windows[i + 1];
    if (out->of == ROWS_OF_TOKENS) *from = input->bounds[i], *to = input->bounds[i + 1];
    if (out->of == ROWS_OF_LABELS) *from = labels->bounds[i], *to = labels->bounds[i + 1];
}

static void keep_batch(Collected *c, const Batch *batch, const OutputValue *out, const int64_t *rows) {
    c->of = out->of;
    c->input = out->input;
    if (out->columns) c->columns = out->columns;
    if (out->of == ROWS_OF_BATCH) keep(c, rows[0], out->values, out->rows * out->columns); /* until all are there */
    for (int64_t i = 0; out->of != ROWS_OF_BATCH && i < batch->rows; i++) {
        int64_t from, to;
        lines_of(batch, out, i, &from, &to);
        keep(c, rows[i], out->values + from * out->columns, (to - from) * out->columns);
    }
}

static bool run_batch(Model *model, int task, Batch *batch, const int64_t *rows, Collected *outputs,
                      Diagnostics *diags) {
    OutputValue values[MAX_OUTPUTS];
    if (!model_evaluate(model, task, batch, values, diags)) return false;
    for (int i = 0; i < model_outputs(model, task); i++) keep_batch(&outputs[i], batch, &values[i], rows);
    return true;
}

/* Of `most` rows, those whose tokens stay in bounds; at least one. */
static int64_t rows_that_fit(const Dataset *data, const int64_t *rows, int64_t most) {
    enum { BATCH_TOKENS = 8192 };
    int64_t count = 0, tokens = 0;
    while (count < most && ((tokens += dataset_tokens(data, rows[count])) <= BATCH_TOKENS || count == 0)) count++;
    return count;
}

/* The batches of a data set, one after the other. */
typedef struct BatchWalk {
    const Dataset *data;
    int64_t *rows;           /* [data->rows], sorted */
    int64_t size, at, count; /* at most; where the batch begins; its rows */
    int64_t number;          /* of the batch, from 1 */
    Batch *batch;
} BatchWalk;

static BatchWalk walk_begin(const Dataset *data, int64_t size) {
    BatchWalk walk = {.data = data, .rows = sorted_rows(data), .size = size};
    walk.batch = batch_new(&data, 1, data->rows < size ? data->rows : size);
    batch_begin(walk.batch, data, walk.rows, data->rows, NUMBERS_OF_DATA);
    return walk;
}

static bool walk_next(BatchWalk *walk) {
    int64_t rest = walk->data->rows - (walk->at += walk->count);
    if (rest == 0) return false;
    walk->count = rows_that_fit(walk->data, walk->rows + walk->at, rest < walk->size ? rest : walk->size);
    walk->number++;
    return true;
}

static void walk_fill(const BatchWalk *walk) {
    batch_fill(walk->batch, walk->data, walk->rows + walk->at, walk->count, walk->at);
}

static void walk_end(BatchWalk *walk) {
    batch_free(walk->batch);
    free(walk->rows);
}

size_t collect_plan(Model *model, int task, const Dataset *data, int64_t size) {
    BatchWalk walk = walk_begin(data, size);
    size_t most = 0;
    while (walk_next(&walk)) {
        walk_fill(&walk);
        size_t bytes = model_plan(model, task, false, walk.batch);
        most = bytes > most ? bytes : most;
    }
    walk_end(&walk);
    return most;
}

static bool goes_on(const Pace *pace, const BatchWalk *walk) {
    return !pace->goes_on || pace->goes_on(pace->context, walk->data, walk->at);
}

static void begin_outputs(const ModelOutputs *c, int64_t rows) {
    for (int i = 0; i < model_outputs(c->model, c->task); i++) {
        c->outputs[i] = (Collected){.starts = memory_new((size_t)rows + 1, sizeof(int64_t)),
                                    .counts = memory_new((size_t)rows + 1, sizeof(int64_t))};
    }
}

static bool run_models(const ModelOutputs *models, int count, const BatchWalk *walk, Diagnostics *diags) {
    bool good = true;
    walk_fill(walk);
    for (int i = 0; good && i < count; i++) {
        const ModelOutputs *c = &models[i];
        good = run_batch(c->model, c->task, walk->batch, walk->rows + walk->at, c->outputs, diags);
    }
    return good;
}

/* What the batches have as a whole, which was kept with the first row of each, in the order of the batches. */
static void add_batches(Collected *c, const int64_t *rows, int64_t count) {
    for (int64_t i = 0; c->of == ROWS_OF_BATCH && i < count; i++) {
        for (int64_t j = 0; j < c->counts[rows[i]]; j++) c->sum += (double)c->values[c->starts[rows[i]] + j];
        c->counts[rows[i]] = 0;
    }
}

static void complete(const ModelOutputs *c, const Pace *pace, const SpreadRows *rows) {
    for (int i = 0; i < model_outputs(c->model, c->task); i++) {
        collected_spread(pace->ranks, rows, &c->outputs[i]);
        add_batches(&c->outputs[i], rows->rows, rows->count);
    }
}

/* Ranks take the batches in turn. */
bool collect_all(const ModelOutputs *models, int count, const Dataset *data, const Pace *pace, Diagnostics *diags) {
    bool good = true;
    int *ranks = memory_new((size_t)data->rows + 1, sizeof *ranks);
    for (int i = 0; i < count; i++) begin_outputs(&models[i], data->rows);
    BatchWalk walk = walk_begin(data, pace->batch);
    while (good && walk_next(&walk)) {
        int rank = (int)((walk.number - 1) % ranks_count(pace->ranks));
        for (int64_t i = 0; i < walk.count; i++) ranks[walk.at + i] = rank;
        if (rank != ranks_number(pace->ranks)) continue;
        good = goes_on(pace, &walk) && run_models(models, count, &walk, diags);
    }
    good = ranks_most(pace->ranks, !good) == 0;
    SpreadRows rows = {walk.rows, ranks, data->rows};
    for (int i = 0; good && i < count; i++) complete(&models[i], pace, &rows);
    walk_end(&walk);
    free(ranks);
    return good;
}

bool collect_outputs(Model *model, int task, const Dataset *data, const Pace *pace, Collected *outputs,
                     Diagnostics *diags) {
    return collect_all(&(ModelOutputs){model, task, outputs}, 1, data, pace, diags);
}

void collected_free(Collected *outputs, int count) {
    for (int i = 0; i < count; i++) {
        free(outputs[i].values);
        free(outputs[i].starts);
        free(outputs[i].counts);
    }
}

/* --- Metrics --- */

/* Predictions beside labels, in the order of the data set, but for rows whose label has a gap. A task without a label
 * has none of either. */
typedef struct Pairs {
    double *predictions, *labels; /* [lines, width] */
    int64_t *bounds;              /* [rows + 1] */
    int64_t lines;
} Pairs;

static bool is_whole(const double *label, int64_t width) {
    for (int64_t i = 0; i < width; i++) {
        if (isnan(label[i])) return false;
    }
    return true;
}

static void pair_up(Pairs *p, const Dataset *data, const Collected *predict) {
    int64_t width = task_label(data->task)->width,
            capacity = predict->used / (predict->columns ? predict->columns : 1) + 1;
    LabelList list = {0};
    p->predictions = memory_new((size_t)(capacity * width), sizeof *p->predictions);
    p->labels = memory_new((size_t)(capacity * width), sizeof *p->labels);
    p->bounds = memory_new((size_t)data->rows + 2, sizeof *p->bounds);
    for (int64_t row = 0; row < data->rows; row++) {
        row_labels(data, 0, row, (RowKey){.row = (uint32_t)row}, NULL, &list);
        assert(task_label(data->task)->kind == LABEL_NONE || list.count * predict->columns == predict->counts[row]);
        for (int64_t i = 0; i < list.count; i++) {
            if (!is_whole(list.values + i * width, width)) continue;
            const float *line = predict->values + predict->starts[row] + i * predict->columns;
            for (int64_t j = 0; j < width; j++) p->predictions[p->lines * width + j] = (double)line[j];
            memcpy(p->labels + p->lines++ * width, list.values + i * width, (size_t)width * sizeof *p->labels);
        }
        p->bounds[row + 1] = p->lines;
    }
    label_list_free(&list);
}

/* Lines of probabilities in the order of the data set, beside those of the pairs; the caller frees. */
static double *line_up(const Dataset *data, const Pairs *pairs, const Collected *scores) {
    double *lines = memory_new((size_t)scores->used + 1, sizeof *lines), *to = lines;
    for (int64_t row = 0; row < data->rows; row++) {
        if (pairs->bounds[row] == pairs->bounds[row + 1]) continue;
        for (int64_t i = 0; i < scores->counts[row]; i++) *to++ = (double)scores->values[scores->starts[row] + i];
    }
    return lines;
}

ClassTable class_table(const MetricInput *in, LabelKind kind) {
    ClassTable table = {0};
    if (kind != LABEL_CLASS && kind != LABEL_FLAGS) return table;
    table.classes = class_reports(in, true, &table.count);
    if (kind == LABEL_FLAGS) return table;
    table.confusion = memory_new((size_t)(table.count * table.count) + 1, sizeof *table.confusion);
    confusion_matrix(in, table.classes, table.count, table.confusion);
    return table;
}

void class_table_free(ClassTable *table) {
    free(table->classes);
    free(table->confusion);
    *table = (ClassTable){0};
}

/* Such as the area under a curve where all rows are of one class. */
static void tell_undefined(const Dataset *data, int metric, Diagnostics *diags) {
    const Task *task = data->task;
    diag_warning(diags, "E0935", task->metric_pos[metric], "the metric '%s' is undefined of these rows",
                 task->metrics[metric]);
    diag_note(diags, pos_in_file(data->file, 0), "every row has the same class, or there is none");
    diag_hint(
        diags,
        "it counts for nothing, in the overall score and in the choice of the best epoch; take rows of each class");
}

void evaluate_collected(const Dataset *data, const OutputNames *names, const Collected *outputs, Evaluation *result,
                        const LineVisitor *visitor, Diagnostics *diags) {
    const Task *task = data->task;
    const Collected *scores = output_of(task, names, outputs, probabilities_role);
    Pairs p = {0};
    pair_up(&p, data, output_of(task, names, outputs, prediction_role));
    MetricInput in = {.prediction = p.predictions,
                      .label = p.labels,
                      .n = p.lines,
                      .width = task_label(task)->width,
                      .bounds = p.bounds,
                      .sequences = data->rows,
                      .names = task_label(task)->names,
                      .classes = task_label(task)->classes};
    in.loss = result->loss = output_of(task, names, outputs, loss_role)->sum;
    double *lines = scores ? line_up(data, &p, scores) : NULL;
    if (scores) in.scores = lines, in.score_columns = scores->columns;
    for (int i = 0; i < task->n_metrics; i++) {
        const Metric *metric = metric_find(task->metrics[i]);
        result->metrics[i] = metric->compute(&in);
        if (isnan(result->metrics[i])) tell_undefined(data, i, diags);
        if (i == 0) result->score = metric_score(metric, result->metrics[i]);
    }
    if (visitor) visitor->visit(visitor->user, data, &in);
    free(lines);
    free(p.predictions);
    free(p.labels);
    free(p.bounds);
}

bool evaluate(Model *model, int task, const Dataset *data, const Pace *pace, Evaluation *result,
              const LineVisitor *visitor, Diagnostics *diags) {
    Collected outputs[MAX_OUTPUTS] = {0};
    *result = (Evaluation){.task = task, .rows = data->rows};
    bool good = collect_outputs(model, task, data, pace, outputs, diags);
    if (good) evaluate_collected(data, model_output_names(model, task), outputs, result, visitor, diags);
    collected_free(outputs, model_outputs(model, task));
    return good;
}

double overall_score(const Evaluation *evaluations, int count) {
    double sum = 0;
    int defined = 0;
    for (int i = 0; i < count; i++) {
        if (isnan(evaluations[i].score)) continue;
        sum += evaluations[i].score;
        defined++;
    }
    return defined ? sum / defined : count ? NAN : 0;
}
