/* Elaboration: one task into its training and its evaluation graph. */
#include <assert.h>
#include <string.h>

#include "frontend/elaborate.h"

void begin_graph(Elab *e, const char *name, Frame *frame) {
    e->graph = graph_new(name, NULL);
    e->frame = frame;
    e->scope = frame->scope = "";
    e->sites.count = e->instances.count = 0;
    e->steps = e->n_tokens = 0;
}

Graph *finish_graph(Elab *e) {
    Graph *raw = e->graph, *graph = NULL;
    if (e->diags->errors == e->errors_before) {
        graph = graph_canonical(raw);
        const char *broken = graph_verify(graph);
        assert(!broken);
        (void)broken;
    }
    graph_free(raw);
    e->graph = NULL;
    e->frame = NULL;
    return graph;
}

static Node *token_input(Elab *e, const char *text, const char *part, int rank, const Dim *dims,
                         Dim bound) {
    Type type = type_make(ELEM_I32, rank, dims);
    type.bound = bound;
    return emit_input(e, arena_printf(e->arena, "%s.%s", text, part), type);
}

static TokensValue declare_tokens(Elab *e, const char *name) {
    Dim t = dim_symbol(graph_symbol(e->graph, arena_printf(e->arena, "%s.T", name)));
    Dim s = dim_symbol(graph_symbol(e->graph, "S")), ends, free = dim_const(0);
    dim_add(s, dim_const(1), &ends);
    Dim token_pair[] = {t, dim_const(2)}, row_pair[] = {s, dim_const(2)};
    TokensValue tokens = {.name = name, .length = t};
    tokens.ids = token_input(e, name, "ids", 1, &t, e->vocab);
    tokens.segments = token_input(e, name, "segments", 1, &t, e->segments);
    tokens.positions = token_input(e, name, "positions", 1, &t, e->positions);
    tokens.bounds = token_input(e, name, "bounds", 1, &ends, free);
    tokens.first = token_input(e, name, "first", 1, &s, t);
    tokens.sequence = token_input(e, name, "sequence", 1, &t, s);
    tokens.coords = token_input(e, name, "coords", 2, token_pair, free);
    tokens.rows = token_input(e, name, "rows", 2, row_pair, free);
    return tokens;
}

static void bind_inputs(Elab *e, const Task *task, TokensValue *tokens) {
    for (int i = 0; i < task->n_inputs; i++) tokens[i] = declare_tokens(e, task->inputs[i].name);
    e->tokens = tokens;
    e->n_tokens = task->n_inputs;
    for (int i = 0; i < task->n_inputs; i++) {
        bind_name(e, e->frame, tokens[i].name, (Value){.kind = VALUE_TOKENS, .tokens = &tokens[i]});
    }
}

static void bind_label(Elab *e, const Label *label) {
    Dim dims[] = {dim_symbol(graph_symbol(e->graph, "S")), dim_const(1)};
    bool is_class = label->kind == LABEL_CLASS;
    Type type = type_make(is_class ? ELEM_I32 : ELEM_F32, 2, dims);
    if (is_class) type.bound = dim_const(label->classes);
    bind_name(e, e->frame, label->name, value_tensor(emit_input(e, label->name, type)));
}

/* NULL after a message. */
static Graph *build(Elab *e, const TaskDecl *decl, const Task *task, bool training) {
    Frame frame = {0};
    TokensValue tokens[2];
    e->training = training;
    e->in_task = true;
    begin_graph(e, arena_printf(e->arena, "%s.%s", task->name, training ? "train" : "eval"),
                &frame);
    bind_inputs(e, task, tokens);
    bind_label(e, &task->label);
    run_block(e, &decl->body);
    e->in_task = false;
    return finish_graph(e);
}

static bool has_statement(const TaskDecl *decl, StmtKind kind) {
    for (int i = 0; i < decl->body.count; i++) {
        if (decl->body.items[i]->kind == kind) return true;
    }
    return false;
}

