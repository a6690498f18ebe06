/* Parser: top-level declarations. */
#include "frontend/parse.h"

#include <string.h>

#include "frontend/parser.h"

typedef struct Context {
    Module *module;
    bool prelude, replaces; /* `override` was written */
    ImportFunction *import;
    void *user;
} Context;

/* import = "import" string */
static void parse_import(Parser *parser, Context *context) {
    const Token *word = advance(parser);
    const Token *path = peek(parser);
    ImportDecl import = {.start = word->start, .end = path->end};
    import.path = expect_string(parser, "a file in quotes", &import.pos);
    if (!parser->broken && context->import) context->import(context->user, &import);
}

/* config = "config" name "=" arithmetic ["as" string] {"," ...} */
static void parse_config(Parser *parser, Context *context) {
    advance(parser);
    do {
        ConfigDecl config = {0};
        config.name = expect_name(parser, "the name of a config value", &config.pos);
        expect(parser, "=");
        size_t start = peek(parser)->start;
        config.value = parse_arithmetic(parser);
        config.written = (Span){start, parser->tokens.items[parser->at - 1].end};
        if (accept(parser, "as")) config.key = expect_string(parser, "a key in quotes", NULL);
        config.replaces = context->replaces;
        if (!parser->broken) vec_push(parser->arena, &context->module->configs, config);
    } while (accept(parser, ","));
}

/* Of some declarations a program has one: a second must say that it replaces it, and one that says so must follow one.
 * */
static void check_single(Parser *parser, const Context *context, Pos pos, Pos old, const char *word) {
    bool follows_imports = context->import != NULL; /* not for the layout alone, which then cannot know */
    if (parser->broken || !follows_imports || context->replaces == (old.file != NULL)) return;
    if (context->replaces) {
        diag_error(parser->diags, "E0209", pos, "there is no '%s' to replace", word);
        diag_hint(parser->diags,
                  "import the file that declares it before this line; the first one needs no 'override'");
    } else {
        diag_error(parser->diags, "E0203", pos, "'%s' is declared twice", word);
        diag_note(parser->diags, old, "first given here");
        diag_hint(parser->diags, "to replace it: override %s ...", word);
    }
}

static Expectation *find_expectation(Module *module, const char *key) {
    for (int i = 0; i < module->expects.count; i++) {
        if (strcmp(module->expects.items[i].key, key) == 0) return &module->expects.items[i];
    }
    return NULL;
}

/* Each key by itself is declared once, and replaced. */
static void add_expectation(Parser *parser, Context *context, Expectation expectation) {
    Expectation *old = find_expectation(context->module, expectation.key);
    check_single(parser, context, expectation.pos, old ? old->pos : (Pos){0}, "checkpoint expects");
    if (old)
        *old = expectation;
    else
        vec_push(parser->arena, &context->module->expects, expectation);
}

/* expectations = string "=" string {"," string "=" string} */
static void parse_expectations(Parser *parser, Context *context) {
    do {
        Expectation expectation = {0};
        expectation.key = expect_string(parser, "a key in quotes", &expectation.pos);
        expect(parser, "=");
        expectation.value = expect_string(parser, "its value in quotes", NULL);
        if (!parser->broken) add_expectation(parser, context, expectation);
    } while (accept(parser, ","));
}

/* Each scope has one; what replaces, replaces all. */
static void add_checkpoint(Parser *parser, Context *context, CheckpointDecl checkpoint) {
    Module *module = context->module;
    Pos old = {0};
    for (int i = 0; i < module->checkpoints.count; i++) {
        bool same = context->replaces || strcmp(module->checkpoints.items[i].scope, checkpoint.scope) == 0;
        if (same) old = module->checkpoints.items[i].pos;
    }
    check_single(parser, context, checkpoint.pos, old, "checkpoint");
    if (context->replaces) module->checkpoints.count = 0;
    vec_push(parser->arena, &module->checkpoints, checkpoint);
}

