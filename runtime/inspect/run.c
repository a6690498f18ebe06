/* Run: choosing what is shown, evaluating it, showing it. */
#include "runtime/inspect/run.h"

#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "graph/base/names.h"
#include "passes/differentiate.h"
#include "passes/expand.h"
#include "runtime/engine/compiled.h"

/* --- What is shown ------------------------------------------------------------------------------------------------ */

/* "57", or "my.graph:57" with the end of a path. */
static bool is_line(const Run *r, const Watched *watched, const char *pattern) {
    char *end;
    const char *colon = strrchr(pattern, ':'), *path = watched->pos.file ? watched->pos.file->path : "";
    unsigned long line = strtoul(colon ? colon + 1 : pattern, &end, 10);
    if (end == (colon ? colon + 1 : pattern) || *end || line != watched->pos.line) return false;
    if (!colon) return strcmp(path, r->s->graph_path) == 0;
    size_t length = (size_t)(colon - pattern), n = strlen(path);
    return length <= n && strncmp(path + n - length, pattern, length) == 0;
}

/* A name by itself, of its definition, or of its scope; a definition stands for what it returns. */
static bool is_named(const Run *r, const Watched *watched, const char *pattern) {
    const char *name = watched->name, *def = watched->def ? watched->def : "", *scope = watched->pos.scope;
    const char *full = scope ? arena_printf(r->arena, "%s.%s", scope, name) : name;
    if (fnmatch(pattern, name, 0) == 0 || fnmatch(pattern, full, 0) == 0) return true;
    if (fnmatch(pattern, arena_printf(r->arena, "%s.%s", def, name), 0) == 0) return true;
    if (fnmatch(arena_printf(r->arena, "*.%s", pattern), full, 0) == 0) return true;
    return strcmp(name, "return") == 0 && fnmatch(pattern, def, 0) == 0;
}

/* Without --show: of a task its loss, prediction and `show` lines; of a definition its arguments and what it returns.
 * */
static bool is_result(const Run *r, const Watched *watched) {
    if (!r->probe.def) return !watched->def && graph_find_output(r->task->train, watched->name);
    if (!watched->def || strcmp(watched->def, r->probe.def) != 0 || watched->pos.scope) return false;
    const Node *node = watched->output ? graph_find_output(r->task->train, watched->output) : NULL;
    return strcmp(watched->name, "return") == 0 ||
           (node && node->op == OP_input && strcmp(node->attrs.text, watched->name) == 0);
}

/* The first of the names that the user's own files have, each once. */
static const char *names_to_show(Run *r) {
    enum { MOST = 40 };
    const Program *program = r->s->program;
    NameIndex listed = {0};
    const char *list = "";
    int count = 0;
    for (int i = 0; i < program->watched.count && count <= MOST; i++) {
        const Watched *watched = &program->watched.items[i];
        if (watched->prelude || name_index_find(&listed, watched->name) >= 0) continue;
        name_index_put(r->arena, &listed, watched->name, i);
        if (count++ < MOST) list = arena_printf(r->arena, "%s%s%s", list, *list ? ", " : "", watched->name);
    }
    return count > MOST ? arena_printf(r->arena, "%s, ...", list) : list;
}

static bool nothing_called(Run *r, const char *pattern) {
    int count = r->s->program->watched.count;
    const char **names = arena_array(r->arena, (size_t)count + 1, sizeof *names);
    for (int i = 0; i < count; i++) names[i] = r->s->program->watched.items[i].name;
    diag_error(r->diags, "E0970", (Pos){0}, "nothing in '%s' is called '%s' or has a name on that line", r->task->name,
               pattern);
    if (!diag_hint_nearest(r->diags, pattern, names, count))
        diag_hint(
            r->diags,
            "--show takes a name, DEFINITION.NAME, the end of a scope and a name (* stands for anything), or a line");
    diag_hint(r->diags, "there are: %s", names_to_show(r));
    return false;
}

static void show_once(Run *r, const Watched *watched) {
    for (int i = 0; i < r->shown.count; i++) {
        if (r->shown.items[i] == watched) return;
    }
    vec_push(r->arena, &r->shown, watched);
}

/* False: there is none. Names of the prelude count only where the user's files have none such. */
static bool show_matching(Run *r, const char *pattern, bool prelude) {
    const Program *program = r->s->program;
    bool found = false;
    for (int i = 0; i < program->watched.count; i++) {
        const Watched *watched = &program->watched.items[i];
        if (watched->prelude != prelude || (!is_line(r, watched, pattern) && !is_named(r, watched, pattern))) continue;
        show_once(r, watched);
        found = true;
    }
    return found;
}

