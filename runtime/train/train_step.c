/* The steps of a run: a batch, several whose gradients are added, or one that joins those of all tasks. */
#include <math.h>

#include "runtime/train/train.h"

/* --- Gradients of the first step, for comparison with other programs ---------------------------------------------- */

static bool write_gradients(Trainer *t, int task) {
    float loss;
    if (!model_gradients(t->s->model, task, t->batch, &loss, t->diags)) return false;
    model_spread_gradients(t->s->model);
    const Parameters *params = model_parameters(t->s->model);
    const Task *info = &t->s->program->tasks.items[task];
    TensorToWrite *list = arena_array(t->s->arena, (size_t)info->n_params + 1, sizeof *list);
    int count = 0;
    for (int i = 0; i < info->n_params; i++) {
        const ParamSlot *slot = &params->slots[info->params[i]];
        if (!slot->trained) continue;
        int64_t *shape = arena_array(t->s->arena, MAX_RANK, sizeof *shape);
        for (int j = 0; j < slot->param->type.rank; j++) shape[j] = slot->param->type.dims[j].offset;
        list[count++] =
            (TensorToWrite){slot->param->name, slot->param->type.rank, shape, params->gradients + slot->offset};
    }
    return safetensors_write(t->o->grads, list, count, NULL, 0, t->diags);
}

/* --- Batches ------------------------------------------------------------------------------------------------------ */

static void set_step(Batch *batch, int64_t step) {
    batch->rng[1] = (int32_t)(uint32_t)step;
    for (int i = 0; i < batch->n_parts; i++) set_step(batch->parts[i], step);
}

Draw train_rows_from(const Trainer *t, const Draw *draw, int64_t from) {
    int64_t rest = draw->count - from;
    if (rest <= 0) return (Draw){draw->task, draw->rows, 0};
    return (Draw){draw->task, draw->rows + from, rest < t->o->batch ? rest : t->o->batch};
}

static void fill(const Trainer *t, Batch *batch, const Draw *draw, int64_t from) {
    Draw rows = train_rows_from(t, draw, from);
    batch_fill(batch, t->train[t->order[draw->task]], rows.rows, rows.count, from);
}

static void begin(const Trainer *t, Batch *batch, const Draw *draw) {
    batch_begin(batch, t->train[t->order[draw->task]], draw->rows, draw->count, NUMBERS_OF_UPDATE);
}

static void begin_joined(const Trainer *t, const StepPart *parts) {
    for (int i = 0; i < t->batch->n_parts; i++) begin(t, t->batch->parts[i], &parts[i].draw);
}

/* Tokens of a joined batch, those of the rows from `from` on of each part; 0: no part has any left. */
static int64_t fill_joined(Trainer *t, StepPart *parts, int64_t from) {
    int64_t tokens = 0;
    for (int i = 0; i < t->batch->n_parts; i++) {
        Batch *batch = t->batch->parts[i];
        fill(t, batch, &parts[i].draw, from);
        tokens += batch_tokens(batch);
        parts[i].tokens += batch_tokens(batch);
    }
    batch_join(t->batch);
    return tokens;
}

/* --- Steps -------------------------------------------------------------------------------------------------------- */

static void log_cosines(Trainer *t, int64_t step) {
    json_t *cosines = json_object();
    for (int a = 0; a < t->n_tasks; a++) {
        for (int b = a + 1; b < t->n_tasks; b++) {
            double cosine = parts_cosine(t->parts, a, b);
            const Task *tasks = t->s->program->tasks.items;
            const char *pair = arena_printf(t->diags->arena, "%s,%s", tasks[t->order[a]].name, tasks[t->order[b]].name);
            json_object_set_new(cosines, pair, isfinite(cosine) ? json_real(cosine) : json_null());
        }
    }
    log_event(t->log, json_pack("{s:s, s:I, s:o}", "event", "cosine", "step", (json_int_t)step, "between", cosines));
}

static UpdateSettings update_settings(const Trainer *t, int64_t step) {
    double decay = t->o->decay >= 0 ? t->o->decay : t->s->program->optimizer.decay;
    return (UpdateSettings){.rate = rate_at(&t->rate, step), .clip = t->o->clip, .decay = decay, .weight = 1};
}

