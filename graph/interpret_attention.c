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
#include "graph/pair.h"

/* One head of one sequence. */
typedef struct Head {
    int64_t width, heads, depth, head; /* width = heads * depth: columns of q, k, v */
    int64_t sequence, q_first, q_end, kv_first, kv_end;
    uint32_t site;
    float dropout;
    double scale;
    PairCone cone; /* of the open operands */
    int out;       /* number of the operand `out`; those behind it: */
} Head;

enum { OUT, LSE, OUT_COTANGENT, DQ_COTANGENT, DK_COTANGENT, DV_COTANGENT };

static const double *head_row(const OpEvaluation *e, const Head *h, int operand, int64_t row) {
    return e->in[operand] + row * h->width + h->head * h->depth;
}

static double dot(const double *a, const double *b, int64_t count) {
    double sum = 0;
    for (int64_t i = 0; i < count; i++) sum += a[i] * b[i];
    return sum;
}

static const double *given_row(const OpEvaluation *e, const Head *h, int given, int64_t row) {
    return head_row(e, h, h->out + given, row);
}

static double lse_of(const OpEvaluation *e, const Head *h, int64_t i) {
    return e->in[h->out + LSE][i * h->heads + h->head];
}

static int64_t position_of(const OpEvaluation *e, int64_t i) { return (int64_t)e->in[ATTENTION_COORDS][2 * i + 1]; }

/* The score of a pair, and its derivatives by the product where the operator is given them. */
typedef struct Score {
    double t, slope, curvature;
} Score;

/* The row of query i, or of key j, that cells read: this head's columns. */
static const double *cells_of(const OpEvaluation *e, const Head *h, int operand, int64_t row, int64_t *columns) {
    int64_t width = operand_extent(e, operand, 1);
    *columns = width / h->heads;
    return e->in[operand] + row * width + h->head * *columns;
}

/* The values of all open nodes for a pair: [MAX_PAIR_NODES]. */
static PairPoint evaluate_at(const OpEvaluation *e, const Head *h, int64_t i, int64_t j, double *values) {
    const double product = h->scale * dot(head_row(e, h, ATTENTION_Q, i), head_row(e, h, ATTENTION_K, j), h->depth);
    PairPoint point = {.leaves = {[PAIR_SCORE] = product,
                                  [PAIR_QUERY] = (double)position_of(e, i),
                                  [PAIR_KEY] = (double)(j - h->kv_first),
                                  [PAIR_HEAD] = (double)h->head}};
    int rows = attention_rows(e->node);
    for (int side = 0; rows >= 0 && side < CELL_SIDES; side++)
        point.cells[side] = cells_of(e, h, rows + side, side == CELL_QUERY ? i : j, &point.columns[side]);
    pair_evaluate(&h->cone, &point, values);
    return point;
}

static Score score_at(const OpEvaluation *e, const Head *h, int64_t i, int64_t j) {
    double values[MAX_PAIR_NODES];
    Node *const *inputs = e->node->inputs;
    evaluate_at(e, h, i, j, values);
    Score score = {.t = pair_value(&h->cone, values, inputs[ATTENTION_SCORE])};
    if (e->node->op == OP_attention) return score;
    score.slope = pair_value(&h->cone, values, inputs[ATTENTION_SLOPE]);
    if (e->node->op == OP_attention_second) score.curvature = pair_value(&h->cone, values, inputs[ATTENTION_CURVATURE]);
    return score;
}

/* What dropout multiplies a probability with: 0 or 1 / (1 - dropout). */
static double kept(const OpEvaluation *e, const Head *h, int64_t i, int64_t j) {
    if (h->dropout == 0) return 1;
    const double *key = e->in[ATTENTION_KEY], *coords = e->in[ATTENTION_COORDS] + 2 * i;
    uint32_t position = (uint32_t)((int64_t)coords[1] * h->heads + h->head);
    float uniform = random_uniform((uint32_t)(int64_t)key[0], (uint32_t)(int64_t)key[1], h->site,
                                   (uint32_t)(int64_t)coords[0], position, (uint32_t)(j - h->kv_first));
    return uniform >= h->dropout ? 1 / (1 - (double)h->dropout) : 0;
}

/* The rows of keys that query row i sees. */
static PairRange keys_of(const OpEvaluation *e, const Head *h, int64_t i) {
    PairRange range = pair_range(e->node, &h->cone, position_of(e, i), h->head, h->kv_end - h->kv_first);
    return (PairRange){h->kv_first + range.first, h->kv_first + range.end};
}

