/* Joining kernels. Two become one when
 *   - one reads what the other stores, at the same place: rows of a map or row kernel, elements of a product (its
 *   epilogue);
 *   - both are column sums over the same rows and read the same matrix;
 *   - both are results of the same attention or of its gradient;
 * and no third kernel would have to run between them. */
#include <string.h>

#include "passes/fusion.h"

typedef struct Merger {
    Fusion *f;
    IntList *reads;   /* [root]: stored nodes that its cone reads; of a kernel, the list of its representative */
    IntList *members; /* [kernel]: its roots */
    int *seen;        /* [node]: stamp of the last search that came by */
    int stamp;
} Merger;

/* Is there a kernel that stores this node? */
static bool is_root(const Fusion *f, int id) { return f->stored[id] && !fusion_is_view(f->graph->nodes.items[id]); }

static const Node *node_at(const Merger *m, int id) { return m->f->graph->nodes.items[id]; }

/* Stored nodes read by the computation of `node` for `root`. */
static void collect_reads(Merger *m, const Node *node, IntList *reads) {
    for (int i = 0; i < node->n_inputs; i++) {
        const Node *input = node->inputs[i];
        if (fusion_is_leaf(input) || m->seen[input->id] == m->stamp) continue;
        m->seen[input->id] = m->stamp;
        if (m->f->stored[input->id] && !fusion_is_view(input))
            vec_push(m->f->arena, reads, input->id);
        else
            collect_reads(m, input, reads);
    }
}

/* Is there a way from kernel `from` to kernel `to` through at least one other kernel? Walks upwards from `to`; a
 * kernel's members have higher ids than what they read, so nothing below the first member of `from` matters. */
static bool climbs_to(Merger *m, int at, int from, bool direct_allowed) {
    for (int i = 0; i < m->members[at].count; i++) {
        const IntList *reads = &m->reads[m->members[at].items[i]];
        for (int j = 0; j < reads->count; j++) {
            int above = fusion_kernel(m->f, reads->items[j]);
            if (above == from && !direct_allowed) return true;
            if (above == from || above == at || m->seen[above] == m->stamp) continue;
            m->seen[above] = m->stamp;
            if (climbs_to(m, above, from, false)) return true;
        }
    }
    return false;
}

static bool has_detour(Merger *m, int from, int to) {
    m->stamp++;
    return climbs_to(m, to, from, true);
}

static bool depends(Merger *m, int from, int to) {
    m->stamp++;
    return climbs_to(m, to, from, false);
}

static void join(Merger *m, int a, int b, KernelKind kind) {
    m->f->parent[b] = a;
    m->f->kind[a] = kind;
    for (int i = 0; i < m->members[b].count; i++) vec_push(m->f->arena, &m->members[a], m->members[b].items[i]);
}

static const Access no_access = {false, true, true};

/* The access of a node through one of its operands, whose own access is `deeper`. */
static Access through_edge(const Node *node, const Node *input, Access deeper) {
    Access edge = fusion_access(node, input);
    return (Access){true, deeper.same_row && edge.same_row, deeper.same_element && edge.same_element};
}

static void widen(Access *all, Access one) {
    all->reads |= one.reads;
    all->same_row &= one.same_row;
    all->same_element &= one.same_element;
}

/* A part of the cone that was seen before is not walked again: it has been counted, or does not read `wanted`. Its
 * second way to the root may be another, so only parts that do not read `wanted` are marked. */
static Access access_through(Merger *m, const Node *node, int wanted) {
    Access all = no_access;
    for (int i = 0; i < node->n_inputs; i++) {
        const Node *input = node->inputs[i];
        if (fusion_is_leaf(input) || m->seen[input->id] == m->stamp) continue;
        if (input->id == wanted) {
            widen(&all, through_edge(node, input, no_access));
        } else if (!m->f->stored[input->id] || fusion_is_view(input)) {
            Access deeper = access_through(m, input, wanted);
            if (deeper.reads)
                widen(&all, through_edge(node, input, deeper));
            else
                m->seen[input->id] = m->stamp;
        }
    }
    return all;
}

/* Of a kernel: every member that reads a member of `producer`. */
static Access access_of(Merger *m, int consumer, int producer) {
    Access all = no_access;
    for (int i = 0; i < m->members[consumer].count; i++) {
        const Node *root = node_at(m, m->members[consumer].items[i]);
        for (int j = 0; j < m->members[producer].count; j++) {
            m->stamp++;
            widen(&all, access_through(m, root, m->members[producer].items[j]));
        }
    }
    return all;
}

static bool is_matrix(const Node *node) { return node->type.rank == 2; }

