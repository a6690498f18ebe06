/* Schedule: groups in order, their bodies, barriers. */
#include "passes/schedule.h"

#include <stdlib.h>
#include <string.h>

#include "graph/base/hash.h"
#include "passes/extract.h"
#include "passes/kernel_name.h"

KernelSet *kernel_set_new(void) {
    Arena *arena = arena_new();
    KernelSet *set = arena_alloc(arena, sizeof *set);
    set->arena = arena;
    return set;
}

void kernel_set_free(KernelSet *set) {
    if (!set) return;
    for (int i = 0; i < set->kernels.count; i++) graph_free(set->kernels.items[i]->body);
    arena_free(set->arena);
}

void kernel_list_free(KernelList *list) {
    if (list) arena_free(list->arena);
}

static XXH128_hash_t body_hash(KernelKind kind, const Graph *body) {
    char *text = graph_print(body, false);
    XXH128_hash_t hash = XXH3_128bits_withSeed(text, strlen(text), (XXH64_hash_t)kind);
    free(text);
    return hash;
}

/* The name in object code: of what the code is, so that a cached object fits wherever it is used. */
static const char *symbol_name(Arena *arena, KernelKind kind, XXH128_hash_t hash) {
    char digits[HASH_DIGITS + 1];
    return arena_printf(arena, "%s_%s", kernel_kind_name(kind), hash_write(hash, digits));
}

/* The set's kernel with this body; takes the body. */
static const Kernel *intern_kernel(KernelSet *set, KernelKind kind, const char *label, Pos pos, Graph *body) {
    XXH128_hash_t hash = body_hash(kind, body);
    for (int i = 0; i < set->kernels.count; i++) {
        if (!XXH128_isEqual(set->kernels.items[i]->hash, hash)) continue;
        graph_free(body);
        return set->kernels.items[i];
    }
    Kernel *kernel = arena_alloc(set->arena, sizeof *kernel);
    *kernel = (Kernel){.kind = kind, .body = body, .pos = pos, .hash = hash, .index = set->kernels.count};
    kernel->name = symbol_name(set->arena, kind, hash);
    kernel->label = arena_strdup(set->arena, label);
    vec_push(set->arena, &set->kernels, kernel);
    return kernel;
}

typedef VEC(int) IntList;

typedef struct Scheduler {
    const Graph *graph;
    KernelSet *set;
    KernelList *list;
    Arena *scratch;
    bool *used_outside; /* [node] */
    Node ***nodes;      /* [group][..] */
    int *count;         /* [group] */
    bool *done;         /* [group] */
    bool *is_sink;      /* [group]: no other group reads it */
    IntList *readers;   /* [group]: the groups that read it */
    int *epoch_made;    /* [group]: barriers before the launch that made it, from 1; 0: not yet */
} Scheduler;

static void collect_groups(Scheduler *s) {
    const Graph *g = s->graph;
    for (int i = 0; i < g->nodes.count; i++) {
        Node *node = g->nodes.items[i];
        if (node->group) s->count[node->group]++;
        for (int j = 0; j < node->n_inputs; j++) {
            Node *from = node_storage(node->inputs[j]);
            if (from->group != node->group) s->used_outside[from->id] = true;
        }
    }
    for (int i = 0; i < g->outputs.count; i++) s->used_outside[node_storage(g->outputs.items[i].node)->id] = true;
    for (int k = 0; k < g->groups.count; k++) {
        s->nodes[k] = arena_array(s->scratch, (size_t)s->count[k] + 1, sizeof(Node *));
        s->count[k] = 0;
    }
    for (int i = 0; i < g->nodes.count; i++) {
        Node *node = g->nodes.items[i];
        if (node->group) s->nodes[node->group][s->count[node->group]++] = node;
    }
}

/* Who reads whom among groups. */
static void collect_readers(Scheduler *s) {
    const Graph *g = s->graph;
    for (int k = 0; k < g->groups.count; k++) s->is_sink[k] = true;
    for (int i = 0; i < g->nodes.count; i++) {
        const Node *node = g->nodes.items[i];
        for (int j = 0; node->group && j < node->n_inputs; j++) {
            int from = node_storage(node->inputs[j])->group;
            if (!from || from == node->group) continue;
            s->is_sink[from] = false;
            IntList *readers = &s->readers[from];
            bool known = readers->count && readers->items[readers->count - 1] == node->group;
            if (!known) vec_push(s->scratch, readers, node->group);
        }
    }
}

