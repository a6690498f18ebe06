/* Elements: 16 elements of any node of a body, computed from its operands' elements. What moves
 * elements changes the index that the operands are asked at; what computes lowers to vector
 * instructions (lower.c). */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "codegen/lower.h"
#include "graph/base/memory.h"

/* --- Scopes --- */

void scope_open(Scope *scope, const Scope *parent) { *scope = (Scope){.parent = parent}; }

void scope_close(Scope *scope) {
    free(scope->memos);
    *scope = (Scope){0};
}

static bool same_coord(Coord a, Coord b) { return a.kind == b.kind && a.base == b.base && a.offset == b.offset; }

static bool same_place(const Node *node, const Memo *memo, const Index *index) {
    for (int i = 0; i < node->type.rank; i++) {
        if (!same_coord(memo->at[i], index->at[i])) return false;
    }
    return true;
}

LLVMValueRef scope_find(const Scope *scope, const Node *node, const Index *index, int word) {
    for (; scope; scope = scope->parent) {
        for (int64_t i = scope->count - 1; i >= 0; i--) {
            const Memo *memo = &scope->memos[i];
            if (memo->node == node && memo->word == word && same_place(node, memo, index)) return memo->value;
        }
    }
    return NULL;
}

void scope_add(Scope *scope, const Node *node, const Index *index, int word, LLVMValueRef value) {
    scope->memos = memory_grow(scope->memos, &scope->capacity, scope->count + 1, sizeof *scope->memos);
    Memo *memo = &scope->memos[scope->count++];
    *memo = (Memo){.node = node, .word = word, .value = value};
    memcpy(memo->at, index->at, sizeof memo->at);
}

/* The one spelling of a position: 0 along axes of extent 1, no offset beside a constant. */
static Index canonical_index(const Emitter *e, const Type *type, const Index *index) {
    Index out = *index;
    for (int i = 0; i < type->rank; i++) {
        Coord *at = &out.at[i];
        if (dim_is(type->dims[i], 1)) *at = coord_const(e, 0);
        if (at->kind == COORD_SPLAT && at->offset && LLVMIsAConstantInt(at->base)) {
            *at = coord_const(e, LLVMConstIntGetSExtValue(at->base) + at->offset);
        }
    }
    return out;
}

void scope_bind(const Emitter *e, Scope *scope, const Node *node, const Index *index, LLVMValueRef value) {
    Index place = canonical_index(e, &node->type, index);
    scope_add(scope, node, &place, -1, value);
}

/* --- Leaves --- */

int emit_operand(const Node *input) {
    assert(op_is(input->op, IS_GIVEN));
    return atoi(input->attrs.text);
}

int emit_result(const Emitter *e, int output) { return e->n_operands + atoi(e->body->outputs.items[output].name); }

static LLVMValueRef element_const(Emitter *e, Scope *scope, const Node *node, const Index *index) {
    (void)scope, (void)index;
    ElemType elem = elem_computed(node->type.elem);
    double value = elem_held(node->type.elem, node->attrs.number);
    if (elem == ELEM_F32) return emit_f32x(e, value);
    if (elem == ELEM_I32) return emit_i32x(e, (int64_t)value);
    return emit_splat(e, LLVMConstInt(e->i1, value != 0, false));
}

static LLVMValueRef element_input(Emitter *e, Scope *scope, const Node *node, const Index *index) {
    (void)scope;
    return emit_load(e, emit_operand(node), &node->type, index);
}

static LLVMValueRef element_iota(Emitter *e, Scope *scope, const Node *node, const Index *index) {
    (void)scope;
    Coord at = index->at[node->attrs.ints[0]];
    LLVMValueRef first =
        LLVMBuildTrunc(e->builder, at.kind == COORD_VECTOR ? emit_coord(e, at) : emit_coord_scalar(e, at),
                       at.kind == COORD_VECTOR ? e->i32x : e->i32, "");
    if (at.kind == COORD_VECTOR) return first;
    LLVMValueRef splat = emit_splat(e, first);
    return at.kind == COORD_SPLAT ? splat : LLVMBuildAdd(e->builder, splat, emit_lane_numbers(e, e->i32), "");
}

/* --- What moves elements --- */

static LLVMValueRef element_transpose(Emitter *e, Scope *scope, const Node *node, const Index *index) {
    Index from = *index;
    int last = node->type.rank - 1;
    from.at[last] = index->at[last - 1];
    from.at[last - 1] = index->at[last];
    return emit_vector(e, scope, node->inputs[0], &from);
}

static LLVMValueRef element_broadcast(Emitter *e, Scope *scope, const Node *node, const Index *index) {
    const Type *type = &node->inputs[0]->type;
    Index from = {.mask = index->mask};
    for (int i = 0; i < type->rank; i++) from.at[i] = index->at[node->type.rank - type->rank + i];
    return emit_vector(e, scope, node->inputs[0], &from); /* which puts 0 where the extent is 1 */
}

