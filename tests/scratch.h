/* A thread's scratch for kernels that a test runs by itself. */
#ifndef GRADC_TESTS_SCRATCH_H
#define GRADC_TESTS_SCRATCH_H

/* SCRATCH_BYTES at a multiple of 64, filled with bytes 0xFF, which are NaN: no kernel may depend on what is there. One
 * for the whole process: getting so much from the system each time takes longer than the kernels do. */
void *test_scratch(void);

#endif
