/* Scanners: reading a regular expression. What is not in the grammar (scanner.h), or would mean more than it seems,
 * ends the reading: Oniguruma then does it. */
#include <string.h>

#include "runtime/tokenize/scanner.h"

enum { MAX_NODES = 400, MAX_BRANCHES = 64, MAX_DEPTH = 20, MAX_TIMES = 100000 };

typedef struct Sequence {
    VEC(ScanNode *) nodes;
} Sequence;

typedef struct ScanParser {
    const char *at;
    const CharTable *chars;
    Arena *arena;
    bool folds; /* within (?i:...) */
    bool failed;
    int nodes, depth;
} ScanParser;

static void parse_branches(ScanParser *p, ScanNode *group);

static void *fail(ScanParser *p) {
    p->failed = true;
    return NULL;
}

static bool accept(ScanParser *p, const char *text) {
    size_t length = strlen(text);
    if (p->failed || strncmp(p->at, text, length) != 0) return false;
    p->at += length;
    return true;
}

static ScanNode *new_node(ScanParser *p, ScanKind kind) {
    if (++p->nodes > MAX_NODES) fail(p);
    ScanNode *node = arena_alloc(p->arena, sizeof *node);
    *node = (ScanNode){.kind = kind, .least = 1, .most = 1};
    if (kind == SCAN_SET) node->set = arena_alloc(p->arena, sizeof *node->set);
    return node;
}

/* --- Characters and classes --------------------------------------------------------------------------------------- */

static int32_t read_hex(ScanParser *p) {
    int32_t c = 0, digits = 0;
    bool braces = accept(p, "{");
    for (int most = braces ? 6 : 2; digits < most; digits++, p->at++) {
        const char *hex = "0123456789abcdef", *digit = *p->at ? strchr(hex, *p->at | 32) : NULL;
        if (!digit || *p->at < '0') break;
        c = 16 * c + (int32_t)(digit - hex);
    }
    if (digits == 0 || (braces && !accept(p, "}")) || (!braces && c >= 0x80) || c > 0x10FFFF) fail(p);
    return c;
}

/* The character that an escape stands for, behind the backslash; -1: it is none. */
static int32_t read_escaped(ScanParser *p) {
    static const char names[] = "rntfvae", values[] = "\r\n\t\f\v\a\033";
    const char *name = *p->at ? strchr(names, *p->at) : NULL;
    if (name) return p->at++, values[name - names];
    if (accept(p, "x")) return read_hex(p);
    bool plain = *p->at > ' ' && *p->at < 127 && !strchr("0123456789", *p->at) &&
                 !((*p->at | 32) >= 'a' && (*p->at | 32) <= 'z');
    return plain ? *p->at++ : -1;
}

static int32_t read_literal(ScanParser *p) {
    int32_t c;
    p->at += utf8_read(p->at, &c);
    return c;
}

/* \p{L}, \P{L}, \p{^L}: behind the p. */
static uint32_t read_property(ScanParser *p, bool negated) {
    if (!accept(p, "{")) return fail(p), 0;
    if (accept(p, "^")) negated = !negated;
    int length = (int)strcspn(p->at, "}");
    uint32_t categories = char_set_property(p->at, length);
    p->at += length;
    if (!categories || !accept(p, "}")) fail(p);
    return negated ? CHAR_SET_ALL & ~categories : categories;
}

/* Adds \s, \p{L} ... behind the backslash, to a set; false when it is none of these. */
static bool add_class(ScanParser *p, CharSet *set) {
    char name = *p->at;
    if (!name || !strchr("sSdDwpP", name)) return false;
    p->at++;
    if (name == 's') char_set_add_space(set);
    if (name == 'S') char_set_add_other_than_space(set, p->arena);
    if (name == 'w') char_set_add_word(set, p->chars);
    if (name == 'd') char_set_add_categories(set, p->chars, 1u << CHAR_ND);
    if (name == 'D') char_set_add_categories(set, p->chars, CHAR_SET_ALL & ~(1u << CHAR_ND));
    if (name == 'p' || name == 'P') char_set_add_categories(set, p->chars, read_property(p, name == 'P'));
    return true;
}

/* A character of a bracket, or the first of a range; sets and errors are dealt with. */
static void add_item(ScanParser *p, CharSet *set) {
    int32_t first = -1, last;
    if (accept(p, "\\")) {
        if (add_class(p, set)) return;
        first = read_escaped(p);
    } else if (*p->at && !strchr("[&", *p->at)) {
        first = read_literal(p);
    }
    last = first;
    if (first >= 0 && p->at[0] == '-' && p->at[1] != ']') {
        p->at++;
        last = accept(p, "\\") ? read_escaped(p) : *p->at && !strchr("[&-", *p->at) ? read_literal(p) : -1;
    }
    if (first < 0 || last < first)
        fail(p);
    else
        char_set_add_range(set, p->arena, first, last);
}

