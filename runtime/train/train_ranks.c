/* Train ranks. */
#include "runtime/train/train_ranks.h"

#include <stdlib.h>
#include <string.h>

#include "graph/base/count_text.h"
#include "graph/base/memory.h"

bool train_ranks_fit(Session *s, const TrainOptions *o) {
    int count = ranks_count(s->use.machine.ranks);
    if (count <= train_shards(o)) return true;
    diag_error(s->diags, "E0981", (Pos){0}, "%s of an update cannot be shared by %s",
               count_text(train_shards(o), "shard").text, count_text(count, "rank").text);
    int64_t enough = 1;
    while (enough < count) enough *= 2;
    diag_hint(s->diags, "each rank has a shard at least: --shards %d, or start fewer processes", (int)enough);
    return false;
}

/* The text of rank 0; the caller frees. */
static char *share_text(Ranks *ranks, char *own) {
    size_t size = own ? strlen(own) + 1 : 0;
    ranks_share(ranks, &size, sizeof size);
    char *text = memory_new(size, 1);
    if (own) memcpy(text, own, ranks_number(ranks) == 0 ? size : 0);
    ranks_share(ranks, text, size);
    return text;
}

static bool differs(const RunKeeper *k, const json_t *first, const json_t *own) {
    Diagnostics *diags = k->s->diags;
    TextList list = settings_differences(first, own, &k->o->record, diags->arena);
    if (list.count == 0) return false;
    Ranks *ranks = k->s->use.machine.ranks;
    diag_error(diags, "E0981", (Pos){0}, "%s has another run than %s", ranks_name(ranks, ranks_number(ranks)),
               ranks_name(ranks, 0));
    for (int i = 0; i < list.count; i++) diag_note(diags, (Pos){0}, "%s", list.items[i]);
    diag_hint(diags, "all ranks need the same files and the same options");
    return true;
}

bool train_ranks_check(const RunKeeper *k, RunLength length) {
    Ranks *ranks = k->s->use.machine.ranks;
    if (!ranks) return true;
    json_t *own = run_keeper_settings(k, length);
    char *text = memory_checked(json_dumps(own, JSON_COMPACT | JSON_REAL_PRECISION(17)));
    char *shared = share_text(ranks, text);
    json_t *first = json_loads(shared, 0, NULL), *same = json_loads(text, 0, NULL);
    bool good = !differs(k, first, same);
    json_decref(own);
    json_decref(first);
    json_decref(same);
    free(shared);
    free(text);
    return good;
}

static void share_floats(Ranks *ranks, float *floats, int64_t count) {
    ranks_share(ranks, floats, (size_t)count * sizeof *floats);
}

void train_ranks_take_up(RunKeeper *k, RunState *state) {
    Ranks *ranks = k->s->use.machine.ranks;
    Parameters *params = model_parameters(k->s->model);
    Evaluation *evaluations = state->best.evaluations;
    ranks_share(ranks, state, sizeof *state);
    state->best.evaluations = evaluations; /* of this process */
    ranks_share(ranks, evaluations, (size_t)k->data->count * sizeof *evaluations);
    ranks_share(ranks, &k->checkpoint, sizeof k->checkpoint);
    ranks_share(ranks, &k->epochs, sizeof k->epochs);
    share_floats(ranks, params->weights, params->total);
    for (int i = 0; i < params->n_states; i++) share_floats(ranks, params->states[i], params->state_floats[i]);
    for (int i = 0; i < params->n_runs; i++) ranks_share(ranks, &params->runs[i].steps, sizeof params->runs[i].steps);
}
