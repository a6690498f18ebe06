/* What is known of each code point, as runs of code points with the same value: a letter for it (A to Z, then a to z),
 * and the length of the run where that is not 1. Lines end between runs; together they are all code points. Written by
 * tests/unicode_runs.py, read by unicode.c. */
#ifndef GRADC_RUNTIME_TOKENIZE_UNICODE_RUNS_H
#define GRADC_RUNTIME_TOKENIZE_UNICODE_RUNS_H

#include <stdint.h>

extern const char *const unicode_category_runs[]; /* a CharCategory; Unicode 16.0 */
extern const char *const unicode_age_runs[];      /* 0: known to Unicode 8.0, 1: new in 9.0, 2: later, or never */
extern const char *const unicode_cluster_runs[];  /* a ClusterClass; Unicode 17.0 */
extern const char *const unicode_conjunct_runs[]; /* Indic_Conjunct_Break: 1 Extend, 2 Linker; Unicode 17.0 */
extern const char *const unicode_script_runs[];   /* a number, 0 for none, in two letters: 52 * first + second */

/* Code points first, first + stride ... last have small letters `delta` further on. Unicode 17.0; from U+0080. */
typedef struct LowerRow {
    int32_t first, last, stride, delta;
} LowerRow;
extern const LowerRow unicode_lower_rows[]; /* in order */
extern const int unicode_lower_count;

#endif
