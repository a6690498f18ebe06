/* Ranks: MPI through mpi.h. Messages are sent and awaited without blocking, so that the thread that listens for other
 * ranks has its turn while one waits. */
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "graph/base/memory.h"
#include "runtime/ranks/ranks_state.h"

enum { MESSAGES, FAREWELLS }; /* tags */

void ranks_rest(double seconds) {
    struct timespec time = {(time_t)seconds, (long)(1e9 * (seconds - (double)(time_t)seconds))};
    nanosleep(&time, NULL);
}

/* --- Waiting ------------------------------------------------------------------------------------------------------ */

static bool are_done(Ranks *r, MPI_Request *requests, int count) {
    int done = true;
    pthread_mutex_lock(&r->lock);
    for (int i = 0; done && i < count; i++) MPI_Test(&requests[i], &done, MPI_STATUS_IGNORE);
    pthread_mutex_unlock(&r->lock);
    return done;
}

/* Looks often at first, while others are about to come, and then seldom: they may need the processor. */
static void wait_for(Ranks *r, MPI_Request *requests, int count) {
    enum { LOOKS = 400 };
    static const double rest_s = 50e-6;
    for (int looks = 0; !are_done(r, requests, count); looks++) {
        if (looks < LOOKS)
            sched_yield();
        else
            ranks_rest(rest_s);
    }
}

/* --- Messages ----------------------------------------------------------------------------------------------------- */

enum { MOST_BYTES = 1 << 30 }; /* of a message of MPI, whose sizes are ints */

static int pieces_of(const RankMessage *list, int count) {
    size_t pieces = 0;
    for (int i = 0; i < count; i++) pieces += list[i].size / MOST_BYTES + 1;
    return (int)pieces;
}

static int post(const Ranks *r, const RankMessage *message, bool sends, MPI_Request *requests) {
    int count = 0;
    char *bytes = message->bytes;
    size_t rest = message->size;
    do {
        int size = rest < MOST_BYTES ? (int)rest : MOST_BYTES;
        if (sends)
            MPI_Isend(bytes, size, MPI_BYTE, message->rank, MESSAGES, r->work, &requests[count++]);
        else
            MPI_Irecv(bytes, size, MPI_BYTE, message->rank, MESSAGES, r->work, &requests[count++]);
        rest -= (size_t)size;
        bytes += size;
    } while (rest);
    return count;
}

void ranks_exchange(Ranks *r, const RankMessage *sends, int n_sends, const RankMessage *receives, int n_receives) {
    if (!r) return;
    int most = pieces_of(sends, n_sends) + pieces_of(receives, n_receives), count = 0;
    MPI_Request *requests = memory_new((size_t)most + 1, sizeof(MPI_Request));
    pthread_mutex_lock(&r->lock);
    for (int i = 0; i < n_receives; i++) count += post(r, &receives[i], false, requests + count);
    for (int i = 0; i < n_sends; i++) count += post(r, &sends[i], true, requests + count);
    pthread_mutex_unlock(&r->lock);
    wait_for(r, requests, count);
    free(requests);
}

void ranks_gather(Ranks *r, void *bytes, const size_t *borders) {
    if (!r) return;
    RankMessage *sends = memory_new((size_t)r->count, sizeof *sends);
    RankMessage *receives = memory_new((size_t)r->count, sizeof *receives);
    int count = 0;
    for (int i = 0; i < r->count; i++) {
        if (i == r->number) continue;
        sends[count] =
            (RankMessage){i, (char *)bytes + borders[r->number], borders[r->number + 1] - borders[r->number]};
        receives[count++] = (RankMessage){i, (char *)bytes + borders[i], borders[i + 1] - borders[i]};
    }
    ranks_exchange(r, sends, count, receives, count);
    free(sends);
    free(receives);
}

void ranks_share(Ranks *r, void *bytes, size_t size) {
    if (!r) return;
    RankMessage *sends = memory_new((size_t)r->count, sizeof *sends), receive = {0, bytes, size};
    for (int i = 1; i < r->count; i++) sends[i - 1] = (RankMessage){i, bytes, size};
    ranks_exchange(r, sends, r->number ? 0 : r->count - 1, &receive, r->number ? 1 : 0);
    free(sends);
}