bool run_choose(Run *r) {
    const Program *program = r->s->program;
    for (int i = 0; r->o->shows.count == 0 && i < program->watched.count; i++) {
        if (is_result(r, &program->watched.items[i])) show_once(r, &program->watched.items[i]);
    }
    for (int i = 0; i < r->o->shows.count; i++) {
        const char *pattern = r->o->shows.items[i];
        if (!show_matching(r, pattern, false) && !show_matching(r, pattern, true)) return nothing_called(r, pattern);
    }
    return true;
}

/* --- Evaluating --------------------------------------------------------------------------------------------------- */

/* The probe's graph with only the outputs that are shown, and their gradients. */
bool run_make_graph(Run *r) {
    Graph graph = *r->task->train;
    VEC(const char *) wanted = {0};
    graph.outputs.items = NULL;
    graph.outputs.count = graph.outputs.capacity = 0;
    for (int i = 0; i < r->shown.count; i++) {
        const char *output = r->shown.items[i]->output;
        if (!output) continue;
        vec_push(r->arena, &graph.outputs,
                 ((Output){.name = output, .node = graph_find_output(r->task->train, output)}));
        vec_push(r->arena, &wanted, output);
    }
    const Output *loss = graph_output_of(r->task->train, loss_role);
    if (r->o->grad && !loss) {
        return diag_error(r->diags, "E0977", r->task->pos, "'%s' does not return f32, so it has no gradient",
                          r->task->name);
    }
    if (r->o->grad) vec_push(r->arena, &graph.outputs, *loss);
    Graph *expanded =
        expand(&graph, r->diags); /* before anything else: the same nodes are differentiated, simplified or not */
    bool derived = expanded && r->o->grad;
    r->graph = derived ? differentiate(expanded, wanted.items, wanted.count, r->diags) : expanded;
    if (derived) graph_free(expanded);
    return r->graph != NULL;
}

/* What reads values once they are there. */
typedef struct ValueReader {
    Run *r;
    Interpretation *interpretation; /* or */
    Compiled *compiled;
    int64_t extents[MAX_SYMBOLS];
} ValueReader;

/* False: there is no such output. */
static bool read_output(const ValueReader *reader, const char *output, Arena *arena, Tensor *tensor) {
    const Node *node = graph_find_output(reader->r->graph, output);
    if (!node) return false;
    *tensor = (Tensor){.elem = node->type.elem, .rank = node->type.rank};
    for (int i = 0; i < node->type.rank; i++) tensor->extents[i] = dim_value(node->type.dims[i], reader->extents);
    int64_t count = tensor_count(tensor);
    tensor->elements = arena_array(arena, (size_t)count + 1, sizeof(double));
    if (reader->compiled) return compiled_read(reader->compiled, output, tensor->elements);
    memcpy(tensor->elements, reader->interpretation->values[node->id], (size_t)count * sizeof(double));
    return true;
}

static bool run_compiled(Run *r, ValueReader *reader) {
    if (!session_open_machine(r->s)) return false;
    CompileFor on = {r->s->target, r->s->cache, r->s->team};
    PipelineOptions options = {.passes = r->s->source.passes, .rounds = r->s->rounds};
    reader->compiled = compiled_new(r->graph, &options, &on, r->diags);
    return reader->compiled && compiled_run(reader->compiled, r->values, r->diags);
}

static bool run_interpreted(Run *r, ValueReader *reader) {
    int count;
    const Binding *bindings = values_bindings(r->values, r->graph, r->arena, &count);
    reader->interpretation = interpret(r->graph, reader->extents, bindings, count);
    if (!reader->interpretation->error) return true;
    return diag_error(r->diags, "E0978", r->task->pos, "this cannot be evaluated: %s", reader->interpretation->error);
}

/* --- Showing ------------------------------------------------------------------------------------------------------ */

static bool write_npy(Run *r, const char *output, const char *suffix, const Tensor *tensor) {
    char *path = arena_printf(r->arena, "%s/%s%s.npy", r->o->npy, output, suffix);
    for (char *at = path + strlen(r->o->npy) + 1; *at; at++) {
        if (strchr("/:#", *at)) *at = '-';
    }
    return npy_write(path, tensor, r->diags);
}

