/* Row: elementwise values and reductions of each row, one row after another, each row in passes
 * over its columns.
 *
 * A node's level is the number of reductions that must be complete before it: pass l computes
 * reductions of values of level l and results of level l. What a later pass needs again is computed
 * again when that is cheap, else kept in the thread's scratch: the stash.
 *
 *     pass 0   m = sum(x)            level of x: 0, of m: 1
 *     pass 1   v = sum((x - m)^2)    level of x - m: 1, of v: 2
 *     pass 2   y = (x - m) * r(v)    stored
 *
 * A reduction's order: column c is added to lane c % 16 in ascending order from +0 (so a sum of
 * negative zeros is +0) or -inf; the lanes are folded in the fixed tree of emit_fold. */
#include <assert.h>
#include <stdlib.h>

#include "codegen/emit.h"
#include "graph/base/memory.h"

enum { CHEAP = 2 }; /* operations, a load counting as one, that are repeated rather than stashed */

typedef struct Row {
    const Type *domain; /* its last axis is the row; the others number the rows */
    int *level;         /* [node] */
    int *slot;          /* [node] of the stash; -1: not there */
    int n_slots, levels;
    int64_t slot_elements; /* a row, rounded up to 64 bytes */
    Index row;             /* where it starts */
    LLVMValueRef *acc;     /* [node]: a reduction's accumulator while its pass runs */
    int pass;
    Dim width; /* of the pass */
} Row;

static Node *node_at(const Emitter *e, int id) { return e->body->nodes.items[id]; }

static bool is_reduction(const Node *node) { return op_kind(node->op) == KIND_REDUCE; }

static Dim width_of(const Node *node) { return node->type.rank ? node->type.dims[node->type.rank - 1] : dim_const(1); }

static bool is_wide(const Node *node) { return !dim_is(width_of(node), 1); }

static Index at_column(const Row *row, Coord column, LLVMValueRef mask) {
    return index_in_row(&row->row, row->domain->rank - 1, column, mask);
}

/* --- Planning --- */

static void find_levels(const Emitter *e, Row *row) {
    for (int i = 0; i < e->body->nodes.count; i++) {
        const Node *node = node_at(e, i);
        int level = 0;
        for (int k = 0; k < node->n_inputs; k++) {
            int from = row->level[node->inputs[k]->id];
            if (from > level) level = from;
        }
        row->level[i] = level + is_reduction(node);
        if (row->level[i] >= row->levels) row->levels = row->level[i] + 1;
    }
}

/* A load counts as an operation, as writing down the numbers of an iota does; a scalar is there already. */
static int own_cost(const Node *node) { return op_is(node->op, IS_GIVEN) && is_wide(node) ? 1 : op_cost(node->op); }

/* Does a later pass ask for it? Reductions take their operands in the operands' own pass. */
static bool *find_crossing(const Emitter *e, const Row *row) {
    bool *crossing = memory_new((size_t)e->body->nodes.count, sizeof *crossing);
    for (int i = 0; i < e->body->nodes.count; i++) {
        const Node *node = node_at(e, i);
        if (is_reduction(node)) continue;
        for (int k = 0; k < node->n_inputs; k++) {
            int from = node->inputs[k]->id;
            if (row->level[from] < row->level[i]) crossing[from] = true;
        }
    }
    return crossing;
}

/* Only rows of a constant width have a stash: it must fit into the scratch. */
static void plan_stash(const Emitter *e, Row *row) {
    Dim width = row->domain->dims[row->domain->rank - 1];
    bool *crossing = find_crossing(e, row);
    int64_t *cost = memory_new((size_t)e->body->nodes.count, sizeof *cost);
    row->slot_elements = dim_is_const(width) ? (width.offset + LANES - 1) / LANES * LANES : 0;
    int64_t room = row->slot_elements ? SCRATCH_BYTES / (row->slot_elements * WORD_BYTES) : 0;
    for (int i = 0; i < e->body->nodes.count; i++) {
        const Node *node = node_at(e, i);
        row->slot[i] = -1;
        cost[i] = own_cost(node);
        for (int k = 0; k < node->n_inputs; k++) cost[i] += is_wide(node->inputs[k]) ? cost[node->inputs[k]->id] : 0;
        if (cost[i] > 1000) cost[i] = 1000;
        bool keeps = crossing[i] && is_wide(node) && dim_equal(width_of(node), width) &&
                     node->type.rank == row->domain->rank && cost[i] > CHEAP && row->n_slots < room;
        if (!keeps) continue;
        row->slot[i] = row->n_slots++;
        cost[i] = 1;
    }
    free(crossing);
    free(cost);
}

