/* Models of words: what each kind makes of a word, by hand and as Hugging Face's tokenizers 0.22.2 have it; caches and
 * parts of long words change nothing; what is damaged or not computed is refused. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/tokenize/trie.h"
#include "runtime/tokenize/word_model.h"

static WordModel *read_model(const char *text, Diagnostics *diags) {
    json_t *json = json_loads(text, 0, NULL);
    cr_assert_not_null(json, "%s", text);
    ComponentReader reader = {.arena = diags->arena, .file = "tokenizer.json", .diags = diags};
    WordModel *model = word_model_read(&(Component){&reader, json, "model"});
    json_decref(json);
    return model;
}

/* "id:begin:end" of each piece, with blanks between; for the caller to free. */
static char *pieces_of(const WordModel *model, WordModelWork *work, const char *word) {
    PieceList pieces = {0};
    char *text = NULL;
    size_t size;
    word_model_encode(model, work, word, strlen(word), &pieces);
    FILE *out = open_memstream(&text, &size);
    for (int64_t i = 0; i < pieces.count; i++)
        fprintf(out, "%s%d:%u:%u", i ? " " : "", pieces.items[i].id, pieces.items[i].begin, pieces.items[i].end);
    fclose(out);
    piece_list_free(&pieces);
    return text;
}

typedef struct Expected {
    const char *word, *pieces;
} Expected;

/* Twice, so that the second is what the cache has. */
static void expect_pieces(const char *text, const Expected *rows, int count) {
    Diagnostics *diags = diagnostics_new();
    WordModel *model = read_model(text, diags);
    cr_assert_not_null(model, "%s", text);
    WordModelWork *work = word_model_work(model);
    for (int i = 0; i < 2 * count; i++) {
        char *got = pieces_of(model, work, rows[i % count].word);
        cr_expect_str_eq(got, rows[i % count].pieces, "%s", rows[i % count].word);
        free(got);
    }
    word_model_work_free(work);
    word_model_free(model);
    diagnostics_free(diags);
}

#define EXPECT(text, ...)                                                                                              \
    expect_pieces(text, (const Expected[]){__VA_ARGS__}, sizeof((const Expected[]){__VA_ARGS__}) / sizeof(Expected))

Test(word_model, merges_by_rank_and_from_the_left) {
    EXPECT("{\"type\": \"BPE\", \"vocab\": {\"a\": 0, \"b\": 1, \"c\": 2, \"ab\": 3, \"bc\": 4, \"abc\": 5, \"aa\": 6},"
           "\"merges\": [\"b c\", \"a b\", \"a bc\", \"a a\"]}",
           {"abc", "5:0:3"}, {"ab", "3:0:2"}, {"abab", "3:0:2 3:2:4"}, {"aaa", "6:0:2 0:2:3"}, {"cab", "2:0:1 3:1:3"},
           {"", ""}, {"axb", "3:0:2"} /* no unknown token: left out, with the places of tokenizers */);
}

Test(word_model, merges_as_pairs_and_older_files_without_a_type) {
    EXPECT("{\"dropout\": null, \"vocab\": {\"a\": 0, \" \": 1, \"a \": 2}, \"merges\": [[\"a\", \" \"]]}",
           {"a a", "2:0:2 0:2:3"});
    EXPECT("{\"vocab\": {\"a\": 0, \"b\": 1, \"ab\": 2}, \"merges\": [\"#version: 0.2\", \"a b\"]}", {"ab", "2:0:2"});
}

Test(word_model, prefixes_and_suffixes_of_characters) {
    EXPECT("{\"type\": \"BPE\", \"continuing_subword_prefix\": \"##\", \"vocab\": {\"a\": 0, \"##b\": 1, \"##c\": 2, "
           "\"ab\": 3, \"##bc\": 4}, \"merges\": [\"##b ##c\", \"a ##b\"]}",
           {"abc", "0:0:1 4:1:3"}, {"ab", "3:0:2"}, {"b", ""});
    EXPECT("{\"type\": \"BPE\", \"end_of_word_suffix\": \"</w>\", \"vocab\": {\"a\": 0, \"b</w>\": 1, \"ab</w>\": 2, "
           "\"a</w>\": 3}, \"merges\": [\"a b</w>\"]}",
           {"ab", "2:0:2"}, {"a", "3:0:1"}, {"aab", "0:0:1 2:1:3"});
}