static bool single_step(Trainer *t, int64_t step, StepPart *part) {
    int task = t->order[part->draw.task];
    begin(t, t->batch, &part->draw);
    fill(t, t->batch, &part->draw, 0);
    part->tokens = batch_tokens(t->batch);
    if (step == 0 && t->o->grads && !write_gradients(t, task)) return false;
    UpdateSettings settings = update_settings(t, step);
    settings.weight = t->weights[part->draw.task];
    return model_step(t->s->model, task, t->batch, &settings, &part->result, t->diags);
}

/* The gradients of a draw, batch by batch. */
static bool add_part(Trainer *t, int group, StepPart *part) {
    const Draw *draw = &part->draw;
    int task = t->order[draw->task];
    begin(t, t->batch, draw);
    for (int64_t from = 0; from < draw->count; from += t->o->batch) {
        float loss;
        fill(t, t->batch, draw, from);
        part->tokens += batch_tokens(t->batch);
        if (!model_gradients(t->s->model, task, t->batch, &loss, t->diags)) return false;
        parts_add(t->parts, group);
        part->result.loss += loss;
    }
    return true;
}

static bool added_step(Trainer *t, int64_t step, StepPart *parts, int count) {
    double weights[MAX_GROUPS];
    parts_begin(t->parts);
    for (int i = 0; i < count; i++) {
        weights[i] = t->weights[parts[i].draw.task];
        if (!add_part(t, i, &parts[i])) return false;
    }
    UpdateSettings settings = update_settings(t, step);
    PartsSum sum = {.weights = weights, .surgery = t->o->pcgrad, .turn = step};
    StepResult result;
    parts_total(t->parts, &sum);
    if (!model_update(t->s->model, &settings, &result.norm, t->diags)) return false;
    for (int i = 0; i < count; i++) parts[i].result.norm = result.norm;
    if (count > 1 && t->log) log_cosines(t, step + 1);
    return true;
}

static void take_losses(const Trainer *t, StepPart *parts) {
    for (int i = 0; i < t->batch->n_parts; i++) parts[i].result.loss += model_part_loss(t->s->model, i);
}

static bool add_joined(Trainer *t, StepPart *parts) {
    int task = model_joined(t->s->model);
    float loss;
    parts_begin(t->parts);
    for (int64_t from = 0; fill_joined(t, parts, from) > 0; from += t->o->batch) {
        if (!model_gradients(t->s->model, task, t->batch, &loss, t->diags)) return false;
        parts_add(t->parts, 0);
        take_losses(t, parts);
    }
    return true;
}

static bool joined_step(Trainer *t, int64_t step, StepPart *parts) {
    static const double one[] = {1};
    UpdateSettings settings = update_settings(t, step);
    PartsSum sum = {.weights = one};
    StepResult result;
    bool good;
    begin_joined(t, parts);
    if (t->parts) {
        if (!add_joined(t, parts)) return false;
        parts_total(t->parts, &sum);
        good = model_update(t->s->model, &settings, &result.norm, t->diags);
    } else {
        fill_joined(t, parts, 0);
        good = model_step(t->s->model, model_joined(t->s->model), t->batch, &settings, &result, t->diags);
        take_losses(t, parts);
    }
    for (int i = 0; good && i < t->batch->n_parts; i++) parts[i].result.norm = result.norm;
    return good;
}

bool train_compute_step(Trainer *t, int64_t step, int64_t epoch, int64_t index, StepPart *parts) {
    int count = sampler_parts(t->sampler);
    for (int i = 0; i < count; i++) parts[i].draw = sampler_draw(t->sampler, epoch, index, i);
    set_step(t->batch, step);
    if (t->batch->n_parts) return joined_step(t, step, parts);
    return t->parts ? added_step(t, step, parts, count) : single_step(t, step, &parts[0]);
}

size_t train_plan_batch(Trainer *t, int64_t epoch, int64_t index, int part, int64_t from) {
    StepPart parts[MAX_GROUPS] = {0};
    if (t->batch->n_parts) {
        for (int i = 0; i < sampler_parts(t->sampler); i++) parts[i].draw = sampler_draw(t->sampler, epoch, index, i);
        begin_joined(t, parts);
        fill_joined(t, parts, from);
        return model_plan(t->s->model, model_joined(t->s->model), true, t->batch);
    }
    Draw draw = sampler_draw(t->sampler, epoch, index, part);
    begin(t, t->batch, &draw);
    fill(t, t->batch, &draw, from);
    return model_plan(t->s->model, t->order[draw.task], true, t->batch);
}
