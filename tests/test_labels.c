/* Labels: reading cells, words and their tokens, masking, and batches of labelled rows. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "runtime/data/batch.h"
#include "runtime/data/cells.h"
#include "tests/temp_folder.h"
#include "tests/vocabulary.h"

/* --- From text to numbers --- */

static const char *const tag_names[] = {"O", "B-A", "I-A"}, *const digits[] = {"3", "7"}, *const one[] = {"y"};
static const Label plain = {
    .name = "y", .kind = LABEL_CLASS, .of = -1, .columns = one, .n_columns = 1, .classes = 3, .width = 1};

static Label with(LabelKind kind, const char *const *names, int64_t classes) {
    Label label = plain;
    label.kind = kind;
    label.names = names;
    label.classes = classes;
    label.width = kind == LABEL_FLAGS ? classes : 1;
    return label;
}

/* The numbers as text, "nan" for none, or "wrong". */
static void expect_label(Label label, const char *text, const char *expected) {
    double values[8];
    char found[200] = "wrong";
    Arena *arena = arena_new();
    if (!label_from_piece(&label, (Piece){text, strlen(text), CELL_TEXT}, values, arena)) {
        found[0] = 0;
        for (int64_t i = 0; i < label.width; i++)
            snprintf(found + strlen(found), sizeof found - strlen(found), "%s%g", i ? " " : "", values[i]);
    }
    cr_expect_str_eq(found, expected, "'%s': %s", text, found);
    arena_free(arena);
}

/* true and false of JSON are the classes called so, whatever their order. */
Test(labels, truth_values_are_classes_by_name) {
    static const char *const names[][2] = {{"true", "false"}, {"false", "true"}, {"1", "0"}, {"yes", "no"}};
    static const double expected[] = {0, 1, 0, -1};
    for (int i = 0; i < 4; i++) {
        Arena *arena = arena_new();
        Label label = with(LABEL_CLASS, names[i], 2);
        double value = -1;
        const char *problem = label_from_piece(&label, (Piece){"true", 4, CELL_TRUTH}, &value, arena);
        cr_expect(expected[i] < 0 ? problem != NULL : !problem && value == expected[i], "%s", names[i][0]);
        arena_free(arena);
    }
    Arena *arena = arena_new();
    Label numbered = with(LABEL_CLASS, NULL, 2);
    double value = -1;
    cr_expect(!label_from_piece(&numbered, (Piece){"true", 4, CELL_TRUTH}, &value, arena) && value == 1);
    cr_expect(!label_from_piece(&numbered, (Piece){"false", 5, CELL_TRUTH}, &value, arena) && value == 0);
    arena_free(arena);
}

Test(labels, classes_by_number_or_by_name) {
    expect_label(plain, "2", "2");
    expect_label(plain, " 1.0 ", "1");
    expect_label(plain, "3", "wrong");
    expect_label(plain, "", "nan");
    expect_label(with(LABEL_CLASS, tag_names, 3), "I-A", "2");
    expect_label(with(LABEL_CLASS, tag_names, 3), "1", "1");
    expect_label(with(LABEL_CLASS, tag_names, 3), "I-B", "wrong");
    expect_label(with(LABEL_CLASS, digits, 2), "7", "1"); /* a name, not a number */
    expect_label(with(LABEL_CLASS, digits, 2), "1", "wrong");
}

Test(labels, flags_by_name_or_number) {
    Label flags = with(LABEL_FLAGS, tag_names, 3);
    expect_label(flags, "I-A|O", "1 0 1");
    expect_label(flags, "I-A, O", "1 0 1");
    expect_label(flags, "", "0 0 0");
    expect_label(flags, "O|I-B", "wrong");
    expect_label(with(LABEL_FLAGS, NULL, 3), "2,1", "0 1 1");
    expect_label(with(LABEL_FLAGS, NULL, 3), "3", "wrong");
}

/* --- Data sets --- */