static void parse_bracket(ScanParser *p, CharSet *set) {
    bool negated = accept(p, "^");
    if (*p->at == ']' || p->folds) fail(p);
    while (!p->failed && *p->at != ']') add_item(p, set);
    if (!accept(p, "]")) fail(p);
    if (negated) char_set_negate(set);
}

/* Small and capital letters of ASCII, and what else folds to them. */
static void add_folded(ScanParser *p, CharSet *set, int32_t c) {
    bool letter = (c | 32) >= 'a' && (c | 32) <= 'z';
    if (c >= 0x80) fail(p);
    char_set_add_range(set, p->arena, c, c);
    if (letter) char_set_add_range(set, p->arena, c ^ 32, c ^ 32);
    if ((c | 32) == 's') char_set_add_range(set, p->arena, 0x17F, 0x17F);
    if ((c | 32) == 'k') char_set_add_range(set, p->arena, 0x212A, 0x212A);
}

static bool is_pair(const char *at, const char *pairs) {
    for (; *pairs; pairs += 2) {
        if ((at[0] | 32) == pairs[0] && (at[1] | 32) == pairs[1]) return true;
    }
    return false;
}

static void add_char(ScanParser *p, CharSet *set) {
    /* Two letters that are one when their case is folded. */
    if (p->folds && is_pair(p->at, "fffiflssst")) fail(p);
    int32_t c = read_literal(p);
    if (p->folds)
        add_folded(p, set, c);
    else
        char_set_add_range(set, p->arena, c, c);
}

static void add_escaped(ScanParser *p, CharSet *set) {
    if (add_class(p, set)) return;
    int32_t c = read_escaped(p);
    if (c < 0 || p->folds)
        fail(p);
    else
        char_set_add_range(set, p->arena, c, c);
}

/* --- Expressions -------------------------------------------------------------------------------------------------- */

static ScanNode *parse_group(ScanParser *p) {
    bool folds = p->folds;
    ScanNode *node = new_node(p, SCAN_GROUP);
    if (accept(p, "?i:"))
        p->folds = true;
    else if (accept(p, "?="))
        node->kind = SCAN_LOOK;
    else if (accept(p, "?!"))
        node->kind = SCAN_LOOK, node->negative = true;
    else if (!accept(p, "?:") && *p->at == '?')
        return fail(p);
    if (++p->depth > MAX_DEPTH) return fail(p);
    parse_branches(p, node);
    p->depth--;
    p->folds = folds;
    if (!accept(p, ")")) fail(p);
    return node;
}

static ScanNode *parse_atom(ScanParser *p) {
    if (accept(p, "(")) return parse_group(p);
    if (*p->at && strchr("^$?*+{}", *p->at)) return fail(p);
    ScanNode *node = new_node(p, SCAN_SET);
    if (accept(p, "["))
        parse_bracket(p, node->set);
    else if (accept(p, "."))
        char_set_add_range(node->set, p->arena, '\n', '\n'), char_set_negate(node->set);
    else if (accept(p, "\\"))
        add_escaped(p, node->set);
    else
        add_char(p, node->set);
    return node;
}

static int64_t read_number(ScanParser *p, int64_t none) {
    if (*p->at < '0' || *p->at > '9') return none;
    int64_t number = 0;
    for (; *p->at >= '0' && *p->at <= '9' && number <= MAX_TIMES; p->at++) number = 10 * number + (*p->at - '0');
    if (number > MAX_TIMES) fail(p);
    return number;
}

static void parse_times(ScanParser *p, ScanNode *node) {
    node->least = read_number(p, -1);
    bool open = accept(p, ",");
    node->most = open ? read_number(p, INT64_MAX) : node->least;
    if (node->least < 0 || node->most < node->least || !accept(p, "}")) fail(p);
    if (*p->at == '+' || (*p->at == '?' && !open)) fail(p); /* in Ruby the repetition of a repetition */
}

static void parse_quantifier(ScanParser *p, ScanNode *node) {
    if (*p->at && strchr("?*+{", *p->at) && node->kind == SCAN_LOOK) fail(p);
    if (accept(p, "?"))
        node->least = 0;
    else if (accept(p, "*"))
        node->least = 0, node->most = INT64_MAX;
    else if (accept(p, "+"))
        node->most = INT64_MAX;
    else if (accept(p, "{"))
        parse_times(p, node);
    else
        return;
    if (accept(p, "?"))
        node->greed = SCAN_LAZY;
    else if (accept(p, "+"))
        node->greed = SCAN_POSSESSIVE;
    bool group = node->kind == SCAN_GROUP;
    if (group && (node->most > 1 || node->greed == SCAN_POSSESSIVE)) fail(p);
    if (*p->at && strchr("?*+{", *p->at)) fail(p);
}

