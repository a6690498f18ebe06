/* Elaboration: attention. `score` and `keys` name definitions that are elaborated here, at the call, with the leaves of
 * a pair of query and key in place of their first parameters: what they return are open values (graph/pair.h). */
#include <math.h>

#include "frontend/elaborate.h"
#include "graph/pair.h"

/* Arguments of the builtin, by its parameters. */
enum { Q, K, V, Q_SEQ, KV_SEQ, HEADS, DROPOUT, CAUSAL, SCALE, SCORE, KEYS };

static bool check_kinds(Elab *e, const BuiltinCall *call) {
    for (int i = 0; i < HEADS; i++) {
        ValueKind wanted = i < Q_SEQ ? VALUE_TENSOR : VALUE_TOKENS;
        if (call->args[i].kind == wanted) continue;
        fail(e, "E0304", call->pos[i], "'attention' needs %s here, not %s", i < Q_SEQ ? "a tensor" : "a text input",
             value_print(e, call->args[i]));
        return false;
    }
    return true;
}

/* Argument `i` as yes or no; no when it is not given. */
static bool flag_of(Elab *e, const BuiltinCall *call, int i, bool *flag) {
    *flag = false;
    if (!call->given[i]) return true;
    bool good = call->args[i].kind == VALUE_NUMBER && (call->args[i].number == 0 || call->args[i].number == 1);
    if (!good) {
        fail(e, "E0304", call->pos[i], "'%s' needs true or false here, not %s", call->name,
             value_print(e, call->args[i]));
    }
    *flag = good && call->args[i].number == 1;
    return good;
}

/* --- Definitions of open values ----------------------------------------------------------------------------------- */

/* What the first parameters of such a definition stand for: PAIR_LEAVES: something that the call gives. An untyped one
 * at the beginning is the score, the first position the query's, the second the key's. */
static PairLeaf leaf_of(const Def *def, int formal, bool is_score) {
    const Formal *f = &def->formals.items[formal];
    if (f->place == PLACE_HEAD) return PAIR_HEAD;
    if (f->place == PLACE_NONE) return is_score && formal == 0 ? PAIR_SCORE : PAIR_LEAVES;
    for (int i = 0; i < formal; i++) {
        if (def->formals.items[i].place == PLACE_POSITION) return PAIR_KEY;
    }
    return PAIR_QUERY;
}

static Node *leaf_node(Elab *e, PairLeaf leaf, Pos pos) {
    return emit(e, (NodeSpec){.op = OP_pair, .attrs.text = pair_leaf_name(leaf)}, pos);
}

/* A name that no text can have stands for the leaf in the call. */
static Arg leaf_argument(Elab *e, PairLeaf leaf, Pos pos) {
    Expr *name = arena_alloc(e->arena, sizeof *name);
    const char *text = arena_printf(e->arena, "a pair's %s", pair_leaf_name(leaf));
    *name = (Expr){.kind = EXPR_NAME, .text = text, .pos = pos, .depth = 1};
    push_name(e, e->frame, text, value_tensor(leaf_node(e, leaf, pos)));
    return (Arg){.pos = pos, .value = name};
}

static Value call_with_leaves(Elab *e, Def *def, const Expr *named, bool is_score) {
    Expr call = {.kind = EXPR_CALL, .text = def->name, .pos = named->pos, .depth = named->depth};
    int names = e->frame->names.count;
    call.args = arena_array(e->arena, (size_t)(def->formals.count + named->n_args) + 1, sizeof *call.args);
    for (int i = 0; i < def->formals.count; i++) {
        PairLeaf leaf = leaf_of(def, i, is_score);
        if (leaf == PAIR_LEAVES) break;
        if (leaf == PAIR_KEY && !is_score) {
            if (fail(e, "E0314", named->pos, "'keys' has one position for '%s', the query's", def->name))
                note_formal(e, def, &def->formals.items[i]);
            return value_error();
        }
        call.args[call.n_args++] = leaf_argument(e, leaf, named->pos);
    }
    for (int i = 0; i < named->n_args; i++) call.args[call.n_args++] = named->args[i];
    Value value = call_def(e, def, &call);
    pop_names(e, e->frame, names);
    return value;
}

