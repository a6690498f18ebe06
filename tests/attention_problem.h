/* Attention problems: sequences of queries and keys, and what the formulas make of them in double precision. */
#ifndef GRADC_TESTS_ATTENTION_PROBLEM_H
#define GRADC_TESTS_ATTENTION_PROBLEM_H

#include "tests/open_values.h"

enum { SITE = 0x1234567, SEED = 11, STEP = 5, MAX_SEQUENCES = 16, GUARD = 64 };

typedef enum Which { OUT, LSE, DQ, DK, DV, RESULTS } Which;

/* A problem and the answers. Matrices are [rows, heads * depth]. */
typedef struct Problem {
    int heads, depth, sequences;
    double dropout;
    OpenKind open; /* by the query's position, coords[i][1] */
    bool single;   /* one query a sequence: q_bounds is iota, not an input */
    int q_bounds[MAX_SEQUENCES + 1], kv_bounds[MAX_SEQUENCES + 1];
    float *q, *k, *v, *cotangent, *out, *lse; /* out and lse: what the gradient is given */
    int *coords;
    double *answer[RESULTS];
} Problem;

int problem_q_rows(const Problem *p);
int problem_kv_rows(const Problem *p);
int problem_width(const Problem *p);
size_t problem_result_size(const Problem *p, Which which); /* elements */
void problem_solve(Problem *p);                            /* `answer`, of all results */
Problem *problem_new(int heads, int depth, double dropout, int sequences, const int *q_lengths, const int *kv_lengths);
void problem_free(Problem *p);

#endif
