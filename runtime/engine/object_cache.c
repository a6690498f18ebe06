/* Object cache: files named by their key.
 *
 *     magic[8] | key[16] | length[8] | name[64] | checksum[16] | bytes[length]
 *
 * They are not synced: a cold start writes a hundred of them, and what a power cut spoils does not check out, and is
 * ignored. The time of a file is that of its last use: the oldest go first when the folder grows beyond its bound. */
#include "runtime/engine/object_cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "graph/base/hash.h"
#include "graph/base/memory.h"
#include "runtime/files/atomic_file.h"
#include "runtime/files/descriptor.h"

struct Cache {
    char *folder;
    int64_t bound; /* bytes */
};

typedef struct Header {
    char magic[8];
    unsigned char key[16];
    uint64_t length; /* in the machine's byte order: the cache never leaves the machine */
    char name[64];   /* of the kernel, ends in zeros */
    unsigned char checksum[16];
} Header;

static const char magic[8] = {'g', 'r', 'a', 'd', 'c', 'o', 'b', '2'};
enum { MAX_OBJECT_BYTES = 64 * 1024 * 1024 };

static void digest_of(XXH128_hash_t hash, unsigned char digest[16]) {
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, hash);
    memcpy(digest, canonical.digest, 16);
}

/* Of the object's bytes and the kernel's name. */
static void checksum_of(const Header *header, Object object, unsigned char checksum[16]) {
    XXH64_hash_t seed = XXH3_64bits(header->name, sizeof header->name);
    digest_of(XXH3_128bits_withSeed(object.bytes, object.size, seed), checksum);
}

static Header make_header(XXH128_hash_t key, const char *name, Object object) {
    Header header = {.length = object.size};
    memcpy(header.magic, magic, sizeof magic);
    digest_of(key, header.key);
    snprintf(header.name, sizeof header.name, "%s", name);
    checksum_of(&header, object, header.checksum);
    return header;
}

/* "FOLDER/0123...ef.o"; the caller frees. */
static char *entry_path(const Cache *cache, XXH128_hash_t key) {
    char digits[HASH_DIGITS + 1];
    size_t size = strlen(cache->folder) + sizeof digits + 3;
    char *path = memory_new(size, 1);
    snprintf(path, size, "%s/%s.o", cache->folder, hash_write(key, digits));
    return path;
}

/* Makes the folder and what is above it; those that exist stay as they are. */
static bool make_folders(const char *folder) {
    char *path = memory_text(folder);
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    bool made = mkdir(path, 0700) == 0 || errno == EEXIST;
    free(path);
    return made;
}

static const char *folder_fault(const char *folder) {
    struct stat info;
    if (!make_folders(folder) || lstat(folder, &info) != 0) return strerror(errno);
    if (!S_ISDIR(info.st_mode)) return "it is not a folder";
    if (info.st_uid != geteuid()) return "it belongs to another user";
    if (info.st_mode & 077) return "others may read or write it (its mode must be 0700)";
    if (access(folder, R_OK | W_OK | X_OK) != 0) return strerror(errno);
    return NULL;
}

Cache *cache_open(const char *folder, Diagnostics *diags) {
    if (!folder) return NULL;
    const char *fault = folder_fault(folder);
    if (fault) {
        diag_warning(diags, "E0703", (Pos){0}, "compiled kernels are not cached in '%s': %s", folder, fault);
        diag_hint(diags, "set XDG_CACHE_HOME to a folder of your own to start faster");
        return NULL;
    }
    Cache *cache = memory_new(1, sizeof *cache);
    cache->folder = memory_text(folder);
    cache->bound = CACHE_BOUND;
    return cache;
}

void cache_close(Cache *cache) {
    if (!cache) return;
    free(cache->folder);
    free(cache);
}

/* A plain file of this user that nobody else can have written, of the size that its header says. */
static bool read_header(int file, XXH128_hash_t key, Header *header) {
    struct stat info;
    unsigned char digest[16];
    digest_of(key, digest);
    if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode)) return false;
    if (info.st_uid != geteuid() || (info.st_mode & 077)) return false;
    if (!descriptor_read(file, header, sizeof *header)) return false;
    if (memcmp(header->magic, magic, sizeof magic) != 0 || memcmp(header->key, digest, sizeof digest) != 0)
        return false;
    return header->length <= MAX_OBJECT_BYTES && (uint64_t)info.st_size == sizeof *header + header->length &&
           memchr(header->name, 0, sizeof header->name);
}

static bool read_entry(int file, XXH128_hash_t key, Header *header, Object *object) {
    if (!read_header(file, key, header)) return false;
    Object read = {memory_try(header->length, 1), header->length};
    unsigned char checksum[16];
    bool good = read.bytes && descriptor_read(file, read.bytes, read.size);
    if (good) {
        checksum_of(header, read, checksum);
        good = memcmp(checksum, header->checksum, sizeof checksum) == 0;
    }
    if (good)
        *object = read;
    else
        free(read.bytes);
    return good;
}

