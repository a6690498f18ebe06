/* Scanners: matching. */
#include "runtime/tokenize/scanner.h"

typedef struct ScanState {
    const CharTable *chars;
    const char *text;
    int64_t length;
    int64_t steps; /* left */
} ScanState;

static int64_t match(ScanState *scan, const ScanNode *node, int64_t at);

/* Is the next character one of the set? `*at` is then behind it. */
static inline bool take(const ScanState *scan, const CharSet *set, int64_t *at) {
    if (*at >= scan->length) return false;
    int32_t c = (unsigned char)scan->text[*at];
    if (c < 0x80) {
        *at += set->ascii[c];
        return set->ascii[c];
    }
    int used = utf8_read(scan->text + *at, &c);
    if (!char_set_has_other(set, scan->chars, c)) return false;
    *at += used;
    return true;
}

/* Takes as many characters as the node may; how many these are. */
static inline int64_t take_most(const ScanState *scan, const ScanNode *node, int64_t *place) {
    const bool *ascii = node->set->ascii;
    const unsigned char *text = (const unsigned char *)scan->text;
    int64_t at = *place, count = 0;
    for (;; count++) {
        int64_t from = at, left = node->most - count, stop = left < scan->length - at ? at + left : scan->length;
        while (at < stop && ascii[text[at]]) at++;
        count += at - from;
        if (at == stop || text[at] < 0x80 || !take(scan, node->set, &at)) break;
    }
    *place = at;
    return count;
}

/* Sets that match in one way or not at all. */
static int64_t match_run(ScanState *scan, const ScanNode *node, int64_t at) {
    int64_t from = at;
    for (; node; node = node->next) {
        if (take_most(scan, node, &at) < node->least) return -1;
    }
    scan->steps -= at - from + 1;
    return scan->steps < 0 ? -1 : at;
}

static int64_t char_before(const ScanState *scan, int64_t at) {
    do at--;
    while (((unsigned char)scan->text[at] & 0xC0) == 0x80);
    return at;
}

/* As many as there are, then one less each time. */
static int64_t match_greedy(ScanState *scan, const ScanNode *node, int64_t at) {
    int64_t count = take_most(scan, node, &at);
    scan->steps -= count;
    if (!node->next && count >= node->least) return at;
    for (; count >= node->least; count--) {
        int64_t end = match(scan, node->next, at);
        if (end >= 0 || node->greed == SCAN_POSSESSIVE) return end;
        if (count > 0) at = char_before(scan, at);
    }
    return -1;
}

static int64_t match_lazy(ScanState *scan, const ScanNode *node, int64_t at) {
    for (int64_t count = 0; count <= node->most; count++) {
        int64_t end = count >= node->least ? match(scan, node->next, at) : -1;
        if (end >= 0) return end;
        if (!take(scan, node->set, &at)) return -1;
        scan->steps--;
    }
    return -1;
}

static inline uint64_t branches_at(const ScanNode *node, const ScanState *scan, int64_t at) {
    if (at >= scan->length) return node->starts[START_END];
    unsigned char c = (unsigned char)scan->text[at];
    return node->starts[c < 0x80 ? c : START_OTHER];
}

static int64_t match_branches(ScanState *scan, const ScanNode *node, int64_t at) {
    for (uint64_t left = branches_at(node, scan, at); left; left &= left - 1) {
        int branch = __builtin_ctzll(left);
        const ScanNode *first = node->branches.items[branch];
        int64_t end = node->runs >> branch & 1 ? match_run(scan, first, at) : match(scan, first, at);
        if (end >= 0) return end;
    }
    return -1;
}

static int64_t match_group(ScanState *scan, const ScanNode *node, int64_t at) {
    if (node->least == 1) return match_branches(scan, node, at);
    bool lazy = node->greed == SCAN_LAZY;
    int64_t end = lazy ? match(scan, node->next, at) : match_branches(scan, node, at);
    if (end >= 0) return end;
    return lazy ? match_branches(scan, node, at) : match(scan, node->next, at);
}

/* Once or not at all. */
static int64_t match_optional(ScanState *scan, const ScanNode *node, int64_t at) {
    int64_t after = at, end = -1;
    bool taken = take(scan, node->set, &after), lazy = node->greed == SCAN_LAZY;
    if (taken && !lazy) end = match(scan, node->next, after);
    if (end >= 0 || (taken && node->greed == SCAN_POSSESSIVE)) return end;
    end = match(scan, node->next, at);
    return end < 0 && taken && lazy ? match(scan, node->next, after) : end;
}

static int64_t match_repeated(ScanState *scan, const ScanNode *node, int64_t at) {
    if (node->most == 1) return match_optional(scan, node, at);
    return node->greed == SCAN_LAZY ? match_lazy(scan, node, at) : match_greedy(scan, node, at);
}

/* Where the match ends that goes on with the node at `at`; -1: there is none. As deep as the pattern is long. */
static int64_t match(ScanState *scan, const ScanNode *node, int64_t at) {
    for (; node; node = node->next) {
        if (--scan->steps < 0) return -1;
        if (node->kind == SCAN_GROUP) return match_group(scan, node, at);
        if (node->kind == SCAN_LOOK) {
            if ((match_branches(scan, node, at) >= 0) == node->negative) return -1;
        } else if (node->least != 1 || node->most != 1) {
            return match_repeated(scan, node, at);
        } else if (!take(scan, node->set, &at)) {
            return -1;
        }
    }
    return at;
}

bool scanner_find(const Scanner *scanner, const char *text, int64_t length, int64_t from, int64_t *steps,
                  int64_t *begin, int64_t *end) {
    ScanState scan = {.chars = scanner->chars, .text = text, .length = length, .steps = *steps};
    bool found = false;
    for (int64_t at = from; at <= length && scan.steps > 0; scan.steps--) {
        *begin = at;
        *end = branches_at(scanner->root, &scan, at) ? match_branches(&scan, scanner->root, at) : -1;
        found = *end >= 0 && scan.steps >= 0;
        if (found) break;
        at += at < length ? utf8_length(text[at]) : 1;
    }
    *steps = scan.steps > 0 ? scan.steps : -1;
    return found;
}
