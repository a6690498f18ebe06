/* The data of the model's section: a walk over the stages of each training graph. */
#include <stdlib.h>
#include <string.h>

#include "graph/roll.h"
#include "runtime/inspect/stages.h"
#include "runtime/report/model_section.h"

typedef struct ModelWalk {
    json_t *data, *graph; /* the graph at hand */
    const Target *target;
} ModelWalk;

static json_t *text_json(const char *text) {
    json_t *value = json_string(text); /* NULL: not in UTF-8 */
    return value ? value : json_string("");
}

/* "models/a.graph:45" */
static json_t *place_json(const Pos *pos) { return json_sprintf("%s:%u", pos->file->path, pos->line); }

/* --- Files -------------------------------------------------------------------------------------------------------- */

static void add_files(ModelWalk *w, const Graph *graph) {
    json_t *files = json_object_get(w->data, "files");
    for (int i = 0; i < graph->nodes.count; i++) {
        const SourceFile *file = graph->nodes.items[i]->pos.file;
        if (file && file->text && !json_object_get(files, file->path))
            json_object_set_new(files, file->path, text_json(file->text));
    }
}

/* --- Kernels ------------------------------------------------------------------------------------------------------ */

static bool lists(const json_t *lines, const json_t *place) {
    size_t i;
    json_t *line;
    json_array_foreach(lines, i, line) {
        if (json_equal(line, place)) return true;
    }
    return false;
}

/* The places of the nodes that a launch computes. */
static void add_lines(json_t *lines, const KernelList *list, const Launch *launch) {
    int group = launch->results[0]->group;
    for (int i = 0; i < list->graph->nodes.count; i++) {
        const Node *node = list->graph->nodes.items[i];
        if (node->group != group || !node->pos.file) continue;
        json_t *place = place_json(&node->pos);
        if (place && !lists(lines, place)) json_array_append(lines, place);
        json_decref(place);
    }
}

static json_t *kernel_json(const KernelList *list, const Kernel *kernel) {
    json_t *lines = json_array();
    int calls = 0;
    for (int i = 0; i < list->launches.count; i++) {
        const Launch *launch = &list->launches.items[i];
        if (launch->kernel != kernel) continue;
        if (launch->results[0]->group) add_lines(lines, list, launch);
        calls++;
    }
    return json_pack("{s:s, s:s, s:s, s:i, s:o}", "name", kernel->name, "kind", kernel_kind_name(kernel->kind), "from",
                     kernel->label, "calls", calls, "lines", lines);
}

typedef struct KernelCode {
    const Kernel *kernel;
    char *texts[2]; /* CODE_LLVM, CODE_ASSEMBLY */
} KernelCode;

/* Code of kernels that no graph before had, on all cores: each has a context of LLVM's own. */
static void add_code(ModelWalk *w, const KernelList *list) {
    json_t *code = json_object_get(w->data, "code");
    KernelCode *all = arena_array(list->arena, (size_t)list->kernels.count + 1, sizeof *all);
    int count = 0;
    for (int i = 0; i < list->kernels.count; i++) {
        if (!json_object_get(code, list->kernels.items[i]->name)) all[count++].kernel = list->kernels.items[i];
    }
#pragma omp parallel for schedule(dynamic)
    for (int i = 0; i < 2 * count; i++)
        all[i / 2].texts[i % 2] = kernel_text(all[i / 2].kernel, w->target, i % 2 ? CODE_ASSEMBLY : CODE_LLVM);
    for (int i = 0; i < count; i++) {
        char *body = graph_print(all[i].kernel->body, false);
        json_object_set_new(code, all[i].kernel->name,
                            json_pack("{s:o, s:o, s:o}", "body", text_json(body), "llvm", text_json(all[i].texts[0]),
                                      "asm", text_json(all[i].texts[1])));
        free(body);
        free(all[i].texts[0]);
        free(all[i].texts[1]);
    }
}

static void add_kernels(ModelWalk *w, const KernelList *list) {
    json_t *kernels = json_array();
    for (int i = 0; i < list->kernels.count; i++)
        json_array_append_new(kernels, kernel_json(list, list->kernels.items[i]));
    json_object_set_new(w->graph, "kernels", kernels);
    add_code(w, list);
}

/* --- Stages ------------------------------------------------------------------------------------------------------- */

static bool add_stage(void *user, int index, const char *stage, const Graph *graph, const KernelList *list) {
    ModelWalk *w = user;
    (void)index;
    if (list) {
        add_kernels(w, list);
        return true;
    }
    add_files(w, graph);
    char *text = graph_print_rolled(graph, true);
    json_array_append_new(json_object_get(w->graph, "stages"),
                          json_pack("{s:s, s:o}", "name", stage, "text", text_json(text)));
    free(text);
    return true;
}

static void add_remarks(ModelWalk *w, const Remarks *remarks) {
    json_t *list = json_object_get(w->data, "remarks");
    for (int i = 0; i < remarks->list.count; i++) {
        const Remark *remark = &remarks->list.items[i];
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:i, s:o, s:i}", "pass", remark->pass, "file",
                                        remark->pos.file ? remark->pos.file->path : "", "line", (int)remark->pos.line,
                                        "text", text_json(remark->text), "times", remark->times));
    }
}

static bool add_source(ModelWalk *w, Session *s, const Source *source, Remarks *remarks) {
    StageVisitor visitor = {.visit = add_stage, .user = w, .remarks = remarks};
    w->graph = json_pack("{s:s, s:[], s:[]}", "name", source->name, "stages", "kernels");
    json_array_append_new(json_object_get(w->data, "graphs"), w->graph);
    return stages_visit(s, source, &visitor);
}

static bool add_sources(ModelWalk *w, Session *s, const SourceChoice *choice, Remarks *remarks) {
    Sources sources = {0};
    bool good = sources_choose(s, choice, &sources);
    for (int i = 0; good && i < sources.count; i++) good = add_source(w, s, &sources.items[i], remarks);
    return good;
}

bool model_section_collect(ModelSection *section, Session *s, const Target *target) {
    section->data = json_pack("{s:{}, s:[], s:{}, s:[]}", "files", "graphs", "code", "remarks");
    ModelWalk walk = {.data = section->data, .target = target};
    Remarks *remarks = remarks_new();
    bool good = true;
    for (int t = 0; good && t < s->program->tasks.count; t++) {
        SourceChoice choice = {.task = s->program->tasks.items[t].name};
        if (s->tasks[t]) good = add_sources(&walk, s, &choice, remarks);
    }
    good = good && add_sources(&walk, s, &(SourceChoice){.graph = "update"}, remarks);
    add_remarks(&walk, remarks);
    remarks_free(remarks);
    return good;
}

void model_section_free(ModelSection *section) {
    json_decref(section->data);
    section->data = NULL;
}
