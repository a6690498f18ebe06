/* Hugging Face folders: the names and kinds of things found in them, and folders written and opened
 * again. */
#include <criterion/criterion.h>

#include "graph/base/hash.h"
#include "runtime/hub/hf_folder.h"
#include "runtime/hub/hf_keys.h"
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
        Lookup found =
            hf_folder_load(opened.folder, (HfName){NULL, cases[i].name, cases[i].prefix}, pair, 1, out, opened.diags);
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
    cr_expect_eq(hf_folder_load(opened.folder, (HfName){.name = "a"}, wanted, 2, out, opened.diags), LOOKUP_FAILED);
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
        const json_t *rules = json_object_get(hf_folder_tokenizer(folder)->description, "normalizer");
        const json_t *strip = json_object_get(rules, "strip_accents");
        bool lower = json_is_true(json_object_get(rules, "lowercase"));
        sprintf(text, "%c%c%c", lower ? 'l' : '-', (json_is_null(strip) ? lower : json_is_true(strip)) ? 'a' : '-',
                json_is_true(json_object_get(rules, "handle_chinese_chars")) ? 'c' : '-');
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
    cr_expect_str_eq(rules_of(vocabulary, NULL, "{\"model\": {\"type\": \"Other\"}}", NULL, "E0847"), "");
}

static void expect_closed(const TempFolder *path, const char *code, const char *words);

Test(hf_folder, other_tokenizers_and_vocabularies) {
    TempFolder path = make_folder();
    put_text(&path, "config.json", "{}");
    put_text(&path, "merges.txt", "a b");
    expect_closed(&path, "E0840", "no such file");
    put_text(&path, "tokenizer.json",
             "{\"model\": {\"type\": \"WordPiece\", \"unk_token\": \"[UNK]\", \"vocab\": {\"[UNK]\": -1}}}");
    expect_closed(&path, "E0802", "not a number from 0");
    put_text(&path, "tokenizer.json",
             "{\"model\": {\"type\": \"WordPiece\", \"unk_token\": \"[UNK]\", "
             "\"vocab\": {\"[CLS]\": 1, \"[UNK]\": 0, \"[SEP]\": 2}}}");
    Opened opened = open_folder(&path);
    const Tokenizer *tokenizer = hf_folder_tokenizer(opened.folder)->tokenizer;
    cr_expect_eq(tokenizer_size(tokenizer), 3);
    cr_expect_str_eq(tokenizer_token(tokenizer, 2), "[SEP]");
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
    cr_expect(hf_folder_load(opened.folder, (HfName){.name = "b"}, pair, 1, out, opened.diags) == LOOKUP_FOUND &&
              out[0] == 3 && out[1] == 4);
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
                                {"act", CONFIG_STRING, 0, "gelu"},
                                {"kind", CONFIG_TEXT, 0, "c2p|p2c"},
                                {"biased", CONFIG_TEXT, 0, "false"}};
    HfContents contents = {.config = hf_folder_config(folder),
                           .pairs = pairs,
                           .n_pairs = 6,
                           .tokenizer = hf_folder_tokenizer(folder),
                           .cut = {.max_length = 48, .keeps_tail = true},
                           .tensors = &tensor,
                           .n_tensors = 1};
    cr_assert(hf_folder_write(target.path, &contents, diags));
    hf_folder_close(folder);

    folder = hf_folder_open(target.path, NULL, diags);
    cr_assert_not_null(folder);
    double number;
    float out[2];
    cr_expect_eq(count_files(&target), 5);
    cr_expect_not_null(strstr(hf_folder_config(folder), "\"kept\""));
    cr_expect_not_null(strstr(hf_folder_config(folder), "1e-12"));
    cr_expect(hf_config_number(folder, "size", &number, diags) == LOOKUP_FOUND && number == 3);
    cr_expect_not_null(strstr(hf_folder_config(folder), "\"biased\": false"));
    cr_expect_not_null(strstr(hf_folder_config(folder), "\"kind\": \"c2p|p2c\""));
    char was[HASH_DIGITS + 1], is[HASH_DIGITS + 1];
    tokenizer_hash(hf_folder_tokenizer(folder)->tokenizer, is);
    HfFolder *first = hf_folder_open(source.path, NULL, diags);
    tokenizer_hash(hf_folder_tokenizer(first)->tokenizer, was);
    cr_expect_str_eq(is, was);
    hf_folder_close(first);
    cr_expect(hf_folder_load(folder, (HfName){.name = "a"}, pair, 1, out, diags) == LOOKUP_FOUND && out[1] == 2);
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

