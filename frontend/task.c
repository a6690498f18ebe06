/* Elaboration: one task into its training and its evaluation graph. */
#include <assert.h>
#include <string.h>

#include "frontend/elaborate.h"

void begin_graph(Elab *e, const char *name, Frame *frame) {
    e->graph = graph_new(name, NULL);
    e->frame = frame;
    e->scope = frame->scope = "";
    e->sites = e->outputs = (NameIndex){0};
    e->graph_number++;
    e->steps = e->n_tokens = 0;
}

Node *find_output(const Elab *e, const char *name) {
    int at = name_index_find(&e->outputs, name);
    return at < 0 ? NULL : e->graph->outputs.items[at].node;
}

void add_output(Elab *e, const char *name, Role role, Node *node) {
    name_index_put(e->arena, &e->outputs, name, e->graph->outputs.count);
    graph_output_as(e->graph, name, role, node);
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

/* One of the inputs of a text or a label: NAME.MEMBER. */
static Node *member_input(Elab *e, Role role, const char *member, int rank, const Dim *dims, Dim bound, Pos pos) {
    Type type = type_make(ELEM_I32, rank, dims);
    type.bound = bound;
    return emit_input(e, arena_printf(e->arena, "%s.%s", role.of, member), role, type, pos);
}

static Dim member_dim(Elab *e, Role role, const char *letter) {
    return dim_symbol(graph_symbol_as(e->graph, arena_printf(e->arena, "%s.%s", role.of, letter), role));
}

Dim sequences_dim(Elab *e) { return dim_symbol(graph_symbol_as(e->graph, "S", (Role){.kind = ROLE_SEQUENCES})); }

/* 0, 1, ...: each sequence is a row of its own. */
static Node *own_rows(Elab *e, Dim sequences, Pos pos) {
    Type type = type_make(ELEM_I32, 1, &sequences);
    type.bound = sequences;
    return emit(e, (NodeSpec){.op = OP_iota, .type = type}, pos);
}

static void declare_rows(Elab *e, TokensValue *tokens, Dim s, bool windowed, Pos pos) {
    const char *x = tokens->name;
    tokens->n_rows = s;
    tokens->places = tokens->rows;
    if (!windowed) {
        tokens->row = own_rows(e, s, pos);
        return;
    }
    Dim r = tokens->n_rows = member_dim(e, (Role){ROLE_ROWS, x, NULL}, "R"), pair[] = {r, dim_const(2)};
    tokens->row = member_input(e, (Role){ROLE_ROW, x, NULL}, "row", 1, &s, r, pos);
    tokens->places = member_input(e, (Role){ROLE_ROW_COORDS, x, NULL}, "places", 2, pair, dim_const(0), pos);
}

TokensValue declare_tokens(Elab *e, const char *name, bool windowed, Pos pos) {
    Dim t = member_dim(e, (Role){ROLE_TOKENS, name, NULL}, "T"), s = sequences_dim(e), ends, free = dim_const(0);
    dim_add(s, dim_const(1), &ends);
    Dim token_pair[] = {t, dim_const(2)}, row_pair[] = {s, dim_const(2)};
    TokensValue x = {.name = name, .length = t};
    x.ids = member_input(e, (Role){ROLE_IDS, name, NULL}, "ids", 1, &t, e->vocab, pos);
    x.segments = member_input(e, (Role){ROLE_SEGMENTS, name, NULL}, "segments", 1, &t, e->segments, pos);
    x.positions = member_input(e, (Role){ROLE_POSITIONS, name, NULL}, "positions", 1, &t, e->positions, pos);
    x.bounds = member_input(e, (Role){ROLE_BOUNDS, name, NULL}, "bounds", 1, &ends, free, pos);
    x.first = member_input(e, (Role){ROLE_FIRST, name, NULL}, "first", 1, &s, t, pos);
    x.sequence = member_input(e, (Role){ROLE_SEQUENCE, name, NULL}, "sequence", 1, &t, s, pos);
    x.coords = member_input(e, (Role){ROLE_COORDS, name, NULL}, "coords", 2, token_pair, free, pos);
    x.rows = member_input(e, (Role){ROLE_SEQUENCE_COORDS, name, NULL}, "rows", 2, row_pair, free, pos);
    declare_rows(e, &x, s, windowed, pos);
    return x;
}

static void bind_inputs(Elab *e, const Task *task, TokensValue *tokens) {
    for (int i = 0; i < task->n_inputs; i++) {
        const TextInput *input = &task->inputs[i];
        tokens[i] = declare_tokens(e, input->name, input->window > 0, input->pos);
        tokens[i].pools_max = input->pools_max;
    }
    e->tokens = tokens;
    e->n_tokens = task->n_inputs;
    for (int i = 0; i < task->n_inputs; i++) {
        Value text = {.kind = VALUE_TOKENS, .tokens = &tokens[i]};
        bind_name(e, e->frame, tokens[i].name, text);
        note_declaration(e, tokens[i].name, text, task->inputs[i].pos);
    }
}

/* The token rows that the label belongs to. */
static void declare_label_rows(Elab *e, const Label *label, LabelValue *to) {
    Dim rows = member_dim(e, (Role){ROLE_LABELS, label->name, NULL}, "W");
    to->tokens = &e->tokens[label->of];
    to->at = member_input(e, (Role){ROLE_AT, label->name, NULL}, "at", 1, &rows, to->tokens->length, label->pos);
}

static Dim bound_of(const Elab *e, const Label *label) {
    switch (label->kind) {
    case LABEL_CLASS: return dim_const(label->classes);
    case LABEL_FLAGS: return dim_const(2);
    case LABEL_MASKED: return e->vocab;
    default: return dim_const(0);
    }
}

static void bind_value(Elab *e, const Label *label, LabelValue *to) {
    bool is_real = label->kind == LABEL_REAL || label->kind == LABEL_NUMBERS;
    *to = (LabelValue){.name = label->name, .classes = label->classes, .weights = label->weights};
    if (label->kind == LABEL_NONE) return;
    if (label->of >= 0) declare_label_rows(e, label, to);
    Dim dims[] = {to->at ? to->at->type.dims[0] : e->tokens[0].n_rows, dim_const(label->width)};
    Type type = type_make(is_real ? ELEM_F32 : ELEM_I32, 2, dims);
    type.bound = bound_of(e, label);
    if (!to->at) to->given = type_make(ELEM_F32, 2, dims);
    Role role = {.kind = label->kind == LABEL_NUMBERS ? ROLE_NUMBERS : ROLE_LABEL, .of = label->name};
    Value value = value_tensor(emit_input(e, label->name, role, type, label->pos));
    value.label = to;
    bind_name(e, e->frame, label->name, value);
    note_declaration(e, label->name, value, label->pos);
}

static void bind_values(Elab *e, const Task *task, LabelValue *values) {
    e->values = values;
    e->n_values = task->n_values;
    for (int i = 0; i < task->n_values; i++) bind_value(e, &task->values[i], &values[i]);
}

/* NULL after a message. */
static Graph *build(Elab *e, const TaskDecl *decl, Task *task, bool training) {
    Frame frame = {0};
    TokensValue tokens[MAX_TEXTS];
    e->training = training;
    begin_graph(e, arena_printf(e->arena, "%s.%s", task->name, training ? "train" : "eval"), &frame);
    bind_inputs(e, task, tokens);
    bind_values(e, task, arena_array(e->arena, (size_t)task->n_values, sizeof *e->values));
    bind_fits(e, task);
    run_block(e, &decl->body);
    for (int i = 0; i < task->n_values; i++) task->values[i].may_lack |= e->values[i].given_read;
    return finish_graph(e);
}

static bool has_statement(const TaskDecl *decl, StmtKind kind) {
    for (int i = 0; i < decl->body.count; i++) {
        if (decl->body.items[i]->kind == kind) return true;
    }
    return false;
}

/* `loss = x` is a value called loss. */
static bool is_assigned(const TaskDecl *decl, const char *name) {
    for (int i = 0; i < decl->body.count; i++) {
        const Stmt *stmt = decl->body.items[i];
        if (stmt->kind == STMT_ASSIGN && strcmp(stmt->name, name) == 0) return true;
    }
    return false;
}

/* A task is useless without any of these. */
static bool check_complete(Elab *e, const TaskDecl *decl) {
    const struct {
        bool given;
        const char *what, *example;
    } needed[] = {{decl->data.path, "data", "data \"set/{split}.tsv\" tab unquoted"},
                  {decl->n_inputs > 0, "input", "input sentence: text"},
                  {has_statement(decl, STMT_LOSS), "loss", "loss cross_entropy(logits, sentiment)"},
                  {has_statement(decl, STMT_PREDICT), "predict", "predict argmax(logits)"},
                  {decl->n_metrics > 0, "metric", "metric accuracy"}};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        if (needed[i].given) continue;
        if (fail(e, "E0403", decl->pos, "the task '%s' has no '%s'", decl->name, needed[i].what)) {
            if (is_assigned(decl, needed[i].what))
                diag_hint(e->diags, "'%s = ...' makes a value of that name: write '%s ...'", needed[i].what,
                          needed[i].what);
            else
                diag_hint(e->diags, "for example: %s", needed[i].example);
        }
        return false;
    }
    if (e->module->tokens.pos.file) return true;
    if (fail(e, "E0406", decl->inputs[0].pos, "the program does not declare the sizes of its tokens")) {
        diag_hint(e->diags, "at the top: tokens vocab = 30522, positions = 512, segments = 2");
    }
    return false;
}

