/* Parser: how parameters become a model of another program. */
#include "frontend/parser.h"

/* ["of" string {"," string}] */
static void parse_names(Parser *parser, Export *export) {
    VEC(const char *) names = {0};
    if (!accept(parser, "of")) return;
    do vec_push(parser->arena, &names, expect_string(parser, "a pattern of names in quotes", NULL));
    while (accept(parser, ","));
    export->names = names.items;
    export->n_names = names.count;
}

/* ["with" string "as" string {"," string "as" string}] */
static void parse_renames(Parser *parser, Export *export) {
    VEC(Rename) renames = {0};
    if (!accept(parser, "with")) return;
    do {
        Rename rename = {.from = expect_string(parser, "the beginning of names in quotes", NULL)};
        expect(parser, "as");
        rename.to = expect_string(parser, "what they begin with there, in quotes", NULL);
        vec_push(parser->arena, &renames, rename);
    } while (accept(parser, ","));
    export->renames = renames.items;
    export->n_renames = renames.count;
}

/* export = "export" ("hf" | "sentence_transformers") ("none" | string ["of" patterns] ["with" string "as" string {","
 * string "as" string}]) */
Export parse_export(Parser *parser) {
    Export export = {.pos = advance(parser)->pos};
    bool known = next_is(parser, "hf") || next_is(parser, "sentence_transformers");
    if (!known) syntax_error(parser, "'hf' or 'sentence_transformers'");
    export.format = advance(parser)->text;
    if (accept(parser, "none")) return export;
    export.target = expect_string(parser, "a class of transformers, or a way of pooling, in quotes", NULL);
    parse_names(parser, &export);
    parse_renames(parser, &export);
    return export;
}
