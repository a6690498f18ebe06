/* WordPiece on a vocabulary of a few lines: what each step of the reference does to a text, and how
 * sequences are put together. Expected tokens are those of the reference's rules, worked out by
 * hand. */
#include <criterion/criterion.h>
#include <string.h>

#include "runtime/hub/hf_tokenizer.h"
#include "tests/temp_folder.h"
#include "tests/vocabulary.h"

static const char vocabulary[] =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n"
    "un\n##aff\n##able\nhello\nworld\ncafe\n!\n,\n'\n$\na\nb\nc\n##c\nHello\n"
    "\xE4\xBD\xA0\n\xE5\xA5\xBD\n[\nsep\n]\n^\n\xC3\xA9\n##\xC3\xA9\nss\n\xCF\x83\xCF\x83\n";

typedef struct Fixture {
    Tokenizer *tokenizer;
    TokenizerWork *work;
} Fixture;

static Fixture open_fixture(bool lower_case) {
    Tokenizer *tokenizer = vocabulary_tokenizer(vocabulary, NULL, lower_case ? "yes" : "no");
    return (Fixture){tokenizer, tokenizer_work(tokenizer)};
}

static void close_fixture(Fixture *fixture) {
    tokenizer_work_free(fixture->work);
    tokenizer_free(fixture->tokenizer);
}

/* The tokens of a text, joined by blanks, are `expected`. */
static void expect_bytes(const Fixture *fixture, const char *text, size_t length, const char *expected) {
    TokenIds ids = {0};
    char joined[4096] = "";
    tokenizer_encode(fixture->tokenizer, fixture->work, text, length, &ids);
    for (int64_t i = 0; i < ids.count; i++) {
        if (i) strcat(joined, " ");
        strcat(joined, tokenizer_token(fixture->tokenizer, ids.items[i]));
    }
    cr_expect_str_eq(joined, expected);
    token_ids_free(&ids);
}

static void expect_tokens(const Fixture *fixture, const char *text, const char *expected) {
    expect_bytes(fixture, text, strlen(text), expected);
}

Test(tokenizer, takes_the_longest_piece_from_the_left) {
    Fixture fixture = open_fixture(true);
    expect_tokens(&fixture, "unaffable", "un ##aff ##able");
    expect_tokens(&fixture, "hello  world", "hello world");
    expect_tokens(&fixture, "unable", "un ##able");
    expect_tokens(&fixture, "unaffably", "[UNK]"); /* one part unknown: the word is */
    expect_tokens(&fixture, "able", "[UNK]");      /* only known inside a word */
    expect_tokens(&fixture, "", "");
    expect_tokens(&fixture, " \t\r\n", "");
    close_fixture(&fixture);
}

Test(tokenizer, splits_at_punctuation_and_symbols) {
    Fixture fixture = open_fixture(true);
    expect_tokens(&fixture, "hello,world!!", "hello , world ! !");
    expect_tokens(&fixture, "a$b^c", "a $ b ^ c"); /* ASCII symbols count as punctuation */
    expect_tokens(&fixture,
                  "a\xE2\x80\x94"
                  "b",
                  "a [UNK] b");
    expect_tokens(&fixture,
                  "a\xE2\x82\xAC"
                  "b",
                  "[UNK]"); /* the euro sign does not */
    close_fixture(&fixture);
}

Test(tokenizer, uncased_drops_case_and_accents) {
    Fixture fixture = open_fixture(true);
    expect_tokens(&fixture, "HeLLo", "hello");
    expect_tokens(&fixture, "Caf\xC3\xA9", "cafe");
    expect_tokens(&fixture, "cafe\xCC\x81", "cafe");                 /* written with a combining accent */
    expect_tokens(&fixture, "\xCE\xA3\xCE\xA3", "\xCF\x83\xCF\x83"); /* no special form at a word's end */
    close_fixture(&fixture);
}

Test(tokenizer, cased_keeps_case_and_accents) {
    Fixture fixture = open_fixture(false);
    expect_tokens(&fixture, "Hello hello HELLO", "Hello hello [UNK]");
    expect_tokens(&fixture, "a\xC3\xA9 \xC3\xA9", "a ##\xC3\xA9 \xC3\xA9");
    close_fixture(&fixture);
}

