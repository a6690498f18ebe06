/* Train data. */
#include "runtime/train/train_data.h"

#include <inttypes.h>

#include "graph/base/count_text.h"
#include "graph/terms.h"
#include "runtime/data/overlap.h"
#include "runtime/engine/clock.h"
#include "runtime/measure/evaluate.h"
#include "runtime/train/task_numbers.h"

/* A score on rows that were trained on says little. */
static void warn_of_overlap(Session *s, const TrainTask *t) {
    enum { MOST_LINES = 5 };
    uint32_t lines[MOST_LINES];
    int64_t shared = overlap_find(t->train, t->dev, lines, MOST_LINES);
    const char *list = "";
    for (int i = 0; i < shared && i < MOST_LINES; i++)
        list = arena_printf(s->arena, "%s%s%u", list, i ? ", " : "", lines[i]);
    if (!shared) return;
    diag_warning(s->diags, "E0856", pos_in_file(t->dev->file, lines[0]),
                 "%" PRId64 " of %s to evaluate on %s among those to train on too (line %s%s)", shared,
                 count_text(t->dev->rows, "row").text, count_form(shared, "is", "are"), list,
                 shared > MOST_LINES ? ", ..." : "");
}

static bool *classes_present(const Task *task, const Dataset *data, Arena *arena) {
    bool *present = arena_array(arena, (size_t)task_label(task)->classes + 1, sizeof *present);
    for (int64_t i = 0; i < data->values[0].bounds[data->rows]; i++) {
        double value = data->values[0].values[i];
        if (value >= 0 && value < (double)task_label(task)->classes) present[(int64_t)value] = true;
    }
    return present;
}

static const char *class_name(const Label *label, int64_t class, Arena *arena) {
    return label->names ? label->names[class] : arena_printf(arena, "%" PRId64, class);
}

/* A class that is never trained is hardly ever predicted. */
static void warn_of_absent(Session *s, const TrainTask *t) {
    enum { MOST_NAMES = 5 };
    const Label *label = task_label(t->task);
    const char *list = "";
    int64_t absent = 0;
    if (label->kind != LABEL_CLASS) return;
    const bool *present = classes_present(t->task, t->train, s->arena);
    for (int64_t i = 0; i < label->classes; i++) {
        if (present[i] || ++absent > MOST_NAMES) continue;
        list = arena_printf(s->arena, "%s%s'%s'", list, absent > 1 ? ", " : "", class_name(label, i, s->arena));
    }
    if (!absent) return;
    diag_warning(s->diags, "E0857", label->pos, "%s %s no rows to train on: %s%s", count_text(absent, "class").text,
                 count_form(absent, "has", "have"), list, absent > MOST_NAMES ? ", ..." : "");
    diag_hint(s->diags, "give rows of each, or take what has none out of the label; 'split dev 0.1 stratified' leaves "
                        "rows of each class to train on");
}

/* Then an update of several batches is not that of one. */
static void warn_of_meeting(Session *s, const Task *task, const TrainOptions *o) {
    const Node *met = o->accumulate > 1 ? terms_meet(task->train, graph_output_of(task->train, loss_role)->node) : NULL;
    if (!met) return;
    diag_warning(
        s->diags, "E0858", met->pos,
        "the loss of '%s' compares rows of a batch: under --accumulate each batch of an update compares its own",
        task->name);
    diag_hint(s->diags, "--batch %" PRId64 " without --accumulate compares all of them", o->accumulate * o->batch);
}

static int64_t limit_of(const Task *task, const TrainOptions *o) {
    return (int64_t)task_number(&o->limit, task->name, 0);
}

static bool load_task(TrainTask *t, Session *s, const TrainOptions *o) {
    t->weight = task_number(&o->loss_weight, t->task->name, 1);
    t->train = session_dataset(s, t->number, "train", limit_of(t->task, o));
    t->dev_limit = (int64_t)task_number(&o->limit_dev, t->task->name, 0);
    if (t->train && !o->no_eval) t->dev = session_dataset(s, t->number, "dev", t->dev_limit);
    if (t->train && t->dev) warn_of_overlap(s, t);
    if (t->train && !limit_of(t->task, o)) warn_of_absent(s, t);
    if (t->train) warn_of_meeting(s, t->task, o);
    return t->train && (t->dev || o->no_eval);
}

bool train_data_load(TrainData *data, Session *s, const TrainOptions *o) {
    double began = seconds_now();
    bool good = true;
    data->tasks = arena_array(s->arena, (size_t)s->program->tasks.count + 1, sizeof *data->tasks);
    for (int i = 0; good && i < s->program->tasks.count; i++) {
        if (!s->tasks[i]) continue;
        data->tasks[data->count] = (TrainTask){.task = &s->program->tasks.items[i], .number = i};
        good = load_task(&data->tasks[data->count++], s, o);
    }
    data->load_ms = 1e3 * (seconds_now() - began);
    return good;
}

void train_data_close(TrainData *data) {
    for (int i = 0; i < data->count; i++) {
        dataset_free(data->tasks[i].train);
        dataset_free(data->tasks[i].dev);
    }
}

void train_data_limit_dev(const TrainData *data, double share) {
    for (int i = 0; share < 1 && i < data->count; i++) {
        TrainTask *t = &data->tasks[i];
        int64_t rows = t->dev ? (int64_t)(share * (double)t->dev->rows) : 0,
                most = rows > EVAL_BATCH ? rows : EVAL_BATCH;
        if (t->dev && most < t->dev->rows) t->dev->rows = t->dev_limit = most;
    }
}

json_t *train_data_dev_limits(const TrainData *data) {
    json_t *limits = json_array();
    for (int i = 0; i < data->count; i++) {
        const TrainTask *t = &data->tasks[i];
        if (t->dev_limit) json_array_append_new(limits, json_sprintf("%s=%" PRId64, t->task->name, t->dev_limit));
    }
    if (json_array_size(limits) > 0) return limits;
    json_decref(limits);
    return NULL;
}

bool train_data_keep(const TrainData *data, Session *s, const TrainOptions *o) {
    bool good = true;
    for (int i = 0; good && o->out && i < data->count; i++) {
        const TrainTask *t = &data->tasks[i];
        good = session_keep_dataset(s, t->train, "train", limit_of(t->task, o)) &&
               (!t->dev || session_keep_dataset(s, t->dev, "dev", t->dev_limit));
    }
    return good;
}

int train_data_cached(const TrainData *data) {
    int count = 0;
    for (int i = 0; i < data->count; i++) {
        const TrainTask *t = &data->tasks[i];
        count += t->train->is_cached + (t->dev && t->dev->is_cached);
    }
    return count;
}

int64_t train_data_dev_rows(const TrainData *data) {
    int64_t rows = 0;
    for (int i = 0; i < data->count; i++) rows += data->tasks[i].dev ? data->tasks[i].dev->rows : 0;
    return rows;
}
