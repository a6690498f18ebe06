/* Kept. */
#include "runtime/model/kept.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"
#include "runtime/engine/slab.h"

typedef struct KeptValue {
    const char *name;
    RowsOf of;
    int input;     /* ROWS_OF_TOKENS: the one whose tokens */
    int64_t width; /* floats of a row */
    float *store;  /* of all rows, in the order of the data set; NULL: there was no room */
    size_t bytes;  /* of the store */
    float *place;  /* of the batch's rows */
    int64_t room;  /* floats */
} KeptValue;

struct Kept {
    Arena *arena;
    VEC(KeptValue) values;
    uint64_t id;  /* of the data set */
    bool *has;    /* [rows]; NULL: nothing is stored */
    int64_t rows; /* of the data set, of which another part may come; -1: none yet */
    size_t taken; /* bytes of the caller's room */
};

Kept *kept_new(const Graph *frozen, const Task *task) {
    Arena *arena = arena_new();
    Kept *kept = arena_alloc(arena, sizeof *kept);
    *kept = (Kept){.arena = arena, .rows = -1};
    for (int i = 0; i < frozen->outputs.count; i++) {
        const Output *output = &frozen->outputs.items[i];
        const Type *type = &output->node->type;
        KeptValue value = {.name = arena_strdup(arena, output->name), .width = type->dims[1].offset};
        value.of = batch_symbol(task, &frozen->symbols.roles[type->dims[0].symbol], &value.input);
        assert(type->rank == 2 && value.of != ROWS_OF_LABELS && value.of != ROWS_OF_BATCH);
        vec_push(arena, &kept->values, value);
    }
    return kept;
}

static void drop_stores(Kept *kept) {
    for (int i = 0; i < kept->values.count; i++) {
        slab_free(kept->values.items[i].store, kept->values.items[i].bytes);
        kept->values.items[i].store = NULL;
    }
    free(kept->has);
    kept->has = NULL;
}

void kept_free(Kept *kept) {
    if (!kept) return;
    drop_stores(kept);
    for (int i = 0; i < kept->values.count; i++) free(kept->values.items[i].place);
    arena_free(kept->arena);
}

/* Floats of the value before row `row`. */
static int64_t floats_before(const KeptValue *value, const Dataset *data, int64_t row) {
    const Sequences *in = &data->inputs[value->input];
    return value->width * (value->of == ROWS_OF_TOKENS    ? in->bounds[row]
                           : value->of == ROWS_OF_WINDOWS ? in->windows[row]
                                                          : row);
}

static size_t bytes_of(const KeptValue *value, const Dataset *data) {
    return sizeof(float) * (size_t)floats_before(value, data, data->rows);
}

size_t kept_bytes(const Kept *kept, const Dataset *data) {
    size_t bytes = 0;
    for (int i = 0; i < kept->values.count; i++) bytes += bytes_of(&kept->values.items[i], data);
    return bytes;
}

static bool make_stores(Kept *kept, const Dataset *data) {
    kept->has = memory_try((size_t)data->rows + 1, sizeof *kept->has);
    bool good = kept->has != NULL;
    for (int i = 0; good && i < kept->values.count; i++) {
        KeptValue *value = &kept->values.items[i];
        value->bytes = bytes_of(value, data) + 1;
        value->store = slab_new(value->bytes);
        good = value->store != NULL;
    }
    if (!good) drop_stores(kept);
    return good;
}

static void begin_data(Kept *kept, const Dataset *data, size_t *room) {
    if (kept->id == data->id && data->rows <= kept->rows) return;
    drop_stores(kept);
    *room += kept->taken;
    kept->taken = 0;
    kept->id = data->id;
    kept->rows = data->rows;
    size_t bytes = kept_bytes(kept, data);
    if (bytes <= *room && make_stores(kept, data)) *room -= kept->taken = bytes;
}

static int64_t floats_of_batch(const KeptValue *value, const Batch *batch) {
    const BatchInput *in = &batch->inputs[value->input];
    return value->width * (value->of == ROWS_OF_TOKENS    ? in->tokens
                           : value->of == ROWS_OF_WINDOWS ? in->sequences
                                                          : batch->rows);
}

static void make_places(Kept *kept, const Batch *batch) {
    for (int i = 0; i < kept->values.count; i++) {
        KeptValue *value = &kept->values.items[i];
        int64_t wanted = floats_of_batch(value, batch);
        if (wanted <= value->room && value->place) continue;
        value->room = 2 * wanted + 1;
        free(value->place);
        value->place = memory_resize(NULL, (size_t)value->room, sizeof(float));
    }
}

/* Between the store and the place, row by row. */
static void copy_rows(Kept *kept, const Batch *batch, bool to_store) {
    for (int i = 0; i < kept->values.count; i++) {
        KeptValue *value = &kept->values.items[i];
        float *place = value->place;
        for (int64_t j = 0; j < batch->rows; j++) {
            int64_t from = floats_before(value, batch->data, batch->data_rows[j]);
            int64_t count = floats_before(value, batch->data, batch->data_rows[j] + 1) - from;
            if (to_store)
                memcpy(value->store + from, place, (size_t)count * sizeof(float));
            else
                memcpy(place, value->store + from, (size_t)count * sizeof(float));
            place += count;
        }
    }
}

bool kept_recall(Kept *kept, const Batch *batch, size_t *room) {
    begin_data(kept, batch->data, room);
    make_places(kept, batch);
    if (!kept->has) return false;
    for (int64_t i = 0; i < batch->rows; i++) {
        if (!kept->has[batch->data_rows[i]]) return false;
    }
    copy_rows(kept, batch, false);
    return true;
}

void kept_store(Kept *kept, const Batch *batch, const Executable *frozen) {
    for (int i = 0; i < kept->values.count; i++) {
        KeptValue *value = &kept->values.items[i];
        memcpy(value->place, executable_output(frozen, value->name),
               (size_t)floats_of_batch(value, batch) * sizeof(float));
    }
    if (!kept->has) return;
    copy_rows(kept, batch, true);
    for (int64_t i = 0; i < batch->rows; i++) kept->has[batch->data_rows[i]] = true;
}

void kept_forget(Kept *kept) {
    for (int64_t i = 0; kept->has && i < kept->rows; i++) kept->has[i] = false;
}

void kept_bind(const Kept *kept, Executable *rest) {
    for (int i = 0; i < kept->values.count; i++)
        executable_bind(rest, kept->values.items[i].name, kept->values.items[i].place);
}
