/* How a training run uses its model: the rule of its steps, and the shards of an update. */
#include <inttypes.h>

#include "graph/base/count_text.h"
#include "graph/terms.h"
#include "runtime/train/train.h"
#include "runtime/train/train_memory.h"
#include "runtime/train/train_step.h"

static bool check_rule(const TrainOptions *o, const SamplerRule *rule, Diagnostics *diags) {
    const char *option = o->pcgrad ? "pcgrad" : o->cosines ? "cosines" : NULL;
    if (!option || rule->together) return true;
    diag_error(diags, "E0919", (Pos){0}, "--%s needs steps over all tasks", option);
    diag_hint(diags, "add --sampler together");
    return false;
}

int64_t train_shards(const TrainOptions *o) { return o->shards > o->accumulate ? o->shards : o->accumulate; }

int64_t train_shard_rows(const TrainOptions *o) {
    int64_t shards = train_shards(o);
    return (o->batch * o->accumulate + shards - 1) / shards;
}

static bool check_shards(const TrainOptions *o, Diagnostics *diags) {
    if (o->shards & (o->shards - 1)) {
        diag_error(diags, "E0910", (Pos){0}, "--shards takes a power of two, not %" PRId64, o->shards);
        diag_hint(diags, "for example: --shards 4 or --shards 8");
        return false;
    }
    if (o->shards == 1 || o->shards % o->accumulate == 0) return true;
    diag_error(diags, "E0990", (Pos){0}, "%s of an update cannot be dealt into %s",
               count_text(o->accumulate, "batch").text, count_text(o->shards, "shard").text);
    diag_hint(diags, "a batch is one shard or several: --shards is a multiple of --accumulate");
    return false;
}

bool train_losses_fit(Session *s, const TrainOptions *o) {
    for (int i = 0; train_shards(o) > o->accumulate && i < s->program->tasks.count; i++) {
        const Task *task = &s->program->tasks.items[i];
        const Node *node = s->tasks[i] ? terms_meet(task->train, graph_output_of(task->train, loss_role)->node) : NULL;
        if (!node) continue;
        diag_error(s->diags, "E0991", node->pos, "--shards would keep apart the rows of a batch, which meet here");
        diag_note(s->diags, task->pos, "in the loss of task '%s'", task->name);
        diag_hint(s->diags, "train it with --shards 1; batches of --accumulate may be as many as you like");
        return false;
    }
    return true;
}

bool train_model_use(ModelUse *use, const TrainOptions *o, Diagnostics *diags) {
    const SamplerRule *rule = sampler_find_rule(o->sampler, diags);
    if (!rule || !check_rule(o, rule, diags) || !check_shards(o, diags)) return false;
    use->training = true;
    use->need = NEED_BASE;
    use->steps = (StepRule){rule->together, !step_compares(o), train_shards(o)};
    use->kept_room = train_kept_room(o);
    return true;
}
