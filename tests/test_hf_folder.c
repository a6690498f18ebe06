/* Hugging Face folders: the names and kinds of things found in them, and folders written and opened
 * again. */
#include <criterion/criterion.h>

#include "runtime/hf_folder.h"
#include "tests/temp_folder.h"

static const char vocabulary[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nhello\n";
static const int64_t pair[] = {2};

/* A folder with this config.json, the vocabulary and, with tensors, weights. */
static TempFolder put_folder(const char *config, const char *words, const TensorToWrite *tensors,
                             int n_tensors) {
    TempFolder folder = make_folder();
    Diagnostics *diags = diagnostics_new();
    put_text(&folder, "config.json", config);
    put_text(&folder, "vocab.txt", words);
    TempPath path = path_in(&folder, "model.safetensors");
    if (n_tensors) cr_assert(safetensors_write(path.text, tensors, n_tensors, NULL, 0, diags));
    diagnostics_free(diags);
    return folder;
}

static void expect_error(Diagnostics *diags, const char *code, const char *words) {
    cr_assert_geq(diags->list.count, 2); /* the error and a way out */
    cr_expect_eq(diags->errors, 1);
    cr_expect_str_eq(diags->list.items[0].code, code);
    cr_expect_not_null(strstr(diags->list.items[0].message, words), "%s",
                       diags->list.items[0].message);
}

Test(hf_folder, looks_up_the_configuration) {
    TempFolder path = put_folder(
        "{\"size\": 384, \"eps\": 1e-12, \"act\": \"gelu\", \"flag\": true, \"no\": null}",
        vocabulary, NULL, 0);
    Diagnostics *diags = diagnostics_new();
    HfFolder *folder = hf_folder_open(path.path, diags);
    cr_assert_not_null(folder);
    double number = 0;
    bool flag = false;
    const char *text = NULL;
    cr_expect(hf_config_number(folder, "size", &number, diags) == LOOKUP_FOUND && number == 384);
    cr_expect(hf_config_number(folder, "eps", &number, diags) == LOOKUP_FOUND && number == 1e-12);
    cr_expect(hf_config_string(folder, "act", &text, diags) == LOOKUP_FOUND &&
              !strcmp(text, "gelu"));
    cr_expect(hf_config_bool(folder, "flag", &flag, diags) == LOOKUP_FOUND && flag);
    cr_expect_eq(hf_config_number(folder, "other", &number, diags), LOOKUP_ABSENT);
    cr_expect_eq(hf_config_number(folder, "no", &number, diags), LOOKUP_ABSENT);
    cr_expect_eq(hf_config_number(folder, "act", &number, diags), LOOKUP_FAILED);
    cr_expect_null(hf_folder_weights(folder));
    expect_error(diags, "E0841", "\"act\" is not a number");
    hf_folder_close(folder);
    diagnostics_free(diags);
    remove_folder(&path);
}

Test(hf_folder, finds_parameters_under_their_other_names) {
    const float numbers[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    const TensorToWrite tensors[] = {
        {"bert.a.weight", 1, pair, numbers},      {"bert.norm.gamma", 1, pair, numbers + 2},
        {"bert.norm.beta", 1, pair, numbers + 4}, {"head.weight", 1, pair, numbers + 6},
        {"cls.bias", 1, pair, numbers + 8},       {"b.weight", 1, pair, numbers + 10}};
    TempFolder path = put_folder("{}", vocabulary, tensors, 6);
    Diagnostics *diags = diagnostics_new();
    HfFolder *folder = hf_folder_open(path.path, diags);
    cr_assert_not_null(folder);
    const struct {
        const char *name, *prefix;
        float first; /* 0: absent */
    } cases[] = {
        {"a.weight", "bert.", 1},    {"bert.a.weight", "bert.", 1},  {"a.weight", NULL, 0},
        {"norm.weight", "bert.", 3}, {"norm.bias", "bert.", 5},      {"bert.norm.bias", NULL, 5},
        {"head.weight", "bert.", 7}, {"bert.b.weight", "bert.", 11}, {"b.bias", "bert.", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        float out[2] = {0, 0};
        Lookup found = hf_folder_load(folder, cases[i].name, cases[i].prefix, pair, 1, out, diags);
        cr_expect_eq(found, cases[i].first != 0 ? LOOKUP_FOUND : LOOKUP_ABSENT, "%s",
                     cases[i].name);
        cr_expect_eq(out[0], cases[i].first, "%s", cases[i].name);
    }
    int count;
    const char *const *skipped = hf_folder_skipped(folder, &count);
    cr_assert_eq(count, 1);
    cr_expect_str_eq(skipped[0], "cls.bias");
    hf_folder_close(folder);
    diagnostics_free(diags);
    remove_folder(&path);
}

Test(hf_folder, another_shape_is_an_error_with_both) {
    const float numbers[] = {1, 2};
    const TensorToWrite tensor = {"a", 1, pair, numbers};
    TempFolder path = put_folder("{}", vocabulary, &tensor, 1);
    Diagnostics *diags = diagnostics_new();
    HfFolder *folder = hf_folder_open(path.path, diags);
    cr_assert_not_null(folder);
    const int64_t wanted[] = {1, 2};
    float out[2];
    cr_expect_eq(hf_folder_load(folder, "a", NULL, wanted, 2, out, diags), LOOKUP_FAILED);
    expect_error(diags, "E0842", "'a' has shape [2], but the model's 'a' has [1, 2]");
    hf_folder_close(folder);
    diagnostics_free(diags);
    remove_folder(&path);
}

/* Whether texts are lower-cased with this vocabulary and tokenizer_config.json (NULL: none); -1:
 * the folder does not open. */
static int lower_case_of(const char *words, const char *tokenizer_config, int warnings) {
    TempFolder path = put_folder("{}", words, NULL, 0);
    if (tokenizer_config) put_text(&path, "tokenizer_config.json", tokenizer_config);
    Diagnostics *diags = diagnostics_new();
    HfFolder *folder = hf_folder_open(path.path, diags);
    int result = folder ? hf_folder_lower_case(folder) : -1;
    int found = 0;
    for (int i = 0; i < diags->list.count; i++)
        found += diags->list.items[i].severity == SEVERITY_WARNING;
    cr_expect_eq(found, warnings);
    hf_folder_close(folder);
    diagnostics_free(diags);
    remove_folder(&path);
    return result;
}

Test(hf_folder, decides_on_lower_case) {
    const char cased[] = "[UNK]\n[CLS]\n[SEP]\nHello";
    cr_expect_eq(lower_case_of(vocabulary, NULL, 0), true);
    cr_expect_eq(lower_case_of(cased, NULL, 1), false);
    cr_expect_eq(lower_case_of(cased, "{\"model_max_length\": 512}", 1), false);
    cr_expect_eq(lower_case_of(cased, "{\"do_lower_case\": true}", 0), true);
    cr_expect_eq(lower_case_of(vocabulary, "{\"do_lower_case\": false}", 0), false);
    cr_expect_eq(lower_case_of(vocabulary, "{", 0), -1);
}

static void expect_closed(const TempFolder *path, const char *code, const char *words) {
    Diagnostics *diags = diagnostics_new();
    cr_expect_null(hf_folder_open(path->path, diags));
    expect_error(diags, code, words);
    diagnostics_free(diags);
}

Test(hf_folder, missing_and_broken_files) {
    TempFolder path = make_folder();
    expect_closed(&(TempFolder){"/no/such/folder"}, "E0840", "no such folder");
    expect_closed(&path, "E0840", "no such file");
    put_text(&path, "config.json", "{\"a\": 1,\n \"b\"}");
    expect_closed(&path, "E0840", "no such file");
    put_text(&path, "vocab.txt", vocabulary);
    expect_closed(&path, "E0841", "expected");
    put_text(&path, "config.json", "[]");
    expect_closed(&path, "E0841", "not a JSON object");
    put_text(&path, "config.json", "{}");
    put_text(&path, "pytorch_model.bin", "x");
    expect_closed(&path, "E0844", "format");
    put_text(&path, "model.safetensors", "x");
    expect_closed(&path, "E0820", "too short");
    remove_folder(&path);
}

Test(hf_folder, opens_what_it_wrote) {
    TempFolder source = put_folder("{\"size\": 2, \"kept\": [1]}", vocabulary, NULL, 0);
    TempFolder target = make_folder();
    Diagnostics *diags = diagnostics_new();
    HfFolder *folder = hf_folder_open(source.path, diags);
    cr_assert_not_null(folder);
    cr_assert_eq(rmdir(target.path), 0); /* to be made again */
    const float numbers[] = {1, 2};
    const TensorToWrite tensor = {"a", 1, pair, numbers};
    const ConfigPair pairs[] = {{"size", CONFIG_NUMBER, 3, NULL},
                                {"eps", CONFIG_NUMBER, 1e-12, NULL},
                                {"flag", CONFIG_BOOL, 1, NULL},
                                {"act", CONFIG_STRING, 0, "gelu"}};
    HfContents contents = {.config = hf_folder_config(folder),
                           .pairs = pairs,
                           .n_pairs = 4,
                           .vocab = hf_folder_vocab(folder),
                           .lower_case = false,
                           .tensors = &tensor,
                           .n_tensors = 1};
    cr_assert(hf_folder_write(target.path, &contents, diags));
    hf_folder_close(folder);

    folder = hf_folder_open(target.path, diags);
    cr_assert_not_null(folder);
    double number;
    float out[2];
    cr_expect_eq(count_files(&target), 4);
    cr_expect_not_null(strstr(hf_folder_config(folder), "\"kept\""));
    cr_expect_not_null(strstr(hf_folder_config(folder), "1e-12"));
    cr_expect(hf_config_number(folder, "size", &number, diags) == LOOKUP_FOUND && number == 3);
    cr_expect_not(hf_folder_lower_case(folder));
    cr_expect(hf_folder_load(folder, "a", NULL, pair, 1, out, diags) == LOOKUP_FOUND &&
              out[1] == 2);
    cr_expect_str_eq(safetensors_metadata(hf_folder_weights(folder), "format"), "pt");
    cr_expect_eq(diags->list.count, 0);
    hf_folder_close(folder);
    diagnostics_free(diags);
    remove_folder(&source);
    remove_folder(&target);
}

Test(hf_folder, a_folder_that_cannot_be_made_is_an_error) {
    Diagnostics *diags = diagnostics_new();
    cr_expect_not(hf_folder_write("/no/such/folder", &(HfContents){0}, diags));
    expect_error(diags, "E0830", "cannot make the folder");
    diagnostics_free(diags);
}
