/* Roles: the table, and types of values compared with it. */
#include "graph/role.h"

#include <string.h>

#include "graph/type.h"

static const RoleInfo infos[ROLE_KINDS] = {
    [ROLE_SEQUENCES] = {"sequences", ON_SYMBOL, NULL, "S",
                        .means = "sequences of the batch: its rows, or their windows"},
    [ROLE_ROWS] = {"rows", ON_SYMBOL, "text", "R", .means = "rows of the batch, of a text that has windows"},
    [ROLE_TOKENS] = {"tokens", ON_SYMBOL, "text", "T", .means = "tokens of all sequences, laid end to end"},
    [ROLE_LABELS] = {"labels", ON_SYMBOL, "label", "W", .means = "tokens that are labelled"},
    [ROLE_DISTINCT] = {"distinct", ON_SYMBOL, "input", "U", .means = "different indices among those of the input"},
    [ROLE_ELEMENTS] = {"elements", ON_SYMBOL, NULL, "N", .means = "numbers of the parameters that are updated at once"},

    [ROLE_IDS] = {"ids", ON_INPUT, "text", "i32<?>[T]", .means = "of each token its number in the vocabulary"},
    [ROLE_SEGMENTS] = {"segments", ON_INPUT, "text", "i32<?>[T]", .means = "of each token the text of a pair: 0 or 1"},
    [ROLE_POSITIONS] = {"positions", ON_INPUT, "text", "i32<?>[T]", VALUES_POSITION,
                        .means = "of each token its position in its sequence, from 0"},
    [ROLE_BOUNDS] = {"bounds", ON_INPUT, "text", "i32[S+1]", VALUES_START,
                     .means = "where each sequence begins, and the last one ends: from 0, never falling"},
    [ROLE_FIRST] = {"first", ON_INPUT, "text", "i32<T>[S]", VALUES_START,
                    .means = "of each sequence its first token: never falling"},
    [ROLE_SEQUENCE] = {"sequence", ON_INPUT, "text", "i32<S>[T]", VALUES_OWNER,
                       .means = "of each token its sequence: never falling"},
    [ROLE_COORDS] = {"coords", ON_INPUT, "text", "i32[T, 2]", VALUES_PLACE,
                     .means = "of each token the sequence's number in the update, and its position"},
    [ROLE_SEQUENCE_COORDS] = {"sequence_coords", ON_INPUT, "text", "i32[S, 2]", VALUES_PLACE,
                              .means = "of each sequence its number in the update, and 0"},
    [ROLE_ROW] = {"row", ON_INPUT, "text", "i32<R>[S]", VALUES_OWNER, .means = "of each window its row: never falling"},
    [ROLE_ROW_COORDS] = {"row_coords", ON_INPUT, "text", "i32[R, 2]", VALUES_PLACE,
                         .means = "of each row its number in the update, and 0"},

    [ROLE_LABEL] = {"label", ON_INPUT, "label", "?[?, ?]", .means = "what is to be predicted, row by row"},
    [ROLE_AT] = {"at", ON_INPUT, "label", "i32<?>[W]", VALUES_RISING,
                 .means = "of each labelled token its row: rising"},

    [ROLE_NUMBERS] = {"numbers", ON_INPUT, "numbers", "f32[?, ?]", .means = "numbers that the data gives, row by row"},
    [ROLE_GIVEN] = {"given", ON_INPUT, "value", "f32[?, ?]",
                    .means = "of each number of a label, or of numbers, 1 where the row has it, otherwise 0"},

    [ROLE_UPDATE_ROWS] = {"update_rows", ON_INPUT, NULL, "f32[]", VALUES_COUNT, ROLE_ROWS,
                          .means = "rows of the whole update"},
    [ROLE_UPDATE_SEQUENCES] = {"update_sequences", ON_INPUT, NULL, "f32[]", VALUES_COUNT, ROLE_SEQUENCES,
                               .means = "its sequences, where these are windows"},
    [ROLE_UPDATE_TOKENS] = {"update_tokens", ON_INPUT, "text", "f32[]", VALUES_COUNT, ROLE_TOKENS,
                            .means = "its tokens"},
    [ROLE_UPDATE_LABELS] = {"update_labels", ON_INPUT, "label", "f32[]", VALUES_COUNT, ROLE_LABELS,
                            .means = "its labelled tokens"},
    [ROLE_RNG] = {"rng", ON_INPUT, NULL, "i32[2]", VALUES_KEY, .means = "the key of random numbers: seed and step"},

    [ROLE_LOSS] = {"loss", ON_OUTPUT, NULL, "f32[]", .means = "the loss; with `task` that of one of several tasks"},
    [ROLE_PREDICTION] = {"prediction", ON_OUTPUT, NULL, "f32[?, ?]", .means = "what the task predicts, row by row"},
    [ROLE_PROBABILITIES] = {"probabilities", ON_OUTPUT, NULL, "?",
                            .means = "what the task shows as the probabilities of its classes or flags"},

    [ROLE_KEPT] = {"kept", ON_INPUT | ON_OUTPUT, NULL, "f32[?, ?]", .many = true,
                   .means = "what the frozen part of a graph gives each row, where the rest reads it"},
    [ROLE_SLOTS] = {"slots", ON_INPUT, "input", "i32<U>[?]",
                    .means = "of each index of the input its number among the different ones"},
    [ROLE_OWN_SEQUENCES] = {"own_sequences", ON_INPUT, "text", "i32<?>[S]", VALUES_RISING,
                            .means = "of each sequence of the task its number among those of all tasks: rising"},
    [ROLE_OWN_TOKENS] = {"own_tokens", ON_INPUT, "text", "i32<?>[T]", VALUES_RISING,
                         .means = "of each token of the task its number among those of all tasks: rising"},
    [ROLE_LOSS_WEIGHT] = {"loss_weight", ON_INPUT, NULL, "f32[]", .means = "what the task's loss counts in the sum"},
    [ROLE_COMPARED] = {"compared", ON_OUTPUT, NULL, "f32", .many = true,
                       .means = "what a comparison on the way to an answer reads, which may not be NaN"},
    [ROLE_GRADIENT] = {"gradient", ON_INPUT | ON_OUTPUT, "value", "f32",
                       .means = "the gradient of the loss for the parameter, or the output"},

    [ROLE_WEIGHT] = {"weight", ON_INPUT | ON_OUTPUT, NULL, "f32", .means = "parameters before and after the update"},
    [ROLE_STATE] = {"state", ON_INPUT | ON_OUTPUT, "state", "f32", .means = "a state of the optimizer"},
    [ROLE_RATE] = {"rate", ON_INPUT, NULL, "f32[]", .means = "the learning rate"},
    [ROLE_DECAY] = {"decay", ON_INPUT, NULL, "f32[]", .means = "weight decay; 0 for parameters without it"},
    [ROLE_STEP] = {"step", ON_INPUT, NULL, "f32[]", .means = "the number of the step, from 1"},
    [ROLE_SCALE] = {"scale", ON_INPUT, NULL, "f32[]", .means = "what clipping multiplies the gradient by"},
    [ROLE_SQUARES] = {"squares", ON_OUTPUT, NULL, "f32[?, 1]",
                      .means = "of each row of a gradient the sum of its squares"},
};