/* All members of both kernels are matrices with as many rows. */
static bool same_rows(const Merger *m, int a, int b) {
    const Node *first = node_at(m, m->members[a].items[0]);
    for (int k = 0; k < 2; k++) {
        const IntList *members = &m->members[k ? b : a];
        for (int i = 0; i < members->count; i++) {
            const Node *node = node_at(m, members->items[i]);
            if (!is_matrix(node) || !dim_equal(node->type.dims[0], first->type.dims[0])) return false;
        }
    }
    return true;
}

static bool same_shapes(const Merger *m, int a, int b) {
    const Node *first = node_at(m, m->members[a].items[0]);
    for (int i = 0; i < m->members[b].count; i++) {
        if (!type_same_shape(&node_at(m, m->members[b].items[i])->type, &first->type)) return false;
    }
    return true;
}

/* What a kernel and one that reads its result become together. */
static bool joint_kind(Merger *m, int producer, int consumer, KernelKind *kind) {
    KernelKind p = m->f->kind[producer], c = m->f->kind[consumer];
    bool shapes = same_shapes(m, producer, consumer);
    bool rows = (p == KERNEL_MAP || p == KERNEL_ROW) && (c == KERNEL_MAP || c == KERNEL_ROW) &&
                same_rows(m, producer, consumer);
    bool elements = (p == KERNEL_MAP || p == KERNEL_CONTRACT) && c == KERNEL_MAP && shapes;
    if (!rows && !elements) return false;
    Access access = access_of(m, consumer, producer);
    *kind = elements && access.same_element ? p : KERNEL_ROW;
    return elements && access.same_element ? true : rows && access.same_row;
}

static bool join_vertical(Merger *m, int producer, int consumer) {
    KernelKind kind;
    if (!joint_kind(m, producer, consumer, &kind) || has_detour(m, producer, consumer)) return false;
    join(m, producer, consumer, kind);
    return true;
}

/* Do two column kernels sum along the same axis over the same rows, with a matrix in common? */
static bool columns_match(const Merger *m, int a, int b) {
    const Node *x = node_at(m, a)->inputs[0], *y = node_at(m, b)->inputs[0];
    if (m->f->kind[a] != KERNEL_COLUMN || m->f->kind[b] != KERNEL_COLUMN || !type_same_shape(&x->type, &y->type))
        return false;
    if (node_at(m, a)->attrs.ints[0] != node_at(m, b)->attrs.ints[0]) return false;
    if (x == y) return true;
    for (int i = 0; i < m->reads[a].count; i++) {
        for (int j = 0; j < m->reads[b].count; j++) {
            bool common = m->reads[a].items[i] == m->reads[b].items[j];
            if (common && type_same_shape(&node_at(m, m->reads[a].items[i])->type, &x->type)) return true;
        }
    }
    return false;
}

/* Results of one attention, or of one gradient of it. */
static bool attention_matches(const Merger *m, int a, int b) {
    const Node *x = node_at(m, a), *y = node_at(m, b);
    if (x->op != y->op || op_kind(x->op) != KIND_ATTENTION || x->n_inputs != y->n_inputs) return false;
    if (memcmp(x->inputs, y->inputs, (size_t)x->n_inputs * sizeof *x->inputs) != 0) return false;
    bool same_text = strcmp(x->attrs.text, y->attrs.text) == 0;
    return same_text && x->attrs.ints[0] == y->attrs.ints[0] && x->attrs.number == y->attrs.number &&
           x->attrs.scale == y->attrs.scale;
}

/* The kernels that root `id` could join, nearest first, until one takes it. */
static void join_producers(Merger *m, int id) {
    for (int i = m->reads[id].count - 1; i >= 0; i--) {
        int producer = fusion_kernel(m->f, m->reads[id].items[i]), consumer = fusion_kernel(m->f, id);
        if (producer != consumer) join_vertical(m, producer, consumer);
    }
}

static void join_siblings(Merger *m, const IntList *roots, int index) {
    int id = roots->items[index];
    for (int i = 0; i < index; i++) {
        int other = roots->items[i];
        if (!columns_match(m, other, id) && !attention_matches(m, other, id)) continue;
        int a = fusion_kernel(m->f, other), b = fusion_kernel(m->f, id);
        if (a == b || depends(m, a, b) || depends(m, b, a)) continue;
        join(m, a, b, m->f->kind[a]);
    }
}

/* Roots with kernels that can have siblings, in order. */
static IntList sibling_candidates(const Merger *m) {
    IntList roots = {0};
    for (int i = 0; i < m->f->graph->nodes.count; i++) {
        KernelKind kind = m->f->kind[i];
        bool fits = kind == KERNEL_COLUMN || op_kind(m->f->graph->nodes.items[i]->op) == KIND_ATTENTION;
        if (m->f->stored[i] && fits) vec_push(m->f->arena, &roots, i);
    }
    return roots;
}

