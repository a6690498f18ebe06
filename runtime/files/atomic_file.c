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

#include "runtime/files/descriptor.h"
#include "runtime/files/file_place.h"

enum { BUFFER_BYTES = 1 << 16, NAME_TRIES = 100, SHARED = 0666, PRIVATE = 0600, MODE_BITS = 07777 };

struct AtomicFile {
    Arena *arena; /* of this structure, its strings and its buffer */
    Diagnostics *diags;
    const char *path;      /* as the user wrote it */
    FilePlace place;       /* what is written in the end */
    const char *aside;     /* the new content's name until it is complete; NULL: it is written into a stream */
    int descriptor;        /* -1 once closed */
    bool is_cache, failed; /* is_cache: see atomic_file_open_cache */
    unsigned char *buffer; /* [BUFFER_BYTES] */
    size_t used;
};

/* --- Trouble ------------------------------------------------------------------------------------------------------ */

static const char *way_out(const AtomicFile *file, int error) {
    if (file->place.stream >= 0) return "it is no plain file: what was written until then has arrived";
    if (error == ENOSPC || error == EDQUOT || error == EFBIG)
        return "free some space there or choose another folder; what the file held before is untouched";
    return "check that the folder exists and that you may write to it; nothing was changed";
}

static bool fail_with(AtomicFile *file, const char *doing, int error, const char *hint) {
    if (!file->failed) {
        Pos pos = pos_in_file(diagnostics_file(file->diags, file->path, NULL), 0);
        diag_error(file->diags, "E0830", pos, "cannot write the file: %s: %s", doing, strerror(error));
        diag_hint(file->diags, "%s", hint);
    }
    file->failed = true;
    return false;
}

static bool fail(AtomicFile *file, const char *doing, int error) {
    return fail_with(file, doing, error, way_out(file, error));
}

/* --- Opening ------------------------------------------------------------------------------------------------------ */

static const char suffix[] = ".tmp";

/* The names are tried until one is free, so that two writers never share one. */
static int open_aside(AtomicFile *file, mode_t mode) {
    int descriptor = -1;
    for (int i = 0; i < NAME_TRIES && descriptor < 0; i++) {
        file->aside = arena_printf(file->arena, "%s.%ld-%d%s", file->place.path, (long)getpid(), i, suffix);
        descriptor = descriptor_open(file->aside, O_WRONLY | O_CREAT | O_EXCL, mode);
        if (descriptor < 0 && errno != EEXIST) break;
    }
    if (descriptor < 0) file->aside = NULL; /* another's */
    return descriptor;
}

/* The new content gets the mode of the old one and, as far as this user may give it away, its owner. */
static bool take_over(const AtomicFile *file) {
    const struct stat *old = &file->place.info;
    if (fchown(file->descriptor, old->st_uid, old->st_gid) != 0 && errno != EPERM) return false;
    return fchmod(file->descriptor, old->st_mode & MODE_BITS) == 0;
}

static bool find_place(AtomicFile *file) {
    file->place = (FilePlace){.path = file->path, .stream = -1};
    return file->is_cache || file_place_find(file->path, file->arena, &file->place);
}

static bool open_place(AtomicFile *file, mode_t mode) {
    if (!find_place(file)) return fail(file, "opening it", errno);
    bool takes_over = file->place.exists && mode == SHARED;
    if (file->place.stream >= 0)
        file->descriptor = file->place.stream;
    else if ((file->descriptor = open_aside(file, takes_over ? PRIVATE : mode)) < 0)
        return fail(file, "creating it", errno);
    return !file->aside || !takes_over || take_over(file) || fail(file, "giving it the old one's mode", errno);
}

static AtomicFile *open_with(const char *path, mode_t mode, bool is_cache, Diagnostics *diags) {
    Arena *arena = arena_new();
    AtomicFile *file = arena_alloc(arena, sizeof *file);
    *file = (AtomicFile){.arena = arena, .diags = diags, .path = arena_strdup(arena, path), .is_cache = is_cache};
    file->descriptor = file->place.stream = -1;
    file->buffer = arena_alloc(arena, BUFFER_BYTES);
    if (open_place(file, mode)) return file;
    atomic_file_abort(file);
    return NULL;
}

AtomicFile *atomic_file_open(const char *path, Diagnostics *diags) { return open_with(path, SHARED, false, diags); }

AtomicFile *atomic_file_open_private(const char *path, Diagnostics *diags) {
    return open_with(path, PRIVATE, false, diags);
}

