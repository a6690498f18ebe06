/* Graph check: the passes on one graph, each on its own. */
#ifndef GRADC_TESTS_GRAPH_CHECK_H
#define GRADC_TESTS_GRAPH_CHECK_H

#include "tests/random_graph.h"

/* Runs the pipeline with these passes (see passes/pipeline.h; NULL: the usual ones). After every
 * pass: the graph is verified, prints and reads back to the same text, and each output of the graph
 * before it has the value that it had. NULL, or what is wrong, after the pass's name, in random's
 * arena. */
const char *check_passes(const RandomGraph *random, const char *passes);

/* The grouped graph, with products rounded to bf16 or as they are, and in `*before_fusion` the last one without groups,
 * what compiled code is compared with. The caller frees both; NULL: neither is there, see check_passes. */
Graph *group_graph(const RandomGraph *random, const char *passes, bool rounds, Graph **before_fusion);

#endif