/* A name of the rows' texts, labels and numbers. */
typedef struct RowName {
    const char *name;
    Pos pos;
    const char *what;
} RowName;

static void same_name(Elab *e, const RowName *first, const RowName *again) {
    bool is_label = strcmp(again->what, "label") == 0 && strcmp(first->what, "input") == 0;
    bool reported = is_label ? fail(e, "E0203", again->pos, "the label has the name of an input: '%s'", again->name)
                             : fail(e, "E0203", again->pos, "two %ss are named '%s'", again->what, again->name);
    if (!reported) return;
    diag_note(e->diags, first->pos, is_label ? "the input is declared here" : "the first is here");
    if (is_label)
        diag_hint(e->diags, "give it another name: label target = %s: ...", again->name);
    else
        diag_hint(e->diags, "give it another name: %s other = ...", again->what);
}

static bool check_row_names(Elab *e, const TaskDecl *decl) {
    RowName names[MAX_TEXTS + MAX_VALUES];
    int count = 0;
    for (int i = 0; i < decl->n_inputs; i++)
        names[count++] = (RowName){decl->inputs[i].name, decl->inputs[i].pos, "input"};
    for (int i = 0; i < decl->n_values; i++) {
        const LabelDecl *value = &decl->values[i];
        if (value->name)
            names[count++] = (RowName){value->name, value->pos, value->kind == LABEL_NUMBERS ? "input" : "label"};
    }
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < i; j++) {
            if (strcmp(names[i].name, names[j].name) == 0) return same_name(e, &names[j], &names[i]), false;
        }
    }
    return true;
}

