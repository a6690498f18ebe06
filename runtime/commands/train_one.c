/* One training run, from options to its outcome. */
#include "runtime/commands/train_one.h"

#include "runtime/commands/run_options.h"
#include "runtime/engine/clock.h"

static const char *record_text(const json_t *settings, Arena *arena) {
    Options fresh = options_default(), options = options_of_run("train", &fresh, settings, arena);
    return options_settings_text(&options, arena);
}

/* What decides how steps go, and how many there are. */
static void add_schedule(const Options *o, TrainOptions *to) {
    to->sampler = o->sampler;
    to->schedule = o->schedule;
    to->within = o->within;
    to->epochs = o->epochs;
    to->steps = o->steps;
    to->batch = o->batch;
    to->accumulate = o->accumulate;
    to->shards = o->shards;
    to->patience = o->patience;
    to->seed = o->seed;
    to->lr = o->lr;
    to->warmup = o->warmup;
    to->clip = o->clip;
    to->decay = o->weight_decay;
    to->no_shuffle = o->no_shuffle;
    to->cosines = o->cosines;
    to->pcgrad = o->pcgrad;
}

/* One rank writes and speaks for all. */
static void take_in_silence(TrainOptions *to) {
    to->out = to->log = to->tensorboard = to->grads = NULL;
    to->json = to->profile = false;
    to->quiet = true;
}

TrainOptions train_options(const Options *o, const TrainMember *member, json_t *record) {
    TrainOptions made = {.record = {.options = record, .decides = option_decides, .text = record_text},
                         .out = o->out,
                         .log = o->log,
                         .tensorboard = o->tensorboard,
                         .grads = o->grads,
                         .best = o->best,
                         .max_memory = o->max_memory,
                         .limit = o->limit,
                         .limit_dev = o->limit_dev,
                         .share = o->share,
                         .loss_weight = o->loss_weight,
                         .save_every = o->save_every,
                         .save_limit = o->save_limit,
                         .pause = member->pause,
                         .again = member->again,
                         .began = seconds_of_process(),
                         .no_eval = o->no_eval,
                         .no_reuse = o->no_reuse,
                         .resume = o->resume,
                         .force = o->force,
                         .dry_run = o->dry_run,
                         .json = o->json,
                         .quiet = o->quiet,
                         .profile = o->profile};
    add_schedule(o, &made);
    if (ranks_number(o->ranks) > 0) take_in_silence(&made);
    return made;
}

int train_one(const Options *given, const TrainMember *member, TrainOutcome *outcome, Diagnostics *diags) {
    Session session = {0};
    Options options;
    int status = 1;
    if (session_of_options("train", given, &options, &session, diags)) {
        json_t *record = options_to_json(&options);
        TrainOptions training = train_options(&options, member, record);
        ModelUse use = model_use_of_options(&options, true);
        status = train_once(&session, &use, &training, outcome);
        json_decref(record);
    }
    session_close(&session);
    return status;
}