/* --- A pass --- */

static LLVMValueRef stash_address(Emitter *e, const Row *row, const Node *node, Coord column) {
    LLVMValueRef at = emit_add(e, emit_coord_scalar(e, column), emit_i64(e, row->slot[node->id] * row->slot_elements));
    return emit_address(e, e->scratch, at);
}

static void bind_stashed(Emitter *e, const Row *row, Scope *scope, const Node *node, Coord column) {
    ElemType elem = elem_computed(node->type.elem); /* the stash keeps words */
    LLVMTypeRef type = emit_memory_type(e, elem);
    LLVMValueRef value = emit_read(e, -1, type, stash_address(e, row, node, column), LANES * WORD_BYTES);
    Index index = at_column(row, column, NULL);
    scope_bind(e, scope, node, &index, emit_unpacked(e, elem, value));
}

static void stash(Emitter *e, const Row *row, Scope *scope, const Node *node, Coord column, LLVMValueRef mask) {
    Index index = at_column(row, column, mask);
    LLVMValueRef value = emit_packed(e, elem_computed(node->type.elem), emit_vector(e, scope, node, &index));
    emit_write(e, -1, value, stash_address(e, row, node, column), LANES * WORD_BYTES);
}

static void accumulate(Emitter *e, const Row *row, Scope *scope, const Node *node, Coord column, LLVMValueRef mask) {
    Index index = at_column(row, column, mask);
    LLVMValueRef value = emit_vector(e, scope, node->inputs[0], &index);
    if (mask) value = LLVMBuildSelect(e->builder, mask, value, emit_fold_identity(e, node->op), "");
    LLVMValueRef acc = emit_get(e, e->f32x, row->acc[node->id]);
    emit_set(e, row->acc[node->id], emit_fold_step(e, node->op, acc, value));
}

static bool reduces_now(const Row *row, const Node *node) {
    return is_reduction(node) && row->level[node->inputs[0]->id] == row->pass &&
           dim_equal(width_of(node->inputs[0]), row->width);
}

static bool stores_now(const Row *row, const Node *node) {
    return row->level[node->id] == row->pass && dim_equal(width_of(node), row->width) && is_wide(node);
}

static bool stashes_now(const Row *row, const Node *node) {
    return row->slot[node->id] >= 0 && row->level[node->id] == row->pass && dim_equal(width_of(node), row->width);
}

static void emit_pass_chunk(Emitter *e, Scope *scope, void *context, Coord column, LLVMValueRef mask) {
    const Row *row = context;
    for (int i = 0; i < e->body->nodes.count; i++) {
        const Node *node = node_at(e, i);
        bool earlier = row->slot[i] >= 0 && row->level[i] < row->pass && dim_equal(width_of(node), row->width);
        if (earlier) bind_stashed(e, row, scope, node, column);
        if (stashes_now(row, node)) stash(e, row, scope, node, column, mask);
        if (reduces_now(row, node)) accumulate(e, row, scope, node, column, mask);
    }
    for (int i = 0; i < e->body->outputs.count; i++) {
        const Node *node = e->body->outputs.items[i].node;
        if (!stores_now(row, node)) continue;
        Index index = at_column(row, column, mask);
        emit_output(e, scope, i, &index);
    }
}

