/* Ranks: the processes that share one run, as mpirun starts them, and what they tell one another. MPI is spoken in this
 * room alone. A process that is alone has no Ranks (NULL) and never touches MPI; each function takes it for one rank.
 *
 * Functions "of all" are called by all ranks, in the same order. While a rank works, a thread of its own listens for
 * the others: when one is silent for too long, the run ends with its name. */
#ifndef GRADC_RUNTIME_RANKS_RANKS_H
#define GRADC_RUNTIME_RANKS_RANKS_H

#include "graph/base/diag.h"

typedef struct Ranks Ranks;

/* What mpirun (or srun) says in the environment: which of how many processes this is; alone it is 0 of 1. */
typedef struct RankPlace {
    int number, count;
} RankPlace;
RankPlace ranks_place(void);

/* Joins the others, if there are any: `*ranks` is NULL otherwise. Of several on a host each is bound to its share of
 * the processors that they may use together. `voice`: a descriptor to name a rank on that has fallen silent. False with
 * a diagnostic in a build without MPI. */
bool ranks_open(Ranks **ranks, int voice, Diagnostics *diags);

/* The end, of all: tells the others whether this rank has an error to report, and waits for their word; then only for a
 * moment, since they may wait for something else. Returns the first rank that has one, as far as is known; -1: none. */
int ranks_farewell(Ranks *ranks, bool failed);
/* After that. When some rank has not said farewell, all are ended. */
void ranks_close(Ranks *ranks);

int ranks_count(const Ranks *ranks);  /* 1 for NULL */
int ranks_number(const Ranks *ranks); /* 0 for NULL */
/* "rank 1 (host node7, process 4711)" */
const char *ranks_name(const Ranks *ranks, int number);

/* Of all: rank 0's bytes to all; the largest of these numbers; to each all of `bytes`, of which rank r has those from
 * borders[r] up to borders[r + 1]. */
void ranks_share(Ranks *ranks, void *bytes, size_t size);
int ranks_most(Ranks *ranks, int number);
void ranks_gather(Ranks *ranks, void *bytes, const size_t *borders);

/* What goes to a rank, or comes from it. */
typedef struct RankMessage {
    int rank;
    void *bytes;
    size_t size;
} RankMessage;

/* Sends and receives all of these. Messages between two ranks arrive in the order in which they were sent, and are
 * received so. */
void ranks_exchange(Ranks *ranks, const RankMessage *sends, int n_sends, const RankMessage *receives, int n_receives);

#endif
