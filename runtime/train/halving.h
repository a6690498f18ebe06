/* Successive halving (Jamieson and Talwalkar 2016): all runs of several begin; after each rung the better half of those
 * that are left goes on. A rung ends at the same share of each run's own steps, the last one at their end, and each
 * rung doubles the share of the one before. */
#ifndef GRADC_RUNTIME_TRAIN_HALVING_H
#define GRADC_RUNTIME_TRAIN_HALVING_H

#include <stdbool.h>

/* How many rungs there are until one run is left; at least 1. */
int halving_rungs(int runs);
/* The share of a run's steps at which a rung, from 0, ends: 1 for the last. */
double halving_share(int rung, int rungs);
/* What all runs take together, in whole runs: 2 for 4 runs. */
double halving_cost(int runs);
/* Of the runs that are left, leaves the better half, rounded up: those with the highest scores, of equal ones the
 * first. What is no number is below all. */
void halving_keep(const double *scores, int runs, bool *left);

#endif