/* `export hf classifier in "heads.mood"` as the class that the encoder's lines name for such a head. */
static void add_head_export(Elab *e, const TaskDecl *decl, Task *task) {
    const HeadExport *asked = &decl->head_export;
    if (!asked->pos.file) return;
    const Export *class = exports_find(&e->module->exports, asked->format, asked->head);
    if (!class) {
        diag_error(e->diags, "E0983", asked->head_pos, "no line says which class has a '%s'", asked->head);
        diag_hint(e->diags, "in the encoder's file: export %s \"...\" for %s with \"\" as \"...\"", asked->format,
                  asked->head);
        return;
    }
    Export export = *class;
    Rename *renames = arena_array(e->arena, (size_t)export.n_renames + 1, sizeof *renames);
    for (int i = 0; i < export.n_renames; i++)
        renames[i] =
            (Rename){arena_printf(e->arena, "%s.%s", asked->scope, class->renames[i].from), class->renames[i].to};
    export.head = NULL;
    export.pos = asked->pos;
    export.renames = renames;
    vec_push(e->arena, &task->exports, export);
}

static Task describe(const TaskDecl *decl) {
    Task task = {.name = decl->name, .pos = decl->pos, .data = decl->data.path, .data_pos = decl->data.pos};
    task.data_format = decl->data.format;
    task.format_pos = decl->data.format_pos;
    task.quoting = decl->data.quoting;
    task.data_columns = decl->data.columns.items;
    task.n_data_columns = decl->data.columns.count;
    task.n_inputs = decl->n_inputs;
    for (int i = 0; i < decl->n_inputs; i++) {
        const InputDecl *input = &decl->inputs[i];
        task.inputs[i] = (TextInput){.name = input->name, .n_columns = input->n_columns, .pos = input->pos};
        for (int j = 0; j < input->n_columns; j++) task.inputs[i].columns[j] = input->columns[j];
        task.inputs[i].words = input->words;
        task.inputs[i].truncation = input->truncation;
        task.inputs[i].pools_max = input->pools_max;
        task.inputs[i].window_pos = input->window_pos;
    }
    task.n_values = decl->n_values;
    task.exports = decl->exports;
    task.n_metrics = decl->n_metrics;
    for (int i = 0; i < decl->n_metrics; i++) {
        task.metrics[i] = decl->metrics[i];
        task.metric_pos[i] = decl->metric_pos[i];
    }
    return task;
}

bool reads_param(const Graph *graph, const char *name) {
    for (int i = 0; i < graph->nodes.count; i++) {
        const Node *node = graph->nodes.items[i];
        if (node->op == OP_param && strcmp(node->attrs.text, name) == 0) return true;
    }
    return false;
}

