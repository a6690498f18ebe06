/* Rank sums: the sums of several ranks, of which each has subtrees, become one that all have. Each rank owns a stretch
 * of the numbers: it receives the others' sums of that stretch, carries out the rest of the tree, and hands the result
 * to all. So each number crosses the network twice, whatever the number of ranks. */
#ifndef GRADC_RUNTIME_MODEL_RANK_SUMS_H
#define GRADC_RUNTIME_MODEL_RANK_SUMS_H

#include "runtime/data/step.h"
#include "runtime/engine/team.h"
#include "runtime/ranks/ranks.h"

typedef struct RankSums RankSums;

/* Of slabs of `floats` numbers. NULL for a rank that is alone. Borrows the team. */
RankSums *rank_sums_new(Ranks *ranks, int64_t floats, Team *team);
void rank_sums_free(RankSums *sums);          /* NULL is allowed */
size_t rank_sums_bytes(const RankSums *sums); /* beside the caller's slabs; NULL: 0 */

/* Of all: `own`: the slabs of this rank's sums in `list`[count], in order, which are used up; `whole`: where the sum is
 * to be, which may be the first of them. */
void rank_sums_meet(RankSums *sums, const StepSum *list, int count, float *const *own, float *whole);

#endif