/* --- Remarks ------------------------------------------------------------------------------------------------------ */

/* Why no value is handed on between these kinds of kernels but through memory; NULL: it may be. */
static const char *why_kinds_differ(KernelKind producer, KernelKind consumer) {
    if (producer == KERNEL_COLUMN) return "needs the sum over all rows";
    if (producer == KERNEL_SCATTER) return "needs the whole table";
    if (producer != KERNEL_MAP && producer != KERNEL_ROW && producer != KERNEL_CONTRACT)
        return "comes after attention, which takes nothing in";
    if (consumer == KERNEL_COLUMN) return "is part of a sum over rows, which goes down columns";
    if (consumer == KERNEL_CONTRACT) return "is part of another product's tiles";
    if (consumer != KERNEL_MAP && consumer != KERNEL_ROW) return "is part of a kernel that takes nothing in";
    return NULL;
}

/* Why a kernel that computes `consumer` is not the one that stores `node`. */
static const char *why_apart(Merger *m, const Node *node, const Node *consumer, int to) {
    int from = fusion_kernel(m->f, node->id);
    KernelKind p = m->f->kind[from], c = m->f->kind[to];
    if (fusion_reads_elsewhere(consumer, node)) return "reads it at other places than its own";
    if (why_kinds_differ(p, c)) return why_kinds_differ(p, c);
    if (!same_rows(m, from, to) && !same_shapes(m, from, to)) return "runs over other rows";
    if (p == KERNEL_CONTRACT && c == KERNEL_ROW) return "needs whole rows of it, which come in tiles";
    Access access = access_of(m, to, from);
    if (!access.same_row) return "needs more rows of it than its own";
    if (has_detour(m, from, to)) return "also waits for a third kernel, which reads it";
    return "works on other elements of it";
}

/* The first kernel other than that of `node` in which `consumer` is computed; -1: none. */
static int other_kernel(const Merger *m, const Node *node, const Node *consumer) {
    int own = fusion_kernel(m->f, node->id);
    if (m->f->stored[consumer->id]) {
        int kernel = fusion_kernel(m->f, consumer->id);
        return kernel == own ? -1 : kernel;
    }
    for (int i = 0; i < m->f->users[consumer->id].count; i++) {
        int kernel = fusion_kernel(m->f, m->f->users[consumer->id].items[i]);
        if (kernel != own) return kernel;
    }
    return -1;
}

/* One line for a stored value that another kernel reads: the first such reader. What is seen through a view is the
 * view's reader. */
static bool remark_reader(Merger *m, const Node *node, const Node *at, Remarks *remarks) {
    const IntList *consumers = &m->f->consumers[at->id];
    for (int i = 0; i < consumers->count; i++) {
        const Node *consumer = node_at(m, consumers->items[i]);
        if (fusion_is_view(consumer)) {
            if (remark_reader(m, node, consumer, remarks)) return true;
            continue;
        }
        int kernel = other_kernel(m, node, consumer);
        if (kernel < 0) continue;
        const char *line = consumer->pos.file ? arena_printf(m->f->arena, " in line %u", consumer->pos.line) : "";
        remark(remarks, node, "%s is kept in memory: %s%s %s", op_name(node->op), op_name(consumer->op), line,
               why_apart(m, node, consumer, kernel));
        return true;
    }
    return false;
}

void fusion_merge(Fusion *fusion, Remarks *remarks) {
    int n = fusion->graph->nodes.count;
    Merger m = {.f = fusion};
    m.reads = arena_array(fusion->arena, (size_t)n + 1, sizeof *m.reads);
    m.members = arena_array(fusion->arena, (size_t)n + 1, sizeof *m.members);
    m.seen = arena_array(fusion->arena, (size_t)n + 1, sizeof *m.seen);
    for (int i = 0; i < n; i++) {
        if (!is_root(fusion, i)) continue;
        m.stamp++;
        collect_reads(&m, node_at(&m, i), &m.reads[i]);
        vec_push(fusion->arena, &m.members[i], i);
    }
    IntList siblings = sibling_candidates(&m);
    for (int i = 0; i < siblings.count; i++) join_siblings(&m, &siblings, i);
    for (int i = 0; i < n; i++) {
        if (is_root(fusion, i)) join_producers(&m, i);
    }
    for (int i = 0; remarks && i < n; i++) {
        if (is_root(fusion, i)) remark_reader(&m, node_at(&m, i), node_at(&m, i), remarks);
    }
}
