/* The formulas of attention, and problems with their answers. */
#include "tests/attention_problem.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/random.h"

int problem_q_rows(const Problem *p) { return p->q_bounds[p->sequences]; }
int problem_kv_rows(const Problem *p) { return p->kv_bounds[p->sequences]; }
int problem_width(const Problem *p) { return p->heads * p->depth; }

size_t problem_result_size(const Problem *p, Which which) {
    int rows = which == DK || which == DV ? problem_kv_rows(p) : problem_q_rows(p);
    return (size_t)rows * (size_t)(which == LSE ? p->heads : problem_width(p));
}

static void *array(size_t count, size_t size) {
    void *items = calloc(count + 1, size);
    cr_assert(items);
    return items;
}

/* --- The formulas --- */

static double product(const Problem *p, int i, int j, int h) {
    double sum = 0;
    for (int d = h * p->depth; d < (h + 1) * p->depth; d++) {
        sum += (double)p->q[i * problem_width(p) + d] * (double)p->k[j * problem_width(p) + d];
    }
    return sum / sqrt(p->depth);
}

/* `first`: of the sequence's keys. Of keys that are not seen: minus infinity. */
static double score(const Problem *p, int i, int j, int h, int first) {
    int q = p->coords[2 * i + 1], k = j - first;
    return open_sees(p->open, q, k) ? open_score(p->open, product(p, i, j, h), q, k, h) : -INFINITY;
}

static double kept(const Problem *p, int i, int column, int h) {
    uint32_t position = (uint32_t)(p->coords[2 * i + 1] * p->heads + h);
    float u = random_uniform(SEED, STEP, SITE, (uint32_t)p->coords[2 * i], position, (uint32_t)column);
    return u >= (float)p->dropout ? 1 / (1 - (double)(float)p->dropout) : 0;
}

static void attend_row(const Problem *p, int s, int i, int h) {
    double most = -INFINITY, sum = 0;
    int first = p->kv_bounds[s], end = p->kv_bounds[s + 1];
    for (int j = first; j < end; j++) most = fmax(most, score(p, i, j, h, first));
    for (int j = first; j < end && most > -INFINITY; j++) sum += exp(score(p, i, j, h, first) - most);
    double lse = sum > 0 ? most + log(sum) : -INFINITY, delta = 0;
    p->answer[LSE][i * p->heads + h] = lse;
    if (sum == 0) return;
    for (int j = first; j < end; j++) {
        double weight = exp(score(p, i, j, h, first) - lse) * kept(p, i, j - first, h);
        for (int d = h * p->depth; d < (h + 1) * p->depth; d++) {
            p->answer[OUT][i * problem_width(p) + d] += weight * (double)p->v[j * problem_width(p) + d];
            p->answer[DV][j * problem_width(p) + d] += weight * (double)p->cotangent[i * problem_width(p) + d];
        }
    }
    for (int d = h * p->depth; d < (h + 1) * p->depth; d++) {
        delta += (double)p->cotangent[i * problem_width(p) + d] * p->answer[OUT][i * problem_width(p) + d];
    }
    for (int j = first; j < end; j++) {
        double slope = 0;
        for (int d = h * p->depth; d < (h + 1) * p->depth; d++) {
            slope += (double)p->cotangent[i * problem_width(p) + d] * (double)p->v[j * problem_width(p) + d];
        }
        double ds = exp(score(p, i, j, h, first) - lse) * (slope * kept(p, i, j - first, h) - delta) / sqrt(p->depth);
        ds *= open_slope(p->open, product(p, i, j, h));
        for (int d = h * p->depth; d < (h + 1) * p->depth; d++) {
            p->answer[DQ][i * problem_width(p) + d] += ds * (double)p->k[j * problem_width(p) + d];
            p->answer[DK][j * problem_width(p) + d] += ds * (double)p->q[i * problem_width(p) + d];
        }
    }
}

void problem_solve(Problem *p) {
    for (Which w = OUT; w < RESULTS; w++) memset(p->answer[w], 0, problem_result_size(p, w) * sizeof(double));
    for (int s = 0; s < p->sequences; s++) {
        for (int i = p->q_bounds[s]; i < p->q_bounds[s + 1]; i++) {
            for (int h = 0; h < p->heads; h++) attend_row(p, s, i, h);
        }
    }
}

/* --- Problems --- */

static float *random_matrix(uint32_t which, size_t count, float size) {
    float *items = array(count, sizeof *items);
    for (size_t i = 0; i < count; i++) {
        items[i] = size * (2 * random_uniform(which, 0, 0, 0, (uint32_t)(i >> 20), (uint32_t)(i & 0xFFFFF)) - 1);
    }
    return items;
}

static void set_bounds(int *bounds, const int *lengths, int count) {
    for (int s = 0; s < count; s++) bounds[s + 1] = bounds[s] + lengths[s];
}

Problem *problem_new(int heads, int depth, double dropout, int sequences, const int *q_lengths, const int *kv_lengths) {
    Problem *p = array(1, sizeof *p);
    *p = (Problem){.heads = heads, .depth = depth, .sequences = sequences, .dropout = dropout};
    set_bounds(p->q_bounds, q_lengths, sequences);
    set_bounds(p->kv_bounds, kv_lengths, sequences);
    size_t q_count = problem_result_size(p, DQ), kv_count = problem_result_size(p, DK);
    p->q = random_matrix(1, q_count, 2), p->cotangent = random_matrix(4, q_count, 1);
    p->k = random_matrix(2, kv_count, 2), p->v = random_matrix(3, kv_count, 1);
    p->coords = array((size_t)problem_q_rows(p) * 2, sizeof(int));
    for (int s = 0; s < sequences; s++) {
        for (int i = p->q_bounds[s]; i < p->q_bounds[s + 1]; i++) {
            p->coords[2 * i] = 100 + s, p->coords[2 * i + 1] = i - p->q_bounds[s];
        }
    }
    for (Which w = OUT; w < RESULTS; w++) p->answer[w] = array(problem_result_size(p, w), sizeof(double));
    problem_solve(p);
    p->out = array(problem_result_size(p, OUT), sizeof(float)),
    p->lse = array(problem_result_size(p, LSE), sizeof(float));
    for (size_t i = 0; i < problem_result_size(p, OUT); i++) p->out[i] = (float)p->answer[OUT][i];
    for (size_t i = 0; i < problem_result_size(p, LSE); i++) p->lse[i] = (float)p->answer[LSE][i];
    return p;
}

void problem_free(Problem *p) {
    void *arrays[] = {p->q, p->k, p->v, p->cotangent, p->out, p->lse, p->coords, p};
    for (Which w = OUT; w < RESULTS; w++) free(p->answer[w]);
    for (int i = 0; i < 8; i++) free(arrays[i]);
}