static void launch_group(Scheduler *s, int group) {
    Launch launch = {0};
    const Group *info = &s->graph->groups.items[group];
    Arena *arena = s->list->arena;
    Graph *body = extract_body(s->graph, s->nodes[group], s->count[group], s->used_outside, arena, &launch);
    Pos pos = kernel_pos(info->kind, s->nodes[group], s->count[group]);
    launch.label = arena_printf(arena, "%s%s", info->name, kernel_place(&pos, arena));
    launch.kernel = intern_kernel(s->set, info->kind, launch.label, pos, body);
    vec_push(arena, &s->list->launches, launch);
    s->done[group] = true;
}

static bool is_ready(const Scheduler *s, int group) {
    for (int i = 0; i < s->count[group]; i++) {
        const Node *node = s->nodes[group][i];
        for (int j = 0; j < node->n_inputs; j++) {
            int from = node_storage(node->inputs[j])->group;
            if (from && from != group && !s->done[from]) return false;
        }
    }
    return true;
}

/* Sinks that the last launch has made ready. Those whose reads it did not write were ready before. */
static void launch_sinks(Scheduler *s, int after) {
    for (int i = 0; i < s->readers[after].count; i++) {
        int group = s->readers[after].items[i];
        if (s->is_sink[group] && !s->done[group] && is_ready(s, group)) launch_group(s, group);
    }
}

/* Runs what `group` waits for, then the group: a walk as deep as the chain of kernels that are not yet done. */
static void visit(Scheduler *s, int group) {
    if (s->done[group]) return;
    for (int i = 0; i < s->count[group]; i++) {
        const Node *node = s->nodes[group][i];
        for (int j = 0; j < node->n_inputs; j++) {
            int from = node_storage(node->inputs[j])->group;
            if (from && from != group) visit(s, from);
        }
    }
    launch_group(s, group);
    launch_sinks(s, group);
}

/* A barrier stands before a launch that reads what was written after the last one. */
static void place_barriers(Scheduler *s) {
    int epoch = 1;
    for (int i = 0; i < s->list->launches.count; i++) {
        Launch *launch = &s->list->launches.items[i];
        for (int j = 0; j < launch->n_operands; j++) {
            int group = node_storage(launch->operands[j])->group;
            if (group && s->epoch_made[group] == epoch) launch->barrier = true;
        }
        epoch += launch->barrier;
        s->epoch_made[launch->results[0]->group] = epoch;
    }
}

static void list_kernels(KernelList *list) {
    for (int i = 0; i < list->launches.count; i++) {
        Kernel *kernel = (Kernel *)list->launches.items[i].kernel;
        bool known = false;
        for (int j = 0; j < list->kernels.count; j++) known |= list->kernels.items[j] == kernel;
        if (!known) vec_push(list->arena, &list->kernels, kernel);
    }
}

KernelList *schedule(const Graph *grouped, KernelSet *set) {
    Arena *arena = arena_new();
    KernelList *list = arena_alloc(arena, sizeof *list);
    *list = (KernelList){.arena = arena, .graph = grouped};
    Scheduler s = {.graph = grouped, .set = set, .list = list, .scratch = arena_new()};
    size_t groups = (size_t)grouped->groups.count + 1;
    s.used_outside = arena_array(s.scratch, (size_t)grouped->nodes.count + 1, sizeof *s.used_outside);
    s.nodes = arena_array(s.scratch, groups, sizeof *s.nodes);
    s.count = arena_array(s.scratch, groups, sizeof *s.count);
    s.done = arena_array(s.scratch, groups, sizeof *s.done);
    s.is_sink = arena_array(s.scratch, groups, sizeof *s.is_sink);
    s.readers = arena_array(s.scratch, groups, sizeof *s.readers);
    s.epoch_made = arena_array(s.scratch, groups, sizeof *s.epoch_made);
    collect_groups(&s);
    collect_readers(&s);
    for (int i = 0; i < grouped->nodes.count; i++) {
        int group = grouped->nodes.items[i]->group;
        if (group && !s.is_sink[group]) visit(&s, group);
    }
    for (int k = 1; k < grouped->groups.count; k++) {
        if (s.count[k]) visit(&s, k);
    }
    place_barriers(&s);
    list_kernels(list);
    arena_free(s.scratch);
    return list;
}
