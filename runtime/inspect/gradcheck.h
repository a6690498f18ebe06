/* Gradient check: what three independent ways say about the gradients of a loss: compiled code in f32, the interpreter
 * in double precision, and central differences of the interpreted loss, which know no gradient rule at all. */
#ifndef GRADC_RUNTIME_INSPECT_GRADCHECK_H
#define GRADC_RUNTIME_INSPECT_GRADCHECK_H

#include "runtime/engine/values.h"

/* Errors are relative to the largest gradient of the tensor, or to a hundredth of the largest gradient of all where
 * that is larger: a small sum of large terms keeps the rounding of its terms (a key's bias has no gradient, only
 * rounding).
 *   compiled     f32 keeps 6e-8 of each number; chains of some hundred operations lose a digit, cancellation up to two
 *   differences  h^4 of the five-point formula, and 1e-16 / h of the loss */
#define GRADCHECK_COMPILED_BOUND 1e-5
/* With products rounded to bf16 f32 and double may round an operand to neighbours, 2^-8 of it apart. */
#define GRADCHECK_ROUNDED_BOUND 0x1p-8
#define GRADCHECK_DIFFERENCE_BOUND 1e-6

typedef struct GradientCheck GradientCheck;

/* What was found of one parameter. */
typedef struct GradientFinding {
    double largest;          /* |gradient| by the interpreter */
    double compiled_error;   /* of all elements */
    double compiled_bound;   /* what it may be */
    double difference_error; /* of the elements and directions below */
    int elements, directions;
    /* The worst place by the first bound that is broken, or else by differences; element -1: along a direction. */
    int64_t element;
    double compiled, interpreted, difference; /* there; `compiled` NaN along a direction and without compiled values */
} GradientFinding;

/* `graph`: with a loss; `gradients`: with the gradient of each parameter, both without grad(y, x); `rounded`: as
 * `gradients`, what compiled code computes where that has bf16 products, otherwise NULL. Borrows all;
 * `values` holds every leaf, and a parameter's values vary while it is checked. `floor`, in gradients, is raised to a
 * hundredth of the largest: start with 0 and keep it from batch to batch. NULL and a diagnostic when the graphs cannot
 * be evaluated. */
GradientCheck *gradient_check_new(const Graph *graph, const Graph *gradients, const Graph *rounded, Values *values,
                                  double *floor, Diagnostics *diags);
void gradient_check_free(GradientCheck *check); /* NULL is allowed */

double gradient_check_loss(const GradientCheck *check); /* that compiled code should have */

/* `compiled`: [elements] or NULL. Differences of at most `samples` elements and, when there are more, along a random
 * direction through all; 0: none. */
GradientFinding gradient_check_param(GradientCheck *check, const char *name, const double *compiled, int samples,
                                     uint64_t *state);
bool gradient_finding_good(const GradientFinding *finding);

#endif
