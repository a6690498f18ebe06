/* gradc run: values for the leaves, from texts, --input, weights, or a seed. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/count_text.h"
#include "graph/base/pattern.h"
#include "runtime/data/given_texts.h"
#include "runtime/inspect/run.h"
#include "runtime/inspect/synthetic.h"

/* --- --input ------------------------------------------------------------------------------------------------------ */

static bool read_input(Run *r, const char *input) {
    const char *equals = strchr(input, '=');
    GivenTensor given = {.name = arena_strndup(r->arena, input, strcspn(input, "="))};
    bool good = equals && (pattern_matches("*.npy", equals) || tensor_parse(equals + 1, r->arena, &given.tensor));
    if (!good) {
        diag_error(r->diags, "E0974", (Pos){0}, "--input takes NAME=FILE.npy or NAME=NUMBERS, not '%s'", input);
        diag_hint(r->diags, "for example --input 'x=[[1, 2], [3, 4]]'");
        return false;
    }
    if (pattern_matches("*.npy", equals) && !npy_read(equals + 1, r->arena, &given.tensor, r->diags)) return false;
    vec_push(r->arena, &r->given, given);
    return true;
}

bool run_read_inputs(Run *r) {
    for (int i = 0; i < r->o->inputs.count; i++) {
        if (!read_input(r, r->o->inputs.items[i])) return false;
    }
    ProbeShape *shapes = arena_array(r->arena, (size_t)r->given.count + 1, sizeof *shapes);
    for (int i = 0; i < r->given.count; i++) {
        const GivenTensor *given = &r->given.items[i];
        shapes[i] = (ProbeShape){.name = given->name, .rank = given->tensor.rank};
        memcpy(shapes[i].extents, given->tensor.extents, sizeof shapes[i].extents);
    }
    r->probe.shapes = shapes;
    r->probe.n_shapes = r->given.count;
    return true;
}

static bool unknown_input(Run *r, const char *name) {
    const Graph *graph = r->task->train;
    const char **names = arena_array(r->arena, (size_t)graph->nodes.count + 1, sizeof *names);
    int count = 0;
    for (int i = 0; i < graph->nodes.count; i++) {
        if (graph->nodes.items[i]->op == OP_input) names[count++] = graph->nodes.items[i]->attrs.text;
    }
    diag_error(r->diags, "E0974", (Pos){0}, "'%s' uses no input '%s'", r->task->name, name);
    diag_hint_nearest(r->diags, name, names, count);
    return false;
}

/* Integers are checked here: compiled code trusts them. */
static bool fits(const Type *type, double value, const int64_t *extents) {
    int64_t bound = dim_value(type->bound, extents);
    if (elem_computed(type->elem) == ELEM_F32) return true;
    if (type->elem == ELEM_BOOL) return value == 0 || value == 1;
    if (value != trunc(value) || value < INT32_MIN || value > INT32_MAX) return false;
    return !bound || (value >= 0 && value < (double)bound);
}

/* A single number is given to all elements. */
static bool give_input(Run *r, const GivenTensor *given) {
    int64_t extents[MAX_SYMBOLS];
    const Graph *graph = r->task->train;
    const Node *node = graph_find_input(graph, given->name);
    if (!node) return unknown_input(r, given->name);
    values_extents(r->values, &graph->symbols, extents);
    int64_t count = type_count(&node->type, extents), n = tensor_count(&given->tensor);
    const char *type = type_print(r->arena, &node->type, &graph->symbols);
    if (n != count && n != 1) {
        return diag_error(r->diags, "E0975", (Pos){0}, "input '%s' is %s, which has %s here, not %" PRId64, given->name,
                          type, count_text(count, "element").text, n);
    }
    LeafValue *leaf = values_add_leaf(r->values, node, extents);
    for (int64_t i = 0; i < count; i++) {
        double value = given->tensor.elements[n == 1 ? 0 : i];
        if (!fits(&node->type, value, extents)) {
            return diag_error(r->diags, "E0975", (Pos){0}, "input '%s' is %s, which rules out %g", given->name, type,
                              value);
        }
        values_set(leaf, i, value);
    }
    return true;
}

/* --- Texts -------------------------------------------------------------------------------------------------------- */

static void say_tokens(const Run *r, const char *name, const int64_t *bounds, int64_t rows, const int32_t *ids) {
    for (int64_t row = 0; row < rows; row++) {
        printf("%s:", name);
        for (int64_t i = bounds[row]; i < bounds[row + 1]; i++) printf(" %s", tokenizer_token(r->s->tokenizer, ids[i]));
        putchar('\n');
    }
}

