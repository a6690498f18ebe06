/* Cache: objects on disk, one file each, named by their key.
 *
 *     magic[8] | key[16] | length[8] | checksum[16] | bytes[length]
 *
 * A file is whole or not there: it is written under another name and renamed. What does not check
 * out is ignored. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "codegen/codegen.h"

struct Cache {
    char *folder;
};

typedef struct Header {
    char magic[8];
    unsigned char key[16];
    uint64_t length; /* in the machine's byte order: the cache never leaves the machine */
    unsigned char checksum[16];
} Header;

static const char magic[8] = {'g', 'r', 'a', 'd', 'c', 'o', 'b', '1'};
enum { MAX_OBJECT_BYTES = 64 * 1024 * 1024 };

static void digest_of(XXH128_hash_t hash, unsigned char digest[16]) {
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, hash);
    memcpy(digest, canonical.digest, 16);
}

static Header make_header(XXH128_hash_t key, Object object) {
    Header header = {.length = object.size};
    memcpy(header.magic, magic, sizeof magic);
    digest_of(key, header.key);
    digest_of(XXH3_128bits(object.bytes, object.size), header.checksum);
    return header;
}

/* "FOLDER/0123...ef.o"; the caller frees. */
static char *entry_path(const Cache *cache, XXH128_hash_t key, const char *ending) {
    unsigned char digest[16];
    digest_of(key, digest);
    size_t size = strlen(cache->folder) + 64;
    char *path = malloc(size);
    if (!path) abort();
    int used = snprintf(path, size, "%s/", cache->folder);
    for (int i = 0; i < 16; i++)
        used += snprintf(path + used, size - (size_t)used, "%02x", digest[i]);
    snprintf(path + used, size - (size_t)used, "%s", ending);
    return path;
}

/* Makes the folder and what is above it; those that exist stay as they are. */
static bool make_folders(const char *folder) {
    char *path = strdup(folder);
    if (!path) abort();
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
        diag_warning(diags, "E0703", (Pos){0}, "compiled kernels are not kept in '%s': %s", folder,
                     fault);
        diag_hint(diags, "set XDG_CACHE_HOME to a folder of your own to start faster");
        return NULL;
    }
    Cache *cache = malloc(sizeof *cache);
    if (!cache) abort();
    cache->folder = strdup(folder);
    if (!cache->folder) abort();
    return cache;
}

void cache_close(Cache *cache) {
    if (!cache) return;
    free(cache->folder);
    free(cache);
}

static bool read_all(int file, void *bytes, size_t size) {
    for (char *at = bytes; size;) {
        ssize_t got = read(file, at, size);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        at += got;
        size -= (size_t)got;
    }
    return true;
}

static bool write_all(int file, const void *bytes, size_t size) {
    for (const char *at = bytes; size;) {
        ssize_t put = write(file, at, size);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return false;
        at += put;
        size -= (size_t)put;
    }
    return true;
}

/* A plain file of this user that nobody else can have written, of the size that its header says. */
static bool read_header(int file, XXH128_hash_t key, Header *header) {
    struct stat info;
    unsigned char digest[16];
    digest_of(key, digest);
    if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode)) return false;
    if (info.st_uid != geteuid() || (info.st_mode & 077)) return false;
    if (!read_all(file, header, sizeof *header)) return false;
    if (memcmp(header->magic, magic, sizeof magic) != 0 ||
        memcmp(header->key, digest, sizeof digest) != 0)
        return false;
    return header->length <= MAX_OBJECT_BYTES &&
           (uint64_t)info.st_size == sizeof *header + header->length;
}

static bool read_entry(int file, XXH128_hash_t key, Object *object) {
    Header header;
    if (!read_header(file, key, &header)) return false;
    Object read = {malloc(header.length ? header.length : 1), header.length};
    unsigned char checksum[16];
    bool good = read.bytes && read_all(file, read.bytes, read.size);
    if (good) {
        digest_of(XXH3_128bits(read.bytes, read.size), checksum);
        good = memcmp(checksum, header.checksum, sizeof checksum) == 0;
    }
    if (good)
        *object = read;
    else
        free(read.bytes);
    return good;
}

bool cache_get(const Cache *cache, XXH128_hash_t key, Object *object) {
    if (!cache) return false;
    char *path = entry_path(cache, key, ".o");
    int file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    free(path);
    if (file < 0) return false;
    bool good = read_entry(file, key, object);
    close(file);
    return good;
}

void cache_put(const Cache *cache, XXH128_hash_t key, Object object) {
    if (!cache || object.size > MAX_OBJECT_BYTES) return;
    char *path = entry_path(cache, key, ".o"), *aside = entry_path(cache, key, ".XXXXXX");
    int file = mkstemp(aside); /* mode 0600 */
    if (file >= 0) {
        Header header = make_header(key, object);
        bool good =
            write_all(file, &header, sizeof header) && write_all(file, object.bytes, object.size);
        good = close(file) == 0 && good;
        if (!good || rename(aside, path) != 0) unlink(aside);
    }
    free(path);
    free(aside);
}

const char *cache_default_folder(Arena *arena) {
    const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (xdg && *xdg == '/') return arena_printf(arena, "%s/gradc", xdg);
    return home && *home ? arena_printf(arena, "%s/.cache/gradc", home) : NULL;
}