/* --- What a folder may say --- */

/* The table is sound: no key twice, words where something may be refused. */
Test(hf_folder, the_table_of_keys_is_sound) {
    int count;
    const HfKey *keys = hf_key_list(&count);
    for (int i = 0; i < count; i++) {
        cr_expect_eq(hf_key_find(keys[i].file, keys[i].key), &keys[i], "%s twice", keys[i].key);
        cr_expect_eq(keys[i].why != NULL, keys[i].meaning == HF_ONLY || keys[i].meaning == HF_GIVEN, "%s", keys[i].key);
        cr_expect_eq(keys[i].values != NULL, keys[i].meaning == HF_ONLY, "%s", keys[i].key);
    }
}

static void expect_config(const char *config, const char *words) {
    static const char *const known[] = {"is_decoder"};
    TempFolder path = put_folder(config, vocabulary, NULL, 0);
    Opened opened = open_folder(&path);
    cr_expect_eq(hf_config_check(opened.folder, known, 0, opened.diags), words == NULL);
    if (words) expect_error(opened.diags, "E0838", words);
    if (words && strstr(words, "is_decoder")) cr_expect(hf_config_check(opened.folder, known, 1, opened.diags));
    close_folder(opened);
    remove_folder(&path);
}

Test(hf_folder, config_says_another_model) {
    expect_config("{\"is_decoder\": false, \"pruned_heads\": {}, \"quantization_config\": null}", NULL);
    expect_config("{\"chunk_size_feed_forward\": 64, \"torch_dtype\": \"float16\", \"size\": 1e30}", NULL);
    expect_config("{\"is_decoder\": true}", "\"is_decoder\" is true");
    expect_config("{\"add_cross_attention\": true}", "add_cross_attention");
    expect_config("{\"pruned_heads\": {\"0\": [1]}}", "\"pruned_heads\": some heads");
    expect_config("{\"quantization_config\": {\"bits\": 4}}", "quantised");
}

/* What a folder's tokenizer_config.json says that is not in the table, as "key count". */
static void expect_unknown(const char *name, const char *text, const char *wanted) {
    TempFolder path = put_folder("{}", vocabulary, NULL, 0);
    put_text(&path, name, text);
    Opened opened = open_folder(&path);
    const HfTokenizer *tokenizer = hf_folder_tokenizer(opened.folder);
    char said[100] = "";
    for (int i = 0; i < tokenizer->n_unknown; i++) {
        if (tokenizer->unknown[i].count)
            snprintf(said, sizeof said, "%s %d", tokenizer->unknown[i].key, tokenizer->unknown[i].count);
    }
    cr_expect_str_eq(said, wanted, "%s: %s", text, said);
    close_folder(opened);
    remove_folder(&path);
}

Test(hf_folder, keys_that_nobody_knows_are_named) {
    expect_unknown("tokenizer_config.json",
                   "{\"do_lower_case\": true, \"unk_token\": \"[UNK]\", \"bos_token\": null, \"name_or_path\": \"x\", "
                   "\"clean_up_tokenization_spaces\": true, \"add_bos_token\": false}",
                   "");
    expect_unknown("tokenizer_config.json", "{\"normalization\": true, \"max_len\": 9, \"emoji\": \"x\"}",
                   "normalization 2");
    expect_unknown("sentence_bert_config.json", "{\"max_seq_length\": 9, \"transformer_task\": \"x\"}", "");
    expect_unknown("sentence_bert_config.json", "{\"prompt\": \"x\"}", "prompt 1");
    expect_unknown("special_tokens_map.json", "{\"any\": \"x\"}", "");
}