Test(word_model, unknown_characters_of_bpe) {
    EXPECT("{\"type\": \"BPE\", \"unk_token\": \"?\", \"vocab\": {\"?\": 0, \"a\": 1}, \"merges\": []}",
           {"xya", "0:0:1 0:1:2 1:2:3"});
    EXPECT("{\"type\": \"BPE\", \"unk_token\": \"?\", \"fuse_unk\": true, \"vocab\": {\"?\": 0, \"a\": 1}, "
           "\"merges\": []}",
           {"xya\xC3\xA9", "0:0:2 1:2:3 0:3:5"});
    EXPECT("{\"type\": \"BPE\", \"unk_token\": \"?\", \"byte_fallback\": true, \"vocab\": {\"?\": 0, \"a\": 1, "
           "\"<0xC3>\": 2, \"<0xA9>\": 3}, \"merges\": []}",
           {"a\xC3\xA9", "1:0:1 2:1:2 3:2:3"}, {"\xC3\xA8", "0:0:2"});
    EXPECT("{\"type\": \"BPE\", \"ignore_merges\": true, \"vocab\": {\"a\": 0, \"b\": 1, \"ab\": 2}, \"merges\": []}",
           {"ab", "2:0:2"}, {"aab", "0:0:1 0:1:2 1:2:3"});
}

/* A long word is taken apart where no merge can reach over: the same as with a merge that reaches everywhere. */
Test(word_model, parts_of_long_words_change_nothing) {
    const char *start = "{\"type\": \"BPE\", \"unk_token\": \"?\", \"fuse_unk\": true, \"vocab\": {\"?\": 0, \"_\": 1, "
                        "\"a\": 2, \"b\": 3, \"_a\": 4, \"ab\": 5, \"__\": 6, \"b_\": 7, \"_ab\": 8}, \"merges\": [";
    char apart[400], whole[400], word[1200] = "";
    snprintf(apart, sizeof apart, "%s\"a b\", \"_ _\", \"_ a\", \"_ ab\"]}", start);
    snprintf(whole, sizeof whole, "%s\"a b\", \"_ _\", \"_ a\", \"_ ab\"], \"ignore_merges\": true}", start);
    for (int i = 0; i < 60; i++) strcat(word, i % 7 == 3 ? "xyab" : i % 5 == 2 ? "__b" : i % 4 ? "_ab" : "ba_xyz");
    Diagnostics *diags = diagnostics_new();
    WordModel *models[] = {read_model(apart, diags), read_model(whole, diags)};
    char *got[2];
    for (int i = 0; i < 2; i++) {
        WordModelWork *work = word_model_work(models[i]);
        got[i] = pieces_of(models[i], work, word);
        word_model_work_free(work);
        word_model_free(models[i]);
    }
    cr_expect_str_eq(got[0], got[1]);
    free(got[0]), free(got[1]);
    diagnostics_free(diags);
}

Test(word_model, unigram_takes_the_largest_sum) {
    const char *text = "{\"type\": \"Unigram\", \"unk_id\": 0, \"vocab\": [[\"<unk>\", 0], [\"a\", -3], [\"b\", -3], "
                       "[\"ab\", -5], [\"abc\", -20], [\"c\", -2], [\"bc\", -5], [\"zz\", -30]]}";
    EXPECT(text, {"ab", "3:0:2"}, {"abc", "3:0:2 5:2:3"}, {"axyb", "1:0:1 0:1:3 2:3:4"}, {"<unk>", "0:0:5"},
           {"zz", "7:0:2"}, {"z", "0:0:1"}, {"zzz", "0:0:1 7:1:3"}, {"", ""});
}