/* [UNK] 1, [CLS] 2, [SEP] 3, [MASK] 4, good 5, bad 6, film 7, ##s 8 */
static const char vocabulary[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\ngood\nbad\nfilm\n##s\n";

typedef struct Fixture {
    TempFolder folder;
    Diagnostics *diags;
    Tokenizer *tokenizer;
    Task task;
    DatasetOptions options;
    Dataset *data;
} Fixture;

static void load(Fixture *f, const char *text, const char *format, Label label, bool needs_labels) {
    *f = (Fixture){.folder = make_folder(), .diags = diagnostics_new()};
    TempPath data = put_text(&f->folder, "data", text);
    static const char *const columns[] = {"w", "y"};
    f->tokenizer = vocabulary_tokenizer(vocabulary, NULL, "yes");
    f->task =
        (Task){.name = "t", .data = "data", .data_format = format, .n_inputs = 1, .values = {label}, .n_values = 1};
    if (strcmp(format, "conll") == 0) f->task.data_columns = columns, f->task.n_data_columns = 2;
    f->task.inputs[0] = (TextInput){.name = "w", .columns = {"w"}, .n_columns = 1, .words = label.of >= 0};
    f->options =
        (DatasetOptions){.tokenizer = f->tokenizer, .path = data.text, .max_length = 8, .needs_labels = needs_labels};
    f->data = dataset_load(&f->task, &f->options, f->diags);
}

static void finish(Fixture *f) {
    dataset_free(f->data);
    tokenizer_free(f->tokenizer);
    diagnostics_free(f->diags);
    remove_folder(&f->folder);
}

static Label of_words(void) {
    Label label = with(LABEL_CLASS, tag_names, 3);
    label.of = 0;
    return label;
}

/* The labels of all rows as "token=value", rows separated by "/". */
static void expect_labels(const Dataset *data, const char *expected) {
    char found[400] = "";
    cr_assert_not_null(data);
    for (int64_t row = 0; row < data->rows; row++) {
        LabelList list = {0};
        row_labels(data, 0, row, (RowKey){0}, NULL, &list);
        snprintf(found + strlen(found), sizeof found - strlen(found), "%s", row ? " / " : "");
        for (int64_t i = 0; i < list.count; i++) {
            snprintf(found + strlen(found), sizeof found - strlen(found), "%s%d=%g", i ? " " : "", list.at[i],
                     list.values[i]);
        }
        label_list_free(&list);
    }
    cr_expect_str_eq(found, expected, "%s", found);
}

static const char conll[] = "# id 1 of 2\ngood B-A\nfilms I-A\n. O\n\n-DOCSTART- O\n\nbad O\n";

Test(labels, a_label_belongs_to_the_first_token_of_its_word) {
    Fixture f;
    load(&f, conll, "conll", of_words(), true);
    expect_labels(f.data, "1=1 2=2 4=0 / 1=0");
    cr_expect(f.data->lines[0] == 2 && f.data->lines[1] == 8);
    finish(&f);
    load(&f, "{\"w\": [\"good\", \"films\", \"\"], \"y\": [\"B-A\", null, \"O\"]}\n", "jsonl", of_words(), true);
    expect_labels(f.data, "1=1"); /* one is not labelled, one has no token */
    cr_expect(f.data->values[0].words[0] == 3 && f.data->values[0].word[0] == 0);
    finish(&f);
    load(&f, "w\ty\ngood  film\tO B-A\n", "tab", of_words(), true);
    expect_labels(f.data, "1=0 2=1");
    finish(&f);
}

Test(labels, words_that_are_cut_off_have_no_label) {
    Fixture f;
    load(&f, "w\ty\nfilms films films films\tO O B-A O\n", "tab", of_words(), true); /* 6 of 8 tokens are left */
    expect_labels(f.data, "1=0 3=0 5=1");
    cr_expect_eq(f.data->cut, 1);
    finish(&f);
}

Test(labels, without_labels_every_word_is_asked_for) {
    Fixture f;
    load(&f, "{\"w\": [\"good\", \"films\", \"bad\"]}\n", "jsonl", of_words(), false);
    expect_labels(f.data, "1=nan 2=nan 4=nan");
    finish(&f);
}

static void expect_error(const char *text, const char *format, const char *code, uint32_t line) {
    Fixture f;
    load(&f, text, format, of_words(), true);
    cr_expect_null(f.data);
    cr_assert_eq(f.diags->errors, 1);
    cr_expect_str_eq(f.diags->list.items[0].code, code);
    cr_expect_eq(f.diags->list.items[0].pos.line, line);
    for (int i = 0; i < f.diags->list.count; i++) cr_expect_null(strstr(f.diags->list.items[i].message, "secret"));
    finish(&f);
}

Test(labels, what_is_wrong_is_told_with_its_line) {
    expect_error("good O\nbad O\nbad secret\n", "conll", "E0851", 3);
    expect_error("good O\n\nbad O O\n", "conll", "E0811", 3);
    expect_error("w\ty\ngood\tO\nbad secret\tO\n", "tab", "E0853", 3);
    expect_error("{\"w\": [\"secret\"], \"y\": [\"O\", \"O\"]}\n", "jsonl", "E0853", 1);
}

/* --- Masking --- */

static Label masked(double share) {
    Label label = with(LABEL_MASKED, NULL, 9);
    label.n_columns = 0;
    label.of = 0;
    label.share = share;
    return label;
}

/* 4,000 tokens "good" or [UNK]; 15 in 100 of the good ones are chosen. Bounds: five standard deviations of the
 * binomial. */
Test(labels, masking_hides_the_share_in_three_ways) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    for (int i = 0; i < 1000; i++) fputs("good good good good xyz\n", out);
    fclose(out);
    Fixture f;
    load(&f, text, "lines", masked(0.15), true);
    cr_assert_not_null(f.data);
    LabelList list = {0};
    int chosen = 0, masks = 0, same = 0, other = 0;
    for (int64_t row = 0; row < f.data->rows; row++) {
        int32_t ids[8];
        memcpy(ids, f.data->inputs[0].ids.items + f.data->inputs[0].bounds[row], 7 * sizeof *ids);
        row_labels(f.data, 0, row, (RowKey){1, 2, (uint32_t)row}, ids, &list);
        cr_expect(ids[0] == 2 && ids[5] == 1 && ids[6] == 3); /* special tokens stay */
        for (int64_t i = 0; i < list.count; i++) {
            int32_t hidden = ids[list.at[i]];
            cr_expect(list.values[i] == 5 && list.at[i] >= 1 && list.at[i] <= 4);
            chosen++, masks += hidden == 4, same += hidden == 5, other += hidden != 4 && hidden != 5;
        }
    }
    cr_expect(abs(chosen - 600) < 5 * 23, "%d", chosen); /* sqrt(4000 * 0.15 * 0.85) = 22.6 */
    /* A random token is special, and becomes [MASK], in 5 of 9 draws; it is "good" again in 1 of 9. */
    cr_expect(abs(masks - chosen * 77 / 90) < 5 * 9, "%d of %d", masks, chosen); /* 0.8 + 0.1 * 5/9 */
    cr_expect(abs(same - chosen * 10 / 90) < 5 * 8, "%d of %d", same, chosen);   /* 0.1 + 0.1 / 9 */
    cr_expect(other > 0 && other < chosen / 10, "%d of %d", other, chosen);      /* 0.1 * 3/9 */
    label_list_free(&list);
    finish(&f);
    free(text);
}

