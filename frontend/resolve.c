/* Resolving: a program's text with what its data and --set said written into it, so that it can be read again without
 * them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/elaborate.h"
#include "frontend/parse.h"
#include "graph/base/text.h"

/* What stands in a place instead. */
typedef struct Edit {
    Span place;
    const char *written;
} Edit;

typedef struct Resolver {
    const Program *program;
    const Module *module; /* of the text alone */
    const ProgramOptions *options;
    Arena *scratch;
    VEC(Edit) edits;
} Resolver;

static void edit(Resolver *s, Span place, const char *written) {
    if (place.end) vec_push(s->scratch, &s->edits, ((Edit){place, written}));
}

/* ["no", "yes"] */
static const char *write_names(Arena *arena, const Label *label) {
    Text list = {0};
    for (int64_t i = 0; i < label->classes; i++) text_print(arena, &list, "%s\"%s\"", i ? ", " : "[", label->names[i]);
    text_add(arena, &list, "]", 1);
    return text_read(&list);
}

static const char *write_weights(Arena *arena, const Label *label) {
    Text list = {0};
    for (int64_t i = 0; i < label->classes; i++) text_print(arena, &list, "%s%.17g", i ? ", " : "[", label->weights[i]);
    text_add(arena, &list, "]", 1);
    return text_read(&list);
}

/* The one that counts: a later one of the same name replaces those before it. */
static const Task *task_of_decl(const Resolver *s, int index) {
    const char *name = s->module->tasks.items[index]->name;
    for (int i = index + 1; i < s->module->tasks.count; i++) {
        if (strcmp(s->module->tasks.items[i]->name, name) == 0) return NULL;
    }
    for (int i = 0; i < s->program->tasks.count; i++) {
        if (strcmp(s->program->tasks.items[i].name, name) == 0) return &s->program->tasks.items[i];
    }
    return NULL;
}

static void resolve_labels(Resolver *s, int index) {
    const TaskDecl *decl = s->module->tasks.items[index];
    const Task *task = task_of_decl(s, index);
    for (int i = 0; task && i < decl->n_values; i++) {
        const LabelDecl *label = &decl->values[i];
        if (label->open.end) edit(s, label->open, write_names(s->scratch, &task->values[i]));
        if (label->balanced.end) edit(s, label->balanced, write_weights(s->scratch, &task->values[i]));
    }
}

/* The last declaration has the value. */
static const ConfigDecl *find_declaration(const Resolver *s, const char *name) {
    const ConfigDecl *found = NULL;
    for (int i = 0; i < s->module->configs.count; i++) {
        if (strcmp(s->module->configs.items[i].name, name) == 0) found = &s->module->configs.items[i];
    }
    return found;
}

/* A value that --set gave; one with a key is kept in config.json. */
static void resolve_config(Resolver *s, const ConfigItem *item) {
    const ConfigDecl *decl = find_set(s->options, item->name) ? find_declaration(s, item->name) : NULL;
    if (!decl || decl->key) return;
    const char *form =
        item->is_integer || item->value != floor(item->value) ? "%.17g" : "%.1f"; /* 2.0 stays no integer */
    edit(s, decl->written, arena_printf(s->scratch, form, item->value));
}

static int by_place(const void *a, const void *b) {
    size_t x = ((const Edit *)a)->place.start, y = ((const Edit *)b)->place.start;
    return (x > y) - (x < y);
}

static const char *apply(Resolver *s, Arena *arena) {
    const char *text = s->program->source;
    Text result = {0};
    size_t from = 0;
    if (s->edits.count == 0) return text;
    qsort(s->edits.items, (size_t)s->edits.count, sizeof(Edit), by_place);
    for (int i = 0; i < s->edits.count; i++) {
        const Edit *next = &s->edits.items[i];
        text_add(s->scratch, &result, text + from, next->place.start - from);
        text_add(s->scratch, &result, next->written, strlen(next->written));
        from = next->place.end;
    }
    return arena_printf(arena, "%s%s", text_read(&result), text + from);
}

const char *resolved_source(const Program *program, const ProgramOptions *options, Arena *arena) {
    Resolver s = {.program = program, .options = options, .scratch = arena_new()};
    Diagnostics diags = {.arena = s.scratch};
    Module module = {0};
    parse(diagnostics_file(&diags, program->path, program->source), false, s.scratch, &diags, &module, NULL, NULL);
    s.module = &module;
    for (int i = 0; i < module.tasks.count; i++) resolve_labels(&s, i);
    for (int i = 0; i < program->configs.count; i++) resolve_config(&s, &program->configs.items[i]);
    const char *resolved = apply(&s, arena);
    arena_free(s.scratch);
    return resolved;
}
