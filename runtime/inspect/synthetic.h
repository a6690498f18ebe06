/* Synthetic batches: seeded values for the leaves of a task that nobody gave, as the contract of its inputs allows. */
#ifndef GRADC_RUNTIME_INSPECT_SYNTHETIC_H
#define GRADC_RUNTIME_INSPECT_SYNTHETIC_H

#include "frontend/program.h"
#include "runtime/engine/values.h"

/* Random tokens for every text input of the task: sequences of these lengths, each cut to the program's positions. */
void synthetic_texts(Values *values, const Program *program, const Task *task, const int64_t *lengths, int count,
                     uint64_t *state);

/* Every input of the graph that has no values: the label inside its range, of every other token where tokens
 * have labels; what losses are means over, this batch being the whole update; the key of random numbers, the seed and
 * step 1; anything else by its type. */
void synthetic_rest(Values *values, const Graph *graph, const Task *task, uint32_t seed, uint64_t *state);

#endif
