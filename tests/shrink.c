/* Shrinking. A candidate is a copy of the RandomGraph with another graph, batch or values. */
#include "tests/shrink.h"

#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "graph/rewrite.h"

enum { TEXT = 400, SECONDS = 60 };

const char *failure_apart(RandomGraph *random, Failure *failure, Arena *arena) {
    int ends[2], status = 0;
    if (pipe(ends) != 0) return NULL;
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        alarm(SECONDS);
        const char *text = failure(random);
        size_t size = text ? strlen(text) : 0;
        bool reported = size == 0 || write(ends[1], text, size < TEXT ? size : TEXT) > 0;
        _exit(reported && size == 0 ? 0 : 1);
    }
    close(ends[1]);
    char text[TEXT + 1];
    ssize_t size = read(ends[0], text, TEXT);
    close(ends[0]);
    waitpid(child, &status, 0);
    if (size > 0) return arena_strndup(arena, text, (size_t)size);
    if (WIFSIGNALED(status)) return arena_printf(arena, "crash: %s", strsignal(WTERMSIG(status)));
    return NULL;
}

typedef struct Shrinker {
    RandomGraph *random;
    Failure *failure;
    const char *way; /* what fails, with what comes after the first ':' */
} Shrinker;

static bool same_way(const char *a, const char *b) {
    size_t n = strcspn(a, ":");
    return n == strcspn(b, ":") && strncmp(a, b, n) == 0;
}

/* Keeps the candidate when it fails the same way. */
static bool try_candidate(Shrinker *s, RandomGraph candidate) {
    if (!candidate.graph || graph_verify(candidate.graph)) return false;
    const char *text = failure_apart(&candidate, s->failure, s->random->arena);
    if (!text || !same_way(text, s->way)) return false;
    *s->random = candidate;
    s->way = text;
    return true;
}

/* --- The graph --- */

typedef enum Cut { CUT_INPUT, CUT_ZERO, CUT_ONE, CUT_OPERAND } Cut; /* CUT_OPERAND + i: operand i */

static Node *constant(Graph *graph, const Type *type, double value) {
    Node *scalar = graph_const(graph, type->elem, value, NULL);
    return graph_broadcast(graph, scalar, type, NULL);
}

/* One node is cut; `failed`: that does not apply, or what it leaves breaks a rule. */
typedef struct NodeCut {
    int at, cut;
    const char *name;
    bool failed;
} NodeCut;

/* What stands for the node that is cut; NULL: the cut does not apply. */
static Node *cut_node(const NodeCut *c, Graph *to, const Node *node, Node *const *inputs) {
    bool number = node->type.bound.scale == 0 && node->type.bound.offset == 0;
    if (c->cut == CUT_INPUT)
        return node->n_inputs && node->type.elem == ELEM_F32 ? graph_leaf(to, OP_input, c->name, node->type) : NULL;
    if (c->cut == CUT_ZERO || c->cut == CUT_ONE)
        return number && node->op != OP_const ? constant(to, &node->type, c->cut == CUT_ONE) : NULL;
    int operand = c->cut - CUT_OPERAND;
    if (operand >= node->n_inputs) return NULL;
    Node *input = inputs[operand];
    if (type_equal(&input->type, &node->type)) return input;
    NodeSpec spec = {.op = OP_reshape, .n_inputs = 1, .inputs = &input, .type = node->type};
    Type type;
    return input->type.elem == node->type.elem && !infer_type(to, &spec, &type) ? graph_node(to, &spec) : NULL;
}

/* After a failure anything will do. */
static Node *copy_or_cut(void *user, Graph *to, const Node *node, Node *const *inputs) {
    NodeCut *c = user;
    NodeSpec spec = {
        .op = node->op, .n_inputs = node->n_inputs, .inputs = inputs, .attrs = node->attrs, .type = node->type};
    Type type;
    Node *copy = NULL;
    if (!c->failed && node->id == c->at)
        copy = cut_node(c, to, node, inputs);
    else if (!c->failed)
        copy = infer_type(to, &spec, &type) ? NULL : graph_node(to, &spec);
    c->failed = c->failed || !copy;
    return copy ? copy : constant(to, &node->type, 0);
}

/* The graph with node `at` cut. NULL when it then breaks a rule. */
static Graph *cut_graph(const Graph *graph, int at, int cut, const char *name) {
    NodeCut node = {at, cut, name, false};
    Graph *result = graph_rewrite(graph, copy_or_cut, &node);
    if (!node.failed) return result;
    graph_free(result);
    return NULL;
}

