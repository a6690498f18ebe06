/* Math: transcendental functions of 16 floats as polynomials, at most 2 ulp from the true value
 * everywhere (tests/test_math.c).
 *
 * Coefficients are our own: least squares in Chebyshev bases over the reduced range, reweighted
 * (Lawson's iteration) until the weighted error is level, computed in 40 digits and rounded to f32.
 * Beside each polynomial stand what it approximates, the range, and the weighted error of the fit.
 * ln 2 and pi / 2 are split into parts for exact reductions with fma (Cody and Waite 1980). */
#include <math.h>

#include "codegen/emit.h"

#define LN2_HIGH 0x1.62e430p-1
#define LN2_LOW (-0x1.05c610p-29)
#define LOG2_E 0x1.715476p+0

static LLVMValueRef add(Emitter *e, LLVMValueRef a, LLVMValueRef b) { return LLVMBuildFAdd(e->builder, a, b, ""); }
static LLVMValueRef sub(Emitter *e, LLVMValueRef a, LLVMValueRef b) { return LLVMBuildFSub(e->builder, a, b, ""); }
static LLVMValueRef mul(Emitter *e, LLVMValueRef a, LLVMValueRef b) { return LLVMBuildFMul(e->builder, a, b, ""); }
static LLVMValueRef number(Emitter *e, double value) { return emit_f32x(e, value); }

static LLVMValueRef where(Emitter *e, LLVMValueRef condition, LLVMValueRef yes, LLVMValueRef no) {
    return LLVMBuildSelect(e->builder, condition, yes, no, "");
}

static LLVMValueRef compare(Emitter *e, LLVMRealPredicate predicate, LLVMValueRef a, double b) {
    return LLVMBuildFCmp(e->builder, predicate, a, number(e, b), "");
}

static LLVMValueRef magnitude(Emitter *e, LLVMValueRef x) { return emit_intrinsic(e, "llvm.fabs", 1, &e->f32x, 1, &x); }

static LLVMValueRef with_sign(Emitter *e, LLVMValueRef value, LLVMValueRef sign) {
    return emit_intrinsic(e, "llvm.copysign", 1, &e->f32x, 2, (LLVMValueRef[]){value, sign});
}

static LLVMValueRef as_bits(Emitter *e, LLVMValueRef x) { return LLVMBuildBitCast(e->builder, x, e->i32x, ""); }
static LLVMValueRef as_floats(Emitter *e, LLVMValueRef x) { return LLVMBuildBitCast(e->builder, x, e->f32x, ""); }

/* c[0] + c[1] x + ... + c[degree] x^degree, by Horner's rule. */
static LLVMValueRef polynomial(Emitter *e, LLVMValueRef x, const double *c, int degree) {
    LLVMValueRef value = number(e, c[degree]);
    for (int i = degree - 1; i >= 0; i--) value = emit_fma(e, value, x, number(e, c[i]));
    return value;
}

/* Comparisons that are false for NaN leave it as it is. */
static LLVMValueRef clamp(Emitter *e, LLVMValueRef x, double low, double high) {
    x = where(e, compare(e, LLVMRealOGT, x, high), number(e, high), x);
    return where(e, compare(e, LLVMRealOLT, x, low), number(e, low), x);
}

/* x = n ln 2 + r + rest, |r| <= ln 2 / 2. The nearest integer n comes from adding 1.5 * 2^23, whose
 * low bits are then n: that defines the bits even for NaN, where a conversion to integer would be
 * poison. */
typedef struct Reduced {
    LLVMValueRef n;    /* f32x, whole */
    LLVMValueRef bits; /* i32x, n */
    LLVMValueRef r, rest;
} Reduced;

static Reduced reduce_by_ln2(Emitter *e, LLVMValueRef x) {
    LLVMValueRef magic = number(e, 0x1.8p23), rounded = emit_fma(e, x, number(e, LOG2_E), magic);
    Reduced out = {.n = sub(e, rounded, magic)};
    out.bits = LLVMBuildSub(e->builder, as_bits(e, rounded), as_bits(e, magic), "");
    LLVMValueRef high = emit_fma(e, out.n, number(e, -LN2_HIGH), x); /* exact */
    out.r = emit_fma(e, out.n, number(e, -LN2_LOW), high);
    out.rest = emit_fma(e, out.n, number(e, -LN2_LOW), sub(e, high, out.r));
    return out;
}

