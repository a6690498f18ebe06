/* Angle: any float as a number of quarter turns and what is left of it, for sine and cosine.
 *
 * Up to 2^48 two fused steps in double are exact enough. Beyond, x = m 2^e with a 24-bit m, and of
 * 1 / (2 pi) only the bits from e on matter: those before give whole turns. 96 of them times m, in
 * integers and modulo one turn, leave an error below 2^-64 of a turn (Payne and Hanek 1983); no
 * float comes closer to a quarter turn than 2^-32 of it, so at least 30 bits are right. */
#include <math.h>

#include "codegen/emit.h"

/* The fraction of 1 / (2 pi), 32 bits a word. */
static const uint32_t turn_words[] = {0x28BE60DB, 0x9391054A, 0x7F09D5F4, 0x7D4D3770,
                                      0x36D8A566, 0x4F10E410, 0x7F9458EA};

static LLVMTypeRef wide_float(const Emitter *e) { return LLVMVectorType(LLVMDoubleTypeInContext(e->context), LANES); }

static LLVMValueRef splat_double(Emitter *e, double value) {
    return emit_splat(e, LLVMConstReal(LLVMDoubleTypeInContext(e->context), value));
}

static LLVMValueRef splat_i64(Emitter *e, int64_t value) { return emit_splat(e, emit_i64(e, value)); }

/* x = q pi / 2 + r for |x| <= 2^48. The nearest integer comes from adding 1.5 * 2^52, whose low
 * bits it then is. */
static LLVMValueRef reduce_small(Emitter *e, LLVMValueRef x, LLVMValueRef *quadrant) {
    LLVMValueRef d = LLVMBuildFPExt(e->builder, x, wide_float(e), "");
    LLVMValueRef magic = splat_double(e, 0x1.8p52);
    LLVMValueRef two_over_pi = splat_double(e, 0x1.45f306dc9c883p-1);
    LLVMValueRef product = LLVMBuildFMul(e->builder, d, two_over_pi, "");
    LLVMValueRef rounded = LLVMBuildFAdd(e->builder, product, magic, "");
    LLVMValueRef bits = LLVMBuildBitCast(e->builder, rounded, e->i64x, "");
    *quadrant = LLVMBuildTrunc(e->builder, bits, e->i32x, "");
    LLVMValueRef n = LLVMBuildFSub(e->builder, rounded, magic, "");
    d = emit_fma(e, n, splat_double(e, -0x1.921fb54442d18p+0), d);
    d = emit_fma(e, n, splat_double(e, -0x1.1a62633145c07p-54), d);
    return LLVMBuildFPTrunc(e->builder, d, e->f32x, "");
}

/* 32 bits of 1 / (2 pi) from bit `start` + 32 `word` on. */
static LLVMValueRef turn_bits(Emitter *e, LLVMValueRef start, int word) {
    LLVMValueRef shift = LLVMBuildAnd(e->builder, start, emit_i32x(e, 31), ""), words[2];
    LLVMValueRef first = LLVMBuildLShr(e->builder, start, emit_i32x(e, 5), "");
    for (int i = 0; i < 2; i++) { /* `first` is at most 3 */
        words[i] = emit_i32x(e, (int64_t)turn_words[word + i]);
        for (int at = 1; at < 4; at++) {
            LLVMValueRef here = LLVMBuildICmp(e->builder, LLVMIntEQ, first, emit_i32x(e, at), "");
            LLVMValueRef constant = emit_i32x(e, (int64_t)turn_words[word + i + at]);
            words[i] = LLVMBuildSelect(e->builder, here, constant, words[i], "");
        }
    }
    LLVMValueRef operands[] = {words[0], words[1], shift};
    return emit_intrinsic(e, "llvm.fshl", 1, &e->i32x, 3, operands);
}

static LLVMValueRef times(Emitter *e, LLVMValueRef m, LLVMValueRef word) {
    return LLVMBuildMul(e->builder, m, LLVMBuildZExt(e->builder, word, e->i64x, ""), "");
}

