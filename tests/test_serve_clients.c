/* Clients of a server that do not do their part: they keep nobody else from being served. */
#include <criterion/criterion.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "runtime/commands/serve.h"
#include "tests/temp_folder.h"

enum { PLACES = 3, ANSWER_BYTES = 1 << 16 };

/* --- A server whose answer is the request, and for "long" a text that fills sockets ------------------------------- */

typedef struct Serving {
    TempFolder folder;
    TempPath path;
    pthread_t thread;
    atomic_bool ready;
} Serving;

static atomic_int stop;

static int stopped(void) { return stop; }
static void set_ready(void *user) { ((Serving *)user)->ready = true; }

static void echo(void *user, const char *const *lines, const size_t *lengths, int count, char **answers) {
    (void)user;
    for (int i = 0; i < count; i++) {
        answers[i] = strncmp(lines[i], "long", 4) == 0 ? calloc(1, ANSWER_BYTES) : strndup(lines[i], lengths[i]);
        if (!answers[i][0]) memset(answers[i], 'x', ANSWER_BYTES - 1);
    }
}

static void *run_server(void *user) {
    Serving *serving = user;
    Diagnostics *diags = diagnostics_new();
    ServeOptions options = {.path = serving->path.text,
                            .longest = 1000,
                            .most_lines = 100,
                            .most_clients = PLACES,
                            .patience_s = 0.3,
                            .answer = echo,
                            .ready = set_ready,
                            .user = serving,
                            .stopped = stopped};
    bool good = serve(&options, diags);
    diagnostics_free(diags);
    return good ? serving : NULL;
}

static void begin(Serving *serving) {
    *serving = (Serving){.folder = make_folder()};
    serving->path = path_in(&serving->folder, "socket");
    stop = 0;
    cr_assert_eq(pthread_create(&serving->thread, NULL, run_server, serving), 0);
    for (int i = 0; i < 1000 && !serving->ready; i++) poll(NULL, 0, 10);
    cr_assert(serving->ready);
}

static void end(Serving *serving) {
    void *good;
    stop = 1;
    pthread_join(serving->thread, &good);
    cr_expect(good != NULL);
    remove_folder(&serving->folder);
}

/* --- Clients ------------------------------------------------------------------------------------------------------ */

static int dial(const Serving *serving) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, serving->path.text);
    int client = socket(AF_UNIX, SOCK_STREAM, 0);
    cr_assert_eq(connect(client, (struct sockaddr *)&address, sizeof address), 0);
    return client;
}

static void say(int client, const char *text) {
    cr_assert_eq(send(client, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* The next bytes, as a text; "": it is closed; NULL: there was nothing for ten seconds. */
static const char *hear(int client) {
    static char text[ANSWER_BYTES];
    struct pollfd wait = {.fd = client, .events = POLLIN};
    if (poll(&wait, 1, 10 * 1000) != 1) return NULL;
    ssize_t got = recv(client, text, sizeof text - 1, 0);
    text[got > 0 ? got : 0] = '\0';
    return text;
}

static void expect_answer(int client, const char *line) {
    say(client, line);
    const char *heard = hear(client);
    cr_assert_not_null(heard, "no answer to %s", line);
    cr_expect_str_eq(heard, line);
}

static void expect_closed(int client) {
    const char *heard = hear(client);
    cr_expect(heard && !*heard, "it is not closed");
    close(client);
}

Test(serve_clients, silent_ones_give_way_the_longest_idle_first) {
    Serving serving;
    begin(&serving);
    int clients[PLACES], more[2];
    for (int i = 0; i < PLACES; i++) {
        clients[i] = dial(&serving);
        expect_answer(clients[i], "hello\n"); /* it is taken, and after the one before */
    }
    expect_answer(clients[0], "again\n");
    say(clients[1], "half a line");
    poll(NULL, 0, 50);
    more[0] = dial(&serving);
    expect_answer(more[0], "new\n");
    expect_closed(clients[2]);
    more[1] = dial(&serving);
    expect_answer(more[1], "newer\n");
    expect_closed(clients[0]);
    say(clients[1], " and the rest\n");
    cr_expect_str_eq(hear(clients[1]), "half a line and the rest\n");
    close(clients[1]), close(more[0]), close(more[1]);
    end(&serving);
}

Test(serve_clients, half_lines_give_way) {
    Serving serving;
    begin(&serving);
    int clients[PLACES];
    for (int i = 0; i < PLACES; i++) say(clients[i] = dial(&serving), "half a line");
    int one = dial(&serving);
    expect_answer(one, "whole\n");
    for (int i = 0; i < PLACES; i++) close(clients[i]);
    close(one);
    end(&serving);
}

Test(serve_clients, who_takes_no_answers_gives_way_after_a_time) {
    Serving serving;
    begin(&serving);
    int clients[PLACES];
    for (int i = 0; i < PLACES; i++) {
        clients[i] = dial(&serving);
        for (int j = 0; j < 50; j++) say(clients[i], "long\n");
    }
    int one = dial(&serving);
    expect_answer(one, "short\n");
    for (int i = 0; i < PLACES; i++) close(clients[i]);
    close(one);
    end(&serving);
}

/* Whoever has asked is answered, though many more come than there are places. */
Test(serve_clients, who_has_asked_is_answered) {
    enum { MANY = 40 };
    Serving serving;
    begin(&serving);
    int clients[MANY];
    for (int i = 0; i < MANY; i++) say(clients[i] = dial(&serving), "asked\n");
    for (int i = 0; i < MANY; i++) {
        const char *heard = hear(clients[i]);
        cr_assert_not_null(heard, "client %d", i);
        cr_expect_str_eq(heard, "asked\n", "client %d", i);
    }
    for (int i = 0; i < MANY; i++) close(clients[i]);
    end(&serving);
}