/* The pass over the columns of one width, and what it reduces, bound in the row's scope. */
static void emit_pass(Emitter *e, Row *row, Scope *scope) {
    for (int i = 0; i < e->body->nodes.count; i++) {
        const Node *node = node_at(e, i);
        if (reduces_now(row, node)) emit_set(e, row->acc[i], emit_fold_identity(e, node->op));
    }
    int vectors = body_has(e->body, OP_random) ? 4 : 1;
    emit_chunks(e, scope, emit_i64(e, 0), emit_dim(e, row->width), vectors, emit_pass_chunk, row);
    for (int i = 0; i < e->body->nodes.count; i++) {
        const Node *node = node_at(e, i);
        if (!reduces_now(row, node)) continue;
        LLVMValueRef result = emit_fold(e, node->op, emit_get(e, e->f32x, row->acc[i]));
        Index index = at_column(row, coord_const(e, 0), NULL);
        scope_bind(e, scope, node, &index, emit_splat(e, result));
    }
}

/* Is this node reduced, stored or stashed at this level, and in which width? */
static bool has_work(const Emitter *e, Row *row, int id, Dim *width) {
    const Node *node = node_at(e, id);
    bool output = false;
    for (int i = 0; i < e->body->outputs.count; i++) output |= e->body->outputs.items[i].node == node;
    if (is_reduction(node) && row->level[node->inputs[0]->id] == row->pass)
        *width = width_of(node->inputs[0]);
    else if ((output || row->slot[id] >= 0) && row->level[id] == row->pass && is_wide(node))
        *width = width_of(node);
    else
        return false;
    return true;
}

static void emit_level(Emitter *e, Row *row, Scope *scope) {
    Dim done[MAX_BUFFERS];
    int n_done = 0;
    emit_row_scalars(e, scope, row->domain, &row->row, row->level, row->pass);
    for (int i = 0; i < e->body->outputs.count; i++) {
        const Node *node = e->body->outputs.items[i].node;
        if (row->level[node->id] != row->pass || is_wide(node)) continue;
        Index index = at_column(row, coord_const(e, 0), NULL);
        emit_output(e, scope, i, &index);
    }
    for (int i = 0; i < e->body->nodes.count; i++) {
        Dim width;
        bool new_width = has_work(e, row, i, &width);
        for (int k = 0; k < n_done; k++) new_width = new_width && !dim_equal(done[k], width);
        if (!new_width) continue;
        assert(n_done < MAX_BUFFERS);
        row->width = done[n_done++] = width;
        emit_pass(e, row, scope);
    }
}

/* The operand of a reduction, or else the widest result. */
static const Type *find_domain(const Emitter *e) {
    for (int i = 0; i < e->body->nodes.count; i++) {
        if (is_reduction(node_at(e, i))) return &node_at(e, i)->inputs[0]->type;
    }
    const Node *best = e->body->outputs.items[0].node;
    for (int i = 1; i < e->body->outputs.count; i++) {
        const Node *node = e->body->outputs.items[i].node;
        if (!is_wide(best)) best = node;
    }
    return &best->type;
}

static void emit_all_rows(Emitter *e, Row *row, const Scope *root) {
    LLVMValueRef from, to;
    emit_share(e, emit_row_count(e, row->domain, row->domain->rank - 1), &from, &to);
    for (int i = 0; i < e->body->nodes.count; i++) {
        if (is_reduction(node_at(e, i))) row->acc[i] = emit_local(e, e->f32x, NULL);
    }
    Loop loop = emit_for(e, from, to, 1, "row");
    Scope scope;
    scope_open(&scope, root);
    row->row = emit_row_start(e, row->domain, row->domain->rank - 1, loop.i);
    for (row->pass = 0; row->pass < row->levels; row->pass++) emit_level(e, row, &scope);
    scope_close(&scope);
    emit_end_for(e, &loop);
}

void emit_row(Emitter *e) {
    size_t count = (size_t)e->body->nodes.count;
    Row row = {.domain = find_domain(e)};
    row.level = memory_new(count, sizeof *row.level);
    row.slot = memory_new(count, sizeof *row.slot);
    row.acc = memory_new(count, sizeof *row.acc);
    find_levels(e, &row);
    plan_stash(e, &row);
    Scope root;
    scope_open(&root, NULL);
    emit_uniform_nodes(e, &root);
    emit_all_rows(e, &row, &root);
    scope_close(&root);
    free(row.level);
    free(row.slot);
    free(row.acc);
}