/* 2^n for n in [-126, 127]. */
static LLVMValueRef power_of_two(Emitter *e, LLVMValueRef n) {
    LLVMValueRef biased = LLVMBuildAdd(e->builder, n, emit_i32x(e, 127), "");
    return as_floats(e, LLVMBuildShl(e->builder, biased, emit_i32x(e, 23), ""));
}

/* (e^r - 1 - r) / r^2 on |r| <= 0.3473: 1.3e-8 / |r| */
static const double exp_short[] = {0x1.000000p-1, 0x1.5554aep-3, 0x1.555486p-5, 0x1.12291ap-7, 0x1.6d9a94p-10};
/* the same: 2.4e-10 / |r| */
static const double exp_long[] = {0x1.000000p-1, 0x1.555556p-3,  0x1.5554acp-5,
                                  0x1.11108ep-7, 0x1.6d75e8p-10, 0x1.a1a2f0p-13};

static LLVMValueRef exp_of_reduced(Emitter *e, LLVMValueRef r) {
    LLVMValueRef tail = emit_fma(e, mul(e, r, r), polynomial(e, r, exp_short, 4), r);
    return add(e, tail, number(e, 1));
}

/* For arguments known to lie in [-87, 88]: nothing overflows, no result is subnormal. */
static LLVMValueRef exp_in_range(Emitter *e, LLVMValueRef x) {
    Reduced reduced = reduce_by_ln2(e, x);
    return mul(e, exp_of_reduced(e, reduced.r), power_of_two(e, reduced.bits));
}

/* Two factors for 2^n, so that subnormal results round once and the largest ones do not overflow early. What is certain
 * to be 0, minus infinity above all, is not left to underflow: products that do are slow on some processors. */
LLVMValueRef emit_exp(Emitter *e, LLVMValueRef x) {
    LLVMValueRef vanishes = compare(e, LLVMRealOLT, x, -104), zero = number(e, 0);
    LLVMValueRef bounded = where(e, compare(e, LLVMRealOGT, x, 89), number(e, 89), x);
    Reduced reduced = reduce_by_ln2(e, where(e, vanishes, zero, bounded));
    LLVMValueRef half = LLVMBuildAShr(e->builder, reduced.bits, emit_i32x(e, 1), "");
    LLVMValueRef other = LLVMBuildSub(e->builder, reduced.bits, half, "");
    LLVMValueRef value = mul(e, exp_of_reduced(e, reduced.r), power_of_two(e, half));
    return where(e, vanishes, zero, mul(e, value, power_of_two(e, other)));
}

/* 2^n (e^r - 1) + (2^n - 1), halved until the end because 2^128 is no float. */
LLVMValueRef emit_expm1(Emitter *e, LLVMValueRef x) {
    Reduced reduced = reduce_by_ln2(e, clamp(e, x, -20, 89));
    LLVMValueRef r = reduced.r;
    LLVMValueRef p = emit_fma(e, mul(e, r, r), polynomial(e, r, exp_long, 5), reduced.rest);
    LLVMValueRef half = power_of_two(e, LLVMBuildSub(e->builder, reduced.bits, emit_i32x(e, 1), ""));
    LLVMValueRef value = emit_fma(e, half, add(e, r, p), sub(e, half, number(e, 0.5)));
    value = add(e, value, value);
    LLVMValueRef tiny = compare(e, LLVMRealOLT, magnitude(e, x), 0x1p-60);
    return where(e, tiny, x, value);
}

/* (log(1 + f) - f + f^2 / 2) / f^3 on [sqrt(1/2) - 1, sqrt(2) - 1]: 5.9e-9 / f^2 */
static const double log_tail[] = {0x1.55554ap-2, -0x1.000220p-2, 0x1.99a5a2p-3, -0x1.547840p-3,
                                  0x1.226d0ep-3, -0x1.0ce24ep-3, 0x1.07da9ep-3, -0x1.41fbecp-4};

static LLVMValueRef log_near_one(Emitter *e, LLVMValueRef f, LLVMValueRef rest) {
    LLVMValueRef inner = emit_fma(e, f, polynomial(e, f, log_tail, 7), number(e, -0.5));
    LLVMValueRef tail = mul(e, f, f);
    tail = rest ? emit_fma(e, tail, inner, rest) : mul(e, tail, inner);
    return add(e, f, tail);
}

