/* Elaboration: the settings of the training, as words of the command line. */
#include <math.h>

#include "frontend/elaborate.h"

/* NULL after a message. */
static const char *setting_text(Elab *e, const Expr *expr) {
    Value value = eval(e, expr);
    if (value.kind == VALUE_STRING) return value.text;
    if (value.kind == VALUE_NUMBER) return arena_printf(e->arena, "%.17g", value.number);
    if (value.kind != VALUE_ERROR)
        fail(e, "E0304", expr->pos, "a setting is a number or a text, not %s", value_print(e, value));
    return NULL;
}

static void elaborate_setting(Elab *e, const SettingDecl *decl) {
    Setting setting = {.name = decl->name, .pos = decl->pos, .n_values = decl->values.count};
    const char **values = arena_array(e->arena, (size_t)decl->values.count + 1, sizeof *values);
    for (int i = 0; i < decl->values.count; i++) {
        if (!(values[i] = setting_text(e, decl->values.items[i]))) return;
    }
    setting.values = values;
    vec_push(e->arena, &e->program->settings, setting);
}

void elaborate_recipe(Elab *e) {
    const RecipeDecl *recipe = &e->module->recipe;
    for (int i = 0; i < recipe->settings.count; i++) elaborate_setting(e, &recipe->settings.items[i]);
}
