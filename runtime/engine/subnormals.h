/* Subnormals: numbers below the smallest normal one, 2^-126 of f32. A thread may take those that it reads and leave
 * those that it makes as zeros of their sign, as a run with bf16 products does in all of its arithmetic: matrix units
 * know no others. */
#ifndef GRADC_RUNTIME_ENGINE_SUBNORMALS_H
#define GRADC_RUNTIME_ENGINE_SUBNORMALS_H

#include <stdint.h>

/* How a thread treated them before. */
typedef uint64_t SubnormalMode;

/* From now on the calling thread does so; on a CPU for which this is not known it goes on as it was. */
SubnormalMode subnormals_flush(void);
/* The calling thread goes back to how it was. */
void subnormals_restore(SubnormalMode before);

#endif
