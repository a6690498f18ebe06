/* Processors: those that the ranks of one host may use together, shared out among them. */
#include <sched.h>

#include "runtime/ranks/ranks_state.h"

/* Stretch `number` of `count` that the processors are cut into; where there are fewer of them, one, in turn. */
static cpu_set_t share_of(const cpu_set_t *all, int number, int count) {
    int processors = CPU_COUNT(all), seen = 0;
    int from = processors * number / count, end = processors * (number + 1) / count;
    cpu_set_t own;
    CPU_ZERO(&own);
    if (processors < count) from = number % processors, end = from + 1;
    for (int i = 0; i < CPU_SETSIZE; i++) {
        if (!CPU_ISSET(i, all)) continue;
        if (seen >= from && seen < end) CPU_SET(i, &own);
        seen++;
    }
    return own;
}

void ranks_bind(const Ranks *ranks) {
    MPI_Comm host;
    int number, count;
    cpu_set_t own, all;
    MPI_Comm_split_type(ranks->work, MPI_COMM_TYPE_SHARED, ranks->number, MPI_INFO_NULL, &host);
    MPI_Comm_rank(host, &number);
    MPI_Comm_size(host, &count);
    bool known = sched_getaffinity(0, sizeof own, &own) == 0;
    if (!known) CPU_ZERO(&own);
    MPI_Allreduce(&own, &all, sizeof own, MPI_BYTE, MPI_BOR, host);
    MPI_Comm_free(&host);
    if (count == 1 || !known) return;
    own = share_of(&all, number, count);
    sched_setaffinity(0, sizeof own, &own); /* where it is not allowed, all stays as it was */
}
