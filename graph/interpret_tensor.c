/* Interpreter: reductions, products, moves, gather and scatter, random numbers. */
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <xxhash.h>

#include "graph/base/random.h"
#include "graph/evaluate.h"

AxisSplit split_axis(const OpEvaluation *e, const Type *type, int64_t axis) {
    AxisSplit split = {1, 1, 1};
    for (int i = 0; i < type->rank; i++) {
        int64_t extent = dim_value(type->dims[i], e->extents);
        if (i < axis) split.outer *= extent;
        if (i == axis) split.extent = extent;
        if (i > axis) split.inner *= extent;
    }
    return split;
}

int64_t operand_extent(const OpEvaluation *e, int operand, int axis) {
    return dim_value(e->node->inputs[operand]->type.dims[axis], e->extents);
}

static void copy(double *to, const double *from, int64_t count) {
    if (count) memcpy(to, from, (size_t)count * sizeof *to);
}

/* x [outer, extent, inner] -> [outer, 1, inner]. The sum of nothing is 0. */
bool evaluate_sum(OpEvaluation *e) {
    AxisSplit x = split_axis(e, &e->node->inputs[0]->type, e->node->attrs.ints[0]);
    for (int64_t o = 0; o < x.outer; o++) {
        for (int64_t k = 0; k < x.extent; k++) {
            for (int64_t i = 0; i < x.inner; i++) {
                e->out[o * x.inner + i] += e->in[0][(o * x.extent + k) * x.inner + i];
            }
        }
    }
    return true;
}

/* As `sum`. The maximum of nothing is minus infinity. */
bool evaluate_max(OpEvaluation *e) {
    AxisSplit x = split_axis(e, &e->node->inputs[0]->type, e->node->attrs.ints[0]);
    for (int64_t i = 0; i < e->count; i++) e->out[i] = -INFINITY;
    for (int64_t o = 0; o < x.outer; o++) {
        for (int64_t k = 0; k < x.extent; k++) {
            for (int64_t i = 0; i < x.inner; i++) {
                double *most = &e->out[o * x.inner + i], value = e->in[0][(o * x.extent + k) * x.inner + i];
                if (value > *most || isnan(value)) *most = value;
            }
        }
    }
    return true;
}

/* Strides of an operand as a matrix [rows, columns], seen through its transposition. */
typedef struct Strides {
    int64_t row, column;
} Strides;

static Strides matrix_strides(const OpEvaluation *e, int operand, bool transposed) {
    int64_t width = operand_extent(e, operand, 1);
    return transposed ? (Strides){1, width} : (Strides){width, 1};
}

/* Subnormal numbers count as zero. */
static float flushed(float value) { return fabsf(value) < FLT_MIN ? copysignf(0, value) : value; }

/* a * b + sum, rounded once; what is subnormal is flushed. Whether it is, is asked when it has been rounded to 24
 * bits, as x86 has it: of what is next to the border, 2^60 times larger, where no bit is lost. */
static float fused(float a, float b, float sum) {
    a = flushed(a), b = flushed(b), sum = flushed(sum);
    float value = fmaf(a, b, sum);
    if (!(fabsf(value) <= FLT_MIN)) return value;
    return fabsf(fmaf(a * 0x1p60f, b, sum * 0x1p60f)) < FLT_MIN * 0x1p60f ? copysignf(0, value) : value;
}

/* The operands of a product [M, K] x [K, N] of what the interpreter was given. */
typedef struct Factors {
    const double *a, *b;
    Strides a_strides, b_strides;
    int64_t m, n, k;
} Factors;

static float element_of(const double *matrix, Strides strides, int64_t row, int64_t column) {
    return (float)matrix[row * strides.row + column * strides.column];
}

/* One element, in the order of SumOrder: to the last bit what code computes. */
static float ordered_element(const Factors *p, SumOrder order, int64_t i, int64_t j) {
    float result = 0;
    for (int64_t from = 0; from < p->k; from += order.block) {
        float sum = 0;
        for (int chain = 0; chain < order.chains; chain++) {
            float links = 0;
            for (int64_t k = from + chain; k < from + order.block; k += order.chains) {
                bool inside = k < p->k;
                links = fused(inside ? element_of(p->a, p->a_strides, i, k) : 0,
                              inside ? element_of(p->b, p->b_strides, k, j) : 0, links);
            }
            sum = chain ? flushed(sum + links) : links;
        }
        result = flushed(result + sum);
    }
    return result;
}

static void multiply_in_order(const Factors *p, SumOrder order, double *out) {
    for (int64_t i = 0; i < p->m; i++) {
        for (int64_t j = 0; j < p->n; j++) out[i * p->n + j] = (double)ordered_element(p, order, i, j);
    }
}

/* In double precision, for which the order matters little. */
static void multiply(const Factors *p, double *out) {
    for (int64_t i = 0; i < p->m; i++) {
        for (int64_t k = 0; k < p->k; k++) {
            double factor = p->a[i * p->a_strides.row + k * p->a_strides.column];
            for (int64_t j = 0; j < p->n; j++)
                out[i * p->n + j] += factor * p->b[k * p->b_strides.row + j * p->b_strides.column];
        }
    }
}

/* [M, K] x [K, N] -> [M, N] */
bool evaluate_matmul(OpEvaluation *e) {
    bool ta = e->node->attrs.ints[0] != 0, tb = e->node->attrs.ints[1] != 0;
    SumOrder order = elem_sum_order(e->node->inputs[0]->type.elem);
    Factors p = {.a = e->in[0],
                 .b = e->in[1],
                 .a_strides = matrix_strides(e, 0, ta),
                 .b_strides = matrix_strides(e, 1, tb),
                 .m = operand_extent(e, 0, ta ? 1 : 0),
                 .n = operand_extent(e, 1, tb ? 0 : 1),
                 .k = operand_extent(e, 0, ta ? 0 : 1)};
    if (order.block)
        multiply_in_order(&p, order, e->out);
    else
        multiply(&p, e->out);
    return true;
}