int ranks_most(Ranks *r, int number) {
    if (!r) return number;
    int *numbers = memory_new((size_t)r->count, sizeof *numbers), most = number;
    size_t *borders = memory_new((size_t)r->count + 1, sizeof *borders);
    for (int i = 0; i <= r->count; i++) borders[i] = (size_t)i * sizeof *numbers;
    numbers[r->number] = number;
    ranks_gather(r, numbers, borders);
    for (int i = 0; i < r->count; i++) most = numbers[i] > most ? numbers[i] : most;
    free(numbers);
    free(borders);
    return most;
}

/* --- Beginning and end -------------------------------------------------------------------------------------------- */

int ranks_count(const Ranks *r) { return r ? r->count : 1; }
int ranks_number(const Ranks *r) { return r ? r->number : 0; }
const char *ranks_name(const Ranks *r, int number) { return r ? r->names[number] : "rank 0"; }

static void exchange_names(Ranks *r) {
    char own[RANK_NAME] = "", host[256] = "?";
    gethostname(host, sizeof host - 1);
    snprintf(own, sizeof own, "rank %d (host %s, process %ld)", r->number, host, (long)getpid());
    r->names = memory_new((size_t)r->count, sizeof *r->names);
    MPI_Allgather(own, RANK_NAME, MPI_CHAR, r->names, RANK_NAME, MPI_CHAR, r->work);
}

bool ranks_open(Ranks **ranks, int voice, Diagnostics *diags) {
    int provided;
    *ranks = NULL;
    if (ranks_place().count == 1) return true;
    MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &provided);
    Ranks *r = *ranks = memory_new(1, sizeof *r);
    r->voice = voice;
    MPI_Comm_dup(MPI_COMM_WORLD, &r->work);
    MPI_Comm_rank(r->work, &r->number);
    MPI_Comm_size(r->work, &r->count);
    pthread_mutex_init(&r->lock, NULL);
    exchange_names(r);
    ranks_bind(r);
    r->heart = heart_begin(r);
    if (r->count == ranks_place().count && provided >= MPI_THREAD_SERIALIZED) return true;
    diag_error(diags, "E0981", (Pos){0},
               "the processes do not find one another: this is one of %d, but %d were started", r->count,
               ranks_place().count);
    diag_hint(diags, "use the mpirun of the MPI that gradc was built with");
    return false;
}

/* Whether each rank has failed; -1 of those that have not said it. */
static void receive_words(Ranks *r, bool failed, int *words) {
    static const double moment_s = 2, rest_s = 1e-3;
    MPI_Request *requests = memory_new(2 * (size_t)r->count, sizeof(MPI_Request));
    r->farewell = failed;
    pthread_mutex_lock(&r->lock);
    for (int i = 0; i < r->count; i++) {
        words[i] = -1;
        MPI_Irecv(&words[i], 1, MPI_INT, i, FAREWELLS, r->work, &requests[2 * i]);
        MPI_Isend(&r->farewell, 1, MPI_INT, i, FAREWELLS, r->work, &requests[2 * i + 1]);
    }
    pthread_mutex_unlock(&r->lock);
    double waited = 0;
    while (!(r->all_left = are_done(r, requests, 2 * r->count)) && (!failed || waited < moment_s)) {
        ranks_rest(rest_s);
        waited += rest_s;
    }
    if (r->all_left) free(requests); /* otherwise some of them are still under way */
}

int ranks_farewell(Ranks *r, bool failed) {
    if (!r) return failed ? 0 : -1;
    int *words = memory_new((size_t)r->count, sizeof *words), first = 0;
    receive_words(r, failed, words);
    while (first < r->count && words[first] <= 0) first++;
    if (r->all_left) free(words);
    return first < r->count ? first : -1;
}

void ranks_close(Ranks *r) {
    if (!r) return;
    if (!r->all_left) MPI_Abort(r->work, EXIT_FAILURE);
    heart_end(r);
    MPI_Comm_free(&r->work);
    MPI_Finalize();
    free(r->names);
    free(r);
}
