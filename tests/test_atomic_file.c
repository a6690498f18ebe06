/* Atomic files: the new content is there whole or the old one is untouched, and nothing else is
 * left. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "runtime/files/atomic_file.h"
#include "runtime/files/read_file.h"
#include "tests/temp_folder.h"

static void expect_content(const char *path, const char *expected) {
    Diagnostics *diags = diagnostics_new();
    size_t size;
    char *content = read_file(path, READ_TEXT, &size, diags);
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

/* --- What is there decides how it is written ---------------------------------------------------------------------- */

static mode_t mode_of(const char *path) {
    struct stat info;
    cr_assert_eq(lstat(path, &info), 0);
    return info.st_mode;
}

static void put(const char *path, const char *text, bool good) {
    Diagnostics *diags = diagnostics_new();
    cr_expect_eq(atomic_file_put(path, text, strlen(text), diags), good);
    cr_expect_eq(diags->errors, !good);
    diagnostics_free(diags);
}

Test(atomic_file, a_replaced_file_keeps_its_mode) {
    TempFolder folder = make_folder();
    TempPath path = put_text(&folder, "file", "old");
    const mode_t modes[] = {0600, 0640, 0664, 0755, 0400};
    for (int i = 0; i < 5; i++) {
        cr_assert_eq(chmod(path.text, modes[i]), 0);
        put(path.text, "new", true);
        cr_expect_eq(mode_of(path.text) & 07777, modes[i]);
        expect_content(path.text, "new");
    }
    cr_expect_eq(count_files(&folder), 1);
    remove_folder(&folder);
}

Test(atomic_file, a_private_file_becomes_private) {
    TempFolder folder = make_folder();
    Diagnostics *diags = diagnostics_new();
    TempPath path = put_text(&folder, "file", "old");
    cr_assert_eq(chmod(path.text, 0644), 0);
    AtomicFile *file = atomic_file_open_private(path.text, diags);
    cr_assert(file && atomic_file_write(file, "new", 3) && atomic_file_commit(file));
    cr_expect_eq(mode_of(path.text) & 07777, 0600);
    diagnostics_free(diags);
    remove_folder(&folder);
}

/* "first" -> "second" -> "file": both links stay, also when there is no file yet. */
Test(atomic_file, links_are_followed) {
    TempFolder folder = make_folder();
    TempPath file = path_in(&folder, "file"), first = path_in(&folder, "first"), second = path_in(&folder, "second");
    cr_assert_eq(symlink("second", first.text), 0);
    cr_assert_eq(symlink(file.text, second.text), 0);
    put(first.text, "one", true);
    expect_content(file.text, "one");
    put(first.text, "two", true);
    expect_content(file.text, "two");
    cr_expect(S_ISLNK(mode_of(first.text)) && S_ISLNK(mode_of(second.text)) && S_ISREG(mode_of(file.text)));
    cr_expect_eq(count_files(&folder), 3);
    remove_folder(&folder);
}

Test(atomic_file, a_link_to_itself_is_an_error) {
    TempFolder folder = make_folder();
    TempPath path = path_in(&folder, "loop");
    cr_assert_eq(symlink("loop", path.text), 0);
    put(path.text, "text", false);
    cr_expect(S_ISLNK(mode_of(path.text)));
    remove_folder(&folder);
}

Test(atomic_file, a_fifo_is_written_into) {
    TempFolder folder = make_folder();
    TempPath path = path_in(&folder, "fifo");
    char got[10] = "";
    cr_assert_eq(mkfifo(path.text, 0600), 0);
    int reader = open(path.text, O_RDONLY | O_NONBLOCK);
    put(path.text, "text", true);
    cr_expect_eq(read(reader, got, sizeof got), 4);
    cr_expect_str_eq(got, "text");
    cr_expect(S_ISFIFO(mode_of(path.text)));
    cr_expect_eq(count_files(&folder), 1);
    close(reader);
    remove_folder(&folder);
}

/* A node of the test's own: only root can make one. */
Test(atomic_file, a_device_stays_one) {
    TempFolder folder = make_folder();
    TempPath null = path_in(&folder, "null"), full = path_in(&folder, "full");
    bool made =
        mknod(null.text, S_IFCHR | 0666, makedev(1, 3)) == 0 && mknod(full.text, S_IFCHR | 0666, makedev(1, 7)) == 0;
    int opened = made ? open(null.text, O_WRONLY) : -1; /* a container may forbid its use */
    if (opened >= 0) {
        put(null.text, "text", true);
        put(full.text, "text", false);
        cr_expect(S_ISCHR(mode_of(null.text)) && S_ISCHR(mode_of(full.text)));
        close(opened);
    }
    remove_folder(&folder);
}

