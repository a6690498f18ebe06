/* Random numbers as the language defines them: counter-based, so that a number depends on where it stands and on
 * nothing that happened before. Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as
 * 1, 2, 3", SC 2011). */
#ifndef GRADC_GRAPH_BASE_RANDOM_H
#define GRADC_GRAPH_BASE_RANDOM_H

#include <stdint.h>

/* The number that operator `random` gives (see ops.def), in [0, 1). */
float random_uniform(uint32_t seed, uint32_t step, uint32_t site, uint32_t row, uint32_t position, uint32_t column);

/* Philox4x32-10: the block of random words at `counter` under `key`, in place. */
void philox4x32_10(uint32_t counter[4], const uint32_t key[2]);

#endif
