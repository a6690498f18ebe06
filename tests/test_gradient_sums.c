/* Gradient surgery from products of gradients alone, against Algorithm 1 of Yu et al. 2020 carried out on the
 * gradients. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "runtime/engine/values.h"
#include "runtime/model/gradient_sums.h"

enum { TASKS = 4, SIZE = 7 };

static double dot(const double *a, const double *b) {
    double sum = 0;
    for (int i = 0; i < SIZE; i++) sum += a[i] * b[i];
    return sum;
}

/* The sum of all projected gradients; the others come in turn from number `turn` on. Returns how many projections there
 * were. */
static int project(double gradients[TASKS][SIZE], int turn, double *sum) {
    int projections = 0;
    memset(sum, 0, SIZE * sizeof *sum);
    for (int i = 0; i < TASKS; i++) {
        double own[SIZE];
        memcpy(own, gradients[i], sizeof own);
        for (int step = 0; step < TASKS; step++) {
            const double *other = gradients[(turn + step) % TASKS];
            double along = dot(own, other);
            if ((turn + step) % TASKS == i || along >= 0) continue;
            for (int k = 0; k < SIZE; k++) own[k] -= along / dot(other, other) * other[k];
            projections++;
        }
        for (int k = 0; k < SIZE; k++) sum[k] += own[k];
    }
    return projections;
}

Test(gradient_sums, surgery_needs_the_products_alone) {
    uint64_t state = 11;
    int projections = 0;
    for (int round = 0; round < 200; round++) {
        double gradients[TASKS][SIZE], products[TASKS * TASKS], factors[TASKS], mixed[TASKS], wanted[SIZE];
        for (int i = 0; i < TASKS * SIZE; i++) gradients[i / SIZE][i % SIZE] = values_normal(&state);
        for (int i = 0; i < TASKS * TASKS; i++) products[i] = dot(gradients[i / TASKS], gradients[i % TASKS]);
        projections += project(gradients, round % TASKS, wanted);
        gradient_sums_surgery(products, TASKS, round, factors, mixed);
        for (int k = 0; k < SIZE; k++) {
            double got = 0;
            for (int i = 0; i < TASKS; i++) got += factors[i] * gradients[i][k];
            cr_expect(fabs(got - wanted[k]) <= 1e-12 * (1 + fabs(wanted[k])), "round %d: %g, not %g", round, got,
                      wanted[k]);
        }
    }
    cr_expect(projections > 200, "%d", projections);
}

/* A zero gradient has no direction to project on; gradients that agree are left alone. */
Test(gradient_sums, surgery_leaves_alone_what_does_not_conflict) {
    const double products[] = {1, 0.5, 0, 0.5, 2, 0, 0, 0, 0};
    double factors[3], mixed[3];
    gradient_sums_surgery(products, 3, 0, factors, mixed);
    for (int i = 0; i < 3; i++) cr_expect_eq(factors[i], 1);
}
