/* Patterns of names: what ranges match, and that no pattern takes long. */
#include <criterion/criterion.h>

#include "graph/base/pattern.h"

Test(pattern, ranges_are_numbers) {
    cr_expect(pattern_matches("layer.{0..6}.*", "layer.5.weight"));
    cr_expect(pattern_matches("layer.{0..12}.*", "layer.11.weight"));
    cr_expect_not(pattern_matches("layer.{0..6}.*", "layer.6.weight"));
    cr_expect_not(pattern_matches("layer.{0..6}.*", "layer.05.weight"));
    cr_expect_not(pattern_matches("layer.{2..6}.*", "layer.1.weight"));
    cr_expect(pattern_matches("{0..9}{10..99}", "123"));
    cr_expect_not(pattern_matches("{0..9}{10..99}", "1234"));
    cr_expect(pattern_matches("*.{0..3}.*.{7..9}", "a.2.b.8"));
    cr_expect(pattern_matches("{0..}", "{0..}"));
}

/* Each would be 10^8 comparisons and more, number by number. */
Test(pattern, many_numbers_are_not_tried_one_by_one, .timeout = 10) {
    cr_expect_not(pattern_matches("{0..9999}{0..9999}", "bert.weight"));
    cr_expect(pattern_matches("a{0..999999}{0..999999}{0..999999}b", "a123456789b"));
    cr_expect_not(pattern_matches("*{0..9}*{0..9}*{0..9}*{0..9}*{0..9}*{0..9}*{0..9}*{0..9}*x",
                                  "0123456789012345678901234567890123456789"));
}
