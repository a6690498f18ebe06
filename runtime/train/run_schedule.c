/* Run schedule. */
#include "runtime/train/run_schedule.h"

#include "runtime/train/task_numbers.h"

/* The shares that --share gives; NULL: none. False and a diagnostic when all of them are 0. */
static bool find_shares(const TrainData *data, const TextList *share, Session *s, double **shares) {
    double sum = 0;
    *shares = NULL;
    if (share->count == 0) return true;
    *shares = arena_array(s->arena, (size_t)data->count + 1, sizeof **shares);
    for (int i = 0; i < data->count; i++) sum += (*shares)[i] = task_number(share, data->tasks[i].task->name, 1);
    if (sum > 0) return true;
    diag_error(s->diags, "E0940", (Pos){0}, "no task has a share of the steps");
    diag_hint(s->diags, "give one of them a positive --share, or choose tasks with --tasks");
    return false;
}

static bool make_rate(RunSchedule *schedule, const TrainOptions *o, Diagnostics *diags) {
    RateSchedule *rate = &schedule->rate;
    int64_t all = schedule->length.epochs * schedule->per_epoch;
    rate->steps = schedule->length.steps && schedule->length.steps < all ? schedule->length.steps : all;
    rate->peak = o->lr;
    rate->warmup = (int64_t)(o->warmup < 1 ? o->warmup * (double)rate->steps : o->warmup);
    return rate_kind(o->schedule, &rate->kind, diags);
}

static Sampler *make_sampler(RunLength length, const TrainData *data, const double *shares, Session *s,
                             const TrainOptions *o) {
    int64_t *sizes = arena_array(s->arena, (size_t)data->count + 1, sizeof *sizes);
    for (int i = 0; i < data->count; i++) sizes[i] = data->tasks[i].train->rows;
    return sampler_new(sizes, data->count,
                       (SamplerOptions){.batch = o->batch * o->accumulate,
                                        .seed = (uint64_t)o->seed,
                                        .shuffle = !o->no_shuffle,
                                        .rule = sampler_find_rule(o->sampler, s->diags),
                                        .shares = shares,
                                        .epochs = length.epochs});
}

bool run_schedule_make(RunSchedule *schedule, RunLength length, int joined, const TrainData *data, Session *s,
                       const TrainOptions *o) {
    double *shares;
    int *graphs = arena_array(s->arena, (size_t)data->count + 1, sizeof *graphs);
    run_schedule_close(schedule);
    if (!find_shares(data, &o->share, s, &shares)) return false;
    for (int i = 0; i < data->count; i++) graphs[i] = data->tasks[i].number;
    schedule->length = length;
    schedule->sampler = make_sampler(length, data, shares, s, o);
    schedule->steps = steps_new(schedule->sampler,
                                &(StepOptions){train_shards(o), graphs, joined, ranks_count(s->use.machine.ranks)});
    schedule->per_epoch = sampler_steps_per_epoch(schedule->sampler);
    return make_rate(schedule, o, s->diags);
}

void run_schedule_close(RunSchedule *schedule) {
    steps_free(schedule->steps);
    sampler_free(schedule->sampler);
    *schedule = (RunSchedule){0};
}

const Step *run_schedule_step(const RunSchedule *schedule, int64_t step) {
    return steps_get(schedule->steps, step / schedule->per_epoch, step % schedule->per_epoch);
}

int64_t run_schedule_epochs(const RunSchedule *schedule) {
    int64_t per_epoch = schedule->per_epoch;
    return per_epoch ? (schedule->rate.steps + per_epoch - 1) / per_epoch : 0;
}
