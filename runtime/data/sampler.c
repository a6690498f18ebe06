/* Sampler: permutations of the rows of each task and one of the batches of all tasks, made anew for each epoch. */
#include "runtime/data/sampler.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"

static const SamplerRule rules[] = {
    {"proportional", "each row once: tasks in proportion to their sizes", 1, 1, false, false},
    {"sqrt", "in proportion to the square root of their sizes", 0.5, 0.5, false, false},
    {"annealed",
     "proportional at first, nearly uniform in the end: exponent 1 - 0.8 (e - 1) / (E - 1) (Stickland and Murray 2019)",
     1, 0.2, false, false},
    {"uniform", "as many batches of each", 0, 0, false, false},
    {"round-robin", "as many batches of each, in turn", 0, 0, true, false},
    {"together", "a step is a batch of each task, their gradients added", 0, 0, true, true},
};
enum { RULES = sizeof rules / sizeof *rules };

typedef struct BatchRef {
    int task;
    int64_t index; /* of the batch within what the task gets */
} BatchRef;

struct Sampler {
    SamplerOptions options;
    int n_tasks;
    int64_t *sizes, *counts; /* [task]: rows; batches in this epoch */
    int64_t **rows, *room;   /* [task]: one permutation of its rows after the other, and how many fit */
    BatchRef *order;
    int64_t steps, epoch; /* epoch that `rows` and `order` are of; -1: none yet */
};

const SamplerRule *sampler_rule(int index) { return index < RULES ? &rules[index] : NULL; }

const char *sampler_rule_names(Arena *arena) {
    const char *list = "";
    for (int i = 0; i < RULES; i++)
        list = arena_printf(arena, "%s%s%s", list, i == 0 ? "" : i + 1 < RULES ? ", " : " or ", rules[i].name);
    return list;
}

const SamplerRule *sampler_find_rule(const char *name, Diagnostics *diags) {
    const char *names[RULES];
    for (int i = 0; i < RULES; i++) {
        if (!name || strcmp(name, rules[i].name) == 0) return &rules[i];
        names[i] = rules[i].name;
    }
    diag_error(diags, "E0919", (Pos){0}, "there is no sampler '%s'", name);
    diag_hint_nearest(diags, name, names, RULES);
    diag_hint(diags, "it may be %s", sampler_rule_names(diags->arena));
    return NULL;
}

static int64_t batches_of(const Sampler *s, int task) {
    return (s->sizes[task] + s->options.batch - 1) / s->options.batch;
}

static void *array(int64_t count, size_t size) { return memory_new((size_t)count, size); }

Sampler *sampler_new(const int64_t *sizes, int n_tasks, SamplerOptions options) {
    Sampler *s = array(1, sizeof *s);
    *s = (Sampler){.options = options, .n_tasks = n_tasks, .epoch = -1};
    if (!s->options.rule) s->options.rule = &rules[0];
    s->sizes = array(n_tasks, sizeof *s->sizes);
    s->counts = array(n_tasks, sizeof *s->counts);
    s->rows = array(n_tasks, sizeof *s->rows);
    s->room = array(n_tasks, sizeof *s->room);
    int64_t batches = 0;
    for (int t = 0; t < n_tasks; t++) {
        s->sizes[t] = sizes[t];
        batches += batches_of(s, t);
    }
    s->steps = (batches + sampler_draws_per_step(s) - 1) / sampler_draws_per_step(s);
    s->order = array(s->steps * sampler_draws_per_step(s), sizeof *s->order);
    return s;
}

void sampler_free(Sampler *s) {
    if (!s) return;
    for (int t = 0; t < s->n_tasks; t++) free(s->rows[t]);
    free(s->rows);
    free(s->room);
    free(s->sizes);
    free(s->counts);
    free(s->order);
    free(s);
}

int64_t sampler_steps_per_epoch(const Sampler *s) { return s->steps; }

int sampler_draws_per_step(const Sampler *s) { return s->options.rule->together && s->n_tasks ? s->n_tasks : 1; }

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

/* --- How many batches each task gets --- */

