/* Rank sums. */
#include "runtime/model/rank_sums.h"

#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"
#include "runtime/engine/slab.h"
#include "runtime/model/parameters.h"

struct RankSums {
    Ranks *ranks;
    Team *team;
    size_t *borders; /* [ranks + 1]: bytes: whose stretch of a slab it is */
    float *inbox;    /* the own stretch of the others' sums, one after the other */
    size_t inbox_bytes;
    float **parts; /* [room]: the own stretch of the sums in the list */
    int64_t room;
};

RankSums *rank_sums_new(Ranks *ranks, int64_t floats, Team *team) {
    if (!ranks) return NULL;
    int count = ranks_count(ranks);
    RankSums *s = memory_new(1, sizeof *s);
    *s = (RankSums){.ranks = ranks, .team = team, .borders = memory_new((size_t)count + 1, sizeof *s->borders)};
    for (int i = 0; i <= count; i++)
        s->borders[i] = (size_t)(floats / RUN_ALIGN * i / count * RUN_ALIGN) * sizeof(float);
    s->borders[count] = (size_t)floats * sizeof(float);
    return s;
}

void rank_sums_free(RankSums *s) {
    if (!s) return;
    slab_free(s->inbox, s->inbox_bytes);
    free(s->borders);
    free(s->parts);
    free(s);
}

/* As many sums as there are ranks, when their number is a power of two. */
size_t rank_sums_bytes(const RankSums *s) { return s ? s->borders[1] * (size_t)(ranks_count(s->ranks) - 1) : 0; }

static size_t own_bytes(const RankSums *s) {
    int own = ranks_number(s->ranks);
    return s->borders[own + 1] - s->borders[own];
}

/* Where the own stretch of each sum lies, or will lie. */
static void place_parts(RankSums *s, const StepSum *list, int count, float *const *own) {
    int self = ranks_number(s->ranks);
    size_t stretch = own_bytes(s), from_others = 0, at = 0;
    for (int i = 0; i < count; i++) from_others += list[i].rank == self ? 0 : stretch;
    if (from_others > s->inbox_bytes) {
        slab_free(s->inbox, s->inbox_bytes);
        s->inbox = slab_new(s->inbox_bytes = from_others);
        if (!s->inbox) memory_out(from_others);
    }
    s->parts = memory_grow(s->parts, &s->room, count, sizeof *s->parts);
    for (int i = 0; i < count; i++) {
        bool is_own = list[i].rank == self;
        s->parts[i] = is_own ? *own++ + s->borders[self] / sizeof(float) : s->inbox + at / sizeof(float);
        at += is_own ? 0 : stretch;
    }
}

static void exchange(const RankSums *s, const StepSum *list, int count, float *const *own, int n_own) {
    int ranks = ranks_count(s->ranks), self = ranks_number(s->ranks), n_sends = 0, n_receives = 0;
    RankMessage *sends = memory_new((size_t)(n_own * ranks) + 1, sizeof *sends);
    RankMessage *receives = memory_new((size_t)count + 1, sizeof *receives);
    for (int to = 0; to < ranks; to++) {
        for (int i = 0; to != self && i < n_own; i++)
            sends[n_sends++] =
                (RankMessage){to, own[i] + s->borders[to] / sizeof(float), s->borders[to + 1] - s->borders[to]};
    }
    for (int i = 0; i < count; i++) {
        if (list[i].rank != self) receives[n_receives++] = (RankMessage){list[i].rank, s->parts[i], own_bytes(s)};
    }
    ranks_exchange(s->ranks, sends, n_sends, receives, n_receives);
    free(sends);
    free(receives);
}

typedef struct Joining {
    const RankSums *sums;
    const StepSum *list;
    int count;
    float *whole;
} Joining;

/* This thread's share of the own stretch; what waits is a list of parts. */
static void join_share(void *user, const Worker *worker) {
    const Joining *j = user;
    int64_t floats = (int64_t)(own_bytes(j->sums) / sizeof(float));
    int64_t from = floats * worker->thread / worker->threads, to = floats * (worker->thread + 1) / worker->threads;
    int waiting[64], n_waiting = 0;
    for (int i = 0; i < j->count; i++) {
        waiting[n_waiting++] = i;
        for (int k = 0; k < j->list[i].joins; k++) {
            const float *right = j->sums->parts[waiting[--n_waiting]];
            float *left = j->sums->parts[waiting[n_waiting - 1]];
            for (int64_t at = from; at < to; at++) left[at] += right[at];
        }
    }
    if (j->sums->parts[0] != j->whole)
        memcpy(j->whole + from, j->sums->parts[0] + from, (size_t)(to - from) * sizeof *j->whole);
}

void rank_sums_meet(RankSums *s, const StepSum *list, int count, float *const *own, float *whole) {
    int n_own = 0, self = ranks_number(s->ranks);
    for (int i = 0; i < count; i++) n_own += list[i].rank == self;
    place_parts(s, list, count, own);
    exchange(s, list, count, own, n_own);
    if (count) team_run(s->team, join_share, &(Joining){s, list, count, whole + s->borders[self] / sizeof(float)});
    ranks_gather(s->ranks, whole, s->borders);
}
