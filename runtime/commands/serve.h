/* The server of predictions: JSON lines over a Unix socket. One thread waits for all clients with poll; what they have
 * sent until then is one batch for the whole team, without padding (protocol: docs/serving.md). */
#ifndef GRADC_RUNTIME_COMMANDS_SERVE_H
#define GRADC_RUNTIME_COMMANDS_SERVE_H

#include "graph/base/diag.h"

/* Answers the lines of one round: `count` lines, none longer than the limit, each of `lengths[i]` bytes. Sets
 * `answers[i]` to a text without a line end, for `free`. */
typedef void ServeLines(void *user, const char *const *lines, const size_t *lengths, int count, char **answers);

typedef struct ServeOptions {
    const char *path;
    int64_t longest; /* bytes of a line: more gets an error and the client is closed */
    int most_lines;  /* of one round */
    int most_clients;
    double patience_s; /* a client that takes none of its answers for so long counts as idle */
    ServeLines *answer;
    void (*ready)(void *user); /* clients can connect from now on; NULL: nobody asks */
    void *user;
    int (*stopped)(void); /* not 0: what has been sent is answered, then the server ends */
} ServeOptions;

/* Serves until it is stopped. The socket is the user's alone (mode 0600); one that a dead server left is replaced, one
 * that is in use, or a file that is no socket, is an error. */
bool serve(const ServeOptions *options, Diagnostics *diags);

#endif