/* [outer, rows, columns] -> [outer, columns, rows] */
bool evaluate_transpose(OpEvaluation *e) {
    const Type *type = &e->node->inputs[0]->type;
    AxisSplit x = split_axis(e, type, type->rank - 2);
    int64_t size = x.extent * x.inner;
    for (int64_t i = 0; i < e->count; i++) {
        int64_t inside = i % size;
        e->out[i] = e->in[0][i - inside + inside % x.extent * x.inner + inside / x.extent];
    }
    return true;
}

bool evaluate_reshape(OpEvaluation *e) {
    copy(e->out, e->in[0], e->count);
    return true;
}

/* Where element `index` of the result comes from: its coordinates, but 0 along spread axes. */
static int64_t broadcast_source(const OpEvaluation *e, const Type *from, const Type *to, int64_t index) {
    int64_t source = 0, stride = 1;
    for (int axis = to->rank - 1, own = from->rank - 1; own >= 0; axis--, own--) {
        int64_t extent = dim_value(to->dims[axis], e->extents), mine = dim_value(from->dims[own], e->extents);
        if (mine != 1) source += index % extent * stride;
        stride *= mine;
        index /= extent;
    }
    return source;
}

bool evaluate_broadcast(OpEvaluation *e) {
    const Type *from = &e->node->inputs[0]->type;
    for (int64_t i = 0; i < e->count; i++) {
        e->out[i] = e->in[0][broadcast_source(e, from, &e->node->type, i)];
    }
    return true;
}

bool evaluate_slice(OpEvaluation *e) {
    int64_t axis = e->node->attrs.ints[0], start = e->node->attrs.ints[1];
    AxisSplit x = split_axis(e, &e->node->inputs[0]->type, axis), y = split_axis(e, &e->node->type, axis);
    if (start + y.extent > x.extent) return evaluation_error(e, "not inside the extent %" PRId64, x.extent);
    int64_t run = y.extent * y.inner;
    for (int64_t o = 0; o < y.outer; o++) {
        copy(e->out + o * run, e->in[0] + (o * x.extent + start) * x.inner, run);
    }
    return true;
}

bool evaluate_concat(OpEvaluation *e) {
    int64_t axis = e->node->attrs.ints[0], at = 0;
    AxisSplit y = split_axis(e, &e->node->type, axis);
    for (int i = 0; i < e->node->n_inputs; i++) {
        AxisSplit x = split_axis(e, &e->node->inputs[i]->type, axis);
        int64_t run = x.extent * x.inner;
        for (int64_t o = 0; o < y.outer; o++) copy(e->out + o * y.extent * y.inner + at, e->in[i] + o * run, run);
        at += run;
    }
    return true;
}

static bool check_row(OpEvaluation *e, double index, int64_t rows) {
    if (index >= 0 && index < (double)rows) return true;
    return evaluation_error(e, "index %.0f is out of [0, %" PRId64 ")", index, rows);
}

/* table [N, C], indices [M] -> [M, C] */
bool evaluate_gather(OpEvaluation *e) {
    int64_t rows = operand_extent(e, 0, 0), width = operand_extent(e, 0, 1), count = operand_extent(e, 1, 0);
    for (int64_t i = 0; i < count; i++) {
        if (!check_row(e, e->in[1][i], rows)) return false;
        copy(e->out + i * width, e->in[0] + (int64_t)e->in[1][i] * width, width);
    }
    return true;
}

/* indices [M], rows [M, C] -> [N, C] */
bool evaluate_scatter_add(OpEvaluation *e) {
    int64_t rows = dim_value(e->node->type.dims[0], e->extents);
    int64_t width = operand_extent(e, 1, 1), count = operand_extent(e, 0, 0);
    for (int64_t i = 0; i < count; i++) {
        if (!check_row(e, e->in[0][i], rows)) return false;
        double *to = e->out + (int64_t)e->in[0][i] * width;
        for (int64_t c = 0; c < width; c++) to[c] += e->in[1][i * width + c];
    }
    return true;
}

/* As `scatter_add`. */
bool evaluate_scatter_max(OpEvaluation *e) {
    int64_t rows = dim_value(e->node->type.dims[0], e->extents);
    int64_t width = operand_extent(e, 1, 1), count = operand_extent(e, 0, 0);
    for (int64_t i = 0; i < e->count; i++) e->out[i] = -INFINITY;
    for (int64_t i = 0; i < count; i++) {
        if (!check_row(e, e->in[0][i], rows)) return false;
        double *to = e->out + (int64_t)e->in[0][i] * width;
        for (int64_t c = 0; c < width; c++) {
            double value = e->in[1][i * width + c];
            if (value > to[c] || isnan(value)) to[c] = value;
        }
    }
    return true;
}

/* key [2], coords [R, 2] -> [R, C] */
bool evaluate_random(OpEvaluation *e) {
    const char *text = e->node->attrs.text;
    uint32_t site = text ? XXH32(text, strlen(text), 0) : 0;
    const double *key = e->in[0], *coords = e->in[1];
    int64_t width = dim_value(e->node->type.dims[1], e->extents);
    for (int64_t i = 0; i < e->count; i++) {
        const double *at = coords + i / width * 2;
        e->out[i] = (double)random_uniform((uint32_t)(int64_t)key[0], (uint32_t)(int64_t)key[1], site,
                                           (uint32_t)(int64_t)at[0], (uint32_t)(int64_t)at[1], (uint32_t)(i % width));
    }
    return true;
}
