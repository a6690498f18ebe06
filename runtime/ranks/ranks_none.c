/* Ranks in a build without MPI: a process is alone, or says what it lacks. */
#include "runtime/ranks/ranks.h"

bool ranks_open(Ranks **ranks, int voice, Diagnostics *diags) {
    (void)voice;
    RankPlace place = ranks_place();
    *ranks = NULL;
    if (place.count == 1) return true;
    if (place.number > 0) return false; /* rank 0 says it */
    diag_error(diags, "E0992", (Pos){0}, "mpirun has started several processes, but gradc was built without MPI");
    diag_hint(diags, "install libopenmpi-dev or libmpich-dev and build it again; or start one process");
    return false;
}

int ranks_farewell(Ranks *ranks, bool failed) {
    (void)ranks;
    return failed ? 0 : -1;
}
void ranks_close(Ranks *ranks) { (void)ranks; }

int ranks_count(const Ranks *ranks) { return (void)ranks, 1; }
int ranks_number(const Ranks *ranks) { return (void)ranks, 0; }
const char *ranks_name(const Ranks *ranks, int number) { return (void)ranks, (void)number, "rank 0"; }

void ranks_share(Ranks *ranks, void *bytes, size_t size) { (void)ranks, (void)bytes, (void)size; }
int ranks_most(Ranks *ranks, int number) { return (void)ranks, number; }
void ranks_gather(Ranks *ranks, void *bytes, const size_t *borders) { (void)ranks, (void)bytes, (void)borders; }
void ranks_exchange(Ranks *ranks, const RankMessage *sends, int n_sends, const RankMessage *receives, int n_receives) {
    (void)ranks, (void)sends, (void)n_sends, (void)receives, (void)n_receives;
}
