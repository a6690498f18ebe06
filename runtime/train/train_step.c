/* Train step. */
#include "runtime/train/train_step.h"

/* --- Batches ------------------------------------------------------------------------------------------------------ */

static Batch *part_of(Batch *batch, int part) { return batch->n_parts ? batch->parts[part] : batch; }

static void make_batch(StepRunner *r) {
    int n = r->data->count;
    const Dataset **sets = arena_array(r->s->arena, (size_t)n + 1, sizeof *sets);
    for (int i = 0; i < n; i++) sets[i] = r->data->tasks[i].train;
    bool joined = model_joined(r->s->model) >= 0;
    int64_t rows = train_shard_rows(r->o);
    r->batch = joined ? batch_joined_new(sets, n, rows) : batch_new(sets, n, rows);
    r->batch->rng[0] = (int32_t)(uint32_t)r->o->seed;
    for (int i = 0; i < r->batch->n_parts; i++) {
        r->batch->parts[i]->weight[0] = (float)r->data->tasks[i].weight;
        r->batch->parts[i]->rng[0] = r->batch->rng[0];
    }
}

bool step_compares(const TrainOptions *o) { return o->cosines || o->pcgrad; }

bool step_runner_open(StepRunner *r, const StepRule *rule, const TrainData *data, Session *s, const TrainOptions *o) {
    *r = (StepRunner){.s = s, .o = o, .data = data};
    int waiting = step_most_waiting(rule->shards);
    r->results = arena_array(s->arena, (size_t)data->count + 1, sizeof *r->results);
    r->losses = arena_array(s->arena, (size_t)(waiting + 1) * (size_t)(data->count + 1), sizeof *r->losses);
    make_batch(r);
    bool joined = r->batch->n_parts > 0, adds = step_adds(rule, joined);
    int places = joined || !rule->together ? 1 : data->count;
    GradientSumsOptions sums = {places, waiting, places > 1 && step_compares(o)};
    if (adds) r->sums = gradient_sums_new(s->model, &sums, s->diags);
    return r->sums || !adds;
}

void step_runner_close(StepRunner *r) {
    gradient_sums_free(r->sums);
    batch_free(r->batch);
}

static const Dataset *set_of(const TrainData *data, const Step *step, const PassRows *rows) {
    return data->tasks[step->draws[rows->draw].task].train;
}

static void set_step(Batch *batch, int64_t number) {
    batch->rng[1] = (int32_t)(uint32_t)number;
    for (int i = 0; i < batch->n_parts; i++) set_step(batch->parts[i], number);
}

/* What a loss is a mean over are all rows that the step draws of its task. */
static void fill(StepRunner *r, const Step *step, const StepPass *pass) {
    for (int i = 0; i < pass->n_rows; i++) {
        const PassRows *rows = &pass->rows[i];
        const Draw *draw = &step->draws[rows->draw];
        const Dataset *set = set_of(r->data, step, rows);
        Batch *batch = part_of(r->batch, i);
        batch_begin(batch, set, draw->rows, draw->count, NUMBERS_OF_UPDATE);
        batch_fill(batch, set, step_rows(step, rows), rows->count, rows->from);
    }
    if (r->batch->n_parts) batch_join(r->batch);
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

/* The loss of a draw in the pass at hand, added as the gradients are. What stands first is the draw's in the end. */
static void add_loss(StepRunner *r, int draw, int merges, float loss) {
    int draws = r->data->count, at = r->n_waiting;
    for (int i = 0; i < merges; i++) loss = r->losses[--at * draws + draw] + loss;
    r->losses[at * draws + draw] = loss;
    r->results[draw].loss = loss;
}

static bool run_pass(StepRunner *r, const Step *step, const StepPass *pass) {
    float loss;
    fill(r, step, pass);
    if (!model_gradients(r->s->model, pass->graph, r->batch, &loss, r->s->diags)) return false;
    for (int i = 0; i < pass->n_rows; i++) {
        int draw = pass->rows[i].draw;
        r->results[draw].tokens += batch_tokens(part_of(r->batch, i));
        add_loss(r, draw, pass->merges, r->batch->n_parts ? model_part_loss(r->s->model, i) : loss);
    }
    r->n_waiting += 1 - pass->merges;
    if (r->sums) gradient_sums_add(r->sums, pass->place, pass->merges);
    return true;
}

/* What the loss of a place counts; in a joined one the tasks' losses are weighted already. */
static double weight_of(const StepRunner *r, const Step *step, int place) {
    return r->batch->n_parts ? 1 : r->data->tasks[step->draws[place].task].weight;
}

static bool update(StepRunner *r, const Step *step, int64_t number, double rate) {
    UpdateSettings settings = {.rate = rate, .clip = r->o->clip, .weight = 1};
    settings.decay = r->o->decay >= 0 ? r->o->decay : r->s->program->optimizer.decay;
    if (!r->sums) settings.weight = weight_of(r, step, 0);
    if (r->sums) {
        for (int i = 0; i < step->n_places; i++) gradient_sums_weight(r->sums, i, weight_of(r, step, i));
        gradient_sums_total(r->sums, r->o->pcgrad, number);
    }
    if (number == 0 && r->o->grads && !write_gradients(r, step, settings.weight)) return false;
    return model_update(r->s->model, &settings, &r->norm, r->s->diags);
}

void step_fill(StepRunner *r, const Step *step, int64_t number, const StepPass *pass) {
    set_step(r->batch, number);
    fill(r, step, pass);
}

Batch *step_part(const StepRunner *r, const StepPass *pass, int draw) {
    for (int i = 0; i < pass->n_rows; i++) {
        if (pass->rows[i].draw == draw && pass->rows[i].count) return part_of(r->batch, i);
    }
    return NULL;
}

bool step_run(StepRunner *r, const Step *step, int64_t number, double rate) {
    set_step(r->batch, number);
    for (int i = 0; i < step->n_draws; i++) r->results[i] = (DrawResult){0};
    if (r->sums) gradient_sums_begin(r->sums);
    for (int i = 0; i < step->n_passes; i++) {
        bool begins = i == 0 || step->passes[i].place != step->passes[i - 1].place;
        if (begins) r->n_waiting = 0;
        if (!run_pass(r, step, &step->passes[i])) return false;
    }
    return update(r, step, number, rate);
}
