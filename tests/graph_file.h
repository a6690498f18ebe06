/* Graph file: a graph with a batch, as IR text whose comments hold extents and values:
 *
 *     # fused code: grad.p0: element 0 is nan, not 1.9
 *     # extent x.T = 3
 *     # value p0 = 1 -0.5
 *     graph "random"
 *     ...
 *
 * A graph that once failed is kept as such a file in tests/graphs/found/, where tests/test_random.c
 * runs it. All parameters are differentiated for when there is a loss. */
#ifndef GRADC_TESTS_GRAPH_FILE_H
#define GRADC_TESTS_GRAPH_FILE_H

#include "tests/random_graph.h"

/* Says the first line. False when the file cannot be written. */
bool graph_file_write(const RandomGraph *random, const char *title, const char *path);

/* NULL and diagnostics when the file is not there or not a graph, or lacks values. */
RandomGraph *graph_file_read(const char *path, Diagnostics *diags);

#endif