const RoleInfo *role_info(RoleKind kind) { return &infos[kind]; }

bool role_find(const char *name, RoleKind *kind) {
    for (int i = ROLE_NONE + 1; i < ROLE_KINDS; i++) {
        if (strcmp(infos[i].name, name) != 0) continue;
        *kind = (RoleKind)i;
        return true;
    }
    return false;
}

static bool same_owner(const char *a, const char *b) { return a == b || (a && b && strcmp(a, b) == 0); }

bool role_equal(const Role *a, const Role *b) {
    return a->kind == b->kind && same_owner(a->of, b->of) && same_owner(a->task, b->task);
}

bool role_suits(const Role *role, unsigned on) {
    if (role->kind == ROLE_NONE) return !role->of && !role->task;
    return infos[role->kind].on & on && !infos[role->kind].of == !role->of;
}

/* --- Types -------------------------------------------------------------------------------------------------------- */

/* A walk over the type of a table's row. */
typedef struct Pattern {
    const char *at; /* "T>[S]" */
    const Role *role;
    const Symbols *symbols;
} Pattern;

/* The symbol's role that a letter stands for, to a role of this owner. */
static Role symbol_role(char letter, const Role *role) {
    for (int i = ROLE_NONE + 1; i < ROLE_KINDS; i++) {
        if (infos[i].on == ON_SYMBOL && *infos[i].type == letter)
            return (Role){(RoleKind)i, infos[i].of ? role->of : NULL, role->task};
    }
    return (Role){0};
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* dim = "?" | digit | letter ["+" digit] */
static bool fits_dim(Pattern *p, Dim dim) {
    char c = *p->at++;
    if (c == '?') return true;
    if (is_digit(c)) return dim_is(dim, c - '0');
    Role wanted = symbol_role(c, p->role);
    int64_t offset = 0;
    if (*p->at == '+') offset = p->at[1] - '0', p->at += 2;
    return dim.scale == 1 && dim.offset == offset && role_equal(&p->symbols->roles[dim.symbol], &wanted);
}

/* elem = "?" | "f32" | "i32" ["<" dim ">"] */
static bool fits_elem(Pattern *p, const Type *type) {
    if (*p->at == '?') return p->at++, true;
    size_t length = strlen(elem_name(type->elem));
    if (strncmp(p->at, elem_name(type->elem), length) != 0) return false;
    p->at += length;
    if (*p->at != '<') return dim_is(type->bound, 0);
    p->at++;
    bool good = fits_dim(p, type->bound);
    p->at++;
    return good;
}

/* type = elem ["[" [dim {", " dim}] "]"] */
bool role_fits(const Role *role, const Type *type, const Symbols *symbols) {
    if (role->kind == ROLE_NONE) return true;
    Pattern p = {infos[role->kind].type, role, symbols};
    if (!fits_elem(&p, type)) return false;
    if (!*p.at) return true;
    p.at++;
    for (int i = 0; i < type->rank; i++) {
        if (i && *p.at != ',') return false;
        if (i) p.at += 2;
        if (*p.at == ']' || !fits_dim(&p, type->dims[i])) return false;
    }
    return *p.at == ']';
}

Role role_rows(const Role *role, int *more) {
    const char *type = infos[role->kind].type, *shape = type ? strchr(type, '[') : NULL;
    *more = shape && shape[1] && shape[2] == '+' ? shape[3] - '0' : 0;
    return shape ? symbol_role(shape[1], role) : (Role){0};
}
