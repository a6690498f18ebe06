/* Input files: a FIFO is opened at once, and asked whether somebody writes. */
#include "graph/base/input_file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Nothing has come and nobody can send anything. tee(2) takes nothing out of the FIFO. */
static bool is_deserted(int fifo) {
    enum { WAIT_MS = 1000 };
    struct pollfd poll_of = {.fd = fifo, .events = POLLIN};
    int ends[2];
    if (poll(&poll_of, 1, WAIT_MS) > 0 || pipe2(ends, O_CLOEXEC) != 0) return false;
    bool deserted = tee(fifo, ends[1], 1, SPLICE_F_NONBLOCK) == 0;
    close(ends[0]);
    close(ends[1]);
    return deserted;
}

int input_open(const char *path, const char **problem) {
    struct stat info;
    int file;
    while ((file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) < 0 && errno == EINTR) continue;
    bool found = file >= 0 && fstat(file, &info) == 0, deserted = found && S_ISFIFO(info.st_mode) && is_deserted(file);
    if (found && !deserted && fcntl(file, F_SETFL, 0) == 0) return file;
    *problem = deserted ? "it is a FIFO that nobody writes into" : strerror(errno);
    if (file >= 0) close(file);
    return -1;
}