/* Nodes of a sequence lead to each other and, from the last one, to `next`. */
static const ScanNode *link_nodes(const Sequence *sequence, const ScanNode *next) {
    for (int i = sequence->nodes.count - 1; i >= 0; i--) {
        sequence->nodes.items[i]->next = next;
        next = sequence->nodes.items[i];
    }
    return next;
}

static void parse_sequence(ScanParser *p, Sequence *sequence) {
    while (!p->failed && *p->at && !strchr("|)", *p->at)) {
        ScanNode *node = parse_atom(p);
        if (p->failed) return;
        parse_quantifier(p, node);
        vec_push(p->arena, &sequence->nodes, node);
    }
}

static void parse_branches(ScanParser *p, ScanNode *group) {
    do {
        Sequence sequence = {0};
        parse_sequence(p, &sequence);
        vec_push(p->arena, &group->branches, link_nodes(&sequence, NULL));
        if (group->branches.count > MAX_BRANCHES) fail(p);
    } while (accept(p, "|"));
}

/* --- Starts ------------------------------------------------------------------------------------------------------- */

/* What the way from a node on may begin with; false: with anything, since it may be nothing. The groups on it have
 * their starts. */
static bool starts_of(const ScanNode *node, bool may[STARTS]) {
    for (; node; node = node->next) {
        for (int i = 0; node->kind == SCAN_GROUP && i < STARTS; i++) may[i] |= node->starts[i] != 0;
        if (node->kind == SCAN_GROUP && node->least == 1) return true; /* its branches go on to what is behind it */
        if (node->kind != SCAN_SET) continue;
        for (int c = 0; c < 0x80; c++) may[c] |= node->set->ascii[c];
        may[START_OTHER] = true;
        if (node->least > 0) return true;
    }
    return false;
}

static void note_starts(ScanNode *group, int branch) {
    bool may[STARTS] = {false}, some = starts_of(group->branches.items[branch], may);
    for (int i = 0; i < STARTS; i++) group->starts[i] |= (uint64_t)(may[i] || !some) << branch;
}

static bool is_disjoint(const CharSet *a, const CharSet *b) {
    bool beyond = a->negated || a->categories || a->traits || a->bounds.count, shared = false;
    for (int c = 0; c < 0x80; c++) shared |= a->ascii[c] && b->ascii[c];
    return !beyond && !shared;
}

/* Sets of which each takes all that it can: where what follows one could do with less of it, there is another way. */
static bool is_run(const ScanNode *node) {
    for (; node; node = node->next) {
        bool fixed = node->least == node->most, last = !node->next;
        if (node->kind != SCAN_SET || node->greed == SCAN_LAZY) return false;
        if (fixed || last || node->greed == SCAN_POSSESSIVE) continue;
        bool is_needed = node->next->kind == SCAN_SET && node->next->least > 0;
        if (!is_needed || !is_disjoint(node->set, node->next->set)) return false;
    }
    return true;
}

/* Branches of groups go on to what stands behind the group: from the end to the beginning. */
static void finish(ScanNode *group, const ScanNode *next, Arena *arena);

static void finish_sequence(const ScanNode *first, const ScanNode *next, Arena *arena) {
    if (!first) return;
    ScanNode *node = (ScanNode *)first;
    finish_sequence(node->next, next, arena);
    if (!node->next) node->next = next;
    if (node->kind == SCAN_GROUP) finish(node, node->next, arena);
    if (node->kind == SCAN_LOOK) finish(node, NULL, arena);
}

static void finish(ScanNode *group, const ScanNode *next, Arena *arena) {
    group->starts = arena_array(arena, STARTS, sizeof *group->starts);
    for (int i = 0; i < group->branches.count; i++) {
        finish_sequence(group->branches.items[i], next, arena);
        if (!group->branches.items[i]) group->branches.items[i] = next;
        note_starts(group, i);
        group->runs |= (uint64_t)is_run(group->branches.items[i]) << i;
    }
}

const Scanner *scanner_new(const char *regex, const CharTable *chars, Arena *arena) {
    ScanParser p = {.at = regex, .chars = chars, .arena = arena};
    Scanner *scanner = arena_alloc(arena, sizeof *scanner);
    *scanner = (Scanner){.chars = chars, .root = new_node(&p, SCAN_GROUP)};
    parse_branches(&p, scanner->root);
    if (p.failed || *p.at) return NULL;
    finish(scanner->root, NULL, arena);
    return scanner;
}
