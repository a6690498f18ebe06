/* Serving: clients, rounds, the socket.
 *
 * A round: 1 wait for something to read or write; 2 read what is there, of every client; 3 take the whole lines of all
 * clients in turn; 4 answer them together; 5 write as much as the clients take; 6 take new clients, an idle one giving
 * way where there is no room. A client whose answers pile up is not read until it takes them. */
#include "runtime/commands/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "graph/base/count_text.h"
#include "graph/base/memory.h"
#include "runtime/engine/clock.h"

enum { READ_BYTES = 1 << 16, PILED_UP = 1 << 22, WAIT_MS = 200, DRAIN_S = 10 };

/* Bytes that came or are to go. */
typedef struct LineBuffer {
    char *at;
    size_t used;
    int64_t capacity;
} LineBuffer;

typedef struct Client {
    int descriptor;
    LineBuffer in, out;
    size_t taken, scanned; /* of `in`: lines that are taken; bytes known to hold no more line ends */
    double moved;          /* when it last sent something, or took some of its answers */
    bool ended;            /* it sends no more */
    bool too_long;         /* its next line is longer than the limit */
    bool closing;          /* nothing more is read; closed once `out` is written */
    bool gone;
} Client;

typedef struct RequestLine {
    int client;
    size_t start, length; /* in its `in` */
} RequestLine;

typedef struct Server {
    const ServeOptions *o;
    int listener;
    Client *clients;           /* [o->most_clients] */
    int n_clients, turn;       /* the client whose lines are taken first */
    bool short_of_descriptors; /* the last client could not be taken: not before the next round is over */
    struct pollfd *polls;      /* [o->most_clients + 1] */
    RequestLine *lines;        /* [o->most_lines] */
    int n_lines;
} Server;

static void append(LineBuffer *to, const char *bytes, size_t size) {
    to->at = memory_grow(to->at, &to->capacity, (int64_t)(to->used + size), 1);
    memcpy(to->at + to->used, bytes, size);
    to->used += size;
}

static void drop(LineBuffer *from, size_t size) {
    from->used -= size;
    if (from->used) memmove(from->at, from->at + size, from->used);
}

/* --- The socket --------------------------------------------------------------------------------------------------- */

static bool fail(const char *path, const char *problem, const char *hint, Diagnostics *diags) {
    diag_error(diags, "E0956", (Pos){0}, "cannot listen on %s: %s", path, problem);
    diag_hint(diags, "%s", hint);
    return false;
}

static bool address_of(const char *path, struct sockaddr_un *address, Diagnostics *diags) {
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address->sun_path)
        return fail(path, "the path is too long for a socket", "choose a shorter one, for example in /run/user", diags);
    strcpy(address->sun_path, path);
    return true;
}

/* Nobody listens on a socket that refuses. */
static bool is_stale(const struct sockaddr_un *address) {
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool refused = connect(probe, (const struct sockaddr *)address, sizeof *address) != 0 && errno == ECONNREFUSED;
    close(probe);
    return refused;
}

static bool clear_path(const struct sockaddr_un *address, Diagnostics *diags) {
    struct stat info;
    const char *path = address->sun_path;
    if (lstat(path, &info) != 0) return true;
    if (!S_ISSOCK(info.st_mode))
        return fail(path, "there is a file that is not a socket", "choose another path", diags);
    if (!is_stale(address))
        return fail(path, "another server is listening there", "stop it first, or choose another path", diags);
    return unlink(path) == 0 || fail(path, strerror(errno), "choose another path", diags);
}

static bool open_listener(Server *s, Diagnostics *diags) {
    struct sockaddr_un address;
    if (!address_of(s->o->path, &address, diags) || !clear_path(&address, diags)) return false;
    s->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    mode_t mask = umask(0177); /* nobody else can connect, from the first moment on */
    bool bound = s->listener >= 0 && bind(s->listener, (struct sockaddr *)&address, sizeof address) == 0;
    umask(mask);
    if (bound && listen(s->listener, 128) == 0) return true;
    return fail(s->o->path, strerror(errno), "check that its folder exists and is writable", diags);
}

/* --- Clients ------------------------------------------------------------------------------------------------------ */

static void take_clients(Server *s) {
    while (s->n_clients < s->o->most_clients) {
        int got = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        s->short_of_descriptors =
            got < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS);
        if (got < 0 && (errno == EINTR || errno == ECONNABORTED)) continue;
        if (got < 0) return;
        s->clients[s->n_clients++] = (Client){.descriptor = got, .moved = seconds_now()};
    }
}

static void free_client(Client *c) {
    close(c->descriptor);
    free(c->in.at);
    free(c->out.at);
}

