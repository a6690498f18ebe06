/* Compiled check: many graphs as machine code, fused and unfused, against the interpreter.
 *
 * Graphs of a batch share kernels: there are far fewer distinct ones than launches. They are
 * compiled without LLVM's optimiser, since it is our code that is tested here, or with it. */
#ifndef GRADC_TESTS_COMPILED_CHECK_H
#define GRADC_TESTS_COMPILED_CHECK_H

#include "tests/random_graph.h"

typedef struct CompiledCheck CompiledCheck;

/* The folder of objects that ./test names for all groups and both builds, in `arena`; NULL: it names none. */
const char *test_cache(Arena *arena);

/* `optimised`: as users' graphs are compiled. `rounds`: with bf16 products, which is what they are compared with too.
 * `cache`: a folder where objects are kept for other checks; NULL: that of ./test. */
CompiledCheck *compiled_check_new(bool optimised, bool rounds, const char *cache);
void compiled_check_free(CompiledCheck *check);

/* Adds a graph, fused and unfused; it is borrowed until the check is freed. */
void compiled_check_add(CompiledCheck *check, RandomGraph *random);

/* Compiles what was added. */
void compiled_check_compile(CompiledCheck *check);
/* How many kernels were compiled, not found in the cache. */
int compiled_check_kernels(const CompiledCheck *check);

/* Runs graph `index` on its present batch with one thread; and with three, which must give the same
 * bits, when `threads` is set. NULL, or what is wrong, in the graph's arena. */
const char *compiled_check_run(CompiledCheck *check, int index, bool threads);

#endif
