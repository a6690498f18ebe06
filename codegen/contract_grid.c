/* Contract grid: which share of C a thread computes.
 *
 * The threads form a grid: `across` of them share the columns, threads / across the rows. The best grid has the least
 * work in the largest rectangle: multiply-adds, and what goes with them, counted in multiply-adds too. To copy a row of
 * A costs as much as 4 columns, a column of B as 10 rows. A row of C that threads share costs SHARED_ROW columns: where
 * their shares meet, each thread's prefetcher asks for lines that the other one writes, and cores without a common
 * cache pass them to and fro. */
#include "codegen/contract.h"

enum { A_ROW = 4, B_COLUMN = 10, SHARED_ROW = 24 };

/* What is shared: C's rows, and its columns in units of so many. */
typedef struct GridWork {
    LLVMValueRef rows, units;
    int unit;
} GridWork;

static LLVMValueRef grid_cost(Emitter *e, const GridWork *work, LLVMValueRef across) {
    LLVMValueRef rows = emit_div_up_by(e, work->rows, emit_div(e, e->threads, across));
    LLVMValueRef columns = emit_mul(e, emit_div_up_by(e, work->units, across), emit_i64(e, work->unit));
    LLVMValueRef shared = emit_less(e, emit_i64(e, 1), across);
    LLVMValueRef row = emit_select(e, shared, emit_i64(e, A_ROW + SHARED_ROW), emit_i64(e, A_ROW));
    return emit_add(e, emit_mul(e, rows, emit_add(e, columns, row)), emit_mul(e, columns, emit_i64(e, B_COLUMN)));
}

static LLVMValueRef choose_grid(Emitter *e, const GridWork *work) {
    LLVMValueRef best = emit_local(e, e->i64, emit_i64(e, INT64_MAX)), across = emit_local(e, e->i64, emit_i64(e, 1));
    Loop loop = emit_for(e, emit_i64(e, 1), emit_add(e, e->threads, emit_i64(e, 1)), 1, "across");
    LLVMValueRef cost = grid_cost(e, work, loop.i);
    LLVMValueRef old = emit_get(e, e->i64, best), better = emit_less(e, cost, old);
    emit_set(e, best, emit_select(e, better, cost, old));
    LLVMValueRef kept = emit_get(e, e->i64, across);
    emit_set(e, across, emit_select(e, better, loop.i, kept));
    emit_end_for(e, &loop);
    return emit_get(e, e->i64, across);
}

/* Share `index` of `shares` of `items` things of `size` each, of which `extent` exist. One past the last is empty. */
static void share(Emitter *e, LLVMValueRef items, LLVMValueRef index, LLVMValueRef shares, int64_t size,
                  LLVMValueRef extent, LLVMValueRef *from, LLVMValueRef *to) {
    LLVMValueRef begin = emit_min(e, index, shares), end = emit_min(e, emit_add(e, index, emit_i64(e, 1)), shares);
    *from = emit_mul(e, emit_div(e, emit_mul(e, items, begin), shares), emit_i64(e, size));
    *to = emit_min(e, emit_mul(e, emit_div(e, emit_mul(e, items, end), shares), emit_i64(e, size)), extent);
}

/* Rows are shared as row kernels share them, to the row, so that a thread finds in its cache what it wrote there; the
 * last tile of a share is one of the lower ones. */
Rectangle emit_rectangle(Emitter *e, LLVMValueRef m, LLVMValueRef n, int unit) {
    GridWork work = {m, emit_div_up(e, n, unit), unit};
    LLVMValueRef across = choose_grid(e, &work), down = emit_div(e, e->threads, across);
    LLVMValueRef row_share = emit_div(e, e->thread, across);
    LLVMValueRef column_share = LLVMBuildURem(e->builder, e->thread, across, "");
    Rectangle own;
    share(e, m, row_share, down, 1, m, &own.row_from, &own.row_to);
    share(e, work.units, column_share, across, unit, n, &own.column_from, &own.column_to);
    return own;
}