/* A task is useless without any of these. */
static bool check_complete(Elab *e, const TaskDecl *decl) {
    const struct {
        bool given;
        const char *what, *example;
    } parts[] = {{decl->data, "data", "data \"set/{split}.tsv\" tab unquoted"},
                 {decl->n_inputs > 0, "input", "input sentence: text"},
                 {decl->label.name, "label", "label sentiment: class[5]"},
                 {has_statement(decl, STMT_LOSS), "loss", "loss cross_entropy(logits, sentiment)"},
                 {has_statement(decl, STMT_PREDICT), "predict", "predict argmax(logits)"},
                 {decl->n_metrics > 0, "metric", "metric accuracy"}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (parts[i].given) continue;
        if (fail(e, "E0403", decl->pos, "the task '%s' has no '%s'", decl->name, parts[i].what)) {
            diag_hint(e->diags, "for example: %s", parts[i].example);
        }
        return false;
    }
    if (e->module->tokens.pos.file) return true;
    if (fail(e, "E0406", decl->inputs[0].pos,
             "the program does not say how large token numbers are")) {
        diag_hint(e->diags, "at the top: tokens vocab = 30522, positions = 512, segments = 2");
    }
    return false;
}

static bool check_input_names(Elab *e, const TaskDecl *decl) {
    const InputDecl *a = &decl->inputs[0], *b = &decl->inputs[1];
    for (int i = 0; i < decl->n_inputs; i++) {
        if (strcmp(decl->inputs[i].name, decl->label.name) != 0) continue;
        return fail(e, "E0203", decl->label.pos, "the label is called like an input: '%s'",
                    decl->label.name) &&
               false;
    }
    if (decl->n_inputs < 2 || strcmp(a->name, b->name) != 0) return true;
    if (fail(e, "E0203", b->pos, "both inputs are called '%s'", b->name)) {
        diag_hint(e->diags, "give it another name: input other = ...");
    }
    return false;
}

static bool eval_label(Elab *e, const LabelDecl *decl, Label *label) {
    *label = (Label){.name = decl->name, .pos = decl->pos};
    label->kind = decl->is_class ? LABEL_CLASS : LABEL_REAL;
    if (decl->is_class)
        return eval_integer(e, decl->classes, "the number of classes", 1, &label->classes);
    if (!eval_number(e, decl->lowest, "the lowest label", &label->lowest)) return false;
    if (!eval_number(e, decl->highest, "the highest label", &label->highest)) return false;
    if (label->lowest < label->highest) return true;
    fail(e, "E0310", decl->pos, "the range of the label is empty: %g to %g", label->lowest,
         label->highest);
    return false;
}

static Task describe(const TaskDecl *decl) {
    Task task = {
        .name = decl->name, .pos = decl->pos, .data = decl->data, .data_pos = decl->data_pos};
    task.separator = decl->separator;
    task.quoted = decl->quoted;
    task.n_inputs = decl->n_inputs;
    for (int i = 0; i < decl->n_inputs; i++) {
        const InputDecl *input = &decl->inputs[i];
        task.inputs[i] =
            (TextInput){.name = input->name, .n_columns = input->n_columns, .pos = input->pos};
        for (int j = 0; j < input->n_columns; j++) task.inputs[i].columns[j] = input->columns[j];
    }
    task.n_metrics = decl->n_metrics;
    for (int i = 0; i < decl->n_metrics; i++) {
        task.metrics[i] = decl->metrics[i];
        task.metric_pos[i] = decl->metric_pos[i];
    }
    return task;
}

/* The parameters that the training graph reads, in the program's order. */
static void list_params(Elab *e, Task *task) {
    task->params =
        arena_array(e->arena, (size_t)e->program->params.count + 1, sizeof *task->params);
    for (int i = 0; i < e->program->params.count; i++) {
        for (int j = 0; j < task->train->nodes.count; j++) {
            const Node *node = task->train->nodes.items[j];
            if (node->op != OP_param ||
                strcmp(node->attrs.text, e->program->params.items[i].name) != 0)
                continue;
            task->params[task->n_params++] = i;
            break;
        }
    }
}

void elaborate_task(Elab *e, const TaskDecl *decl) {
    Task task = describe(decl);
    if (!check_complete(e, decl) || !check_input_names(e, decl)) return;
    if (!eval_label(e, &decl->label, &task.label)) return;
    int errors = e->diags->errors;
    task.train = build(e, decl, &task, true);
    if (e->diags->errors == errors) task.eval = build(e, decl, &task, false);
    if (task.train) list_params(e, &task);
    vec_push(e->arena, &e->program->tasks, task);
}
