/* Graph: a list of typed operator nodes in an order in which operands come first.
 *
 * Equal nodes are one node (hash-consing), so common subexpressions cannot exist twice within a group. A graph owns
 * its nodes and strings through one arena. Passes do not edit a graph: they build a new one from it. */
#ifndef GRADC_GRAPH_GRAPH_H
#define GRADC_GRAPH_GRAPH_H

#include "graph/base/diag.h"
#include "graph/ops.h"
#include "graph/type.h"

enum { MAX_ATTR_INTS = 2, MAX_OPERANDS = 32 };

/* Values of an operator's attributes, in the order of its row: integers, numbers and the string apart. */
typedef struct Attrs {
    int64_t ints[MAX_ATTR_INTS]; /* axis | ta, tb | axis, start | heads, result */
    double number;               /* value | dropout */
    double scale;                /* of attention; else 0 */
    const char *text;            /* name | site; NULL when the operator has none */
    Role role;                   /* of an input */
} Attrs;

/* Walking over an operator's attributes: those of a kind that came before. */
typedef struct AttrCounts {
    int ints, numbers;
} AttrCounts;

/* The kind of kernel that computes a group of nodes (see design: map, row, column, ...). */
typedef enum KernelKind {
    KERNEL_MAP,
    KERNEL_ROW,
    KERNEL_COLUMN,
    KERNEL_CONTRACT,
    KERNEL_ATTENTION,
    KERNEL_ATTENTION_GRAD,
    KERNEL_ATTENTION_SECOND,
    KERNEL_SCATTER,
    KERNEL_KINDS
} KernelKind;

struct Node {
    Op op;
    int id;    /* index in the graph's list */
    int group; /* index into the graph's groups; 0: in no group. Part of the node's identity. */
    int n_inputs;
    Node **inputs;
    Attrs attrs;
    Type type;
    Pos pos; /* the source line it comes from; a gradient node has its forward node's. No part of its identity. */
    uint64_t hash;
    bool is_open; /* it has a value for a pair of query and key only, within attention: see pair.h */
};

/* After fusion: nodes computed together by one kernel. Group 0 holds leaves. */
typedef struct Group {
    KernelKind kind;
    const char *name; /* readable; no part of a kernel's identity */
} Group;

typedef struct Output {
    const char *name;
    Node *node;
    Role role;
} Output;

typedef struct Graph {
    Arena *arena;
    const char *name;
    Symbols symbols;
    VEC(Node *) nodes;
    VEC(Output) outputs;
    VEC(Group) groups; /* items[0] is a placeholder */
    /* parameters and outputs that the loss is still to be differentiated for, in this order: passes/differentiate.h */
    VEC(const char *) wanted;
    Node **table; /* hash-consing: open addressing, `table_size` a power of two */
    int table_size;
} Graph;

/* An empty graph. `name` is copied. `symbols` may be NULL. */
Graph *graph_new(const char *name, const Symbols *symbols);
void graph_free(Graph *graph); /* NULL is allowed */

/* An empty graph with what a pass takes over from `graph`: its name, its symbols, what is wanted of it. */
Graph *graph_new_like(const Graph *graph);

/* The index of a symbol, added when it is new. At most MAX_SYMBOLS (asserted). */
int32_t graph_symbol(Graph *graph, const char *name);
/* The same; a symbol without a role gets this one, otherwise it must have it already (asserted). */
int32_t graph_symbol_as(Graph *graph, const char *name, Role role);

/* What a node is made of. `type` is read only by operators whose type is not implied by operands and attributes (their
 * shape rule says so in infer.c): leaves, cast, reshape, broadcast, slice, scatter_add, scatter_max, random. */
typedef struct NodeSpec {
    Op op;
    int n_inputs;
    Node *const *inputs;
    Attrs attrs;
    Type type;
    Pos pos;
    int group;
} NodeSpec;

/* The type of the node that `spec` describes. NULL and `*type` set, or else the constraint that is broken, as a
 * sentence in `graph`'s arena ("matmul: inner dimensions differ: 384 and 768"), and `*type` untouched. */
const char *infer_type(Graph *graph, const NodeSpec *spec, Type *type);

