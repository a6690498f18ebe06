/* Sampler: one permutation of the rows of each task and one of the batches of all tasks, made anew for each epoch. */
#include "runtime/sampler.h"

#include <stdlib.h>

typedef struct BatchRef {
    int task;
    int64_t index; /* of the batch within its task */
} BatchRef;

struct Sampler {
    SamplerOptions options;
    int n_tasks;
    int64_t *sizes;
    int64_t **rows; /* [task][row] */
    BatchRef *order;
    int64_t steps, epoch; /* epoch that `rows` and `order` are of; -1: none yet */
};

static int64_t batches_of(const Sampler *s, int task) {
    return (s->sizes[task] + s->options.batch - 1) / s->options.batch;
}

static void *array(int64_t count, size_t size) {
    void *items = calloc((size_t)count + 1, size);
    if (!items) abort();
    return items;
}

Sampler *sampler_new(const int64_t *sizes, int n_tasks, SamplerOptions options) {
    Sampler *s = array(1, sizeof *s);
    *s = (Sampler){.options = options, .n_tasks = n_tasks, .epoch = -1};
    s->sizes = array(n_tasks, sizeof *s->sizes);
    s->rows = array(n_tasks, sizeof *s->rows);
    for (int t = 0; t < n_tasks; t++) {
        s->sizes[t] = sizes[t];
        s->rows[t] = array(sizes[t], sizeof(int64_t));
        s->steps += batches_of(s, t);
    }
    s->order = array(s->steps, sizeof *s->order);
    return s;
}

void sampler_free(Sampler *s) {
    if (!s) return;
    for (int t = 0; t < s->n_tasks; t++) free(s->rows[t]);
    free(s->rows);
    free(s->sizes);
    free(s->order);
    free(s);
}

int64_t sampler_steps_per_epoch(const Sampler *s) { return s->steps; }

/* splitmix64 (Steele, Lea and Flood 2014). */
static uint64_t next_random(uint64_t *state) {
    uint64_t x = *state += UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}

/* Uniform below `count`: the high word of a 64 x 64 bit product; its bias is below count / 2^64. */
static int64_t below(uint64_t *state, int64_t count) {
    return (int64_t)((__extension__(unsigned __int128) next_random(state) * (uint64_t)count) >> 64);
}

static void shuffle_rows(int64_t *rows, int64_t count, uint64_t *state) {
    for (int64_t i = count - 1; i > 0; i--) {
        int64_t j = below(state, i + 1), row = rows[i];
        rows[i] = rows[j];
        rows[j] = row;
    }
}

static void shuffle_order(BatchRef *order, int64_t count, uint64_t *state) {
    for (int64_t i = count - 1; i > 0; i--) {
        int64_t j = below(state, i + 1);
        BatchRef ref = order[i];
        order[i] = order[j];
        order[j] = ref;
    }
}

/* Batch 0 of every task, then batch 1 ...: tasks take turns as long as they have batches. */
static void list_round_robin(Sampler *s) {
    int64_t count = 0;
    for (int64_t index = 0; count < s->steps; index++) {
        for (int t = 0; t < s->n_tasks; t++) {
            if (index < batches_of(s, t)) s->order[count++] = (BatchRef){t, index};
        }
    }
}

static void begin_epoch(Sampler *s, int64_t epoch) {
    uint64_t state = s->options.seed * UINT64_C(0xD1342543DE82EF95) + (uint64_t)epoch;
    list_round_robin(s);
    for (int t = 0; t < s->n_tasks; t++) {
        for (int64_t i = 0; i < s->sizes[t]; i++) s->rows[t][i] = i;
        if (s->options.shuffle) shuffle_rows(s->rows[t], s->sizes[t], &state);
    }
    if (s->options.shuffle) shuffle_order(s->order, s->steps, &state);
    s->epoch = epoch;
}

Draw sampler_draw(Sampler *s, int64_t epoch, int64_t step) {
    if (epoch != s->epoch) begin_epoch(s, epoch);
    BatchRef ref = s->order[step];
    int64_t start = ref.index * s->options.batch, rest = s->sizes[ref.task] - start;
    return (Draw){ref.task, s->rows[ref.task] + start, rest < s->options.batch ? rest : s->options.batch};
}
