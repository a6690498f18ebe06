/* The object cache: what was put comes back; what is damaged, foreign or open to others does not.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/engine/object_cache.h"

static const XXH128_hash_t key = {1, 2}, other_key = {1, 3};

typedef struct Fixture {
    char parent[64], folder[128], entry[256];
    Diagnostics *diags;
    Cache *cache;
} Fixture;

/* The path of the only file in the folder. */
static void find_entry(Fixture *f) {
    DIR *dir = opendir(f->folder);
    int count = 0;
    for (struct dirent *item; (item = readdir(dir));) {
        if (item->d_name[0] == '.') continue;
        snprintf(f->entry, sizeof f->entry, "%s/%.60s", f->folder, item->d_name);
        count++;
    }
    closedir(dir);
    cr_assert_eq(count, 1, "one entry, nothing left aside");
}

static Fixture fixture_new(void) {
    Fixture f = {.parent = "/tmp/gradc-cache-XXXXXX", .diags = diagnostics_new()};
    cr_assert(mkdtemp(f.parent));
    snprintf(f.folder, sizeof f.folder, "%s/a/b", f.parent);
    f.cache = cache_open(f.folder, f.diags);
    cr_assert(f.cache);
    char bytes[1000];
    for (int i = 0; i < 1000; i++) bytes[i] = (char)(i * 7);
    cache_put(f.cache, key, "row_1", (Object){bytes, sizeof bytes});
    find_entry(&f);
    return f;
}

static void fixture_free(Fixture *f) {
    cache_close(f->cache);
    diagnostics_free(f->diags);
    unlink(f->entry);
    rmdir(f->folder);
    char above[80];
    snprintf(above, sizeof above, "%s/a", f->parent);
    rmdir(above);
    rmdir(f->parent);
}

static bool is_there(const Fixture *f, XXH128_hash_t wanted) {
    Object object = {NULL, 0};
    if (!cache_get(f->cache, wanted, &object)) {
        cr_expect_null(object.bytes, "untouched on failure");
        return false;
    }
    cr_expect_eq(object.size, 1000);
    cr_expect_eq(((char *)object.bytes)[999], (char)(999 * 7));
    free(object.bytes);
    return true;
}

Test(cache, round_trip) {
    Fixture f = fixture_new();
    cr_expect(is_there(&f, key));
    cr_expect(!is_there(&f, other_key));
    fixture_free(&f);
}

Test(cache, truncated) {
    Fixture f = fixture_new();
    cr_assert_eq(truncate(f.entry, 500), 0);
    cr_expect(!is_there(&f, key));
    cr_assert_eq(truncate(f.entry, 10), 0);
    cr_expect(!is_there(&f, key));
    cr_assert_eq(truncate(f.entry, 0), 0);
    cr_expect(!is_there(&f, key));
    fixture_free(&f);
}

/* Every byte counts: header, length, checksum, content. */
Test(cache, corrupt) {
    Fixture f = fixture_new();
    struct stat info;
    cr_assert_eq(stat(f.entry, &info), 0);
    for (long at = 0; at < info.st_size; at += 5) {
        FILE *file = fopen(f.entry, "r+b");
        fseek(file, at, SEEK_SET);
        int byte = fgetc(file);
        fseek(file, at, SEEK_SET);
        fputc(byte ^ 0x10, file);
        fclose(file);
        cr_expect(!is_there(&f, key), "byte %ld", at);
        file = fopen(f.entry, "r+b");
        fseek(file, at, SEEK_SET);
        fputc(byte, file);
        fclose(file);
    }
    cr_expect(is_there(&f, key));
    fixture_free(&f);
}

Test(cache, longer_than_it_says) {
    Fixture f = fixture_new();
    FILE *file = fopen(f.entry, "ab");
    fputc('x', file);
    fclose(file);
    cr_expect(!is_there(&f, key));
    fixture_free(&f);
}

Test(cache, open_to_others) {
    Fixture f = fixture_new();
    cr_assert_eq(chmod(f.entry, 0644), 0);
    cr_expect(!is_there(&f, key));
    cr_assert_eq(chmod(f.entry, 0600), 0);
    cr_expect(is_there(&f, key));
    fixture_free(&f);
}

