/* Data sets from small files, and the batches made of them. */
#include <criterion/criterion.h>
#include <math.h>
#include <sys/stat.h>

#include "runtime/data/batch.h"
#include "tests/temp_folder.h"
#include "tests/vocabulary.h"

/* [UNK] 1, [CLS] 2, [SEP] 3, good 4, bad 5, film 6 */
static const char vocabulary[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\ngood\nbad\nfilm\n";
static const char rows[] = "id\ttext\tother\ty\n"
                           "1\tgood film\tbad\t2\n"
                           "2\tbad\tgood\t0\n"
                           "3\tfilm film film\tfilm\t\n"
                           "4\tnothing good\tbad film\t1.0\n";

typedef struct Fixture {
    TempFolder folder;
    Diagnostics *diags;
    Tokenizer *tokenizer;
    Task task;
    DatasetOptions options;
    const char *folders[2]; /* an empty place first: a search goes on to the next */
    Dataset *data;
} Fixture;

static const char *const y_column[] = {"y"};
static const Label class_label = {
    .name = "y", .kind = LABEL_CLASS, .of = -1, .columns = y_column, .n_columns = 1, .classes = 3, .width = 1};

static Fixture begin(const char *text) {
    Fixture f = {.folder = make_folder(), .diags = diagnostics_new()};
    put_text(&f.folder, "t-train.tsv", text);
    f.tokenizer = vocabulary_tokenizer(vocabulary, NULL, "yes");
    f.task = (Task){.name = "t",
                    .data = "sub/t-{split}.tsv",
                    .data_format = "tab",
                    .n_inputs = 1,
                    .values = {class_label},
                    .n_values = 1};
    f.task.inputs[0] = (TextInput){.name = "text", .columns = {"text"}, .n_columns = 1};
    f.options = (DatasetOptions){
        .tokenizer = f.tokenizer, .split = "train", .max_length = 16, .needs_labels = true, .skips_bad = true};
    return f;
}

/* `f` does not move between here and `finish`: the options point into it. */
static void load(Fixture *f) {
    f->folders[0] = "/nonexistent";
    f->folders[1] = f->folder.path;
    f->options.folders = f->folders;
    f->options.n_folders = 2;
    f->data = dataset_load(&f->task, &f->options, f->diags);
}

static void finish(Fixture *f) {
    dataset_free(f->data);
    tokenizer_free(f->tokenizer);
    diagnostics_free(f->diags);
    remove_folder(&f->folder);
}

Test(dataset, rows_without_a_label_stop_or_are_skipped) {
    Fixture f = begin(rows);
    f.options.skips_bad = false;
    load(&f);
    cr_expect_null(f.data);
    cr_expect(f.diags->errors == 1 && strcmp(f.diags->list.items[0].code, "E0851") == 0);
    f.options.skips_bad = true;
    load(&f);
    cr_assert_not_null(f.data);
    cr_expect(f.data->rows == 3 && f.data->skipped == 1 && f.data->cut == 0);
    cr_expect(f.data->values[0].values[0] == 2 && f.data->values[0].values[1] == 0 && f.data->values[0].values[2] == 1);
    cr_expect(f.data->lines[0] == 2 && f.data->lines[2] == 5);
    static const int32_t ids[] = {2, 4, 6, 3, 2, 5, 3, 2, 1, 4, 3};
    static const int64_t bounds[] = {0, 4, 7, 11};
    cr_expect_arr_eq(f.data->inputs[0].ids.items, ids, sizeof ids);
    cr_expect_arr_eq(f.data->inputs[0].bounds, bounds, sizeof bounds);
    cr_expect_eq(dataset_tokens(f.data, 2), 4);
    finish(&f);
}

Test(dataset, predictions_need_no_label) {
    Fixture f = begin("text\ngood\nbad\n");
    f.options.needs_labels = false;
    load(&f);
    cr_assert_not_null(f.data);
    cr_expect(f.data->rows == 2 && isnan(f.data->values[0].values[0]) && f.data->skipped == 0);
    finish(&f);
}

Test(dataset, a_limit_takes_the_first_rows_that_have_a_label) {
    Fixture f = begin(rows);
    f.options.limit = 2;
    load(&f);
    cr_assert_not_null(f.data);
    cr_expect(f.data->rows == 2 && f.data->lines[1] == 3);
    finish(&f);
    f = begin(rows);
    f.options.limit = 3;
    load(&f);
    cr_expect(f.data->rows == 3 && f.data->lines[2] == 5);
    finish(&f);
}

Test(dataset, long_rows_are_cut_and_counted) {
    Fixture f = begin(rows);
    f.options.max_length = 3;
    load(&f);
    cr_assert_not_null(f.data);
    cr_expect_eq(f.data->cut, 2);
    for (int64_t i = 0; i < 3; i++) cr_expect_eq(dataset_tokens(f.data, i), 3);
    finish(&f);
}

/* Each text for itself; half is not most, and nothing is not unknown. */
Test(dataset, rows_that_the_vocabulary_hardly_knows_are_counted) {
    Fixture f = begin("text\tother\ty\n"
                      "odd odd good\tbad\t1\n"
                      "good\todd\t1\n"
                      "odd odd\todd\t1\n"
                      "odd good\tbad\t1\n"
                      "\t\t1\n");
    f.task.inputs[0].columns[1] = "other", f.task.inputs[0].n_columns = 2;
    load(&f);
    cr_assert_not_null(f.data);
    cr_expect(f.data->rows == 5 && f.data->unknown == 3 && f.data->cut == 0);
    finish(&f);
}

/* The file as named below the folder comes first, then its last part. */
Test(dataset, the_file_is_searched_as_named_then_by_its_last_part) {
    Fixture f = begin(rows);
    TempPath sub = path_in(&f.folder, "sub");
    cr_assert_eq(mkdir(sub.text, 0777), 0);
    put_text(&f.folder, "sub/t-train.tsv", "text\ty\ngood\t1\n");
    load(&f);
    cr_assert_not_null(f.data);
    cr_expect_eq(f.data->rows, 1);
    unlink(path_in(&f.folder, "sub/t-train.tsv").text);
    rmdir(sub.text);
    dataset_free(f.data);
    load(&f);
    cr_expect_eq(f.data->rows, 3);
    dataset_free(f.data);
    TempPath other = put_text(&f.folder, "other.tsv", "text\ty\nbad\t2\ngood\t1\n");
    f.options.path = other.text;
    load(&f);
    cr_expect_eq(f.data->rows, 2);
    finish(&f);
}

static void expect_error(Fixture *f, const char *code, uint32_t line, const char *words) {
    f->options.skips_bad = false;
    load(f);
    cr_expect_null(f->data);
    cr_assert_eq(f->diags->errors, 1);
    const Diagnostic *got = &f->diags->list.items[0];
    cr_expect_str_eq(got->code, code);
    cr_expect_not_null(strstr(got->message, words), "%s", got->message);
    cr_expect_eq(got->pos.line, line, "%s: line %u", got->message, got->pos.line);
    finish(f);
}

Test(dataset, what_is_wrong_is_told_with_the_line) {
    Fixture f = begin("text\ty\ngood\t1\nbad\t3\n");
    expect_error(&f, "E0851", 3, "not a class from 0 to 2");
    f = begin("text\ty\ngood\t-1\n");
    expect_error(&f, "E0851", 2, "not a class");
    f = begin("text\ty\ngood\t0.5\n");
    expect_error(&f, "E0851", 2, "not a class");
    f = begin("text\ty\ngood\tyes\n");
    expect_error(&f, "E0851", 2, "not a number");
    f = begin("text\ty\ngood\tnan\n");
    expect_error(&f, "E0851", 2, "not a number");
    f = begin("text\ty\ngood\t5.5\n");
    f.task.values[0].kind = LABEL_REAL;
    f.task.values[0].highest = 5;
    expect_error(&f, "E0851", 2, "outside 0 .. 5");
    f = begin("text\tz\ngood\t1\n");
    expect_error(&f, "E0810", 1, "'y'");
    f = begin("text\ty\n");
    expect_error(&f, "E0852", 0, "no rows");
    f = begin("text\ty\ngood\t\n");
    expect_error(&f, "E0851", 2, "no label");
    f = begin(rows);
    f.options.split = "dev";
    expect_error(&f, "E0850", 0, "sub/t-dev.tsv in /nonexistent or /");
}

/* A cell is never shown: data may be private. */
Test(dataset, messages_do_not_show_content) {
    Fixture f = begin("text\ty\nsecret words\thidden\n");
    f.options.skips_bad = false;
    load(&f);
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    diagnostics_print(f.diags, out);
    fclose(out);
    cr_expect_null(strstr(text, "secret"));
    cr_expect_null(strstr(text, "hidden"));
    free(text);
    finish(&f);
}

/* --- Batches --- */

Test(dataset, a_batch_is_its_rows_end_to_end) {
    static const int64_t picked[] = {2, 0};
    static const int32_t ids[] = {2, 1, 4, 3, 2, 4, 6, 3}, positions[] = {0, 1, 2, 3, 0, 1, 2, 3},
                         sequence[] = {0, 0, 0, 0, 1, 1, 1, 1}, bounds[] = {0, 4, 8};
    static const int32_t coords[] = {10, 0, 10, 1, 10, 2, 10, 3, 11, 0, 11, 1, 11, 2, 11, 3},
                         row_coords[] = {10, 0, 11, 0};
    Fixture f = begin(rows);
    load(&f);
    cr_assert_not_null(f.data);
    const Dataset *sets[] = {f.data};
    Batch *batch = batch_new(sets, 1, 3);
    batch_fill(batch, f.data, (int64_t[]){0, 1, 2}, 3, 0);
    cr_expect(batch->rows == 3 && batch_tokens(batch) == 11);
    batch_fill(batch, f.data, picked, 2, 10);
    const BatchInput *x = &batch->inputs[0];
    cr_expect(batch->rows == 2 && x->tokens == 8 && batch_tokens(batch) == 8);
    cr_expect_arr_eq(x->ids, ids, sizeof ids);
    cr_expect_arr_eq(x->positions, positions, sizeof positions);
    cr_expect_arr_eq(x->bounds, bounds, sizeof bounds);
    cr_expect_arr_eq(x->sequence, sequence, sizeof sequence);
    cr_expect_arr_eq(x->coords, coords, sizeof coords);
    cr_expect_arr_eq(batch->inputs[0].row_coords, row_coords, sizeof row_coords);
    cr_expect(x->first[0] == 0 && x->first[1] == 4);
    cr_expect(batch->values[0].classes[0] == 1 && batch->values[0].classes[1] == 2 &&
              batch->values[0].numbers[1] == 2.0f);
    batch_free(batch);
    finish(&f);
}

Test(dataset, pairs_are_joint_or_two_inputs) {
    Fixture f = begin(rows);
    f.task.inputs[0] = (TextInput){.name = "both", .columns = {"text", "other"}, .n_columns = 2};
    load(&f);
    cr_assert_not_null(f.data);
    static const int32_t ids[] = {2, 4, 6, 3, 5, 3}, segments[] = {0, 0, 0, 0, 1, 1};
    cr_expect_arr_eq(f.data->inputs[0].ids.items, ids, sizeof ids);
    cr_expect_arr_eq(f.data->inputs[0].segments.items, segments, sizeof segments);
    finish(&f);

    f = begin(rows);
    f.task.inputs[1] = (TextInput){.name = "b", .columns = {"other"}, .n_columns = 1};
    f.task.n_inputs = 2;
    load(&f);
    cr_assert_not_null(f.data);
    const Dataset *sets[] = {f.data};
    Batch *batch = batch_new(sets, 1, 2);
    batch_fill(batch, f.data, (int64_t[]){0, 2}, 2, 0);
    cr_expect(batch->inputs[0].tokens == 8 && batch->inputs[1].tokens == 7 && batch_tokens(batch) == 15);
    cr_expect(batch->inputs[1].ids[1] == 5 && batch->inputs[1].bounds[1] == 3 && batch->inputs[1].first[1] == 3);
    cr_expect_eq(dataset_tokens(f.data, 2), 8);
    batch_free(batch);
    finish(&f);
}

/* Each kind of bad row is reported by its line, without its content, and leaves nothing behind. */
Test(dataset, bad_rows_are_skipped_one_by_one) {
    Fixture f = begin("text\ty\ngood\t1\nSECRET\t9\nSECRET\nbad \xff SECRET\t1\nfilm\tSECRET\nfilm\t2\nx\t8\nx\t8\n");
    f.options.skips_bad = true;
    load(&f);
    cr_assert_not_null(f.data);
    cr_expect(f.data->rows == 2 && f.data->skipped == 6 && f.data->lines[1] == 7 && f.data->values[0].values[1] == 2);
    static const uint32_t lines[] = {3, 4, 5, 6, 8}; /* of the first five */
    cr_assert_eq(f.diags->list.count, 5);
    for (int i = 0; i < 5; i++) {
        const Diagnostic *reported = &f.diags->list.items[i];
        cr_expect(reported->severity == SEVERITY_WARNING && reported->pos.line == lines[i] &&
                      !strstr(reported->message, "SECRET"),
                  "%s", reported->message);
    }
    finish(&f);
}

Test(dataset, json_lines_and_quoted_tables) {
    Fixture f = begin("{\"text\": \"good film\", \"y\": 1}\n{\"y\": null, \"text\": \"bad\"}\n");
    f.task.data_format = "jsonl";
    f.options.skips_bad = true;
    load(&f);
    cr_assert_not_null(f.data);
    cr_expect(f.data->rows == 1 && f.data->skipped == 1 && f.data->values[0].values[0] == 1);
    finish(&f);
    f = begin("text,y\n\"good, \"\"film\"\"\",2\n");
    f.task.data_format = "comma";
    f.task.quoting = QUOTING_QUOTED;
    load(&f);
    cr_assert_not_null(f.data);
    cr_expect(f.data->rows == 1 && f.data->values[0].values[0] == 2);
    finish(&f);
}