static void drop_client(Server *s, Client *c) {
    free_client(c);
    *c = s->clients[--s->n_clients];
}

static void drop_clients(Server *s) {
    for (int i = 0; i < s->n_clients;) {
        Client *c = &s->clients[i];
        bool done = (c->ended || c->closing) && c->in.used == 0 && c->out.used == 0;
        if (c->gone || done)
            drop_client(s, c);
        else
            i++;
    }
}

static bool wants_read(const Server *s, const Client *c) {
    return !c->ended && !c->closing && c->out.used < PILED_UP && c->in.used <= (size_t)s->o->longest;
}

/* False: there was nothing. */
static bool read_client(Client *c) {
    char bytes[READ_BYTES];
    ssize_t got = recv(c->descriptor, bytes, sizeof bytes, 0);
    if (got > 0) append(&c->in, bytes, (size_t)got), c->moved = seconds_now();
    if (got == 0) c->ended = true;
    if (got < 0 && errno != EAGAIN && errno != EINTR) c->gone = true;
    return got > 0 || (got < 0 && errno == EINTR);
}

static void write_client(Client *c) {
    ssize_t put = c->out.used ? send(c->descriptor, c->out.at, c->out.used, MSG_NOSIGNAL) : 0;
    if (put > 0) drop(&c->out, (size_t)put), c->moved = seconds_now();
    if (put < 0 && errno != EAGAIN && errno != EINTR) c->gone = true;
}

static void put_line(Client *c, const char *text) {
    append(&c->out, text, strlen(text));
    append(&c->out, "\n", 1);
}

/* --- Lines -------------------------------------------------------------------------------------------------------- */

/* The next whole line; the last one may lack its end. */
static bool next_line(Client *c, RequestLine *line) {
    size_t left = c->in.used - c->scanned;
    char *end = left ? memchr(c->in.at + c->scanned, '\n', left) : NULL;
    if (!end && !(c->ended && c->taken < c->in.used)) return c->scanned = c->in.used, false;
    size_t stop = end ? (size_t)(end - c->in.at) : c->in.used;
    line->start = c->taken;
    line->length = stop - c->taken;
    c->taken = c->scanned = stop + (end != NULL);
    return true;
}

static bool is_blank(const char *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if (!memchr(" \t\r", bytes[i], 3)) return false;
    }
    return true;
}

static void refuse(const Server *s, Client *c) {
    char text[128];
    snprintf(text, sizeof text, "{\"id\":null,\"error\":\"a line is longer than %s\"}",
             count_text(s->o->longest, "byte").text);
    put_line(c, text);
    c->closing = true;
}

static void take_lines_of(Server *s, int index, int most) {
    Client *c = &s->clients[index];
    RequestLine line = {.client = index};
    size_t longest = (size_t)s->o->longest;
    while (!c->too_long && most > 0 && next_line(c, &line)) {
        if (line.length > longest)
            c->too_long = true;
        else if (!is_blank(c->in.at + line.start, line.length))
            s->lines[s->n_lines++] = line, most--;
    }
    if (c->in.used - c->taken > longest && c->scanned == c->in.used) c->too_long = true;
}

/* Lines of all clients, no more of one than its share, so that one that floods does not keep the others waiting. */
static void take_lines(Server *s) {
    s->n_lines = 0;
    for (int i = 0; i < s->n_clients; i++) {
        int left = s->o->most_lines - s->n_lines, index = (s->turn + i) % s->n_clients;
        int share = (left + s->n_clients - i - 1) / (s->n_clients - i);
        take_lines_of(s, index, share);
    }
    s->turn = s->n_clients ? (s->turn + 1) % s->n_clients : 0;
}

static void answer_lines(Server *s) {
    size_t count = (size_t)s->n_lines + 1;
    const char **texts = memory_new(count, sizeof *texts);
    size_t *lengths = memory_new(count, sizeof *lengths);
    char **answers = memory_new(count, sizeof *answers);
    for (int i = 0; i < s->n_lines; i++) {
        texts[i] = s->clients[s->lines[i].client].in.at + s->lines[i].start;
        lengths[i] = s->lines[i].length;
    }
    if (s->n_lines) s->o->answer(s->o->user, texts, lengths, s->n_lines, answers);
    for (int i = 0; i < s->n_lines; i++) {
        put_line(&s->clients[s->lines[i].client], answers[i]);
        free(answers[i]);
    }
    free(texts);
    free(lengths);
    free(answers);
    for (int i = 0; i < s->n_clients; i++) {
        Client *c = &s->clients[i];
        if (c->too_long && !c->closing) refuse(s, c);
        drop(&c->in, c->closing ? c->in.used : c->taken);
        c->scanned = c->closing ? 0 : c->scanned - c->taken;
        c->taken = 0;
    }
}

