/* Schedule: from a grouped graph to the list of kernel launches, in order, with barriers.
 *
 * Kernels run in the order of the graph, each after what it needs; a kernel that nothing waits for (the gradient of a
 * weight) runs as soon as it can, so that what it reads need not be kept, and between the same two barriers as the next
 * one. Equal groups (after renaming operands, symbols and sites) share one kernel. */
#ifndef GRADC_PASSES_SCHEDULE_H
#define GRADC_PASSES_SCHEDULE_H

#include "graph/kernel.h"

/* Distinct kernels, shared by several schedules: training and evaluation of several tasks. */
typedef struct KernelSet {
    Arena *arena;
    VEC(Kernel *) kernels;
} KernelSet;

KernelSet *kernel_set_new(void);
void kernel_set_free(KernelSet *set);

/* The list borrows the graph and the set, which must outlive it. */
KernelList *schedule(const Graph *grouped, KernelSet *set);
void kernel_list_free(KernelList *list);

#endif
