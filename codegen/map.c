/* Map: elements that depend on nothing but operands at places of their own. Results of one shape
 * share a walk: rows are shared among threads, or the columns where there is one row. A result of
 * one element is thread 0's. */
#include <assert.h>

#include "codegen/emit.h"

typedef struct Map {
    const Type *type; /* of the results of this walk */
    int axis;         /* of the lanes */
    Index row;
    int vectors;
} Map;

static const Type *output_type(const Emitter *e, int output) { return &e->body->outputs.items[output].node->type; }

/* Is it the first of its shape? */
static bool leads(const Emitter *e, int output) {
    for (int i = 0; i < output; i++) {
        if (type_same_shape(output_type(e, i), output_type(e, output))) return false;
    }
    return true;
}

static void emit_elements(Emitter *e, Scope *scope, void *context, Coord column, LLVMValueRef mask) {
    const Map *map = context;
    Index index = index_in_row(&map->row, map->axis, column, mask);
    LLVMValueRef values[MAX_BUFFERS];
    int n = 0, outputs[MAX_BUFFERS];
    for (int i = 0; i < e->body->outputs.count; i++) {
        if (!type_same_shape(output_type(e, i), map->type)) continue;
        values[n] = emit_vector(e, scope, e->body->outputs.items[i].node, &index);
        outputs[n++] = i;
    }
    /* Stored when all are computed: a result may overwrite an operand. */
    for (int i = 0; i < n; i++)
        emit_store(e, emit_result(e, outputs[i]), output_type(e, outputs[i]), &index, values[i]);
}

static void emit_single(Emitter *e, const Scope *root, Map *map) {
    LLVMValueRef first = LLVMBuildICmp(e->builder, LLVMIntEQ, e->thread, emit_i64(e, 0), "");
    LLVMBasicBlockRef after = emit_if(e, first);
    Scope scope;
    scope_open(&scope, root);
    map->row = emit_row_start(e, map->type, map->axis, emit_i64(e, 0));
    emit_elements(e, &scope, map, coord_const(e, 0), NULL);
    scope_close(&scope);
    emit_end_if(e, after);
}

/* One row: threads share blocks of its columns. */
static void emit_flat(Emitter *e, const Scope *root, Map *map) {
    int64_t block = 4 * LANES;
    LLVMValueRef columns = emit_dim(e, map->type->dims[map->axis]), from, to;
    emit_share(e, emit_div_up(e, columns, block), &from, &to);
    map->row = emit_row_start(e, map->type, map->axis, emit_i64(e, 0));
    from = emit_min(e, emit_mul(e, from, emit_i64(e, block)), columns);
    to = emit_min(e, emit_mul(e, to, emit_i64(e, block)), columns);
    emit_chunks(e, root, from, to, 4, emit_elements, map);
}

static void emit_rows(Emitter *e, const Scope *root, Map *map) {
    LLVMValueRef from, to;
    emit_share(e, emit_row_count(e, map->type, map->axis), &from, &to);
    Loop loop = emit_for(e, from, to, 1, "row");
    Scope scope;
    scope_open(&scope, root);
    map->row = emit_row_start(e, map->type, map->axis, loop.i);
    if (map->axis == map->type->rank - 1) emit_row_scalars(e, &scope, map->type, &map->row, NULL, 0);
    emit_chunks(e, &scope, emit_i64(e, 0), emit_dim(e, map->type->dims[map->axis]), map->vectors, emit_elements, map);
    scope_close(&scope);
    emit_end_for(e, &loop);
}

static bool has_one_row(const Type *type, int axis) {
    for (int i = 0; i < axis; i++) {
        if (!dim_is(type->dims[i], 1)) return false;
    }
    return true;
}

void emit_map(Emitter *e) {
    Scope root;
    scope_open(&root, NULL);
    emit_uniform_nodes(e, &root);
    for (int i = 0; i < e->body->outputs.count; i++) {
        if (!leads(e, i)) continue;
        Map map = {.type = output_type(e, i), .vectors = body_has(e->body, OP_random) ? 4 : 1};
        map.axis = type_lane_axis(map.type);
        bool single = map.type->rank == 0 || dim_is(map.type->dims[map.axis], 1);
        if (single)
            emit_single(e, &root, &map);
        else if (has_one_row(map.type, map.axis))
            emit_flat(e, &root, &map);
        else
            emit_rows(e, &root, &map);
    }
    scope_close(&root);
}
