/* Object cache: machine code on disk, one file a kernel in a private folder (mode 0700), whole or not there, with a
 * header of its own, length and checksum checked on load, owner and mode too. A bad entry is as good as none: it is
 * compiled anew. The key is codegen's object_key. */
#ifndef GRADC_RUNTIME_ENGINE_OBJECT_CACHE_H
#define GRADC_RUNTIME_ENGINE_OBJECT_CACHE_H

#include <time.h>

#include "codegen/codegen.h"

typedef struct Cache Cache;
/* `folder` NULL: no cache. NULL: none is wanted, or it is not usable, with a warning that says why. */
Cache *cache_open(const char *folder, Diagnostics *diags);
void cache_close(Cache *cache);
bool cache_get(const Cache *cache, XXH128_hash_t key, Object *object);
/* `name`: the kernel's, for those who look into the cache. Failures only cost time: ignored. */
void cache_put(const Cache *cache, XXH128_hash_t key, const char *name, Object object);
/* $XDG_CACHE_HOME/gradc or ~/.cache/gradc, created when absent; in the arena. NULL when neither is set. */
const char *cache_default_folder(Arena *arena);

/* The cache as a folder: its files, least recently used first. A file that was left while it was written has its
 * `aside` set; it is one of a process at work unless it is old. Files that the cache did not name are neither listed
 * nor touched. */
typedef struct CacheEntry {
    XXH128_hash_t key;
    const char *file, *name; /* in the folder; the kernel's, "?" when not looked at or not good */
    int64_t bytes;
    struct timespec used; /* last */
    bool aside, good;     /* good: what was looked at checks out */
} CacheEntry;
typedef VEC(CacheEntry) CacheEntries;
typedef enum CacheLook { CACHE_SIZES, CACHE_HEADERS, CACHE_WHOLE } CacheLook; /* how much of each file is read */
CacheEntries cache_list(const Cache *cache, CacheLook look, Arena *arena);
bool cache_remove(const Cache *cache, const CacheEntry *entry); /* false: it is still there */

/* How large the folder may be; at first CACHE_BOUND. */
#define CACHE_BOUND (256LL << 20)
void cache_bound(Cache *cache, int64_t bytes);
/* Removes the first of all the entries until the rest is within the bound; how many. */
int cache_trim(const Cache *cache, const CacheEntries *entries);

#endif
