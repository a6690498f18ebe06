/* Lower: elementwise operators as vector instructions. One function lower_<lowering> for each name
 * in the lowering column of ops.def; `in` are the operands, 16 lanes each. */
#include "codegen/lower.h"

#include <assert.h>

typedef LLVMValueRef Lower(Emitter *e, const Node *node, const LLVMValueRef *in);
#define LOWER(name) static LLVMValueRef lower_##name(Emitter *e, const Node *node, const LLVMValueRef *in)

static bool is_real(const Node *node) { return node->type.elem == ELEM_F32; }

LOWER(identity) {
    (void)e, (void)node;
    return in[0];
}

LOWER(neg) { return is_real(node) ? LLVMBuildFNeg(e->builder, in[0], "") : LLVMBuildNeg(e->builder, in[0], ""); }

LOWER(abs) {
    if (is_real(node)) return emit_intrinsic(e, "llvm.fabs", 1, &e->f32x, 1, (LLVMValueRef[]){in[0]});
    LLVMValueRef may_be_min = LLVMConstInt(e->i1, 0, false);
    return emit_intrinsic(e, "llvm.abs", 1, &e->i32x, 2, (LLVMValueRef[]){in[0], may_be_min});
}

/* Functions of one real argument; sqrt and division are correctly rounded. */
#define LOWER_REAL(name)                                                                                               \
    LOWER(name) {                                                                                                      \
        (void)node;                                                                                                    \
        return emit_##name(e, in[0]);                                                                                  \
    }
LOWER_REAL(exp)
LOWER_REAL(expm1)
LOWER_REAL(log)
LOWER_REAL(log1p)
LOWER_REAL(tanh)
LOWER_REAL(erf)
LOWER_REAL(sin)
LOWER_REAL(cos)
LOWER_REAL(sqrt)

LOWER(rsqrt) {
    (void)node;
    return LLVMBuildFDiv(e->builder, emit_f32x(e, 1), emit_sqrt(e, in[0]), "");
}

LOWER(add) {
    return is_real(node) ? LLVMBuildFAdd(e->builder, in[0], in[1], "") : LLVMBuildAdd(e->builder, in[0], in[1], "");
}

LOWER(sub) {
    return is_real(node) ? LLVMBuildFSub(e->builder, in[0], in[1], "") : LLVMBuildSub(e->builder, in[0], in[1], "");
}

LOWER(mul) {
    return is_real(node) ? LLVMBuildFMul(e->builder, in[0], in[1], "") : LLVMBuildMul(e->builder, in[0], in[1], "");
}

LOWER(div) {
    (void)node;
    return LLVMBuildFDiv(e->builder, in[0], in[1], "");
}

/* Comparisons look at the operands: their result is bool. */
static LLVMValueRef compare(Emitter *e, const Node *node, LLVMRealPredicate real, LLVMIntPredicate integer,
                            LLVMValueRef a, LLVMValueRef b) {
    if (is_real(node->inputs[0])) return LLVMBuildFCmp(e->builder, real, a, b, "");
    return LLVMBuildICmp(e->builder, integer, a, b, "");
}

LOWER(less) { return compare(e, node, LLVMRealOLT, LLVMIntSLT, in[0], in[1]); }
LOWER(less_equal) { return compare(e, node, LLVMRealOLE, LLVMIntSLE, in[0], in[1]); }
LOWER(equal) { return compare(e, node, LLVMRealOEQ, LLVMIntEQ, in[0], in[1]); }

LOWER(maximum) {
    LLVMValueRef first = compare(e, node, LLVMRealOGT, LLVMIntSGT, in[0], in[1]);
    return LLVMBuildSelect(e->builder, first, in[0], in[1], "");
}

LOWER(minimum) {
    LLVMValueRef first = compare(e, node, LLVMRealOLT, LLVMIntSLT, in[0], in[1]);
    return LLVMBuildSelect(e->builder, first, in[0], in[1], "");
}

LOWER(and) {
    (void)node;
    return LLVMBuildAnd(e->builder, in[0], in[1], "");
}

LOWER(or) {
    (void)node;
    return LLVMBuildOr(e->builder, in[0], in[1], "");
}

LOWER(not) {
    (void)node;
    return LLVMBuildNot(e->builder, in[0], "");
}

LOWER(select) {
    (void)node;
    return LLVMBuildSelect(e->builder, in[0], in[1], in[2], "");
}

/* f32 to i32 drops the fraction and saturates, NaN gives 0; to bool: is it other than 0? */
static LLVMValueRef convert(Emitter *e, ElemType from, ElemType to, LLVMValueRef x) {
    if (from == to) return x;
    if (to == ELEM_F32) {
        return from == ELEM_I32 ? LLVMBuildSIToFP(e->builder, x, e->f32x, "")
                                : LLVMBuildUIToFP(e->builder, x, e->f32x, "");
    }
    if (to == ELEM_I32) {
        if (from == ELEM_BOOL) return LLVMBuildZExt(e->builder, x, e->i32x, "");
        LLVMTypeRef types[] = {e->i32x, e->f32x};
        return emit_intrinsic(e, "llvm.fptosi.sat", 2, types, 1, &x);
    }
    if (from == ELEM_F32) return LLVMBuildFCmp(e->builder, LLVMRealUNE, x, emit_f32x(e, 0), "");
    return LLVMBuildICmp(e->builder, LLVMIntNE, x, emit_i32x(e, 0), "");
}

/* A value of a type of storage is what memory would hold, also when it never lies there. */
LOWER(cast) {
    ElemType to = node->type.elem, computed = elem_computed(to);
    LLVMValueRef value = convert(e, elem_computed(node->inputs[0]->type.elem), computed, in[0]);
    return to == computed ? value : emit_unpacked(e, to, emit_packed(e, to, value));
}

LLVMValueRef emit_lowered(Emitter *e, const Node *node, const LLVMValueRef *in) {
    static Lower *const table[] = {
#define VECTOR(function) lower_##function
#define FOLD(step, identity) NULL
#define OWN NULL
#define OP(name, arity, attributes, kind, reads, cost, traits, shape, value, gradient, lowering) [OP_##name] = lowering,
#include "graph/ops.def"
#undef OP
#undef VECTOR
#undef FOLD
#undef OWN
    };
    assert(table[node->op]);
    return table[node->op](e, node, in);
}