static int open_entry(const char *path) { return descriptor_open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0); }

bool cache_get(const Cache *cache, XXH128_hash_t key, Object *object) {
    if (!cache) return false;
    char *path = entry_path(cache, key);
    int file = open_entry(path);
    free(path);
    if (file < 0) return false;
    Header header;
    bool good = read_entry(file, key, &header, object);
    if (good) (void)futimens(file, NULL); /* used now; where that cannot be set, it is older */
    close(file);
    return good;
}

void cache_put(const Cache *cache, XXH128_hash_t key, const char *name, Object object) {
    if (!cache || object.size > MAX_OBJECT_BYTES) return;
    Diagnostics *ignored = diagnostics_new();
    char *path = entry_path(cache, key);
    AtomicFile *file = atomic_file_open_cache(path, ignored);
    if (file) {
        Header header = make_header(key, name, object);
        atomic_file_write(file, &header, sizeof header);
        atomic_file_write(file, object.bytes, object.size);
        atomic_file_commit(file);
    }
    free(path);
    diagnostics_free(ignored);
}

/* --- The folder as a whole -------------------------------------------------------------------- */

/* The key that a file is named by; false: the file is none of ours. `aside` is set for one that was being written. */
static bool key_of_file(const char *file, XXH128_hash_t *key, bool *aside) {
    if (!hash_read(file, key)) return false;
    const char *ending = file + HASH_DIGITS;
    *aside = strncmp(ending, ".o.", 3) == 0 && atomic_file_is_aside(file);
    return *aside || strcmp(ending, ".o") == 0;
}

/* Least recently used first; the key decides between those of one moment. */
static int by_use(const void *left, const void *right) {
    const CacheEntry *a = left, *b = right;
    if (a->used.tv_sec != b->used.tv_sec) return a->used.tv_sec < b->used.tv_sec ? -1 : 1;
    if (a->used.tv_nsec != b->used.tv_nsec) return a->used.tv_nsec < b->used.tv_nsec ? -1 : 1;
    return XXH128_cmp(&a->key, &b->key);
}

static void look_into(const Cache *cache, CacheEntry *entry, CacheLook look, Arena *arena) {
    char *path = entry_path(cache, entry->key);
    int file = open_entry(path);
    Header header;
    Object object = {NULL, 0};
    entry->good = file >= 0 && (look == CACHE_WHOLE ? read_entry(file, entry->key, &header, &object)
                                                    : read_header(file, entry->key, &header));
    if (entry->good) entry->name = arena_strdup(arena, header.name);
    free(object.bytes);
    if (file >= 0) close(file);
    free(path);
}

CacheEntries cache_list(const Cache *cache, CacheLook look, Arena *arena) {
    CacheEntries entries = {0};
    DIR *folder = opendir(cache->folder);
    struct stat info;
    for (struct dirent *item; folder && (item = readdir(folder));) {
        CacheEntry entry = {.name = "?"};
        if (!key_of_file(item->d_name, &entry.key, &entry.aside)) continue;
        if (fstatat(dirfd(folder), item->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
        entry.file = arena_strdup(arena, item->d_name);
        entry.bytes = info.st_size;
        entry.used = info.st_mtim;
        if (look != CACHE_SIZES && !entry.aside) look_into(cache, &entry, look, arena);
        vec_push(arena, &entries, entry);
    }
    if (folder) closedir(folder);
    if (entries.count) qsort(entries.items, (size_t)entries.count, sizeof *entries.items, by_use);
    return entries;
}

bool cache_remove(const Cache *cache, const CacheEntry *entry) {
    Arena *arena = arena_new();
    bool gone = unlink(arena_printf(arena, "%s/%s", cache->folder, entry->file)) == 0;
    arena_free(arena);
    return gone || errno == ENOENT; /* another process was faster */
}

void cache_bound(Cache *cache, int64_t bytes) { cache->bound = bytes; }

int cache_trim(const Cache *cache, const CacheEntries *entries) {
    int64_t bytes = 0;
    int removed = 0;
    for (int i = 0; i < entries->count; i++) bytes += entries->items[i].bytes;
    for (int i = 0; i < entries->count && bytes > cache->bound; i++) {
        if (!cache_remove(cache, &entries->items[i])) continue;
        bytes -= entries->items[i].bytes;
        removed++;
    }
    return removed;
}

const char *cache_default_folder(Arena *arena) {
    const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (xdg && *xdg == '/') return arena_printf(arena, "%s/gradc", xdg);
    return home && *home ? arena_printf(arena, "%s/.cache/gradc", home) : NULL;
}
