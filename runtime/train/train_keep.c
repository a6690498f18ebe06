/* Train keep. */
#include "runtime/train/train_keep.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/hash.h"
#include "runtime/measure/evaluation_table.h"
#include "runtime/model/checkpoint.h"

/* --- State as JSON --- */

static json_t *metrics_json(const Evaluation *evaluation) {
    json_t *list = json_array();
    for (int i = 0; i < MAX_METRICS; i++) {
        json_array_append_new(list, metric_json(evaluation->metrics[i]));
    }
    return json_pack("{s:o, s:o, s:o, s:I}", "metrics", list, "loss", metric_json(evaluation->loss), "score",
                     metric_json(evaluation->score), "rows", (json_int_t)evaluation->rows);
}

/* A number; what JSON has no word for is undefined. */
static double read_number(const json_t *value) { return json_is_number(value) ? json_number_value(value) : NAN; }

static void read_metrics(const json_t *from, Evaluation *to) {
    for (size_t i = 0; i < MAX_METRICS; i++) {
        to->metrics[i] = read_number(json_array_get(json_object_get(from, "metrics"), i));
    }
    to->loss = read_number(json_object_get(from, "loss"));
    to->score = read_number(json_object_get(from, "score"));
    to->rows = json_integer_value(json_object_get(from, "rows"));
}

static json_t *state_json(const RunKeeper *k, const RunState *state) {
    json_t *best = json_array();
    for (int i = 0; i < k->data->count; i++) json_array_append_new(best, metrics_json(&state->best.evaluations[i]));
    json_t *score = isfinite(state->best.score) ? json_real(state->best.score) : json_null();
    return json_pack("{s:O, s:I, s:I, s:o, s:I, s:o, s:f, s:I, s:I}", "settings", k->settings, "step",
                     (json_int_t)state->step, "epochs", (json_int_t)state->epochs, "best", score, "best_epoch",
                     (json_int_t)state->best.epoch, "best_metrics", best, "train_s", state->train_seconds, "tokens",
                     (json_int_t)state->tokens, "examples", (json_int_t)state->examples);
}

static void read_state(const RunKeeper *k, const json_t *from, RunState *state) {
    state->step = json_integer_value(json_object_get(from, "step"));
    state->epochs = json_integer_value(json_object_get(from, "epochs"));
    const json_t *best = json_object_get(from, "best");
    state->best.score = json_is_number(best) ? json_number_value(best) : -INFINITY;
    state->best.epoch = json_integer_value(json_object_get(from, "best_epoch"));
    state->train_seconds = json_number_value(json_object_get(from, "train_s"));
    state->tokens = json_integer_value(json_object_get(from, "tokens"));
    state->examples = json_integer_value(json_object_get(from, "examples"));
    for (int i = 0; i < k->data->count; i++) {
        read_metrics(json_array_get(json_object_get(from, "best_metrics"), (size_t)i), &state->best.evaluations[i]);
        state->best.evaluations[i].task = k->data->tasks[i].number;
    }
}

/* --- Checkpoints --- */

static const char *checkpoint_folder(const RunKeeper *k) { return arena_printf(k->s->arena, "%s/last", k->o->out); }

static bool is_kept(const RunKeeper *k, const RunState *state) {
    return k->checkpoint == state->step && k->epochs == state->epochs && k->best == state->best.epoch;
}

static void note_kept(RunKeeper *k, const RunState *state) {
    k->checkpoint = state->step;
    k->epochs = state->epochs;
    k->best = state->best.epoch;
}

bool run_keeper_save(RunKeeper *k, const RunState *state) {
    if (!k->o->out || is_kept(k, state)) return true;
    json_t *json = state_json(k, state);
    if (k->checkpoint != state->step) k->previous = k->checkpoint;
    bool good = checkpoint_save(checkpoint_folder(k), state->step, k->previous, k->o->save_limit,
                                model_parameters(k->s->model), k->s->program->optimizer.states, json, k->s->diags);
    json_decref(json);
    if (good) note_kept(k, state);
    return good;
}

/* A checkpoint does not know which weights a run's folder stood for: what was saved is taken as it is. */
static bool same_settings(RunKeeper *k, const json_t *saved) {
    json_t *now = json_copy(k->settings);
    if (k->s->run_folder) json_object_set(now, "initial_weights", json_object_get(saved, "initial_weights"));
    bool same = settings_match(saved, now, &k->o->record, k->s->diags);
    if (same) {
        json_decref(k->settings);
        k->settings = json_incref(now);
    }
    json_decref(now);
    return same;
}