/* The first of two equal sums: shorter pieces are tried first, and only a larger sum takes the place. */
Test(word_model, ties_of_unigram_go_to_the_first) {
    EXPECT("{\"unk_id\": 0, \"vocab\": [[\"<unk>\", 0], [\"a\", -1], [\"aa\", -2]]}", {"aa", "2:0:2"},
           {"aaa", "1:0:1 2:1:3"});
    EXPECT("{\"unk_id\": 1, \"vocab\": [[\"x\", 0], [\"<unk>\", 0], [\"<unk>\", -1]]}", {"q<unk>", "1:0:1 2:1:6"});
}

Test(word_model, bytes_of_unigram_span_the_character) {
    EXPECT("{\"unk_id\": 0, \"byte_fallback\": true, \"vocab\": [[\"<unk>\", 0], [\"a\", -1], [\"<0xC3>\", 0], "
           "[\"<0xA9>\", 0]]}",
           {"a\xC3\xA9", "1:0:1 2:1:3 3:1:3"}, {"\xC3\xA8", "0:0:2"});
}

Test(word_model, wordpiece_takes_the_longest_piece_from_the_left) {
    const char *text = "{\"type\": \"WordPiece\", \"unk_token\": \"[UNK]\", \"continuing_subword_prefix\": \"##\", "
                       "\"max_input_chars_per_word\": 9, \"vocab\": {\"[UNK]\": 0, \"un\": 1, \"##aff\": 2, "
                       "\"##able\": 3, \"##\xC3\xA9\": 4}}";
    EXPECT(text, {"unaffable", "1:0:2 2:2:5 3:5:9"}, {"unaffably", "0:0:9"}, {"unaffablee", "0:0:10"},
           {"able", "0:0:4"}, {"un\xC3\xA9", "1:0:2 4:2:4"});
    EXPECT("{\"type\": \"WordLevel\", \"unk_token\": \"?\", \"vocab\": {\"?\": 0, \"ab\": 1}}", {"ab", "1:0:2"},
           {"abc", "0:0:3"});
}

Test(word_model, tells_its_tokens) {
    Diagnostics *diags = diagnostics_new();
    WordModel *model = read_model("{\"unk_token\": \"?\", \"vocab\": {\"?\": 0, \"ab\": 4}}", diags);
    cr_expect_str_eq(word_model_kind(model), "WordLevel");
    cr_expect_eq(word_model_size(model), 5);
    cr_expect_str_eq(word_model_token(model, 4), "ab");
    cr_expect_null(word_model_token(model, 3));
    cr_expect_null(word_model_token(model, 5));
    cr_expect_null(word_model_token(model, -1));
    cr_expect_eq(word_model_find(model, "ab"), 4);
    cr_expect_eq(word_model_find(model, "a"), -1);
    cr_expect_eq(word_model_unknown(model), 0);
    word_model_free(model);
    diagnostics_free(diags);
}

