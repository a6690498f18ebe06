/* Token cache: what a file holds is looked through before compiled code sees it, also where the file is whole. */
#include <criterion/criterion.h>
#include <math.h>

#include "runtime/data/dataset_check.h"
#include "tests/vocabulary.h"

enum { ROWS = 2, TOKENS = 5 };

/* Two rows of 3 and 2 tokens, with a class each. */
typedef struct Fixture {
    Arena *arena;
    Diagnostics *diags;
    Tokenizer *tokenizer;
    Task task;
    Dataset data;
    DatasetOptions options;
} Fixture;

static Fixture make(void) {
    static const char vocabulary[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\n";
    Fixture f = {.arena = arena_new(), .diags = diagnostics_new()};
    Sequences *in = &f.data.inputs[0];
    f.tokenizer = vocabulary_tokenizer(vocabulary, NULL, "no");
    f.task = (Task){.n_inputs = 1,
                    .values = {{.name = "y", .kind = LABEL_CLASS, .of = -1, .classes = 3, .width = 1}},
                    .n_values = 1};
    f.options = (DatasetOptions){.tokenizer = f.tokenizer, .max_length = 3, .needs_labels = true};
    f.data.rows = ROWS;
    f.data.lines = arena_array(f.arena, ROWS, sizeof *f.data.lines);
    in->ids.items = arena_array(f.arena, TOKENS, sizeof *in->ids.items);
    in->segments.items = arena_array(f.arena, TOKENS, sizeof *in->segments.items);
    in->ids.count = in->segments.count = TOKENS;
    in->bounds = arena_array(f.arena, ROWS + 1, sizeof *in->bounds);
    in->bounds[1] = 3, in->bounds[2] = TOKENS;
    Labels *labels = &f.data.values[0];
    labels->bounds = arena_array(f.arena, ROWS + 1, sizeof *labels->bounds);
    labels->words = arena_array(f.arena, ROWS, sizeof *labels->words);
    labels->values = arena_array(f.arena, ROWS, sizeof *labels->values);
    labels->bounds[1] = 1, labels->bounds[2] = 2;
    return f;
}

static void expect(Fixture *f, const char *problem) {
    f->data.task = &f->task;
    const char *got = dataset_problem(&f->data, &f->options);
    if (problem)
        cr_expect_str_eq(got ? got : "none", problem);
    else
        cr_expect_null(got, "%s", got);
    tokenizer_free(f->tokenizer);
    diagnostics_free(f->diags);
    arena_free(f->arena);
}

Test(token_cache, what_fits_is_taken) {
    Fixture f = make();
    f.data.values[0].values[0] = NAN;
    expect(&f, NULL);
}

Test(token_cache, counts_are_of_its_rows) {
    const int64_t counts[][3] = {{0, ROWS, ROWS}, {-1, 0, 0},       {0, ROWS + 1, 0},
                                 {0, -1, 0},      {0, 0, ROWS + 1}, {0, 0, -1}};
    for (int i = 0; i < 6; i++) {
        Fixture f = make();
        f.data.skipped = counts[i][0], f.data.cut = counts[i][1], f.data.unknown = counts[i][2];
        expect(&f, i == 0 ? NULL : "a count of rows is not one");
    }
}

Test(token_cache, ids_are_of_the_vocabulary) {
    const int32_t ids[] = {5, 20000, 1 << 30, -1, INT32_MIN};
    for (int i = 0; i < 5; i++) {
        Fixture f = make();
        f.data.inputs[0].ids.items[4] = ids[i];
        expect(&f, "a token is not in the vocabulary");
    }
}

Test(token_cache, segments_are_two) {
    Fixture f = make();
    f.data.inputs[0].segments.items[0] = 2;
    expect(&f, "a segment is not one of the tokenizer's");
    f = make();
    f.data.inputs[0].segments.items[0] = 1;
    f.options.one_segment = true;
    expect(&f, "a segment is not one of the tokenizer's");
    f = make();
    f.data.inputs[0].segments.count--;
    expect(&f, "a token has no segment, or a segment no token");
}

Test(token_cache, sequences_have_a_length_that_the_model_takes) {
    Fixture f = make();
    f.options.max_length = 2;
    expect(&f, "a sequence is empty or too long");
    f = make();
    f.data.inputs[0].bounds[1] = 0;
    expect(&f, "a sequence is empty or too long");
}

Test(token_cache, labels_are_in_range) {
    const double values[] = {3, -1, 0.5, 1e300, INFINITY};
    for (int i = 0; i < 5; i++) {
        Fixture f = make();
        f.data.values[0].values[1] = values[i];
        expect(&f, "a label is out of its range");
    }
    Fixture f = make();
    f.data.values[0].bounds[1] = 2;
    expect(&f, "a row has not one label");
}

Test(token_cache, labels_of_words_point_into_their_row) {
    const int32_t at[][2] = {{2, 1}, {3, 1}, {-1, 0}, {0, 2}, {0, -1}};
    for (int i = 0; i < 5; i++) {
        Fixture f = make();
        Labels *labels = &f.data.values[0];
        f.task.values[0].of = 0;
        labels->at = arena_array(f.arena, ROWS, sizeof *labels->at);
        labels->word = arena_array(f.arena, ROWS, sizeof *labels->word);
        labels->words[0] = labels->words[1] = 2;
        labels->at[0] = at[i][0], labels->word[0] = at[i][1];
        expect(&f, i == 0 ? NULL : "the label of a word is not in its row");
    }
}
