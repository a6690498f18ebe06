/* Graphviz. Clusters nest in one way only (a repeat holds kernels), so a kernel that reaches beyond a repeat has a
 * cluster on both sides. */
#include "graph/dot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/count_text.h"
#include "graph/base/memory.h"
#include "graph/roll.h"

typedef struct Drawing {
    FILE *out;
    const Graph *graph;
    Arena *arena;
    Repeats repeats; /* of nodes: start is the first node's id */
    int *repeat;     /* [node]: its repeat + 1, 0: none */
    int *turn;       /* [node] */
    int *shown;      /* [node]: the node that stands for it: its like in the first turn */
} Drawing;

/* Repeats among the lines of nodes; kernels and outputs repeat as well, but are not drawn by themselves. */
static void find_node_repeats(Drawing *d) {
    char *text = graph_print(d->graph, false);
    Repeats lines = find_repeats(text, d->arena);
    int first = 0; /* line of %0 */
    for (const char *at = text; *at && *at != '%'; at += strcspn(at, "\n") + 1) first++;
    for (int i = 0; i < lines.count; i++) {
        Repeat r = lines.items[i];
        r.start -= first;
        if (r.start < 0 || r.start + r.period * r.times > d->graph->nodes.count) continue;
        vec_push(d->arena, &d->repeats, r);
    }
    free(text);
}

static void place_nodes(Drawing *d) {
    size_t n = (size_t)d->graph->nodes.count + 1;
    d->repeat = arena_array(d->arena, n, sizeof *d->repeat);
    d->turn = arena_array(d->arena, n, sizeof *d->turn);
    d->shown = arena_array(d->arena, n, sizeof *d->shown);
    for (int i = 0; i < d->graph->nodes.count; i++) d->shown[i] = i;
    for (int i = 0; i < d->repeats.count; i++) {
        Repeat r = d->repeats.items[i];
        for (int j = 0; j < r.period * r.times; j++) {
            d->repeat[r.start + j] = i + 1;
            d->turn[r.start + j] = j / r.period;
            d->shown[r.start + j] = r.start + j % r.period;
        }
    }
}

/* Text within a quoted label. */
static void put_text(const Drawing *d, const char *text) {
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') fputc('\\', d->out);
        fputc((unsigned char)*text < 0x20 ? ' ' : *text, d->out);
    }
}

static void put_number(const Drawing *d, const Node *node) {
    if (op_kind(node->op) == KIND_REDUCE) fprintf(d->out, " axis %d", (int)node->attrs.ints[0]);
    if (node->op == OP_matmul && node->attrs.ints[0]) fputs(" a'", d->out);
    if (node->op == OP_matmul && node->attrs.ints[1]) fputs(" b'", d->out);
}

/* A box: the operator and what it is called, its type, its line. */
static void put_node(const Drawing *d, const Node *node, const char *indent) {
    bool is_leaf = op_kind(node->op) == KIND_LEAF;
    fprintf(d->out, "%sn%d [label=\"", indent, node->id);
    if (is_leaf && node->attrs.text)
        put_text(d, node->attrs.text);
    else
        fputs(op_name(node->op), d->out);
    put_number(d, node);
    fputs("\\n", d->out);
    put_text(d, type_print(d->arena, &node->type, &d->graph->symbols));
    if (node->pos.line) fprintf(d->out, "\\nline %u", node->pos.line);
    fputs(is_leaf ? "\", style=rounded];\n" : "\"];\n", d->out);
}

/* A constant is drawn beside each use: one box for all would tie the picture together with lines that say nothing. */
static bool is_drawn(const Drawing *d, int node, int repeat) {
    return d->shown[node] == node && d->repeat[node] == repeat && d->graph->nodes.items[node]->op != OP_const;
}