/* checkpoint = "checkpoint" ("apart" | "expects" expectations | "prefix" string ["for" string] "optional") */
static void parse_checkpoint(Parser *parser, Context *context) {
    CheckpointDecl checkpoint = {.pos = advance(parser)->pos};
    if (accept(parser, "apart")) {
        context->module->apart = true;
        return;
    }
    if (accept(parser, "expects")) {
        parse_expectations(parser, context);
        return;
    }
    if (!accept(parser, "prefix")) syntax_error(parser, "'prefix', 'expects' or 'apart'");
    checkpoint.prefix = checkpoint.scope = expect_string(parser, "a prefix in quotes", NULL);
    if (accept(parser, "for")) checkpoint.scope = expect_string(parser, "a scope in quotes", NULL);
    expect(parser, "optional");
    if (!parser->broken) add_checkpoint(parser, context, checkpoint);
}

/* patterns = string {"," string} */
static void parse_patterns(Parser *parser, NamePatterns *patterns) {
    do {
        NamePattern pattern = {0};
        pattern.text = expect_string(parser, "a pattern of names in quotes", &pattern.pos);
        vec_push(parser->arena, patterns, pattern);
    } while (accept(parser, ","));
}

/* freeze = "freeze" patterns ["except" patterns] */
static void parse_freeze(Parser *parser, Context *context) {
    FreezeDecl freeze = {0};
    advance(parser);
    parse_patterns(parser, &freeze.patterns);
    if (accept(parser, "except")) parse_patterns(parser, &freeze.exceptions);
    if (!parser->broken) vec_push(parser->arena, &context->module->freezes, freeze);
}

/* merge = "merge" string "=" expr */
static void parse_merge(Parser *parser, Context *context) {
    MergeDecl merge = {0};
    advance(parser);
    merge.name = expect_string(parser, "the name of a parameter in quotes", &merge.pos);
    expect(parser, "=");
    merge.value = parse_expr(parser);
    if (!parser->broken) vec_push(parser->arena, &context->module->merges, merge);
}

/* tokens = "tokens" size {"," size}, segments being optional; size = ("vocab" | "positions" | "segments") "="
 * arithmetic */
static void parse_tokens(Parser *parser, Context *context) {
    TokensDecl tokens = {.pos = advance(parser)->pos, .replaces = context->replaces};
    do {
        Expr **size = NULL;
        if (accept(parser, "vocab"))
            size = &tokens.vocab;
        else if (accept(parser, "positions"))
            size = &tokens.positions;
        else if (accept(parser, "segments"))
            size = &tokens.segments;
        else
            syntax_error(parser, "'vocab', 'positions' or 'segments'");
        expect(parser, "=");
        Expr *value = parse_arithmetic(parser);
        if (size) *size = value;
    } while (accept(parser, ","));
    if (!tokens.vocab || !tokens.positions) syntax_error(parser, "sizes for each of vocab and positions");
    check_single(parser, context, tokens.pos, context->module->tokens.pos, "tokens");
    if (!parser->broken) context->module->tokens = tokens;
}

/* A position or a head is a whole number. */
static bool accept_place(Parser *parser, Formal *formal) {
    const Token *token = peek(parser);
    formal->place = accept(parser, "position") ? PLACE_POSITION : accept(parser, "head") ? PLACE_HEAD : PLACE_NONE;
    if (formal->place) formal->type = (TypeExpr){.elem = ELEM_I32, .pos = token->pos, .text = token->text};
    return formal->place != PLACE_NONE;
}

/* formal = name [":" ("tokens" | "position" | "head" | type)] ["=" expr] */
static Formal parse_formal(Parser *parser) {
    Formal formal = {0};
    formal.name = expect_name(parser, "the name of a parameter", &formal.pos);
    if (accept(parser, ":")) {
        formal.is_tokens = accept(parser, "tokens");
        formal.has_type = !formal.is_tokens;
        if (formal.has_type && !accept_place(parser, &formal)) formal.type = parse_type(parser);
    }
    if (accept(parser, "=")) formal.initial = parse_expr(parser);
    return formal;
}

/* formals = "(" [formal {"," formal}] ")" */
static void parse_formals(Parser *parser, Formals *formals) {
    expect(parser, "(");
    while (!next_is(parser, ")") && !parser->broken) {
        Formal formal = parse_formal(parser);
        if (name_index_find(&formals->named, formal.name) < 0)
            name_index_put(parser->arena, &formals->named, formal.name, formals->count);
        vec_push(parser->arena, formals, formal);
        if (!accept(parser, ",")) break;
    }
    expect(parser, ")");
}

