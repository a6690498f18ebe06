/* Peak: the most that the vector units do, for comparison. A round is one fused multiply-add of
 * every chain; chains fill the registers, so that none waits for its own last result. */
#include "codegen/emit.h"

enum { MAX_CHAINS = 32 };

/* Two registers hold the factor and the summand; some stay free for the loop. */
static int chain_count(const Target *target) { return target->registers * 3 / 4; }

int64_t peak_flops(const Target *target) { return (int64_t)2 * chain_count(target) * target->lanes; }

void emit_peak(Emitter *e) {
    const int chains = chain_count(e->target);
    LLVMTypeRef vector = LLVMVectorType(e->f32, (unsigned)e->target->lanes);
    LLVMValueRef place = emit_address(e, e->buffers[0], emit_mul(e, e->thread, emit_i64(e, LANES)));
    LLVMValueRef start = emit_read(e, 0, vector, place, WORD_BYTES), sums[MAX_CHAINS] = {0};
    /* Chains that began alike would be one to LLVM. */
    for (int i = 0; i < chains; i++) {
        LLVMValueRef apart = LLVMConstReal(e->f32, i), lanes[LANES];
        for (int j = 0; j < e->target->lanes; j++) lanes[j] = apart;
        LLVMValueRef offset = LLVMConstVector(lanes, (unsigned)e->target->lanes);
        sums[i] = emit_local(e, vector, LLVMBuildFAdd(e->builder, start, offset, ""));
    }
    Loop loop = emit_for(e, emit_i64(e, 0), e->extents[0], 1, "round");
    for (int i = 0; i < chains; i++) emit_set(e, sums[i], emit_fma(e, emit_get(e, vector, sums[i]), start, start));
    emit_end_for(e, &loop);
    LLVMValueRef all = emit_get(e, vector, sums[0]);
    for (int i = 1; i < chains; i++) all = LLVMBuildFAdd(e->builder, all, emit_get(e, vector, sums[i]), "");
    emit_write(e, 0, all, place, WORD_BYTES);
}
