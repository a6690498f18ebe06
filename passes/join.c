/* Join: (1) an image of each row-wise node over the text of all, the same node for tasks that compute alike; (2)
 * where images of all tasks end, each task takes its rows of them; (3) the rest of each task as it was. */
#include "passes/join.h"

#include <string.h>

#include "graph/base/count_text.h"
#include "graph/rewrite.h"
#include "passes/expand.h"
#include "passes/rowwise.h"

typedef struct TaskGraph {
    const Graph *graph;
    const char *name, *text; /* "a" of the graph a.train; "x" of its symbol x.T */
    RowWise of;
    Node **images;   /* [nodes]: over the text of all; NULL: there is none */
    bool *is_shared; /* [nodes]: all tasks have this image */
    int32_t all_symbols[MAX_SYMBOLS],
        own_symbols[MAX_SYMBOLS]; /* in the joined graph; all: -1 for what `all` does not have */
} TaskGraph;

typedef struct Joiner {
    Graph *to;
    const char *text;
    TaskGraph *tasks;
    int count;
    Arena *arena;
} Joiner;

/* --- Symbols and types -------------------------------------------------------------------------------------------- */

/* A role as the joined graph has it. */
static Role own_role(const TaskGraph *own, Role role) {
    if (role.kind) role.task = own->name;
    return role;
}

static bool is_of_text(const TaskGraph *own, const Role *role) { return role->of && strcmp(role->of, own->text) == 0; }

/* The symbol that counts for all what this one counts for the task; -1: there is none. */
static int32_t all_symbol(const Joiner *j, const TaskGraph *own, const Role *role) {
    if (role->kind == ROLE_SEQUENCES) return graph_symbol_as(j->to, "S", *role);
    if (role->kind != ROLE_TOKENS || !is_of_text(own, role)) return -1;
    return graph_symbol_as(j->to, arena_printf(j->arena, "%s.T", j->text), (Role){ROLE_TOKENS, j->text, NULL});
}

static void map_symbols(const Joiner *j, TaskGraph *own) {
    for (int i = 0; i < own->graph->symbols.count; i++) {
        const Role *role = &own->graph->symbols.roles[i];
        const char *name = arena_printf(j->arena, "%s.%s", own->name, own->graph->symbols.names[i]);
        own->all_symbols[i] = all_symbol(j, own, role);
        own->own_symbols[i] = graph_symbol_as(j->to, name, own_role(own, *role));
    }
}

static bool map_dim(Dim *dim, const int32_t *symbols) {
    if (dim_is_const(*dim)) return true;
    dim->symbol = symbols[dim->symbol];
    return dim->symbol >= 0;
}

/* False when the type has a symbol that is none there. */
static bool map_type(Type *type, const int32_t *symbols) {
    bool good = map_dim(&type->bound, symbols);
    for (int i = 0; i < type->rank; i++) good = map_dim(&type->dims[i], symbols) && good;
    return good;
}

/* A node like `node` over other operands. */
static Node *copy_node(const Joiner *j, const Node *node, Type type, Node *const *inputs) {
    NodeSpec spec = {node->op, node->n_inputs, inputs, node->attrs, type, node->pos, 0};
    return graph_node(j->to, &spec);
}

/* --- (1) Images --------------------------------------------------------------------------------------------------- */

/* An input like `node` under another name. */
static Node *copy_input(const Joiner *j, const Node *node, const char *name, Role role, Type type) {
    NodeSpec spec = {.op = OP_input, .attrs = {.text = name, .role = role}, .type = type, .pos = node->pos};
    return graph_node(j->to, &spec);
}

/* The same of the text of all; NULL: there is none. */
static Node *input_image(const Joiner *j, const TaskGraph *own, const Node *node) {
    Type type = node->type;
    Role role = node->attrs.role;
    bool is_key = role.kind == ROLE_RNG, has_rows = own->of.rows[node->id] >= 0 || role.kind == ROLE_BOUNDS;
    if (!is_key && !(has_rows && is_of_text(own, &role))) return NULL;
    if (!map_type(&type, own->all_symbols)) return NULL;
    if (is_key) return copy_input(j, node, node->attrs.text, role, type);
    role.of = j->text;
    return copy_input(j, node, arena_printf(j->arena, "%s.%s", j->text, role_info(role.kind)->name), role, type);
}

