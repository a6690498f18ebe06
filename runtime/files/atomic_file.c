/* Files that appear whole or not at all. The order of the steps is what makes it safe: data reaches
 * the disk before the name does, and the name is on the disk (the folder is synced) before success
 * is reported. */
#include "runtime/files/atomic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct AtomicFile {
    Arena *arena; /* of this structure and its strings */
    Diagnostics *diags;
    const char *path, *aside; /* the file, and the new content's name until it is complete */
    FILE *stream;             /* NULL once closed */
    bool failed;
};

enum { BUFFER_BYTES = 1 << 16, NAME_TRIES = 100 };

static bool fail(AtomicFile *file, const char *doing, int error) {
    if (!file->failed) {
        Pos pos = pos_in_file(diagnostics_file(file->diags, file->path, NULL), 0);
        diag_error(file->diags, "E0830", pos, "cannot write the file: %s: %s", doing, strerror(error));
        bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
        diag_hint(file->diags, full ? "free some space there or choose another folder; what the file held before is "
                                      "untouched"
                                    : "check that the folder exists and that you may write to it; nothing was changed");
    }
    file->failed = true;
    return false;
}

/* The names are tried until one is free, so that two writers never share one. */
static int open_aside(AtomicFile *file, mode_t mode) {
    int descriptor = -1;
    for (int i = 0; i < NAME_TRIES && descriptor < 0; i++) {
        file->aside = arena_printf(file->arena, "%s.%ld-%d.tmp", file->path, (long)getpid(), i);
        descriptor = open(file->aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (descriptor < 0 && errno != EEXIST) break;
    }
    return descriptor;
}

static AtomicFile *open_with(const char *path, mode_t mode, Diagnostics *diags) {
    Arena *arena = arena_new();
    AtomicFile *file = arena_alloc(arena, sizeof *file);
    *file = (AtomicFile){.arena = arena, .diags = diags, .path = arena_strdup(arena, path)};
    int descriptor = open_aside(file, mode);
    if (descriptor >= 0) file->stream = fdopen(descriptor, "wb");
    if (file->stream) {
        setvbuf(file->stream, NULL, _IOFBF, BUFFER_BYTES);
        return file;
    }
    fail(file, "creating it", errno);
    if (descriptor >= 0) {
        close(descriptor);
        unlink(file->aside);
    }
    arena_free(arena);
    return NULL;
}

AtomicFile *atomic_file_open(const char *path, Diagnostics *diags) { return open_with(path, 0666, diags); }

AtomicFile *atomic_file_open_private(const char *path, Diagnostics *diags) { return open_with(path, 0600, diags); }

bool atomic_file_write(AtomicFile *file, const void *bytes, size_t size) {
    if (file->failed) return false;
    if (!size) return true;
    errno = 0;
    if (fwrite(bytes, 1, size, file->stream) == size) return true;
    return fail(file, "writing", errno ? errno : EIO);
}

/* Flush, sync and close, each checked: a full disk may show in any of them. */
static bool finish_content(AtomicFile *file) {
    errno = 0;
    if (fflush(file->stream)) return fail(file, "writing", errno ? errno : EIO);
    if (fsync(fileno(file->stream))) return fail(file, "syncing", errno);
    FILE *stream = file->stream;
    file->stream = NULL;
    if (fclose(stream)) return fail(file, "closing", errno);
    return true;
}

/* Some file systems cannot sync a folder and say EINVAL; the rename is then as safe as they make
 * it. */
static bool sync_folder(AtomicFile *file) {
    const char *slash = strrchr(file->path, '/');
    size_t length = !slash ? 0 : slash == file->path ? 1 : (size_t)(slash - file->path);
    const char *folder = length ? arena_strndup(file->arena, file->path, length) : ".";
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return fail(file, "opening its folder", errno);
    int error = fsync(descriptor) ? errno : 0;
    close(descriptor);
    return !error || error == EINVAL || fail(file, "syncing its folder", error);
}

bool atomic_file_commit(AtomicFile *file) {
    bool renamed = !file->failed && finish_content(file);
    if (renamed && rename(file->aside, file->path)) renamed = fail(file, "renaming it into place", errno);
    if (!renamed) {
        atomic_file_abort(file);
        return false;
    }
    bool synced = sync_folder(file);
    arena_free(file->arena);
    return synced;
}

void atomic_file_abort(AtomicFile *file) {
    if (!file) return;
    if (file->stream) fclose(file->stream);
    unlink(file->aside);
    arena_free(file->arena);
}

bool atomic_file_put(const char *path, const void *bytes, size_t size, Diagnostics *diags) {
    AtomicFile *file = atomic_file_open(path, diags);
    if (!file) return false;
    atomic_file_write(file, bytes, size);
    return atomic_file_commit(file);
}

bool folder_make(const char *path, Diagnostics *diags) {
    if (mkdir(path, 0777) == 0 || errno == EEXIST) return true;
    diag_error(diags, "E0830", pos_in_file(diagnostics_file(diags, path, NULL), 0), "cannot make the folder: %s",
               strerror(errno));
    diag_hint(diags, "check that the folder above it exists and that you may write to it");
    return false;
}
