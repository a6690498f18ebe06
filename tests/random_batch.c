/* Batches of random graphs: lengths of sequences, and the values of leaves that follow from them.
 * The symbols of a random graph are x.T and S, in this order. */
#include <string.h>

#include "tests/random_maker.h"

typedef struct Batch {
    int64_t lengths[MAX_SEQUENCES];
    int64_t sequences, tokens;
    uint64_t state;
} Batch;

static void set_lengths(Batch *b, BatchShape shape) {
    int count = 1 + random_below(&b->state, MAX_SEQUENCES), same = 1 + random_below(&b->state, 9);
    b->sequences = shape == BATCH_SINGLE ? 1 : shape == BATCH_EMPTY ? 0 : count;
    for (int s = 0; s < b->sequences; s++) {
        int most = shape == BATCH_LONG && s % 2 == 0 ? LONGEST : MAX_LENGTH;
        b->lengths[s] = shape == BATCH_ONES ? 1 : 1 + random_below(&b->state, most);
        if (shape == BATCH_EQUAL) b->lengths[s] = same;
    }
}

static Batch choose_lengths(uint64_t seed, BatchShape shape, int least_tokens) {
    Batch b = {.state = seed};
    if (shape == BATCH_EMPTY && least_tokens > 0) shape = BATCH_SHORT;
    set_lengths(&b, shape);
    for (int s = 0; s < b.sequences; s++) b.tokens += b.lengths[s];
    if (b.sequences && b.tokens < least_tokens) {
        b.lengths[0] += least_tokens - b.tokens;
        b.tokens = least_tokens;
    }
    return b;
}

static void fill_bounds(const Batch *b, double *values) {
    for (int64_t s = 0; s < b->sequences; s++) values[s + 1] = values[s] + (double)b->lengths[s];
}

static void fill_first(const Batch *b, double *values) {
    for (int64_t s = 0; s + 1 < b->sequences; s++) values[s + 1] = values[s] + (double)b->lengths[s];
}

/* For each token its sequence, and its position where there are two columns. */
static void fill_tokens(const Batch *b, double *values, int columns) {
    for (int64_t s = 0; s < b->sequences; s++) {
        for (int64_t i = 0; i < b->lengths[s]; i++, values += columns) {
            values[0] = (double)s;
            if (columns == 2) values[1] = (double)i;
        }
    }
}

static void fill(Batch *b, const RandomLeaf *leaf, double *values, int64_t count) {
    switch (leaf->kind) {
    case LEAF_REAL:
        for (int64_t i = 0; i < count; i++) values[i] = random_between(&b->state, -1, 1);
        return;
    case LEAF_BELOW:
        for (int64_t i = 0; i < count; i++) values[i] = random_below(&b->state, (int)leaf->type.bound.offset);
        return;
    case LEAF_BOUNDS: fill_bounds(b, values); return;
    case LEAF_FIRST: fill_first(b, values); return;
    case LEAF_SEQUENCE: fill_tokens(b, values, 1); return;
    case LEAF_COORDS: fill_tokens(b, values, 2); return;
    case LEAF_COUNTING:
        for (int64_t i = 0; i < count; i++) values[i] = (double)i;
        return;
    case LEAF_ROWS:
        for (int64_t i = 0; i < count; i += 2) values[i] = (double)i / 2;
        return;
    case LEAF_KEY: values[0] = random_below(&b->state, 1000), values[1] = 3; return;
    }
}

void random_graph_batch(RandomGraph *random, uint64_t seed, BatchShape shape) {
    Batch b = choose_lengths(seed, shape, random->least_tokens);
    random->extents[0] = b.tokens;
    random->extents[1] = b.sequences;
    random->bindings = arena_array(random->arena, (size_t)random->n_bindings + 1, sizeof *random->bindings);
    for (int i = 0; i < random->n_bindings; i++) {
        const RandomLeaf *leaf = &random->leaves[i];
        int64_t count = type_count(&leaf->type, random->extents);
        double *values = arena_array(random->arena, (size_t)count + 1, sizeof *values);
        fill(&b, leaf, values, count);
        random->bindings[i] = (Binding){leaf->name, values};
    }
}

double *random_graph_values(const RandomGraph *random, const char *name, int64_t *count) {
    *count = 0; /* a parameter that the loss does not need is not in the graph */
    for (int i = 0; i < random->graph->nodes.count; i++) {
        const Node *node = random->graph->nodes.items[i];
        bool leaf = node->op == OP_input || node->op == OP_param;
        if (leaf && strcmp(node->attrs.text, name) == 0) *count = type_count(&node->type, random->extents);
    }
    for (int i = 0; i < random->n_bindings; i++) {
        if (strcmp(random->bindings[i].name, name) == 0) return (double *)random->bindings[i].values;
    }
    return NULL;
}
