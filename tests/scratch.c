/* A thread's scratch for kernels that a test runs by itself. */
#include "tests/scratch.h"

#include <stdlib.h>
#include <string.h>

#include "graph/kernel.h"

void *test_scratch(void) {
    static void *scratch;
    if (!scratch) scratch = aligned_alloc(64, SCRATCH_BYTES);
    return memset(scratch, 0xFF, SCRATCH_BYTES);
}
