/* The object cache: what was put comes back; what is damaged, foreign or open to others does not.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "codegen/codegen.h"

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
    cache_put(f.cache, key, (Object){bytes, sizeof bytes});
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
    unlink(moved);
    fixture_free(&f);
}

Test(cache, a_bad_entry_is_replaced) {
    Fixture f = fixture_new();
    cr_assert_eq(truncate(f.entry, 500), 0);
    char bytes[1000] = {0};
    bytes[999] = (char)(999 * 7);
    cache_put(f.cache, key, (Object){bytes, sizeof bytes});
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

Test(cache, none) {
    Diagnostics *diags = diagnostics_new();
    Object object = {NULL, 0};
    cr_expect_null(cache_open(NULL, diags));
    cr_expect(!cache_get(NULL, key, &object));
    cache_put(NULL, key, object);
    cache_close(NULL);
    diagnostics_free(diags);
}
