/* gradc cache: what the kernel cache holds, whether it is whole, and how to make it smaller. */
#include <inttypes.h>
#include <string.h>

#include "graph/base/count_text.h"
#include "runtime/commands/commands.h"
#include "runtime/engine/object_cache.h"

/* A file that is still being written is younger than this. */
enum { ASIDE_SECONDS = 3600 };

typedef struct CacheAction {
    Cache *cache;
    Arena *arena;
    Diagnostics *diags;
} CacheAction;

typedef struct Action {
    const char *name;
    bool (*run)(CacheAction *job);
} Action;

static int64_t seconds_since(struct timespec then) {
    int64_t seconds = (int64_t)time(NULL) - (int64_t)then.tv_sec;
    return seconds > 0 ? seconds : 0;
}

/* "5 s", "12 min", "3 h" or "9 d". */
static const char *age_of(const CacheEntry *entry, Arena *arena) {
    int64_t seconds = seconds_since(entry->used);
    if (seconds < 120) return arena_printf(arena, "%" PRId64 " s", seconds);
    if (seconds < 2 * 3600) return arena_printf(arena, "%" PRId64 " min", seconds / 60);
    if (seconds < 2 * 86400) return arena_printf(arena, "%" PRId64 " h", seconds / 3600);
    return arena_printf(arena, "%" PRId64 " d", seconds / 86400);
}

static void print_total(const char *what, int count, int64_t bytes) {
    printf("%s%s, %.1f MB\n", what, count_text(count, "file").text, (double)bytes / (1 << 20));
}

static bool list(CacheAction *job) {
    CacheEntries entries = cache_list(job->cache, CACHE_HEADERS, job->arena);
    int64_t bytes = 0;
    if (entries.count) printf("%10s %9s  %-40s %s\n", "bytes", "unused", "kernel", "file");
    for (int i = entries.count - 1; i >= 0; i--) { /* what was used last stands first */
        const CacheEntry *entry = &entries.items[i];
        const char *name = entry->aside ? "(not finished)" : entry->good ? entry->name : "(damaged)";
        printf("%10" PRId64 " %9s  %-40s %s\n", entry->bytes, age_of(entry, job->arena), name, entry->file);
        bytes += entry->bytes;
    }
    print_total("", entries.count, bytes);
    return true;
}

static bool verify(CacheAction *job) {
    CacheEntries entries = cache_list(job->cache, CACHE_WHOLE, job->arena);
    int good = 0;
    int64_t bytes = 0;
    for (int i = 0; i < entries.count; i++) {
        const CacheEntry *entry = &entries.items[i];
        if (entry->aside) continue;
        if (entry->good)
            good++, bytes += entry->bytes;
        else
            diag_error(job->diags, "E0705", (Pos){0}, "cached kernel '%s' is damaged or not private", entry->file);
    }
    if (job->diags->errors) diag_hint(job->diags, "it will be compiled again when needed; gradc cache gc removes it");
    print_total("good: ", good, bytes);
    return job->diags->errors == 0;
}

static bool remove_entry(CacheAction *job, const CacheEntry *entry) {
    if (cache_remove(job->cache, entry)) return true;
    diag_error(job->diags, "E0706", (Pos){0}, "cannot remove '%s' from the cache", entry->file);
    return false;
}

/* Damaged files, those left by a process that was killed, then the oldest beyond the bound. */
static bool collect(CacheAction *job) {
    CacheEntries entries = cache_list(job->cache, CACHE_WHOLE, job->arena), rest;
    int removed = 0;
    int64_t bytes = 0;
    for (int i = 0; i < entries.count; i++) {
        const CacheEntry *entry = &entries.items[i];
        bool useless = entry->aside ? seconds_since(entry->used) > ASIDE_SECONDS : !entry->good;
        if (useless) removed += remove_entry(job, entry);
    }
    rest = cache_list(job->cache, CACHE_SIZES, job->arena);
    removed += cache_trim(job->cache, &rest);
    rest = cache_list(job->cache, CACHE_SIZES, job->arena);
    for (int i = 0; i < rest.count; i++) bytes += rest.items[i].bytes;
    printf("removed: %s\n", count_text(removed, "file").text);
    print_total("left: ", rest.count, bytes);
    return job->diags->errors == 0;
}

static bool clear(CacheAction *job) {
    CacheEntries entries = cache_list(job->cache, CACHE_SIZES, job->arena);
    int removed = 0;
    int64_t bytes = 0;
    for (int i = 0; i < entries.count; i++) {
        if (!remove_entry(job, &entries.items[i])) continue;
        removed++;
        bytes += entries.items[i].bytes;
    }
    print_total("removed: ", removed, bytes);
    return job->diags->errors == 0;
}

static const Action actions[] = {{"ls", list}, {"verify", verify}, {"gc", collect}, {"clear", clear}};
enum { ACTIONS = sizeof actions / sizeof *actions };

static const Action *find_action(const char *word, Diagnostics *diags) {
    const char *names[ACTIONS];
    for (int i = 0; i < ACTIONS; i++) {
        names[i] = actions[i].name;
        if (strcmp(names[i], word) == 0) return &actions[i];
    }
    diag_error(diags, "E0704", (Pos){0}, "unknown action '%s': gradc cache takes ls, verify, gc or clear", word);
    diag_hint_nearest(diags, word, names, ACTIONS);
    return NULL;
}

int command_cache(const Options *options, Diagnostics *diags) {
    CacheAction job = {.diags = diags};
    const Action *action = find_action(options->file, diags);
    if (!action) return 1;
    job.arena = arena_new();
    const char *folder = options->cache ? options->cache : cache_default_folder(job.arena);
    job.cache = cache_open(folder, diags);
    if (job.cache)
        cache_bound(job.cache, options->cache_size << 20);
    else
        diag_error(diags, "E0703", (Pos){0}, "there is no folder for compiled kernels here"),
            diag_hint(diags, "name one with --cache");
    bool good = job.cache && action->run(&job);
    cache_close(job.cache);
    arena_free(job.arena);
    return good ? 0 : 1;
}