/* x = 2^k m, m in [sqrt(1/2), sqrt(2)): from the bits of a positive normal number. */
static LLVMValueRef split_exponent(Emitter *e, LLVMValueRef x, LLVMValueRef *m) {
    LLVMValueRef bits = as_bits(e, x), low = emit_i32x(e, 0x3F3504F3);
    LLVMValueRef above = LLVMBuildSub(e->builder, bits, low, "");
    LLVMValueRef k = LLVMBuildAShr(e->builder, above, emit_i32x(e, 23), "");
    *m = as_floats(e, LLVMBuildSub(e->builder, bits, LLVMBuildShl(e->builder, k, emit_i32x(e, 23), ""), ""));
    return LLVMBuildSIToFP(e->builder, k, e->f32x, "");
}

/* log of what is not positive and finite: -inf at 0, NaN below, inf and NaN as they are. `x` is the
 * argument, `pole` where the log is -inf. */
static LLVMValueRef log_edges(Emitter *e, LLVMValueRef x, double pole, LLVMValueRef value) {
    LLVMValueRef infinite = compare(e, LLVMRealOEQ, x, HUGE_VAL);
    value = where(e, infinite, x, value);
    value = where(e, compare(e, LLVMRealOEQ, x, pole), number(e, -HUGE_VAL), value);
    return where(e, compare(e, LLVMRealUGE, x, pole), value, number(e, (double)NAN));
}

LLVMValueRef emit_log(Emitter *e, LLVMValueRef x) {
    LLVMValueRef m, small = compare(e, LLVMRealOLT, x, 0x1p-126);
    LLVMValueRef normal = where(e, small, mul(e, x, number(e, 0x1p24)), x);
    LLVMValueRef k = split_exponent(e, normal, &m);
    k = where(e, small, sub(e, k, number(e, 24)), k);
    LLVMValueRef value = log_near_one(e, sub(e, m, number(e, 1)), mul(e, k, number(e, LN2_LOW)));
    value = emit_fma(e, k, number(e, LN2_HIGH), value);
    value = where(e, LLVMBuildFCmp(e->builder, LLVMRealUNO, x, x, ""), x, value);
    return log_edges(e, x, 0, value);
}

/* 1 + x = u + lost, u = 2^k m. For k = 0 the polynomial takes x itself; else log(u) + lost / u. */
LLVMValueRef emit_log1p(Emitter *e, LLVMValueRef x) {
    LLVMValueRef one = number(e, 1), m, u = add(e, one, x);
    LLVMValueRef big = compare(e, LLVMRealOGT, x, 1);
    LLVMValueRef lost = where(e, big, sub(e, one, sub(e, u, x)), sub(e, x, sub(e, u, one)));
    LLVMValueRef k = split_exponent(e, u, &m);
    LLVMValueRef near = compare(e, LLVMRealOEQ, k, 0);
    LLVMValueRef f = where(e, near, x, sub(e, m, one));
    LLVMValueRef share = LLVMBuildFDiv(e->builder, lost, u, "");
    LLVMValueRef rest = where(e, near, number(e, -0.0), emit_fma(e, k, number(e, LN2_LOW), share));
    LLVMValueRef value = emit_fma(e, k, number(e, LN2_HIGH), log_near_one(e, f, rest));
    value = where(e, near, log_near_one(e, f, NULL), value);
    value = where(e, compare(e, LLVMRealOLT, magnitude(e, x), 0x1p-60), x, value);
    value = where(e, LLVMBuildFCmp(e->builder, LLVMRealUNO, x, x, ""), x, value);
    return log_edges(e, x, -1, value);
}

/* (tanh(a) / a - 1) / z, z = a^2, on a <= 0.56: 1.2e-9 / z */
static const double tanh_small[] = {-0x1.55554ap-2, 0x1.110cb2p-3, -0x1.b91370p-5, 0x1.58828cp-6, -0x1.96cf62p-8};

