/* gradc run: any value that a file names, and its gradient. */
#include "runtime/inspect/run.h"

#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "graph/base/names.h"
#include "passes/differentiate.h"
#include "passes/expand.h"
#include "runtime/commands/commands.h"
#include "runtime/commands/run_options.h"
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

static bool choose(Run *r) {
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
static bool make_graph(Run *r) {
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
    Node *loss = graph_find_output(r->task->train, "loss");
    if (r->o->grad && !loss) {
        return diag_error(r->diags, "E0977", r->task->pos, "'%s' does not return f32, so it has no gradient",
                          r->task->name);
    }
    if (r->o->grad) vec_push(r->arena, &graph.outputs, ((Output){.name = "loss", .node = loss}));
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
static bool read_output(const ValueReader *reader, const char *output, Tensor *tensor) {
    const Node *node = graph_find_output(reader->r->graph, output);
    if (!node) return false;
    *tensor = (Tensor){.elem = node->type.elem, .rank = node->type.rank};
    for (int i = 0; i < node->type.rank; i++) tensor->extents[i] = dim_value(node->type.dims[i], reader->extents);
    int64_t count = tensor_count(tensor);
    tensor->elements = arena_array(reader->r->arena, (size_t)count + 1, sizeof(double));
    if (reader->compiled) return compiled_read(reader->compiled, output, tensor->elements);
    memcpy(tensor->elements, reader->interpretation->values[node->id], (size_t)count * sizeof(double));
    return true;
}

static bool run_compiled(Run *r, ValueReader *reader) {
    if (!session_open_machine(r->s)) return false;
    CompileFor on = {r->s->target, r->s->cache, r->s->team};
    PipelineOptions options = {.passes = r->s->source.passes};
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

static bool put(Run *r, const char *output, const char *suffix, const Tensor *tensor) {
    tensor_print(tensor, r->o->full, stdout);
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
    if (!read_output(reader, watched->output, &tensor) || !put(r, watched->output, "", &tensor)) return false;
    if (!r->o->grad) return true;
    printf("gradient of %s:", r->probe.def ? arena_printf(r->arena, "the sum of %s", r->probe.def) : "the loss");
    const Output *gradient = graph_output_of(r->graph, (Role){.kind = ROLE_GRADIENT, .of = watched->output});
    if (!gradient || !read_output(reader, gradient->name, &tensor)) return puts(" none flows here"), true;
    putchar('\n');
    return put(r, watched->output, ".grad", &tensor);
}

static bool show_all(Run *r) {
    ValueReader reader = {.r = r};
    if (r->o->npy && mkdir(r->o->npy, 0777) != 0 && errno != EEXIST) {
        return diag_error(r->diags, "E0960", (Pos){0}, "cannot create the folder %s: %s", r->o->npy, strerror(errno));
    }
    values_extents(r->values, &r->graph->symbols, reader.extents);
    bool good = r->o->compiled ? run_compiled(r, &reader) : run_interpreted(r, &reader);
    for (int i = 0; good && i < r->shown.count; i++) good = show(&reader, r->shown.items[i]);
    interpretation_free(reader.interpretation);
    compiled_free(reader.compiled);
    return good;
}

static bool check_usage(const Options *o, Diagnostics *diags) {
    if ((o->task != NULL) != (o->def != NULL)) return true;
    diag_error(diags, "E0979", (Pos){0}, "gradc run needs either --task NAME or --def NAME");
    diag_hint(diags, "gradc check %s lists the tasks", o->file);
    return false;
}

static bool load(Run *r, const Options *given) {
    Options options;
    if (!options_of_folder("run", given, &options, r->diags)) return false;
    SessionSource source = source_of_options(&options);
    if (!session_load_probe(r->s, &source, &r->probe, r->diags) ||
        !options_of_text("run", r->s->program, &options, r->diags))
        return false;
    SessionUse use = use_of_options(&options);
    use.tasks = NULL; /* the probe's */
    return session_use(r->s, &use);
}

/* A loss of a text that is given is of a label that is not. */
static void say_random_label(const Run *r) {
    const char *label = r->task->label.kind == LABEL_MASKED ? NULL : r->task->label.name;
    size_t length = label ? strlen(label) : 0;
    bool given = !label || r->o->texts.count == 0 || !r->o->grad;
    for (int i = 0; i < r->o->inputs.count && !given; i++)
        given = strncmp(r->o->inputs.items[i], label, length) == 0 && r->o->inputs.items[i][length] == '=';
    if (!given) fprintf(stderr, "'%s' is not given: a random label is taken; --input %s=... gives it\n", label, label);
}

static bool run(Run *r, const Options *given) {
    if (!check_usage(given, r->diags) || !run_read_inputs(r) || !load(r, given)) return false;
    r->task = &r->s->program->tasks.items[0];
    say_random_label(r);
    return run_give_leaves(r) && choose(r) && make_graph(r) && run_give_parameters(r) && show_all(r);
}

/* "R=4,I=3" is two sizes. */
static void split_sizes(Run *r, const TextList *shapes) {
    TextList sizes = {0};
    for (int i = 0; i < shapes->count; i++) {
        TextList words = text_split(shapes->items[i], ',', r->arena);
        for (int j = 0; j < words.count; j++) vec_push(r->arena, &sizes, words.items[j]);
    }
    r->probe.sizes = sizes.items;
    r->probe.n_sizes = sizes.count;
}

int command_run(const Options *given, Diagnostics *diags) {
    Session session = {0};
    RunOptions options = {.inputs = given->inputs,
                          .texts = given->text,
                          .shows = given->shows,
                          .npy = given->npy,
                          .grad = given->grad,
                          .full = given->full,
                          .compiled = given->compiled,
                          .seed = given->seed};
    Run r = {.s = &session, .o = &options, .diags = diags, .arena = arena_new(), .values = values_new()};
    r.probe = (ProbeOptions){.task = given->task, .def = given->def, .training = given->training};
    split_sizes(&r, &given->shape);
    bool good = run(&r, given);
    graph_free(r.graph);
    parameters_free(r.params);
    session_close(&session);
    values_free(r.values);
    arena_free(r.arena);
    return good ? 0 : 1;
}
