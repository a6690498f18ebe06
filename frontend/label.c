/* Elaboration: what rows have beside their texts: labels and numbers. */
#include <string.h>

#include "frontend/elaborate.h"
#include "graph/base/count_text.h"

/* The numbers of the label's kind. */
static bool eval_range(Elab *e, const LabelDecl *decl, Label *label) {
    if (!eval_number(e, decl->lowest, "the lowest label", &label->lowest)) return false;
    if (!eval_number(e, decl->highest, "the highest label", &label->highest)) return false;
    if (label->lowest < label->highest) return true;
    if (fail(e, "E0310", decl->pos, "the range of the label is empty: %g to %g", label->lowest, label->highest)) {
        diag_hint(e->diags, "write the lower bound first: real[0, 5]");
    }
    return false;
}

static bool eval_share(Elab *e, const LabelDecl *decl, Label *label) {
    label->classes = e->program->vocab;
    if (!eval_number(e, decl->share, "the share of masked tokens", &label->share)) return false;
    if (label->share > 0 && label->share < 1) return true;
    fail(e, "E0310", decl->share->pos, "the share of masked tokens must lie between 0 and 1");
    return false;
}

/* Counted, or named one by one, or called like their columns; open ones are the data's. */
static bool eval_classes(Elab *e, const LabelDecl *decl, Label *label) {
    const Names *names = decl->names.count ? &decl->names : &decl->columns;
    if (decl->open.end) return true;
    if (decl->classes) return eval_integer(e, decl->classes, "the number of classes", 1, &label->classes);
    label->classes = names->count;
    label->names = names->items;
    NameIndex known = {0};
    for (int i = 0; i < names->count; i++) {
        if (name_index_find(&known, names->items[i]) >= 0) {
            fail(e, "E0203", decl->pos, "two classes are called '%s'", names->items[i]);
            return false;
        }
        name_index_put(e->arena, &known, names->items[i], i);
    }
    return true;
}

/* Step 1 of the checks: how many columns. */
static bool check_columns(Elab *e, const LabelDecl *decl, const Label *label) {
    if (decl->columns.count == 1) return true;
    bool numbers = label->kind == LABEL_NUMBERS, several = numbers || label->kind == LABEL_FLAGS;
    if (several && decl->columns.count == label->width) return true;
    bool reported = !several ? fail(e, "E0409", decl->pos, "only flags and numbers can stand in several columns")
                             : fail(e, "E0409", decl->pos, "%s for %s", count_text(decl->columns.count, "column").text,
                                    count_text(label->width, numbers ? "number" : "flag").text);
    if (reported) {
        diag_hint(e->diags,
                  numbers ? "one column for each, 'input %s = (a, b): numbers', or one for all"
                          : "one column for each flag, 'label %s = (a, b): flags', or one for all",
                  decl->name);
    }
    return false;
}

/* Step 2: the input that it belongs to, which has words unless the label comes from the text. */
static bool find_labelled(Elab *e, const TaskDecl *task, const LabelDecl *decl, Label *label) {
    bool masked = label->kind == LABEL_MASKED;
    label->of = -1;
    for (int i = 0; i < task->n_inputs && decl->of; i++) {
        if (strcmp(task->inputs[i].name, decl->of) != 0) continue;
        label->of = i;
        if (masked || task->inputs[i].words) return true;
        if (fail(e, "E0409", decl->of_pos, "a label for each word, but '%s' is a text", decl->of))
            diag_hint(e->diags, "write: input %s: words", decl->of);
        return false;
    }
    if (!decl->of && !masked) return true;
    if (fail(e, "E0409", decl->of ? decl->of_pos : decl->pos,
             decl->of ? "no input is called '%s'" : "'%s' does not say which input is masked",
             decl->of ? decl->of : decl->name))
        diag_hint(e->diags, "name it at the end: of %s", task->inputs[0].name);
    return false;
}

/* Step 3: what only the data can say. */
static const ClassCounts *ask_data(Elab *e, const LabelDecl *decl, const Task *task, const Label *label) {
    const ProgramOptions *options = e->options;
    if (options->count_classes) {
        const ClassCounts *counts = options->count_classes(options->user, task, label);
        return counts;
    }
    if (fail(e, "E0409", decl->pos, "the classes of '%s' can only be read from the data", decl->name))
        diag_hint(e->diags, "name the classes: label %s: class[\"no\", \"yes\"]", decl->name);
    return NULL;
}

static void take_names(Elab *e, const ClassCounts *counts, Label *label) {
    const char **names = arena_array(e->arena, (size_t)counts->classes + 1, sizeof *names);
    for (int64_t i = 0; i < counts->classes; i++) names[i] = arena_strdup(e->arena, counts->names[i]);
    label->classes = counts->classes;
    label->names = names;
}