static bool line_waits(const Client *c) {
    size_t left = c->in.used - c->scanned;
    return left && (c->ended || memchr(c->in.at + c->scanned, '\n', left));
}

/* Lines may wait that had no place in the last round. */
static bool lines_wait(const Server *s) {
    for (int i = 0; i < s->n_clients; i++) {
        if (line_waits(&s->clients[i])) return true;
    }
    return false;
}

/* --- Room for a new client ---------------------------------------------------------------------------------------- */

static bool is_full(const Server *s) { return s->n_clients == s->o->most_clients || s->short_of_descriptors; }

/* It owes the server the rest of a line, or the taking of answers that have waited for long. */
static bool is_idle(const Server *s, const Client *c) {
    return !line_waits(c) && (!c->out.used || seconds_now() - c->moved > s->o->patience_s);
}

/* The one that has been so for longest; NULL: none is. */
static Client *most_idle(const Server *s) {
    Client *longest = NULL;
    for (int i = 0; i < s->n_clients; i++) {
        Client *c = &s->clients[i];
        if (is_idle(s, c) && (!longest || c->moved < longest->moved)) longest = c;
    }
    return longest;
}

/* What came meanwhile, the end too, is read in the next round. Of a client that takes no answers nothing is read. */
static bool has_sent(const Server *s, const Client *c) {
    char byte;
    return wants_read(s, c) && recv(c->descriptor, &byte, 1, MSG_PEEK) >= 0;
}

static void make_room(Server *s) {
    Client *c = is_full(s) ? most_idle(s) : NULL;
    if (c && !has_sent(s, c)) drop_client(s, c);
}

/* --- Rounds ------------------------------------------------------------------------------------------------------- */

static void wait_for_clients(Server *s, bool stopping) {
    bool takes = !stopping && (!is_full(s) || most_idle(s));
    s->polls[0] = (struct pollfd){.fd = takes ? s->listener : -1, .events = POLLIN};
    for (int i = 0; i < s->n_clients; i++) {
        const Client *c = &s->clients[i];
        short events = (short)((wants_read(s, c) && !stopping ? POLLIN : 0) | (c->out.used ? POLLOUT : 0));
        s->polls[i + 1] = (struct pollfd){.fd = events ? c->descriptor : -1, .events = events};
    }
    poll(s->polls, (nfds_t)s->n_clients + 1, lines_wait(s) ? 0 : WAIT_MS);
}

static void one_round(Server *s, bool stopping) {
    wait_for_clients(s, stopping);
    for (int i = 0; i < s->n_clients; i++) {
        short got = s->polls[i + 1].revents;
        if (got & (POLLIN | POLLHUP | POLLERR) && wants_read(s, &s->clients[i]) && !stopping)
            read_client(&s->clients[i]);
    }
    take_lines(s);
    answer_lines(s);
    for (int i = 0; i < s->n_clients; i++) write_client(&s->clients[i]);
    drop_clients(s);
    if (s->polls[0].revents) make_room(s);
    if (!stopping) take_clients(s);
}

static bool has_work(const Server *s) {
    for (int i = 0; i < s->n_clients; i++) {
        if (s->clients[i].out.used) return true;
    }
    return lines_wait(s);
}

/* What clients have sent, also those that have not been taken yet, as far as there is room for it. */
static void read_all(Server *s) {
    take_clients(s);
    for (int i = 0; i < s->n_clients; i++) {
        while (wants_read(s, &s->clients[i]) && !s->clients[i].gone && read_client(&s->clients[i])) continue;
    }
}

/* What has been sent is read and answered; clients that take nothing do not hold the server for ever. */
static void drain(Server *s) {
    double until = seconds_now() + DRAIN_S;
    read_all(s);
    while (has_work(s) && seconds_now() < until) {
        one_round(s, true);
        read_all(s);
    }
}

bool serve(const ServeOptions *options, Diagnostics *diags) {
    Server s = {.o = options, .listener = -1};
    s.clients = memory_new((size_t)options->most_clients, sizeof *s.clients);
    s.polls = memory_new((size_t)options->most_clients + 1, sizeof *s.polls);
    s.lines = memory_new((size_t)options->most_lines, sizeof *s.lines);
    bool good = open_listener(&s, diags);
    if (good && options->ready) options->ready(options->user);
    while (good && !options->stopped()) one_round(&s, false);
    if (good) drain(&s);
    for (int i = 0; i < s.n_clients; i++) free_client(&s.clients[i]);
    if (s.listener >= 0) close(s.listener);
    if (good) unlink(options->path);
    free(s.clients);
    free(s.polls);
    free(s.lines);
    return good;
}
