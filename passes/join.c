/* Join: (1) an image of each row-wise node over the text of all, the same node for parts that compute alike; (2)
 * where images of all parts end, each part takes its rows of them; (3) the rest of each part as it was. */
#include "passes/join.h"

#include <string.h>

#include "graph/base/count_text.h"
#include "graph/rewrite.h"
#include "passes/expand.h"
#include "passes/rowwise.h"

typedef struct Part {
    const Graph *graph;
    const char *name, *text; /* "a" of the graph a.train; "x" of its symbol x.T */
    RowWise of;
    Node **images;   /* [nodes]: over the text of all; NULL: there is none */
    bool *is_shared; /* [nodes]: all parts have this image */
    int32_t all_symbols[MAX_SYMBOLS],
        own_symbols[MAX_SYMBOLS]; /* in the joined graph; all: -1 for what `all` does not have */
} Part;

typedef struct Joiner {
    Graph *to;
    const char *text;
    Part *parts;
    int count;
    Arena *arena;
} Joiner;

/* --- Symbols and types -------------------------------------------------------------------------------------------- */

/* A role as the joined graph has it. */
static Role own_role(const Part *part, Role role) {
    if (role.kind) role.task = part->name;
    return role;
}

static bool is_of_text(const Part *part, const Role *role) { return role->of && strcmp(role->of, part->text) == 0; }

/* The symbol that counts for all what this one counts for the part; -1: there is none. */
static int32_t all_symbol(const Joiner *j, const Part *part, const Role *role) {
    if (role->kind == ROLE_SEQUENCES) return graph_symbol_as(j->to, "S", *role);
    if (role->kind != ROLE_TOKENS || !is_of_text(part, role)) return -1;
    return graph_symbol_as(j->to, arena_printf(j->arena, "%s.T", j->text), (Role){ROLE_TOKENS, j->text, NULL});
}