static bool same_batch(const Batch *a, const Batch *b, int64_t from) {
    int64_t shift = a->values[0].bounds[from], tokens = a->inputs[0].bounds[from];
    bool same = a->values[0].count - shift == b->values[0].count;
    for (int64_t i = 0; same && i < b->values[0].count; i++) {
        same = a->values[0].classes[shift + i] == b->values[0].classes[i] &&
               a->values[0].at[shift + i] == tokens + b->values[0].at[i];
    }
    size_t bytes = (size_t)b->inputs[0].tokens * sizeof(int32_t);
    return same && memcmp(a->inputs[0].ids + tokens, b->inputs[0].ids, bytes) == 0;
}

Test(labels, a_split_update_hides_the_same_tokens_and_counts_them_all) {
    Fixture f;
    load(&f, "good bad film good bad\nbad bad film\ngood\nfilm bad good film film\n", "lines", masked(0.5), true);
    cr_assert_not_null(f.data);
    const Dataset *sets[] = {f.data};
    Batch *whole = batch_new(sets, 1, 4), *half = batch_new(sets, 1, 4);
    static const int64_t rows[] = {3, 0, 2, 1};
    for (int32_t step = 0; step < 20; step++) {
        whole->rng[1] = half->rng[1] = step;
        batch_begin(whole, f.data, rows, 4, NUMBERS_OF_UPDATE);
        batch_fill(whole, f.data, rows, 4, 0);
        batch_begin(half, f.data, rows, 4, NUMBERS_OF_UPDATE);
        batch_fill(half, f.data, rows + 2, 2, 2);
        cr_expect(same_batch(whole, half, 2), "step %d", step);
        cr_expect_eq(half->values[0].update_labels[0], (float)(whole->values[0].count ? whole->values[0].count : 1));
        cr_expect(half->update_rows[0] == 4 && half->inputs[0].update_tokens[0] == (float)whole->inputs[0].tokens);
    }
    batch_free(whole);
    batch_free(half);
    finish(&f);
}