static LLVMValueRef element_slice(Emitter *e, Scope *scope, const Node *node, const Index *index) {
    Index from = *index;
    from.at[node->attrs.ints[0]].offset += node->attrs.ints[1];
    if (dim_is(node->type.dims[node->attrs.ints[0]], 1)) {
        from.at[node->attrs.ints[0]] = coord_const(e, node->attrs.ints[1]);
    }
    return emit_vector(e, scope, node->inputs[0], &from);
}

static LLVMValueRef element_reshape(Emitter *e, Scope *scope, const Node *node, const Index *index) {
    Index from = emit_reshape_index(e, &node->type, index, &node->inputs[0]->type);
    return emit_vector(e, scope, node->inputs[0], &from);
}

static LLVMValueRef element_gather(Emitter *e, Scope *scope, const Node *node, const Index *index) {
    Index at = {.at = {index->at[0]}, .mask = index->mask};
    Index from = *index;
    LLVMValueRef row = emit_vector(e, scope, node->inputs[1], &at);
    if (index->at[0].kind == COORD_SPLAT || dim_is(node->type.dims[0], 1)) {
        from.at[0] = coord_splat(LLVMBuildSExt(e->builder, emit_lane(e, row, 0), e->i64, ""));
    } else {
        from.at[0] = coord_vector(LLVMBuildSExt(e->builder, row, e->i64x, ""));
    }
    return emit_vector(e, scope, node->inputs[0], &from);
}

LLVMValueRef emit_inside(Emitter *e, LLVMValueRef number, int64_t extent) {
    LLVMValueRef zero = emit_i32x(e, 0), last = emit_i32x(e, extent - 1);
    number = LLVMBuildSelect(e->builder, LLVMBuildICmp(e->builder, LLVMIntSLT, number, zero, ""), zero, number, "");
    number = LLVMBuildSelect(e->builder, LLVMBuildICmp(e->builder, LLVMIntSGT, number, last, ""), last, number, "");
    return LLVMBuildSExt(e->builder, number, e->i64x, "");
}

Index emit_lookup_index(Emitter *e, const Node *lookup, LLVMValueRef row, LLVMValueRef column) {
    const Type *table = &lookup->inputs[0]->type;
    return (Index){.at = {coord_vector(emit_inside(e, row, table->dims[0].offset)),
                          coord_vector(emit_inside(e, column, table->dims[1].offset))}};
}

static LLVMValueRef element_lookup(Emitter *e, Scope *scope, const Node *node, const Index *index) {
    LLVMValueRef row = emit_vector(e, scope, node->inputs[1], index);
    Index at = emit_lookup_index(e, node, row, emit_vector(e, scope, node->inputs[2], index));
    return emit_vector(e, scope, node->inputs[0], &at);
}

/* Lanes on both sides of a seam: every operand under the mask of its own range. */
static LLVMValueRef concat_lanes(Emitter *e, Scope *scope, const Node *node, const Index *index) {
    int64_t axis = node->attrs.ints[0];
    LLVMValueRef positions = emit_coord(e, index->at[axis]), start = emit_i64(e, 0), value = NULL;
    for (int i = 0; i < node->n_inputs; i++) {
        LLVMValueRef end = emit_add(e, start, emit_dim(e, node->inputs[i]->type.dims[axis]));
        LLVMValueRef inside = LLVMBuildICmp(e->builder, LLVMIntSGE, positions, emit_splat(e, start), "");
        LLVMValueRef before = LLVMBuildICmp(e->builder, LLVMIntSLT, positions, emit_splat(e, end), "");
        inside = LLVMBuildAnd(e->builder, inside, before, "");
        Index own_index = *index;
        own_index.mask = index->mask ? LLVMBuildAnd(e->builder, inside, index->mask, "") : inside;
        own_index.at[axis] = coord_vector(LLVMBuildSub(e->builder, positions, emit_splat(e, start), ""));
        if (index->at[axis].kind == COORD_LANES) {
            LLVMValueRef base = LLVMBuildSub(e->builder, emit_coord_scalar(e, index->at[axis]), start, "");
            own_index.at[axis] = coord_lanes(base, 0, 1);
        }
        Scope inner; /* values under this mask are of use to nobody else */
        scope_open(&inner, scope);
        LLVMValueRef own = emit_vector(e, &inner, node->inputs[i], &own_index);
        scope_close(&inner);
        value = value ? LLVMBuildSelect(e->builder, inside, own, value, "") : own;
        start = end;
    }
    return value;
}

/* All lanes in one operand: a branch, for the others have no such element. */
static LLVMValueRef concat_scalar(Emitter *e, Scope *scope, const Node *node, const Index *index) {
    int64_t axis = node->attrs.ints[0];
    LLVMTypeRef type = emit_vector_type(e, node->type.elem);
    LLVMValueRef value = emit_local(e, type, LLVMConstNull(type));
    LLVMValueRef position = emit_coord_scalar(e, index->at[axis]), start = emit_i64(e, 0);
    for (int i = 0; i < node->n_inputs; i++) {
        LLVMValueRef own = LLVMBuildSub(e->builder, position, start, "");
        LLVMValueRef extent = emit_dim(e, node->inputs[i]->type.dims[axis]);
        LLVMBasicBlockRef after = emit_if(e, LLVMBuildICmp(e->builder, LLVMIntULT, own, extent, ""));
        Scope inner;
        scope_open(&inner, scope);
        Index own_index = *index;
        own_index.at[axis] = coord_splat(own);
        emit_set(e, value, emit_vector(e, &inner, node->inputs[i], &own_index));
        scope_close(&inner);
        emit_end_if(e, after);
        start = emit_add(e, start, extent);
    }
    return emit_get(e, type, value);
}

