/* Atomic files: the new content is there whole or the old one is untouched, and nothing else is
 * left. */
#include <criterion/criterion.h>
#include <signal.h>
#include <sys/resource.h>

#include "runtime/files/atomic_file.h"
#include "runtime/files/read_file.h"
#include "tests/temp_folder.h"

static void expect_content(const char *path, const char *expected) {
    Diagnostics *diags = diagnostics_new();
    size_t size;
    char *content = read_file(path, &size, diags);
    cr_assert_not_null(content);
    cr_expect_str_eq(content, expected);
    free(content);
    diagnostics_free(diags);
}

Test(atomic_file, replaces_the_old_content) {
    TempFolder folder = make_folder();
    Diagnostics *diags = diagnostics_new();
    TempPath path = put_text(&folder, "file", "old");
    AtomicFile *file = atomic_file_open(path.text, diags);
    cr_assert_not_null(file);
    cr_expect(atomic_file_write(file, "ne", 2));
    cr_expect(atomic_file_write(file, "w", 1));
    expect_content(path.text, "old");
    cr_expect(atomic_file_commit(file));
    expect_content(path.text, "new");
    cr_expect_eq(count_files(&folder), 1);
    diagnostics_free(diags);
    remove_folder(&folder);
}

Test(atomic_file, abort_leaves_the_old_content) {
    TempFolder folder = make_folder();
    Diagnostics *diags = diagnostics_new();
    TempPath path = put_text(&folder, "file", "old");
    AtomicFile *file = atomic_file_open(path.text, diags);
    cr_assert_not_null(file);
    atomic_file_write(file, "new", 3);
    atomic_file_abort(file);
    expect_content(path.text, "old");
    cr_expect_eq(count_files(&folder), 1);
    cr_expect_eq(diags->errors, 0);
    diagnostics_free(diags);
    remove_folder(&folder);
}

/* A limit on the size of files stands for a full disk: the write fails in the same place, with
 * another error. */
Test(atomic_file, a_failed_write_leaves_the_old_content) {
    TempFolder folder = make_folder();
    Diagnostics *diags = diagnostics_new();
    TempPath path = put_text(&folder, "file", "old");
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit before, limit;
    getrlimit(RLIMIT_FSIZE, &before);
    limit = (struct rlimit){100000, before.rlim_max};
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    char block[1000] = {0};
    AtomicFile *file = atomic_file_open(path.text, diags);
    cr_assert_not_null(file);
    for (int i = 0; i < 1000; i++) atomic_file_write(file, block, sizeof block);
    cr_expect_not(atomic_file_commit(file));
    setrlimit(RLIMIT_FSIZE, &before);
    cr_expect_eq(diags->errors, 1);
    cr_expect_str_eq(diags->list.items[0].code, "E0830");
    expect_content(path.text, "old");
    cr_expect_eq(count_files(&folder), 1);
    diagnostics_free(diags);
    remove_folder(&folder);
}

Test(atomic_file, a_missing_folder_is_an_error) {
    Diagnostics *diags = diagnostics_new();
    cr_expect_not(atomic_file_put("/no/such/folder/file", "x", 1, diags));
    cr_expect_eq(diags->errors, 1);
    diagnostics_free(diags);
}

Test(atomic_file, a_folder_is_not_replaced) {
    TempFolder folder = make_folder();
    Diagnostics *diags = diagnostics_new();
    TempFolder inner;
    snprintf(inner.path, sizeof inner.path, "%.150s/inner-XXXXXX", folder.path);
    cr_assert_not_null(mkdtemp(inner.path));
    cr_expect_not(atomic_file_put(inner.path, "x", 1, diags));
    cr_expect_eq(diags->errors, 1);
    cr_expect_eq(count_files(&folder), 1);
    remove_folder(&inner);
    diagnostics_free(diags);
    remove_folder(&folder);
}