/* Deviation: of all elements, not of a sample. */
static void say_figures(const Tensor *tensor) {
    int64_t count = tensor_count(tensor);
    double sum = 0, squares = 0, spread = 0, least = INFINITY, most = -INFINITY;
    for (int64_t i = 0; i < count; i++) {
        double value = tensor->elements[i];
        sum += value, squares += value * value;
        least = fmin(least, value), most = fmax(most, value);
    }
    for (int64_t i = 0; i < count; i++) spread += pow(tensor->elements[i] - sum / (double)count, 2);
    if (tensor->rank && count)
        printf("mean %.6g, deviation %.6g, least %.6g, most %.6g, norm %.6g\n", sum / (double)count,
               sqrt(spread / (double)count), least, most, sqrt(squares));
}

static bool put(Run *r, const char *output, const char *suffix, const Tensor *tensor) {
    tensor_print(tensor, r->o->full, stdout);
    if (r->o->figures) say_figures(tensor);
    return !r->o->npy || write_npy(r, output, suffix, tensor);
}

static bool has_symbols(const Type *type) {
    for (int i = 0; i < type->rank; i++) {
        if (!dim_is_const(type->dims[i])) return true;
    }
    return false;
}

/* "f32[S, 5] = f32[2, 5]" */
static const char *type_text(const ValueReader *reader, const Node *node) {
    Arena *arena = reader->r->arena;
    const char *written = type_print(arena, &node->type, &reader->r->graph->symbols);
    Type now = node->type;
    if (!has_symbols(&now)) return written;
    for (int i = 0; i < now.rank; i++) now.dims[i] = dim_const(dim_value(now.dims[i], reader->extents));
    now.bound = dim_const(0);
    return arena_printf(arena, "%s = %s", written, type_print(arena, &now, NULL));
}

static void say_heading(const ValueReader *reader, const Watched *watched) {
    const Node *node = watched->output ? graph_find_output(reader->r->graph, watched->output) : NULL;
    printf("%s: %s", watched->name, node ? type_text(reader, node) : watched->text);
    printf("  (%s:%u", watched->pos.file ? watched->pos.file->path : "", watched->pos.line);
    if (watched->def) printf(", in %s", watched->def);
    if (watched->pos.scope) printf(", %s", watched->pos.scope);
    puts(")");
}

static bool show(ValueReader *reader, const Watched *watched) {
    Run *r = reader->r;
    Tensor tensor;
    say_heading(reader, watched);
    if (!watched->output) return true;
    if (!read_output(reader, watched->output, r->arena, &tensor) || !put(r, watched->output, "", &tensor)) return false;
    if (!r->o->grad) return true;
    printf("gradient of %s:", r->probe.def ? arena_printf(r->arena, "the sum of %s", r->probe.def) : "the loss");
    const Output *gradient = graph_output_of(r->graph, (Role){.kind = ROLE_GRADIENT, .of = watched->output});
    if (!gradient || !read_output(reader, gradient->name, r->arena, &tensor)) return puts(" none flows here"), true;
    putchar('\n');
    return put(r, watched->output, ".grad", &tensor);
}

static bool evaluate_graph(Run *r, ValueReader *reader) {
    values_extents(r->values, &r->graph->symbols, reader->extents);
    return r->o->compiled ? run_compiled(r, reader) : run_interpreted(r, reader);
}

static void reader_free(ValueReader *reader) {
    interpretation_free(reader->interpretation);
    compiled_free(reader->compiled);
}

bool run_show_all(Run *r) {
    ValueReader reader = {.r = r};
    if (r->o->npy && mkdir(r->o->npy, 0777) != 0 && errno != EEXIST) {
        return diag_error(r->diags, "E0960", (Pos){0}, "cannot create the folder %s: %s", r->o->npy, strerror(errno));
    }
    bool good = evaluate_graph(r, &reader);
    for (int i = 0; good && i < r->shown.count; i++) good = show(&reader, r->shown.items[i]);
    reader_free(&reader);
    return good;
}

void run_choose_all(Run *r) {
    const Program *program = r->s->program;
    for (int i = 0; i < program->watched.count; i++) {
        if (program->watched.items[i].output) vec_push(r->arena, &r->shown, &program->watched.items[i]);
    }
}

bool run_visit(Run *r, RunVisitor *visit, void *user) {
    ValueReader reader = {.r = r};
    bool good = evaluate_graph(r, &reader);
    for (int i = 0; good && i < r->shown.count; i++) {
        Arena *arena = arena_new();
        Tensor tensor;
        if (read_output(&reader, r->shown.items[i]->output, arena, &tensor)) visit(user, i, &tensor);
        arena_free(arena);
    }
    reader_free(&reader);
    return good;
}
