/* Train step. */
#include "runtime/train/train_step.h"

#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"

/* --- Batches ------------------------------------------------------------------------------------------------------ */

static Batch *task_batch(Batch *batch, int task) { return batch->n_tasks ? batch->task_batches[task] : batch; }

static void make_batch(StepRunner *r) {
    int n = r->data->count;
    const Dataset **sets = arena_array(r->s->arena, (size_t)n + 1, sizeof *sets);
    for (int i = 0; i < n; i++) sets[i] = r->data->tasks[i].train;
    bool joined = model_joined(r->s->model) >= 0;
    int64_t rows = train_shard_rows(r->o);
    r->batch = joined ? batch_joined_new(sets, n, rows) : batch_new(sets, n, rows);
    r->batch->rng[0] = (int32_t)(uint32_t)r->o->seed;
    for (int i = 0; i < r->batch->n_tasks; i++) {
        r->batch->task_batches[i]->weight[0] = (float)r->data->tasks[i].weight;
        r->batch->task_batches[i]->rng[0] = r->batch->rng[0];
    }
}

bool step_compares(const TrainOptions *o) { return o->cosines || o->pcgrad; }

bool step_runner_open(StepRunner *r, const StepRule *rule, const TrainData *data, Session *s, const TrainOptions *o) {
    *r = (StepRunner){.s = s, .o = o, .data = data};
    int waiting = step_most_waiting(rule->shards);
    r->results = arena_array(s->arena, (size_t)data->count + 1, sizeof *r->results);
    r->waiting = arena_array(s->arena, (size_t)(waiting + 1) * (size_t)(data->count + 1), sizeof *r->waiting);
    make_batch(r);
    bool joined = r->batch->n_tasks > 0, adds = step_adds(rule, joined);
    int places = joined || !rule->together ? 1 : data->count;
    GradientSumsOptions sums = {places, waiting, places > 1 && step_compares(o), s->use.machine.ranks};
    if (adds) r->sums = gradient_sums_new(s->model, &sums, s->diags);
    return r->sums || !adds;
}

void step_runner_close(StepRunner *r) {
    gradient_sums_free(r->sums);
    batch_free(r->batch);
}

size_t step_runner_bytes(const StepRunner *r) {
    return parameters_bytes(model_parameters(r->s->model)) + gradient_sums_bytes(r->sums);
}

static const Dataset *set_of(const TrainData *data, const Step *step, const PassRows *rows) {
    return data->tasks[step->draws[rows->draw].task].train;
}

static void set_step(Batch *batch, int64_t number) {
    batch->rng[1] = (int32_t)(uint32_t)number;
    for (int i = 0; i < batch->n_tasks; i++) set_step(batch->task_batches[i], number);
}

/* What a loss is a mean over are all rows that the step draws of its task. */
static void fill(StepRunner *r, const Step *step, const StepPass *pass) {
    for (int i = 0; i < pass->n_rows; i++) {
        const PassRows *rows = &pass->rows[i];
        const Draw *draw = &step->draws[rows->draw];
        const Dataset *set = set_of(r->data, step, rows);
        Batch *batch = task_batch(r->batch, i);
        batch_begin(batch, set, draw->rows, draw->count, NUMBERS_OF_UPDATE);
        batch_fill(batch, set, step_rows(step, rows), rows->count, rows->from);
    }
    if (r->batch->n_tasks) batch_join(r->batch);
}

int64_t step_pass_tokens(const TrainData *data, const Step *step, const StepPass *pass) {
    int64_t tokens = 0;
    for (int i = 0; i < pass->n_rows; i++)
        tokens +=
            dataset_tokens_of(set_of(data, step, &pass->rows[i]), step_rows(step, &pass->rows[i]), pass->rows[i].count);
    return tokens;
}

size_t step_pass_bytes(StepRunner *r, const Step *step, const StepPass *pass) {
    fill(r, step, pass);
    return model_plan(r->s->model, pass->graph, true, r->batch);
}

/* --- Gradients of the first update, for comparison with other programs -------------------------------------------- */

/* Of each parameter of the program, whether a task that the step draws from has it. */
static const bool *list_drawn(const StepRunner *r, const Step *step) {
    const Program *program = r->s->program;
    bool *drawn = arena_array(r->s->arena, (size_t)program->params.count + 1, sizeof *drawn);
    for (int i = 0; i < step->n_draws; i++) {
        const Task *task = r->data->tasks[step->draws[i].task].task;
        for (int j = 0; j < task->n_params; j++) drawn[task->params[j]] = true;
    }
    return drawn;
}

/* What the update takes: the loss's weight counts. */
static const float *weighted(const StepRunner *r, const ParamSlot *slot, const float *gradient, double weight) {
    if (weight == 1) return gradient;
    float *copy = arena_array(r->s->arena, (size_t)slot->count + 1, sizeof *copy);
    for (int64_t i = 0; i < slot->count; i++) copy[i] = (float)weight * gradient[i];
    return copy;
}

static bool write_gradients(StepRunner *r, const Step *step, double weight) {
    model_spread_gradients(r->s->model);
    const Parameters *params = model_parameters(r->s->model);
    const bool *drawn = list_drawn(r, step);
    TensorToWrite *list = arena_array(r->s->arena, (size_t)params->n_slots + 1, sizeof *list);
    int count = 0;
    for (int i = 0; i < params->n_slots; i++) {
        const ParamSlot *slot = &params->slots[i];
        if (!drawn[i] || !slot->trained) continue;
        int64_t *shape = arena_array(r->s->arena, MAX_RANK, sizeof *shape);
        for (int j = 0; j < slot->param->type.rank; j++) shape[j] = slot->param->type.dims[j].offset;
        list[count++] = (TensorToWrite){slot->param->name, slot->param->type.rank, shape,
                                        weighted(r, slot, params->gradients + slot->offset, weight)};
    }
    return safetensors_write(r->o->grads, list, count, NULL, 0, r->s->diags);
}

