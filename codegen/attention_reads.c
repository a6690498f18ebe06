/* Attention's reads: elements that scores take from the rows of query and key (cells; those of tables are elements as
 * everywhere), and what such rows and tables get back. Whatever a query and a key give is added where it was read, keys
 * ascending within queries, queries within blocks of keys; a sequence and head owns where it adds. */
#include "codegen/attention.h"

static bool is_of(const Node *read, CellSide side) { return read->op == OP_cell && cell_side(read) == side; }

static int64_t head_columns(const Attention *a, const Type *rows) { return rows->dims[1].offset / a->heads; }

/* Keys beyond the last one read what that reads. */
static Coord row_of(Attention *a, const Node *cell, const PairLanes *lanes) {
    Emitter *e = a->e;
    if (is_of(cell, CELL_QUERY)) return coord_splat(lanes->row);
    LLVMValueRef keys = LLVMBuildAdd(e->builder, emit_splat(e, lanes->key), emit_lane_numbers(e, e->i64), "");
    LLVMValueRef last = emit_splat(e, LLVMBuildSub(e->builder, a->kv_count, emit_i64(e, 1), ""));
    LLVMValueRef beyond = LLVMBuildICmp(e->builder, LLVMIntSGT, keys, last, "");
    keys = LLVMBuildSelect(e->builder, beyond, last, keys, "");
    return coord_vector(LLVMBuildAdd(e->builder, keys, emit_splat(e, a->kv_first), ""));
}

LLVMValueRef emit_cell(Attention *a, const Node *cell, LLVMValueRef column, const PairLanes *lanes) {
    Emitter *e = a->e;
    int operand = attention_rows(a->node) + (int)cell_side(cell);
    const Type *rows = &a->node->inputs[operand]->type;
    int64_t columns = head_columns(a, rows);
    LLVMValueRef first = emit_splat(e, emit_mul(e, a->head, emit_i64(e, columns)));
    LLVMValueRef place = LLVMBuildAdd(e->builder, emit_inside(e, column, columns), first, "");
    const Index at = {.at = {row_of(a, cell, lanes), coord_vector(place)}};
    return emit_load(e, attention_buffer(a, operand), rows, &at);
}

/* --- What they get ------------------------------------------------------------------------------------------------ */

ReadSums reads_begin(Attention *a, const Node *result, int buffer) {
    ReadSums sums = {.number = (int)result->attrs.ints[1] - READ_RESULTS, .buffer = buffer};
    sums.read = attention_read(result, sums.number);
    sums.count = sums.read->op == OP_lookup ? result->type.dims[1].offset : head_columns(a, &result->type);
    sums.places = tile_new(a, 1, BLOCK);
    sums.terms = tile_new(a, 1, BLOCK);
    return sums;
}

/* This head's part of a row. */
static LLVMValueRef head_address(Attention *a, const ReadSums *sums, LLVMValueRef row) {
    Emitter *e = a->e;
    LLVMValueRef part = emit_add(e, emit_mul(e, row, emit_i64(e, a->heads)), a->head);
    return emit_address(e, e->buffers[sums->buffer], emit_mul(e, part, emit_i64(e, sums->count)));
}

void emit_clear_sums(Attention *a, const ReadSums *sums) {
    Emitter *e = a->e;
    LLVMValueRef first = a->sequence, count = emit_i64(e, 1);
    if (is_of(sums->read, CELL_QUERY)) first = a->q_first, count = a->q_count;
    if (is_of(sums->read, CELL_KEY)) first = a->kv_first, count = a->kv_count;
    Loop row = emit_for(e, first, emit_add(e, first, count), 1, "clear");
    LLVMValueRef address = head_address(a, sums, row.i);
    Loop i = emit_for(e, emit_i64(e, 0), emit_i64(e, sums->count), 1, "element");
    emit_write(e, sums->buffer, emit_f32(e, 0), emit_address(e, address, i.i), WORD_BYTES);
    emit_end_for(e, &i);
    emit_end_for(e, &row);
}

/* Places count from the row's part of this head, for keys from that of the block's first: i64x. */
static LLVMValueRef places_of(Attention *a, const ReadSums *sums, const PairLanes *lanes, LLVMValueRef key) {
    Emitter *e = a->e;
    const Node *read = sums->read;
    LLVMValueRef last = emit_open_node(a, read->inputs[read->n_inputs - 1], lanes); /* the column */
    if (read->op == OP_lookup) {
        Index at = emit_lookup_index(e, read, emit_open_node(a, read->inputs[1], lanes), last);
        LLVMValueRef columns = emit_splat(e, emit_i64(e, read->inputs[0]->type.dims[1].offset));
        return emit_add(e, emit_mul(e, at.at[0].base, columns), at.at[1].base);
    }
    LLVMValueRef column = emit_inside(e, last, sums->count);
    if (is_of(read, CELL_QUERY)) return column;
    LLVMValueRef keys = LLVMBuildAdd(e->builder, emit_splat(e, key), emit_lane_numbers(e, e->i64), "");
    LLVMValueRef width = emit_splat(e, emit_i64(e, a->heads * sums->count));
    return emit_add(e, emit_mul(e, keys, width), column);
}

void emit_note_terms(Attention *a, const ReadSums *sums, LLVMValueRef slope, const PairLanes *lanes, LLVMValueRef key) {
    Emitter *e = a->e;
    LLVMValueRef zero = emit_i64(e, 0), places = places_of(a, sums, lanes, key);
    emit_tile_write(a, sums->places, zero, key, LLVMBuildTrunc(e->builder, places, e->i32x, ""));
    emit_tile_write(a, sums->terms, zero, key, emit_times_open(a, slope, attention_read_slope(sums->number), lanes));
}

void emit_add_terms(Attention *a, const ReadSums *sums, LLVMValueRef row, LLVMValueRef block, KeyRange seen) {
    Emitter *e = a->e;
    LLVMValueRef zero = emit_i64(e, 0), from = a->sequence;
    if (is_of(sums->read, CELL_QUERY)) from = row;
    if (is_of(sums->read, CELL_KEY)) from = emit_add(e, a->kv_first, block);
    LLVMValueRef address = head_address(a, sums, from);
    Loop key = emit_for(e, seen.first, seen.end, 1, "term");
    LLVMValueRef place = emit_read(e, -1, e->i32, emit_tile_address(a, sums->places, zero, key.i), WORD_BYTES);
    LLVMValueRef to = emit_address(e, address, LLVMBuildSExt(e->builder, place, e->i64, ""));
    LLVMValueRef sum = emit_read(e, sums->buffer, e->f32, to, WORD_BYTES);
    sum = LLVMBuildFAdd(e->builder, sum, emit_state_read(a, sums->terms, key.i), "");
    emit_write(e, sums->buffer, sum, to, WORD_BYTES);
    emit_end_for(e, &key);
}
