/* Components of tokenizers, one by one: normalizers, pre-tokenizers, added tokens, templates. What is expected is what
 * Hugging Face's tokenizers 0.22 make of it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/tokenize/added_vocabulary.h"
#include "runtime/tokenize/pre_tokenizer.h"
#include "runtime/tokenize/sequence_template.h"

typedef struct Fixture {
    ComponentReader reader;
    json_t *json;
    Component component;
} Fixture;

static void fixture_read(Fixture *f, const char *json, const char *place) {
    Arena *arena = arena_new();
    f->reader = (ComponentReader){.arena = arena, .file = "tokenizer.json", .diags = diagnostics_new()};
    f->reader.chars = char_table();
    f->json = json_loads(json, JSON_DECODE_ANY, NULL);
    cr_assert_not_null(f->json, "%s", json);
    f->component = (Component){&f->reader, f->json, place};
}

static void fixture_free(Fixture *f) {
    text_patterns_free(f->reader.patterns);
    diagnostics_free(f->reader.diags);
    arena_free(f->reader.arena);
    json_decref(f->json);
}

/* "a:0-1 b:1-3": characters and what they stand for, where `origins`, or the text alone; on the heap. */
static char *normalized(const char *json, const char *text, bool origins) {
    Fixture f;
    Normalizer normalizer = {0};
    TextFlow flow = {0};
    char *out = NULL;
    size_t size;
    fixture_read(&f, json, "normalizer");
    cr_assert(normalizer_read(&f.component, &normalizer), "%s", json);
    flow_start(&flow, (TextView){.bytes = text, .length = (int64_t)strlen(text)}, origins);
    normalizer_apply(&normalizer, &flow);
    FILE *stream = open_memstream(&out, &size);
    for (int64_t at = 0, end; at < flow.view.length; at = end) {
        end = at + utf8_length(flow.view.bytes[at]);
        fprintf(stream, "%.*s", (int)(end - at), flow.view.bytes + at);
        TokenSpan span = view_span(&flow.view, at, end);
        if (origins) fprintf(stream, ":%d-%d ", (int)span.from, (int)span.to);
    }
    fclose(stream);
    flow_free(&flow);
    fixture_free(&f);
    return out;
}

typedef struct Row {
    const char *json, *text, *wanted;
} Row;

static void expect_normalized(const Row *rows, size_t count, bool origins) {
    for (size_t i = 0; i < count; i++) {
        char *got = normalized(rows[i].json, rows[i].text, origins);
        cr_expect_str_eq(got, rows[i].wanted, "%s of '%s': '%s' instead of '%s'", rows[i].json, rows[i].text, got,
                         rows[i].wanted);
        free(got);
    }
}