/* Is it made of what a pair has? What is made of a definition's parameters, a call knows. */
static bool check_open(Elab *e, const Node *value, Pos pos) {
    PairCone cone;
    pair_cone_begin(&cone);
    const Node *bad;
    bool good = pair_cone_add(&cone, value, &bad) && cone.count <= MAX_SCORE_NODES;
    if (good || (e->checking && bad && bad->op == OP_input)) return true;
    const char *how = bad ? arena_printf(e->arena, "not of %s", op_name(bad->op))
                          : arena_printf(e->arena, "%d of them at most", MAX_SCORE_NODES);
    if (fail(e, "E0314", pos, "operators make a score of the product, positions, the head and numbers, %s", how) && bad)
        note_made(e, bad, pos);
    return false;
}

/* What the definition that `named` names gives for a pair; `what`: "score". */
static Value open_value(Elab *e, const Expr *named, const char *what, bool is_score) {
    Def *def = named->kind == EXPR_NAME || named->kind == EXPR_CALL ? find_def(e, named->text) : NULL;
    if (def) return call_with_leaves(e, def, named, is_score);
    if (fail(e, "E0314", named->pos, "'%s' must name a definition", what)) {
        diag_hint(e->diags, is_score
                                ? "def biased(s, q: position, k: position) = s - 0.1 * float(abs(q - k)), and "
                                  "score = biased"
                                : "def near(q: position) = q - 64 .. q + 65, and keys = near; causal and window(n) "
                                  "are there");
    }
    return value_error();
}

/* One end of a range: i32[]. */
static Node *end_of_range(Elab *e, Value end, Pos pos) {
    if (is_number(e, end)) return number_node(e, ELEM_I32, end, pos);
    bool good = end.kind == VALUE_TENSOR && end.node->type.elem == ELEM_I32 && end.node->type.rank == 0;
    if (good) return end.node;
    if (end.kind != VALUE_ERROR &&
        fail(e, "E0314", pos, "a range goes from one position to another, not to %s", value_print(e, end)))
        diag_hint(e->diags, "cast(x, i32) makes a whole number of x");
    return NULL;
}

Value eval_positions(Elab *e, const Expr *expr) {
    Value ends[] = {eval(e, expr->a), eval(e, expr->b)};
    Node *first = end_of_range(e, ends[0], expr->pos), *end = end_of_range(e, ends[1], expr->pos);
    return first && end ? (Value){.kind = VALUE_RANGE, .node = first, .end = end} : value_error();
}

/* First and end of the keys that a query sees. */
static bool keys_of(Elab *e, const BuiltinCall *call, bool causal, Node **range) {
    if (causal) {
        Node *query = leaf_node(e, PAIR_QUERY, call->expr->pos), *one = scalar_node(e, ELEM_I32, 1, call->expr->pos);
        range[1] = emit_op(e, OP_add, 2, (Node *[]){query, one}, call->expr->pos);
    }
    if (!call->given[KEYS]) return true;
    if (causal) {
        fail(e, "E0314", call->pos[KEYS], "'causal = true' is short for 'keys = causal': give one of them");
        return false;
    }
    Value value = open_value(e, call->exprs[KEYS], "keys", false);
    if (value.kind == VALUE_RANGE) {
        range[0] = value.node, range[1] = value.end;
        return true;
    }
    if (value.kind != VALUE_ERROR &&
        fail(e, "E0314", call->pos[KEYS], "'keys' must be a range of positions, not %s", value_print(e, value)))
        diag_hint(e->diags, "def near(q: position) = q - 64 .. q + 65");
    return false;
}

static bool score_of(Elab *e, const BuiltinCall *call, Node **score) {
    for (int i = 0; i < CELL_SIDES; i++) e->cells[i] = NULL;
    if (!call->given[SCORE]) return true;
    Value value = open_value(e, call->exprs[SCORE], "score", true);
    bool good = value.kind == VALUE_TENSOR && value.node->type.elem == ELEM_F32 && value.node->type.rank == 0;
    if (is_number(e, value)) value = value_tensor(number_node(e, ELEM_F32, value, call->pos[SCORE])), good = true;
    if (good) *score = value.node;
    if (good) return check_open(e, value.node, call->pos[SCORE]);
    if (value.kind != VALUE_ERROR &&
        fail(e, "E0314", call->pos[SCORE], "a score must be one f32, not %s", value_print(e, value)))
        diag_hint(e->diags, "float(x) makes an f32 of a position");
    return false;
}

