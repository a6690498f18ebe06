/* Splits: groups by their hashes, put on a line. */
#include "runtime/data/split.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* A row, by where it stands on the line. */
typedef struct Placed {
    uint64_t stratum, group; /* hashes */
    int64_t row;
} Placed;

/* A text, or a list with a mark behind each item. */
static void add_cell(XXH3_state_t *state, const Table *table, int64_t row, int column) {
    size_t length;
    int64_t items = table_items(table, row, column);
    for (int64_t i = 0; i < items; i++) {
        const char *item = table_item(table, row, column, i, &length);
        XXH3_64bits_update(state, item, length + 1); /* with its NUL */
    }
    if (items >= 0) return;
    const char *cell = table_cell(table, row, column, &length);
    XXH3_64bits_update(state, cell, length + 1);
}

static uint64_t hash_cells(XXH3_state_t *state, const Table *table, int64_t row, int first, int count, uint64_t seed) {
    if (XXH3_64bits_reset_withSeed(state, seed) != XXH_OK) abort();
    for (int i = 0; i < count; i++) add_cell(state, table, row, first + i);
    return XXH3_64bits_digest(state);
}

static int by_group(const void *a, const void *b) {
    const Placed *x = a, *y = b;
    if (x->group != y->group) return x->group < y->group ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static int by_stratum(const void *a, const void *b) {
    const Placed *x = a, *y = b;
    if (x->stratum != y->stratum) return x->stratum < y->stratum ? -1 : 1;
    return by_group(a, b);
}

/* A group is of the class of its first row in the file. */
static void find_strata(XXH3_state_t *state, const Table *table, int label, Placed *rows, int64_t count) {
    qsort(rows, (size_t)count, sizeof *rows, by_group);
    for (int64_t i = 0; i < count; i++) {
        bool goes_on = i > 0 && rows[i].group == rows[i - 1].group;
        rows[i].stratum = goes_on ? rows[i - 1].stratum : hash_cells(state, table, rows[i].row, label, 1, 0);
    }
}

static bool is_for_dev(const Split *split, int64_t fold, double place) {
    if (split->folds == 0) return place < split->share;
    return (int64_t)(place * (double)split->folds) == fold;
}

static int64_t end_of(const Placed *rows, int64_t count, int64_t from, bool whole_stratum) {
    int64_t to = from;
    while (to < count && rows[to].stratum == rows[from].stratum &&
           (whole_stratum || rows[to].group == rows[from].group))
        to++;
    return to;
}

static void mark(const Split *split, const Placed *rows, int64_t count, bool wants_dev, int64_t fold, bool *keep) {
    for (int64_t begin = 0, end; begin < count; begin = end) {
        end = end_of(rows, count, begin, true);
        for (int64_t from = begin, to; from < end; from = to) {
            double place = (double)(from - begin) / (double)(end - begin);
            to = end_of(rows, end, from, false);
            for (int64_t i = from; i < to; i++) keep[rows[i].row] = is_for_dev(split, fold, place) == wants_dev;
        }
    }
}

void split_rows(const Split *split, const Table *table, SplitColumns columns, const char *part, int64_t fold,
                bool *keep) {
    int64_t count = table_rows(table);
    Placed *rows = calloc((size_t)count + 1, sizeof *rows);
    XXH3_state_t *state = XXH3_createState();
    if (!rows || !state) abort();
    for (int64_t i = 0; i < count; i++)
        rows[i] = (Placed){0, hash_cells(state, table, i, columns.first, columns.count, (uint64_t)split->seed), i};
    if (split->stratified) find_strata(state, table, columns.label, rows, count);
    qsort(rows, (size_t)count, sizeof *rows, by_stratum);
    mark(split, rows, count, strcmp(part, "dev") == 0, fold, keep);
    XXH3_freeState(state);
    free(rows);
}