Test(normalizer, each_kind) {
    static const Row rows[] = {
        {"null", "A b", "A b"},
        {"{\"type\": \"NFC\"}", "e\xCC\x81 A\xCC\x8A \xE2\x84\xAB", "\xC3\xA9 \xC3\x85 \xC3\x85"},
        {"{\"type\": \"NFC\"}", "a\xCC\x81\xCC\xA7", "\xC3\xA1\xCC\xA7"},
        {"{\"type\": \"NFC\"}", "\xE1\x84\x80\xE1\x85\xA1\xE1\x86\xA8", "\xEA\xB0\x81"},
        {"{\"type\": \"NFD\"}", "\xC3\xA9\xEA\xB0\x80", "e\xCC\x81\xE1\x84\x80\xE1\x85\xA1"},
        {"{\"type\": \"NFKC\"}", "\xEF\xAC\x81\xC2\xBD \xE3\x8B\xBF",
         "fi1\xE2\x81\x84"
         "2 \xE3\x8B\xBF"},
        {"{\"type\": \"NFKD\"}", "\xEF\xBC\xA1\xC3\x80", "AA\xCC\x80"},
        {"{\"type\": \"Lowercase\"}", "\xC3\x80\xCE\xA3 I\xC4\xB0", "\xC3\xA0\xCF\x83 ii\xCC\x87"},
        {"{\"type\": \"StripAccents\"}", "e\xCC\x81 \xE0\xA4\xBE", "e "},
        {"{\"type\": \"Replace\", \"pattern\": {\"String\": \"a.\"}, \"content\": \"bb\"}", "a.aa.", "bbabb"},
        {"{\"type\": \"Replace\", \"pattern\": {\"Regex\": \" {2,}\"}, \"content\": \" \"}", "a   b c  ", "a b c "},
        {"{\"type\": \"Replace\", \"pattern\": {\"Regex\": \"^(a+)\"}, \"content\": \"x\"}", "aab a", "xb a"},
        {"{\"type\": \"Prepend\", \"prepend\": \"<>\"}", "a", "<>a"},
        {"{\"type\": \"Prepend\", \"prepend\": \"<>\"}", "", ""},
        {"{\"type\": \"Strip\", \"strip_left\": true, \"strip_right\": false}",
         " \xE3\x80\x80"
         "a ",
         "a "},
        {"{\"type\": \"Strip\", \"strip_left\": true, \"strip_right\": true}", " \t ", ""},
        {"{\"type\": \"Nmt\"}",
         "a\x01\x0B\t\xE2\x80\x8B"
         "b\xE2\x96\x81",
         "a  b "},
        {"{\"type\": \"ByteLevel\"}", "a \xC3\xA9", "a\xC4\xA0\xC3\x83\xC2\xA9"},
        {"{\"type\": \"BertNormalizer\"}",
         "\tA\x01\xC3\x89\xE4\xB8\xAD"
         "b",
         " ae \xE4\xB8\xAD b"},
        {"{\"type\": \"BertNormalizer\", \"lowercase\": false}", "A\xC3\x89", "A\xC3\x89"},
        {"{\"type\": \"BertNormalizer\", \"lowercase\": false, \"strip_accents\": true}", "A\xC3\x89", "AE"},
        {"{\"type\": \"BertNormalizer\", \"clean_text\": false, \"handle_chinese_chars\": false}", "\tB\xE4\xB8\xAD",
         "\tb\xE4\xB8\xAD"},
        {"{\"type\": \"Sequence\", \"normalizers\": [{\"type\": \"Lowercase\"}, {\"type\": \"Sequence\", "
         "\"normalizers\": "
         "[{\"type\": \"Prepend\", \"prepend\": \"X\"}]}]}",
         "AB", "Xab"},
    };
    expect_normalized(rows, sizeof rows / sizeof *rows, false);
}

Test(normalizer, origins) {
    static const Row rows[] = {
        {"{\"type\": \"NFC\"}", "e\xCC\x81x", "\xC3\xA9:0-1 x:3-4 "},
        {"{\"type\": \"NFD\"}", "\xC3\xA9x", "e:0-2 \xCC\x81:0-2 x:2-3 "},
        {"{\"type\": \"Prepend\", \"prepend\": \"<>\"}", "ab", "<:0-1 >:0-1 a:0-1 b:1-2 "},
        {"{\"type\": \"Replace\", \"pattern\": {\"String\": \"ab\"}, \"content\": \"xyz\"}", "cabd",
         "c:0-1 x:2-3 y:2-3 z:2-3 d:3-4 "},
        {"{\"type\": \"Strip\", \"strip_left\": true, \"strip_right\": true}", "  ab ", "a:2-3 b:3-4 "},
        {"{\"type\": \"BertNormalizer\"}", "A\x01\xC3\x89\xE4\xB8\xAD", "a:0-1 e:2-4  :4-7 \xE4\xB8\xAD:4-7  :4-7 "},
        {"{\"type\": \"Lowercase\"}", "\xC4\xB0", "i:0-2 \xCC\x87:0-2 "},
    };
    expect_normalized(rows, sizeof rows / sizeof *rows, true);
}

/* Base64 without a remainder. */
static void write_base64(const unsigned char *bytes, size_t size, char *out) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < size; i += 3) {
        uint32_t bits = (uint32_t)bytes[i] << 16 | (uint32_t)bytes[i + 1] << 8 | bytes[i + 2];
        for (int j = 18; j >= 0; j -= 6) *out++ = digits[bits >> j & 63];
    }
    *out = '\0';
}

