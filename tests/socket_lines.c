/* A client for tests/serve.sh: sends standard input to a Unix socket and prints what is answered.
 *     socket_lines PATH         the whole input, then the end of it; answers until the server closes
 *     socket_lines PATH leave   sends and goes away without reading */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int dial(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) return -1;
    strcpy(address.sun_path, path);
    int client = socket(AF_UNIX, SOCK_STREAM, 0);
    return connect(client, (struct sockaddr *)&address, sizeof address) == 0 ? client : -1;
}

int main(int argc, char **argv) {
    static char bytes[1 << 16], answers[1 << 16];
    ssize_t at = 0, used = 0;
    int client = argc > 1 ? dial(argv[1]) : -1, sending = 1, leave = argc > 2;
    if (client < 0) return 2;
    for (;;) {
        struct pollfd wait[2] = {{.fd = leave ? -1 : client, .events = POLLIN}, {.fd = -1}};
        if (sending)
            wait[1] = at < used ? (struct pollfd){.fd = client, .events = POLLOUT}
                                : (struct pollfd){.fd = 0, .events = POLLIN};
        poll(wait, 2, -1);
        if (wait[1].revents && at == used) {
            at = 0, used = read(0, bytes, sizeof bytes);
            if (used <= 0 && leave) return 0;
            if (used <= 0) sending = 0, shutdown(client, SHUT_WR);
        } else if (wait[1].revents) {
            ssize_t put = send(client, bytes + at, (size_t)(used - at), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (put > 0) at += put;
        }
        if (!wait[0].revents) continue;
        ssize_t got = recv(client, answers, sizeof answers, 0);
        if (got <= 0) return got < 0;
        fwrite(answers, 1, (size_t)got, stdout);
        fflush(stdout);
    }
}
