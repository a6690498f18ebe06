/* Interpreter: attention and its derivatives, row by row as the formulas in ops.def say; nothing is
 * blocked or rescaled.
 *
 * bounds [S+1] cut rows into sequences:   | sequence 0 | sequence 1 |   ...   |
 *                                         b[0] = 0     b[1]         b[2]      b[S] = number of rows
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "graph/base/count_text.h"
#include "graph/base/random.h"
#include "graph/evaluate.h"

/* One head of one sequence. */
typedef struct Head {
    int64_t width, heads, depth, head; /* width = heads * depth: columns of q, k, v */
    int64_t q_first, q_end, kv_first, kv_end;
    uint32_t site;
    float dropout;
    bool causal;
} Head;

/* Operands of the three operators, in the order of ops.def. */
enum { Q, K, V, Q_BOUNDS, KV_BOUNDS, KEY, COORDS, OUT, LSE, OUT_COTANGENT, DQ_COTANGENT, DK_COTANGENT, DV_COTANGENT };

static const double *head_row(const OpEvaluation *e, const Head *h, int operand, int64_t row) {
    return e->in[operand] + row * h->width + h->head * h->depth;
}

static double dot(const double *a, const double *b, int64_t count) {
    double sum = 0;
    for (int64_t i = 0; i < count; i++) sum += a[i] * b[i];
    return sum;
}

static double score(const OpEvaluation *e, const Head *h, int64_t i, int64_t j) {
    return dot(head_row(e, h, Q, i), head_row(e, h, K, j), h->depth) / sqrt((double)h->depth);
}

/* What dropout multiplies a probability with: 0 or 1 / (1 - dropout). */
static double kept(const OpEvaluation *e, const Head *h, int64_t i, int64_t j) {
    if (h->dropout == 0) return 1;
    const double *key = e->in[KEY], *coords = e->in[COORDS] + 2 * i;
    uint32_t position = (uint32_t)((int64_t)coords[1] * h->heads + h->head);
    float uniform = random_uniform((uint32_t)(int64_t)key[0], (uint32_t)(int64_t)key[1], h->site,
                                   (uint32_t)(int64_t)coords[0], position, (uint32_t)(j - h->kv_first));
    return uniform >= h->dropout ? 1 / (1 - (double)h->dropout) : 0;
}

/* The end of the keys that query row i sees. */
static int64_t end_of_keys(const OpEvaluation *e, const Head *h, int64_t i) {
    if (!h->causal) return h->kv_end;
    int64_t seen = (int64_t)e->in[COORDS][2 * i + 1] + 1, count = h->kv_end - h->kv_first;
    return h->kv_first + (seen < 0 ? 0 : seen < count ? seen : count);
}

/* log(sum(exp(scores))) of a query row; minus infinity when it sees no keys. */
static double log_sum_exp(const OpEvaluation *e, const Head *h, int64_t i) {
    double most = -INFINITY, sum = 0;
    int64_t end = end_of_keys(e, h, i);
    for (int64_t j = h->kv_first; j < end; j++) most = fmax(most, score(e, h, i, j));
    for (int64_t j = h->kv_first; j < end; j++) sum += exp(score(e, h, i, j) - most);
    return h->kv_first < end ? most + log(sum) : -INFINITY;
}

/* Code rounds it before it is used, which is seen where terms with it cancel. */
static double probability(const OpEvaluation *e, const Head *h, int64_t i, int64_t j, double lse) {
    return round_inside(e, exp(score(e, h, i, j) - lse));
}

static void attend(OpEvaluation *e, const Head *h) {
    for (int64_t i = h->q_first; i < h->q_end; i++) {
        double lse = log_sum_exp(e, h, i);
        int64_t end = end_of_keys(e, h, i);
        if (e->node->attrs.ints[1] == 1) {
            e->out[i * h->heads + h->head] = lse;
            continue;
        }
        double *out = e->out + i * h->width + h->head * h->depth;
        for (int64_t j = h->kv_first; j < end; j++) {
            double weight = probability(e, h, i, j, lse) * kept(e, h, i, j);
            for (int64_t d = 0; d < h->depth; d++) out[d] += weight * head_row(e, h, V, j)[d];
        }
    }
}

static void add_scaled(double *to, double factor, const double *row, int64_t count) {
    for (int64_t i = 0; i < count; i++) to[i] += factor * row[i];
}

/* With dO the cotangent of out, m what dropout multiplies with, and p the probabilities:
 *   dv_j = sum_i m p dO_i,  ds = p (m dO_i . v_j - dO_i . out_i) / sqrt(D),  dq_i = sum_j ds k_j,
 * dk_j = sum_i ds q_i */
static void attend_backward(OpEvaluation *e, const Head *h) {
    int64_t column = h->head * h->depth, result = e->node->attrs.ints[1];
    for (int64_t i = h->q_first; i < h->q_end; i++) {
        const double *cotangent = head_row(e, h, OUT_COTANGENT, i);
        double delta = dot(cotangent, head_row(e, h, OUT, i), h->depth);
        int64_t end = end_of_keys(e, h, i);
        for (int64_t j = h->kv_first; j < end; j++) {
            double p = probability(e, h, i, j, e->in[LSE][i * h->heads + h->head]);
            double m = kept(e, h, i, j);
            double ds = p * (m * dot(cotangent, head_row(e, h, V, j), h->depth) - delta) / sqrt((double)h->depth);
            double *to = e->out + (result == 0 ? i : j) * h->width + column;
            if (result == 0) add_scaled(to, ds, head_row(e, h, K, j), h->depth);
            if (result == 1) add_scaled(to, ds, head_row(e, h, Q, i), h->depth);
            if (result == 2) add_scaled(to, m * p, cotangent, h->depth);
        }
    }
}