/* A table with one key, "a", for "xy": the root leads by 0x100 to the unit of the label, that by 1 to the value, 0. */
static void write_map(char *json, size_t size) {
    enum { UNITS = 0x162, VALUES = 8 };
    static uint32_t units[1 + UNITS] = {[0] = 4 * UNITS, [1] = 0x100 << 10, [1 + 0x161] = 'a' | 1 << 8 | 1 << 10};
    unsigned char bytes[4 * (1 + UNITS) + VALUES] = {0};
    char text[sizeof bytes * 4 / 3 + 2];
    memcpy(bytes, units, sizeof units);
    memcpy(bytes + sizeof units, "xy", 2);
    cr_assert_eq(sizeof bytes % 3, 0);
    write_base64(bytes, sizeof bytes, text);
    snprintf(json, size, "{\"type\": \"Precompiled\", \"precompiled_charsmap\": \"%s\"}", text);
}

/* A cluster of fewer than 6 bytes is replaced with what is behind its key; a longer one is taken apart. */
Test(normalizer, precompiled_replaces_clusters) {
    static const char *const rows[][2] = {{"", ""},
                                          {"bcd", "bcd"},
                                          {"cab", "cxyb"},
                                          {"a\xCC\x81"
                                           "b",
                                           "xyb"},
                                          {"a\xCC\x81\xCC\x81\xCC\x81", "xy\xCC\x81\xCC\x81\xCC\x81"},
                                          {"b\xCC\x81\r\na", "b\xCC\x81\r\nxy"}};
    char json[3000];
    write_map(json, sizeof json);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *got = normalized(json, rows[i][0], false);
        cr_expect_str_eq(got, rows[i][1]);
        free(got);
    }
    char *got = normalized(json,
                           "ba\xCC\x81"
                           "c",
                           true);
    cr_expect_str_eq(got, "b:0-1 x:1-2 y:2-4 c:4-5 ");
    free(got);
}

Test(normalizer, precompiled_refuses_what_is_damaged) {
    static const char *const maps[] = {"null", "\"\"", "\"*\"", "\"AAAA\"", "\"BAAAAA==\"", "\"/////wAA\""};
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
        Fixture f;
        Normalizer normalizer = {0};
        char json[200];
        snprintf(json, sizeof json, "{\"type\": \"Precompiled\", \"precompiled_charsmap\": %s}", maps[i]);
        fixture_read(&f, json, "normalizer");
        cr_expect_not(normalizer_read(&f.component, &normalizer), "%s", maps[i]);
        cr_expect_eq(f.reader.diags->errors, 1);
        fixture_free(&f);
    }
}

/* The words of a text with bars between; on the heap. */
static char *words_of(const char *json, const char *text) {
    Fixture f;
    PreTokenizer pre = {0};
    WordFlow flow = {0};
    char *out = NULL;
    size_t size;
    fixture_read(&f, json, "pre_tokenizer");
    cr_assert(pre_tokenizer_read(&f.component, &pre), "%s", json);
    flow_start(&flow.text, (TextView){.bytes = text, .length = (int64_t)strlen(text)}, false);
    pre_tokenizer_apply(&pre, &flow);
    FILE *stream = open_memstream(&out, &size);
    for (int64_t i = 0; i < flow.words.count; i++) {
        WordRange word = flow.words.items[i];
        fprintf(stream, "%s%.*s", i ? "|" : "", (int)(word.end - word.begin), flow.text.view.bytes + word.begin);
    }
    fclose(stream);
    word_flow_free(&flow);
    fixture_free(&f);
    return out;
}

#define SPLIT(behavior, invert)                                                                                        \
    "{\"type\": \"Split\", \"pattern\": {\"String\": \"-\"}, \"behavior\": \"" behavior "\", \"invert\": " invert "}"
#define METASPACE(more) "{\"type\": \"Metaspace\", \"replacement\": \"_\"" more "}"

