/* Graph file: writing and reading back. */
#include "tests/graph_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/files/read_file.h"

static bool is_input(const Node *node) { return node->op == OP_input || node->op == OP_param; }

static void write_values(FILE *out, const RandomGraph *random, const char *name) {
    int64_t count;
    const double *values = random_graph_values(random, name, &count);
    fprintf(out, "# value %s =", name);
    for (int64_t i = 0; i < count; i++) fprintf(out, " %.9g", values[i]);
    fputc('\n', out);
}

bool graph_file_write(const RandomGraph *random, const char *title, const char *path) {
    FILE *out = fopen(path, "w");
    if (!out) return false;
    const Graph *graph = random->graph;
    fprintf(out, "# %s\n", title);
    for (int i = 0; i < graph->symbols.count; i++) {
        long long extent = random->extents[i];
        fprintf(out, "# extent %s = %lld\n", graph->symbols.names[i], extent);
    }
    for (int i = 0; i < graph->nodes.count; i++) {
        const Node *node = graph->nodes.items[i];
        if (is_input(node)) write_values(out, random, node->attrs.text);
    }
    char *text = graph_print(graph, false);
    fputs(text, out);
    free(text);
    return fclose(out) == 0;
}

/* Sets `*at` behind "# KIND NAME =" in the text. */
static bool find_entry(Arena *arena, const char *text, const char *kind, const char *name, const char **at) {
    const char *head = arena_printf(arena, "# %s %s =", kind, name);
    *at = strstr(text, head);
    if (*at) *at += strlen(head);
    return *at != NULL;
}

static bool read_values(RandomGraph *random, const char *text, const Node *leaf, Binding *to) {
    const char *at;
    if (!find_entry(random->arena, text, "value", leaf->attrs.text, &at)) return false;
    int64_t count = type_count(&leaf->type, random->extents);
    double *values = arena_array(random->arena, (size_t)count + 1, sizeof *values);
    *to = (Binding){leaf->attrs.text, values};
    for (int64_t i = 0; i < count; i++) {
        char *end;
        values[i] = strtod(at, &end);
        if (end == at) return false;
        at = end;
    }
    return true;
}

static const char *fill(RandomGraph *random, const char *text) {
    const Graph *graph = random->graph;
    for (int i = 0; i < graph->symbols.count; i++) {
        const char *name = graph->symbols.names[i], *at;
        if (!find_entry(random->arena, text, "extent", name, &at)) return name;
        random->extents[i] = strtoll(at, NULL, 10);
    }
    size_t most = (size_t)graph->nodes.count + 1;
    random->bindings = arena_array(random->arena, most, sizeof *random->bindings);
    random->params = arena_array(random->arena, most, sizeof *random->params);
    for (int i = 0; i < graph->nodes.count; i++) {
        const Node *node = graph->nodes.items[i];
        if (!is_input(node)) continue;
        if (!read_values(random, text, node, &random->bindings[random->n_bindings++])) return node->attrs.text;
        bool wanted = node->op == OP_param && graph_output_of(graph, loss_role);
        if (wanted) random->params[random->n_params++] = node->attrs.text;
    }
    return NULL;
}

RandomGraph *graph_file_read(const char *path, Diagnostics *diags) {
    size_t size;
    char *text = read_file(path, READ_TEXT, &size, diags);
    Graph *graph = text ? graph_read(diagnostics_file(diags, path, text), diags) : NULL;
    RandomGraph *random = NULL;
    if (graph) {
        Arena *arena = arena_new();
        random = arena_alloc(arena, sizeof *random);
        random->arena = arena;
        random->graph = graph;
        const char *lacking = fill(random, text);
        if (lacking) {
            diag_error(diags, "E0100", (Pos){0}, "%s: there is no value of '%s'", path, lacking);
            random_graph_free(random);
            random = NULL;
        }
    }
    free(text);
    return random;
}
