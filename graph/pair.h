/* Pairs: the open values of attention, which are computed for one query and one key of its sequence within attention.
 *
 * An open value is a scalar node made of leaves `pair`, of constants, of elements of tables (`lookup`) and of the rows
 * of query and key (`cell`) by elementwise operators, part of the graph as any other node; what reads it from outside
 * is an operand of attention: where the keys that a query sees begin and end, the score made of the product of query
 * and key, its derivatives. */
#ifndef GRADC_GRAPH_PAIR_H
#define GRADC_GRAPH_PAIR_H

#include "graph/graph.h"

/* Operands of attention, attention_grad and attention_second, in the order of ops.def, up to where they part. */
enum {
    ATTENTION_Q,
    ATTENTION_K,
    ATTENTION_V,
    ATTENTION_Q_BOUNDS,
    ATTENTION_KV_BOUNDS,
    ATTENTION_KEY,
    ATTENTION_COORDS,
    ATTENTION_FIRST,
    ATTENTION_END,
    ATTENTION_SCORE,
    ATTENTION_OPERANDS, /* of attention */
    ATTENTION_SLOPE = ATTENTION_OPERANDS,
    ATTENTION_CURVATURE /* of attention_second */
};

/* How many operands come before `out`, which attention_grad and attention_second are given. Behind it come lse, the
 * cotangent of out, and those of dq, dk and dv. Operands from ATTENTION_FIRST up to here are open values. */
int attention_out_operand(Op op);

/* Behind all other operands there may be two that cells of the score read, the rows of queries [Q, heads * B] and of
 * keys [K, heads * B]. The number of the first; -1: there are none. */
int attention_rows_operand(Op op, Node *const *inputs, int n);
int attention_rows(const Node *attention); /* the same of a node */

/* Reads of the score, lookups and cells, of which attention_grad is given those that get a cotangent, each with its
 * derivative, behind the operands that there always are. */
enum { ATTENTION_GRAD_OPERANDS = ATTENTION_SLOPE + 4, READ_RESULTS = 3, MAX_READS = 8 };
int attention_reads(Op op, Node *const *inputs, int n); /* how many */
const Node *attention_read(const Node *grad, int read);
int attention_read_slope(int read); /* the operand */

typedef enum PairLeaf { PAIR_SCORE, PAIR_QUERY, PAIR_KEY, PAIR_HEAD, PAIR_LEAVES } PairLeaf;

/* The leaf that a node of the operator `pair` is; PAIR_LEAVES: its name is none. */
PairLeaf pair_leaf(const char *name);
const char *pair_leaf_name(PairLeaf leaf);
ElemType pair_leaf_type(PairLeaf leaf);
Node *pair_node(Graph *graph, PairLeaf leaf, const Node *pos_of);
const char *pair_leaf_names(void); /* for messages */

/* What cells read, in the order of the operands. */
typedef enum CellSide { CELL_QUERY, CELL_KEY, CELL_SIDES } CellSide;
CellSide cell_side(const Node *cell);
/* Does the open node read an element: is it a lookup or a cell? */
bool pair_is_read(const Node *node);

/* Of attention: all keys are seen from position 0 on, or up to any. */
bool pair_is_start(const Node *first);
bool pair_is_rest(const Node *end);
/* Is the score the product itself? */
bool pair_is_product(const Node *score);
/* The operands first, end and score of plain attention: [0, all), the product. */
void pair_plain(Graph *graph, Node *operands[3], const Node *pos_of);

/* A text's score, and each end of its keys, may take so many; what derivatives make of them for one node, which share
 * what they can, is some times as much. */
enum { MAX_SCORE_NODES = 256, MAX_PAIR_NODES = 8192 };

/* What it takes to compute some open values: open nodes and constants, operands first; tables are none of it. */
typedef struct PairCone {
    const Node *nodes[MAX_PAIR_NODES];
    int operands[MAX_PAIR_NODES][3]; /* of each node: their places in `nodes`; -1: a table */
    int count;
    double *const *tables; /* [node id]: row-major elements, for pair_evaluate; NULL where nothing is looked up */
} PairCone;

/* An empty cone without tables. Its places are left as they are: they are many, and a graph asks for cones often. */
static inline void pair_cone_begin(PairCone *cone) {
    cone->count = 0;
    cone->tables = NULL;
}

/* Adds what `root` needs. False: more than MAX_PAIR_NODES, or something that is no open value; `bad` (NULL: nobody
 * asks) is that node, or NULL. */
bool pair_cone_add(PairCone *cone, const Node *root, const Node **bad);

/* A pair: its leaves, and what cells read, the head's columns of the rows of query and key. */
typedef struct PairPoint {
    double leaves[PAIR_LEAVES];
    const double *cells[CELL_SIDES]; /* [columns] */
    int64_t columns[CELL_SIDES];
} PairPoint;

/* The values of a cone's nodes for one pair: [count], in double precision. */
void pair_evaluate(const PairCone *cone, const PairPoint *point, double *values);
/* The value of one of its nodes. */
double pair_value(const PairCone *cone, const double *values, const Node *node);

/* Where a read finds its element: in the table of a lookup, in the `columns` of a cell. */
int64_t pair_place(const PairCone *cone, const PairPoint *point, const double *values, const Node *read);

/* The keys that a query sees: [first, end) of `keys`, 0 <= first; empty where first >= end. The operands first and end
 * of `attention` came into `cone` before all others. */
typedef struct PairRange {
    int64_t first, end;
} PairRange;
PairRange pair_range(const Node *attention, const PairCone *cone, int64_t position, int64_t head, int64_t keys);

#endif
