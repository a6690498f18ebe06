/* Kernel list: what fusion and scheduling leave of a graph, as plain data. One launch per group of nodes; equal groups
 * share one kernel. Code generation reads kernels, the runtime reads launches. */
#ifndef GRADC_GRAPH_KERNEL_H
#define GRADC_GRAPH_KERNEL_H

#include <xxhash.h>

#include "graph/graph.h"

/* One distinct piece of code. The body is a graph of its own: inputs named "0", "1", ... in operand order, outputs "0",
 * "1", ... in result order, symbols "d0", "d1", ... and sites "0", "1", ... in order of appearance; so two layers'
 * groups have one body text. Positions are those of the first group, and of use as long as its graph is there. All
 * nodes of the body but its inputs and constants are computed by the kernel. The interpreter can evaluate it. */
typedef struct Kernel {
    KernelKind kind;
    const char *name;  /* in object code: "row_", then the hash in hexadecimal */
    const char *label; /* for people: that of its first launch; NULL: it is launched by nobody */
    Pos pos;           /* of its main step there */
    Graph *body;
    XXH128_hash_t hash; /* of the kind and the body's text */
    int index;          /* in the set of distinct kernels it belongs to */
} Kernel;

/* One call of a kernel. Values are nodes of the grouped graph: leaves, results of earlier launches, or views of either.
 * */
typedef struct Launch {
    const Kernel *kernel;
    const char *label; /* for people: what it does and where (passes/kernel_name.h) */
    Node **operands;   /* [kernel's inputs] */
    int n_operands;
    Node **results; /* [kernel's outputs] */
    int n_results;
    int32_t *symbols; /* [body symbols]: the graph's symbol for each */
    uint32_t *sites;  /* [sites]: XXH32 of each site's text, seed 0 */
    int n_sites;
    /* all threads must meet before this launch: it reads what another launch since the last barrier wrote */
    bool barrier;
} Launch;

typedef struct KernelList {
    Arena *arena;
    const Graph *graph; /* grouped; borrowed */
    VEC(Launch) launches;
    VEC(Kernel *) kernels; /* distinct */
} KernelList;

/* What the code of a kernel is called with; the layout is known to code generation.
 *   buffers  operands, then results, as the kernel numbers them; 64-byte aligned for results and slab operands
 *   extents  of the body's symbols
 *   sites    of the body's random nodes
 *   scratch  SCRATCH_BYTES for this thread alone, 64-byte aligned
 * Thread `thread` of `threads` computes its share of the results; every element of a result has the same bits however
 * many share the work. */
typedef void KernelFunction(void *const *buffers, const int64_t *extents, const uint32_t *sites, void *scratch,
                            int64_t thread, int64_t threads);

enum { SCRATCH_BYTES = 8 * 1024 * 1024 };

#endif