/* rows / (classes * rows of the class), as scikit-learn balances; a class without rows has weight 0. */
static const double *balanced_weights(Elab *e, const ClassCounts *counts) {
    double *weights = arena_array(e->arena, (size_t)counts->classes + 1, sizeof *weights), rows = 0;
    for (int64_t i = 0; i < counts->classes; i++) rows += (double)counts->counts[i];
    for (int64_t i = 0; i < counts->classes; i++)
        weights[i] = counts->counts[i] ? rows / ((double)counts->classes * (double)counts->counts[i]) : 0;
    return weights;
}

static bool take_from_data(Elab *e, const LabelDecl *decl, const Task *task, Label *label) {
    if (!decl->open.end && !decl->balanced.end) return true;
    const ClassCounts *counts = ask_data(e, decl, task, label);
    if (!counts) return false;
    if (decl->open.end) take_names(e, counts, label);
    if (decl->balanced.end) label->weights = balanced_weights(e, counts);
    return true;
}

/* Step 4: weights that are written. */
static bool eval_weights(Elab *e, const LabelDecl *decl, Label *label) {
    if (!decl->weights) return true;
    int count = decl->weights->n_args;
    double *weights = arena_array(e->arena, (size_t)count + 1, sizeof *weights);
    for (int i = 0; i < count; i++) {
        if (!eval_number(e, decl->weights->args[i].value, "the weight of a class", &weights[i])) return false;
    }
    label->weights = weights;
    if (count == label->classes) return true;
    return fail(e, "E0409", decl->weights_pos, "%s for %s", count_text(count, "weight").text,
                count_text(label->classes, "class").text),
           false;
}

static bool check_weighted(Elab *e, const LabelDecl *decl, const Label *label) {
    if (!decl->weights_pos.file || label->kind == LABEL_CLASS) return true;
    if (fail(e, "E0409", decl->weights_pos, "only class labels have weights"))
        diag_hint(e->diags, "weights are for labels of kind class[...]; for others, multiply inside the loss");
    return false;
}

/* As many as it says, or as it has columns. */
static bool eval_numbers(Elab *e, const LabelDecl *decl, Label *label) {
    label->width = decl->columns.count;
    return !decl->classes || eval_integer(e, decl->classes, "how many numbers there are", 1, &label->width);
}

static bool eval_kind(Elab *e, const LabelDecl *decl, Label *label) {
    bool good = true;
    switch (label->kind) {
    case LABEL_REAL: return eval_range(e, decl, label);
    case LABEL_MASKED: return eval_share(e, decl, label);
    case LABEL_NUMBERS: return eval_numbers(e, decl, label);
    default:
        good = eval_classes(e, decl, label);
        if (label->kind == LABEL_FLAGS) label->width = label->classes;
        return good;
    }
}

static bool eval_value(Elab *e, const TaskDecl *task, const LabelDecl *said, const Task *so_far, Label *label) {
    *label = (Label){
        .name = said->name, .kind = said->kind, .of = -1, .width = 1, .optional = said->optional, .pos = said->pos};
    if (!said->name) return true;
    if (label->kind != LABEL_MASKED) {
        label->columns = said->columns.items;
        label->n_columns = said->columns.count;
    }
    return eval_kind(e, said, label) && check_columns(e, said, label) && find_labelled(e, task, said, label) &&
           check_weighted(e, said, label) && take_from_data(e, said, so_far, label) && eval_weights(e, said, label);
}

/* Words are found in one of the texts, and tokens hidden once. */
static bool check_together(Elab *e, const Task *task, int index) {
    const Label *label = &task->values[index];
    for (int i = 0; i < index; i++) {
        const Label *other = &task->values[i];
        bool masked = label->kind == LABEL_MASKED && other->kind == LABEL_MASKED;
        if (label->of < 0 || other->of < 0 || (!masked && label->of == other->of)) continue;
        if (fail(e, "E0409", label->pos,
                 masked ? "tokens are hidden twice" : "labels of words or tokens of two texts in one task")) {
            diag_note(e->diags, other->pos, "the other label is declared here");
            diag_hint(e->diags, "write a task of its own for it");
        }
        return false;
    }
    return true;
}

bool eval_values(Elab *e, const TaskDecl *decl, Task *task) {
    for (int i = 0; i < decl->n_values; i++) {
        if (!eval_value(e, decl, &decl->values[i], task, &task->values[i]) || !check_together(e, task, i)) return false;
    }
    return true;
}

void check_values_read(Elab *e, Task *task) {
    for (int i = 0; i < task->n_values; i++) {
        const Label *label = &task->values[i];
        if (!label->weights || e->values[i].weights_read) continue;
        if (fail(e, "E0411", label->pos, "the class weights of '%s' are never used", label->name))
            diag_hint(e->diags, "use them in the loss: loss class_weighted(logits, %s, %s.weights)", label->name,
                      label->name);
    }
}
