/* Maker: a random graph under construction. For random_*.c and row_examples.c. */
#ifndef GRADC_TESTS_RANDOM_MAKER_H
#define GRADC_TESTS_RANDOM_MAKER_H

#include "tests/random_graph.h"

enum { WIDTH = 6, HEADS = 2, CLASSES = 5, VOCAB = 7 };
enum { MAX_SEQUENCES = 4, MAX_LENGTH = 5, LONGEST = 75 };

typedef struct Maker {
    RandomGraph *random;
    Graph *graph;
    Arena *arena;
    uint64_t state;
    unsigned features;
    VEC(Node *) pool; /* of f32 */
    VEC(RandomLeaf) leaves;
    VEC(const char *) params;
    Dim tokens, sequences;
    int sites;
} Maker;

/* A graph without nodes over the symbols x.T and S; made a random graph once it has outputs, or
 * dropped. Either ends the maker. */
Maker *maker_new(uint64_t seed, unsigned features);
RandomGraph *maker_finish(Maker *m);
void maker_drop(Maker *m);

/* Leaves, each made once a name. */
Node *maker_leaf(Maker *m, Op op, const char *name, Type type, LeafKind kind);
Node *maker_param(Maker *m, Type type); /* new, or one that is there already: shared */
Node *maker_index(Maker *m, const char *name, Dim count, Dim bound, LeafKind kind);
Node *maker_bounds(Maker *m);
Node *maker_key(Maker *m);
/* Row and position of each row of a matrix with T or S rows; NULL: other rows. */
Node *maker_coords(Maker *m, Dim rows);

/* Operands from the pool. */
bool chance(Maker *m, int percent);
Node *pick(Maker *m);
Node *pick_rank(Maker *m, int rank);
Node *pick_like(Maker *m, const Node *x); /* spread to x's shape */

/* Nodes. */
Type matrix(ElemType elem, Dim rows, Dim columns);
Node *constant_like(Maker *m, const Node *x, double value);
Node *op1(Maker *m, Op op, Node *a);
Node *op2(Maker *m, Op op, Node *a, Node *b);
Node *make(Maker *m, NodeSpec spec);
Node *reduce(Maker *m, Op op, Node *x, int axis);
Node *product(Maker *m, Node *a, Node *b, bool ta, bool tb);
Node *choose(Maker *m, Node *condition, Node *yes, Node *no);
Node *cast_to(Maker *m, Node *x, ElemType to);
Node *tame(Maker *m, Node *x);     /* keeps values small */
Node *positive(Maker *m, Node *x); /* at least 0.7 */

/* random_steps.c: a node for the pool by a step drawn at random, or NULL when it does not apply. */
Node *random_step(Maker *m);
/* random_model_steps.c: what models do with rows and sequences. */
Node *step_gather(Maker *m);
Node *step_pool(Maker *m);
Node *step_dropout(Maker *m);
Node *step_attention(Maker *m);
Node *step_layer_norm(Maker *m);
Node *step_classify(Maker *m);

#endif
