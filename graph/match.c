/* Matching, by classes: a class is the hash of a node's operator, attributes and type and of the classes of its
 * operands. A changed node takes the class of its like, so that what is built on it is found to be the same. */
#include "graph/match.h"

#include <string.h>
#include <xxhash.h>

/* From keys to lists of nodes, in order; open addressing. */
typedef struct Entry {
    uint64_t key;
    int node, next; /* next of the same key, by position in `entries`; -1: none */
} Entry;

typedef struct NodeTable {
    VEC(Entry) entries;
    int *slots; /* entry + 1 */
    uint64_t mask;
} NodeTable;

typedef struct Side {
    const Graph *graph;
    uint64_t *class; /* [node] */
} Side;

typedef struct Matcher {
    Arena *arena;
    Side a, b;
    GraphMatch match;
} Matcher;

static NodeTable table_new(int nodes, Arena *arena) {
    NodeTable table = {.mask = 15};
    while (table.mask < 2 * (uint64_t)nodes) table.mask = 2 * table.mask + 1;
    table.slots = arena_array(arena, (size_t)table.mask + 1, sizeof *table.slots);
    return table;
}

static int *table_slot(const NodeTable *table, uint64_t key) {
    uint64_t i = key & table->mask;
    while (table->slots[i] && table->entries.items[table->slots[i] - 1].key != key) i = (i + 1) & table->mask;
    return &table->slots[i];
}

/* Nodes are added from the last to the first, so that a list has them in order. */
static void table_add(NodeTable *table, uint64_t key, int node, Arena *arena) {
    int *slot = table_slot(table, key);
    vec_push(arena, &table->entries, ((Entry){key, node, *slot - 1}));
    *slot = table->entries.count;
}

static int table_find(const NodeTable *table, uint64_t key) { return *table_slot(table, key) - 1; }

/* --- Keys --------------------------------------------------------------------------------------------------------- */

static uint64_t hash_text(const char *text, size_t length, uint64_t seed) {
    return XXH3_64bits_withSeed(text, length, seed);
}

/* Symbols are called by name: two files may number them apart. */
static uint64_t hash_dim(const Graph *graph, Dim dim, uint64_t seed) {
    int64_t numbers[] = {dim.scale, dim.offset};
    seed = XXH3_64bits_withSeed(numbers, sizeof numbers, seed);
    const char *name = dim.scale ? graph->symbols.names[dim.symbol] : "";
    return hash_text(name, strlen(name), seed);
}

static uint64_t hash_type(const Graph *graph, const Type *type, uint64_t seed) {
    int64_t numbers[] = {type->elem, type->rank};
    seed = XXH3_64bits_withSeed(numbers, sizeof numbers, seed);
    for (int i = 0; i < type->rank; i++) seed = hash_dim(graph, type->dims[i], seed);
    return hash_dim(graph, type->bound, seed);
}

static uint64_t hash_name(const Node *node) {
    int64_t op = node->op;
    const char *text = node->attrs.text ? node->attrs.text : "";
    return hash_text(text, strlen(text), XXH3_64bits(&op, sizeof op));
}

/* Operator, attributes and type. */
static uint64_t hash_own(const Graph *graph, const Node *node) {
    uint64_t hash = XXH3_64bits_withSeed(node->attrs.ints, sizeof node->attrs.ints, hash_name(node));
    const double numbers[] = {node->attrs.number, node->attrs.scale};
    hash = XXH3_64bits_withSeed(numbers, sizeof numbers, hash);
    return hash_type(graph, &node->type, hash);
}

static uint64_t hash_class(const Side *side, const Node *node) {
    uint64_t hash = hash_own(side->graph, node);
    for (int i = 0; i < node->n_inputs; i++) {
        uint64_t operand = side->class[node->inputs[i]->id];
        hash = XXH3_64bits_withSeed(&operand, sizeof operand, hash);
    }
    return hash;
}

