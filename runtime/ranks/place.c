/* The place of a process among others, as the environment has it. */
#include <limits.h>
#include <stdlib.h>

#include "runtime/ranks/ranks.h"

/* Who starts processes, and what it calls their number and how many there are. */
static const char *const names[][2] = {
    {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"}, /* Open MPI */
    {"PMI_RANK", "PMI_SIZE"},                         /* MPICH, Intel MPI */
    {"PMIX_RANK", "SLURM_STEP_NUM_TASKS"},            /* srun --mpi=pmix */
};
enum { STARTERS = sizeof names / sizeof *names };

/* -1: it is not there, or no number. */
static long number_of(const char *name) {
    const char *text = getenv(name);
    char *end;
    long number = text ? strtol(text, &end, 10) : -1;
    return text && *text && !*end && number <= INT_MAX ? number : -1;
}

RankPlace ranks_place(void) {
    for (int i = 0; i < STARTERS; i++) {
        long number = number_of(names[i][0]), count = number_of(names[i][1]);
        if (count > 1 && number >= 0 && number < count) return (RankPlace){(int)number, (int)count};
    }
    return (RankPlace){0, 1};
}
