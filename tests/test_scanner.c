/* Scanners, and the sets of characters that they run over: the same matches as Oniguruma's. */
#include <criterion/criterion.h>
#include <oniguruma.h>
#include <stdio.h>
#include <string.h>

#include "runtime/tokenize/scanner.h"

typedef struct Fixture {
    Arena *arena;
    const CharTable *chars;
} Fixture;

static Fixture fixture_new(void) {
    Fixture f = {.arena = arena_new()};
    f.chars = char_table();
    return f;
}

/* "0-2 2-5": the matches of a scanner, in `out` [400]. */
static void scanned(const Fixture *f, const char *regex, const char *text, char *out) {
    const Scanner *scanner = scanner_new(regex, f->chars, f->arena);
    cr_assert_not_null(scanner, "%s", regex);
    int64_t length = (int64_t)strlen(text), steps = 1000000, begin, end;
    *out = '\0';
    for (int64_t at = 0; scanner_find(scanner, text, length, at, &steps, &begin, &end);
         at = end > begin ? end : end + 1)
        snprintf(out + strlen(out), 400 - strlen(out), "%d-%d ", (int)begin, (int)end);
}

/* The same by Oniguruma. */
static void searched(const char *regex, const char *text, char *out) {
    OnigEncoding encodings[] = {ONIG_ENCODING_UTF8};
    const UChar *from = (const UChar *)text, *to = from + strlen(text), *pattern = (const UChar *)regex;
    regex_t *compiled;
    onig_initialize(encodings, 1);
    cr_assert_eq(onig_new(&compiled, pattern, pattern + strlen(regex), ONIG_OPTION_NONE, ONIG_ENCODING_UTF8,
                          ONIG_SYNTAX_RUBY, NULL),
                 ONIG_NORMAL);
    OnigRegion *region = onig_region_new();
    *out = '\0';
    for (const UChar *at = from; at <= to;) {
        if (onig_search(compiled, from, to, at, to, region, ONIG_OPTION_NONE) < 0) break;
        snprintf(out + strlen(out), 400 - strlen(out), "%d-%d ", region->beg[0], region->end[0]);
        at = from + (region->end[0] > region->beg[0] ? region->end[0] : region->end[0] + 1);
    }
    onig_region_free(region, 1);
    onig_free(compiled);
}

Test(scanner, finds_what_oniguruma_finds) {
    static const char *const regexes[] = {
        "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
        "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| "
        "?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+",
        "[\\p{Lu}\\p{Lt}]*[\\p{Ll}\\p{M}]+(?i:'s|'t)?|\\p{N}{1,3}",
        "<\\|a\\|>|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+",
        "a?b??c*?d+?|[^a-f]{2}x",
        "(?:a|ab)?c|(?=th)t|(?!e)[a-z]{3}",
        "a*+a|b{2,}?b|c{3}",
        "(a|b|(c|d)?e)?f",
        "\\x41\\x{e9}|[\\x61-\\x63\\-\\]]+|\\.|\\S|.",
        "[\\S]+|[^\\S]|\\P{L}|[\\D]",
        "\xC3\xA9+|[\xC3\xA0-\xC3\xBF]|\xE2\x96\x81",
        " {2,}|x*",
        "[ab]?a+c|[^\\r\\n\\p{L}]?+\\p{L}+|a{0,2}b|b{2}a?c",
        "[ab]?[bc]|e?+e|\xC3\xA9?\\p{L}|\\s?\\s",
    };
    static const char *const texts[] = {
        "",
        "a",
        "It's 1234 o'clock,  isn't it?  \n\n we'LL see'\xC5\xBF ",
        "aabbccddeeff abcabc thethe bbbb ccc",
        "\xC3\x89t\xC3\xA9 \xC3\xA0\xC3\xBF \xE2\x96\x81x \xE4\xB8\xAD\xE6\x96\x87 \xD9\xA1\xD9\xA2",
        "A\xC3\xA9 a-]. <|a|>\t\r\n",
        "aaaa fbf cef def bbf",
        "\xC2\x85 \xE3\x80\x80 \xC2\xA0x",
    };
    Fixture f = fixture_new();
    for (size_t i = 0; i < sizeof regexes / sizeof *regexes; i++) {
        for (size_t j = 0; j < sizeof texts / sizeof *texts; j++) {
            char got[400], wanted[400];
            scanned(&f, regexes[i], texts[j], got);
            searched(regexes[i], texts[j], wanted);
            cr_expect_str_eq(got, wanted, "%s in '%s': %s instead of %s", regexes[i], texts[j], got, wanted);
        }
    }
    arena_free(f.arena);
}

/* What would mean something else, or more, than the grammar has. */
Test(scanner, leaves_the_rest_to_oniguruma) {
    static const char *const regexes[] = {"^a",          "a$",     "(a)\\1",     "(?<=a)b",      "(?i)a",  "(ab)*",
                                          "[[:alpha:]]", "[a&&b]", "a{2}+",      "a{2}?",        "\\bfoo", "(?i:ss)",
                                          "(?i:[a])",    "(?>a)",  "a**",        "\\R",          "[a",     "(a",
                                          "a)",          "[]",     "\\p{Greek}", "\\p{Letter}",  "*",      "a{,3}",
                                          "\\0",         "[z-a]",  "[\\W]",      "(?i:\xC3\xA9)"};
    Fixture f = fixture_new();
    for (size_t i = 0; i < sizeof regexes / sizeof *regexes; i++)
        cr_expect_null(scanner_new(regexes[i], f.chars, f.arena), "%s", regexes[i]);
    arena_free(f.arena);
}

Test(scanner, ends_when_its_steps_are_used_up) {
    Fixture f = fixture_new();
    char text[2001];
    memset(text, 'a', 2000);
    text[2000] = '\0';
    const Scanner *scanner = scanner_new("a*a*a*a*a*a*b", f.chars, f.arena);
    int64_t steps = 100000, begin, end;
    cr_expect_not(scanner_find(scanner, text, 2000, 0, &steps, &begin, &end));
    cr_expect_eq(steps, -1);
    arena_free(f.arena);
}
