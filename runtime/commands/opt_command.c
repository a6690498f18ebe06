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

static Graph *read_graph(const char *path, Diagnostics *diags) {
    size_t size;
    char *text = read_file(path, &size, diags);
    if (!text) return NULL;
    const SourceFile *file = diagnostics_file(diags, strcmp(path, "-") == 0 ? "standard input" : path, text);
    Graph *graph = NULL;
    if (strlen(text) == size)
        graph = graph_read(file, diags);
    else
        diag_error(diags, "E0501", pos_in_file(file, 0), "it contains zero bytes, so it is not text");
    free(text);
    return graph;
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

/* What the passes leave, as text. Code is made of kernels: a graph without them gets them. */
static char *result_text(const Graph *graph, const Options *options, Form form, Diagnostics *diags) {
    PassReport report = pass_report_begin(options->remarks, options->time_passes);
    PipelineOptions pipeline = {.passes = options->passes ? options->passes : "",
                                .training = true,
                                .remarks = report.remarks,
                                .times = report.times};
    Graph *result = form == FORM_IR ? pipeline_apply(graph, &pipeline, diags) : pipeline_run(graph, &pipeline, diags);
    pass_report_end(&report);
    if (!result) return NULL;
    char *text;
    if (form != FORM_IR)
        text = code_text(result, options, form, diags);
    else
        text = options->full ? graph_print(result, true) : graph_print_rolled(result, true);
    graph_free(result);
    return text;
}

int command_opt(const Options *options, Diagnostics *diags) {
    Form form;
    if (!choose_form(options->emit, &form, diags) || !pipeline_check(options->passes, diags)) return 1;
    Graph *graph = read_graph(options->file, diags);
    char *text = graph ? result_text(graph, options, form, diags) : NULL;
    if (text) fputs(text, stdout);
    free(text);
    graph_free(graph);
    return text ? 0 : 1;
}
