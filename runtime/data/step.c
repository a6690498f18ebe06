/* Steps: draws cut into passes. */
#include "runtime/data/step.h"

#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"

struct Steps {
    Sampler *sampler;
    StepOptions options;
    Step step;
    PassRows *rows; /* of the passes of the step at hand, one after the other */
    int n_rows;
    int64_t room_passes, room_rows;
};

bool step_adds(const StepRule *rule, bool joined) { return rule->accumulate > 1 || (rule->together && !joined); }

Steps *steps_new(Sampler *sampler, const StepOptions *options) {
    Steps *s = memory_new(1, sizeof *s);
    *s = (Steps){.sampler = sampler, .options = *options};
    s->step.n_draws = sampler_parts(sampler);
    s->step.draws = memory_new((size_t)s->step.n_draws, sizeof *s->step.draws);
    return s;
}

void steps_free(Steps *s) {
    if (!s) return;
    free(s->step.draws);
    free(s->step.passes);
    free(s->rows);
    free(s);
}

static void add_rows(Steps *s, int draw, int64_t from) {
    int64_t rest = s->step.draws[draw].count - from;
    if (rest < 0) rest = 0;
    s->rows = memory_grow(s->rows, &s->room_rows, s->n_rows + 1, sizeof *s->rows);
    s->rows[s->n_rows++] = (PassRows){draw, from, rest < s->options.batch ? rest : s->options.batch};
}

static void add_pass(Steps *s, StepPass pass) {
    s->step.passes = memory_grow(s->step.passes, &s->room_passes, s->step.n_passes + 1, sizeof *s->step.passes);
    s->step.passes[s->step.n_passes++] = pass;
}

/* Of one task. */
static void cut_draw(Steps *s, int draw) {
    int graph = s->options.graphs[s->step.draws[draw].task];
    for (int64_t from = 0; from < s->step.draws[draw].count; from += s->options.batch) {
        add_rows(s, draw, from);
        add_pass(s, (StepPass){.graph = graph, .place = draw, .n_rows = 1});
    }
}

/* Of all tasks, as long as one has rows left. */
static void cut_joined(Steps *s) {
    int64_t most = 0;
    for (int i = 0; i < s->step.n_draws; i++) most = s->step.draws[i].count > most ? s->step.draws[i].count : most;
    for (int64_t from = 0; from < most; from += s->options.batch) {
        for (int i = 0; i < s->step.n_draws; i++) add_rows(s, i, from);
        add_pass(s, (StepPass){.graph = s->options.joined, .place = 0, .n_rows = s->step.n_draws});
    }
}

static const Step *cut(Steps *s) {
    bool joins = s->options.joined >= 0;
    s->n_rows = s->step.n_passes = 0;
    s->step.n_places = joins ? 1 : s->step.n_draws;
    for (int i = 0; !joins && i < s->step.n_draws; i++) cut_draw(s, i);
    if (joins) cut_joined(s);
    const PassRows *rows = s->rows; /* where they lie at last */
    for (int i = 0; i < s->step.n_passes; i++) {
        s->step.passes[i].rows = rows;
        rows += s->step.passes[i].n_rows;
    }
    return &s->step;
}

const Step *steps_get(Steps *s, int64_t epoch, int64_t index) {
    for (int i = 0; i < s->step.n_draws; i++) s->step.draws[i] = sampler_draw(s->sampler, epoch, index, i);
    return cut(s);
}

const Step *steps_of_draws(Steps *s, const Draw *draws) {
    memcpy(s->step.draws, draws, (size_t)s->step.n_draws * sizeof *draws);
    return cut(s);
}

const int64_t *step_rows(const Step *step, const PassRows *rows) { return step->draws[rows->draw].rows + rows->from; }