/* One text input: its column of every row. */
static void tokenise(Run *r, int input, int column, int columns, int64_t rows) {
    const TextInput *in = &r->task->inputs[input];
    TokenIds ids = {0}, segments = {0};
    TokenizerWork *work = tokenizer_work(r->s->tokenizer);
    int64_t *bounds = arena_array(r->arena, (size_t)rows + 1, sizeof *bounds);
    for (int64_t row = 0; row < rows; row++) {
        TokenIds text[2] = {{0}, {0}};
        for (int j = 0; j < in->n_columns; j++) {
            const char *words = r->o->texts.items[row * columns + column + j];
            tokenizer_encode(r->s->tokenizer, work, words, strlen(words), &text[j]);
        }
        TokenIds *second = in->n_columns == 2 ? &text[1] : NULL;
        tokenizer_cut(r->s->tokenizer, &text[0], second, r->s->max_length, in->truncation);
        tokenizer_assemble(r->s->tokenizer, &text[0], second, r->s->max_length,
                           (AssembledTokens){&ids, &segments, NULL});
        bounds[row + 1] = ids.count;
        for (int j = 0; j < 2; j++) token_ids_free(&text[j]);
    }
    say_tokens(r, in->name, bounds, rows, ids.items);
    values_text(r->values, in->name, rows, bounds, ids.items, segments.items);
    tokenizer_work_free(work);
    token_ids_free(&ids);
    token_ids_free(&segments);
}

static bool give_texts(Run *r) {
    int columns = task_texts(r->task), column = 0, count = r->o->texts.count;
    if (!texts_make_rows(r->task, count, r->diags)) return false;
    if (!session_load_tokenizer(r->s) || !session_choose_length(r->s)) return false;
    for (int i = 0; i < r->task->n_inputs; i++) {
        tokenise(r, i, column, columns, count / columns);
        column += r->task->inputs[i].n_columns;
    }
    return true;
}

/* Rows have what is given for them, and what is made up. */
static void fill_gaps(Run *r) {
    int64_t extents[MAX_SYMBOLS];
    const Graph *graph = r->task->train;
    values_extents(r->values, &graph->symbols, extents);
    for (int i = 0; i < graph->nodes.count; i++) {
        const Node *node = graph->nodes.items[i];
        if (node->op != OP_input || node->attrs.role.kind != ROLE_GIVEN || values_find_leaf(r->values, node)) continue;
        LeafValue *leaf = values_add_leaf(r->values, node, extents);
        for (int64_t j = 0; j < leaf->count; j++) values_set(leaf, j, 1);
    }
}

bool run_give_leaves(Run *r) {
    static const int64_t lengths[] = {3, 5};
    uint64_t state = (uint64_t)r->o->seed;
    if (r->o->texts.count) {
        if (!give_texts(r)) return false;
    } else {
        synthetic_texts(r->values, r->s->program, r->task, lengths, 2, &state);
    }
    for (int i = 0; i < r->given.count; i++) {
        if (!give_input(r, &r->given.items[i])) return false;
    }
    fill_gaps(r);
    synthetic_rest(r->values, r->task->train, r->task, (uint32_t)r->o->seed, &state);
    return true;
}

/* --- Parameters --------------------------------------------------------------------------------------------------- */

static bool is_read(const Graph *graph, const char *param) {
    for (int i = 0; i < graph->nodes.count; i++) {
        const Node *node = graph->nodes.items[i];
        if (node->op == OP_param && strcmp(node->attrs.text, param) == 0) return true;
    }
    return false;
}

void run_give_parameters_of(Run *r, const Parameters *params) {
    for (int i = 0; i < params->n_slots; i++) {
        const ParamSlot *slot = &params->slots[i];
        if (!is_read(r->graph, slot->param->name)) continue;
        LeafValue *leaf = values_add(r->values, slot->param->name, ELEM_F32, slot->count);
        for (int64_t j = 0; j < slot->count; j++) values_set(leaf, j, (double)params->weights[slot->offset + j]);
    }
}

bool run_give_parameters(Run *r) {
    r->params = session_parameters(r->s);
    if (!r->params) return false;
    bool *read = arena_array(r->s->arena, (size_t)r->params->n_slots + 1, sizeof *read);
    for (int i = 0; i < r->params->n_slots; i++) read[i] = is_read(r->graph, r->params->slots[i].param->name);
    if (!session_load_weights(r->s, r->params, NEED_NOTHING, read)) return false;
    run_give_parameters_of(r, r->params);
    return true;
}