static LLVMValueRef element_concat(Emitter *e, Scope *scope, const Node *node, const Index *index) {
    bool scalar = index->at[node->attrs.ints[0]].kind == COORD_SPLAT;
    return (scalar ? concat_scalar : concat_lanes)(e, scope, node, index);
}

/* --- Everything --- */

static LLVMValueRef element_computed(Emitter *e, Scope *scope, const Node *node, const Index *index) {
    LLVMValueRef in[3] = {0};
    for (int i = 0; i < node->n_inputs; i++) in[i] = emit_vector(e, scope, node->inputs[i], index);
    return emit_lowered(e, node, in);
}

static LLVMValueRef emit_element(Emitter *e, Scope *scope, const Node *node, const Index *index) {
    typedef LLVMValueRef Element(Emitter *, Scope *, const Node *, const Index *);
    static Element *const elements[OP_COUNT] = {
        [OP_input] = element_input,         [OP_param] = element_input,     [OP_const] = element_const,
        [OP_iota] = element_iota,           [OP_reshape] = element_reshape, [OP_transpose] = element_transpose,
        [OP_broadcast] = element_broadcast, [OP_slice] = element_slice,     [OP_concat] = element_concat,
        [OP_gather] = element_gather,       [OP_random] = element_random,   [OP_lookup] = element_lookup,
    };
    if (op_kind(node->op) == KIND_ELEMENTWISE) return element_computed(e, scope, node, index);
    assert(elements[node->op]); /* what only a kind of its own computes must be bound */
    return elements[node->op](e, scope, node, index);
}

LLVMValueRef emit_vector(Emitter *e, Scope *scope, const Node *node, const Index *index) {
    Index place = canonical_index(e, &node->type, index);
    LLVMValueRef value = scope_find(scope, node, &place, -1);
    if (value) return value;
    LLVMMetadataRef before = emit_line(e, node);
    value = emit_element(e, scope, node, &place);
    emit_line_back(e, before);
    scope_add(scope, node, &place, -1, value);
    return value;
}

LLVMValueRef emit_scalar(Emitter *e, Scope *scope, const Node *node, const Index *index) {
    return emit_lane(e, emit_vector(e, scope, node, index), 0);
}

void emit_output(Emitter *e, Scope *scope, int output, const Index *index) {
    const Node *node = e->body->outputs.items[output].node;
    Index place = canonical_index(e, &node->type, index);
    emit_store(e, emit_result(e, output), &node->type, &place, emit_vector(e, scope, node, &place));
}

bool body_has(const Graph *body, Op op) {
    for (int i = 0; i < body->nodes.count; i++) {
        if (body->nodes.items[i]->op == op) return true;
    }
    return false;
}

static bool is_single(const Type *type) {
    for (int i = 0; i < type->rank; i++) {
        if (!dim_is(type->dims[i], 1)) return false;
    }
    return true;
}

/* Can emit_vector compute it without a binding? */
static bool computable(const Node *node) {
    OpKind kind = op_kind(node->op);
    return kind == KIND_LEAF || kind == KIND_ELEMENTWISE || kind == KIND_MOVE || kind == KIND_GATHER ||
           kind == KIND_RANDOM;
}

void emit_uniform_nodes(Emitter *e, Scope *scope) {
    bool *free_of_reductions = memory_new((size_t)e->body->nodes.count, sizeof *free_of_reductions);
    Index index = {0};
    for (int i = 0; i < MAX_RANK; i++) index.at[i] = coord_const(e, 0);
    for (int i = 0; i < e->body->nodes.count; i++) {
        const Node *node = e->body->nodes.items[i];
        bool good = computable(node);
        for (int k = 0; k < node->n_inputs; k++) good = good && free_of_reductions[node->inputs[k]->id];
        free_of_reductions[node->id] = good;
        if (good && is_single(&node->type)) emit_vector(e, scope, node, &index);
    }
    free(free_of_reductions);
}

static bool is_row_scalar(const Node *node, const Type *domain) {
    int last = domain->rank - 1;
    if (node->type.rank != domain->rank || last < 1 || !dim_is(node->type.dims[last], 1)) return false;
    for (int i = 0; i < last; i++) {
        if (!dim_equal(node->type.dims[i], domain->dims[i])) return false;
    }
    return computable(node);
}

void emit_row_scalars(Emitter *e, Scope *scope, const Type *domain, const Index *row, const int *level, int at_most) {
    for (int i = 0; i < e->body->nodes.count; i++) {
        const Node *node = e->body->nodes.items[i];
        if (!is_row_scalar(node, domain) || (level && level[i] > at_most)) continue;
        emit_vector(e, scope, node, row);
    }
}