static void map_symbols(const Joiner *j, Part *part) {
    for (int i = 0; i < part->graph->symbols.count; i++) {
        const Role *role = &part->graph->symbols.roles[i];
        const char *name = arena_printf(j->arena, "%s.%s", part->name, part->graph->symbols.names[i]);
        part->all_symbols[i] = all_symbol(j, part, role);
        part->own_symbols[i] = graph_symbol_as(j->to, name, own_role(part, *role));
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
static Node *input_image(const Joiner *j, const Part *part, const Node *node) {
    Type type = node->type;
    Role role = node->attrs.role;
    bool is_key = role.kind == ROLE_RNG, has_rows = part->of.rows[node->id] >= 0 || role.kind == ROLE_BOUNDS;
    if (!is_key && !(has_rows && is_of_text(part, &role))) return NULL;
    if (!map_type(&type, part->all_symbols)) return NULL;
    if (is_key) return copy_input(j, node, node->attrs.text, role, type);
    role.of = j->text;
    return copy_input(j, node, arena_printf(j->arena, "%s.%s", j->text, role_info(role.kind)->name), role, type);
}

static Node *make_image(const Joiner *j, const Part *part, const Node *node) {
    Type type = node->type;
    Node *inputs[MAX_OPERANDS];
    if (node->op == OP_input) return input_image(j, part, node);
    bool has_one = node->op == OP_iota || part->of.rows[node->id] != ROWS_MIXED;
    for (int i = 0; i < node->n_inputs; i++) {
        inputs[i] = part->images[node->inputs[i]->id];
        has_one = has_one && inputs[i];
    }
    return has_one && map_type(&type, part->all_symbols) ? copy_node(j, node, type, inputs) : NULL;
}

static void make_images(const Joiner *j, Part *part) {
    size_t count = (size_t)part->graph->nodes.count + 1;
    part->of = rowwise_find(part->graph, &(RowRules){0}, j->arena);
    part->images = arena_array(j->arena, count, sizeof *part->images);
    part->is_shared = arena_array(j->arena, count, sizeof *part->is_shared);
    for (int i = 0; i < part->graph->nodes.count; i++)
        part->images[i] = make_image(j, part, part->graph->nodes.items[i]);
}

/* An image is made of one node of each part: equal nodes are one there too. */
static void find_shared(const Joiner *j) {
    int *users = arena_array(j->arena, (size_t)j->to->nodes.count + 1, sizeof *users);
    for (int p = 0; p < j->count; p++) {
        const Part *part = &j->parts[p];
        for (int i = 0; i < part->graph->nodes.count; i++) {
            if (part->images[i]) users[part->images[i]->id]++;
        }
    }
    for (int p = 0; p < j->count; p++) {
        Part *part = &j->parts[p];
        for (int i = 0; i < part->graph->nodes.count; i++)
            part->is_shared[i] = part->images[i] && users[part->images[i]->id] == j->count;
    }
}

/* --- (2), (3) The parts ------------------------------------------------------------------------------------------- */

/* The part's rows of an image. */
static Node *take_rows(const Joiner *j, const Part *part, const Node *node) {
    Node *image = part->images[node->id];
    int counted = part->of.rows[node->id];
    bool sequences = part->graph->symbols.roles[counted].kind == ROLE_SEQUENCES;
    Role role = {sequences ? ROLE_OWN_SEQUENCES : ROLE_OWN_TOKENS, part->text, part->name};
    const char *name = arena_printf(j->arena, "%s.%s.%s", role.task, role.of, sequences ? "sequences" : "tokens");
    Type type = type_make(ELEM_I32, 1, (Dim[]){dim_symbol(part->own_symbols[counted])});
    type.bound = image->type.dims[0];
    return graph_op2(j->to, OP_gather, image, graph_input_as(j->to, name, role, type), node);
}

static Node *copy_own(const Joiner *j, const Part *part, const Node *node, Node *const *inputs) {
    Type type = node->type;
    map_type(&type, part->own_symbols);
    if (node->op != OP_input || node->attrs.role.kind == ROLE_RNG) return copy_node(j, node, type, inputs);
    const char *name = arena_printf(j->arena, "%s.%s", part->name, node->attrs.text);
    return copy_input(j, node, name, own_role(part, node->attrs.role), type);
}

typedef struct PartCopy {
    const Joiner *j;
    const Part *part;
    const bool *border; /* [nodes] */
} PartCopy;

static Node *copy_part(void *user, Graph *to, const Node *node, Node *const *inputs) {
    const PartCopy *c = user;
    (void)to;
    return c->border[node->id] ? take_rows(c->j, c->part, node) : copy_own(c->j, c->part, node, inputs);
}

/* The part's loss; NULL: nothing is shared. */
static Node *join_part(const Joiner *j, const Part *part) {
    PartCopy copy = {j, part, rowwise_border(part->graph, &part->of, part->is_shared, j->arena)};
    Rewrite rewrite = rewrite_begin(part->graph, j->to, copy_part, &copy);
    bool shares = false;
    for (int i = 0; i < part->graph->nodes.count; i++) shares = shares || copy.border[i];
    if (!shares) return NULL;
    rewrite_nodes(&rewrite, part->graph);
    return rewrite.copies[graph_find_output(part->graph, "loss")->id];
}

static void want_all(const Joiner *j, const Graph *graph) {
    for (int i = 0; i < graph->wanted.count; i++) {
        if (!graph_wants(j->to, graph->wanted.items[i])) graph_want(j->to, graph->wanted.items[i]);
    }
}

static bool join_all(const Joiner *j) {
    Node *sum = NULL;
    for (int p = 0; p < j->count; p++) {
        const Part *part = &j->parts[p];
        Node *loss = join_part(j, part);
        if (!loss) return false;
        const char *task = part->name;
        Role counts = {.kind = ROLE_LOSS_WEIGHT, .task = task}, of_task = {.kind = ROLE_LOSS, .task = task};
        Node *weight =
            graph_input_as(j->to, arena_printf(j->arena, "%s.update.weight", task), counts, type_scalar(ELEM_F32));
        Node *weighted = graph_op2(j->to, OP_mul, weight, loss, loss);
        sum = sum ? graph_op2(j->to, OP_add, sum, weighted, loss) : weighted;
        graph_output_as(j->to, arena_printf(j->arena, "%s.loss", task), of_task, loss);
        want_all(j, part->graph);
    }
    graph_output(j->to, "loss", sum);
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

/* grad(y, x) would be zero where y comes to depend on the rows of all, and x stays the part's own. */
static bool make_part(const Joiner *j, Part *part, const Graph *graph) {
    *part = (Part){.graph = graph, .name = task_name(graph, j->arena), .text = find_text(graph)};
    if (!part->text || has_grad(graph) || !graph_find_output(graph, "loss")) return false;
    map_symbols(j, part);
    make_images(j, part);
    return true;
}

static void remark_shared(const Joiner *j, Remarks *remarks) {
    const Part *part = &j->parts[0];
    const bool *border = rowwise_border(part->graph, &part->of, part->is_shared, j->arena);
    for (int i = 0; remarks && i < part->graph->nodes.count; i++) {
        const Node *node = part->graph->nodes.items[i];
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
                .parts = arena_array(arena, (size_t)count, sizeof *j.parts)};
    bool good = true;
    for (int p = 0; good && p < count; p++) good = make_part(&j, &j.parts[p], graphs[p]);
    if (good) find_shared(&j);
    good = good && join_all(&j);
    if (good) remark_shared(&j, remarks);
    Graph *joined = good ? graph_canonical(j.to) : NULL;
    graph_free(j.to);
    arena_free(arena);
    return joined;
}