/* The nodes of one region: of a repeat's first turn, or of repeat 0, all that repeat in none. Kernels in clusters. */
static void put_region(const Drawing *d, int repeat, const char *indent) {
    const Graph *graph = d->graph;
    VEC(int) groups = {0};
    bool *known = arena_array(d->arena, (size_t)graph->groups.count + 1, sizeof *known);
    for (int i = 0; i < graph->nodes.count; i++) {
        int group = graph->nodes.items[i]->group;
        if (!is_drawn(d, i, repeat)) continue;
        if (!group) put_node(d, graph->nodes.items[i], indent);
        if (group && !known[group]) vec_push(d->arena, &groups, group);
        known[group] = true;
    }
    for (int k = 0; k < groups.count; k++) {
        const Group *group = &graph->groups.items[groups.items[k]];
        fprintf(d->out, "%ssubgraph cluster_kernel_%d_%d {\n%s  label=\"%s ", indent, repeat, groups.items[k], indent,
                kernel_kind_name(group->kind));
        put_text(d, group->name);
        fputs("\"; style=filled; fillcolor=gray95;\n", d->out);
        for (int i = 0; i < graph->nodes.count; i++) {
            const Node *node = graph->nodes.items[i];
            if (node->group == groups.items[k] && is_drawn(d, i, repeat))
                put_node(d, node, arena_printf(d->arena, "%s  ", indent));
        }
        fprintf(d->out, "%s}\n", indent);
    }
}

/* Edges into what is drawn: an operand in an earlier turn of the same repeat loops back. From a repeat to what follows,
 * the last turn counts. */
static void put_edges(const Drawing *d, const Node *node) {
    for (int j = 0; j < node->n_inputs; j++) {
        int from = node->inputs[j]->id, to = d->shown[node->id];
        if (node->inputs[j]->op == OP_const) {
            fprintf(d->out, "  c%d_%d [label=\"%.6g\", shape=plaintext];\n  c%d_%d -> n%d;\n", to, j,
                    node->inputs[j]->attrs.number, to, j, to);
            continue;
        }
        bool same_repeat = d->repeat[from] && d->repeat[from] == d->repeat[node->id];
        bool loops = same_repeat && d->turn[from] != d->turn[node->id];
        fprintf(d->out, "  n%d -> n%d%s;\n", d->shown[from], to, loops ? " [style=dashed, constraint=false]" : "");
    }
}

/* The first turn may begin with what came before the repeat; the second shows how turns hang together. */
static void put_all_edges(const Drawing *d) {
    for (int i = 0; i < d->graph->nodes.count; i++) {
        const Node *node = d->graph->nodes.items[i];
        if (d->turn[i] == 0) put_edges(d, node);
        for (int j = 0; d->turn[i] == 1 && j < node->n_inputs; j++) {
            int from = node->inputs[j]->id;
            if (d->repeat[from] != d->repeat[i] || d->turn[from] != 0 || node->inputs[j]->op == OP_const) continue;
            fprintf(d->out, "  n%d -> n%d [style=dashed, constraint=false];\n", from, d->shown[i]);
        }
    }
}

/* Outputs that a repeat gives turn by turn are drawn once, as it is. */
static void put_outputs(const Drawing *d) {
    bool *known = arena_array(d->arena, (size_t)d->graph->nodes.count + 1, sizeof *known);
    for (int i = 0; i < d->graph->outputs.count; i++) {
        const Output *output = &d->graph->outputs.items[i];
        int node = d->shown[output->node->id];
        bool in_turns = d->repeat[node] && known[node];
        known[node] = true;
        if (output->node->op == OP_const || in_turns) continue;
        fprintf(d->out, "  output%d [label=\"", i);
        put_text(d, output->name);
        fprintf(d->out, "\", style=bold];\n  n%d -> output%d;\n", node, i);
    }
}

char *graph_dot(const Graph *graph, bool rolled) {
    char *text = NULL;
    size_t size = 0;
    Drawing d = {.graph = graph, .out = memory_stream(&text, &size), .arena = arena_new()};
    if (rolled) find_node_repeats(&d);
    place_nodes(&d);
    fputs("digraph \"", d.out);
    put_text(&d, graph->name);
    fputs("\" {\n  node [shape=box, fontname=monospace];\n", d.out);
    put_region(&d, 0, "  ");
    for (int i = 0; i < d.repeats.count; i++) {
        fprintf(d.out, "  subgraph cluster_repeat_%d {\n    label=\"%s\"; style=dashed;\n", i + 1,
                count_text(d.repeats.items[i].times, "time").text);
        put_region(&d, i + 1, "    ");
        fputs("  }\n", d.out);
    }
    put_all_edges(&d);
    put_outputs(&d);
    fputs("}\n", d.out);
    arena_free(d.arena);
    memory_stream_end(d.out);
    return text;
}