Test(pre_tokenizer, each_kind) {
    static const Row rows[] = {
        {"null", "a b", "a b"},
        {"{\"type\": \"BertPreTokenizer\"}",
         "it's a\xE3\x80\x80"
         "b!?",
         "it|'|s|a|b|!|?"},
        {"{\"type\": \"Whitespace\"}", "it's  $5.0 \xC3\xA9t", "it|'|s|$|5|.|0|\xC3\xA9t"},
        {"{\"type\": \"WhitespaceSplit\"}",
         " a\tb\xC2\x85"
         "c ",
         "a|b|c"},
        {"{\"type\": \"Punctuation\"}", "a, b--c", "a|,| b|-|-|c"},
        {"{\"type\": \"Punctuation\", \"behavior\": \"Contiguous\"}", "a, b--c", "a|,| b|--|c"},
        {"{\"type\": \"Digits\"}", "a12b\xC2\xBD", "a|12|b|\xC2\xBD"},
        {"{\"type\": \"Digits\", \"individual_digits\": true}", "a12b", "a|1|2|b"},
        {"{\"type\": \"UnicodeScripts\"}", "a \xE3\x81\x82\xE4\xB8\xAD\xD0\xB6",
         "a |\xE3\x81\x82\xE4\xB8\xAD|\xD0\xB6"},
        {SPLIT("Removed", "false"), "a-b--c-", "a|b|c"},
        {SPLIT("Isolated", "false"), "a-b--c-", "a|-|b|-|-|c|-"},
        {SPLIT("MergedWithPrevious", "false"), "-a-b--c-", "-|a-|b-|-|c-"},
        {SPLIT("MergedWithNext", "false"), "-a-b--c-", "-a|-b|-|-c|-"},
        {SPLIT("Contiguous", "false"), "-a-b--c-", "-|a|-|b|--|c|-"},
        {SPLIT("Removed", "true"), "-a-b--c-", "-|-|-|-|-"},
        {"{\"type\": \"Split\", \"pattern\": {\"Regex\": \"\\\\bb\"}, \"behavior\": \"Isolated\", \"invert\": false}",
         "ab b", "ab |b"},
        {"{\"type\": \"ByteLevel\", \"add_prefix_space\": true}", "Hi it's  x",
         "\xC4\xA0Hi|\xC4\xA0it|'s|\xC4\xA0|\xC4\xA0x"},
        {"{\"type\": \"ByteLevel\", \"add_prefix_space\": false, \"use_regex\": false}", "a \n", "a\xC4\xA0\xC4\x8A"},
        {METASPACE(""), "a  b", "_a|_|_b"},
        {METASPACE(", \"str_rep\": \"_\", \"add_prefix_space\": false"), "a b", "a|_b"},
        {METASPACE(", \"prepend_scheme\": \"never\""), " a", "_a"},
        {METASPACE(", \"prepend_scheme\": \"always\", \"split\": false"), "a b", "_a_b"},
        {METASPACE(", \"prepend_scheme\": \"first\""), "_a", "_a"},
        {"{\"type\": \"Sequence\", \"pretokenizers\": [{\"type\": \"WhitespaceSplit\"}, " METASPACE("") "]}", " a  b",
         "_a|_b"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *got = words_of(rows[i].json, rows[i].text);
        cr_expect_str_eq(got, rows[i].wanted, "%s of '%s': '%s' instead of '%s'", rows[i].json, rows[i].text, got,
                         rows[i].wanted);
        free(got);
    }
}

/* What is refused says where. */
Test(component, what_is_not_known_is_refused_by_its_place) {
    static const struct {
        const char *json, *message;
        char part; /* n, p, t: the reader */
    } rows[] = {
        {"{\"type\": \"Foo\"}", "normalizer.type: 'Foo' is not known", 'n'},
        {"{}", "normalizer.type: '' is not known", 'n'},
        {"[]", "normalizer: not an object", 'n'},
        {"{\"type\": \"Sequence\", \"normalizers\": [{\"type\": \"NFC\"}, {\"type\": \"Lowercase\", \"locale\": 1}]}",
         "normalizer.normalizers[1].locale: Lowercase has no such key", 'n'},
        {"{\"type\": \"Strip\", \"strip_left\": 1}", "normalizer.strip_left: neither true nor false", 'n'},
        {"{\"type\": \"Prepend\"}", "normalizer.prepend: missing", 'n'},
        {"{\"type\": \"Replace\", \"pattern\": {\"Regex\": \"(\"}, \"content\": \"\"}",
         "normalizer.pattern: '(' is not a regular expression: end pattern with unmatched parenthesis", 'n'},
        {"{\"type\": \"Replace\", \"pattern\": {}, \"content\": \"\"}",
         "normalizer.pattern: neither a String nor a Regex", 'n'},
        {"{\"type\": \"Replace\", \"pattern\": {\"String\": \"a\"}}", "normalizer.content: missing", 'n'},
        {"{\"type\": \"Punctuation\", \"behavior\": \"Gone\"}", "pre_tokenizer.behavior: 'Gone' is not known", 'p'},
        {"{\"type\": \"Split\", \"pattern\": {\"String\": \"a\"}}", "pre_tokenizer.behavior: missing", 'p'},
        {"{\"type\": \"Metaspace\", \"replacement\": \"ab\"}", "pre_tokenizer.replacement: not one character", 'p'},
        {"{\"type\": \"Metaspace\", \"add_prefix_space\": false, \"prepend_scheme\": \"always\"}",
         "pre_tokenizer.add_prefix_space: prepend_scheme says otherwise", 'p'},
        {"{\"type\": \"BertProcessing\", \"sep\": [\"a\"], \"cls\": [\"b\", 1]}", "post_processor.sep: not an id", 't'},
        {"{\"type\": \"Sequence\", \"processors\": [{\"type\": \"Foo\"}]}",
         "post_processor.processors[0].type: 'Foo' is not known", 't'},
        {"{\"type\": \"TemplateProcessing\", \"single\": [{\"SpecialToken\": {\"id\": \"x\", \"type_id\": 0}}]}",
         "post_processor.single[0]: 'x' is not among the special_tokens", 't'},
        {"{\"type\": \"TemplateProcessing\", \"single\": []}", "post_processor.single: not the text alone, once", 't'},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Fixture f;
        Normalizer normalizer = {0};
        PreTokenizer pre = {0};
        PostProcessor post = {0};
        const char *place = rows[i].part == 'n'   ? "normalizer"
                            : rows[i].part == 'p' ? "pre_tokenizer"
                                                  : "post_processor";
        fixture_read(&f, rows[i].json, place);
        bool good = rows[i].part == 'n'   ? normalizer_read(&f.component, &normalizer)
                    : rows[i].part == 'p' ? pre_tokenizer_read(&f.component, &pre)
                                          : post_processor_read(&f.component, &post);
        cr_expect_not(good, "%s", rows[i].json);
        cr_expect_eq(f.reader.diags->errors, 1, "%s", rows[i].json);
        cr_expect_str_eq(f.reader.diags->list.items[0].message, rows[i].message);
        cr_expect_str_eq(f.reader.diags->list.items[0].code, "E0847");
        fixture_free(&f);
    }
}

/* "cls:0 A:0 sep:0": the items of a template, in `out` [200]. */
static void write_template(const SequenceTemplate *template, char *out) {
    *out = '\0';
    for (int i = 0; i < template->items.count; i++) {
        const TemplateItem *item = &template->items.items[i];
        char name[20];
        snprintf(name, sizeof name, item->id == ITEM_A ? "A" : item->id == ITEM_B ? "B" : "%d", item->id);
        snprintf(out + strlen(out), 200 - strlen(out), "%s%s:%d", i ? " " : "", name, item->segment);
    }
}

Test(sequence_template, each_kind) {
    static const struct {
        const char *json, *single, *pair;
        bool trims, prefixed;
    } rows[] = {
        {"null", "A:0", "A:0 B:1", false, false},
        {"{\"type\": \"BertProcessing\", \"sep\": [\"s\", 3], \"cls\": [\"c\", 2]}", "2:0 A:0 3:0",
         "2:0 A:0 3:0 B:1 3:1", false, false},
        {"{\"type\": \"RobertaProcessing\", \"sep\": [\"s\", 3], \"cls\": [\"c\", 2], \"add_prefix_space\": false}",
         "2:0 A:0 3:0", "2:0 A:0 3:0 3:0 B:0 3:0", true, false},
        {"{\"type\": \"ByteLevel\", \"trim_offsets\": false}", "A:0", "A:0 B:1", false, false},
        {"{\"type\": \"ByteLevel\"}", "A:0", "A:0 B:1", true, true},
        {"{\"type\": \"Sequence\", \"processors\": [{\"type\": \"ByteLevel\", \"trim_offsets\": false}, "
         "{\"type\": \"TemplateProcessing\", \"single\": [{\"Sequence\": {\"id\": \"A\", \"type_id\": 0}}, "
         "{\"SpecialToken\": {\"id\": \"x\", \"type_id\": 2}}], \"pair\": [{\"Sequence\": {\"id\": \"B\", \"type_id\": "
         "1}}, "
         "{\"Sequence\": {\"id\": \"A\", \"type_id\": 0}}], \"special_tokens\": {\"x\": {\"id\": \"x\", \"ids\": [7, "
         "8], "
         "\"tokens\": [\"y\", \"z\"]}}}]}",
         "A:0 7:2 8:2", "B:1 A:0", false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Fixture f;
        PostProcessor post = {0};
        char got[200];
        fixture_read(&f, rows[i].json, "post_processor");
        cr_assert(post_processor_read(&f.component, &post), "%s", rows[i].json);
        write_template(&post.single, got);
        cr_expect_str_eq(got, rows[i].single);
        write_template(&post.pair, got);
        cr_expect_str_eq(got, rows[i].pair);
        cr_expect_eq(post.trims, rows[i].trims);
        cr_expect_eq(post.prefixed, rows[i].prefixed);
        fixture_free(&f);
    }
}

/* Tokens in brackets. */
static void find_added(const AddedVocabulary *added, const char *text, char *out) {
    TextView view = {.bytes = text, .length = (int64_t)strlen(text)};
    AddedSearch search = {0};
    *out = '\0';
    while (added_next(added, &added->given, &view, &search)) {
        snprintf(out + strlen(out), 200 - strlen(out), "%.*s[%.*s]", (int)(search.begin - search.from),
                 text + search.from, (int)(search.end - search.begin), text + search.begin);
    }
    snprintf(out + strlen(out), 200 - strlen(out), "%s", text + search.end);
}

Test(added_vocabulary, the_longest_that_begins_first) {
    static const AddedEntry entries[] = {{.content = "ab"},
                                         {.content = "abc"},
                                         {.content = "the", .single_word = true},
                                         {.content = "<l>", .lstrip = true},
                                         {.content = "<r>", .rstrip = true},
                                         {.content = "!"}};
    static const char *const rows[][2] = {{"xabcab", "x[abc][ab]"},
                                          {"theathe the", "theathe [the]"},
                                          {"a  <l> b", "a[  <l>] b"},
                                          {"a <r> \xE3\x80\x80"
                                           "b",
                                           "a [<r> \xE3\x80\x80]b"},
                                          {"<r>  <l>", "[<r>  ][<l>]"},
                                          {"a!", "a[!]"},
                                          {"", ""},
                                          {"\xC3\xA9the_ ab", "\xC3\xA9the_ [ab]"}};
    Fixture f;
    AddedVocabulary added = {0};
    const Normalizer none = {0};
    fixture_read(&f, "null", "");
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) vec_push(f.reader.arena, &added.entries, entries[i]);
    added_vocabulary_end(&added, f.reader.chars, &none);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char got[200];
        find_added(&added, rows[i][0], got);
        cr_expect_str_eq(got, rows[i][1]);
    }
    added_vocabulary_free(&added);
    fixture_free(&f);
}
