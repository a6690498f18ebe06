/* Cost: what a launch has to do at the least, for comparison with the time that it takes. */
#ifndef GRADC_RUNTIME_ENGINE_COST_H
#define GRADC_RUNTIME_ENGINE_COST_H

#include "graph/kernel.h"

typedef struct Cost {
    /* multiplications and additions of its products, attention's included; elementwise work is not counted */
    double flops;
    double bytes; /* each operand read once and each result written once; of a table only the rows that are gathered */
} Cost;

/* `extents`: of the body's symbols; `buffers` as the kernel is called with: bounds of attention are read from them. */
Cost launch_cost(const Kernel *kernel, const int64_t *extents, void *const *buffers);
/* Does it depend on what lies in the buffers, the lengths of sequences, or on the extents alone? */
bool cost_reads_buffers(const Kernel *kernel);

/* Multiplications and additions of the graph's products of parameters with rows of tokens: the work of the encoder's
 * matrices on a batch. */
double token_flops(const Graph *graph, const int64_t *extents);

#endif
