/* Kept rows belong to a data set, not to the place in memory where it lies. */
#include <criterion/criterion.h>

#include "runtime/data/dataset_id.h"
#include "runtime/model/kept.h"

enum { ROWS = 2 };

/* A frozen graph without outputs: what is kept of a row is that it was computed. */
typedef struct Fixture {
    Task task;
    Graph *frozen;
    Kept *kept;
    size_t room;
    Dataset data;
    int32_t ids[4], segments[4];
    int64_t bounds[ROWS + 1], rows[ROWS];
} Fixture;

static void begin(Fixture *f) {
    *f = (Fixture){.task = {.n_inputs = 1},
                   .frozen = graph_new("frozen", NULL),
                   .room = 1 << 20,
                   .ids = {2, 4, 5, 3},
                   .bounds = {0, 2, 4},
                   .rows = {0, 1}};
    f->kept = kept_new(f->frozen, &f->task);
    f->data = (Dataset){.task = &f->task, .rows = ROWS};
    f->data.inputs[0] = (Sequences){
        .ids = {.items = f->ids, .count = 4}, .segments = {.items = f->segments, .count = 4}, .bounds = f->bounds};
    f->data.id = dataset_id(&f->data);
}

static void finish(Fixture *f) {
    kept_free(f->kept);
    graph_free(f->frozen);
}

/* Are the first `rows` rows there? They are afterwards. */
static bool recalls(Fixture *f, const Dataset *data, int64_t rows) {
    Batch batch = {.data = data, .rows = rows, .data_rows = f->rows};
    bool there = kept_recall(f->kept, &batch, &f->room);
    if (!there) kept_store(f->kept, &batch, NULL);
    return there;
}

Test(kept, rows_are_found_wherever_their_set_lies) {
    Fixture f;
    begin(&f);
    cr_expect(!recalls(&f, &f.data, ROWS));
    cr_expect(recalls(&f, &f.data, ROWS));
    int64_t bounds[] = {0, 2, 4};
    Dataset moved = f.data;
    moved.inputs[0].bounds = bounds;
    cr_expect_eq(dataset_id(&moved), f.data.id);
    cr_expect(recalls(&f, &moved, ROWS));
    Dataset part = f.data;
    part.rows = 1;
    cr_expect(recalls(&f, &part, 1), "a part has the id of the whole");
    finish(&f);
}

Test(kept, another_set_in_the_same_place_is_another) {
    Fixture f;
    begin(&f);
    cr_expect(!recalls(&f, &f.data, ROWS));
    f.ids[1] = 6;
    f.data.id = dataset_id(&f.data);
    cr_expect(!recalls(&f, &f.data, ROWS));
    cr_expect(recalls(&f, &f.data, ROWS));
    finish(&f);
}

Test(kept, the_id_is_of_all_that_a_row_is_read_as) {
    Fixture f;
    begin(&f);
    uint64_t id = f.data.id;
    f.segments[3] = 1;
    cr_expect_neq(dataset_id(&f.data), id);
    f.segments[3] = 0;
    f.bounds[1] = 1;
    cr_expect_neq(dataset_id(&f.data), id);
    f.bounds[1] = 2;
    cr_expect_eq(dataset_id(&f.data), id);
    int64_t windows[] = {0, 1, 3}, window_bounds[] = {0, 2, 3, 4};
    f.data.inputs[0].windows = windows;
    f.data.inputs[0].window_bounds = window_bounds;
    cr_expect_neq(dataset_id(&f.data), id);
    finish(&f);
}