static Node *make_image(const Joiner *j, const TaskGraph *own, const Node *node) {
    Type type = node->type;
    Node *inputs[MAX_OPERANDS];
    if (node->op == OP_input) return input_image(j, own, node);
    bool has_one = node->op == OP_iota || own->of.rows[node->id] != ROWS_MIXED;
    for (int i = 0; i < node->n_inputs; i++) {
        inputs[i] = own->images[node->inputs[i]->id];
        has_one = has_one && inputs[i];
    }
    return has_one && map_type(&type, own->all_symbols) ? copy_node(j, node, type, inputs) : NULL;
}

static void make_images(const Joiner *j, TaskGraph *own) {
    size_t count = (size_t)own->graph->nodes.count + 1;
    own->of = rowwise_find(own->graph, &(RowRules){0}, j->arena);
    own->images = arena_array(j->arena, count, sizeof *own->images);
    own->is_shared = arena_array(j->arena, count, sizeof *own->is_shared);
    for (int i = 0; i < own->graph->nodes.count; i++) own->images[i] = make_image(j, own, own->graph->nodes.items[i]);
}

/* An image is made of one node of each task: equal nodes are one there too. */
static void find_shared(const Joiner *j) {
    int *users = arena_array(j->arena, (size_t)j->to->nodes.count + 1, sizeof *users);
    for (int p = 0; p < j->count; p++) {
        const TaskGraph *own = &j->tasks[p];
        for (int i = 0; i < own->graph->nodes.count; i++) {
            if (own->images[i]) users[own->images[i]->id]++;
        }
    }
    for (int p = 0; p < j->count; p++) {
        TaskGraph *own = &j->tasks[p];
        for (int i = 0; i < own->graph->nodes.count; i++)
            own->is_shared[i] = own->images[i] && users[own->images[i]->id] == j->count;
    }
}

/* --- (2), (3) The tasks ------------------------------------------------------------------------------------------- */

/* The task's rows of an image. */
static Node *take_rows(const Joiner *j, const TaskGraph *own, const Node *node) {
    Node *image = own->images[node->id];
    int counted = own->of.rows[node->id];
    bool sequences = own->graph->symbols.roles[counted].kind == ROLE_SEQUENCES;
    Role role = {sequences ? ROLE_OWN_SEQUENCES : ROLE_OWN_TOKENS, own->text, own->name};
    const char *name = arena_printf(j->arena, "%s.%s.%s", role.task, role.of, sequences ? "sequences" : "tokens");
    Type type = type_make(ELEM_I32, 1, (Dim[]){dim_symbol(own->own_symbols[counted])});
    type.bound = image->type.dims[0];
    return graph_op2(j->to, OP_gather, image, graph_input_as(j->to, name, role, type), node);
}

static Node *copy_own(const Joiner *j, const TaskGraph *own, const Node *node, Node *const *inputs) {
    Type type = node->type;
    map_type(&type, own->own_symbols);
    if (node->op != OP_input || node->attrs.role.kind == ROLE_RNG) return copy_node(j, node, type, inputs);
    const char *name = arena_printf(j->arena, "%s.%s", own->name, node->attrs.text);
    return copy_input(j, node, name, own_role(own, node->attrs.role), type);
}

typedef struct TaskCopy {
    const Joiner *j;
    const TaskGraph *own;
    const bool *border; /* [nodes] */
} TaskCopy;

static Node *copy_task(void *user, Graph *to, const Node *node, Node *const *inputs) {
    const TaskCopy *c = user;
    (void)to;
    return c->border[node->id] ? take_rows(c->j, c->own, node) : copy_own(c->j, c->own, node, inputs);
}

/* The task's loss; NULL: nothing is shared. */
static Node *join_task(const Joiner *j, const TaskGraph *own) {
    TaskCopy copy = {j, own, rowwise_border(own->graph, &own->of, own->is_shared, j->arena)};
    Rewrite rewrite = rewrite_begin(own->graph, j->to, copy_task, &copy);
    bool shares = false;
    for (int i = 0; i < own->graph->nodes.count; i++) shares = shares || copy.border[i];
    if (!shares) return NULL;
    rewrite_nodes(&rewrite, own->graph);
    return rewrite.copies[graph_output_of(own->graph, loss_role)->node->id];
}

