/* Folds: many numbers put together one by one, from the value of none on, by the FOLD column of ops.def. */
#include <assert.h>
#include <math.h>

#include "codegen/emit.h"

typedef LLVMValueRef Step(Emitter *e, LLVMValueRef acc, LLVMValueRef next);

static LLVMValueRef fold_sum(Emitter *e, LLVMValueRef acc, LLVMValueRef next) {
    return LLVMBuildFAdd(e->builder, acc, next, "");
}

/* A maximum that is no number stays none. */
static LLVMValueRef fold_max(Emitter *e, LLVMValueRef acc, LLVMValueRef next) {
    LLVMValueRef stays = LLVMBuildFCmp(e->builder, LLVMRealUNO, acc, acc, "");
    return LLVMBuildSelect(e->builder, stays, acc, emit_fmax(e, acc, next), "");
}

typedef struct FoldRow {
    Step *step; /* NULL: not a fold */
    double identity;
} FoldRow;

static FoldRow fold_of(Op op) {
    static const FoldRow rows[] = {
#define VECTOR(function) {NULL, 0}
#define FOLD(step, identity) {fold_##step, identity}
#define OWN {NULL, 0}
#define OP(name, arity, attributes, kind, reads, cost, traits, shape, value, gradient, lowering) [OP_##name] = lowering,
#include "graph/ops.def"
#undef OP
#undef VECTOR
#undef FOLD
#undef OWN
    };
    assert(rows[op].step);
    return rows[op];
}

LLVMValueRef emit_fold_step(Emitter *e, Op op, LLVMValueRef acc, LLVMValueRef vector) {
    return fold_of(op).step(e, acc, vector);
}

LLVMValueRef emit_fold_identity(const Emitter *e, Op op) { return emit_f32x(e, fold_of(op).identity); }

LLVMValueRef emit_fold(Emitter *e, Op op, LLVMValueRef vector) {
    for (int half = LANES / 2; half >= 1; half /= 2) {
        LLVMValueRef low[LANES], high[LANES];
        for (int i = 0; i < half; i++) {
            low[i] = emit_i32(e, i);
            high[i] = emit_i32(e, half + i);
        }
        LLVMValueRef a = LLVMBuildShuffleVector(e->builder, vector, vector, LLVMConstVector(low, (unsigned)half), "");
        LLVMValueRef b = LLVMBuildShuffleVector(e->builder, vector, vector, LLVMConstVector(high, (unsigned)half), "");
        vector = emit_fold_step(e, op, a, b);
    }
    return emit_lane(e, vector, 0);
}
