/* Rounding of products: every matmul of f32 becomes one of bf16, whose operands are cast. This is the one pass that
 * changes what is computed: it runs where the setting of a run says so (PipelineOptions.products).
 *
 * The rest follows from the graph: equal casts are one node, so what feeds several products is rounded once; fusion
 * puts a cast into the kernel that makes its operand; the gradient of a product of bf16 is one. */
#ifndef GRADC_PASSES_ROUND_PRODUCTS_H
#define GRADC_PASSES_ROUND_PRODUCTS_H

#include "passes/remark.h"

/* The rounded graph, canonical. The input has no groups. */
Graph *round_products(const Graph *graph, Remarks *remarks);

#endif
