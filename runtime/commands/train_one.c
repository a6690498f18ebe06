/* One training run, from options to its outcome. */
#include "runtime/commands/train_one.h"

#include "runtime/commands/run_options.h"
#include "runtime/engine/clock.h"

static const char *record_text(const json_t *settings, Arena *arena) {
    Options fresh = options_default(), options = options_of_run("train", &fresh, settings, arena);
    return options_settings_text(&options, arena);
}

TrainOptions train_options(const Options *o, const TrainMember *member, json_t *record) {
    return (TrainOptions){.record = {.options = record, .decides = option_decides, .text = record_text},
                          .out = o->out,
                          .log = o->log,
                          .tensorboard = o->tensorboard,
                          .grads = o->grads,
                          .best = o->best,
                          .sampler = o->sampler,
                          .schedule = o->schedule,
                          .max_memory = o->max_memory,
                          .within = o->within,
                          .limit = o->limit,
                          .limit_dev = o->limit_dev,
                          .share = o->share,
                          .loss_weight = o->loss_weight,
                          .epochs = o->epochs,
                          .steps = o->steps,
                          .batch = o->batch,
                          .accumulate = o->accumulate,
                          .patience = o->patience,
                          .seed = o->seed,
                          .save_every = o->save_every,
                          .save_limit = o->save_limit,
                          .lr = o->lr,
                          .warmup = o->warmup,
                          .pause = member->pause,
                          .again = member->again,
                          .began = seconds_of_process(),
                          .clip = o->clip,
                          .decay = o->weight_decay,
                          .no_eval = o->no_eval,
                          .no_reuse = o->no_reuse,
                          .no_shuffle = o->no_shuffle,
                          .cosines = o->cosines,
                          .pcgrad = o->pcgrad,
                          .resume = o->resume,
                          .force = o->force,
                          .dry_run = o->dry_run,
                          .json = o->json,
                          .quiet = o->quiet,
                          .profile = o->profile};
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
