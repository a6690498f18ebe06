/* Locking a folder. The holder unlinks the file before it lets go, so whoever got a lock looks whether the file that it
 * locked is still the one of that name. */
#include "runtime/files/folder_lock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/files/atomic_file.h"

struct FolderLock {
    Arena *arena;
    const char *path;
    int descriptor;
};

static const char file_name[] = "gradc.lock";

/* The number of the process that wrote the file; 0: it has not come to that yet. */
static long holder_of(int descriptor) {
    char text[32] = "";
    ssize_t length = pread(descriptor, text, sizeof text - 1, 0);
    return length > 0 ? strtol(text, NULL, 10) : 0;
}

static bool refuse(const char *folder, int descriptor, int error, Diagnostics *diags) {
    Pos pos = pos_in_file(diagnostics_file(diags, folder, NULL), 0);
    if (error != EWOULDBLOCK) {
        diag_error(diags, "E0949", pos, "cannot lock the folder: %s", strerror(error));
        return diag_hint(diags, error == ENOTDIR ? "it is a file: name a folder"
                                                 : "it must be writable, on a file system that knows locks"),
               false;
    }
    long holder = holder_of(descriptor);
    const char *number = holder ? arena_printf(diags->arena, " (%ld)", holder) : "";
    diag_error(diags, "E0949", pos, "another process%s is writing to this folder", number);
    return diag_hint(diags, "wait until it has ended, or name another folder"), false;
}

static bool is_current(const FolderLock *lock) {
    struct stat ours, named;
    return fstat(lock->descriptor, &ours) == 0 && stat(lock->path, &named) == 0 && ours.st_ino == named.st_ino &&
           ours.st_dev == named.st_dev;
}

/* False: `errno` says why. */
static bool take(FolderLock *lock) {
    for (;;) {
        lock->descriptor = open(lock->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (lock->descriptor < 0 || flock(lock->descriptor, LOCK_EX | LOCK_NB) != 0) return false;
        if (is_current(lock)) return true;
        close(lock->descriptor);
    }
}

static void write_number(const FolderLock *lock) {
    const char *number = arena_printf(lock->arena, "%ld\n", (long)getpid());
    ssize_t ignored = ftruncate(lock->descriptor, 0) == 0 ? write(lock->descriptor, number, strlen(number)) : 0;
    (void)ignored; /* it is but for the message */
}

FolderLock *folder_lock(const char *folder, Diagnostics *diags) {
    Arena *arena = arena_new();
    FolderLock *lock = arena_alloc(arena, sizeof *lock);
    *lock = (FolderLock){.arena = arena, .path = arena_printf(arena, "%s/%s", folder, file_name), .descriptor = -1};
    if (take(lock)) {
        write_number(lock);
        return lock;
    }
    refuse(folder, lock->descriptor, errno, diags);
    if (lock->descriptor >= 0) close(lock->descriptor);
    arena_free(arena);
    return NULL;
}

bool folder_is_unlocked(const char *folder, Diagnostics *diags) {
    const char *path = arena_printf(diags->arena, "%s/%s", folder, file_name);
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO would be waited for */
    if (descriptor < 0) return true;
    bool held = flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (held) refuse(folder, descriptor, EWOULDBLOCK, diags);
    close(descriptor);
    return !held;
}

void folder_unlock(FolderLock *lock) {
    if (!lock) return;
    unlink(lock->path);
    close(lock->descriptor);
    arena_free(lock->arena);
}

void folder_remove_unfinished(const char *folder) {
    DIR *entries = opendir(folder);
    for (struct dirent *entry; entries && (entry = readdir(entries));) {
        if (atomic_file_is_aside(entry->d_name)) unlinkat(dirfd(entries), entry->d_name, 0);
    }
    if (entries) closedir(entries);
}
