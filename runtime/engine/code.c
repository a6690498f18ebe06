/* Code: objects are fetched or made in parallel, then linked one after another. */
#include "runtime/engine/code.h"

#include <stdlib.h>

#include "graph/base/memory.h"
#include "runtime/engine/jit_dump.h"

typedef struct KernelJob {
    Object object;
    bool from_cache;
} KernelJob;

typedef struct KernelBuild {
    const KernelSet *set;
    const Target *target;
    const Cache *cache;
    KernelJob *jobs;
} KernelBuild;

static void make_object(void *user, int index) {
    KernelBuild *c = user;
    const Kernel *kernel = c->set->kernels.items[index];
    KernelJob *job = &c->jobs[index];
    XXH128_hash_t key = object_key(kernel, c->target);
    job->from_cache = c->cache && cache_get(c->cache, key, &job->object);
    if (job->from_cache) return;
    job->object = kernel_object(kernel, c->target);
    if (c->cache) cache_put(c->cache, key, kernel->name, job->object);
}

/* Takes the objects of all jobs. */
static bool link_all(Code *code, KernelJob *jobs, Diagnostics *diags) {
    const KernelSet *set = code->set;
    bool good = true;
    for (int i = 0; i < set->kernels.count; i++) {
        if (code->objects) code->objects[i] = object_code(jobs[i].object, set->kernels.items[i]->name, code->arena);
        code->cached += jobs[i].from_cache;
        code->compiled += !jobs[i].from_cache;
        good = jit_add(code->jit, jobs[i].object, diags) && good;
    }
    for (int i = 0; good && i < set->kernels.count; i++) {
        code->functions[i] = jit_find(code->jit, set->kernels.items[i]->name, diags);
        good = code->functions[i] != NULL;
    }
    return good;
}

/* What is added makes room for itself. */
static void bound_cache(const Cache *cache) {
    Arena *arena = arena_new();
    CacheEntries entries = cache_list(cache, CACHE_SIZES, arena);
    cache_trim(cache, &entries);
    arena_free(arena);
}

Code *code_new(const KernelSet *set, const Target *target, const Cache *cache, Team *team, Diagnostics *diags) {
    size_t count = (size_t)set->kernels.count;
    Arena *arena = arena_new();
    Code *code = arena_alloc(arena, sizeof *code);
    *code = (Code){.set = set, .arena = arena, .jit = jit_new(target, diags)};
    if (target_described_in(target)) {
        code->objects = arena_array(arena, count + 1, sizeof *code->objects);
        cache = NULL;
    }
    KernelBuild c = {set, target, cache, memory_new(count, sizeof(KernelJob))};
    code->functions = arena_array(arena, count + 1, sizeof *code->functions);
    if (code->jit) team_each(team, set->kernels.count, make_object, &c);
    bool good = code->jit && link_all(code, c.jobs, diags);
    if (good && code->objects) good = jit_dump_write(target_described_in(target), code, diags);
    free(c.jobs);
    if (cache && code->compiled) bound_cache(cache);
    if (good) return code;
    code_free(code);
    return NULL;
}

void code_free(Code *code) {
    if (!code) return;
    jit_free(code->jit);
    arena_free(code->arena);
}

KernelFunction **code_of_launches(const Code *code, const KernelList *list, Arena *arena) {
    KernelFunction **functions = arena_array(arena, (size_t)list->launches.count + 1, sizeof *functions);
    for (int i = 0; i < list->launches.count; i++) {
        functions[i] = code->functions[list->launches.items[i].kernel->index];
    }
    return functions;
}