/* An input in place of node `at` has the values that the node had. */
static RandomGraph with_input(const RandomGraph *from, int at, const char *name) {
    RandomGraph copy = *from;
    const Node *node = from->graph->nodes.items[at];
    Interpretation *run = interpret(from->graph, from->extents, from->bindings, from->n_bindings);
    int64_t count = type_count(&node->type, from->extents);
    double *values = arena_array(from->arena, (size_t)count + 1, sizeof *values);
    for (int64_t i = 0; run->values[at] && i < count; i++) values[i] = (double)(float)run->values[at][i];
    interpretation_free(run);
    size_t n = (size_t)from->n_bindings;
    copy.bindings = arena_array(from->arena, n + 1, sizeof *copy.bindings);
    RandomLeaf *leaves = arena_array(from->arena, n + 1, sizeof *leaves);
    memcpy(copy.bindings, from->bindings, n * sizeof *copy.bindings);
    memcpy(leaves, from->leaves, n * sizeof *leaves);
    copy.bindings[n] = (Binding){name, values};
    leaves[n] = (RandomLeaf){name, node->type, LEAF_REAL};
    copy.leaves = leaves;
    copy.n_bindings++;
    return copy;
}

static bool shrink_nodes(Shrinker *s) {
    bool any = false;
    for (int at = s->random->graph->nodes.count - 1; at >= 0; at--) {
        for (int cut = 0; cut < CUT_OPERAND + 3 && at < s->random->graph->nodes.count; cut++) {
            const char *name = arena_printf(s->random->arena, "cut%d", s->random->n_bindings);
            Graph *graph = cut_graph(s->random->graph, at, cut, name);
            if (!graph || graph->nodes.count >= s->random->graph->nodes.count) continue;
            RandomGraph candidate = cut == CUT_INPUT ? with_input(s->random, at, name) : *s->random;
            candidate.graph = graph;
            if (try_candidate(s, candidate)) any = true, cut = CUT_OPERAND + 3;
        }
    }
    return any;
}

static bool shrink_outputs(Shrinker *s) {
    bool any = false;
    for (int i = s->random->graph->outputs.count - 1; i >= 0; i--) {
        Graph *graph = graph_canonical(s->random->graph);
        for (int j = i; j + 1 < graph->outputs.count; j++) graph->outputs.items[j] = graph->outputs.items[j + 1];
        graph->outputs.count--;
        RandomGraph candidate = *s->random;
        candidate.graph = graph_canonical(graph);
        if (!graph_output_of(graph, loss_role)) candidate.n_params = 0;
        if (graph->outputs.count && try_candidate(s, candidate)) any = true;
    }
    return any;
}

static bool shrink_params(Shrinker *s) {
    bool any = false;
    for (int i = s->random->n_params - 1; i >= 0; i--) {
        RandomGraph candidate = *s->random;
        size_t n_params = (size_t)candidate.n_params;
        const char **params = arena_array(candidate.arena, n_params, sizeof *params);
        for (int j = 0, n = 0; j < candidate.n_params; j++) {
            if (j != i) params[n++] = candidate.params[j];
        }
        candidate.params = params;
        candidate.n_params--;
        if (try_candidate(s, candidate)) any = true;
    }
    return any;
}

/* --- The batch and the values --- */

static bool shrink_batch(Shrinker *s) {
    static const BatchShape shapes[] = {BATCH_ONES, BATCH_SINGLE, BATCH_SHORT, BATCH_EQUAL};
    for (uint64_t seed = 0; s->random->leaves && seed < 24; seed++) {
        RandomGraph candidate = *s->random;
        random_graph_batch(&candidate, seed, shapes[seed % 4]);
        bool smaller = candidate.extents[0] < s->random->extents[0];
        if (smaller && try_candidate(s, candidate)) return true;
    }
    return false;
}

static double simpler(double value, int way) {
    return way == 0 ? 1 : way == 1 ? (value < 0 ? -1 : 1) : round(value * 4) / 4;
}

static bool shrink_values(Shrinker *s) {
    bool any = false;
    for (int i = 0; s->random->leaves && i < s->random->n_bindings; i++) {
        const RandomLeaf *leaf = &s->random->leaves[i];
        int64_t count = type_count(&leaf->type, s->random->extents);
        for (int way = 0; leaf->kind == LEAF_REAL && way < 3; way++) {
            RandomGraph candidate = *s->random;
            size_t n = (size_t)candidate.n_bindings;
            candidate.bindings = arena_array(candidate.arena, n, sizeof *candidate.bindings);
            memcpy(candidate.bindings, s->random->bindings, n * sizeof *candidate.bindings);
            double *values = arena_array(candidate.arena, (size_t)count + 1, sizeof *values);
            bool other = false;
            for (int64_t j = 0; j < count; j++) {
                values[j] = simpler(s->random->bindings[i].values[j], way);
                other |= values[j] != s->random->bindings[i].values[j];
            }
            candidate.bindings[i].values = values;
            if (!other) break;
            if (try_candidate(s, candidate)) any = true, way = 3;
        }
    }
    return any;
}

const char *shrink(RandomGraph *random, Failure *failure) {
    Shrinker s = {random, failure, failure_apart(random, failure, random->arena)};
    if (!s.way) return NULL;
    for (bool more = true; more;) {
        more = shrink_outputs(&s);
        more |= shrink_params(&s);
        more |= shrink_nodes(&s);
        more |= shrink_batch(&s);
    }
    shrink_values(&s);
    return s.way;
}
