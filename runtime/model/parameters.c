/* Parameters: layout, memory, initial values. */
#include "runtime/model/parameters.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "graph/base/count_text.h"
#include "runtime/engine/slab.h"

static int64_t rounded(int64_t count, int64_t unit) { return (count + unit - 1) / unit * unit; }

static size_t slab_bytes(int64_t floats) { return (size_t)rounded(floats + 1, RUN_ALIGN) * sizeof(float); }

/* What distinguishes parameters. */
typedef struct RunKey {
    const bool *tasks; /* [program's tasks] */
    bool decay;
    double rate;
    int table, single; /* the parameter that is a run by itself, and why; -1 */
} RunKey;

static bool is_of(const ParamRun *run, const RunKey *key, int n_tasks) {
    return run->table < 0 && run->single < 0 && run->decay == key->decay && run->rate == key->rate &&
           memcmp(run->tasks, key->tasks, (size_t)n_tasks * sizeof *key->tasks) == 0;
}

/* The run of the key, added when it is new. */
static int find_run(Parameters *p, const RunKey *key, int n_tasks) {
    for (int i = 0; key->table < 0 && key->single < 0 && i < p->n_runs; i++) {
        if (is_of(&p->runs[i], key, n_tasks)) return i;
    }
    p->runs[p->n_runs] = (ParamRun){
        .tasks = key->tasks, .decay = key->decay, .rate = key->rate, .table = key->table, .single = key->single};
    return p->n_runs++;
}

/* Of each parameter, which of the wanted tasks use it. */
static bool **find_users(const Parameters *p, const Program *program, const bool *wanted) {
    bool **users = arena_array(p->arena, (size_t)p->n_slots + 1, sizeof *users);
    for (int i = 0; i < p->n_slots; i++)
        users[i] = arena_array(p->arena, (size_t)program->tasks.count + 1, sizeof **users);
    for (int t = 0; t < program->tasks.count; t++) {
        const Task *task = &program->tasks.items[t];
        for (int i = 0; (!wanted || wanted[t]) && i < task->n_params; i++) users[task->params[i]][t] = true;
    }
    return users;
}

static int64_t place(Parameters *p, int run, int64_t offset) {
    for (int i = 0; i < p->n_slots; i++) {
        if (p->slots[i].run != run) continue;
        p->slots[i].offset = offset;
        offset += rounded(p->slots[i].count, TENSOR_ALIGN);
    }
    return offset;
}

/* As the parameters lie; smaller ones one after the other. */
static void place_states(Parameters *p, const Optimizer *optimizer, int state) {
    int64_t at = 0;
    for (int i = 0; i < p->n_slots; i++) {
        ParamSlot *slot = &p->slots[i];
        const Type *type = &slot->param->type;
        if (!slot->trained) continue;
        int64_t rows = optimizer->spans[state].one_row ? 1 : param_rows(type);
        int64_t columns = optimizer->spans[state].one_column ? 1 : param_columns(type);
        slot->state_offsets[state] = optimizer->whole ? at : slot->offset;
        slot->state_counts[state] = optimizer->whole ? rows * columns : slot->count;
        at += rounded(slot->state_counts[state], TENSOR_ALIGN);
    }
    p->state_floats[state] = optimizer->whole ? at : p->trained;
}

static void lay_out(Parameters *p, const Program *program, const bool *wanted, const bool *tables,
                    const double *rates) {
    bool **users = find_users(p, program, wanted);
    for (int i = 0; i < p->n_slots; i++) {
        ParamSlot *slot = &p->slots[i];
        slot->count = type_count(&slot->param->type, NULL);
        bool whole = program->optimizer.whole, table = !whole && tables && tables[i];
        RunKey key = {users[i], slot->param->decay, rates ? rates[i] : 1, table ? i : -1, whole ? i : -1};
        slot->run = slot->trained ? find_run(p, &key, program->tasks.count) : -1;
    }
    int64_t offset = 0;
    for (int i = 0; i < p->n_runs; i++) {
        p->runs[i].offset = offset;
        offset = rounded(place(p, i, offset), RUN_ALIGN);
        p->runs[i].count = offset - p->runs[i].offset;
    }
    p->trained = offset;
    p->total = place(p, -1, offset);
    for (int i = 0; i < p->n_states; i++) place_states(p, &program->optimizer, i);
}

size_t parameters_bytes(const Parameters *p) {
    int64_t floats = p->total + p->trained;
    for (int i = 0; i < p->n_states; i++) floats += p->state_floats[i];
    return sizeof(float) * (size_t)floats;
}