/* In evaluation a row's number is its own, so what is hidden does not depend on the order. */
Test(labels, numbers_of_the_data_do_not_depend_on_the_batch) {
    Fixture f;
    load(&f, "good bad film good bad\nbad bad film bad\n", "lines", masked(0.5), true);
    const Dataset *sets[] = {f.data};
    Batch *whole = batch_new(sets, 1, 2), *second = batch_new(sets, 1, 2);
    batch_begin(whole, f.data, (int64_t[]){0, 1}, 2, NUMBERS_OF_DATA);
    batch_fill(whole, f.data, (int64_t[]){0, 1}, 2, 0);
    batch_begin(second, f.data, (int64_t[]){1}, 1, NUMBERS_OF_DATA);
    batch_fill(second, f.data, (int64_t[]){1}, 1, 0);
    cr_expect(same_batch(whole, second, 1));
    batch_free(whole);
    batch_free(second);
    finish(&f);
}

Test(labels, a_text_that_asks_itself) {
    Fixture f;
    load(&f, "good [MASK] film [MASK]\nbad\n", "lines", masked(0.15), false);
    expect_labels(f.data, "2=nan 4=nan / ");
    finish(&f);
}

Test(labels, a_batch_of_words_points_to_their_rows) {
    static const int32_t at[] = {1, 4, 5, 7}, classes[] = {0, 1, 2, 0};
    Fixture f;
    load(&f, conll, "conll", of_words(), true);
    const Dataset *sets[] = {f.data};
    Batch *batch = batch_new(sets, 1, 2);
    batch_begin(batch, f.data, (int64_t[]){1, 0}, 2, NUMBERS_OF_UPDATE);
    batch_fill(batch, f.data, (int64_t[]){1, 0}, 2, 0);
    cr_assert_eq(batch->values[0].count, 4);
    cr_expect_arr_eq(batch->values[0].at, at, sizeof at);
    cr_expect_arr_eq(batch->values[0].classes, classes, sizeof classes);
    cr_expect(batch->values[0].bounds[1] == 1 && batch->values[0].bounds[2] == 4);
    cr_expect_eq(batch->values[0].update_labels[0], 4);
    batch_free(batch);
    finish(&f);
}