/* Odd polynomial below 0.55, above 1 - 2 / (e^2a + 1). */
LLVMValueRef emit_tanh(Emitter *e, LLVMValueRef x) {
    LLVMValueRef a = clamp(e, magnitude(e, x), 0, 10), z = mul(e, a, a);
    LLVMValueRef small = emit_fma(e, mul(e, a, z), polynomial(e, z, tanh_small, 4), a);
    LLVMValueRef base = add(e, exp_in_range(e, add(e, a, a)), number(e, 1));
    LLVMValueRef large = sub(e, number(e, 1), LLVMBuildFDiv(e->builder, number(e, 2), base, ""));
    return with_sign(e, where(e, compare(e, LLVMRealOLT, a, 0.55), small, large), x);
}

/* erf(a) / a - 1 in z = a^2 on a <= 0.9: 1.2e-8 */
static const double erf_small[] = {0x1.06eba6p-3,  -0x1.812700p-2, 0x1.ce1ec2p-4,
                                   -0x1.b6cbacp-6, 0x1.48be5ap-8,  -0x1.406866p-11};
/* log(1 - erf(a)) on [0.9, 3.95]: 1.7e-9 of erf(a) */
static const double erf_large[] = {-0x1.5d10a6p-13, -0x1.20b752p+0, -0x1.4621bap-1, -0x1.aa731cp-4,
                                   0x1.6d9cccp-6,   -0x1.91cccep-9, 0x1.9fb268p-13};

/* From 3.95 on erf rounds to 1, and so does the formula. */
LLVMValueRef emit_erf(Emitter *e, LLVMValueRef x) {
    LLVMValueRef a = magnitude(e, x);
    a = where(e, compare(e, LLVMRealOGT, a, 3.95), number(e, 3.95), a);
    LLVMValueRef small = emit_fma(e, a, polynomial(e, mul(e, a, a), erf_small, 5), a);
    LLVMValueRef large = sub(e, number(e, 1), exp_in_range(e, polynomial(e, a, erf_large, 6)));
    return with_sign(e, where(e, compare(e, LLVMRealOLT, a, 0.9), small, large), x);
}

/* (sin(r) / r - 1) / z, z = r^2, on |r| <= pi / 4: 4.9e-12 / z;  (cos(r) - 1 + z / 2) /
 * z^2: 9.6e-11 / z^2 */
static const double sin_tail[] = {-0x1.555556p-3, 0x1.111108p-7, -0x1.a00f94p-13, 0x1.6cd5ecp-19};
static const double cos_tail[] = {0x1.55554ap-5, -0x1.6c0c82p-10, 0x1.99ff40p-16};

/* sin(x + shift pi / 2) */
static LLVMValueRef emit_wave(Emitter *e, LLVMValueRef x, int shift) {
    LLVMValueRef quadrant, r = emit_reduce_angle(e, x, &quadrant), z = mul(e, r, r);
    LLVMValueRef sine = emit_fma(e, mul(e, r, z), polynomial(e, z, sin_tail, 3), r);
    LLVMValueRef cosine = emit_fma(e, z, number(e, -0.5), number(e, 1));
    cosine = emit_fma(e, mul(e, z, z), polynomial(e, z, cos_tail, 2), cosine);
    quadrant = LLVMBuildAdd(e->builder, quadrant, emit_i32x(e, shift), "");
    LLVMValueRef odd = LLVMBuildAnd(e->builder, quadrant, emit_i32x(e, 1), "");
    LLVMValueRef even = LLVMBuildICmp(e->builder, LLVMIntEQ, odd, emit_i32x(e, 0), "");
    LLVMValueRef value = where(e, even, sine, cosine);
    LLVMValueRef sign =
        LLVMBuildShl(e->builder, LLVMBuildAnd(e->builder, quadrant, emit_i32x(e, 2), ""), emit_i32x(e, 30), "");
    return as_floats(e, LLVMBuildXor(e->builder, as_bits(e, value), sign, ""));
}

/* Angles so small that they are their own sine keep the sign of zero. */
LLVMValueRef emit_sin(Emitter *e, LLVMValueRef x) {
    LLVMValueRef tiny = compare(e, LLVMRealOLT, magnitude(e, x), 0x1p-20);
    return where(e, tiny, x, emit_wave(e, x, 0));
}

LLVMValueRef emit_cos(Emitter *e, LLVMValueRef x) { return emit_wave(e, x, 1); }

LLVMValueRef emit_sqrt(Emitter *e, LLVMValueRef x) { return emit_intrinsic(e, "llvm.sqrt", 1, &e->f32x, 1, &x); }
