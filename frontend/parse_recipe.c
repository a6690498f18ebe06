/* Parser: the settings of the training. */
#include <string.h>

#include "frontend/parser.h"

static void check_new(Parser *parser, const RecipeDecl *recipe, const SettingDecl *setting) {
    for (int i = 0; i < recipe->settings.count && !parser->broken; i++) {
        const SettingDecl *old = &recipe->settings.items[i];
        if (strcmp(old->name, setting->name) != 0) continue;
        diag_error(parser->diags, "E0203", setting->pos, "'%s' is set twice", setting->name);
        diag_note(parser->diags, old->pos, "first given here");
        diag_hint(parser->diags, "write several values on one line: %s = \"a\", \"b\"", setting->name);
        parser->broken = true;
        parser->errors++;
    }
}

/* setting = name ["=" arithmetic {"," arithmetic}] */
static void parse_setting(Parser *parser, RecipeDecl *recipe) {
    SettingDecl setting = {0};
    setting.name = expect_name(parser, "the name of a setting", &setting.pos);
    if (accept(parser, "=")) {
        do vec_push(parser->arena, &setting.values, parse_arithmetic(parser));
        while (accept(parser, ","));
    }
    check_new(parser, recipe, &setting);
    if (!parser->broken) vec_push(parser->arena, &recipe->settings, setting);
}

/* recipe = "train" "{" {setting} "}" */
void parse_recipe(Parser *parser, RecipeDecl *recipe) {
    int nesting = parser->nesting;
    expect(parser, "{");
    while (!next_is(parser, "}") && !parser->broken) {
        int start = parser->at;
        mark_beginning(parser);
        parse_setting(parser, recipe);
        recover_statement(parser, start, nesting);
    }
    expect(parser, "}");
}