/* log(sum(exp(scores))) of a query row; minus infinity when it sees no keys. */
static double log_sum_exp(const OpEvaluation *e, const Head *h, int64_t i) {
    double most = -INFINITY, sum = 0;
    PairRange keys = keys_of(e, h, i);
    for (int64_t j = keys.first; j < keys.end; j++) most = fmax(most, score_at(e, h, i, j).t);
    for (int64_t j = keys.first; j < keys.end; j++) sum += exp(score_at(e, h, i, j).t - most);
    return keys.first < keys.end ? most + log(sum) : -INFINITY;
}

/* Code rounds it before it is used, which is seen where terms with it cancel. */
static double probability(const OpEvaluation *e, double score, double lse) { return round_inside(e, exp(score - lse)); }

static void attend(OpEvaluation *e, const Head *h) {
    for (int64_t i = h->q_first; i < h->q_end; i++) {
        double lse = log_sum_exp(e, h, i);
        PairRange keys = keys_of(e, h, i);
        if (e->node->attrs.ints[1] == 1) {
            e->out[i * h->heads + h->head] = lse;
            continue;
        }
        double *out = e->out + i * h->width + h->head * h->depth;
        for (int64_t j = keys.first; j < keys.end; j++) {
            double weight = probability(e, score_at(e, h, i, j).t, lse) * kept(e, h, i, j);
            for (int64_t d = 0; d < h->depth; d++) out[d] += weight * head_row(e, h, ATTENTION_V, j)[d];
        }
    }
}

static void add_scaled(double *to, double factor, const double *row, int64_t count) {
    for (int64_t i = 0; i < count; i++) to[i] += factor * row[i];
}

/* What the pair gives to what is read, which is at `slope` times the derivative of the score by it. */
static void add_to_read(OpEvaluation *e, const Head *h, int64_t i, int64_t j, double slope) {
    double values[MAX_PAIR_NODES];
    int number = (int)e->node->attrs.ints[1] - READ_RESULTS;
    const Node *read = attention_read(e->node, number);
    PairPoint point = evaluate_at(e, h, i, j, values);
    int64_t place = pair_place(&h->cone, &point, values, read);
    if (read->op == OP_lookup) {
        const Type *table = &read->inputs[0]->type;
        place += (h->sequence * h->heads + h->head) * table->dims[0].offset * table->dims[1].offset;
    } else {
        int64_t columns = point.columns[cell_side(read)], row = cell_side(read) == CELL_QUERY ? i : j;
        place += (row * h->heads + h->head) * columns;
    }
    e->out[place] += slope * pair_value(&h->cone, values, e->node->inputs[attention_read_slope(number)]);
}

/* With dO the cotangent of out, m what dropout multiplies with, p the probabilities and f the score's slope:
 *   dv_j = sum_i m p dO_i,  ds = p (m dO_i . v_j - dO_i . out_i) f scale,  dq_i = sum_j ds k_j,
 * dk_j = sum_i ds q_i */
static void attend_backward(OpEvaluation *e, const Head *h) {
    int64_t column = h->head * h->depth, result = e->node->attrs.ints[1];
    for (int64_t i = h->q_first; i < h->q_end; i++) {
        const double *cotangent = given_row(e, h, OUT_COTANGENT, i);
        double delta = dot(cotangent, given_row(e, h, OUT, i), h->depth);
        PairRange keys = keys_of(e, h, i);
        for (int64_t j = keys.first; j < keys.end; j++) {
            Score score = score_at(e, h, i, j);
            double p = probability(e, score.t, lse_of(e, h, i)), m = kept(e, h, i, j);
            double slope = m * dot(cotangent, head_row(e, h, ATTENTION_V, j), h->depth) - delta;
            double ds = p * slope * score.slope * h->scale;
            if (result >= READ_RESULTS) {
                add_to_read(e, h, i, j, p * slope);
                continue;
            }
            double *to = e->out + (result == 0 ? i : j) * h->width + column;
            if (result == 0) add_scaled(to, ds, head_row(e, h, ATTENTION_K, j), h->depth);
            if (result == 1) add_scaled(to, ds, head_row(e, h, ATTENTION_Q, i), h->depth);
            if (result == 2) add_scaled(to, m * p, cotangent, h->depth);
        }
    }
}

/* What attention_second needs of query i and key j. With a, b and c the cotangents of dq, dk and dv, f and f' the
 * score's slope and its own:
 *   z = scale (a_i . k_j + q_i . b_j)      x = f z      y = dO_i . c_j      dp = m dO_i . v_j */
typedef struct Term {
    double p, m, dp, x, y, slope, bend; /* bend: f' z */
} Term;

