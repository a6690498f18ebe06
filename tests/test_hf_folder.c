/* Hugging Face folders: the names and kinds of things found in them, and folders written and opened
 * again. */
#include <criterion/criterion.h>

#include "runtime/hub/hf_folder.h"
#include "tests/temp_folder.h"

static const char vocabulary[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nhello\n";
static const int64_t pair[] = {2};

/* A folder with this config.json, the vocabulary and, with tensors, weights. */
static TempFolder put_folder(const char *config, const char *words, const TensorToWrite *tensors, int n_tensors) {
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
    cr_expect_not_null(strstr(diags->list.items[0].message, words), "%s", diags->list.items[0].message);
}

/* A folder that is open, with what its messages go to. */
typedef struct Opened {
    Diagnostics *diags;
    HfFolder *folder;
} Opened;

static Opened open_folder(const TempFolder *path) {
    Opened opened = {.diags = diagnostics_new()};
    opened.folder = hf_folder_open(path->path, NULL, opened.diags);
    cr_assert_not_null(opened.folder);
    return opened;
}

static void close_folder(Opened opened) {
    hf_folder_close(opened.folder);
    diagnostics_free(opened.diags);
}

Test(hf_folder, looks_up_the_configuration) {
    TempFolder path = put_folder("{\"size\": 384, \"eps\": 1e-12, \"act\": \"gelu\", \"flag\": true, \"no\": null}",
                                 vocabulary, NULL, 0);
    Opened opened = open_folder(&path);
    double number = 0;
    bool flag = false;
    const char *text = NULL;
    cr_expect(hf_config_number(opened.folder, "size", &number, opened.diags) == LOOKUP_FOUND && number == 384);
    cr_expect(hf_config_number(opened.folder, "eps", &number, opened.diags) == LOOKUP_FOUND && number == 1e-12);
    cr_expect(hf_config_string(opened.folder, "act", &text, opened.diags) == LOOKUP_FOUND && !strcmp(text, "gelu"));
    cr_expect(hf_config_bool(opened.folder, "flag", &flag, opened.diags) == LOOKUP_FOUND && flag);
    cr_expect_eq(hf_config_number(opened.folder, "other", &number, opened.diags), LOOKUP_ABSENT);
    cr_expect_eq(hf_config_number(opened.folder, "no", &number, opened.diags), LOOKUP_ABSENT);
    cr_expect_eq(hf_config_number(opened.folder, "act", &number, opened.diags), LOOKUP_FAILED);
    cr_expect_not(hf_folder_has_weights(opened.folder));
    expect_error(opened.diags, "E0841", "\"act\" is not a number");
    close_folder(opened);
    remove_folder(&path);
}

Test(hf_folder, finds_parameters_under_their_other_names) {
    const float numbers[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    const TensorToWrite tensors[] = {
        {"bert.a.weight", 1, pair, numbers},      {"bert.norm.gamma", 1, pair, numbers + 2},
        {"bert.norm.beta", 1, pair, numbers + 4}, {"head.weight", 1, pair, numbers + 6},
        {"cls.bias", 1, pair, numbers + 8},       {"b.weight", 1, pair, numbers + 10}};
    TempFolder path = put_folder("{}", vocabulary, tensors, 6);
    Opened opened = open_folder(&path);
    const struct {
        const char *name, *prefix;
        float first; /* 0: absent */
    } cases[] = {{"a.weight", "bert.", 1},    {"bert.a.weight", "bert.", 1},  {"a.weight", NULL, 0},
                 {"norm.weight", "bert.", 3}, {"norm.bias", "bert.", 5},      {"bert.norm.bias", NULL, 5},
                 {"head.weight", "bert.", 7}, {"bert.b.weight", "bert.", 11}, {"b.bias", "bert.", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        float out[2] = {0, 0};
        Lookup found = hf_folder_load(opened.folder, cases[i].name, cases[i].prefix, pair, 1, out, opened.diags);
        cr_expect_eq(found, cases[i].first != 0 ? LOOKUP_FOUND : LOOKUP_ABSENT, "%s", cases[i].name);
        cr_expect_eq(out[0], cases[i].first, "%s", cases[i].name);
    }
    int count;
    const char *const *skipped = hf_folder_skipped(opened.folder, &count);
    cr_assert_eq(count, 1);
    cr_expect_str_eq(skipped[0], "cls.bias");
    close_folder(opened);
    remove_folder(&path);
}

Test(hf_folder, another_shape_is_an_error_with_both) {
    const float numbers[] = {1, 2};
    const TensorToWrite tensor = {"a", 1, pair, numbers};
    TempFolder path = put_folder("{}", vocabulary, &tensor, 1);
    Opened opened = open_folder(&path);
    const int64_t wanted[] = {1, 2};
    float out[2];
    cr_expect_eq(hf_folder_load(opened.folder, "a", NULL, wanted, 2, out, opened.diags), LOOKUP_FAILED);
    expect_error(opened.diags, "E0842", "'a' has shape [2], but the model's 'a' has [1, 2]");
    close_folder(opened);
    remove_folder(&path);
}

/* The rules with this vocabulary and these files (NULL: none) as three letters, one a rule; "" when the folder does not
 * open for the reason that the code names. */
static const char *rules_of(const char *words, const char *slow, const char *fast, const char *option,
                            const char *code) {
    static char text[4];
    TempFolder path = put_folder("{}", words, NULL, 0);
    if (slow) put_text(&path, "tokenizer_config.json", slow);
    if (fast) put_text(&path, "tokenizer.json", fast);
    Diagnostics *diags = diagnostics_new();
    HfFolder *folder = hf_folder_open(path.path, option, diags);
    cr_expect_eq(!folder, code != NULL);
    if (code) cr_expect_str_eq(diags->list.items[0].code, code);
    if (folder) {
        TokenizerRules rules = hf_folder_tokenizer(folder)->rules;
        sprintf(text, "%c%c%c", rules.lower_case ? 'l' : '-', rules.strip_accents ? 'a' : '-',
                rules.split_cjk ? 'c' : '-');
    } else {
        text[0] = 0;
    }
    hf_folder_close(folder);
    diagnostics_free(diags);
    remove_folder(&path);
    return text;
}

Test(hf_folder, decides_how_texts_are_prepared) {
    const char cased[] = "[UNK]\n[CLS]\n[SEP]\nHello";
    const char *fast = "{\"normalizer\": {\"type\": \"BertNormalizer\", \"lowercase\": false, \"strip_accents\": null, "
                       "\"handle_chinese_chars\": false}}";
    cr_expect_str_eq(rules_of(vocabulary, NULL, NULL, NULL, NULL), "lac");
    cr_expect_str_eq(rules_of(cased, NULL, NULL, NULL, "E0843"), "");
    cr_expect_str_eq(rules_of(cased, "{\"model_max_length\": 512}", NULL, NULL, "E0843"), "");
    cr_expect_str_eq(rules_of(cased, NULL, NULL, "no", NULL), "--c");
    cr_expect_str_eq(rules_of(cased, NULL, NULL, "yes", NULL), "lac");
    cr_expect_str_eq(rules_of(cased, NULL, NULL, "perhaps", "E0910"), "");
    cr_expect_str_eq(rules_of(cased, "{\"do_lower_case\": true}", NULL, NULL, NULL), "lac");
    cr_expect_str_eq(rules_of(vocabulary, "{\"do_lower_case\": false}", NULL, NULL, NULL), "--c");
    cr_expect_str_eq(rules_of(vocabulary, "{\"do_lower_case\": true, \"strip_accents\": false}", NULL, NULL, NULL),
                     "l-c");
    cr_expect_str_eq(rules_of(cased, NULL, fast, NULL, NULL), "---");
    cr_expect_str_eq(rules_of(cased, "{\"do_lower_case\": false}", fast, NULL, NULL), "---");
    cr_expect_str_eq(rules_of(cased, "{\"do_lower_case\": true}", fast, NULL, "E0848"), "");
    cr_expect_str_eq(rules_of(cased, "{\"do_lower_case\": true}", fast, "yes", NULL), "la-");
    cr_expect_str_eq(rules_of(vocabulary, "{", NULL, NULL, "E0841"), "");
    cr_expect_str_eq(rules_of(vocabulary, NULL, "{\"model\": {\"type\": \"BPE\"}}", NULL, "E0847"), "");
}

static void expect_closed(const TempFolder *path, const char *code, const char *words);

Test(hf_folder, other_tokenizers_and_vocabularies) {
    TempFolder path = make_folder();
    put_text(&path, "config.json", "{}");
    put_text(&path, "merges.txt", "a b");
    expect_closed(&path, "E0847", "byte-level BPE");
    put_text(&path, "tokenizer.json",
             "{\"model\": {\"type\": \"WordPiece\", \"vocab\": {\"[CLS]\": 1, \"[UNK]\": 0, \"[SEP]\": 3}}}");
    expect_closed(&path, "E0802", "not the numbers from 0");
    put_text(&path, "tokenizer.json",
             "{\"model\": {\"type\": \"WordPiece\", \"vocab\": {\"[CLS]\": 1, \"[UNK]\": 0, \"[SEP]\": 2}}}");
    Opened opened = open_folder(&path);
    const HfTokenizer *tokenizer = hf_folder_tokenizer(opened.folder);
    cr_expect_eq(tokenizer->vocab_bytes, 18);
    cr_expect_arr_eq(tokenizer->vocab, "[UNK]\n[CLS]\n[SEP]\n", 18);
    close_folder(opened);
    remove_folder(&path);
}

static void put_weights(const TempFolder *path, const char *file, const char *name, const float *numbers) {
    char where[512];
    Diagnostics *diags = diagnostics_new();
    snprintf(where, sizeof where, "%s/%s", path->path, file);
    cr_assert(safetensors_write(where, &(TensorToWrite){name, 1, pair, numbers}, 1, NULL, 0, diags));
    diagnostics_free(diags);
}

Test(hf_folder, weights_in_several_files) {
    const float numbers[] = {1, 2, 3, 4};
    TempFolder path = put_folder("{}", vocabulary, NULL, 0);
    put_weights(&path, "one.safetensors", "a", numbers);
    put_text(&path, "model.safetensors.index.json",
             "{\"weight_map\": {\"a\": \"one.safetensors\", \"b\": \"two.safetensors\"}}");
    expect_closed(&path, "E0849", "two.safetensors, which it names");
    put_weights(&path, "two.safetensors", "c", numbers + 2);
    expect_closed(&path, "E0849", "tensor 'b' is not in two.safetensors");
    put_weights(&path, "two.safetensors", "b", numbers + 2);
    Opened opened = open_folder(&path);
    float out[2];
    int skipped;
    cr_expect(hf_folder_load(opened.folder, "b", NULL, pair, 1, out, opened.diags) == LOOKUP_FOUND && out[0] == 3 &&
              out[1] == 4);
    cr_expect_str_eq(hf_folder_skipped(opened.folder, &skipped)[0], "a");
    cr_expect_eq(skipped, 1);
    close_folder(opened);
    put_text(&path, "model.safetensors.index.json", "{\"weight_map\": {\"a\": \"../one.safetensors\"}}");
    expect_closed(&path, "E0849", "in no file of the folder");
    put_text(&path, "model.safetensors.index.json", "{}");
    expect_closed(&path, "E0849", "no weight_map");
    remove_folder(&path);
}

static void expect_closed(const TempFolder *path, const char *code, const char *words) {
    Diagnostics *diags = diagnostics_new();
    cr_expect_null(hf_folder_open(path->path, NULL, diags));
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
    put_text(&path, "tf_model.h5", "x");
    expect_closed(&path, "E0844", "format");
    put_text(&path, "pytorch_model.bin", "x");
    expect_closed(&path, "E0823", "ZIP archive");
    put_text(&path, "model.safetensors", "x");
    expect_closed(&path, "E0820", "too short");
    remove_folder(&path);
}

Test(hf_folder, opens_what_it_wrote) {
    TempFolder source = put_folder("{\"size\": 2, \"kept\": [1]}", vocabulary, NULL, 0);
    TempFolder target = make_folder();
    Diagnostics *diags = diagnostics_new();
    HfFolder *folder = hf_folder_open(source.path, NULL, diags);
    cr_assert_not_null(folder);
    cr_assert_eq(rmdir(target.path), 0); /* to be made again */
    const float numbers[] = {1, 2};
    const TensorToWrite tensor = {"a", 1, pair, numbers};
    const ConfigPair pairs[] = {{"size", CONFIG_NUMBER, 3, NULL},
                                {"eps", CONFIG_NUMBER, 1e-12, NULL},
                                {"flag", CONFIG_BOOL, 1, NULL},
                                {"act", CONFIG_STRING, 0, "gelu"}};
    HfTokenizer tokenizer = *hf_folder_tokenizer(folder);
    tokenizer.rules = tokenizer_rules(false);
    HfContents contents = {.config = hf_folder_config(folder),
                           .pairs = pairs,
                           .n_pairs = 4,
                           .tokenizer = &tokenizer,
                           .tensors = &tensor,
                           .n_tensors = 1};
    cr_assert(hf_folder_write(target.path, &contents, diags));
    hf_folder_close(folder);

    folder = hf_folder_open(target.path, NULL, diags);
    cr_assert_not_null(folder);
    double number;
    float out[2];
    cr_expect_eq(count_files(&target), 4);
    cr_expect_not_null(strstr(hf_folder_config(folder), "\"kept\""));
    cr_expect_not_null(strstr(hf_folder_config(folder), "1e-12"));
    cr_expect(hf_config_number(folder, "size", &number, diags) == LOOKUP_FOUND && number == 3);
    cr_expect_not(hf_folder_tokenizer(folder)->rules.lower_case);
    cr_expect(hf_folder_load(folder, "a", NULL, pair, 1, out, diags) == LOOKUP_FOUND && out[1] == 2);
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
