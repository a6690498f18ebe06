/* gradc dump: the graph after each pass, the kernels, their code. */
#include "runtime/inspect/dump.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "graph/dot.h"
#include "graph/roll.h"
#include "runtime/commands/commands.h"
#include "runtime/commands/run_options.h"
#include "runtime/files/atomic_file.h"
#include "runtime/inspect/kernels_text.h"
#include "runtime/inspect/pass_report.h"

typedef enum Format { FORMAT_TEXT, FORMAT_DOT, FORMAT_LLVM, FORMAT_ASM, FORMATS } Format;

static const char *const formats[FORMATS] = {"text", "dot", "llvm", "asm"};
static const char *const extensions[FORMATS] = {"gir", "dot", "ll", "s"};

typedef struct Dumper {
    Session *s;
    const Options *o;
    Format format;
    Target *target; /* LLVM and assembly only */
    const char *stage;
    bool found;
    PassReport report;
} Dumper;

/* A text to a numbered file in --out, or to standard output. */
static bool put(Dumper *d, const Graph *graph, int index, const char *stage, const char *text) {
    d->found = true;
    if (!d->o->out) return fputs(text, stdout) >= 0;
    const char *path =
        arena_printf(d->s->arena, "%s/%s.%02d.%s.%s", d->o->out, graph->name, index, stage, extensions[d->format]);
    return atomic_file_put(path, text, strlen(text), d->s->diags);
}

static char *stage_text(const Dumper *d, const Graph *graph, const KernelList *list) {
    switch (d->format) {
    case FORMAT_DOT: return graph_dot(graph, !d->o->full);
    case FORMAT_TEXT: return d->o->full ? graph_print(graph, true) : graph_print_rolled(graph, true);
    default: return kernels_text(list, d->target, d->format == FORMAT_LLVM ? CODE_LLVM : CODE_ASSEMBLY);
    }
}

static bool show_stage(void *user, int index, const char *stage, const Graph *graph, const KernelList *list) {
    Dumper *d = user;
    bool has_code = d->format == FORMAT_TEXT || d->format == FORMAT_DOT || list;
    if (!has_code || !stage_is(d->stage, index, stage)) return true;
    char *text = stage_text(d, graph, list);
    bool good = put(d, graph, index, stage, text);
    free(text);
    return good;
}

static bool choose_format(Dumper *d) {
    const char *name = d->o->format ? d->o->format : "text";
    for (int i = 0; i < FORMATS; i++) {
        if (strcmp(name, formats[i]) != 0) continue;
        d->format = (Format)i;
        return true;
    }
    diag_error(d->s->diags, "E0964", (Pos){0}, "--format is text, dot, llvm or asm, not '%s'", name);
    diag_hint_nearest(d->s->diags, name, formats, FORMATS);
    return false;
}

static bool make_folder(const Dumper *d) {
    if (!d->o->out || mkdir(d->o->out, 0777) == 0 || errno == EEXIST) return true;
    diag_error(d->s->diags, "E0960", (Pos){0}, "cannot create the folder %s: %s", d->o->out, strerror(errno));
    diag_hint(d->s->diags, "its parent must exist and be writable");
    return false;
}

static SourceChoice choice_of(const Options *o) {
    return (SourceChoice){.graph = o->graph, .task = o->task, .show = o->show};
}

static bool dump_sources(Dumper *d) {
    Sources sources = {0};
    StageVisitor visitor = {.visit = show_stage, .user = d, .remarks = d->report.remarks, .times = d->report.times};
    SourceChoice choice = choice_of(d->o);
    if (!choice.graph && strcmp(d->stage, "all") == 0) choice.graph = "all";
    if (!sources_choose(d->s, &choice, &sources)) return false;
    for (int i = 0; i < sources.count; i++) {
        if (!stages_visit(d->s, &sources.items[i], &visitor)) return false;
    }
    return d->found || stage_unknown(d->stage, d->s->diags);
}

static bool dump(Session *session, const Options *options) {
    Dumper d = {.s = session, .o = options, .stage = options->stage ? options->stage : "fuse"};
    if (!choose_format(&d) || !make_folder(&d)) return false;
    bool is_code = d.format == FORMAT_LLVM || d.format == FORMAT_ASM;
    if (is_code) d.stage = "kernels";
    if (is_code && !(d.target = session_target(session, options->cpu, (int)options->lanes))) return false;
    d.report = pass_report_begin(options->remarks, options->time_passes);
    bool good = dump_sources(&d);
    pass_report_end(&d.report);
    target_free(d.target);
    return good;
}

static bool no_file(Diagnostics *diags) {
    diag_error(diags, "E0917", (Pos){0}, "gradc dump needs FILE");
    diag_hint(diags, "or two files to compare: gradc dump --diff a.gir b.gir");
    return false;
}

static bool compare_files(const Options *options, Diagnostics *diags) {
    SessionSource source = source_of_options(options);
    SessionUse use = use_of_options(options);
    SourceChoice choice = choice_of(options);
    return diff_files(options->diff.items[0], options->diff.items[1], &source, &use, &choice, options->stage, diags);
}

static bool run(Session *session, const Options *given, Diagnostics *diags) {
    const TextList *diff = &given->diff;
    SourceChoice choice = choice_of(given);
    Options options;
    if (!given->file) return diff->count ? compare_files(given, diags) : no_file(diags);
    if (!session_of_options("dump", given, &options, session, diags)) return false;
    if (diff->count) return diff_stages(session, &choice, diff->items[0], diff->items[1]);
    return given->why ? why_node(session, &choice, given->stage, given->why) : dump(session, &options);
}

int command_dump(const Options *options, Diagnostics *diags) {
    Session session = {0};
    bool good = run(&session, options, diags);
    session_close(&session);
    return good ? 0 : 1;
}