/* The tokens of a text with these files beside vocab.txt, joined by blanks; "" when the folder is refused with `code`.
 */
static void expect_text(const char *words, const char *slow, const char *fast, const char *extra, const char *text,
                        const char *wanted, const char *code) {
    TempFolder path = put_folder("{}", words, NULL, 0);
    if (slow) put_text(&path, "tokenizer_config.json", slow);
    if (fast) put_text(&path, "tokenizer.json", fast);
    if (extra) put_text(&path, "added_tokens.json", extra);
    Diagnostics *diags = diagnostics_new();
    HfFolder *folder = hf_folder_open(path.path, NULL, diags);
    char joined[400] = "";
    TokenIds ids = {0}, all = {0};
    if (folder) {
        const Tokenizer *t = hf_folder_tokenizer(folder)->tokenizer;
        TokenizerWork *work = tokenizer_work(t);
        tokenizer_encode(t, work, text, strlen(text), &ids);
        tokenizer_assemble(t, &ids, NULL, 64, (AssembledTokens){&all, NULL, NULL});
        tokenizer_work_free(work);
        for (int64_t i = 0; i < all.count; i++) {
            strcat(joined, i ? " " : "");
            strcat(joined, tokenizer_token(t, all.items[i]));
        }
    }
    cr_expect_str_eq(joined, wanted, "%s: %s", text, joined);
    cr_expect_eq(!folder, code != NULL, "%s", text);
    if (code && diags->list.count) cr_expect_str_eq(diags->list.items[0].code, code);
    token_ids_free(&ids);
    token_ids_free(&all);
    hf_folder_close(folder);
    diagnostics_free(diags);
    remove_folder(&path);
}

/* What BertTokenizerFast of transformers 4.57.1 makes of the same folders. */
Test(hf_folder, added_and_special_tokens) {
    const char *words = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\nfilm\n<\n[e1]\n[E1]\n";
    const char *token = "\"content\": \"<Brand>\", \"lstrip\": false, \"rstrip\": false, ";
    char slow[400], fast[400];
    expect_text(words, NULL, NULL, NULL, "the <brand> film", "[CLS] the < [UNK] [UNK] film [SEP]", NULL);
    expect_text(words, NULL, NULL, "{\"<brand>\": 10}", "the <Brand>film", "[CLS] the <brand> film [SEP]", NULL);
    snprintf(slow, sizeof slow, "{\"added_tokens_decoder\": {\"10\": {%s\"normalized\": false}}}", token);
    expect_text(words, slow, NULL, NULL, "the <Brand> <brand>", "[CLS] the <Brand> < [UNK] [UNK] [SEP]", NULL);
    snprintf(slow, sizeof slow, "{\"added_tokens_decoder\": {\"10\": {%s\"normalized\": true}}}", token);
    expect_text(words, slow, NULL, NULL, "the <Brand> <brand>", "[CLS] the <Brand> <Brand> [SEP]", NULL);
    snprintf(fast, sizeof fast,
             "{\"added_tokens\": [{\"id\": 10, \"content\": \"lm\", \"single_word\": true, \"normalized\": false}]}");
    expect_text(words, NULL, fast, NULL, "film lm", "[CLS] film lm [SEP]", NULL);
    expect_text(words, "{\"additional_special_tokens\": [\"[E1]\"]}", NULL, NULL, "the [E1]", "[CLS] the [E1] [SEP]",
                NULL);
    expect_text(words, "{\"extra_special_tokens\": {\"begin\": \"[E1]\"}}", NULL, NULL, "the [E1]",
                "[CLS] the [E1] [SEP]", NULL);
    expect_text(words, "{\"bos_token\": \"<s>\", \"eos_token\": \"[E1]\"}", NULL, NULL, "the [E1]",
                "[CLS] the [E1] [SEP]", NULL);
    expect_text(words, "{\"cls_token\": \"the\", \"sep_token\": {\"content\": \"film\"}}", NULL, NULL, "[MASK]",
                "the [MASK] film", NULL);
    expect_text(words, NULL, NULL, "{\"<brand>\": 12}", "the", "", "E0802");
    expect_text(words, "{\"added_tokens_decoder\": {\"10\": {\"content\": \"<b>\"}}}", NULL, "{\"<b>\": 11}", "the", "",
                "E0848");
}