static double exponent_of(const Sampler *s, int64_t epoch) {
    const SamplerRule *rule = s->options.rule;
    int64_t last = s->options.epochs - 1;
    double passed = last > 0 ? (double)(epoch < last ? epoch : last) / (double)last : 0;
    return rule->exponent + passed * (rule->last_exponent - rule->exponent);
}

static double share_of(const Sampler *s, int task, double exponent) {
    return s->options.shares ? s->options.shares[task] : pow((double)batches_of(s, task), exponent);
}

/* The epoch's batches in these shares, rounded down, and what is left to the largest remainders, the first of equal
 * ones. */
static void share_out(Sampler *s, int64_t epoch) {
    double exponent = exponent_of(s, epoch), sum = 0;
    double *remainder = array(s->n_tasks, sizeof *remainder);
    int64_t left = s->steps;
    for (int t = 0; t < s->n_tasks; t++) sum += share_of(s, t, exponent);
    for (int t = 0; t < s->n_tasks; t++) {
        double exact = (double)s->steps * share_of(s, t, exponent) / sum;
        s->counts[t] = (int64_t)exact;
        remainder[t] = exact - (double)s->counts[t];
        left -= s->counts[t];
    }
    for (; left > 0; left--) {
        int most = 0;
        for (int t = 1; t < s->n_tasks; t++) {
            if (remainder[t] > remainder[most]) most = t;
        }
        s->counts[most]++;
        remainder[most] = -1;
    }
    free(remainder);
}

static void count_batches(Sampler *s, int64_t epoch) {
    bool each_once = s->options.rule->exponent == 1 && s->options.rule->last_exponent == 1 && !s->options.shares;
    if (each_once || s->options.rule->together) {
        for (int t = 0; t < s->n_tasks; t++) s->counts[t] = each_once ? batches_of(s, t) : s->steps;
        return;
    }
    share_out(s, epoch);
}

/* --- An epoch --- */

/* Batch 0 of every task, then batch 1 ...: tasks take turns as long as they have batches. */
static void list_in_turn(Sampler *s) {
    int64_t count = 0, all = s->steps * sampler_draws_per_step(s);
    for (int64_t index = 0; count < all; index++) {
        for (int t = 0; t < s->n_tasks; t++) {
            if (index < s->counts[t]) s->order[count++] = (BatchRef){t, index};
        }
    }
}

static int64_t passes_of(const Sampler *s, int task) {
    int64_t batches = batches_of(s, task);
    return batches ? (s->counts[task] + batches - 1) / batches : 0;
}

/* Pass `pass` over the rows of the task. */
static void fill_pass(Sampler *s, int task, int64_t pass, uint64_t *state) {
    int64_t size = s->sizes[task], *rows = s->rows[task] + pass * size;
    for (int64_t i = 0; i < size; i++) rows[i] = i;
    if (s->options.shuffle) shuffle_rows(rows, size, state);
}

static void reserve_passes(Sampler *s, int task, int64_t passes) {
    if (passes <= s->room[task]) return;
    free(s->rows[task]);
    s->rows[task] = array(passes * s->sizes[task], sizeof(int64_t));
    s->room[task] = passes;
}

static void begin_epoch(Sampler *s, int64_t epoch) {
    uint64_t state = s->options.seed * UINT64_C(0xD1342543DE82EF95) + (uint64_t)epoch;
    count_batches(s, epoch);
    list_in_turn(s);
    for (int t = 0; t < s->n_tasks; t++) {
        reserve_passes(s, t, passes_of(s, t));
        for (int64_t pass = 0; pass < passes_of(s, t); pass++) fill_pass(s, t, pass, &state);
    }
    if (s->options.shuffle && !s->options.rule->in_turn) shuffle_order(s->order, s->steps, &state);
    s->epoch = epoch;
}

Draw sampler_draw(Sampler *s, int64_t epoch, int64_t step, int draw) {
    if (epoch != s->epoch) begin_epoch(s, epoch);
    BatchRef ref = s->order[step * sampler_draws_per_step(s) + draw];
    int64_t batches = batches_of(s, ref.task), size = s->sizes[ref.task];
    int64_t start = ref.index % batches * s->options.batch, rest = size - start;
    const int64_t *rows = s->rows[ref.task] + ref.index / batches * size + start;
    return (Draw){ref.task, rows, rest < s->options.batch ? rest : s->options.batch};
}
