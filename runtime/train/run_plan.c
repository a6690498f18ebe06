/* Run plan. */
#include "runtime/train/run_plan.h"

int64_t run_plan_step(const RunSchedule *schedule, const TrainData *data, int64_t step, int *task, TaskPlan *tasks) {
    const Step *what = run_schedule_step(schedule, step);
    int64_t all = 0;
    for (int i = 0; i < what->n_draws; i++) {
        const Draw *draw = &what->draws[i];
        int64_t tokens = dataset_tokens_of(data->tasks[draw->task].train, draw->rows, draw->count);
        if (tasks) tasks[draw->task].steps++, tasks[draw->task].tokens += tokens;
        all += tokens;
    }
    *task = what->draws[0].task;
    return all;
}

static void count_training(RunPlan *plan, const RunSchedule *schedule, const TrainData *data) {
    for (int64_t step = 0; step < plan->steps; step++) {
        int task;
        int64_t tokens = run_plan_step(schedule, data, step, &task, plan->tasks);
        plan->tasks[task].training.all += tokens;
        if (step < schedule->per_epoch) plan->tasks[task].training.first += tokens;
    }
}

static void count_evaluation(RunPlan *plan, const TrainData *data) {
    for (int i = 0; i < plan->n_tasks; i++) {
        const Dataset *dev = data->tasks[i].dev;
        PlannedTokens *tokens = &plan->tasks[i].evaluation;
        for (int64_t row = 0; dev && row < dev->rows; row++) tokens->first += dataset_tokens(dev, row);
        tokens->all = tokens->first * plan->epochs;
    }
}

RunPlan run_plan_make(const RunSchedule *schedule, const TrainData *data, Arena *arena) {
    RunPlan plan = {.steps = schedule->rate.steps, .epochs = run_schedule_epochs(schedule), .n_tasks = data->count};
    plan.tasks = arena_array(arena, (size_t)data->count + 1, sizeof *plan.tasks);
    count_training(&plan, schedule, data);
    count_evaluation(&plan, data);
    return plan;
}

/* --- What it takes ------------------------------------------------------------------------------------------------ */

/* Of the tokens of a task, trained or evaluated. */
typedef double PlanSeconds(PlannedTokens tokens, TokenSeconds token);

static double all_seconds(PlannedTokens tokens, TokenSeconds token) {
    return (double)tokens.first * token.first + (double)(tokens.all - tokens.first) * token.later;
}

static double first_epoch_seconds(PlannedTokens tokens, TokenSeconds token) {
    return (double)tokens.first * token.first;
}

static double later_epoch_seconds(PlannedTokens tokens, TokenSeconds token) {
    return (double)tokens.first * token.later;
}

static TrainSeconds sum_of(const RunPlan *plan, const RunSpeed *speed, PlanSeconds *seconds) {
    TrainSeconds sum = {0, 0};
    for (int i = 0; i < plan->n_tasks; i++) {
        sum.training += seconds(plan->tasks[i].training, speed->training[i]);
        sum.evaluation += seconds(plan->tasks[i].evaluation, speed->evaluation[i]);
    }
    return sum;
}

TrainSeconds run_plan_seconds(const RunPlan *plan, const RunSpeed *speed) { return sum_of(plan, speed, all_seconds); }

TrainSeconds run_plan_first_epoch(const RunPlan *plan, const RunSpeed *speed) {
    return sum_of(plan, speed, first_epoch_seconds);
}

TrainSeconds run_plan_later_epoch(const RunPlan *plan, const RunSpeed *speed) {
    return sum_of(plan, speed, later_epoch_seconds);
}
