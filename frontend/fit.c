/* Elaboration: numbers that are fitted on the development set. Each is a parameter that no gradient reaches. */
#include <string.h>

#include "frontend/elaborate.h"

static bool bad_fit(Elab *e, Pos pos, const char *name, const char *what) {
    if (fail(e, "E0413", pos, "'%s' %s", name, what))
        diag_hint(e->diags, "as in: fit threshold = 0.5 from 0 to 1 for f1, then: predict float(p > threshold)");
    return false;
}

static bool eval_fit(Elab *e, const FitDecl *decl, Fit *fit) {
    *fit =
        (Fit){.name = decl->name, .metric = decl->metric, .metric_pos = decl->metric_pos, .pos = decl->pos, .count = 1};
    if (decl->count && !eval_integer(e, decl->count, "how many numbers are fitted", 1, &fit->count)) return false;
    fit->is_list = decl->count != NULL;
    if (fit->count > MAX_FITTED) return bad_fit(e, decl->pos, decl->name, "is too many numbers to fit");
    bool good = eval_number(e, decl->start, "where the fit starts", &fit->start) &&
                eval_number(e, decl->lowest, "the lowest value", &fit->lowest) &&
                eval_number(e, decl->highest, "the highest value", &fit->highest);
    if (!good || (fit->lowest < fit->highest && fit->start >= fit->lowest && fit->start <= fit->highest)) return good;
    return bad_fit(e, decl->pos, decl->name, "must start between its lowest and its highest value");
}

bool eval_fits(Elab *e, const TaskDecl *decl, Task *task) {
    bool good = true;
    for (int i = 0; i < decl->n_fits; i++) good = eval_fit(e, &decl->fits[i], &task->fits[i]) && good;
    task->n_fits = decl->n_fits;
    return good;
}

static const char *param_name(Elab *e, const Task *task, const Fit *fit) {
    return arena_printf(e->arena, "%s.%s", task->name, fit->name);
}

void bind_fits(Elab *e, const Task *task) {
    for (int i = 0; i < task->n_fits; i++) {
        const Fit *fit = &task->fits[i];
        if (find_local(e->frame, fit->name)) {
            if (fail(e, "E0203", fit->pos, "the task already has something called '%s'", fit->name))
                diag_hint(e->diags, "choose another name for the fitted number");
            continue;
        }
        Param param = {.name = param_name(e, task, fit),
                       .type = type_scalar(ELEM_F32),
                       .frozen = true,
                       .fitted = true,
                       .init = INIT_CONSTANT,
                       .init_a = fit->start,
                       .pos = fit->pos};
        if (fit->is_list) param.type.dims[param.type.rank++] = dim_const(fit->count);
        bool good = instantiate(e, &param, false);
        NodeSpec spec = {.op = OP_param, .attrs.text = param.name, .type = param.type};
        bind_name(e, e->frame, fit->name, good ? value_tensor(emit(e, spec, fit->pos)) : value_error());
    }
}

void find_fitted(Elab *e, Task *task) {
    for (int i = 0; i < task->n_fits; i++) {
        Fit *fit = &task->fits[i];
        const char *name = param_name(e, task, fit);
        int param = name_index_find(&e->params, name);
        fit->param = param < 0 ? e->program->params.count : param;
        if (!reads_param(task->eval, name))
            bad_fit(e, fit->pos, fit->name, "is fitted, but no prediction and no shown value reads it");
    }
}
