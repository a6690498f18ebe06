/* Elaboration: the whole program. Config values first, since everything may use them; then tasks
 * and the optimizer. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/elaborate.h"

const char *find_set(const ProgramOptions *options, const char *name) {
    const char *found = NULL;
    size_t length = strlen(name);
    for (int i = 0; i < options->n_sets; i++) {
        const char *set = options->sets[i];
        if (strncmp(set, name, length) == 0 && set[length] == '=') found = set + length + 1;
    }
    return found;
}

static bool parse_number(const char *text, double *number) {
    char *end;
    *number = strtod(text, &end);
    return *text && !*end && isfinite(*number);
}

/* The text's value, then config.json's, then --set's. */
static bool config_value(Elab *e, const ConfigDecl *decl, double *value) {
    const ProgramOptions *options = e->options;
    bool good = eval_number(e, decl->value, "a config value", value);
    int errors = e->diags->errors;
    bool given = decl->key && options->lookup && options->lookup(options->user, decl->key, value);
    if (e->diags->errors > errors) return false; /* a broken config.json, reported already */
    good |= given;
    const char *set = find_set(options, decl->name);
    if (!set) return good;
    if (parse_number(set, value)) return true;
    diag_error(e->diags, "E0205", (Pos){0}, "--set %s=%s: '%s' is not a number", decl->name, set, set);
    diag_note(e->diags, decl->pos, "'%s' is declared here", decl->name);
    return false;
}

static bool is_integral(double value) { return value == floor(value); }

static ConfigItem *find_config(const Elab *e, const char *name) {
    int i = name_index_find(&e->configs, name);
    return i < 0 ? NULL : &e->program->configs.items[i];
}

/* Who gave a value that the text did not. */
static void note_source(Elab *e, const ConfigDecl *decl, double value) {
    double looked_up;
    const ProgramOptions *options = e->options;
    const char *set = find_set(options, decl->name);
    bool given = decl->key && options->lookup && options->lookup(options->user, decl->key, &looked_up);
    if (set)
        diag_note(e->diags, (Pos){0}, "--set %s=%s gives it", decl->name, set);
    else if (given && looked_up == value && options->where)
        diag_note(e->diags, options->where(options->user, decl->key), "its value is given here");
    diag_hint(e->diags, "what is written without a point stays an integer; write %s = %s.0 for a number", decl->name,
              decl->value->text);
}

/* What is written as an integer stays one: it may be a size. */
static void elaborate_config(Elab *e, const ConfigDecl *decl) {
    ConfigItem *old = find_config(e, decl->name);
    if (old && !decl->replaces) {
        if (fail(e, "E0203", decl->pos, "the config value '%s' is declared twice", decl->name)) {
            diag_note(e->diags, old->pos, "first given here");
            diag_hint(e->diags, "to replace it: override config %s = ...", decl->name);
        }
        return;
    }
    if (!old && decl->replaces) {
        fail(e, "E0209", decl->pos, "there is no config value '%s' to replace", decl->name);
        return;
    }
    ConfigItem item = {.name = decl->name, .key = decl->key, .value = NAN, .pos = decl->pos};
    double value = NAN;
    if (config_value(e, decl, &value)) item.value = value;
    const Expr *written = decl->value;
    bool integer = written && written->kind == EXPR_NUMBER && !strpbrk(written->text, ".eE");
    item.is_integer = integer || (written && written->kind != EXPR_NUMBER && is_integral(value));
    if (integer && !isnan(value) && !is_integral(value)) {
        if (fail(e, "E0205", decl->pos, "'%s' must be an integer, not %.15g", decl->name, value))
            note_source(e, decl, value);
        item.value = NAN; /* whatever uses it is silent */
    }
    if (old) {
        *old = item;
    } else {
        name_index_put(e->arena, &e->configs, item.name, e->program->configs.count);
        vec_push(e->arena, &e->program->configs, item);
    }
    note_declaration(e, item.name, isnan(item.value) ? value_error() : value_number(item.value), item.pos);
}

static void check_sets(Elab *e) {
    const Program *program = e->program;
    const char **names = arena_array(e->arena, (size_t)program->configs.count + 1, sizeof *names);
    for (int i = 0; i < program->configs.count; i++) names[i] = program->configs.items[i].name;
    for (int i = 0; i < e->options->n_sets; i++) {
        const char *set = e->options->sets[i];
        const char *name = arena_strndup(e->arena, set, strcspn(set, "="));
        if (!strchr(set, '=')) {
            diag_error(e->diags, "E0205", (Pos){0}, "--set %s: the value is missing", set);
            diag_hint(e->diags, "write --set NAME=VALUE");
        } else if (!find_config(e, name)) {
            diag_error(e->diags, "E0204", (Pos){0}, "--set %s: there is no config value '%s'", set, name);
            diag_hint_nearest(e->diags, name, names, program->configs.count);
        }
    }
}