static void want_all(const Joiner *j, const Graph *graph) {
    for (int i = 0; i < graph->wanted.count; i++) {
        if (!graph_wants(j->to, graph->wanted.items[i])) graph_want(j->to, graph->wanted.items[i]);
    }
}

static bool join_all(const Joiner *j) {
    Node *sum = NULL;
    for (int p = 0; p < j->count; p++) {
        const TaskGraph *own = &j->tasks[p];
        Node *loss = join_task(j, own);
        if (!loss) return false;
        const char *task = own->name;
        Role counts = {.kind = ROLE_LOSS_WEIGHT, .task = task}, of_task = {.kind = ROLE_LOSS, .task = task};
        Node *weight =
            graph_input_as(j->to, arena_printf(j->arena, "%s.update.weight", task), counts, type_scalar(ELEM_F32));
        Node *weighted = graph_op2(j->to, OP_mul, weight, loss, loss);
        sum = sum ? graph_op2(j->to, OP_add, sum, weighted, loss) : weighted;
        graph_output_as(j->to, arena_printf(j->arena, "%s.loss", task), of_task, loss);
        want_all(j, own->graph);
    }
    graph_output_as(j->to, "loss", loss_role, sum);
    return true;
}

/* --- Which graphs ------------------------------------------------------------------------------------------------- */

static bool have_room(const Graph *const *graphs, int count) {
    int symbols = 2; /* of all */
    for (int p = 0; p < count; p++) symbols += graphs[p]->symbols.count;
    return count > 1 && symbols <= MAX_SYMBOLS;
}

/* The one text; NULL: there is none, or there are several. */
static const char *find_text(const Graph *graph) {
    const char *text = NULL;
    for (int i = 0; i < graph->symbols.count; i++) {
        const Role *role = &graph->symbols.roles[i];
        if (role->kind != ROLE_TOKENS) continue;
        if (text) return NULL;
        text = role->of;
    }
    return text;
}

static const char *task_name(const Graph *graph, Arena *arena) {
    return arena_strndup(arena, graph->name, strcspn(graph->name, "."));
}

const char *join_text(const Graph *const *graphs, int count, Arena *arena) {
    const char *text = "all";
    for (int p = 0; p < count; p++) {
        if (strcmp(task_name(graphs[p], arena), text) != 0) continue;
        text = arena_printf(arena, "%s_", text);
        p = -1;
    }
    return text;
}

/* grad(y, x) would be zero where y comes to depend on the rows of all, and x stays the task's own. */
static bool make_task(const Joiner *j, TaskGraph *own, const Graph *graph) {
    *own = (TaskGraph){.graph = graph, .name = task_name(graph, j->arena), .text = find_text(graph)};
    if (!own->text || has_grad(graph) || !graph_output_of(graph, loss_role)) return false;
    map_symbols(j, own);
    make_images(j, own);
    return true;
}

static void remark_shared(const Joiner *j, Remarks *remarks) {
    const TaskGraph *own = &j->tasks[0];
    const bool *border = rowwise_border(own->graph, &own->of, own->is_shared, j->arena);
    for (int i = 0; remarks && i < own->graph->nodes.count; i++) {
        const Node *node = own->graph->nodes.items[i];
        if (border[i])
            remark(remarks, node, "up to this %s, %s are computed in one", op_name(node->op),
                   count_text(j->count, "task").text);
    }
}

Graph *join_graphs(const Graph *const *graphs, int count, Remarks *remarks) {
    if (!have_room(graphs, count)) return NULL;
    Arena *arena = arena_new();
    Joiner j = {.to = graph_new("together.train", NULL),
                .text = join_text(graphs, count, arena),
                .count = count,
                .arena = arena,
                .tasks = arena_array(arena, (size_t)count, sizeof *j.tasks)};
    bool good = true;
    for (int p = 0; good && p < count; p++) good = make_task(&j, &j.tasks[p], graphs[p]);
    if (good) find_shared(&j);
    good = good && join_all(&j);
    if (good) remark_shared(&j, remarks);
    Graph *joined = good ? graph_canonical(j.to) : NULL;
    graph_free(j.to);
    arena_free(arena);
    return joined;
}
