/* gradc dump: the graph after each pass, the kernels, their code. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "codegen/codegen.h"
#include "graph/fold.h"
#include "passes/schedule.h"
#include "runtime/atomic_file.h"
#include "runtime/commands.h"
#include "runtime/session.h"

typedef struct Dumper {
    Session *s;
    const Options *o;
    const char *task, *stage;
    bool good, found;
} Dumper;

/* A text to a numbered file in --out, or to standard output. */
static void put(Dumper *d, int index, const char *stage, const char *extension, const char *text) {
    d->found = true;
    if (!d->o->out) {
        fputs(text, stdout);
        return;
    }
    const char *path = arena_printf(d->s->arena, "%s/%s.%02d.%s.%s", d->o->out, d->task, index, stage, extension);
    d->good = atomic_file_put(path, text, strlen(text), d->s->diags) && d->good;
}

static bool is_wanted(const Dumper *d, const char *stage) {
    return strcmp(d->stage, "all") == 0 || strcmp(d->stage, stage) == 0;
}

/* Operators as boxes, kernels as clusters. */
static char *graph_dot(const Graph *graph) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out) abort();
    Arena *arena = arena_new();
    fputs("digraph gradc {\n  node [shape=box, fontname=monospace];\n", out);
    for (int i = 0; i < graph->nodes.count; i++) {
        const Node *node = graph->nodes.items[i];
        const char *name = op_kind(node->op) == KIND_LEAF && node->attrs.text ? node->attrs.text : op_name(node->op);
        if (node->group) fprintf(out, "  subgraph cluster_%d { label=\"%s\"; n%d; }\n", node->group, graph->groups.items[node->group].name, i);
        fprintf(out, "  n%d [label=\"%s\\n%s\"];\n", i, name, type_print(arena, &node->type, &graph->symbols));
        for (int j = 0; j < node->n_inputs; j++) fprintf(out, "  n%d -> n%d;\n", node->inputs[j]->id, i);
    }
    fputs("}\n", out);
    arena_free(arena);
    if (fclose(out) != 0) abort();
    return text;
}

static void show_stage(void *user, int index, const char *pass, const Graph *graph) {
    Dumper *d = user;
    if (!is_wanted(d, pass)) return;
    bool dot = d->o->format && strcmp(d->o->format, "dot") == 0;
    char *text = dot ? graph_dot(graph) : d->o->full ? graph_print(graph, true) : graph_print_folded(graph, true);
    put(d, index, pass, dot ? "dot" : "ir", text);
    free(text);
}

/* Every distinct kernel's body, LLVM IR or assembly, under a line that names it. */
static char *kernels_text(const KernelSet *set, const Target *target, const char *format) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out) abort();
    bool code = strcmp(format, "llvm") == 0 || strcmp(format, "asm") == 0;
    for (int i = 0; i < set->kernels.count; i++) {
        const Kernel *kernel = set->kernels.items[i];
        char *body = code ? kernel_text(kernel, target, format[0] == 'l' ? CODE_LLVM : CODE_ASSEMBLY) : graph_print(kernel->body, false);
        fprintf(out, "# %s (%s)\n%s\n", kernel->name, kernel->label, body);
        free(body);
    }
    if (fclose(out) != 0) abort();
    return text;
}

static bool show_kernels(Dumper *d, const Graph *grouped) {
    const char *format = d->o->format ? d->o->format : "text";
    Target *target = target_new(d->o->cpu, (int)d->o->lanes, d->s->diags);
    if (!target) return false;
    KernelSet *set = kernel_set_new();
    KernelList *list = schedule(grouped, set);
    char *text = kernels_text(set, target, format);
    put(d, 9, "kernels", strcmp(format, "text") == 0 ? "ir" : format, text);
    free(text);
    kernel_list_free(list);
    kernel_set_free(set);
    target_free(target);
    return d->good;
}

/* Parameters to differentiate for: all that the text does not freeze. */
static const char **wanted_params(const Dumper *d, const Task *task, int *count) {
    const char **names = arena_array(d->s->arena, (size_t)task->n_params + 1, sizeof *names);
    *count = 0;
    for (int i = 0; i < task->n_params; i++) {
        const Param *param = &d->s->program->params.items[task->params[i]];
        if (!param->frozen) names[(*count)++] = param->name;
    }
    return names;
}

static bool dump_task(Dumper *d, const Task *task) {
    StageObserver observer = {show_stage, d};
    PipelineOptions options = {.no_fusion = d->o->no_fusion, .observer = &observer};
    options.wanted = wanted_params(d, task, &options.n_wanted);
    d->task = task->name;
    Graph *grouped = pipeline_run(task->train, &options, d->s->diags);
    if (!grouped) return false;
    bool code = d->o->format && (strcmp(d->o->format, "llvm") == 0 || strcmp(d->o->format, "asm") == 0);
    bool good = d->good && (code || is_wanted(d, "kernels") ? show_kernels(d, grouped) : true);
    graph_free(grouped);
    return good;
}

static bool dump(Dumper *d) {
    if (d->o->out && mkdir(d->o->out, 0777) != 0 && errno != EEXIST) {
        return diag_error(d->s->diags, "E0960", (Pos){0}, "the folder %s cannot be made: %s", d->o->out, strerror(errno));
    }
    const char *only = d->o->task;
    if (only && session_find_task(d->s, only) < 0) return false;
    for (int t = 0; t < d->s->program->tasks.count; t++) {
        const Task *task = &d->s->program->tasks.items[t];
        if (only && strcmp(only, task->name) != 0) continue;
        if (!dump_task(d, task)) return false;
    }
    if (d->found) return true;
    diag_error(d->s->diags, "E0961", (Pos){0}, "there is no stage '%s'", d->stage);
    diag_hint(d->s->diags, "the stages are source, expand, simplify, demand, differentiate, fuse, kernels and all");
    return false;
}

int command_dump(const Options *options, Diagnostics *diags) {
    Session session = {0};
    Dumper dumper = {.s = &session, .o = options, .stage = options->stage ? options->stage : "fuse", .good = true};
    bool code = options->format && (strcmp(options->format, "llvm") == 0 || strcmp(options->format, "asm") == 0);
    if (code) dumper.stage = "kernels";
    bool good = session_load_program(&session, options, diags) && dump(&dumper);
    session_close(&session);
    return good ? 0 : 1;
}