/* The line's text where it is known: lines above may have come or gone. */
static uint64_t hash_place(Pos pos, uint64_t seed) {
    const char *scope = pos.scope ? pos.scope : "", *line = pos.file ? pos.file->text : NULL;
    uint32_t numbers[] = {pos.column, pos.length, line ? 0 : pos.line};
    seed = XXH3_64bits_withSeed(numbers, sizeof numbers, hash_text(scope, strlen(scope), seed));
    for (uint32_t i = 1; line && i < pos.line; i++) {
        line = strchr(line, '\n');
        line = line ? line + 1 : NULL;
    }
    return line ? hash_text(line, strcspn(line, "\n"), seed) : seed;
}

/* Likes share, first, all but operands; then operator, name and place alone. */
static uint64_t hash_loose(const Graph *graph, const Node *node, bool with_type) {
    return hash_place(node->pos, with_type ? hash_own(graph, node) : hash_name(node));
}

/* --- The walk ----------------------------------------------------------------------------------------------------- */

static void pair(Matcher *m, int old_node, int new_node, bool changed) {
    m->match.old_of[new_node] = old_node;
    m->match.changed[new_node] = changed;
    if (m->match.new_of[old_node] < 0) m->match.new_of[old_node] = new_node;
}

static void match_same(Matcher *m, const NodeTable *classes) {
    for (int i = 0; i < m->b.graph->nodes.count; i++) {
        m->b.class[i] = hash_class(&m->b, m->b.graph->nodes.items[i]);
        int found = table_find(classes, m->b.class[i]);
        if (found >= 0) pair(m, classes->entries.items[found].node, i, false);
    }
}

/* The first node with the key that has no partner yet; -1: none. */
static int find_like(const Matcher *m, const NodeTable *table, uint64_t key) {
    int found = table_find(table, key);
    while (found >= 0 && m->match.new_of[table->entries.items[found].node] >= 0)
        found = table->entries.items[found].next;
    return found >= 0 ? table->entries.items[found].node : -1;
}

/* Again from the leaves, now with changed nodes in the classes of their likes. */
static void match_changed(Matcher *m, const NodeTable *classes, const NodeTable *loose) {
    for (int i = 0; i < m->b.graph->nodes.count; i++) {
        const Node *node = m->b.graph->nodes.items[i];
        if (m->match.old_of[i] >= 0) continue;
        m->b.class[i] = hash_class(&m->b, node);
        int found = table_find(classes, m->b.class[i]), like = -1;
        if (found >= 0) {
            pair(m, classes->entries.items[found].node, i, false);
            continue;
        }
        for (int k = 0; k < 2 && like < 0; k++) like = find_like(m, &loose[k], hash_loose(m->b.graph, node, k == 0));
        if (like < 0) continue;
        pair(m, like, i, true);
        m->b.class[i] = m->a.class[like];
    }
}

GraphMatch graph_match(const Graph *old_graph, const Graph *new_graph, Arena *arena) {
    int n = old_graph->nodes.count, k = new_graph->nodes.count;
    Matcher m = {.arena = arena, .a.graph = old_graph, .b.graph = new_graph};
    m.a.class = arena_array(arena, (size_t)n + 1, sizeof *m.a.class);
    m.b.class = arena_array(arena, (size_t)k + 1, sizeof *m.b.class);
    m.match.new_of = arena_array(arena, (size_t)n + 1, sizeof *m.match.new_of);
    m.match.old_of = arena_array(arena, (size_t)k + 1, sizeof *m.match.old_of);
    m.match.changed = arena_array(arena, (size_t)k + 1, sizeof *m.match.changed);
    memset(m.match.new_of, -1, ((size_t)n + 1) * sizeof *m.match.new_of);
    memset(m.match.old_of, -1, ((size_t)k + 1) * sizeof *m.match.old_of);
    NodeTable classes = table_new(n, arena), loose[] = {table_new(n, arena), table_new(n, arena)};
    for (int i = 0; i < n; i++) m.a.class[i] = hash_class(&m.a, old_graph->nodes.items[i]);
    for (int i = n - 1; i >= 0; i--) {
        const Node *node = old_graph->nodes.items[i];
        table_add(&classes, m.a.class[i], i, arena);
        for (int j = 0; j < 2; j++) table_add(&loose[j], hash_loose(old_graph, node, j == 0), i, arena);
    }
    match_same(&m, &classes);
    match_changed(&m, &classes, loose);
    return m.match;
}