Test(tokenizer, cleans_and_separates_characters) {
    Fixture fixture = open_fixture(true);
    expect_tokens(&fixture,
                  "\xE4\xBD\xA0\xE5\xA5\xBD"
                  "a",
                  "\xE4\xBD\xA0 \xE5\xA5\xBD a");
    expect_tokens(&fixture, "hel\x01lo\x7F", "hello");     /* control characters */
    expect_tokens(&fixture, "hel\xE2\x80\x8Blo", "hello"); /* zero-width space: a format character */
    expect_tokens(&fixture,
                  "hello\xC2\xA0world\xE3\x80\x80"
                  "a",
                  "hello world a"); /* no-break, ideographic space */
    expect_bytes(&fixture, "hel\0lo", 6, "hello");
    close_fixture(&fixture);
}

Test(tokenizer, drops_bytes_that_are_not_utf8) {
    Fixture fixture = open_fixture(true);
    expect_tokens(&fixture, "hel\xFFlo", "hello");
    expect_tokens(&fixture, "hello\xE2\x82", "hello");     /* cut off */
    expect_tokens(&fixture, "\xE2hello", "hello");         /* the byte after a broken start stays */
    expect_tokens(&fixture, "hel\xED\xA0\x80lo", "hello"); /* a surrogate */
    expect_tokens(&fixture, "hel\xC0\x80lo", "hello");     /* too long a form */
    expect_tokens(&fixture, "hel\xEF\xBF\xBDlo", "hello"); /* U+FFFD itself */
    close_fixture(&fixture);
}

Test(tokenizer, special_tokens_in_the_text_are_one_token) {
    Fixture fixture = open_fixture(true);
    expect_tokens(&fixture, "hello[SEP]world", "hello [SEP] world");
    expect_tokens(&fixture, "[MASK][PAD]", "[MASK] [PAD]");
    expect_tokens(&fixture, "[sep]", "[ sep ]"); /* spelled exactly, or it is text */
    close_fixture(&fixture);
}

Test(tokenizer, words_of_over_100_characters_are_unknown) {
    Fixture fixture = open_fixture(true);
    char text[102];
    TokenIds ids = {0};
    memset(text, 'c', sizeof text);
    tokenizer_encode(fixture.tokenizer, fixture.work, text, 100, &ids);
    cr_expect_eq(ids.count, 100);
    ids.count = 0;
    tokenizer_encode(fixture.tokenizer, fixture.work, text, 101, &ids);
    cr_expect_eq(ids.count, 1);
    cr_expect_eq(ids.items[0], tokenizer_specials(fixture.tokenizer).unk);
    token_ids_free(&ids);
    close_fixture(&fixture);
}

Test(tokenizer, finds_tokens_by_name) {
    Fixture fixture = open_fixture(true);
    SpecialTokens specials = tokenizer_specials(fixture.tokenizer);
    cr_expect_eq(specials.pad, 0);
    cr_expect_eq(specials.cls, 2);
    cr_expect_eq(specials.mask, 4);
    cr_expect_eq(tokenizer_size(fixture.tokenizer), 30);
    cr_expect_eq(tokenizer_find(fixture.tokenizer, "hello"), 8);
    cr_expect_eq(tokenizer_find(fixture.tokenizer, "nothing"), -1);
    close_fixture(&fixture);
}

Test(tokenizer, assembles_one_text) {
    Fixture fixture = open_fixture(true);
    TokenIds a = {0}, ids = {0}, segments = {0};
    tokenizer_encode(fixture.tokenizer, fixture.work, "a b c", 5, &a);
    cr_expect_eq(tokenizer_assemble(fixture.tokenizer, &a, NULL, 4, (AssembledTokens){&ids, &segments, NULL}), 4);
    const int32_t expected[] = {2, 15, 16, 3}, zeros[4] = {0};
    cr_expect_arr_eq(ids.items, expected, sizeof expected);
    cr_expect_arr_eq(segments.items, zeros, sizeof zeros);
    cr_expect_eq(tokenizer_assemble(fixture.tokenizer, &a, NULL, 100, (AssembledTokens){&ids, NULL, NULL}),
                 5); /* appended */
    cr_expect_eq(ids.count, 9);
    token_ids_free(&a);
    token_ids_free(&ids);
    token_ids_free(&segments);
    close_fixture(&fixture);
}