/* What attention_second needs of query i and key j. With a, b and c the cotangents of dq, dk and dv,
 * s = 1 / sqrt(D), and ds and delta as above, without the factor s:
 *   x = s (a_i . k_j + q_i . b_j)      y = dO_i . c_j      dp = m dO_i . v_j */
typedef struct Term {
    double p, m, dp, x, y;
} Term;

static Term term_at(const OpEvaluation *e, const Head *h, int64_t i, int64_t j) {
    const double *cotangent = head_row(e, h, OUT_COTANGENT, i);
    Term t = {.p = probability(e, h, i, j, e->in[LSE][i * h->heads + h->head]), .m = kept(e, h, i, j)};
    t.dp = t.m * dot(cotangent, head_row(e, h, V, j), h->depth);
    t.x = (dot(head_row(e, h, DQ_COTANGENT, i), head_row(e, h, K, j), h->depth) +
           dot(head_row(e, h, Q, i), head_row(e, h, DK_COTANGENT, j), h->depth)) /
          sqrt((double)h->depth);
    t.y = dot(cotangent, head_row(e, h, DV_COTANGENT, j), h->depth);
    return t;
}

/* The product with dq, dk and dv is sum_ij ds x + m p y. Its derivative
 *   for dp: u = p (x - r), where r = sum_j p x
 *   for p:  w = dp x - dp r - delta x + m y, and so for the score: g = p (w - sum_j p w) */
static void attend_twice(OpEvaluation *e, const Head *h) {
    int64_t result = e->node->attrs.ints[1], column = h->head * h->depth;
    double scale = 1 / sqrt((double)h->depth);
    for (int64_t i = h->q_first; i < h->q_end; i++) {
        int64_t end = end_of_keys(e, h, i);
        double delta = dot(head_row(e, h, OUT_COTANGENT, i), head_row(e, h, OUT, i), h->depth), r = 0, mean = 0;
        for (int64_t j = h->kv_first; j < end; j++) {
            Term t = term_at(e, h, i, j);
            r += t.p * t.x;
        }
        for (int64_t j = h->kv_first; j < end; j++) {
            Term t = term_at(e, h, i, j);
            mean += t.p * (t.dp * t.x - t.dp * r - delta * t.x + t.m * t.y);
        }
        for (int64_t j = h->kv_first; j < end; j++) {
            Term t = term_at(e, h, i, j);
            double ds = t.p * (t.dp - delta), u = t.p * (t.x - r);
            double g = t.p * (t.dp * t.x - t.dp * r - delta * t.x + t.m * t.y - mean);
            const struct {
                double on[2];
                const double *rows[2];
            } sums[] = {{{scale * g, scale * ds}, {head_row(e, h, K, j), head_row(e, h, DK_COTANGENT, j)}},
                        {{scale * g, scale * ds}, {head_row(e, h, Q, i), head_row(e, h, DQ_COTANGENT, i)}},
                        {{t.m * u, 0}, {head_row(e, h, OUT_COTANGENT, i), head_row(e, h, OUT_COTANGENT, i)}},
                        {{t.m * u, t.m * t.p}, {head_row(e, h, V, j), head_row(e, h, DV_COTANGENT, j)}}};
            double *to = e->out + (result == 0 || result == 3 ? i : j) * h->width + column;
            for (int k = 0; k < 2; k++) add_scaled(to, sums[result].on[k], sums[result].rows[k], h->depth);
        }
    }
}

/* Do the bounds cut `rows` rows into sequences? */
static bool check_bounds(OpEvaluation *e, int operand, int64_t rows) {
    const double *bounds = e->in[operand];
    int64_t sequences = operand_extent(e, operand, 0) - 1;
    bool good = sequences >= 0 && bounds[0] == 0 && bounds[sequences] == (double)rows;
    for (int64_t s = 0; good && s < sequences; s++) good = bounds[s] <= bounds[s + 1];
    return good ||
           evaluation_error(e, "operand %d does not cut %s into sequences", operand, count_text(rows, "row").text);
}

static bool for_each_head(OpEvaluation *e, void (*run)(OpEvaluation *, const Head *)) {
    const Attrs *attrs = &e->node->attrs;
    if (!check_bounds(e, Q_BOUNDS, operand_extent(e, Q, 0))) return false;
    if (!check_bounds(e, KV_BOUNDS, operand_extent(e, K, 0))) return false;
    Head h = {.width = operand_extent(e, Q, 1), .heads = attrs->ints[0], .dropout = (float)attrs->number};
    h.causal = attrs->ints[2];
    if (attrs->text) h.site = XXH32(attrs->text, strlen(attrs->text), 0);
    h.depth = h.width / h.heads;
    for (int64_t s = 0; s + 1 < operand_extent(e, Q_BOUNDS, 0); s++) {
        h.q_first = (int64_t)e->in[Q_BOUNDS][s], h.q_end = (int64_t)e->in[Q_BOUNDS][s + 1];
        h.kv_first = (int64_t)e->in[KV_BOUNDS][s], h.kv_end = (int64_t)e->in[KV_BOUNDS][s + 1];
        for (h.head = 0; h.head < h.heads; h.head++) run(e, &h);
    }
    return true;
}

bool evaluate_attention(OpEvaluation *e) { return for_each_head(e, attend); }

bool evaluate_attention_grad(OpEvaluation *e) { return for_each_head(e, attend_backward); }

bool evaluate_attention_second(OpEvaluation *e) { return for_each_head(e, attend_twice); }
