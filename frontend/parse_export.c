/* Parser: how parameters become a model of another program. */
#include <string.h>

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

static Export parse_format(Parser *parser) {
    Export export = {.pos = advance(parser)->pos};
    bool known = next_is(parser, "hf") || next_is(parser, "sentence_transformers");
    if (!known) syntax_error(parser, "'hf' or 'sentence_transformers'");
    export.format = advance(parser)->text;
    return export;
}

/* target = ("none" | string) ["for" name] ["of" patterns] ["with" string "as" string {"," string "as" string}]
 * `for` at the top of a file alone, the rest not behind "none". */
static void parse_target(Parser *parser, Export *export, bool takes_head) {
    bool none = accept(parser, "none");
    if (!none) export->target = expect_string(parser, "a class of transformers, or a way of pooling, in quotes", NULL);
    if (takes_head && accept(parser, "for")) export->head = expect_name(parser, "what tasks call such a head", NULL);
    if (none) return;
    parse_names(parser, export);
    parse_renames(parser, export);
}

/* export = "export" ("hf" | "sentence_transformers") target */
Export parse_export(Parser *parser) {
    Export export = parse_format(parser);
    parse_target(parser, &export, true);
    return export;
}

static void add_task_export(Parser *parser, TaskDecl *task, const Export *export, bool has_head) {
    const Export *old = exports_find(&task->exports, export->format, NULL);
    const HeadExport *head = &task->head_export;
    bool twice = head->pos.file && strcmp(head->format, export->format) == 0;
    if (old || (has_head && head->pos.file) || twice)
        given_twice(parser, export->pos, old ? old->pos : head->pos,
                    "a task is exported to a format in one way; this is the second");
    else if (!has_head)
        vec_push(parser->arena, &task->exports, *export);
}

/* In a task: "export" ("hf" | "sentence_transformers") (name "in" string | target) */
void parse_task_export(Parser *parser, TaskDecl *task) {
    Export export = parse_format(parser);
    bool has_head = peek(parser)->kind == TOKEN_NAME && !next_is(parser, "none");
    HeadExport head = {.pos = export.pos, .format = export.format};
    if (has_head) {
        head.head = expect_name(parser, "a head that the encoder's export lines name", &head.head_pos);
        expect(parser, "in");
        head.scope = expect_string(parser, "the scope of its parameters in quotes", NULL);
    } else {
        parse_target(parser, &export, false);
    }
    add_task_export(parser, task, &export, has_head);
    if (has_head && !task->head_export.pos.file) task->head_export = head;
}
