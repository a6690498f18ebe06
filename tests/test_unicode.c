/* Characters as the reference knows them: versions differ from part to part. */
#include <criterion/criterion.h>
#include <string.h>

#include "runtime/tokenize/cluster.h"
#include "runtime/tokenize/compose.h"

/* Each property beside its neighbours, and where versions differ. */
Test(unicode, properties_of_characters) {
    static const struct {
        int32_t c;
        uint32_t has, lacks;
    } rows[] = {
        {'a', CHAR_WORD | CHAR_PATTERN_WORD | CHAR_KNOWN_9, CHAR_SPACE | CHAR_LOWERS | CHAR_PUNCTUATION_8},
        {'A', CHAR_LOWERS, CHAR_PUNCTUATION_8},
        {'$', CHAR_PUNCTUATION_8, CHAR_WORD},
        {'\t', CHAR_SPACE, CHAR_REMOVED_8},
        {0x0B, CHAR_SPACE | CHAR_REMOVED_8, 0},
        {0, CHAR_REMOVED_8, CHAR_SPACE},
        {0x85, CHAR_SPACE | CHAR_REMOVED_8, 0},
        {0x3000, CHAR_SPACE, CHAR_REMOVED_8},
        {0x200B, CHAR_REMOVED_8, CHAR_SPACE},
        {0xFFFD, CHAR_REMOVED_8, 0},
        {0x301, CHAR_MARK_9 | CHAR_NONSPACING_8 | CHAR_COMBINING | CHAR_WORD, 0},
        {0x903, CHAR_MARK_9, CHAR_NONSPACING_8},
        {0x1E000, CHAR_MARK_9, CHAR_NONSPACING_8},                 /* new in 9.0 */
        {0x1E130, 0, CHAR_MARK_9 | CHAR_COMBINING | CHAR_KNOWN_9}, /* in 12.0 */
        {0x1DF0, CHAR_NONSPACING_8, 0},
        {0x166D, CHAR_PUNCTUATION_8, 0}, /* a symbol since 12.0 */
        {0x2E4F, 0, CHAR_PUNCTUATION_8}, /* since 12.0 */
        {0x11DE0, CHAR_NUMERIC_17, 0},   /* since 17.0 */
        {0xB2, CHAR_PATTERN_WORD | CHAR_NUMERIC_17, CHAR_WORD},
        {0x24B6, CHAR_PATTERN_WORD | CHAR_WORD, 0},
        {0x200D, CHAR_WORD, CHAR_PATTERN_WORD},
        {0xE9, CHAR_DECOMPOSES, CHAR_COMBINING},
        {0xE0FFF, 0, CHAR_KNOWN_9 | CHAR_WORD},
    };
    const CharTable *chars = char_table();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint32_t info = char_info(chars, rows[i].c);
        cr_expect_eq(info & rows[i].has, rows[i].has, "U+%04X", rows[i].c);
        cr_expect_eq(info & rows[i].lacks, 0, "U+%04X", rows[i].c);
    }
    cr_expect_eq(char_table(), chars, "one for all");
    cr_expect_eq(char_category(chars, 'Q'), CHAR_LU);
    cr_expect_eq(char_category(chars, 0x4E00), CHAR_LO);
    cr_expect_eq(char_category(chars, 0xD800), CHAR_CS);
    cr_expect_eq(char_category(chars, 0x10FFFF), CHAR_CN);
}

Test(unicode, small_letters) {
    static const int32_t pairs[][2] = {{'Z', 'z'},       {'z', 'z'},      {0xC0, 0xE0},       {0xD7, 0xD7},
                                       {0x130, 'i'},     {0x3A3, 0x3C3},  {0x1E9E, 0xDF},     {0x13A0, 0xAB70},
                                       {0x1C4, 0x1C6},   {0x1C5, 0x1C6},  {0x16EA0, 0x16EBB}, {0x10D50, 0x10D70},
                                       {0x24B6, 0x24D0}, {0x4E00, 0x4E00}};
    const CharTable *chars = char_table();
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        cr_expect_eq(char_lower(chars, pairs[i][0]), pairs[i][1], "U+%04X", pairs[i][0]);
}