/* --- The call ----------------------------------------------------------------------------------------------------- */

static bool scale_of(Elab *e, const BuiltinCall *call, int64_t heads, double *scale) {
    Dim columns = call->args[Q].node->type.rank == 2 ? call->args[Q].node->type.dims[1] : dim_const(1);
    if (!call->given[SCALE]) {
        double depth = (double)(dim_is_const(columns) ? columns.offset : 1) / (double)heads;
        *scale = depth > 0 ? 1 / sqrt(depth) : 1;
        return true;
    }
    if (is_some_number(e, call->args[SCALE])) return *scale = 1, true;
    bool good = call->args[SCALE].kind == VALUE_NUMBER;
    if (!good) {
        fail(e, "E0304", call->pos[SCALE], "'attention' needs a number here, not %s",
             value_print(e, call->args[SCALE]));
    }
    *scale = call->args[SCALE].number;
    return good;
}

/* The product as the score of all keys. */
static void plain_operands(Elab *e, Pos pos, Node **open) {
    open[0] = scalar_node(e, ELEM_I32, 0, pos);
    open[1] = scalar_node(e, ELEM_I32, INT32_MAX, pos);
    open[2] = leaf_node(e, PAIR_SCORE, pos);
}

/* While a definition is checked: what is made of its parameters, a call knows. */
static void forget_unknown(Elab *e, Node **open) {
    Node *plain[3];
    const Node *bad;
    plain_operands(e, (Pos){0}, plain);
    for (int i = 0; i < 3; i++) {
        PairCone cone;
        pair_cone_begin(&cone);
        if (!pair_cone_add(&cone, open[i], &bad) && bad && bad->op == OP_input) open[i] = plain[i];
    }
}

Value build_attention(Elab *e, const BuiltinCall *call) {
    double rate = 0, scale;
    int64_t heads;
    bool causal;
    Node *open[3];
    if (!check_kinds(e, call)) return value_error();
    if (is_some_number(e, call->args[HEADS]))
        heads = 1; /* divides everything */
    else if (!integer_of(e, call->args[HEADS], call->pos[HEADS], "the number of heads", 1, &heads))
        return value_error();
    if (call->given[DROPOUT] && !rate_of(e, call, DROPOUT, &rate)) return value_error();
    if (!flag_of(e, call, CAUSAL, &causal) || !scale_of(e, call, heads, &scale)) return value_error();
    plain_operands(e, call->expr->pos, open);
    if (!keys_of(e, call, causal, open) || !score_of(e, call, &open[2])) return value_error();
    if (has_generic(e, &call->args[Q].node->type)) return call->args[Q];
    if (e->checking) forget_unknown(e, open);
    bool reads = e->cells[CELL_QUERY] || e->cells[CELL_KEY];
    const TokensValue *queries = call->args[Q_SEQ].tokens, *keys = call->args[KV_SEQ].tokens;
    Node *inputs[] = {call->args[Q].node,
                      call->args[K].node,
                      call->args[V].node,
                      queries->bounds,
                      keys->bounds,
                      key_of(e, call->expr->pos),
                      queries->coords,
                      open[0],
                      open[1],
                      open[2],
                      e->cells[CELL_QUERY] ? e->cells[CELL_QUERY] : call->args[Q].node, /* read where the other is */
                      e->cells[CELL_KEY] ? e->cells[CELL_KEY] : call->args[K].node};
    int n = ATTENTION_OPERANDS + (reads ? CELL_SIDES : 0);
    NodeSpec spec = {.op = OP_attention, .n_inputs = n, .inputs = inputs, .attrs.ints = {heads, 0}};
    spec.attrs.number = rate;
    spec.attrs.scale = scale;
    spec.attrs.text = rate > 0 ? next_site(e) : "";
    return value_tensor(emit(e, spec, call->expr->pos));
}