Test(hf_folder, other_ways_to_take_texts_apart) {
    const char *words = "[PAD]\n[UNK]\n[CLS]\n[SEP]\nfilm\n@@s\ns\n";
    expect_text(words, "{\"model_max_length\": 1000000000000000019884624838656}", NULL, NULL, "film",
                "[CLS] film [SEP]", NULL);
    expect_text(words, "{\"do_basic_tokenize\": false, \"never_split\": [\"x\"]}", NULL, NULL, "film",
                "[CLS] film [SEP]", NULL);
    expect_text(words, "{\"tokenizer_class\": \"BertJapaneseTokenizer\"}", NULL, NULL, "film", "", "E0847");
    expect_text(words, "{\"add_eos_token\": true}", NULL, NULL, "film", "", "E0838");
    expect_text(words, "{\"add_special_tokens\": false}", NULL, NULL, "film", "", "E0838");
    expect_text(words, "{\"do_lower_case\": \"false\"}", NULL, NULL, "film", "", "E0838");
    expect_text(words, "{\"strip_accents\": 1}", NULL, NULL, "film", "", "E0838");
    expect_text(words, "\xEF\xBB\xBF{\"strip_accents\": null}", NULL, NULL, "film", "[CLS] film [SEP]", NULL);
    expect_text(words, "{\"tokenizer_class\": \"KoBertTokenizer\"}", NULL, NULL, "film", "", "E0847");
    /* a tokenizer.json without a model is laid over what vocab.txt makes */
    expect_text(words, NULL, "{\"normalizer\": null}", NULL, "film FILM", "[CLS] film [UNK] [SEP]", NULL);
    expect_text(words, NULL, "{\"version\": \"1.0\", \"other\": null}", NULL, "film", "", "E0847");
    expect_text(words, NULL, "{\"pre_tokenizer\": {\"type\": \"WhitespaceSplit\"}}", NULL, "film, film",
                "[CLS] [UNK] film [SEP]", NULL);
    expect_text(words, NULL, "{\"post_processor\": {\"type\": \"RobertaProcessing\"}}", NULL, "film", "", "E0847");
    expect_text(words, NULL,
                "{\"post_processor\": {\"type\": \"RobertaProcessing\", \"sep\": [\"s\", 6], \"cls\": [\"[PAD]\", 0], "
                "\"trim_offsets\": true, \"add_prefix_space\": false}}",
                NULL, "film", "[PAD] film s", NULL);
    const char *vocab = "\"unk_token\": \"[UNK]\", \"vocab\": {\"[UNK]\": 0, \"film\": 1, \"@@s\": 2, \"s\": 3}";
    char fast[400];
    snprintf(fast, sizeof fast, "{\"model\": {\"type\": \"WordPiece\", \"continuing_subword_prefix\": \"@@\", %s}}",
             vocab);
    expect_text(words, NULL, fast, NULL, "films", "film @@s", NULL);
    snprintf(
        fast, sizeof fast,
        "{\"model\": {\"type\": \"WordPiece\", \"max_input_chars_per_word\": 3, %s}, \"pre_tokenizer\": {\"type\": "
        "\"Whitespace\"}}",
        vocab);
    expect_text(words, NULL, fast, NULL, "film s", "[UNK] s", NULL);
}