AtomicFile *atomic_file_open_cache(const char *path, Diagnostics *diags) {
    return open_with(path, PRIVATE, true, diags);
}

/* "NAME.PID-I.tmp" */
bool atomic_file_is_aside(const char *name) {
    size_t length = strlen(name), ending = strlen(suffix);
    if (length < ending || strcmp(name + length - ending, suffix) != 0) return false;
    const char *at = name + length - ending;
    while (at > name && strchr("0123456789-", at[-1])) at--;
    size_t pid = strspn(at, "0123456789"), number = at[pid] == '-' ? strspn(at + pid + 1, "0123456789") : 0;
    return at > name + 1 && at[-1] == '.' && pid && number && at + pid + 1 + number == name + length - ending;
}

/* --- Writing ------------------------------------------------------------------------------------------------------ */

static bool flush(AtomicFile *file) {
    size_t used = file->used;
    file->used = 0;
    return descriptor_write(file->descriptor, file->buffer, used) || fail(file, "writing", errno);
}

bool atomic_file_write(AtomicFile *file, const void *bytes, size_t size) {
    if (file->failed) return false;
    if (size > BUFFER_BYTES - file->used && !flush(file)) return false;
    if (size > BUFFER_BYTES) return descriptor_write(file->descriptor, bytes, size) || fail(file, "writing", errno);
    if (size) memcpy(file->buffer + file->used, bytes, size);
    file->used += size;
    return true;
}

/* Flush, sync and close, each checked: a full disk may show in any of them. */
static bool finish_content(AtomicFile *file) {
    if (!flush(file)) return false;
    if (file->aside && !file->is_cache && !descriptor_sync(file->descriptor)) return fail(file, "syncing", errno);
    int descriptor = file->descriptor;
    file->descriptor = -1;
    return close(descriptor) == 0 || errno == EINTR || fail(file, "closing", errno); /* EINTR: it is closed */
}

static int sync_folder(const char *path, Arena *arena) {
    const char *slash = strrchr(path, '/');
    size_t length = !slash ? 0 : slash == path ? 1 : (size_t)(slash - path);
    int descriptor = descriptor_open(length ? arena_strndup(arena, path, length) : ".", O_RDONLY | O_DIRECTORY, 0);
    if (descriptor < 0) return errno;
    int error = descriptor_sync(descriptor) ? 0 : errno;
    close(descriptor);
    return error;
}

/* The new content has its name; whether the disk knows it is another matter. */
static bool sync_name(AtomicFile *file) {
    int error = file->is_cache ? 0 : sync_folder(file->place.path, file->arena);
    return !error || fail_with(file, "syncing its folder", error,
                               "the new content is in place, but a power cut may bring the old one back");
}

bool atomic_file_commit(AtomicFile *file) {
    bool good = !file->failed && finish_content(file);
    if (good && file->aside && rename(file->aside, file->place.path) != 0)
        good = fail(file, "renaming it into place", errno);
    if (!good) {
        atomic_file_abort(file);
        return false;
    }
    good = !file->aside || sync_name(file);
    arena_free(file->arena);
    return good;
}

void atomic_file_abort(AtomicFile *file) {
    if (!file) return;
    if (file->descriptor >= 0) close(file->descriptor);
    if (file->aside) unlink(file->aside);
    arena_free(file->arena);
}

bool atomic_file_put(const char *path, const void *bytes, size_t size, Diagnostics *diags) {
    AtomicFile *file = atomic_file_open(path, diags);
    if (!file) return false;
    atomic_file_write(file, bytes, size);
    return atomic_file_commit(file);
}

/* --- Folders ------------------------------------------------------------------------------------------------------ */

/* 0, or an error. */
static int make_folder(const char *path) {
    struct stat info;
    if (mkdir(path, 0777) == 0) {
        Arena *arena = arena_new();
        int error = sync_folder(path, arena);
        arena_free(arena);
        return error;
    }
    return errno == EEXIST && stat(path, &info) == 0 && S_ISDIR(info.st_mode) ? 0 : errno;
}

bool folder_make(const char *path, Diagnostics *diags) {
    int error = make_folder(path);
    if (!error) return true;
    diag_error(diags, "E0830", pos_in_file(diagnostics_file(diags, path, NULL), 0), "cannot make the folder: %s",
               error == EEXIST ? "a file has its name" : strerror(error));
    diag_hint(diags, "check that the folder above it exists and that you may write to it");
    return false;
}
