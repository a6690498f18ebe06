/* Keeping a run: its settings, its checkpoints, and taking it up again. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/measure/evaluation_table.h"
#include "runtime/model/checkpoint.h"
#include "runtime/train/run_folder.h"
#include "runtime/train/train.h"

/* --- State as JSON --- */

static json_t *metrics_json(const Evaluation *evaluation) {
    json_t *list = json_array();
    for (int i = 0; i < MAX_METRICS; i++) {
        json_array_append_new(list, metric_json(evaluation->metrics[i]));
    }
    return json_pack("{s:o, s:o, s:I}", "metrics", list, "score", metric_json(evaluation->score), "rows",
                     (json_int_t)evaluation->rows);
}

static void read_metrics(const json_t *from, Evaluation *to) {
    for (size_t i = 0; i < MAX_METRICS; i++) {
        const json_t *value = json_array_get(json_object_get(from, "metrics"), i);
        to->metrics[i] = json_is_number(value) ? json_number_value(value) : NAN;
    }
    const json_t *score = json_object_get(from, "score");
    to->score = json_is_number(score) ? json_number_value(score) : NAN;
    to->rows = json_integer_value(json_object_get(from, "rows"));
}

static json_t *state_json(const Trainer *t) {
    json_t *best = json_array();
    for (int i = 0; i < t->n_tasks; i++) json_array_append_new(best, metrics_json(&t->best_ones[i]));
    json_t *score = isfinite(t->best) ? json_real(t->best) : json_null();
    return json_pack("{s:O, s:I, s:I, s:o, s:I, s:o, s:f, s:I, s:I}", "settings", t->settings, "step",
                     (json_int_t)t->step, "epochs", (json_int_t)t->epochs, "best", score, "best_epoch",
                     (json_int_t)t->best_epoch, "best_metrics", best, "train_s", t->train_seconds, "tokens",
                     (json_int_t)t->tokens, "examples", (json_int_t)t->examples);
}

static void read_state(Trainer *t, const json_t *state) {
    t->step = json_integer_value(json_object_get(state, "step"));
    t->epochs = json_integer_value(json_object_get(state, "epochs"));
    const json_t *best = json_object_get(state, "best");
    t->best = json_is_number(best) ? json_number_value(best) : -INFINITY;
    t->best_epoch = json_integer_value(json_object_get(state, "best_epoch"));
    t->train_seconds = json_number_value(json_object_get(state, "train_s"));
    t->tokens = json_integer_value(json_object_get(state, "tokens"));
    t->examples = json_integer_value(json_object_get(state, "examples"));
    for (int i = 0; i < t->n_tasks; i++) {
        read_metrics(json_array_get(json_object_get(state, "best_metrics"), (size_t)i), &t->best_ones[i]);
        t->best_ones[i].task = t->order[i];
    }
}

/* --- Checkpoints --- */

static const char *checkpoint_folder(Trainer *t) { return arena_printf(t->s->arena, "%s/last", t->o->out); }

bool train_checkpoint(Trainer *t) {
    if (!t->o->out) return true;
    json_t *state = state_json(t);
    if (t->checkpoint != t->step) t->previous = t->checkpoint;
    bool good = checkpoint_save(checkpoint_folder(t), t->step, t->previous, t->o->save_limit,
                                model_parameters(t->s->model), t->s->program->optimizer.states, state, t->diags);
    json_decref(state);
    if (good) t->checkpoint = t->step;
    return good;
}

/* A checkpoint does not know which weights a run's folder stood for: what was saved is taken as it is. */
static bool same_settings(Trainer *t, const json_t *saved) {
    json_t *now = json_copy(t->settings);
    if (t->s->run_folder) json_object_set(now, "initial_weights", json_object_get(saved, "initial_weights"));
    bool same = settings_match(saved, now, &t->o->record, t->diags);
    if (same) {
        json_decref(t->settings);
        t->settings = json_incref(now);
    }
    json_decref(now);
    return same;
}

