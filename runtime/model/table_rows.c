/* Table rows. */
#include "runtime/model/table_rows.h"

#include <string.h>

TableRows *table_rows_new(int64_t rows, int64_t columns, Arena *arena) {
    TableRows *t = arena_alloc(arena, sizeof *t);
    *t = (TableRows){.rows = rows, .columns = columns};
    t->selected = arena_array(arena, (size_t)rows, sizeof *t->selected);
    t->number = arena_array(arena, (size_t)rows, sizeof *t->number);
    t->marked = arena_array(arena, (size_t)rows / 64 + 1, sizeof *t->marked);
    return t;
}

/* The marked rows in ascending order, and no mark left. */
static void take_marked(TableRows *t) {
    enum { BITS = 64 };
    for (int64_t word = 0; word * BITS < t->rows; word++) {
        for (uint64_t left = t->marked[word]; left; left &= left - 1) {
            int32_t row = (int32_t)(word * BITS + __builtin_ctzll(left));
            t->number[row] = (int32_t)t->n_selected;
            t->selected[t->n_selected++] = row;
        }
        t->marked[word] = 0;
    }
}

int64_t table_rows_select(TableRows *t, const int32_t *rows, int64_t count, int32_t *slots) {
    t->n_selected = 0;
    for (int64_t i = 0; i < count; i++) t->marked[rows[i] / 64] |= UINT64_C(1) << rows[i] % 64;
    take_marked(t);
    for (int64_t i = 0; i < count; i++) slots[i] = t->number[rows[i]];
    return t->n_selected;
}

void table_rows_spread(const TableRows *t, float *dense, const Worker *worker) {
    int64_t begin = t->rows * worker->thread / worker->threads, end = t->rows * (worker->thread + 1) / worker->threads;
    size_t bytes = (size_t)t->columns * sizeof *dense;
    memset(dense + begin * t->columns, 0, (size_t)(end - begin) * bytes);
    for (int64_t i = 0; i < t->n_selected; i++) {
        int32_t row = t->selected[i];
        if (row >= begin && row < end) memcpy(dense + row * t->columns, t->gradient + i * t->columns, bytes);
    }
}
