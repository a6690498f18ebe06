/* Heart: each second every rank sends every other a byte. Who has not been heard of for a while is dead, hangs, or is
 * cut off; MPI itself may never notice. */
#include <stdio.h>
#include <stdlib.h>

#include "graph/base/memory.h"
#include "runtime/engine/clock.h"
#include "runtime/ranks/ranks_state.h"

static const double beat_s = 1, look_s = 0.05, silence_s = 10;

/* Between this rank and another. */
typedef struct Pulse {
    MPI_Request sending, receiving;
    char out, in;
    long sent, received;
    double heard; /* by the clock */
} Pulse;

struct Heart {
    MPI_Comm beats;
    pthread_t thread;
    atomic_bool ends;
    Pulse *pulses; /* [count]; the rank's own is not used */
    double beaten; /* by the clock */
};

static void listen_to(const Ranks *r, int rank) {
    Pulse *p = &r->heart->pulses[rank];
    MPI_Irecv(&p->in, 1, MPI_BYTE, rank, 0, r->heart->beats, &p->receiving);
}

static void look_at(const Ranks *r, int rank, double now) {
    Pulse *p = &r->heart->pulses[rank];
    int came;
    MPI_Test(&p->receiving, &came, MPI_STATUS_IGNORE);
    if (!came) return;
    p->heard = now;
    p->received++;
    listen_to(r, rank);
}

/* No further byte goes to one who does not take the last. */
static void beat(const Ranks *r, int rank) {
    Pulse *p = &r->heart->pulses[rank];
    int gone;
    MPI_Test(&p->sending, &gone, MPI_STATUS_IGNORE);
    if (!gone) return;
    MPI_Isend(&p->out, 1, MPI_BYTE, rank, 0, r->heart->beats, &p->sending);
    p->sent++;
}

/* The end of the run, which one rank alone speaks of. */
static void give_up(const Ranks *r, int rank) {
    static const double first_word_s = 0.5;
    if (r->number > (rank == 0)) ranks_rest(first_word_s);
    dprintf(r->voice, "error[E0981]: %s has not been heard of for %.0f s\n", ranks_name(r, rank), silence_s);
    dprintf(r->voice, "      = hint: the run goes on from its last checkpoint with any number of ranks: --resume\n");
    MPI_Abort(r->work, EXIT_FAILURE);
}

static void go_round(const Ranks *r) {
    Heart *h = r->heart;
    double now = seconds_now();
    bool beats = now - h->beaten >= beat_s;
    if (beats) h->beaten = now;
    for (int i = 0; i < r->count; i++) {
        if (i == r->number) continue;
        look_at(r, i, now);
        if (beats) beat(r, i);
        if (now - h->pulses[i].heard > silence_s) give_up(r, i);
    }
}

static void *live(void *user) {
    Ranks *r = user;
    while (!atomic_load(&r->heart->ends)) {
        pthread_mutex_lock(&r->lock);
        go_round(r);
        pthread_mutex_unlock(&r->lock);
        ranks_rest(look_s);
    }
    return NULL;
}

Heart *heart_begin(Ranks *r) {
    Heart *h = r->heart = memory_new(1, sizeof *h);
    h->pulses = memory_new((size_t)r->count, sizeof *h->pulses);
    MPI_Comm_dup(r->work, &h->beats);
    for (int i = 0; i < r->count; i++) {
        h->pulses[i] = (Pulse){.sending = MPI_REQUEST_NULL, .receiving = MPI_REQUEST_NULL, .heard = seconds_now()};
        if (i != r->number) listen_to(r, i);
    }
    if (pthread_create(&h->thread, NULL, live, r) == 0) return h;
    MPI_Abort(r->work, EXIT_FAILURE);
    return NULL;
}

/* What was sent is received, so that nothing is on its way when MPI ends. */
void heart_end(Ranks *r) {
    Heart *h = r->heart;
    atomic_store(&h->ends, true);
    pthread_join(h->thread, NULL);
    for (int i = 0; i < r->count; i++) {
        Pulse *p = &h->pulses[i];
        long theirs = 0;
        if (i == r->number) continue;
        MPI_Sendrecv(&p->sent, 1, MPI_LONG, i, 1, &theirs, 1, MPI_LONG, i, 1, h->beats, MPI_STATUS_IGNORE);
        for (; p->received < theirs; p->received++) {
            MPI_Wait(&p->receiving, MPI_STATUS_IGNORE);
            listen_to(r, i);
        }
        MPI_Cancel(&p->receiving);
        MPI_Wait(&p->receiving, MPI_STATUS_IGNORE);
        MPI_Wait(&p->sending, MPI_STATUS_IGNORE);
    }
    MPI_Comm_free(&h->beats);
    free(h->pulses);
    free(h);
}