/* In the folder too, where the run is to become longer; all else there stays as the run began. */
static bool keep_epochs(Trainer *t, const json_t *saved) {
    if (json_integer_value(json_object_get(json_object_get(saved, "options"), "epochs")) == t->length.epochs)
        return true;
    int errors = t->diags->errors;
    json_t *settings = settings_read(t->o->out, t->diags);
    if (!settings) return t->diags->errors == errors; /* somebody took the file away */
    json_object_set_new(json_object_get(settings, "options"), "epochs", json_integer(t->length.epochs));
    bool good = settings_write(t->o->out, settings, t->diags);
    json_decref(settings);
    return good;
}

static bool take_up(Trainer *t, const Checkpoint *checkpoint) {
    const json_t *state = checkpoint_state(checkpoint);
    const json_t *saved = json_object_get(state, "settings");
    if (!same_settings(t, saved) || !keep_epochs(t, saved)) return false;
    Parameters *params = model_parameters(t->s->model);
    if (!checkpoint_restore(checkpoint, params, t->s->program->optimizer.states, t->diags)) return false;
    read_state(t, state);
    t->checkpoint = t->step;
    if (!t->o->quiet)
        fprintf(stderr, "going on after step %" PRId64 ", from %s\n", t->step, checkpoint_path(checkpoint));
    return true;
}

/* --- The folder --- */

static RunFolder run_folder(const Trainer *t) {
    return (RunFolder){t->o->out, t->s->weights_path, t->o->resume, t->o->force};
}

bool train_check_folder(Trainer *t) {
    RunFolder folder = run_folder(t);
    return !t->o->out || t->o->dry_run || run_folder_check(&folder, t->diags);
}

/* A run that was stopped before its first checkpoint has its settings in the folder: they must be those of now. */
static bool start_over(Trainer *t) {
    int errors = t->diags->errors;
    json_t *saved = settings_read(t->o->out, t->diags);
    bool good = saved ? settings_match(saved, t->settings, &t->o->record, t->diags) : t->diags->errors == errors;
    if (good) fprintf(stderr, "no checkpoint in %s: starting at step 0\n", t->o->out);
    json_decref(saved);
    return good;
}

/* All that a resumed run needs beside a checkpoint, before the first step. */
static bool begin_folder(Trainer *t) {
    if (t->o->resume && !t->o->force && !start_over(t)) return false;
    return session_save_description(t->s, t->o->out) && settings_write(t->o->out, t->settings, t->diags);
}

/* What the run is, with the length that it came to, and that of its texts where the folder of the weights said it. */
static json_t *collect_settings(Trainer *t, const char *initial) {
    json_t *options = json_copy(t->o->record.options);
    json_object_set_new(options, "epochs", json_integer(t->length.epochs));
    json_object_set_new(options, "steps", json_integer(t->length.steps));
    if (t->s->max_length < t->s->program->positions)
        json_object_set_new(options, "max-length", json_integer(t->s->max_length));
    json_t *settings = settings_collect(t->s, options, t->train, t->dev, initial);
    json_decref(options);
    return settings;
}

bool train_begin(Trainer *t) {
    const Parameters *params = model_parameters(t->s->model);
    const char *initial = bytes_hash(t->s->arena, params->weights, (size_t)params->total * sizeof(float));
    t->settings = collect_settings(t, initial);
    if (!t->o->out) return train_open_log(t, false);
    RunFolder folder = run_folder(t);
    if (!(t->lock = run_folder_open(&folder, t->diags))) return false;
    Checkpoint *checkpoint = NULL;
    if (t->o->resume && !checkpoint_open(checkpoint_folder(t), &checkpoint, t->diags)) return false;
    bool good = checkpoint ? take_up(t, checkpoint) : begin_folder(t);
    good = good && train_open_log(t, checkpoint != NULL);
    if (good && checkpoint) log_event(t->log, json_pack("{s:s, s:I}", "event", "resume", "step", (json_int_t)t->step));
    checkpoint_close(checkpoint);
    return good;
}