/* |x| in turns modulo 1, as i64x in units of 2^-64. For |x| of at least 2^23. */
static LLVMValueRef fraction_of_turn(Emitter *e, LLVMValueRef bits) {
    LLVMValueRef exponent = LLVMBuildLShr(e->builder, bits, emit_i32x(e, 23), "");
    exponent = LLVMBuildAnd(e->builder, exponent, emit_i32x(e, 255), "");
    LLVMValueRef start = LLVMBuildSub(e->builder, exponent, emit_i32x(e, 150), "");
    LLVMValueRef m = LLVMBuildAnd(e->builder, bits, emit_i32x(e, 0x7FFFFF), "");
    m = LLVMBuildOr(e->builder, m, emit_i32x(e, 0x800000), "");
    m = LLVMBuildZExt(e->builder, m, e->i64x, "");
    LLVMValueRef words[3], word_bits = splat_i64(e, 32);
    for (int i = 0; i < 3; i++) words[i] = times(e, m, turn_bits(e, start, i));
    LLVMValueRef high = LLVMBuildShl(e->builder, words[0], word_bits, ""), middle = words[1];
    LLVMValueRef low = LLVMBuildLShr(e->builder, words[2], word_bits, "");
    return LLVMBuildAdd(e->builder, LLVMBuildAdd(e->builder, high, middle, ""), low, "");
}

/* i64x as double, near enough: its halves, since few CPUs convert 64 bits. */
static LLVMValueRef to_double(Emitter *e, LLVMValueRef x) {
    LLVMValueRef upper = LLVMBuildLShr(e->builder, x, splat_i64(e, 32), "");
    LLVMValueRef high = LLVMBuildTrunc(e->builder, upper, e->i32x, "");
    LLVMValueRef low = LLVMBuildTrunc(e->builder, x, e->i32x, "");
    high = LLVMBuildSIToFP(e->builder, high, wide_float(e), "");
    low = LLVMBuildUIToFP(e->builder, low, wide_float(e), "");
    return emit_fma(e, high, splat_double(e, 0x1p32), low);
}

static LLVMValueRef reduce_large(Emitter *e, LLVMValueRef x, LLVMValueRef *quadrant) {
    LLVMValueRef bits = LLVMBuildBitCast(e->builder, x, e->i32x, "");
    LLVMValueRef turn = fraction_of_turn(e, bits), negative = LLVMBuildNeg(e->builder, turn, "");
    LLVMValueRef below = LLVMBuildICmp(e->builder, LLVMIntSLT, bits, emit_i32x(e, 0), "");
    turn = LLVMBuildSelect(e->builder, below, negative, turn, "");
    LLVMValueRef sixty_two = splat_i64(e, 62);
    LLVMValueRef rounded = LLVMBuildAdd(e->builder, turn, splat_i64(e, INT64_C(1) << 61), "");
    LLVMValueRef quarters = LLVMBuildLShr(e->builder, rounded, sixty_two, "");
    *quadrant = LLVMBuildTrunc(e->builder, quarters, e->i32x, "");
    turn = LLVMBuildSub(e->builder, turn, LLVMBuildShl(e->builder, quarters, sixty_two, ""), "");
    LLVMValueRef r = to_double(e, turn), unit = splat_double(e, 0x1.921fb54442d18p-62);
    r = LLVMBuildFMul(e->builder, r, unit, "");
    return LLVMBuildFPTrunc(e->builder, r, e->f32x, "");
}

static LLVMValueRef any_lane(Emitter *e, LLVMValueRef mask) {
    return emit_intrinsic(e, "llvm.vector.reduce.or", 1, &e->i1x, 1, &mask);
}

/* Large angles are rare: the way for them is taken only when a lane has one. */
LLVMValueRef emit_reduce_angle(Emitter *e, LLVMValueRef x, LLVMValueRef *quadrant) {
    LLVMValueRef size = emit_intrinsic(e, "llvm.fabs", 1, &e->f32x, 1, &x);
    LLVMValueRef n, r = reduce_small(e, x, &n);
    LLVMValueRef large = LLVMBuildFCmp(e->builder, LLVMRealUGT, size, emit_f32x(e, 0x1p48), "");
    LLVMValueRef angle = emit_local(e, e->f32x, r), quarters = emit_local(e, e->i32x, n);
    LLVMBasicBlockRef after = emit_if(e, any_lane(e, large));
    LLVMValueRef other_n, other = reduce_large(e, x, &other_n);
    emit_set(e, angle, LLVMBuildSelect(e->builder, large, other, r, ""));
    emit_set(e, quarters, LLVMBuildSelect(e->builder, large, other_n, n, ""));
    emit_end_if(e, after);
    *quadrant = emit_get(e, e->i32x, quarters);
    LLVMValueRef finite = LLVMBuildFCmp(e->builder, LLVMRealOLT, size, emit_f32x(e, HUGE_VAL), "");
    r = emit_get(e, e->f32x, angle);
    return LLVMBuildSelect(e->builder, finite, r, emit_f32x(e, (double)NAN), "");
}