/* The parameters that the training graph reads, in the program's order. */
void list_params(Elab *e, Task *task) {
    int count = e->program->params.count;
    Arena *scratch = arena_new();
    bool *read = arena_array(scratch, (size_t)count + 1, sizeof *read);
    for (int i = 0; i < task->train->nodes.count; i++) {
        const Node *node = task->train->nodes.items[i];
        int param = node->op == OP_param ? name_index_find(&e->params, node->attrs.text) : -1;
        if (param >= 0) read[param] = true;
    }
    for (int i = 0; i < count; i++) task->n_params += read[i];
    task->params = arena_array(e->arena, (size_t)task->n_params + 1, sizeof *task->params);
    for (int i = 0, n = 0; i < count; i++) {
        if (read[i]) task->params[n++] = i;
    }
    arena_free(scratch);
}

static bool bad_window(Elab *e, Pos pos, const char *what, const char *hint) {
    if (fail(e, "E0414", pos, "%s", what)) diag_hint(e->diags, "%s", hint);
    return false;
}

/* Sequences of a task's texts go together, so windows of two texts would not; a label of tokens would come once in each
 * window. */
static bool eval_windows(Elab *e, const TaskDecl *decl, Task *task) {
    const InputDecl *given = &decl->inputs[0];
    TextInput *input = &task->inputs[0];
    Pos pos = given->window_pos;
    for (int i = 1; i < decl->n_inputs; i++) {
        if (decl->inputs[i].window)
            return bad_window(e, decl->inputs[i].window_pos, "one of several inputs has windows",
                              "encode one text alone");
    }
    if (!given->window) return true;
    if (decl->n_inputs > 1 || input->n_columns == 2)
        return bad_window(e, pos, "windows are of a text alone", "take one text, or cut the pair: pair keep both");
    for (int i = 0; i < task->n_values; i++) {
        if (task->values[i].of >= 0)
            return bad_window(e, pos, "labels of words or tokens have no windows",
                              "cut the text instead: text keep head");
    }
    if (!eval_integer(e, given->window, "the tokens of a window", 4, &input->window)) return false;
    if (!eval_integer(e, given->stride, "the stride", 1, &input->stride)) return false;
    if (input->stride <= input->window - 2) return true;
    return bad_window(e, given->stride->pos, "windows would leave tokens out",
                      "the stride is at most the window's tokens less [CLS] and [SEP]");
}

static bool bad_split(Elab *e, Pos pos, const char *what, const char *hint) {
    if (fail(e, "E0412", pos, "%s", what)) diag_hint(e->diags, "%s", hint);
    return false;
}

/* After the label: only classes can be stratified. */
static bool eval_split(Elab *e, const SplitDecl *decl, Task *task) {
    Split split = {.stratified = decl->stratified, .group = decl->group, .pos = decl->pos};
    if (!decl->pos.file) return true;
    if (decl->share && !eval_number(e, decl->share, "the share of dev", &split.share)) return false;
    if (decl->folds && !eval_integer(e, decl->folds, "the number of folds", 2, &split.folds)) return false;
    if (decl->seed && !eval_integer(e, decl->seed, "the seed", 0, &split.seed)) return false;
    if (decl->share && !(split.share > 0 && split.share < 1))
        return bad_split(e, decl->share->pos, "the share of dev must lie between 0 and 1", "as in: split dev 0.1");
    bool has_classes = task_label(task)->kind == LABEL_CLASS && task_label(task)->of < 0;
    if (split.stratified && !has_classes)
        return bad_split(e, decl->pos, "only classes of texts can be stratified",
                         "leave 'stratified' out: rows are drawn alike");
    task->split = split;
    return true;
}

void elaborate_task(Elab *e, const TaskDecl *decl) {
    Task task = describe(decl);
    add_head_export(e, decl, &task);
    if (!check_complete(e, decl) || !check_row_names(e, decl)) return;
    if (!eval_values(e, decl, &task) || !eval_windows(e, decl, &task) || !eval_split(e, &decl->split, &task) ||
        !eval_fits(e, decl, &task))
        return;
    task.train = build(e, decl, &task, e->probe ? e->probe->training : true);
    if (task.train && !e->probe) check_values_read(e, &task);
    /* Also after a mistake: predict and show are elaborated here alone. */
    if (e->steps <= MAX_STEPS && !e->probe) task.eval = build(e, decl, &task, false);
    if (task.eval) find_fitted(e, &task);
    if (task.train) list_params(e, &task);
    vec_push(e->arena, &e->program->tasks, task);
}
