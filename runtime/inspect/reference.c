/* One function a section; each walks its table. */
#include "runtime/inspect/reference.h"

#include <string.h>

#include "graph/base/explanations.h"
#include "graph/op_docs.h"
#include "passes/pipeline.h"
#include "runtime/measure/metrics.h"

static void print_signature(Op op, FILE *out) {
    int arity = op_arity(op);
    fprintf(out, "### `%s`\n\n%s", op_name(op), op_kind_name(op_kind(op)));
    if (arity < 0)
        fputs("; operands: any number from one up", out);
    else
        fprintf(out, "; operands: %d", arity);
    if (*op_attributes(op)) fprintf(out, "; attributes: `%s`", op_attributes(op));
    fputs("\n\n", out);
}

/* Lines of a program as a block of Markdown. */
static void print_block(const char *text, FILE *out) { fprintf(out, "\n```graph\n%s\n```\n", text); }

void reference_operator(Op op, FILE *out) {
    const OpDoc *doc = op_doc(op);
    const ShapeDoc *shape = op_shape_doc(op);
    print_signature(op, out);
    fprintf(out, "%s\n\n* type: %s\n", doc->does, shape->result);
    for (int i = 0; i < MAX_CONSTRAINTS && shape->constraints[i]; i++) {
        fprintf(out, "* constraint %d: %s\n", i + 1, shape->constraints[i]);
    }
    fprintf(out, "* gradient: %s\n", doc->gradient);
    print_block(doc->example, out);
}

static void print_operators(FILE *out) {
    for (int op = 0; op < OP_COUNT; op++) {
        if (op) fputc('\n', out);
        reference_operator((Op)op, out);
    }
}

static void print_rules(FILE *out) {
    const char *rule;
    for (int i = 1; (rule = graph_rule(i)); i++) fprintf(out, "%d. %s\n", i, rule);
}

static const char *role_place(const RoleInfo *info) {
    return info->on == ON_SYMBOL   ? "symbol"
           : info->on == ON_INPUT  ? "input"
           : info->on == ON_OUTPUT ? "output"
                                   : "both";
}

static void print_roles(FILE *out) {
    fputs("| role | on | of | type | what it is |\n|---|---|---|---|---|\n", out);
    for (int i = ROLE_NONE + 1; i < ROLE_KINDS; i++) {
        const RoleInfo *info = role_info((RoleKind)i);
        fprintf(out, "| `%s` | %s | %s | `%s` | %s |\n", info->name, role_place(info), info->of ? info->of : "",
                info->type, info->means);
    }
}

static void print_passes(FILE *out) {
    const PassInfo *pass;
    fputs("| pass | graphs | what it does |\n|---|---|---|\n", out);
    for (int i = 0; (pass = pipeline_pass(i)); i++)
        fprintf(out, "| `%s` | %s | %s |\n", pass->name, pass->graphs, pass->does);
}

static void print_fits(const Metric *metric, FILE *out) {
    static const char *const kinds[] = {[LABEL_NONE] = "no label",
                                        [LABEL_CLASS] = "class",
                                        [LABEL_FLAGS] = "flags",
                                        [LABEL_REAL] = "real",
                                        [LABEL_MASKED] = "masked"};
    const char *before = "";
    for (int kind = LABEL_NONE; kind <= LABEL_MASKED; kind++) {
        if (!(metric->fits & 1u << kind)) continue;
        fprintf(out, "%s%s", before, kinds[kind]);
        before = ", ";
    }
    if (metric->needs_names) fputs(" with names, one for each word", out);
}

static void print_metrics(FILE *out) {
    int count;
    const Metric *list = metric_list(&count);
    fputs("| metric | what it is | labels | better |\n|---|---|---|---|\n", out);
    for (int i = 0; i < count; i++) {
        fprintf(out, "| `%s` | %s | ", list[i].name, list[i].means);
        print_fits(&list[i], out);
        fprintf(out, " | %s |\n", list[i].lower_is_better ? "lower" : "higher");
    }
}

static void print_diagnostics(FILE *out) {
    const Explanation *row;
    fputs("| code | title |\n|---|---|\n", out);
    for (int i = 0; (row = explanation_get(i)); i++) fprintf(out, "| %s | %s |\n", row->code, row->title);
}

typedef struct Section {
    const char *name;
    void (*print)(FILE *out);
} Section;

static const Section sections[] = {
    {"operators", print_operators}, {"roles", print_roles},     {"rules", print_rules},
    {"passes", print_passes},       {"metrics", print_metrics}, {"diagnostics", print_diagnostics},
};

bool reference_section(const char *name, FILE *out) {
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        if (strcmp(sections[i].name, name) != 0) continue;
        sections[i].print(out);
        return true;
    }
    return false;
}