static bool is_second_task(Elab *e, NameIndex *tasks, int index) {
    const TaskDecl *task = e->module->tasks.items[index];
    int first = name_index_find(tasks, task->name);
    if (first < 0) {
        name_index_put(e->arena, tasks, task->name, index);
        return false;
    }
    if (fail(e, "E0203", task->pos, "the task '%s' is declared twice", task->name))
        diag_note(e->diags, e->module->tasks.items[first]->pos, "first given here");
    return true;
}

/* The user's optimizer, or else the prelude's. */
static void choose_optimizer(Elab *e) {
    const Def *chosen = NULL;
    for (int i = 0; i < e->module->optimizers.count; i++) {
        const Def *def = e->module->optimizers.items[i];
        if (chosen && !chosen->prelude && !def->replaces) {
            if (fail(e, "E0407", def->pos, "a program has one optimizer; this is the second")) {
                diag_note(e->diags, chosen->pos, "the first is here");
                diag_hint(e->diags, "to replace it: override optimizer %s", def->name);
            }
            break;
        }
        chosen = def;
    }
    if (chosen) elaborate_optimizer(e, chosen);
}

/* A size of `tokens`, from 1, which it is when it is not given; its name stays with it. */
static void elaborate_size(Elab *e, const Expr *expr, const char *what, int64_t *size, Dim *dim) {
    *size = 1;
    *dim = dim_const(1);
    if (!expr) return;
    Value value = eval(e, expr);
    integer_of(e, value, expr->pos, what, 1, size);
    *dim = dim_named(*size, value.name);
}

static void copy_declarations(Elab *e) {
    e->program->expects = e->module->expects;
    e->program->exports = e->module->exports;
}

static void elaborate_sizes(Elab *e) {
    Module *module = e->module;
    Program *program = e->program;
    program->saves_overlay = module->apart;
    for (int i = 0; i < module->checkpoints.count; i++) {
        const CheckpointDecl *decl = &module->checkpoints.items[i];
        vec_push(e->arena, &program->origins, ((ParamOrigin){decl->scope, decl->prefix, decl->pos}));
    }
    if (!module->tokens.pos.file) return;
    const TokensDecl *tokens = &module->tokens;
    elaborate_size(e, tokens->vocab, "the size of the vocabulary", &program->vocab, &e->vocab);
    elaborate_size(e, tokens->positions, "the number of positions", &program->positions, &e->positions);
    elaborate_size(e, tokens->segments, "the number of segments", &program->segments, &e->segments);
}

static void elaborate(Elab *e) {
    /* Names of sizes in messages need a graph even outside of one. */
    Frame none = {0};
    NameIndex tasks = {0};
    index_defs(e);
    begin_graph(e, "config", &none);
    Graph *scratch = e->graph;
    for (int i = 0; i < e->module->configs.count; i++) elaborate_config(e, &e->module->configs.items[i]);
    check_sets(e);
    elaborate_sizes(e);
    elaborate_recipe(e);
    copy_declarations(e);
    check_defs(e);
    if (e->probe) elaborate_probe(e);
    for (int i = 0; i < e->module->defs.count && !e->probe; i++) {
        Def *def = e->module->defs.items[i];
        if (!def->prelude && !def->hidden) check_definition(e, def);
    }
    for (int i = 0; i < e->module->tasks.count && !e->probe; i++) {
        e->graph = scratch;
        e->frame = &none;
        if (!is_second_task(e, &tasks, i)) elaborate_task(e, e->module->tasks.items[i]);
    }
    e->graph = scratch;
    e->frame = &none;
    if (e->diags->errors == e->errors_before && !e->probe) elaborate_freezes(e);
    if (e->diags->errors == e->errors_before && !e->probe) elaborate_merges(e);
    if (!e->probe) choose_optimizer(e);
    graph_free(scratch);
}

Program *program_load(const char *path, const ProgramOptions *options, Diagnostics *diags) {
    static const ProgramOptions as_written = {.dropout = -1};
    int errors = diags->errors;
    Arena *arena = arena_new();
    Program *program = arena_alloc(arena, sizeof *program);
    Elab e = {.arena = arena, .diags = diags, .program = program, .errors_before = errors};
    e.options = options ? options : &as_written;
    e.probe = e.options->probe;
    program->arena = arena;
    program->path = arena_strdup(arena, path);
    Loaded *loaded = load_module(path, e.options, arena, diags);
    e.module = &loaded->module;
    program->source = loaded->source;
    if (!loaded->module.incomplete) elaborate(&e);
    if (diags->errors == errors) {
        program->source = resolved_source(program, e.options, arena);
        return program;
    }
    program_free(program);
    return NULL;
}

void program_free(Program *program) {
    if (!program) return;
    for (int i = 0; i < program->tasks.count; i++) {
        graph_free(program->tasks.items[i].train);
        graph_free(program->tasks.items[i].eval);
    }
    for (int i = 0; i < program->merges.count; i++) graph_free(program->merges.items[i].graph);
    for (int i = 0; i < program->optimizer.updates.count; i++) graph_free(program->optimizer.updates.items[i].graph);
    arena_free(program->arena);
}