/* --- Steps -------------------------------------------------------------------------------------------------------- */

/* Of results as of gradients: those of all draws in a row, the last of `*waiting` rows being new, are added to the last
 * `merges` before it. */
static void add_results(const StepRunner *r, DrawResult *rows, int *waiting, int merges) {
    int draws = r->data->count;
    for (int i = 0; i < merges; i++) {
        const DrawResult *right = &rows[--*waiting * draws];
        DrawResult *left = &rows[(*waiting - 1) * draws];
        for (int j = 0; j < draws; j++) {
            left[j].loss += right[j].loss;
            left[j].tokens += right[j].tokens;
        }
    }
}

static bool run_pass(StepRunner *r, const Step *step, const StepPass *pass) {
    float loss;
    int draws = r->data->count;
    DrawResult *results = &r->waiting[r->n_waiting++ * draws];
    memset(results, 0, (size_t)draws * sizeof *results);
    fill(r, step, pass);
    if (!model_gradients(r->s->model, pass->graph, r->batch, &loss, r->s->diags)) return false;
    for (int i = 0; i < pass->n_rows; i++)
        results[pass->rows[i].draw] = (DrawResult){r->batch->n_tasks ? model_task_loss(r->s->model, i) : loss,
                                                   batch_tokens(task_batch(r->batch, i))};
    add_results(r, r->waiting, &r->n_waiting, pass->merges);
    if (r->sums) gradient_sums_add(r->sums, pass->merges);
    return true;
}

/* The results of a place, from what the ranks hand in: rows of all draws in the order of the list. */
static void meet(StepRunner *r, const StepSum *list, int count) {
    Ranks *ranks = r->s->use.machine.ranks;
    int draws = r->data->count, n = 0, own = 0;
    size_t row = (size_t)draws * sizeof *r->results, *borders = memory_new((size_t)ranks_count(ranks) + 1, sizeof row);
    DrawResult *rows = memory_new((size_t)count * (size_t)draws + 1, sizeof *rows);
    for (int i = 0; i < count; i++) {
        for (int j = list[i].rank; j < ranks_count(ranks); j++) borders[j + 1] += row;
        if (list[i].rank == ranks_number(ranks)) memcpy(&rows[i * draws], &r->waiting[own++ * draws], row);
    }
    ranks_gather(ranks, rows, borders);
    if (r->sums) gradient_sums_meet(r->sums, list, count);
    for (int i = 0; i < count; i++) {
        memmove(&rows[n++ * draws], &rows[i * draws], row);
        add_results(r, rows, &n, list[i].joins);
    }
    for (int i = 0; i < draws; i++) {
        r->results[i].loss += rows[i].loss;
        r->results[i].tokens += rows[i].tokens;
    }
    free(rows);
    free(borders);
}

/* What the loss of a place counts; in a joined one the tasks' losses are weighted already. */
static double weight_of(const StepRunner *r, const Step *step, int place) {
    return r->batch->n_tasks ? 1 : r->data->tasks[step->draws[place].task].weight;
}

/* The passes of one place, from number `pass` on, and what the ranks make of them. False with a diagnostic. */
static bool run_place(StepRunner *r, const Step *step, int pass) {
    int place = step->passes[pass].place, first = 0, end;
    r->n_waiting = 0;
    if (r->sums) gradient_sums_turn(r->sums, place, step->passes[pass].graph, weight_of(r, step, place));
    for (; pass < step->n_passes && step->passes[pass].place == place; pass++) {
        bool is_own = step->passes[pass].rank == ranks_number(r->s->use.machine.ranks);
        if (is_own && !run_pass(r, step, &step->passes[pass])) return false;
    }
    while (step->sums[first].place != place) first++;
    for (end = first; end < step->n_sums && step->sums[end].place == place;) end++;
    meet(r, step->sums + first, end - first);
    return true;
}

static bool update(StepRunner *r, const Step *step, int64_t number, double rate) {
    UpdateSettings settings = {.rate = rate, .clip = r->o->clip, .weight = 1};
    settings.decay = r->o->decay >= 0 ? r->o->decay : r->s->program->optimizer.decay;
    if (!r->sums) settings.weight = weight_of(r, step, 0);
    if (r->sums) gradient_sums_total(r->sums, r->o->pcgrad, number);
    if (number == 0 && r->o->grads && !write_gradients(r, step, settings.weight)) return false;
    return model_update(r->s->model, &settings, &r->norm, r->s->diags);
}

void step_fill(StepRunner *r, const Step *step, int64_t number, const StepPass *pass) {
    set_step(r->batch, number);
    fill(r, step, pass);
}

Batch *step_batch(const StepRunner *r, const StepPass *pass, int draw) {
    for (int i = 0; i < pass->n_rows; i++) {
        if (pass->rows[i].draw == draw && pass->rows[i].count) return task_batch(r->batch, i);
    }
    return NULL;
}

bool step_run(StepRunner *r, const Step *step, int64_t number, double rate) {
    set_step(r->batch, number);
    for (int i = 0; i < step->n_draws; i++) r->results[i] = (DrawResult){0};
    if (r->sums) gradient_sums_begin(r->sums);
    for (int i = 0; i < step->n_passes; i++) {
        bool begins = i == 0 || step->passes[i].place != step->passes[i - 1].place;
        if (begins && !run_place(r, step, i)) return false;
    }
    return update(r, step, number, rate);
}
