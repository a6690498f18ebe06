/* What ranks are made of, for the files that speak MPI. All calls of MPI are made under one lock: by the thread that
 * works and by the one that listens. */
#ifndef GRADC_RUNTIME_RANKS_RANKS_STATE_H
#define GRADC_RUNTIME_RANKS_RANKS_STATE_H

#include <mpi.h>
#include <pthread.h>
#include <stdatomic.h>

#include "runtime/ranks/ranks.h"

enum { RANK_NAME = 320 };

typedef struct Heart Heart;

struct Ranks {
    int number, count, voice;
    MPI_Comm work;
    pthread_mutex_t lock;
    char (*names)[RANK_NAME]; /* [count] */
    Heart *heart;
    int farewell;  /* has this rank an error to report, when it ends? */
    bool all_left; /* all have said farewell */
};

/* Sleeps for so many seconds, for who waits. */
void ranks_rest(double seconds);

/* --- heart.c: who lives ------------------------------------------------------------------------------------------- */

/* From now on each rank tells the others every second that it lives. NULL: there is no thread to be had. */
Heart *heart_begin(Ranks *ranks);
void heart_end(Ranks *ranks); /* of all */

/* --- bind.c ------------------------------------------------------------------------------------------------------- */

/* Of all: binds this process to its share of the processors that those on this host may use. */
void ranks_bind(const Ranks *ranks);

#endif