Test(tokenizer, assembles_a_pair) {
    Fixture fixture = open_fixture(true);
    TokenIds a = {0}, b = {0}, ids = {0}, segments = {0};
    tokenizer_encode(fixture.tokenizer, fixture.work, "a b", 3, &a);
    tokenizer_encode(fixture.tokenizer, fixture.work, "c", 1, &b);
    cr_expect_eq(tokenizer_assemble(fixture.tokenizer, &a, &b, 100, (AssembledTokens){&ids, &segments, NULL}), 6);
    const int32_t expected[] = {2, 15, 16, 3, 17, 3}, parts[] = {0, 0, 0, 0, 1, 1};
    cr_expect_arr_eq(ids.items, expected, sizeof expected);
    cr_expect_arr_eq(segments.items, parts, sizeof parts);
    token_ids_free(&a);
    token_ids_free(&b);
    token_ids_free(&ids);
    token_ids_free(&segments);
    close_fixture(&fixture);
}

static void expect_lengths(int64_t n_a, int64_t n_b, int64_t max_length, int64_t a, int64_t b) {
    PairLengths lengths = pair_lengths(n_a, n_b, max_length - 3);
    cr_expect(lengths.a == a && lengths.b == b, "(%d, %d) in %d", (int)n_a, (int)n_b, (int)max_length);
}

Test(tokenizer, cuts_the_longer_text_first) {
    expect_lengths(4, 5, 12, 4, 5);
    expect_lengths(4, 6, 12, 4, 5);
    expect_lengths(9, 2, 12, 7, 2);
    expect_lengths(9, 8, 13, 5, 5);
    expect_lengths(8, 9, 12, 4, 5); /* the odd one goes to the longer */
    expect_lengths(9, 8, 12, 5, 4);
    expect_lengths(9, 9, 12, 4, 5);
    expect_lengths(20, 0, 12, 9, 0);
    expect_lengths(5, 5, 3, 0, 0);
}

static void expect_rejected(const char *text) {
    TempFolder folder = make_folder();
    Diagnostics *diags = diagnostics_new();
    Arena *arena = arena_new();
    HfTokenizer read;
    put_text(&folder, "vocab.txt", text);
    cr_expect_not(hf_tokenizer_read(folder.path, "yes", arena, &read, diags));
    cr_expect_eq(diags->errors, 1);
    cr_expect_str_eq(diags->list.items[0].code, "E0802");
    hf_tokenizer_free(&read);
    arena_free(arena);
    diagnostics_free(diags);
    remove_folder(&folder);
}

static void expect_cut(int64_t count_a, int64_t count_b, int64_t max_length, Truncation truncation,
                       const char *expected) {
    TokenIds text[2] = {{0}, {0}};
    char found[200] = "";
    Fixture fixture = open_fixture(true);
    for (int32_t i = 0; i < count_a; i++) token_ids_push(&text[0], i);
    for (int32_t i = 0; i < count_b; i++) token_ids_push(&text[1], i);
    tokenizer_cut(fixture.tokenizer, &text[0], count_b ? &text[1] : NULL, max_length, truncation);
    for (int j = 0; j < (count_b ? 2 : 1); j++) {
        for (int64_t i = 0; i < text[j].count; i++)
            snprintf(found + strlen(found), sizeof found - strlen(found), "%d ", text[j].items[i]);
        if (!j && count_b) strcat(found, "| ");
        token_ids_free(&text[j]);
    }
    cr_expect_str_eq(found, expected);
    close_fixture(&fixture);
}

Test(tokenizer, keeps_the_part_that_is_asked_for) {
    expect_cut(10, 0, 6, KEEP_HEAD, "0 1 2 3 ");
    expect_cut(10, 0, 6, KEEP_TAIL, "6 7 8 9 ");
    expect_cut(10, 0, 6, KEEP_BOTH, "0 7 8 9 ");
    expect_cut(4, 0, 6, KEEP_TAIL, "0 1 2 3 ");
    expect_cut(8, 2, 9, KEEP_TAIL, "4 5 6 7 | 0 1 ");
    expect_cut(8, 6, 11, KEEP_BOTH, "0 5 6 7 | 0 3 4 5 ");
}

Test(tokenizer, rejects_what_is_no_vocabulary) {
    expect_rejected("");
    expect_rejected("[PAD]\n[CLS]\n[SEP]\nhello\n");
    expect_rejected("[UNK]\n[CLS]\n");
}