static bool allocate(Parameters *p, Diagnostics *diags) {
    p->weights = slab_new(slab_bytes(p->total));
    p->gradients = slab_new(slab_bytes(p->trained));
    bool good = p->weights && p->gradients;
    for (int i = 0; i < p->n_states; i++) good &= (p->states[i] = slab_new(slab_bytes(p->state_floats[i]))) != NULL;
    if (good) return true;
    diag_error(diags, "E0902", (Pos){0}, "there is no memory for %s", count_text(p->total, "parameter").text);
    diag_hint(diags, "a model of this size needs %" PRId64 " MiB for weights, gradients and moments",
              (int64_t)(parameters_bytes(p) >> 20));
    return false;
}

Parameters *parameters_new(const Program *program, const bool *wanted, const bool *trained, const bool *tables,
                           const double *rates, Diagnostics *diags) {
    Arena *arena = arena_new();
    Parameters *p = arena_alloc(arena, sizeof *p);
    size_t count = (size_t)program->params.count + 1;
    *p = (Parameters){.arena = arena, .n_slots = program->params.count, .n_states = program->optimizer.n_states};
    p->slots = arena_array(arena, count, sizeof *p->slots);
    p->runs = arena_array(arena, count, sizeof *p->runs);
    for (int i = 0; i < p->n_slots; i++) {
        p->slots[i] = (ParamSlot){.param = &program->params.items[i], .trained = trained[i]};
    }
    lay_out(p, program, wanted, tables, rates);
    if (allocate(p, diags)) return p;
    parameters_free(p);
    return NULL;
}

void parameters_free(Parameters *p) {
    if (!p) return;
    slab_free(p->weights, slab_bytes(p->total));
    slab_free(p->gradients, slab_bytes(p->trained));
    for (int i = 0; i < p->n_states; i++) slab_free(p->states[i], slab_bytes(p->state_floats[i]));
    arena_free(p->arena);
}

/* splitmix64 (Steele, Lea and Flood 2014): the output function at counter `x`. */
static uint64_t mix(uint64_t x) {
    x *= UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}

/* The sum of the four 16-bit parts. */
static int64_t four_parts(uint64_t x) {
    return (int64_t)((x & 0xFFFF) + ((x >> 16) & 0xFFFF) + ((x >> 32) & 0xFFFF) + (x >> 48));
}

/* Mean 0, deviation 1: eight numbers uniform on 0 .. 65535 have mean 4 * 65535 and variance 8 * (65536^2 - 1) / 12. */
static double normal_number(uint64_t key, int64_t index) {
    static const double deviation = 53509.919921, mean = 4 * 65535.0;
    int64_t sum = four_parts(mix(key + 2 * (uint64_t)index)) + four_parts(mix(key + 2 * (uint64_t)index + 1));
    return ((double)sum - mean) / deviation;
}

/* In [0, 1), a multiple of 2^-24. */
static double uniform_number(uint64_t key, int64_t index) {
    return (double)(mix(key + (uint64_t)index) >> 40) * 0x1p-24;
}

void parameter_initialise(const Parameters *params, int index, uint64_t seed) {
    const ParamSlot *slot = &params->slots[index];
    const Param *param = slot->param;
    float *to = params->weights + slot->offset;
    uint64_t key = XXH3_64bits_withSeed(param->name, strlen(param->name), seed);
    for (int64_t i = 0; i < slot->count; i++) {
        double value = param->init_a;
        if (param->init == INIT_NORMAL) value += param->init_b * normal_number(key, i);
        if (param->init == INIT_UNIFORM) value += (param->init_b - param->init_a) * uniform_number(key, i);
        to[i] = (float)value;
    }
}

/* --- States that stand for weights -------------------------------------------------------------------------------- */

void parameters_begin_states(const Parameters *p, const Optimizer *optimizer) {
    for (int i = 0; i < p->n_slots; i++) {
        const ParamSlot *slot = &p->slots[i];
        for (int j = 0; slot->trained && j < p->n_states; j++) {
            if (optimizer->begins_as_weight[j])
                memcpy(p->states[j] + slot->state_offsets[j], p->weights + slot->offset,
                       (size_t)slot->count * sizeof *p->weights);
        }
    }
}

static void exchange(float *a, float *b, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        float number = a[i];
        a[i] = b[i];
        b[i] = number;
    }
}

void parameters_exchange(const Parameters *p, const Optimizer *optimizer) {
    for (int i = 0; i < p->n_slots; i++) {
        const ParamSlot *slot = &p->slots[i];
        for (int j = 0; slot->trained && j < p->n_states; j++) {
            if (optimizer->is_evaluated[j])
                exchange(p->weights + slot->offset, p->states[j] + slot->state_offsets[j], slot->count);
        }
    }
}
