/* Spread. */
#include "runtime/measure/spread.h"

#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"

/* What all rows have in common; rank 0 has the first of them. */
static void share_form(Ranks *ranks, Collected *c) {
    struct {
        RowsOf of;
        int input;
    } form = {c->of, c->input};
    ranks_share(ranks, &form, sizeof form);
    c->of = form.of;
    c->input = form.input;
    c->columns = ranks_most(ranks, (int)c->columns);
}

/* The rows of rank 0, then those of rank 1 ...; `borders` [ranks + 1]: where each rank's begin. The caller frees. */
static int64_t *rows_by_rank(const SpreadRows *rows, int ranks, size_t *borders) {
    int64_t *list = memory_new((size_t)rows->count + 1, sizeof *list);
    size_t count = 0;
    for (int rank = 0; rank < ranks; rank++) {
        borders[rank] = count;
        for (int64_t i = 0; i < rows->count; i++) {
            if (rows->ranks[i] == rank) list[count++] = rows->rows[i];
        }
    }
    borders[ranks] = count;
    return list;
}

/* From numbers of elements to bytes. */
static void scale(size_t *borders, int ranks, size_t size) {
    for (int i = 0; i <= ranks; i++) borders[i] *= size;
}

/* How many numbers each row of the list has; `values` [ranks + 1]: where those of each rank begin. */
static void share_counts(Ranks *ranks, const int64_t *list, size_t *borders, int64_t *counts, size_t *values) {
    int count = ranks_count(ranks);
    int64_t *listed = memory_new(borders[count] + 1, sizeof *listed);
    for (size_t i = borders[ranks_number(ranks)]; i < borders[ranks_number(ranks) + 1]; i++)
        listed[i] = counts[list[i]];
    scale(borders, count, sizeof *listed);
    ranks_gather(ranks, listed, borders);
    size_t all = 0, at = 0;
    for (int rank = 0; rank < count; rank++) {
        values[rank] = all;
        for (; at < borders[rank + 1] / sizeof *listed; at++) all += (size_t)(counts[list[at]] = listed[at]);
    }
    values[count] = all;
    free(listed);
}

/* The numbers themselves: a rank has its own in the order of the list. */
static void share_values(Ranks *ranks, size_t *borders, Collected *c) {
    int count = ranks_count(ranks), self = ranks_number(ranks);
    float *values = memory_new(borders[count] + 1, sizeof *values);
    if (c->used) memcpy(values + borders[self], c->values, (size_t)c->used * sizeof *values);
    free(c->values);
    c->values = values;
    c->used = c->capacity = (int64_t)borders[count];
    scale(borders, count, sizeof *values);
    ranks_gather(ranks, values, borders);
}

void collected_spread(Ranks *ranks, const SpreadRows *rows, Collected *c) {
    if (!ranks) return;
    int count = ranks_count(ranks);
    size_t *borders = memory_new((size_t)count + 1, sizeof *borders);
    size_t *values = memory_new((size_t)count + 1, sizeof *values);
    int64_t *list = rows_by_rank(rows, count, borders);
    share_form(ranks, c);
    share_counts(ranks, list, borders, c->counts, values);
    share_values(ranks, values, c);
    for (int64_t i = 0, at = 0; i < rows->count; i++) {
        c->starts[list[i]] = at;
        at += c->counts[list[i]];
    }
    free(list);
    free(values);
    free(borders);
}