/* def = "def" name formals ["->" type] (block | "=" result) */
static void parse_def(Parser *parser, Context *context) {
    Def *def = arena_alloc(parser->arena, sizeof *def);
    int errors = parser->errors;
    advance(parser);
    def->prelude = context->prelude;
    def->replaces = context->replaces;
    def->name = expect_name(parser, "the name of a function", &def->pos);
    parse_formals(parser, &def->formals);
    def->has_result = accept(parser, "->");
    if (def->has_result) def->result = parse_type(parser);
    def->unread = parser->errors > errors;
    if (next_is(parser, "="))
        parse_result(parser, &def->body);
    else
        parse_block(parser, BLOCK_DEF, &def->body);
    def->failed = parser->errors > errors; /* known all the same: no second mistake where it is called */
    if (!*def->name) context->module->incomplete = true;
    vec_push(parser->arena, &context->module->defs, def);
}

/* optimizer = "optimizer" name [formals] block */
static void parse_optimizer(Parser *parser, Context *context) {
    Def *def = arena_alloc(parser->arena, sizeof *def);
    int errors = parser->errors;
    advance(parser);
    def->prelude = context->prelude;
    def->replaces = context->replaces;
    def->name = expect_name(parser, "the name of an optimizer", &def->pos);
    if (next_is(parser, "(")) parse_formals(parser, &def->formals);
    parse_block(parser, BLOCK_OPTIMIZER, &def->body);
    def->failed = parser->errors > errors;
    vec_push(parser->arena, &context->module->optimizers, def);
}

/* It takes the other's place, so the order of tasks stays. */
static void replace_task(Parser *parser, Module *module, TaskDecl *task) {
    const char **names = arena_array(parser->arena, (size_t)module->tasks.count + 1, sizeof *names);
    for (int i = 0; i < module->tasks.count; i++) {
        names[i] = module->tasks.items[i]->name;
        if (strcmp(names[i], task->name) != 0) continue;
        module->tasks.items[i] = task;
        return;
    }
    diag_error(parser->diags, "E0209", task->pos, "there is no task '%s' to replace", task->name);
    if (!diag_hint_nearest(parser->diags, task->name, names, module->tasks.count))
        diag_hint(parser->diags, "import the file that declares it before this line; a new task needs no 'override'");
    parser->errors++;
}

static void parse_task_item(Parser *parser, Context *context) {
    int errors = parser->errors;
    advance(parser);
    TaskDecl *task = parse_task(parser);
    if (parser->errors > errors) return;
    if (context->replaces && context->import)
        replace_task(parser, context->module, task);
    else
        vec_push(parser->arena, &context->module->tasks, task);
}

static void add_setting(Parser *parser, RecipeDecl *to, const SettingDecl *setting) {
    for (int i = 0; i < to->settings.count; i++) {
        if (strcmp(to->settings.items[i].name, setting->name) != 0) continue;
        to->settings.items[i] = *setting;
        return;
    }
    vec_push(parser->arena, &to->settings, *setting);
}

/* Replaced is each setting by itself. */
static void parse_recipe_item(Parser *parser, Context *context) {
    RecipeDecl recipe = {0}, *to = &context->module->recipe;
    Pos pos = peek(parser)->pos;
    advance(parser);
    parse_recipe(parser, &recipe);
    check_single(parser, context, pos, to->pos, "train");
    to->pos = pos;
    for (int i = 0; i < recipe.settings.count; i++) add_setting(parser, to, &recipe.settings.items[i]);
}

/* What the new line leaves out stays as it was. */
static void replace_export(Export *old, Export export) {
    if (export.target && !export.n_names) export.names = old->names, export.n_names = old->n_names;
    if (export.target && !export.n_renames) export.renames = old->renames, export.n_renames = old->n_renames;
    *old = export;
}

static void parse_export_item(Parser *parser, Context *context) {
    Exports *exports = &context->module->exports;
    Export export = parse_export(parser);
    Export *old = exports_find(exports, export.format, export.head);
    check_single(parser, context, export.pos, old ? old->pos : (Pos){0}, "export");
    if (parser->broken) return;
    if (old)
        replace_export(old, export);
    else
        vec_push(parser->arena, exports, export);
}

