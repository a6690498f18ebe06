/* Splits: groups by their hashes, put on a line. */
#include "runtime/data/split.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "graph/base/memory.h"

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
    XXH3_64bits_reset_withSeed(state, seed);
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

static int64_t end_of(const Placed *rows, int64_t count, int64_t from, bool whole_stratum) {
    int64_t to = from;
    while (to < count && rows[to].stratum == rows[from].stratum &&
           (whole_stratum || rows[to].group == rows[from].group))
        to++;
    return to;
}

/* Where a stratum stands: rows [begin, end), group by group. */
typedef struct Stratum {
    const Placed *rows;
    int64_t begin, end;
} Stratum;

static int64_t group_end(Stratum s, int64_t from) { return end_of(s.rows, s.end, from, false); }

static void mark_folds(const Split *split, Stratum s, int64_t fold, bool *dev) {
    for (int64_t from = s.begin, to; from < s.end; from = to) {
        double place = (double)(from - s.begin) / (double)(s.end - s.begin);
        to = group_end(s, from);
        for (int64_t i = from; i < to; i++) dev[s.rows[i].row] = (int64_t)(place * (double)split->folds) == fold;
    }
}

static void put_group(Stratum s, int64_t from, bool is_dev, bool *dev) {
    for (int64_t i = from; i < group_end(s, from); i++) dev[s.rows[i].row] = is_dev;
}

/* The first of the smallest groups. */
static int64_t smallest_group(Stratum s) {
    int64_t best = s.begin;
    for (int64_t from = s.begin; from < s.end; from = group_end(s, from)) {
        if (group_end(s, from) - from < group_end(s, best) - best) best = from;
    }
    return best;
}

/* `at`: the rows on the line before the group. */
static void mark_share(const Split *split, Stratum s, bool *dev) {
    int64_t at = 0, taken = 0, groups = 0, last = s.begin;
    double rows = (double)(s.end - s.begin);
    for (int64_t from = s.begin, to; from < s.end; from = to, groups++) {
        to = group_end(s, from);
        bool below = (double)at / rows < split->share;
        bool too_large = below && (double)(at + to - from) / rows > 2 * split->share;
        put_group(s, from, below && !too_large, dev);
        taken += below && !too_large;
        if (!too_large) at += to - from;
        last = from;
    }
    if (taken == groups) put_group(s, last, false, dev);
    if (taken == 0 && groups > 1) put_group(s, smallest_group(s), true, dev);
}

static void mark(const Split *split, const Placed *rows, int64_t count, int64_t fold, bool *dev) {
    for (int64_t begin = 0, end; begin < count; begin = end) {
        end = end_of(rows, count, begin, true);
        Stratum s = {rows, begin, end};
        if (split->folds)
            mark_folds(split, s, fold, dev);
        else
            mark_share(split, s, dev);
    }
}

void split_rows(const Split *split, const Table *table, SplitColumns columns, const char *subset, int64_t fold,
                bool *keep) {
    int64_t count = 0;
    Placed *rows = memory_new((size_t)table_rows(table), sizeof *rows);
    XXH3_state_t *state = memory_checked(XXH3_createState());
    for (int64_t i = 0; i < table_rows(table); i++) {
        keep[i] = false;
        if (table_problem(table, i)) continue;
        uint64_t group = hash_cells(state, table, i, columns.first, columns.count, (uint64_t)split->seed);
        rows[count++] = (Placed){0, group, i};
    }
    if (split->stratified) find_strata(state, table, columns.label, rows, count);
    qsort(rows, (size_t)count, sizeof *rows, by_stratum);
    mark(split, rows, count, fold, keep);
    for (int64_t i = 0; strcmp(subset, "dev") != 0 && i < table_rows(table); i++) keep[i] = !keep[i];
    XXH3_freeState(state);
    free(rows);
}
