/* Binding: the parts of a batch and what graphs call them. */
#include "runtime/model/binding.h"

#include <stddef.h>

/* "NAME.PART" of a text input. */
static const struct {
    const char *part;
    size_t offset; /* in BatchInput */
    bool points;
} input_parts[] = {
    {"ids", offsetof(BatchInput, ids), true},
    {"segments", offsetof(BatchInput, segments), true},
    {"positions", offsetof(BatchInput, positions), true},
    {"bounds", offsetof(BatchInput, bounds), true},
    {"first", offsetof(BatchInput, first), true},
    {"sequence", offsetof(BatchInput, sequence), true},
    {"coords", offsetof(BatchInput, coords), true},
    {"rows", offsetof(BatchInput, row_coords), true},
    {"row", offsetof(BatchInput, row), true},
    {"places", offsetof(BatchInput, places), true},
    {"update", offsetof(BatchInput, update_tokens), false},
    {"sequences", offsetof(BatchInput, in_all_sequences), true},
    {"tokens", offsetof(BatchInput, in_all_tokens), true},
};
enum { INPUT_PARTS = sizeof input_parts / sizeof *input_parts };

typedef struct Binder {
    Executable *exec;
    Arena *arena;
    Bindings list;
    int part;           /* whose inputs; -1: those of the batch itself */
    const char *prefix; /* of their names */
} Binder;

static void add(Binder *b, const char *name, size_t offset, bool points) {
    void **slot = executable_slot(b->exec, arena_printf(b->arena, "%s%s", b->prefix, name));
    if (slot) vec_push(b->arena, &b->list, ((Binding){slot, b->part, offset, points}));
}

static void add_part(Binder *b, const char *name, const char *part, size_t offset, bool points) {
    add(b, arena_printf(b->arena, "%s.%s", name, part), offset, points);
}

static void add_label(Binder *b, const Label *label) {
    bool is_real = label->kind == LABEL_REAL;
    size_t labels = offsetof(Batch, labels);
    add(b, label->name, labels + (is_real ? offsetof(BatchLabels, numbers) : offsetof(BatchLabels, classes)), true);
    add_part(b, label->name, "at", labels + offsetof(BatchLabels, at), true);
    add_part(b, label->name, "update", labels + offsetof(BatchLabels, update_labels), false);
}

static void add_task(Binder *b, const Task *task) {
    for (int i = 0; i < task->n_inputs; i++) {
        const char *name = task->inputs[i].name;
        size_t input = offsetof(Batch, inputs) + (size_t)i * sizeof(BatchInput);
        for (int j = 0; j < INPUT_PARTS; j++)
            add_part(b, name, input_parts[j].part, input + input_parts[j].offset, input_parts[j].points);
    }
    if (task->label.kind != LABEL_NONE) add_label(b, &task->label);
    add(b, "update.rows", offsetof(Batch, update_rows), false);
    add(b, "update.sequences", offsetof(Batch, inputs[0].update_sequences), false);
    add(b, "update.weight", offsetof(Batch, weight), false);
    add(b, "rng", offsetof(Batch, rng), false);
}

Bindings bindings_of(Executable *exec, const Task *task, Arena *arena) {
    Binder b = {.exec = exec, .arena = arena, .part = -1, .prefix = ""};
    add_task(&b, task);
    for (b.part = 0; b.part < task->n_parts; b.part++) {
        b.prefix = arena_printf(arena, "%s.", task->parts[b.part]->name);
        add_task(&b, task->parts[b.part]);
    }
    return b.list;
}

void bind_batch(const Bindings *bindings, Batch *batch) {
    for (int i = 0; i < bindings->count; i++) {
        const Binding *binding = &bindings->items[i];
        Batch *from = binding->part < 0 ? batch : batch->parts[binding->part];
        void *there = (char *)from + binding->offset;
        *binding->slot = binding->points ? *(void **)there : there;
    }
}
