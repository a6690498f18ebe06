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
        if (!(set->ascii[c >> 6] >> (c & 63) & 1)) return false;
        ++*at;
        return true;
    }
    int used = utf8_read(scan->text + *at, &c);
    if (!char_set_has_other(set, scan->chars, c)) return false;
    *at += used;
    return true;
}

static int64_t char_before(const ScanState *scan, int64_t at) {
    do at--;
    while (((unsigned char)scan->text[at] & 0xC0) == 0x80);
    return at;
}

/* As many as there are, then one less each time. */
static int64_t match_greedy(ScanState *scan, const ScanNode *node, int64_t at) {
    int64_t count = 0;
    while (count < node->most && take(scan, node->set, &at)) count++;
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

static inline bool may_begin(const ScanFilter *filter, const ScanState *scan, int64_t at) {
    if (filter->empty) return true;
    if (at >= scan->length) return false;
    unsigned char c = (unsigned char)scan->text[at];
    return c < 0x80 ? filter->ascii[c >> 6] >> (c & 63) & 1 : filter->others;
}

static int64_t match_branches(ScanState *scan, const ScanNode *node, int64_t at) {
    for (int i = 0; i < node->branches.count; i++) {
        const ScanBranch *branch = &node->branches.items[i];
        if (!may_begin(&branch->filter, scan, at)) continue;
        int64_t end = match(scan, branch->first, at);
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

/* Where the match ends that goes on with the node at `at`; -1: there is none. As deep as the pattern is long. */
static int64_t match(ScanState *scan, const ScanNode *node, int64_t at) {
    for (; node; node = node->next) {
        if (--scan->steps < 0) return -1;
        if (node->kind == SCAN_GROUP) return match_group(scan, node, at);
        if (node->kind == SCAN_LOOK) {
            if ((match_branches(scan, node, at) >= 0) == node->negative) return -1;
            continue;
        }
        if (node->least != 1 || node->most != 1)
            return node->greed == SCAN_LAZY ? match_lazy(scan, node, at) : match_greedy(scan, node, at);
        if (!take(scan, node->set, &at)) return -1;
    }
    return at;
}

bool scanner_find(const Scanner *scanner, const char *text, int64_t length, int64_t from, int64_t *steps,
                  int64_t *begin, int64_t *end) {
    ScanState scan = {.chars = scanner->chars, .text = text, .length = length, .steps = *steps};
    bool found = false;
    for (int64_t at = from; !found && at <= length && scan.steps > 0;) {
        if (may_begin(&scanner->filter, &scan, at)) {
            *begin = at;
            *end = match(&scan, scanner->root, at);
            found = *end >= 0 && scan.steps >= 0;
        }
        at += at < length ? utf8_length(text[at]) : 1;
        scan.steps--;
    }
    *steps = scan.steps > 0 ? scan.steps : -1;
    return found;
}
