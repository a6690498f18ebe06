/* gradc opt: text of the IR in, passes over it, text of the IR or of its kernels' code out. */
#include <stdlib.h>
#include <string.h>

#include "graph/roll.h"
#include "passes/pipeline.h"
#include "passes/schedule.h"
#include "runtime/commands/commands.h"
#include "runtime/files/read_file.h"
#include "runtime/inspect/kernels_text.h"
#include "runtime/inspect/pass_report.h"

typedef enum Form { FORM_IR, FORM_LLVM, FORM_ASM, FORMS } Form;

static bool choose_form(const char *name, Form *form, Diagnostics *diags) {
    static const char *const names[FORMS] = {"ir", "llvm", "asm"};
    for (int i = 0; i < FORMS; i++) {
        if (name && strcmp(names[i], name) != 0) continue;
        *form = (Form)i;
        return true;
    }
    diag_error(diags, "E0965", (Pos){0}, "--emit is ir, llvm or asm, not '%s'", name);
    if (!diag_hint_nearest(diags, name, names, FORMS))
        diag_hint(diags, "'ir' is the graph itself, the others are code of its kernels for --cpu");
    return false;
}

static bool read_graphs(const char *path, Arena *arena, GraphList *graphs, Diagnostics *diags) {
    size_t size;
    char *text = read_file(path, READ_TEXT, &size, diags);
    if (!text) return false;
    const SourceFile *file = diagnostics_file(diags, strcmp(path, "-") == 0 ? "standard input" : path, text);
    bool good = strlen(text) == size;
    if (good)
        good = graph_read_all(file, arena, graphs, diags);
    else
        diag_error(diags, "E0501", pos_in_file(file, 0), "it contains zero bytes, so it is not text");
    free(text);
    return good;
}

/* NULL after a message. */
static char *code_text(const Graph *grouped, const Options *options, Form form, Diagnostics *diags) {
    Target *target = target_new(options->cpu, (int)options->lanes, diags);
    if (!target) return NULL;
    KernelSet *set = kernel_set_new();
    KernelList *list = schedule(grouped, set);
    char *text = kernels_text(list, target, form == FORM_LLVM ? CODE_LLVM : CODE_ASSEMBLY);
    kernel_list_free(list);
    kernel_set_free(set);
    target_free(target);
    return text;
}

/* The passes over all graphs. Code is made of kernels: graphs without them get them. */
static bool run_passes(const GraphList *graphs, const Options *options, Form form, Arena *arena,
                       PipelineGraphs *results, Diagnostics *diags) {
    PassReport report = pass_report_begin(options->remarks, options->time_passes);
    PipelineOptions pipeline = {.passes = options->passes ? options->passes : "",
                                .joins = true,
                                .compacts = true,
                                .remarks = report.remarks,
                                .times = report.times};
    PipelineInput *inputs = arena_array(arena, (size_t)graphs->count + 1, sizeof *inputs);
    for (int i = 0; i < graphs->count; i++) {
        inputs[i].graph = graphs->items[i];
        inputs[i].cuts = graphs->items[i]->wanted.count > 0; /* where nothing is trained, all of it is frozen */
    }
    bool good = form == FORM_IR ? pipeline_apply_all(inputs, graphs->count, &pipeline, arena, results, diags)
                                : pipeline_run_all(inputs, graphs->count, &pipeline, arena, results, diags);
    pass_report_end(&report);
    return good;
}

/* What they leave, one text after the other. */
static bool print_results(const PipelineGraphs *results, const Options *options, Form form, Diagnostics *diags) {
    for (int i = 0; i < results->count; i++) {
        const Graph *graph = results->items[i].graph;
        char *text;
        if (form != FORM_IR)
            text = code_text(graph, options, form, diags);
        else
            text = options->full ? graph_print(graph, true) : graph_print_rolled(graph, true);
        if (!text) return false;
        fputs(text, stdout);
        free(text);
    }
    return true;
}

int command_opt(const Options *options, Diagnostics *diags) {
    Form form;
    if (!choose_form(options->emit, &form, diags) || !pipeline_check(options->passes, diags)) return 1;
    Arena *arena = arena_new();
    GraphList graphs = {0};
    PipelineGraphs results = {0};
    bool good = read_graphs(options->file, arena, &graphs, diags) &&
                run_passes(&graphs, options, form, arena, &results, diags) &&
                print_results(&results, options, form, diags);
    pipeline_graphs_free(&results);
    for (int i = 0; i < graphs.count; i++) graph_free(graphs.items[i]);
    arena_free(arena);
    return good ? 0 : 1;
}