Test(cache, symbolic_link) {
    Fixture f = fixture_new();
    char moved[300];
    snprintf(moved, sizeof moved, "%s.moved", f.entry);
    cr_assert_eq(rename(f.entry, moved), 0);
    cr_assert_eq(symlink(moved, f.entry), 0);
    cr_expect(!is_there(&f, key));
    char bytes[1000] = {0};
    bytes[999] = (char)(999 * 7);
    cache_put(f.cache, key, "row_1", (Object){bytes, sizeof bytes});
    cr_expect(is_there(&f, key), "the link is replaced, not what it leads to");
    unlink(moved);
    fixture_free(&f);
}

Test(cache, a_bad_entry_is_replaced) {
    Fixture f = fixture_new();
    cr_assert_eq(truncate(f.entry, 500), 0);
    char bytes[1000] = {0};
    bytes[999] = (char)(999 * 7);
    cache_put(f.cache, key, "row_1", (Object){bytes, sizeof bytes});
    cr_expect(is_there(&f, key));
    fixture_free(&f);
}

Test(cache, folder_of_wrong_mode) {
    Fixture f = fixture_new();
    cr_assert_eq(chmod(f.folder, 0755), 0);
    cr_expect_null(cache_open(f.folder, f.diags));
    cr_expect_eq(f.diags->errors, 0, "a warning only");
    cr_expect_str_eq(f.diags->list.items[0].code, "E0703");
    cr_assert_eq(chmod(f.folder, 0700), 0);
    fixture_free(&f);
}

static int count(const Fixture *f, CacheLook look, int *good) {
    Arena *arena = arena_new();
    CacheEntries entries = cache_list(f->cache, look, arena);
    *good = 0;
    for (int i = 0; i < entries.count; i++)
        *good += entries.items[i].good && strcmp(entries.items[i].name, "row_1") == 0;
    arena_free(arena);
    return entries.count;
}

Test(cache, listed_with_its_name) {
    Fixture f = fixture_new();
    int good;
    cr_expect_eq(count(&f, CACHE_WHOLE, &good), 1);
    cr_expect_eq(good, 1);
    FILE *file = fopen(f.entry, "r+b"); /* the last byte: no matter for the header */
    fseek(file, -1, SEEK_END);
    fputc(0, file);
    fclose(file);
    cr_expect_eq(count(&f, CACHE_HEADERS, &good), 1);
    cr_expect_eq(good, 1);
    cr_expect_eq(count(&f, CACHE_WHOLE, &good), 1);
    cr_expect_eq(good, 0);
    fixture_free(&f);
}

/* Of three, the one that was not used since goes first; a use counts, not when it was written. */
Test(cache, trimmed_by_last_use) {
    Fixture f = fixture_new();
    const XXH128_hash_t second = {1, 4}, third = {1, 5};
    char bytes[1000] = {0};
    bytes[999] = (char)(999 * 7);
    struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
    cr_assert_eq(utimensat(AT_FDCWD, f.entry, old, 0), 0);
    cache_put(f.cache, second, "row_2", (Object){bytes, sizeof bytes});
    cache_put(f.cache, third, "row_3", (Object){bytes, sizeof bytes});
    Arena *arena = arena_new();
    CacheEntries entries = cache_list(f.cache, CACHE_SIZES, arena);
    cr_assert_eq(entries.count, 3);
    cr_expect(XXH128_isEqual(entries.items[0].key, key), "the oldest first");
    for (int i = 1; i < 3; i++) {
        char path[300];
        snprintf(path, sizeof path, "%s/%s", f.folder, entries.items[i].file);
        old[0].tv_sec = old[1].tv_sec = 2000 + i;
        cr_assert_eq(utimensat(AT_FDCWD, path, old, 0), 0);
    }
    cr_expect(is_there(&f, key), "now it is the newest");
    entries = cache_list(f.cache, CACHE_SIZES, arena);
    cr_expect_eq(cache_trim(f.cache, &entries), 0, "within the bound");
    cache_bound(f.cache, entries.items[0].bytes);
    cr_expect_eq(cache_trim(f.cache, &entries), 2);
    cr_expect(is_there(&f, key) && !is_there(&f, second) && !is_there(&f, third));
    arena_free(arena);
    fixture_free(&f);
}

Test(cache, none) {
    Diagnostics *diags = diagnostics_new();
    Object object = {NULL, 0};
    cr_expect_null(cache_open(NULL, diags));
    cr_expect(!cache_get(NULL, key, &object));
    cache_put(NULL, key, "", object);
    cache_close(NULL);
    diagnostics_free(diags);
}