/* The one node equal to `spec`, made when it is new; strings are copied. The spec must be valid (asserted): callers
 * that pass on a user's operands ask `infer_type` first. Operands belong to `graph`. */
Node *graph_node(Graph *graph, const NodeSpec *spec);

/* Shorthands for passes and tests. All take the position of `pos_of` (may be NULL: nowhere) and no group. */
Node *graph_op1(Graph *graph, Op op, Node *a, const Node *pos_of);
Node *graph_op2(Graph *graph, Op op, Node *a, Node *b, const Node *pos_of);
Node *graph_const(Graph *graph, ElemType elem, double value, const Node *pos_of);
Node *graph_leaf(Graph *graph, Op op, const char *name, Type type);               /* input or param */
Node *graph_input_as(Graph *graph, const char *name, Role role, Type type);       /* of the role's type (asserted) */
Node *graph_reshape(Graph *graph, Node *x, const Type *type, const Node *pos_of); /* to the type's shape */
Node *graph_broadcast(Graph *graph, Node *x, const Type *type,
                      const Node *pos_of); /* to the type's shape; x itself when equal */

/* A node like `node` (operator, attributes, type, position, group) over other operands of the same types: how passes
 * copy. */
Node *graph_clone(Graph *graph, const Node *node, Node *const *inputs);

void graph_output(Graph *graph, const char *name, Node *node);
void graph_output_as(Graph *graph, const char *name, Role role, Node *node);
void graph_output_like(Graph *graph, const Output *output, Node *node); /* its name and role: how passes copy */
const Output *graph_output_named(const Graph *graph, const char *name); /* NULL: none */
Node *graph_find_output(const Graph *graph, const char *name);          /* its node */
const Node *graph_find_input(const Graph *graph, const char *name);     /* an input leaf; NULL: none */
/* What plays a role; NULL: nothing does. */
const Node *graph_input_of(const Graph *graph, Role role);
const Output *graph_output_of(const Graph *graph, Role role);
int graph_group(Graph *graph, KernelKind kind, const char *name);
void graph_want(Graph *graph, const char *name); /* once for each name (asserted) */
bool graph_wants(const Graph *graph, const char *name);

/* A copy with dead nodes gone and nodes numbered by a walk from the outputs, operands first: the canonical order that
 * printing, hashing and differentiation rely on (C leaves the order of nested builder calls open). */
Graph *graph_canonical(const Graph *graph);

/* A reshape moves nothing: after fusion it stands in no group and is a view of its operand. The node whose memory holds
 * the value of `node`: the node itself, or what a view looks at. */
bool node_is_view(const Node *node);
Node *node_storage(Node *node);

const char *kernel_kind_name(KernelKind kind);

/* The graph as text, ending in a newline; `parse(print(g))` is g. Positions are printed when `positions` is set. Caller
 * frees with `free`. */
char *graph_print(const Graph *graph, bool positions);
/* XXH3 of that text without positions: equal for equal graphs, wherever their text came from. */
uint64_t graph_hash(const Graph *graph);
/* One node as in that text, without its place; `alone`: without number, operands and kernel too ("sum{axis=1} : f32[T,
 * 1]"). */
const char *node_print(const Graph *graph, const Node *node, bool alone, Arena *arena);
/* Does the text begin as a printed graph does? What a user hands over may be one in place of a graph file, or the other
 * way round. */
bool graph_text_begins(const char *text);
/* Reads such a text. NULL and diagnostics with line and caret on a mistake. The graph is verified. */
Graph *graph_read(const SourceFile *file, Diagnostics *diags);

typedef VEC(Graph *) GraphList;
/* Reads several such texts, one after the other; the list lies in the arena, and the caller frees what is in it, after
 * a mistake too. */
bool graph_read_all(const SourceFile *file, Arena *arena, GraphList *graphs, Diagnostics *diags);

/* Checks every rule of the IR: operand order, arity, types, indices with bounds, unique outputs, groups. NULL, or the
 * first broken constraint as a sentence in the graph's arena. */
const char *graph_verify(Graph *graph);
/* A rule of the IR by its number, from 1; NULL after the last. */
const char *graph_rule(int number);

#endif
