/* Elaboration: `merge "*.weight" = ...`, once all tasks have said which parameters there are. Each parameter of such a
 * name whose operands exist gets a small graph of its own; the star stands for the same text in all names of the line.
 */
#include <string.h>

#include "frontend/elaborate.h"

/* What the star of the pattern stands for in the name; NULL: the name is another one. Without a star it is "". */
static const char *find_star(Elab *e, const char *pattern, const char *name) {
    const char *star = strchr(pattern, '*');
    size_t before = strcspn(pattern, "*"), after = star ? strlen(star + 1) : 0, length = strlen(name);
    if (!star) return strcmp(pattern, name) == 0 ? "" : NULL;
    if (length < before + after || strncmp(pattern, name, before) != 0 || strcmp(star + 1, name + length - after) != 0)
        return NULL;
    return arena_strndup(e->arena, name + before, length - before - after);
}

static const char *fill_star(Elab *e, const char *pattern, const char *text) {
    const char *star = strchr(pattern, '*');
    return star ? arena_printf(e->arena, "%.*s%s%s", (int)(star - pattern), pattern, text, star + 1) : pattern;
}

/* The program's number of the parameter that a name of the line is; -1: there is none. */
static int find_operand(Elab *e, const char *pattern, const char *star) {
    return name_index_find(&e->params, fill_star(e, pattern, star));
}

/* Do all parameters exist that the expression names? */
static bool has_operands(Elab *e, const Expr *expr, const char *star) {
    if (!expr) return true;
    if (expr->kind == EXPR_STRING && find_operand(e, expr->text, star) < 0) return false;
    for (int i = 0; i < expr->n_args; i++) {
        if (!has_operands(e, expr->args[i].value, star)) return false;
    }
    return has_operands(e, expr->a, star) && has_operands(e, expr->b, star) && has_operands(e, expr->c, star);
}

Value merge_operand(Elab *e, const Expr *name) {
    const Param *param = &e->program->params.items[find_operand(e, name->text, e->star)];
    return value_tensor(emit(e, (NodeSpec){.op = OP_param, .attrs.text = param->name, .type = param->type}, name->pos));
}

/* From parameters that were there before, and from nothing else. */
static bool check_leaves(Elab *e, const Expr *expr, int n_params) {
    bool good = e->program->params.count == n_params;
    for (int i = 0; i < e->graph->nodes.count; i++) good &= e->graph->nodes.items[i]->op != OP_input;
    if (!good && fail(e, "E0415", expr->pos, "what is merged is computed from parameters of the model alone"))
        diag_hint(e->diags,
                  "as in: merge \"*.weight\" = \"*.weight\" + matmul(\"*.lora_B.weight\", \"*.lora_A.weight\")");
    return good;
}

static bool check_type(Elab *e, const MergeDecl *decl, const Param *param, Value value) {
    if (value.kind == VALUE_ERROR) return false;
    if (value.kind == VALUE_TENSOR && type_equal(&value.node->type, &param->type)) return true;
    if (fail(e, "E0415", decl->value->pos, "'%s' must be %s, not %s", param->name,
             type_print(e->arena, &param->type, &e->graph->symbols), value_print(e, value)))
        diag_note(e->diags, param->pos, "the parameter is declared here");
    return false;
}

static void elaborate_merge(Elab *e, const MergeDecl *decl, int index, const char *star) {
    Frame frame = {0};
    int n_params = e->program->params.count;
    begin_graph(e, e->program->params.items[index].name, &frame);
    e->training = false;
    e->n_values = 0;
    e->star = star;
    Value value = eval(e, decl->value);
    e->star = NULL;
    const Param *param = &e->program->params.items[index];
    bool good = check_leaves(e, decl->value, n_params) && check_type(e, decl, param, value);
    if (good) add_output(e, param->name, (Role){.kind = ROLE_WEIGHT}, value.node);
    vec_push(e->arena, &e->program->merges, ((ParamMerge){index, finish_graph(e), decl->pos}));
}

static bool is_merged_already(Elab *e, const MergeDecl *decl, int index) {
    for (int i = 0; i < e->program->merges.count; i++) {
        const ParamMerge *merge = &e->program->merges.items[i];
        if (merge->param != index) continue;
        if (fail(e, "E0415", decl->pos, "'%s' is merged twice", e->program->params.items[index].name))
            diag_note(e->diags, merge->pos, "first merged here");
        return true;
    }
    return false;
}

static void no_match(Elab *e, const MergeDecl *decl) {
    if (fail(e, "E0410", decl->pos, "no parameter matches '%s' for which all others of this line exist", decl->name))
        diag_hint(e->diags, "the star stands for the same text in each of its names");
}

static bool has_one_star(Elab *e, const MergeDecl *decl) {
    const char *star = strchr(decl->name, '*');
    if (!star || !strchr(star + 1, '*')) return true;
    if (fail(e, "E0415", decl->pos, "'%s' has more than one star", decl->name))
        diag_hint(e->diags, "the star stands for the same text in all names of the line, so there is one");
    return false;
}

void elaborate_merges(Elab *e) {
    for (int i = 0; i < e->module->merges.count; i++) {
        const MergeDecl *decl = &e->module->merges.items[i];
        int count = e->program->params.count, before = e->program->merges.count, errors = e->diags->errors;
        if (!has_one_star(e, decl)) continue;
        for (int j = 0; j < count && e->diags->errors == errors; j++) {
            const char *star = find_star(e, decl->name, e->program->params.items[j].name);
            if (star && has_operands(e, decl->value, star) && !is_merged_already(e, decl, j))
                elaborate_merge(e, decl, j, star);
        }
        if (e->program->merges.count == before && e->diags->errors == errors) no_match(e, decl);
    }
}