/* By whatever name a descriptor of the process goes, and whatever it is. */
Test(atomic_file, a_descriptor_is_written_into) {
    TempFolder folder = make_folder();
    TempPath path = put_text(&folder, "file", "before "), link = path_in(&folder, "link");
    char own[40], other[40], got[10] = "";
    int file = open(path.text, O_WRONLY | O_APPEND), ends[2];
    cr_assert_eq(pipe(ends), 0);
    snprintf(own, sizeof own, "/dev/fd/%d", file);
    snprintf(other, sizeof other, "/proc/self/fd/%d", ends[1]);
    cr_assert_eq(symlink(other, link.text), 0);
    put(own, "after", true);
    expect_content(path.text, "before after");
    put(link.text, "piped", true);
    cr_expect_eq(read(ends[0], got, sizeof got), 5);
    cr_expect_str_eq(got, "piped");
    cr_expect_eq(count_files(&folder), 2);
    remove_folder(&folder);
}

Test(atomic_file, knows_what_a_killed_writer_left) {
    const char *const left[] = {"model.safetensors.123-0.tmp", "a.1-99.tmp"};
    const char *const others[] = {"a.tmp",    "notes.tmp", "a.1-.tmp",     "a.-1.tmp",
                                  "12-3.tmp", ".1-2.tmp",  "a.1-2.tmp.gz", ""};
    for (size_t i = 0; i < sizeof left / sizeof *left; i++) cr_expect(atomic_file_is_aside(left[i]), "%s", left[i]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_expect_not(atomic_file_is_aside(others[i]), "%s", others[i]);
}

/* --- System calls that fail --------------------------------------------------------------------------------------- */

/* These stand in the place of the C library's while a test has them fail: call number `at` from now on. */
enum { OPEN, WRITE, SYNC, RENAME, CLOSE, CALLS };
static struct {
    int call, at, error; /* error 0: a write takes one byte only */
    int seen;
} fault = {.call = -1};

static bool fails(int call) {
    if (call != fault.call || fault.seen++ != fault.at) return false;
    errno = fault.error;
    return fault.error != 0;
}

int open(const char *path, int flags, ...) {
    va_list list;
    va_start(list, flags);
    mode_t mode = flags & O_CREAT ? va_arg(list, mode_t) : 0;
    va_end(list);
    return fails(OPEN) ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

ssize_t write(int file, const void *bytes, size_t size) {
    bool is_short = fault.call == WRITE && fault.error == 0 && fault.seen == fault.at;
    return fails(WRITE) ? -1 : syscall(SYS_write, file, bytes, is_short && size > 1 ? 1 : size);
}

int fsync(int file) { return fails(SYNC) ? -1 : (int)syscall(SYS_fsync, file); }
int rename(const char *from, const char *to) { return fails(RENAME) ? -1 : (int)syscall(SYS_rename, from, to); }
int close(int file) {
    bool failed = fails(CLOSE);
    int error = errno, status = (int)syscall(SYS_close, file); /* it is closed in any case */
    if (failed) errno = error;
    return failed ? -1 : status;
}

enum { LARGE = 200000 }; /* several buffers */

/* With one call failing: true and the new content, or false, one error and the content that the error says. */
static void put_with_fault(const TempFolder *folder, int call, int at, int error) {
    static char old[LARGE], new[LARGE];
    memset(old, 'o', LARGE - 1), memset(new, 'n', LARGE - 1);
    TempPath path = put_text(folder, "file", old);
    Diagnostics *diags = diagnostics_new();
    fault.seen = 0, fault.at = at, fault.error = error, fault.call = call;
    bool good = atomic_file_put(path.text, new, LARGE - 1, diags);
    fault.call = -1;
    bool in_place = !good && strstr(diags->list.items[1].message, "is in place");
    bool passes =
        fault.seen <= at || (error == EINTR && call != RENAME) || error == 0 || (call == SYNC && error == EINVAL);
    cr_expect_eq(good, passes, "call %d number %d error %d", call, at, error);
    cr_expect_eq(diags->errors, !good);
    expect_content(path.text, good || in_place ? new : old);
    cr_expect_eq(in_place, !good && (call == SYNC || call == OPEN) && at == 1);
    cr_expect_eq(count_files(folder), 1);
    diagnostics_free(diags);
}

Test(atomic_file, each_call_may_fail) {
    TempFolder folder = make_folder();
    const int errors[] = {ENOSPC, EIO, EDQUOT, EINVAL, EINTR, 0};
    for (int call = 0; call < CALLS; call++) {
        for (int at = 0; at < 6; at++) {
            for (int i = 0; i < 6; i++) {
                bool makes_sense = errors[i] || call == WRITE;
                /* the folder's descriptor was only for reading: nothing can be lost by closing it */
                if (makes_sense && (call != CLOSE || at == 0)) put_with_fault(&folder, call, at, errors[i]);
            }
        }
    }
    remove_folder(&folder);
}