Test(tokenizer, reads_vocabularies_with_other_line_ends) {
    Tokenizer *tokenizer = vocabulary_tokenizer("[UNK]\r\n[CLS]\r\n[SEP]\r\n\r\na\r\na", NULL, "yes");
    cr_expect_eq(tokenizer_size(tokenizer), 6);
    cr_expect_eq(tokenizer_find(tokenizer, "a"), 5); /* of two the last, as in the reference */
    tokenizer_free(tokenizer);
}

/* Ids of BertTokenizerFast (transformers 4.57.1) with this vocabulary and these settings. */
Test(tokenizer, prepares_texts_by_each_rule_alone) {
    static const char words[] =
        "[UNK]\n[CLS]\n[SEP]\n[PAD]\n[MASK]\nécole\necole\nÉCOLE\nECOLE\ni̇\ni\nİ\nI\n中文\n中\n文\n##文\n";
    static const struct {
        bool lower_case, strip_accents, split_cjk;
        int32_t ids[4];
        int count;
    } rows[] = {{true, true, true, {6, 10, 14, 15}, 4},  {true, false, true, {5, 9, 14, 15}, 4},
                {false, true, true, {8, 12, 14, 15}, 4}, {false, false, true, {7, 11, 14, 15}, 4},
                {true, true, false, {6, 10, 13}, 3},     {false, false, false, {7, 11, 13}, 3}};
    static const char text[] = "ÉCOLE İ 中文";
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        static const char *const said[] = {"false", "true"};
        TokenIds ids = {0};
        char config[200];
        snprintf(config, sizeof config,
                 "{\"do_lower_case\": %s, \"strip_accents\": %s, \"tokenize_chinese_chars\": %s}",
                 said[rows[i].lower_case], said[rows[i].strip_accents], said[rows[i].split_cjk]);
        Tokenizer *tokenizer = vocabulary_tokenizer(words, config, NULL);
        TokenizerWork *work = tokenizer_work(tokenizer);
        tokenizer_encode(tokenizer, work, text, strlen(text), &ids);
        cr_expect_eq(ids.count, rows[i].count, "row %zu", i);
        for (int j = 0; j < rows[i].count && j < ids.count; j++)
            cr_expect_eq(ids.items[j], rows[i].ids[j], "row %zu, id %d", i, j);
        token_ids_free(&ids);
        tokenizer_work_free(work);
        tokenizer_free(tokenizer);
    }
}

/* Of each token the bytes that it was made of: an accent that is dropped belongs to no token, a letter that loses one
 * does with all of it; what cannot be read is passed over. Offsets of BertTokenizerFast, in bytes. */
Test(tokenizer, spans_are_bytes_of_the_text) {
    static const struct {
        const char *text;
        TokenSpan spans[6];
        int count;
    } rows[] = {{"unaffable !", {{0, 2}, {2, 5}, {5, 9}, {10, 11}}, 4},
                {"  hello[SEP]World", {{2, 7}, {7, 12}, {12, 17}}, 3},
                {"Caf\xC3\xA9 cafe\xCC\x81 a", {{0, 5}, {6, 10}, {13, 14}}, 3},
                {"\xE4\xBD\xA0\xE5\xA5\xBD", {{0, 3}, {3, 6}}, 2},
                {"hel\x01lo xyz", {{0, 6}, {7, 10}}, 2},
                {"a\xFF"
                 "b c",
                 {{0, 3}, {4, 5}},
                 2}};
    Fixture fixture = open_fixture(true);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        TokenList tokens = {.wants_spans = true};
        tokenizer_encode_spans(fixture.tokenizer, fixture.work, rows[i].text, strlen(rows[i].text), &tokens);
        cr_expect_eq(tokens.ids.count, rows[i].count, "row %zu", i);
        for (int j = 0; j < rows[i].count && j < tokens.ids.count; j++)
            cr_expect(tokens.spans[j].from == rows[i].spans[j].from && tokens.spans[j].to == rows[i].spans[j].to,
                      "row %zu, token %d: %d to %d", i, j, (int)tokens.spans[j].from, (int)tokens.spans[j].to);
        token_list_free(&tokens);
    }
    close_fixture(&fixture);
}