static Term term_at(const OpEvaluation *e, const Head *h, int64_t i, int64_t j) {
    const double *cotangent = given_row(e, h, OUT_COTANGENT, i);
    Score score = score_at(e, h, i, j);
    Term t = {.p = probability(e, score.t, lse_of(e, h, i)), .m = kept(e, h, i, j), .slope = score.slope};
    t.dp = t.m * dot(cotangent, head_row(e, h, ATTENTION_V, j), h->depth);
    double z = h->scale * (dot(given_row(e, h, DQ_COTANGENT, i), head_row(e, h, ATTENTION_K, j), h->depth) +
                           dot(head_row(e, h, ATTENTION_Q, i), given_row(e, h, DK_COTANGENT, j), h->depth));
    t.x = score.slope * z;
    t.bend = score.curvature * z;
    t.y = dot(cotangent, given_row(e, h, DV_COTANGENT, j), h->depth);
    return t;
}

/* With dt = p (dp - delta), the product with dq, dk and dv is sum_ij dt x + m p y. Its derivative
 *   for dp: u = p (x - r), where r = sum_j p x
 *   for p:  w = dp x - dp r - delta x + m y, and so for the score: g = p (w - sum_j p w)
 *   for the product of query and key: f g + dt f' z */
static void attend_twice(OpEvaluation *e, const Head *h) {
    int64_t result = e->node->attrs.ints[1], column = h->head * h->depth;
    for (int64_t i = h->q_first; i < h->q_end; i++) {
        PairRange keys = keys_of(e, h, i);
        double delta = dot(given_row(e, h, OUT_COTANGENT, i), given_row(e, h, OUT, i), h->depth), r = 0, mean = 0;
        for (int64_t j = keys.first; j < keys.end; j++) {
            Term t = term_at(e, h, i, j);
            r += t.p * t.x;
        }
        for (int64_t j = keys.first; j < keys.end; j++) {
            Term t = term_at(e, h, i, j);
            mean += t.p * (t.dp * t.x - t.dp * r - delta * t.x + t.m * t.y);
        }
        for (int64_t j = keys.first; j < keys.end; j++) {
            Term t = term_at(e, h, i, j);
            double dt = t.p * (t.dp - delta), u = t.p * (t.x - r);
            double g = t.p * (t.dp * t.x - t.dp * r - delta * t.x + t.m * t.y - mean);
            double on_keys = h->scale * (g * t.slope + dt * t.bend), on_cotangents = h->scale * dt * t.slope;
            const struct {
                double on[2];
                const double *rows[2];
            } sums[] = {{{on_keys, on_cotangents}, {head_row(e, h, ATTENTION_K, j), given_row(e, h, DK_COTANGENT, j)}},
                        {{on_keys, on_cotangents}, {head_row(e, h, ATTENTION_Q, i), given_row(e, h, DQ_COTANGENT, i)}},
                        {{t.m * u, 0}, {given_row(e, h, OUT_COTANGENT, i), given_row(e, h, OUT_COTANGENT, i)}},
                        {{t.m * u, t.m * t.p}, {head_row(e, h, ATTENTION_V, j), given_row(e, h, DV_COTANGENT, j)}}};
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
    if (!check_bounds(e, ATTENTION_Q_BOUNDS, operand_extent(e, ATTENTION_Q, 0))) return false;
    if (!check_bounds(e, ATTENTION_KV_BOUNDS, operand_extent(e, ATTENTION_K, 0))) return false;
    Head h = {.width = operand_extent(e, ATTENTION_Q, 1), .heads = attrs->ints[0], .dropout = (float)attrs->number};
    h.scale = attrs->scale, h.out = attention_out_operand(e->node->op);
    h.cone.tables = e->values;
    for (int i = ATTENTION_FIRST; i < e->node->n_inputs; i++) {
        if (e->node->inputs[i]->type.rank == 0) pair_cone_add(&h.cone, e->node->inputs[i], NULL);
    }
    if (attrs->text) h.site = XXH32(attrs->text, strlen(attrs->text), 0);
    h.depth = h.width / h.heads;
    for (int64_t s = 0; s + 1 < operand_extent(e, ATTENTION_Q_BOUNDS, 0); s++) {
        h.q_first = (int64_t)e->in[ATTENTION_Q_BOUNDS][s], h.q_end = (int64_t)e->in[ATTENTION_Q_BOUNDS][s + 1];
        h.kv_first = (int64_t)e->in[ATTENTION_KV_BOUNDS][s], h.kv_end = (int64_t)e->in[ATTENTION_KV_BOUNDS][s + 1];
        h.sequence = s;
        for (h.head = 0; h.head < h.heads; h.head++) run(e, &h);
    }
    return true;
}

bool evaluate_attention(OpEvaluation *e) { return for_each_head(e, attend); }

bool evaluate_attention_grad(OpEvaluation *e) { return for_each_head(e, attend_backward); }

bool evaluate_attention_second(OpEvaluation *e) { return for_each_head(e, attend_twice); }
