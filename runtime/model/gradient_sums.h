/* Gradient sums: an update made of several passes, of one task or of several, whose gradients are added before it.
 *
 *     group 0   gradients of task a: the tree over its passes (step.h)
 *     group 1   gradients of task b
 *     waiting   sums of subtrees of the group at hand, one for each level of the tree
 *     update    weight 0 * group 0 + weight 1 * group 1
 *
 * The passes of a group come one after the other, and the groups in their order, so that their number costs no memory:
 * there is a slab for the group at hand, one for the sum of those before it, and those that wait. Only groups that are
 * compared have a slab each.
 * Passes of one group belong to the same sum of losses (batch_begin counts the rows of all of them), so they add up to
 * what one batch would give, but for the rounding of the sum. The order of all additions is fixed: the same bits for
 * any number of threads. */
#ifndef GRADC_RUNTIME_MODEL_GRADIENT_SUMS_H
#define GRADC_RUNTIME_MODEL_GRADIENT_SUMS_H

#include "runtime/model/model.h"
#include "runtime/model/rank_sums.h"

typedef struct GradientSums GradientSums;

typedef struct GradientSumsOptions {
    int groups;
    int most_waiting; /* sums of a group that wait at the same time, at most; at least 1 */
    bool compares;    /* the groups' gradients will be multiplied with one another, for surgery and cosines */
    Ranks *ranks;     /* that have passes of a group each */
} GradientSumsOptions;

/* NULL and a diagnostic when there is no memory. Borrows the model, whose gradients are to have the dense form
 * (ModelOptions). */
GradientSums *gradient_sums_new(Model *model, const GradientSumsOptions *options, Diagnostics *diags);
void gradient_sums_free(GradientSums *sums); /* NULL is allowed */

/* That the slabs take; NULL: 0. */
size_t gradient_sums_bytes(const GradientSums *sums);

/* Forgets what was added. */
void gradient_sums_begin(GradientSums *sums);

/* From here on passes are of this group, a later one than before, and have this training graph (by its number in
 * model_gradients). `weight`: what the group's sum is multiplied with, the weight of its loss. */
void gradient_sums_turn(GradientSums *sums, int group, int graph, double weight);
/* Adds the gradients that model_gradients left in place to the last `merges` sums of the group that wait, one after the
 * other; what that gives waits. The last one that waits is the group's sum. */
void gradient_sums_add(GradientSums *sums, int merges);
/* Of all ranks: from what waits with each of them the group's sum, with all of them. `list`: how it is made up. */
void gradient_sums_meet(GradientSums *sums, const StepSum *list, int count);

/* Puts the sum in place for model_update. `surgery`: Yu et al. 2020, PCGrad: where two groups' gradients for the
 * parameters that they share point against each other, each loses its component along the other. The others are taken
 * in turn, from number `turn` on. */
void gradient_sums_total(GradientSums *sums, bool surgery, int64_t turn);

/* The cosine between the gradients that two groups gave for the parameters that both have, as of the last total, of
 * sums that compare; NaN when one is zero. */
double gradient_sums_cosine(const GradientSums *sums, int a, int b);

/* What PCGrad multiplies the groups' gradients with, from their products: `products[i * groups + j]` is <g_i, g_j>,
 * `factors[groups]`. All that it makes are sums of the given gradients, so the products are all that it needs.
 * `mixed[groups]`: room to work in. */
void gradient_sums_surgery(const double *products, int groups, int64_t turn, double *factors, double *mixed);

#endif
