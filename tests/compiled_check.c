/* Compiled check: schedule, compile, run, compare. */
#include "tests/compiled_check.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/engine/code.h"
#include "tests/agreement.h"
#include "tests/graph_check.h"

typedef struct Variant {
    Graph *grouped, *reference;
    KernelList *list;
    Executable *exec;
} Variant;

typedef struct Entry {
    RandomGraph *random;
    Variant variants[2]; /* fused, unfused */
} Entry;

struct CompiledCheck {
    Arena *arena;
    Diagnostics *diags;
    Target *target;
    Team *one, *three;
    Cache *cache;
    KernelSet *set;
    Code *code;
    VEC(Entry) entries;
    bool rounds; /* products are bf16 */
    void *slab;
    size_t slab_bytes;
};

const char *test_cache(Arena *arena) {
    const char *folder = getenv("GRADC_TEST_CACHES");
    return folder ? arena_printf(arena, "%s/gradc", folder) : NULL;
}

static Team *new_team(const CompiledCheck *check, int threads) {
    Team *team = team_new(threads, check->diags);
    if (check->rounds) team_flush_subnormals(team);
    return team;
}

CompiledCheck *compiled_check_new(bool optimised, bool rounds, const char *cache) {
    Arena *arena = arena_new();
    CompiledCheck *check = arena_alloc(arena, sizeof *check);
    check->arena = arena;
    check->diags = diagnostics_new();
    check->target = target_new(NULL, 0, check->diags);
    if (!optimised) target_hurry(check->target);
    if (rounds) target_flush_subnormals(check->target);
    check->rounds = rounds;
    check->set = kernel_set_new();
    check->one = new_team(check, 1);
    check->cache = cache_open(cache ? cache : test_cache(check->arena), check->diags);
    return check;
}

static void variant_free(Variant *v) {
    executable_free(v->exec);
    kernel_list_free(v->list);
    graph_free(v->grouped);
    graph_free(v->reference);
}

void compiled_check_free(CompiledCheck *check) {
    if (!check) return;
    for (int i = 0; i < check->entries.count; i++) {
        variant_free(&check->entries.items[i].variants[0]);
        variant_free(&check->entries.items[i].variants[1]);
    }
    code_free(check->code);
    kernel_set_free(check->set);
    cache_close(check->cache);
    target_free(check->target);
    team_free(check->one);
    team_free(check->three);
    diagnostics_free(check->diags);
    free(check->slab);
    arena_free(check->arena);
}

void compiled_check_add(CompiledCheck *check, RandomGraph *random) {
    Entry entry = {.random = random};
    for (int i = 0; i < 2; i++) {
        Variant *v = &entry.variants[i];
        v->grouped = group_graph(random, i == 1 ? "-fuse" : NULL, check->rounds, &v->reference);
        if (v->grouped) v->list = schedule(v->grouped, check->set);
    }
    vec_push(check->arena, &check->entries, entry);
}

void compiled_check_compile(CompiledCheck *check) {
    check->code = code_new(check->set, check->target, check->cache, check->one, check->diags);
    if (!check->code) abort();
    for (int i = 0; i < 2 * check->entries.count; i++) {
        Variant *v = &check->entries.items[i / 2].variants[i % 2];
        if (!v->list) continue;
        v->exec = executable_new(v->list, code_of_launches(check->code, v->list, check->arena));
    }
}

int compiled_check_kernels(const CompiledCheck *check) { return check->code->compiled; }

/* A leaf's elements as they lie in memory, and room for a vector beyond them. */
static void *leaf_memory(const RandomGraph *random, const Node *leaf) {
    int64_t count;
    const double *values = random_graph_values(random, leaf->attrs.text, &count);
    count = type_count(&leaf->type, random->extents);
    void *memory = arena_array(random->arena, (size_t)count + 16, elem_bytes(leaf->type.elem));
    for (int64_t i = 0; i < count; i++) elem_store(leaf->type.elem, memory, i, values[i]);
    return memory;
}

static void bind_leaves(const Entry *entry, Variant *v) {
    for (int i = 0; i < v->grouped->nodes.count; i++) {
        const Node *node = v->grouped->nodes.items[i];
        if (node->op == OP_input || node->op == OP_param)
            executable_bind(v->exec, node->attrs.text, leaf_memory(entry->random, node));
    }
}

/* What is not written must show: the slab is full of NaN. */
static void place(CompiledCheck *check, Variant *v, const RandomGraph *random) {
    size_t bytes = executable_plan(v->exec, random->extents);
    if (bytes > check->slab_bytes) {
        free(check->slab);
        check->slab_bytes = (bytes + 127) / 64 * 64;
        check->slab = aligned_alloc(64, check->slab_bytes);
        if (!check->slab) abort();
    }
    if (bytes) memset(check->slab, 0xFF, bytes);
    executable_place(v->exec, check->slab);
}

static void run_worker(void *user, const Worker *worker) { executable_run(user, worker); }

/* An output's elements, as double. */
static double *output_values(const Variant *v, const RandomGraph *random, const Output *output) {
    int64_t count = type_count(&output->node->type, random->extents);
    double *values = arena_array(random->arena, (size_t)count + 1, sizeof *values);
    const void *from = executable_output(v->exec, output->name);
    for (int64_t i = 0; i < count; i++) values[i] = elem_load(output->node->type.elem, from, i);
    return values;
}

static const char *compare(const Variant *v, const RandomGraph *random) {
    const Graph *graph = v->reference;
    Interpretation *run = interpret(graph, random->extents, random->bindings, random->n_bindings);
    Reference reference = {random, graph, run};
    const char *error = run->error ? arena_strdup(random->arena, run->error) : NULL;
    for (int i = 0; i < graph->outputs.count && !error; i++) {
        const Output *output = &graph->outputs.items[i];
        error = disagreement(&reference, output->name, output_values(v, random, output));
    }
    interpretation_free(run);
    return error;
}

/* The outputs of the last run once more, with three threads. */
static const char *compare_threads(CompiledCheck *check, Variant *v, const RandomGraph *random) {
    double *before[64];
    const Graph *graph = v->reference;
    int n = graph->outputs.count < 64 ? graph->outputs.count : 64;
    for (int i = 0; i < n; i++) before[i] = output_values(v, random, &graph->outputs.items[i]);
    if (!check->three) check->three = new_team(check, 3);
    place(check, v, random);
    team_run(check->three, run_worker, v->exec);
    for (int i = 0; i < n; i++) {
        const Output *output = &graph->outputs.items[i];
        const double *after = output_values(v, random, output);
        size_t bytes = (size_t)type_count(&output->node->type, random->extents) * sizeof *after;
        if (memcmp(before[i], after, bytes) != 0)
            return arena_printf(random->arena, "%s: threads change bits", output->name);
    }
    return NULL;
}

const char *compiled_check_run(CompiledCheck *check, int index, bool threads) {
    Entry *entry = &check->entries.items[index];
    for (int i = 0; i < 2; i++) {
        Variant *v = &entry->variants[i];
        const char *error = "the passes fail";
        if (v->exec) {
            bind_leaves(entry, v);
            place(check, v, entry->random);
            team_run(check->one, run_worker, v->exec);
            error = compare(v, entry->random);
            if (!error && threads) error = compare_threads(check, v, entry->random);
        }
        const char *kind = i ? "unfused" : "fused";
        if (error) return arena_printf(entry->random->arena, "%s code: %s", kind, error);
    }
    return NULL;
}
