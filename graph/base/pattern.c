/* Patterns of names. */
#include "graph/base/pattern.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PATTERN = 1000, MAX_DIGITS = 10, MOST_TRIES = 10000 };

/* "{0..6}" at `text`: the numbers and where it ends; NULL when it is none. */
static const char *read_range(const char *text, long *from, long *to) {
    char *end;
    *from = strtol(text + 1, &end, 10);
    if (end == text + 1 || strncmp(end, "..", 2) != 0) return NULL;
    const char *second = end + 2;
    *to = strtol(second, &end, 10);
    return end > second && *end == '}' ? end + 1 : NULL;
}

/* A name, and how often patterns may still be compared with it: a search is bounded whatever the pattern. */
typedef struct Search {
    const char *name;
    int left;
} Search;

static bool search(Search *s, const char *pattern);

/* The pattern with the number that stands at `digits` in place of its range. */
static bool try_number(Search *s, const char *pattern, const char *range, const char *digits, int length) {
    char text[MAX_PATTERN];
    long from, to;
    const char *rest = read_range(range, &from, &to);
    snprintf(text, sizeof text, "%.*s", length, digits);
    long number = strtol(text, NULL, 10);
    if (number < from || number >= to) return false;
    int size = snprintf(text, sizeof text, "%.*s%ld%s", (int)(range - pattern), pattern, number, rest);
    return size < MAX_PATTERN && search(s, text);
}

/* Of the numbers of a range only those that stand somewhere in the name can match. */
static bool matches_any(Search *s, const char *pattern, const char *range) {
    char before[MAX_PATTERN];
    int size = snprintf(before, sizeof before, "%.*s*", (int)(range - pattern), pattern);
    if (size >= MAX_PATTERN || fnmatch(before, s->name, 0) != 0) return false;
    for (const char *at = s->name; *at; at++) {
        int digits = (int)strspn(at, "0123456789"), most = *at == '0' ? 1 : digits;
        for (int length = 1; length <= most && length < MAX_DIGITS; length++) {
            if (try_number(s, pattern, range, at, length)) return true;
        }
    }
    return false;
}

static bool search(Search *s, const char *pattern) {
    long from, to;
    if (s->left-- <= 0) return false;
    for (const char *at = pattern; (at = strchr(at, '{')); at++) {
        if (read_range(at, &from, &to)) return matches_any(s, pattern, at);
    }
    return fnmatch(pattern, s->name, 0) == 0;
}

bool pattern_matches(const char *pattern, const char *name) {
    Search s = {name, MOST_TRIES};
    return search(&s, pattern);
}
