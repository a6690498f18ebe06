/* Fusion: from nodes to kernels.
 *
 * Three steps, a file each. (1) fuse_store.c decides which values are stored in memory; all others are computed where
 * they are used, in several places if that is cheap. Each stored value is the root of a kernel. (2) fuse_merge.c joins
 * kernels that work on the same rows or read the same operands. (3) fuse_build.c writes the grouped graph, in which a
 * value needed by two kernels but not stored is there twice, once in each group. No step changes what is computed or in
 * which order it is added up. */
#ifndef GRADC_PASSES_FUSE_H
#define GRADC_PASSES_FUSE_H

#include "passes/remark.h"

/* The grouped graph, canonical. The input has no groups. Remarks (may be NULL): why a
 * value is kept in memory between two kernels. An output that is a constant becomes a kernel's result. */
Graph *fuse(const Graph *graph, Remarks *remarks);

/* The same with every value stored and a kernel for each: what fusion is compared with. */
Graph *fuse_nothing(const Graph *graph);

#endif