Test(word_model, refuses_what_is_damaged_or_not_computed) {
    static const struct {
        const char *model, *code, *says;
    } rows[] = {
        {"{}", "E0847", "none of the known kinds"},
        {"{\"type\": \"Morphemes\"}", "E0847", "Morphemes"},
        {"{\"type\": \"WordLevel\", \"vocab\": {\"a\": 0}, \"unk_token\": \"a\", \"fold\": 1}", "E0847", "fold"},
        {"{\"type\": \"BPE\", \"vocab\": {\"a\": 0}, \"merges\": [], \"dropout\": 0.1}", "E0847", "dropout"},
        {"{\"type\": \"BPE\", \"vocab\": {\"a\": 0}, \"merges\": [\"a b\"]}", "E0802", "'b'"},
        {"{\"type\": \"BPE\", \"vocab\": {\"a\": 0}, \"merges\": [\"a a\"]}", "E0802", "'aa'"},
        {"{\"type\": \"BPE\", \"vocab\": {\"a\": 0}, \"merges\": [\"a a a\"]}", "E0802", "entry 0"},
        {"{\"type\": \"BPE\", \"vocab\": {\"a\": 0}}", "E0802", "merges"},
        {"{\"type\": \"BPE\", \"vocab\": {\"a\": -1}, \"merges\": []}", "E0802", "id of 'a'"},
        {"{\"type\": \"BPE\", \"vocab\": {\"a\": 4000000000}, \"merges\": []}", "E0802", "id of 'a'"},
        {"{\"type\": \"BPE\", \"vocab\": {\"a\": 0}, \"merges\": [], \"unk_token\": \"b\"}", "E0802", "'b'"},
        {"{\"type\": \"BPE\", \"vocab\": {\"a\": 0}, \"merges\": [], \"fuse_unk\": 1}", "E0847", "fuse_unk"},
        {"{\"type\": \"Unigram\", \"unk_id\": null, \"vocab\": [[\"a\", 0]]}", "E0802", "unk_id"},
        {"{\"type\": \"Unigram\", \"unk_id\": 1, \"vocab\": [[\"a\", 0]]}", "E0802", "unk_id"},
        {"{\"type\": \"Unigram\", \"unk_id\": 0, \"vocab\": [[\"a\"]]}", "E0802", "entry 0"},
        {"{\"type\": \"WordPiece\", \"vocab\": {\"a\": 0}}", "E0802", "unk_token"},
        {"{\"type\": \"WordPiece\", \"vocab\": [], \"unk_token\": \"a\"}", "E0802", "vocab"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Diagnostics *diags = diagnostics_new();
        cr_expect_null(read_model(rows[i].model, diags), "%s", rows[i].model);
        cr_assert_eq(diags->errors, 1, "%s", rows[i].model);
        cr_expect_str_eq(diags->list.items[0].code, rows[i].code, "%s", rows[i].model);
        cr_expect_not_null(strstr(diags->list.items[0].message, rows[i].says), "%s", diags->list.items[0].message);
        diagnostics_free(diags);
    }
}

/* More words than the cache holds, then the first ones again. */
Test(word_model, a_full_cache_loses_words) {
    Diagnostics *diags = diagnostics_new();
    WordModel *model = read_model("{\"unk_token\": \"?\", \"vocab\": {\"?\": 0, \"w7\": 1}}", diags);
    WordModelWork *work = word_model_work(model);
    for (int i = 0; i < 300000; i++) {
        char word[16], expected[32];
        int length = snprintf(word, sizeof word, "w%d", i % 100000);
        snprintf(expected, sizeof expected, "%d:0:%d", i % 100000 == 7, length);
        char *got = pieces_of(model, work, word);
        cr_assert_str_eq(got, expected, "%s", word);
        free(got);
    }
    word_model_work_free(work);
    word_model_free(model);
    diagnostics_free(diags);
}

Test(trie, finds_all_of_its_strings_and_no_others) {
    enum { COUNT = 5000 };
    TrieKey keys[COUNT];
    static char names[COUNT][12];
    Trie trie;
    for (int i = 0; i < COUNT; i++) {
        int length = snprintf(names[i], sizeof names[i], "%c%x", (char)(i % 251 + 1), i * 7 / 3);
        keys[i] = (TrieKey){names[i], (size_t)length, i};
    }
    cr_assert(trie_build(&trie, keys, COUNT));
    for (int i = 0; i < COUNT; i++) {
        cr_assert_eq(trie_find(&trie, names[i], strlen(names[i])), i);
        char longer[40];
        snprintf(longer, sizeof longer, "%.11s~", names[i]);
        cr_assert_eq(trie_find(&trie, longer, strlen(longer)), -1);
    }
    cr_expect_eq(trie_find(&trie, "", 0), -1);
    cr_expect_eq(trie_find(&trie, "\0", 1), -1);
    trie_free(&trie);
    cr_assert(trie_build(&trie, (TrieKey[]){{"a", 1, 3}, {"", 0, 5}, {"a", 1, 9}}, 3));
    cr_expect_eq(trie_find(&trie, "a", 1), 9);
    cr_expect_eq(trie_find(&trie, "", 0), 5);
    trie_free(&trie);
    cr_assert(trie_build(&trie, NULL, 0));
    cr_expect_eq(trie_find(&trie, "a", 1), -1);
    trie_free(&trie);
}
