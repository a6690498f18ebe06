/* Elaboration: what depends on where a row stands in the update: random numbers, and how many rows
 * there are. Each use has a site, "scope#ordinal", that is the
 * same in every task and every graph made from the same text. */
#include <string.h>

#include "frontend/elaborate.h"

const char *next_site(Elab *e) {
    int known = name_index_find(&e->sites, e->scope), site = known < 0 ? 0 : known;
    name_index_put(e->arena, &e->sites, e->scope, site + 1);
    return arena_printf(e->arena, "%s#%d", e->scope, site);
}

Node *key_of(Elab *e, Pos pos) {
    Dim two = dim_const(2);
    return emit_input(e, "rng", (Role){.kind = ROLE_RNG}, type_make(ELEM_I32, 1, &two), pos);
}

/* Rows of tokens have the coordinates of the tokens, labelled rows those of their tokens, rows of
 * sequences those of the sequences. */
static Node *coords_of(Elab *e, Dim rows, Pos pos) {
    for (int i = 0; i < e->n_tokens; i++) {
        if (dim_equal(rows, e->tokens[i].length)) return e->tokens[i].coords;
    }
    for (int i = 0; i < e->n_values; i++) {
        const LabelValue *label = &e->values[i];
        if (!label->at || !dim_equal(rows, label->at->type.dims[0])) continue;
        return emit_op(e, OP_gather, 2, (Node *[]){label->tokens->coords, label->at}, pos);
    }
    if (e->n_tokens == 0) return NULL;
    if (dim_equal(rows, e->tokens[0].n_rows)) return e->tokens[0].places;
    return dim_equal(rows, e->tokens[0].rows->type.dims[0]) ? e->tokens[0].rows : NULL;
}

Value build_random(Elab *e, const BuiltinCall *call) {
    if (call->args[0].kind != VALUE_TENSOR || call->args[0].node->type.rank != 2) {
        return fail_value(e, "E0304", call->pos[0], "'random' needs a tensor with two axes, not %s",
                          value_print(e, call->args[0]));
    }
    const Type *like = &call->args[0].node->type;
    Node *coords = coords_of(e, like->dims[0], call->expr->pos);
    if (!coords && is_generic(e, like->dims[0]))
        return stand_in(e, type_make(ELEM_F32, 2, like->dims), call->expr->pos);
    if (!coords) {
        if (fail(e, "E0311", call->pos[0], "the rows of %s are neither tokens nor sequences",
                 value_print(e, call->args[0]))) {
            diag_hint(e->diags, "apply it before rows are selected, mixed or joined");
        }
        return value_error();
    }
    Node *inputs[] = {key_of(e, call->expr->pos), coords};
    NodeSpec spec = {.op = OP_random, .n_inputs = 2, .inputs = inputs, .attrs.text = next_site(e)};
    spec.type = type_make(ELEM_F32, 2, like->dims);
    return value_tensor(emit(e, spec, call->expr->pos));
}

/* The graph input that counts the rows of the whole update for each row of this batch; its name is NULL when none
 * does. */
typedef struct Count {
    const char *name;
    Role role;
} Count;

static Count count_of(const Elab *e, RoleKind kind, const char *of) {
    return (Count){arena_printf(e->arena, "%s.update", of), {.kind = kind, .of = of}};
}

static Count find_count(const Elab *e, int32_t symbol) {
    if (e->n_tokens && e->tokens[0].n_rows.symbol == symbol) return (Count){"update.rows", {.kind = ROLE_UPDATE_ROWS}};
    if (e->n_tokens && e->tokens[0].rows->type.dims[0].symbol == symbol)
        return (Count){"update.sequences", {.kind = ROLE_UPDATE_SEQUENCES}};
    for (int i = 0; i < e->n_values; i++) {
        const LabelValue *label = &e->values[i];
        if (label->at && label->at->type.dims[0].symbol == symbol) return count_of(e, ROLE_UPDATE_LABELS, label->name);
    }
    for (int i = 0; i < e->n_tokens; i++) {
        if (e->tokens[i].length.symbol == symbol) return count_of(e, ROLE_UPDATE_TOKENS, e->tokens[i].name);
    }
    return (Count){0};
}

/* How many rows like those of `x` the whole update has: a mean over them is a sum divided by this,
 * however the update is split into batches. */
Value build_update_rows(Elab *e, const BuiltinCall *call) {
    Value x = call->args[0];
    if (x.kind != VALUE_TENSOR || x.node->type.rank == 0) {
        return fail_value(e, "E0304", call->pos[0], "'update_rows' needs a tensor with rows, not %s",
                          value_print(e, x));
    }
    Dim rows = x.node->type.dims[0];
    if (dim_is_const(rows)) return value_number((double)rows.offset);
    Count found = rows.offset == 0 ? find_count(e, rows.symbol) : (Count){0};
    if (!found.name && is_generic(e, rows)) return stand_in(e, type_scalar(ELEM_F32), call->expr->pos);
    if (!found.name) {
        return fail_value(e, "E0311", call->pos[0], "the rows of %s are neither tokens nor sequences",
                          value_print(e, x));
    }
    Node *count = emit_input(e, found.name, found.role, type_scalar(ELEM_F32), call->expr->pos);
    if (rows.scale == 1) return value_tensor(count);
    Node *factors[] = {count, scalar_node(e, ELEM_F32, (double)rows.scale, call->expr->pos)};
    return value_tensor(emit_op(e, OP_mul, 2, factors, call->expr->pos));
}

bool rate_of(Elab *e, const BuiltinCall *call, int i, double *rate) {
    *rate = 0;
    if (is_some_number(e, call->args[i])) return true;
    if (call->args[i].kind != VALUE_NUMBER || !(call->args[i].number >= 0 && call->args[i].number < 1)) {
        if (fail(e, "E0310", call->pos[i], "a dropout rate must be a number from 0 up to 1, not %s",
                 value_print(e, call->args[i]))) {
            diag_hint(e->diags, "0.1 sets every tenth value to zero");
        }
        return false;
    }
    *rate = call->args[i].number;
    if (*rate > 0 && e->options->dropout >= 0) *rate = e->options->dropout;
    if (!e->training || e->is_still) *rate = 0;
    return true;
}

Value build_dropout_rate(Elab *e, const BuiltinCall *call) {
    double rate;
    if (is_some_number(e, call->args[0])) return (Value){.kind = VALUE_SOME_NUMBER};
    return rate_of(e, call, 0, &rate) ? value_number(rate) : value_error();
}