static void parse_override(Parser *parser, Context *context);

typedef struct Item {
    const char *word;
    void (*parse)(Parser *parser, Context *context);
    bool contained;   /* a mistake in it leaves no names unknown */
    bool replaceable; /* may stand behind `override` */
} Item;

static const Item items[] = {
    {"import", parse_import, false, false},       {"config", parse_config, false, true},
    {"checkpoint", parse_checkpoint, true, true}, {"tokens", parse_tokens, false, true},
    {"export", parse_export_item, true, true},    {"freeze", parse_freeze, true, false},
    {"merge", parse_merge, true, false},          {"def", parse_def, true, true},
    {"optimizer", parse_optimizer, true, true},   {"task", parse_task_item, true, true},
    {"train", parse_recipe_item, true, true},     {"override", parse_override, false, false},
};
enum { ITEM_COUNT = sizeof items / sizeof *items };

bool is_declaration(const char *word) {
    for (int i = 0; i < ITEM_COUNT; i++) {
        if (strcmp(items[i].word, word) == 0) return true;
    }
    return false;
}

/* override = "override" (config | checkpoint | tokens | export | def | optimizer | task | recipe) */
static void parse_override(Parser *parser, Context *context) {
    advance(parser);
    for (int i = 0; i < ITEM_COUNT; i++) {
        if (!items[i].replaceable || !next_is(parser, items[i].word)) continue;
        context->replaces = true;
        items[i].parse(parser, context);
        context->replaces = false;
        return;
    }
    syntax_error(parser, "what to replace (def, task, config, train, checkpoint, tokens, export or optimizer)");
}

static void no_item(Parser *parser) {
    const Token *token = peek(parser);
    if (parser->broken || token->kind == TOKEN_BAD) {
        syntax_error(parser, "");
        return;
    }
    const char *words[ITEM_COUNT];
    for (int i = 0; i < ITEM_COUNT; i++) words[i] = items[i].word;
    syntax_error(
        parser,
        "a declaration (import, config, checkpoint, tokens, export, freeze, merge, def, optimizer, task, train, "
        "override)");
    diag_hint_nearest(parser->diags, token->text, words, ITEM_COUNT);
}

static void parse_item(Parser *parser, Context *context) {
    mark_beginning(parser);
    for (int i = 0; i < ITEM_COUNT; i++) {
        if (next_is(parser, items[i].word)) {
            items[i].parse(parser, context);
            if (parser->broken && !items[i].contained) context->module->incomplete = true;
            return;
        }
    }
    context->module->incomplete = true;
    no_item(parser);
}

/* After a mistake: on to the next word at the start of a line that begins a declaration. */
static void recover(Parser *parser) {
    parser->broken = false;
    parser->nesting = 0;
    for (; peek(parser)->kind != TOKEN_END; parser->at++) {
        if (peek(parser)->pos.column != 1) continue;
        if (peek(parser)->kind == TOKEN_NAME && is_declaration(peek(parser)->text)) return;
    }
}

static void parse_file(Parser *parser, Context *context) {
    lex(parser->file, parser->arena, parser->diags, &parser->tokens);
    parser->end = (Token){.kind = TOKEN_END, .text = "", .pos = {.file = parser->file}};
    while (peek(parser)->kind != TOKEN_END) {
        int before = parser->at;
        parse_item(parser, context);
        if (!parser->broken) continue;
        if (parser->at == before) parser->at++;
        recover(parser);
    }
}

void parse(const SourceFile *file, bool prelude, Arena *arena, Diagnostics *diags, Module *module,
           ImportFunction *import, void *user) {
    Parser parser = {.file = file, .arena = arena, .diags = diags};
    parse_file(&parser, &(Context){.module = module, .prelude = prelude, .import = import, .user = user});
}

bool parse_layout(const SourceFile *file, Arena *arena, Diagnostics *diags, Tokens *tokens) {
    Parser parser = {.file = file, .arena = arena, .diags = diags};
    Module module = {0};
    int errors = diags->errors;
    parse_file(&parser, &(Context){.module = &module});
    *tokens = parser.tokens;
    return diags->errors == errors;
}
