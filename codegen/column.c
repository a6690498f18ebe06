/* Column: reductions over an axis that is not the last: each column is one chain in the order of
 * the rows, from +0 or -inf. Threads share blocks of 64 columns, never the rows of one. All results
 * reduce values of one shape and share the walk over it. */
#include <assert.h>

#include "codegen/emit.h"

enum { BLOCK_VECTORS = 4 };

/* The domain seen as [outer, K, C]: `outer` numbers the axes around the reduced one, C is the last
 * axis. */
typedef struct Column {
    const Type *domain;
    int axis; /* K */
    LLVMValueRef accs[MAX_BUFFERS * BLOCK_VECTORS];
    LLVMValueRef outer, k;
    LLVMValueRef base; /* first column of the block */
} Column;

static const Node *output_node(const Emitter *e, int output) { return e->body->outputs.items[output].node; }

/* The position of element (outer, k, column), or with k NULL that of a result. */
static Index make_index(Emitter *e, const Column *c, LLVMValueRef k, Coord column, LLVMValueRef mask) {
    Index index = {.mask = mask};
    LLVMValueRef outer = c->outer;
    int last = c->domain->rank - 1;
    for (int i = 0; i < MAX_RANK; i++) index.at[i] = coord_const(e, 0);
    index.at[last] = column;
    for (int i = last - 1; i >= 0; i--) {
        if (i == c->axis) continue;
        LLVMValueRef extent = emit_dim(e, c->domain->dims[i]);
        index.at[i] = coord_splat(LLVMBuildURem(e->builder, outer, extent, ""));
        outer = LLVMBuildUDiv(e->builder, outer, extent, "");
    }
    if (k) index.at[c->axis] = coord_splat(k);
    return index;
}

static LLVMValueRef outer_count(Emitter *e, const Column *c) {
    LLVMValueRef count = emit_i64(e, 1);
    for (int i = 0; i < c->domain->rank - 1; i++) {
        if (i != c->axis) count = emit_mul(e, count, emit_dim(e, c->domain->dims[i]));
    }
    return count;
}

static void reset(Emitter *e, const Column *c, int vectors) {
    for (int i = 0; i < e->n_results; i++) {
        for (int v = 0; v < vectors; v++) {
            emit_set(e, c->accs[i * BLOCK_VECTORS + v], emit_fold_identity(e, output_node(e, i)->op));
        }
    }
}

static void add_row(Emitter *e, const Column *c, const Scope *parent, int vectors, int align, LLVMValueRef mask) {
    Scope scope;
    scope_open(&scope, parent);
    for (int v = 0; v < vectors; v++) {
        Coord column = coord_lanes(c->base, (int64_t)v * LANES, align);
        Index index = make_index(e, c, c->k, column, mask);
        for (int i = 0; i < e->n_results; i++) {
            const Node *node = output_node(e, i);
            LLVMValueRef local = c->accs[i * BLOCK_VECTORS + v];
            LLVMValueRef value = emit_vector(e, &scope, node->inputs[0], &index);
            emit_set(e, local, emit_fold_step(e, node->op, emit_get(e, e->f32x, local), value));
        }
    }
    scope_close(&scope);
}

/* `vectors` vectors of columns from c->base, all rows, and their results. Lanes past the mask add
 * up garbage that is not stored. */
static void emit_block(Emitter *e, Column *c, const Scope *parent, int vectors, int align, LLVMValueRef mask) {
    reset(e, c, vectors);
    Loop loop = emit_for(e, emit_i64(e, 0), emit_dim(e, c->domain->dims[c->axis]), 1, "k");
    c->k = loop.i;
    add_row(e, c, parent, vectors, align, mask);
    emit_end_for(e, &loop);
    for (int v = 0; v < vectors; v++) {
        Index index = make_index(e, c, NULL, coord_lanes(c->base, (int64_t)v * LANES, align), mask);
        for (int i = 0; i < e->n_results; i++) {
            LLVMValueRef sum = emit_get(e, e->f32x, c->accs[i * BLOCK_VECTORS + v]);
            emit_store(e, emit_result(e, i), &output_node(e, i)->type, &index, sum);
        }
    }
}

/* What is left of the columns after full blocks, vector by vector. */
static void emit_rest(Emitter *e, Column *c, const Scope *parent, LLVMValueRef from, LLVMValueRef columns) {
    Loop loop = emit_for(e, from, columns, LANES, "column");
    c->base = loop.i;
    bool partial = !LLVMIsAConstantInt(columns) || LLVMConstIntGetSExtValue(columns) % LANES;
    LLVMValueRef mask = partial ? emit_mask(e, coord_lanes(loop.i, 0, LANES), columns) : NULL;
    emit_block(e, c, parent, 1, LANES, mask);
    emit_end_for(e, &loop);
}

static void emit_item(Emitter *e, Column *c, const Scope *parent, LLVMValueRef base, LLVMValueRef columns) {
    int64_t width = BLOCK_VECTORS * LANES;
    LLVMValueRef left = LLVMBuildSub(e->builder, columns, base, "");
    LLVMValueRef full = LLVMBuildICmp(e->builder, LLVMIntSGE, left, emit_i64(e, width), "");
    LLVMBasicBlockRef after = emit_if(e, full);
    c->base = base;
    emit_block(e, c, parent, BLOCK_VECTORS, (int)width, NULL);
    emit_end_if(e, after);
    if (LLVMIsAConstantInt(columns) && LLVMConstIntGetSExtValue(columns) % width == 0) return;
    after = emit_if(e, LLVMBuildNot(e->builder, full, ""));
    emit_rest(e, c, parent, base, columns);
    emit_end_if(e, after);
}

void emit_column(Emitter *e) {
    const Node *first = output_node(e, 0);
    Column c = {.domain = &first->inputs[0]->type, .axis = (int)first->attrs.ints[0]};
    assert(c.axis < c.domain->rank - 1);
    for (int i = 0; i < e->n_results; i++) assert(output_node(e, i)->attrs.ints[0] == c.axis);
    for (int i = 0; i < e->n_results * BLOCK_VECTORS; i++) c.accs[i] = emit_local(e, e->f32x, NULL);
    Scope root;
    scope_open(&root, NULL);
    emit_uniform_nodes(e, &root);
    LLVMValueRef columns = emit_dim(e, c.domain->dims[c.domain->rank - 1]);
    LLVMValueRef blocks = emit_div_up(e, columns, BLOCK_VECTORS * LANES), from, to;
    emit_share(e, emit_mul(e, outer_count(e, &c), blocks), &from, &to);
    Loop loop = emit_for(e, from, to, 1, "block");
    c.outer = LLVMBuildUDiv(e->builder, loop.i, blocks, "");
    LLVMValueRef block = LLVMBuildURem(e->builder, loop.i, blocks, "");
    emit_item(e, &c, &root, emit_mul(e, block, emit_i64(e, BLOCK_VECTORS * LANES)), columns);
    emit_end_for(e, &loop);
    scope_close(&root);
}
