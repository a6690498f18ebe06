/* The graph as text. One line a fact:
 *
 *     graph "sentiment.train"
 *     symbols S{role=sequences} sentence.T{role=tokens of="sentence"}
 *     file 0 "models/bert.graph"
 *     kernel 1 row "layer_norm"
 *     wanted "bert.embeddings.weight"
 *     %0 = input{name="sentence.ids" role=ids of="sentence"} : i32<30522>[sentence.T]
 *     %7 = sum{axis=1}(%6) : f32[sentence.T, 1] in 1 @0:12:3:14
 *     %8 = param{name="bias"} : f32[hidden = 768]
 *     output "loss"{role=loss} = %7
 *
 * A constant dimension may have a name, that of the config value as which it was written: for people, no part of the
 * meaning.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "graph/base/memory.h"
#include "graph/graph.h"
#include "graph/write.h"

typedef struct Printer {
    FILE *out;
    const Graph *graph;
    Arena *arena;
    bool positions;
    VEC(const SourceFile *) files;
} Printer;

/* Of a symbol or an output: in braces, as an input's is. */
static void print_role(FILE *out, const Role *role) {
    if (role->kind == ROLE_NONE) return;
    fputc('{', out);
    write_role(out, role);
    fputc('}', out);
}

/* The shortest of a few forms that reads back as the same double. */
static void print_number(FILE *out, double value) {
    char text[40];
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (isnan(value) || strtod(text, NULL) == value) break;
    }
    fputs(text, out);
}

/* name "=" value */
static void print_attribute(Printer *p, const Node *node, const char *name, size_t length, AttrCounts *counts) {
    char kind = name[length + 1];
    if (kind == 'r') {
        write_role(p->out, &node->attrs.role);
        return;
    }
    fwrite(name, 1, length, p->out);
    fputc('=', p->out);
    if (kind == 'i') write_int(p->out, node->attrs.ints[counts->ints++]);
    if (kind == 'f') print_number(p->out, counts->numbers++ ? node->attrs.scale : node->attrs.number);
    if (kind == 's') write_quoted(p->out, node->attrs.text ? node->attrs.text : "");
}

static void print_attributes(Printer *p, const Node *node) {
    const char *schema = op_attributes(node->op);
    if (!*schema) return;
    AttrCounts counts = {0};
    char open = '{';
    while (*schema) {
        size_t length = strcspn(schema, ":");
        bool is_left_out = schema[length + 1] == 'r' && node->attrs.role.kind == ROLE_NONE;
        if (!is_left_out) fputc(open, p->out), print_attribute(p, node, schema, length, &counts);
        schema += length + 2;
        schema += *schema == ' ';
        open = ' ';
    }
    fputc('}', p->out);
}

static int file_index(const Printer *p, const SourceFile *file) {
    for (int i = 0; i < p->files.count; i++) {
        if (p->files.items[i] == file || strcmp(p->files.items[i]->path, file->path) == 0) return i;
    }
    return -1;
}

static void print_pos(const Printer *p, Pos pos) {
    if (!p->positions || !pos.file) return;
    const int64_t numbers[] = {file_index(p, pos.file), pos.line, pos.column, pos.length};
    for (int i = 0; i < 4; i++) {
        fputs(i ? ":" : " @", p->out);
        write_int(p->out, numbers[i]);
    }
}

static void print_type(const Printer *p, const Node *node) {
    fputs(" : ", p->out);
    write_type(p->out, &node->type, &p->graph->symbols);
}

static void print_reference(const Printer *p, const char *before, const Node *node) {
    fputs(before, p->out);
    write_int(p->out, node->id);
}

static void print_node(Printer *p, const Node *node) {
    print_reference(p, "%", node);
    fputs(" = ", p->out);
    fputs(op_name(node->op), p->out);
    print_attributes(p, node);
    for (int i = 0; i < node->n_inputs; i++) print_reference(p, i ? ", %" : "(%", node->inputs[i]);
    if (node->n_inputs) fputc(')', p->out);
    print_type(p, node);
    if (node->group) fputs(" in ", p->out), write_int(p->out, node->group);
}

static void print_files(Printer *p) {
    for (int i = 0; p->positions && i < p->graph->nodes.count; i++) {
        const SourceFile *file = p->graph->nodes.items[i]->pos.file;
        if (!file || file_index(p, file) >= 0) continue;
        fprintf(p->out, "file %d ", p->files.count);
        write_quoted(p->out, file->path);
        fputc('\n', p->out);
        vec_push(p->arena, &p->files, file);
    }
}

static void print_head(Printer *p) {
    fputs("graph ", p->out);
    write_quoted(p->out, p->graph->name);
    fputc('\n', p->out);
    const Symbols *symbols = &p->graph->symbols;
    if (symbols->count) fputs("symbols", p->out);
    for (int i = 0; i < symbols->count; i++) {
        fprintf(p->out, " %s", symbols->names[i]);
        print_role(p->out, &symbols->roles[i]);
    }
    if (symbols->count) fputc('\n', p->out);
    print_files(p);
    for (int i = 1; i < p->graph->groups.count; i++) {
        const Group *group = &p->graph->groups.items[i];
        fprintf(p->out, "kernel %d %s ", i, kernel_kind_name(group->kind));
        write_quoted(p->out, group->name);
        fputc('\n', p->out);
    }
    for (int i = 0; i < p->graph->wanted.count; i++) {
        fputs("wanted ", p->out);
        write_quoted(p->out, p->graph->wanted.items[i]);
        fputc('\n', p->out);
    }
}

char *graph_print(const Graph *graph, bool positions) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = memory_stream(&text, &size);
    Printer printer = {.out = out, .graph = graph, .arena = arena_new(), .positions = positions};
    print_head(&printer);
    for (int i = 0; i < graph->nodes.count; i++) {
        print_node(&printer, graph->nodes.items[i]);
        print_pos(&printer, graph->nodes.items[i]->pos);
        fputc('\n', out);
    }
    for (int i = 0; i < graph->outputs.count; i++) {
        fputs("output ", out);
        write_quoted(out, graph->outputs.items[i].name);
        print_role(out, &graph->outputs.items[i].role);
        fprintf(out, " = %%%d\n", graph->outputs.items[i].node->id);
    }
    arena_free(printer.arena);
    memory_stream_end(out);
    return text;
}

const char *node_print(const Graph *graph, const Node *node, bool alone, Arena *arena) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = memory_stream(&text, &size);
    Printer printer = {.out = out, .graph = graph, .arena = arena};
    if (alone) {
        fputs(op_name(node->op), out);
        print_attributes(&printer, node);
        print_type(&printer, node);
    } else {
        print_node(&printer, node);
    }
    memory_stream_end(out);
    const char *copy = arena_strdup(arena, text);
    free(text);
    return copy;
}

uint64_t graph_hash(const Graph *graph) {
    char *text = graph_print(graph, false);
    uint64_t hash = XXH3_64bits(text, strlen(text));
    free(text);
    return hash;
}
