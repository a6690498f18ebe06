/* What the steps of fusion share. Kernels are known by the id of their representative root (union-find). */
#ifndef GRADC_PASSES_FUSION_H
#define GRADC_PASSES_FUSION_H

#include "passes/remark.h"

typedef VEC(int) IntList;

typedef struct Fusion {
    const Graph *graph;
    Arena *arena;
    IntList *consumers; /* [node]: ids of the nodes that read it */
    bool *stored;       /* [node]: kept in memory: root of a kernel */
    KernelKind *kind;   /* [root]: of the kernel that the root stands for */
    IntList *users;     /* [node not stored]: the roots whose kernels compute it */
    int *parent;        /* [root]: union-find; kernel(root) follows it */
} Fusion;

bool fusion_is_leaf(const Node *node);
/* Stored, but by no kernel: a reshape is a view of its operand, if that has memory. */
bool fusion_is_view(const Node *node);
/* The last axis is reduced: the sum of a row. */
bool fusion_is_row_reduction(const Node *node);
/* The kernel that stores this node. */
int fusion_kernel(const Fusion *fusion, int root);
/* The kind of kernel that a node needs when it is computed alone. */
KernelKind fusion_kind_alone(const Node *node);

/* Does `consumer` read `node` at other places than its own, so that it must be in memory? */
bool fusion_reads_elsewhere(const Node *consumer, const Node *node);

/* How a stored value is read, if it is: as a row of the same number, as an element at the same index, or otherwise. */
typedef struct Access {
    bool reads, same_row, same_element;
} Access;
/* By `consumer` itself, through all operands that are `node`. */
Access fusion_access(const Node *consumer, const Node *node);

void fusion_choose_stored(Fusion *fusion);
void fusion_merge(Fusion *fusion, Remarks *remarks);
Graph *fusion_build(const Fusion *fusion);

#endif
