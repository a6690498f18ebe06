/* Standard output. */
#include "runtime/files/standard_output.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "runtime/files/descriptor.h"

/* The lowest free number is taken. Opened the other way round, so that what is printed fails instead of vanishing. */
void standard_streams_secure(void) {
    static const int wrong_way[] = {O_WRONLY, O_RDONLY, O_RDONLY};
    for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++) {
        if (fcntl(i, F_GETFD) < 0 && errno == EBADF) (void)!descriptor_open("/dev/null", wrong_way[i], 0);
    }
}

bool standard_output_close(Diagnostics *diags) {
    errno = 0;
    bool failed = ferror(stdout) != 0;
    if (fflush(stdout) != 0) failed = true;
    int error = errno;
    if (fclose(stdout) != 0) failed = true;
    if (!error) error = errno;
    if (!failed) return true;
    diag_error(diags, "E0950", (Pos){0}, "cannot write to standard output: %s",
               error ? strerror(error)
                     : "not all has arrived"); /* the reason is forgotten when an earlier flush failed */
    diag_hint(diags, "part of the output is lost: see that there is room, or send it elsewhere");
    return false;
}
