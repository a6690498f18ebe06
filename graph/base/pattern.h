/* Patterns of names: which parameters are frozen, in the text and on the command line.
 *
 *     *  ?  [abc]    as in a shell; a star takes dots too
 *     {0..6}         each number from 0 up to 6, which is excluded, as in `repeat i in 0..6` */
#ifndef GRADC_GRAPH_BASE_PATTERN_H
#define GRADC_GRAPH_BASE_PATTERN_H

#include <stdbool.h>

bool pattern_matches(const char *pattern, const char *name);

#endif
