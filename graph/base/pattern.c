/* Patterns of names. */
#include "graph/base/pattern.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PATTERN = 1000, MAX_RANGE = 10000 };

/* "{0..6}" at `text`: the numbers and where it ends; NULL when it is none. */
static const char *read_range(const char *text, long *from, long *to) {
    char *end;
    *from = strtol(text + 1, &end, 10);
    if (end == text + 1 || strncmp(end, "..", 2) != 0) return NULL;
    const char *second = end + 2;
    *to = strtol(second, &end, 10);
    return end > second && *end == '}' ? end + 1 : NULL;
}

/* Ranges are tried number by number, the first one in the pattern outermost. */
static bool matches_any(const char *pattern, const char *range, const char *name) {
    char text[MAX_PATTERN];
    long from, to;
    const char *rest = read_range(range, &from, &to);
    if (!rest) return false;
    for (long i = from; i < to && i < from + MAX_RANGE; i++) {
        int length = snprintf(text, sizeof text, "%.*s%ld%s", (int)(range - pattern), pattern, i, rest);
        if (length >= 0 && length < MAX_PATTERN && pattern_matches(text, name)) return true;
    }
    return false;
}

bool pattern_matches(const char *pattern, const char *name) {
    long from, to;
    for (const char *at = pattern; (at = strchr(at, '{')); at++) {
        if (read_range(at, &from, &to)) return matches_any(pattern, at, name);
    }
    return fnmatch(pattern, name, 0) == 0;
}