Test(unicode, compositions_of_unicode_9) {
    static const int32_t rows[][3] = {{'A', 0x30A, 0xC5},       {0x3B9, 0x301, 0x3AF},    {0x1E63, 0x307, 0x1E69},
                                      {0x1100, 0x1161, 0xAC00}, {0xAC00, 0x11A8, 0xAC01}, {0xAC01, 0x11A8, -1},
                                      {0x915, 0x93C, -1},       {'a', 'b', -1},           {0x11935, 0x11930, -1}};
    const CharTable *chars = char_table();
    int32_t parts[MAX_DECOMPOSED];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(char_compose(chars, rows[i][0], rows[i][1]), rows[i][2], "U+%04X", rows[i][2]);
    cr_expect_eq(char_decompose(chars, 0x1E69, false, parts), 3);
    cr_expect_eq(char_decompose(chars, 0xFB01, false, parts), 1);
    cr_expect_eq(char_decompose(chars, 0xFB01, true, parts), 2);
    cr_expect_eq(char_decompose(chars, 0xAC01, false, parts), 3);
    cr_expect_eq(char_decompose(chars, 0x32FF, true, parts), 1); /* since 12.1 */
    cr_expect_eq(char_combining_class(chars, 0x327), 202);
    cr_expect_eq(char_combining_class(chars, 0x1E130), 0);
}

/* Texts with a bar where clusters end. */
Test(unicode, grapheme_clusters) {
    static const char *const rows[] = {
        "a|b|\xC3\xA9|c",
        "e\xCC\x81|x",
        "\r\n|\n|\r|a",
        "\xE1\x84\x80\xE1\x85\xA1\xE1\x86\xA8|\xE1\x84\x80",
        "\xF0\x9F\x87\xA9\xF0\x9F\x87\xAA|\xF0\x9F\x87\xAB\xF0\x9F\x87\xB7|\xF0\x9F\x87\xA9",
        "\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x94\xAC|\xF0\x9F\x91\xA9|\xF0\x9F\x94\xAC",
        "\xE0\xA4\x95\xE0\xA5\x8D\xE0\xA4\x95|\xE0\xA4\x95",
        "\xD8\x80"
        "1|2",
        "a\xE2\x80\x8D|b",
        "\xE0\xA4\x95\xE0\xA4\xBE|\n"};
    const CharTable *chars = char_table();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[100], got[200] = "";
        int64_t length = 0;
        for (const char *at = rows[i]; *at; at++) {
            if (*at != '|') text[length++] = *at;
        }
        for (int64_t at = 0, end; at < length; at = end) {
            end = cluster_end(chars, text, at, length);
            strncat(got, text + at, (size_t)(end - at));
            if (end < length) strcat(got, "|");
        }
        cr_expect_str_eq(got, rows[i]);
    }
}

Test(unicode, utf8) {
    char bytes[4];
    int32_t c;
    static const int32_t codes[] = {0, 'a', 0x7F, 0x80, 0x7FF, 0x800, 0xFFFD, 0x10000, 0x10FFFF};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        int length = utf8_write(codes[i], bytes);
        cr_expect_eq(utf8_read(bytes, &c), length);
        cr_expect_eq(c, codes[i]);
        cr_expect_eq(utf8_read_back(bytes + length, &c), length);
        cr_expect_eq(c, codes[i]);
    }
    cr_expect_eq(utf8_good("abc\xC3\xA9", 5), 5);
    cr_expect_eq(utf8_good("abcdefghi\xC3", 10), 9);
    cr_expect_eq(utf8_good("\xED\xA0\x80", 3), 0);
    cr_expect_eq(ascii_run("abcdefghijk\xC3\xA9", 2, 13), 9);
}
