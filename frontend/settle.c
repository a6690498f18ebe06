/* Settling: a program's text with what its data said written into it, so that it can be read again without the data. */
#include <string.h>

#include "frontend/elaborate.h"
#include "frontend/parse.h"

/* The text up to `from` is copied. */
typedef struct Copy {
    Arena *arena;
    const char *text, *result;
    size_t from;
} Copy;

static void put(Copy *copy, Span place, const char *written) {
    if (!place.end) return;
    copy->result = arena_printf(copy->arena, "%s%.*s%s", copy->result, (int)(place.start - copy->from), copy->text + copy->from, written);
    copy->from = place.end;
}

/* ["no", "yes"] */
static const char *write_names(Arena *arena, const Label *label) {
    const char *list = "[";
    for (int64_t i = 0; i < label->classes; i++) list = arena_printf(arena, "%s%s\"%s\"", list, i ? ", " : "", label->names[i]);
    return arena_printf(arena, "%s]", list);
}

static const char *write_weights(Arena *arena, const Label *label) {
    const char *list = "[";
    for (int64_t i = 0; i < label->classes; i++) list = arena_printf(arena, "%s%s%.17g", list, i ? ", " : "", label->weights[i]);
    return arena_printf(arena, "%s]", list);
}

/* The one that counts: a later one of the same name replaces those before it. */
static const Task *settled_task(const Program *program, const Module *module, int index) {
    const char *name = module->tasks.items[index]->name;
    for (int i = index + 1; i < module->tasks.count; i++) {
        if (strcmp(module->tasks.items[i]->name, name) == 0) return NULL;
    }
    for (int i = 0; i < program->tasks.count; i++) {
        if (strcmp(program->tasks.items[i].name, name) == 0) return &program->tasks.items[i];
    }
    return NULL;
}

const char *settled_source(const Program *program, Arena *arena) {
    Arena *scratch = arena_new();
    Diagnostics diags = {.arena = scratch};
    const SourceFile *file = diagnostics_file(&diags, program->path, program->source);
    Module module = {0};
    parse(file, false, scratch, &diags, &module, NULL, NULL);
    Copy copy = {.arena = arena, .text = program->source, .result = ""};
    for (int i = 0; i < module.tasks.count; i++) {
        const LabelDecl *label = &module.tasks.items[i]->label;
        const Task *task = settled_task(program, &module, i);
        if (!task) continue;
        if (label->open.end) put(&copy, label->open, write_names(arena, &task->label));
        if (label->balanced.end) put(&copy, label->balanced, write_weights(arena, &task->label));
    }
    arena_free(scratch);
    return copy.from ? arena_printf(arena, "%s%s", copy.result, copy.text + copy.from) : program->source;
}
