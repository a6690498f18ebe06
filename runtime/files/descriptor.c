/* Descriptors. */
#include "runtime/files/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

int descriptor_open(const char *path, int flags, mode_t mode) {
    int got;
    while ((got = open(path, flags | O_CLOEXEC, mode)) < 0 && errno == EINTR) continue;
    return got;
}

/* Standard output may be shared with a program that made it non-blocking. */
static bool may_try_again(int descriptor) {
    struct pollfd room = {.fd = descriptor, .events = POLLOUT};
    if (errno == EINTR) return true;
    return errno == EAGAIN && (poll(&room, 1, -1) >= 0 || errno == EINTR);
}

bool descriptor_write(int descriptor, const void *bytes, size_t size) {
    for (const char *at = bytes; size;) {
        ssize_t put = write(descriptor, at, size);
        if (put < 0 && may_try_again(descriptor)) continue;
        if (put == 0) errno = EIO; /* or it would go on for ever */
        if (put <= 0) return false;
        at += put;
        size -= (size_t)put;
    }
    return true;
}

bool descriptor_read(int descriptor, void *bytes, size_t size) {
    for (char *at = bytes; size;) {
        ssize_t got = read(descriptor, at, size);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        at += got;
        size -= (size_t)got;
    }
    return true;
}

/* Pipes and devices, and folders of some file systems, say EINVAL or EROFS: there is nothing to sync. */
bool descriptor_sync(int descriptor) {
    int status;
    while ((status = fsync(descriptor)) != 0 && errno == EINTR) continue;
    return status == 0 || errno == EINVAL || errno == EROFS;
}
