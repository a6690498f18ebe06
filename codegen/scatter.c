/* Scatter: rows put together into a table, by their sum or their maximum. Each thread owns some of
 * the columns, clears them, and folds in all rows in order: an element is one chain from +0 or -inf
 * in the order of the rows. */
#include <assert.h>

#include "codegen/emit.h"

typedef struct Scatter {
    const Node *node;
    int output;
    LLVMValueRef row, target;
    LLVMValueRef columns;
} Scatter;

static void clear_chunk(Emitter *e, Scope *scope, void *context, Coord column, LLVMValueRef mask) {
    (void)scope;
    const Scatter *s = context;
    Index index = {.at = {coord_splat(s->target), column}, .mask = mask};
    emit_store(e, emit_result(e, s->output), &s->node->type, &index, emit_fold_identity(e, s->node->op));
}

static void fold_chunk(Emitter *e, Scope *scope, void *context, Coord column, LLVMValueRef mask) {
    const Scatter *s = context;
    Index from = {.at = {coord_splat(s->row), column}, .mask = mask};
    Index to = {.at = {coord_splat(s->target), column}, .mask = mask};
    LLVMValueRef value = emit_vector(e, scope, s->node->inputs[1], &from);
    LLVMValueRef so_far = emit_load(e, emit_result(e, s->output), &s->node->type, &to);
    emit_store(e, emit_result(e, s->output), &s->node->type, &to, emit_fold_step(e, s->node->op, so_far, value));
}

static void emit_clear(Emitter *e, Scatter *s, const Scope *root, LLVMValueRef from, LLVMValueRef to) {
    Loop loop = emit_for(e, emit_i64(e, 0), emit_dim(e, s->node->type.dims[0]), 1, "target");
    s->target = loop.i;
    emit_chunks(e, root, from, to, 1, clear_chunk, s);
    emit_end_for(e, &loop);
}

static void emit_fold_rows(Emitter *e, Scatter *s, const Scope *root, LLVMValueRef from, LLVMValueRef to) {
    const Node *indices = s->node->inputs[0];
    Loop loop = emit_for(e, emit_i64(e, 0), emit_dim(e, indices->type.dims[0]), 1, "row");
    Scope scope;
    scope_open(&scope, root);
    s->row = loop.i;
    Index at = {.at = {coord_splat(loop.i)}};
    s->target = LLVMBuildSExt(e->builder, emit_scalar(e, &scope, indices, &at), e->i64, "");
    emit_chunks(e, &scope, from, to, 1, fold_chunk, s);
    scope_close(&scope);
    emit_end_for(e, &loop);
}

void emit_scatter(Emitter *e) {
    Scope root;
    scope_open(&root, NULL);
    emit_uniform_nodes(e, &root);
    for (int i = 0; i < e->body->outputs.count; i++) {
        Scatter s = {.node = e->body->outputs.items[i].node, .output = i};
        assert(op_kind(s.node->op) == KIND_SCATTER);
        LLVMValueRef columns = emit_dim(e, s.node->type.dims[1]), from, to;
        emit_share(e, emit_div_up(e, columns, LANES), &from, &to);
        from = emit_min(e, emit_mul(e, from, emit_i64(e, LANES)), columns);
        to = emit_min(e, emit_mul(e, to, emit_i64(e, LANES)), columns);
        LLVMBasicBlockRef after = emit_if(e, LLVMBuildICmp(e->builder, LLVMIntSLT, from, to, ""));
        emit_clear(e, &s, &root, from, to);
        emit_fold_rows(e, &s, &root, from, to);
        emit_end_if(e, after);
    }
    scope_close(&root);
}