/* In the folder too, where the run is to become longer; all else there stays as the run began. */
static bool keep_epochs(const RunKeeper *k, const json_t *saved, int64_t epochs) {
    if (json_integer_value(json_object_get(json_object_get(saved, "options"), "epochs")) == epochs) return true;
    int errors = k->s->diags->errors;
    json_t *settings = settings_read(k->o->out, k->s->diags);
    if (!settings) return k->s->diags->errors == errors; /* somebody took the file away */
    json_object_set_new(json_object_get(settings, "options"), "epochs", json_integer(epochs));
    bool good = settings_write(k->o->out, settings, k->s->diags);
    json_decref(settings);
    return good;
}

static bool take_up(RunKeeper *k, const Checkpoint *checkpoint, RunLength length, RunState *state) {
    const json_t *from = checkpoint_state(checkpoint);
    const json_t *saved = json_object_get(from, "settings");
    if (!same_settings(k, saved) || !keep_epochs(k, saved, length.epochs)) return false;
    Parameters *params = model_parameters(k->s->model);
    if (!checkpoint_restore(checkpoint, params, k->s->program->optimizer.states, k->s->diags)) return false;
    read_state(k, from, state);
    note_kept(k, state);
    if (!k->o->quiet)
        fprintf(stderr, "going on after step %" PRId64 ", from %s\n", state->step, checkpoint_path(checkpoint));
    return true;
}

/* --- The folder --- */

static RunFolder run_folder(const RunKeeper *k) {
    return (RunFolder){k->o->out, k->s->weights_path, k->o->resume, k->o->force};
}

bool run_keeper_check(const RunKeeper *k) {
    RunFolder folder = run_folder(k);
    if (!k->o->out || k->o->dry_run) return true;
    return run_folder_can_be_made(&folder, k->s->diags) && run_folder_check(&folder, k->s->diags);
}

/* A run that was stopped before its first checkpoint has its settings in the folder: they must be those of now. */
static bool start_over(const RunKeeper *k) {
    int errors = k->s->diags->errors;
    json_t *saved = settings_read(k->o->out, k->s->diags);
    bool good = saved ? settings_match(saved, k->settings, &k->o->record, k->s->diags) : k->s->diags->errors == errors;
    if (good) fprintf(stderr, "no checkpoint in %s: starting at step 0\n", k->o->out);
    json_decref(saved);
    return good;
}

/* All that a resumed run needs beside a checkpoint, before the first step. */
static bool begin_folder(const RunKeeper *k) {
    if (k->o->resume && !k->o->force && !start_over(k)) return false;
    return session_save_description(k->s, k->o->out) && settings_write(k->o->out, k->settings, k->s->diags);
}

/* The sets of one split by the program's tasks, NULL where they are not wanted. */
static Dataset **sets_of(const RunKeeper *k, bool training) {
    Dataset **sets = arena_array(k->s->arena, (size_t)k->s->program->tasks.count + 1, sizeof *sets);
    for (int i = 0; i < k->data->count; i++) {
        const TrainTask *task = &k->data->tasks[i];
        sets[task->number] = training ? task->train : task->dev;
    }
    return sets;
}

/* What the run is, with the length that it came to, and that of its texts where the folder of the weights said it. */
json_t *run_keeper_settings(const RunKeeper *k, RunLength length) {
    const Parameters *params = model_parameters(k->s->model);
    const char *initial = bytes_hash(k->s->arena, params->weights, (size_t)params->total * sizeof(float));
    json_t *options = json_copy(k->o->record.options);
    json_object_set_new(options, "epochs", json_integer(length.epochs));
    json_object_set_new(options, "steps", json_integer(length.steps));
    json_t *limits = train_data_dev_limits(k->data);
    if (limits) json_object_set_new(options, "limit-dev", limits);
    if (k->s->max_length < k->s->program->positions)
        json_object_set_new(options, "max-length", json_integer(k->s->max_length));
    json_t *settings = settings_collect(k->s, options, sets_of(k, true), sets_of(k, false), initial);
    json_decref(options);
    return settings;
}

bool run_keeper_open(RunKeeper *k, RunLength length, RunState *state) {
    k->checkpoint = k->previous = -1;
    k->settings = run_keeper_settings(k, length);
    if (!k->o->out) return true;
    RunFolder folder = run_folder(k);
    if (!(k->lock = run_folder_open(&folder, k->s->diags))) return false;
    Checkpoint *checkpoint = NULL;
    if (k->o->resume && !checkpoint_open(checkpoint_folder(k), INT64_MAX, &checkpoint, k->s->diags)) return false;
    bool good = checkpoint ? take_up(k, checkpoint, length, state) : begin_folder(k);
    checkpoint_close(checkpoint);
    return good;
}

void run_keeper_close(RunKeeper *k) {
    json_decref(k->settings);
    folder_unlock(k->lock);
}
