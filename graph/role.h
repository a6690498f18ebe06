/* Roles: what a symbol, an input or an output of a graph stands for, and whose it is. Names are for people; what a pass
 * or the runtime has to know of a value stands here, in one table, from which the verifier, synthetic batches and
 * docs/language.md derive what they say of it. A role is optional: an argument of a definition has none. */
#ifndef GRADC_GRAPH_ROLE_H
#define GRADC_GRAPH_ROLE_H

#include <stdbool.h>
#include <stdint.h>

typedef enum RoleKind {
    ROLE_NONE,
    /* symbols */
    ROLE_SEQUENCES,
    ROLE_ROWS,
    ROLE_TOKENS,
    ROLE_LABELS,
    ROLE_DISTINCT,
    ROLE_ELEMENTS,
    /* inputs of a text */
    ROLE_IDS,
    ROLE_SEGMENTS,
    ROLE_POSITIONS,
    ROLE_BOUNDS,
    ROLE_FIRST,
    ROLE_SEQUENCE,
    ROLE_COORDS,
    ROLE_SEQUENCE_COORDS,
    ROLE_ROW,
    ROLE_ROW_COORDS,
    /* of a label, or numbers */
    ROLE_LABEL,
    ROLE_AT,
    ROLE_NUMBERS,
    ROLE_GIVEN,
    /* of the update */
    ROLE_UPDATE_ROWS,
    ROLE_UPDATE_SEQUENCES,
    ROLE_UPDATE_TOKENS,
    ROLE_UPDATE_LABELS,
    ROLE_RNG,
    /* what a task gives */
    ROLE_LOSS,
    ROLE_PREDICTION,
    ROLE_PROBABILITIES,
    /* made by passes */
    ROLE_KEPT,
    ROLE_SLOTS,
    ROLE_OWN_SEQUENCES,
    ROLE_OWN_TOKENS,
    ROLE_LOSS_WEIGHT,
    ROLE_COMPARED,
    ROLE_GRADIENT,
    /* of the optimizer */
    ROLE_WEIGHT,
    ROLE_STATE,
    ROLE_RATE,
    ROLE_DECAY,
    ROLE_STEP,
    ROLE_SCALE,
    ROLE_SQUARES,
    ROLE_KINDS
} RoleKind;

typedef struct Role {
    RoleKind kind;
    const char *of;   /* the name of the text, label, input ... that it belongs to; NULL: the kind belongs to none */
    const char *task; /* in a graph made of several tasks: whose it is; NULL: the graph's own */
} Role;

/* Outputs that belong to nothing but their graph. */
static const Role loss_role = {.kind = ROLE_LOSS}, prediction_role = {.kind = ROLE_PREDICTION},
                  probabilities_role = {.kind = ROLE_PROBABILITIES}, squares_role = {.kind = ROLE_SQUARES};

/* Where a role is played. */
enum { ON_SYMBOL = 1, ON_INPUT = 2, ON_OUTPUT = 4 };

/* What the values of an input are, beyond what its type says. */
typedef enum RoleValues {
    VALUES_ANY,
    VALUES_POSITION, /* of a token within its sequence, from 0 */
    VALUES_OWNER,    /* the number of the sequence or row that it lies in; they never fall */
    VALUES_START,    /* the token that a sequence begins with; they never fall */
    VALUES_RISING,   /* each is larger than the one before */
    VALUES_PLACE,    /* the row of the update that it lies in, and the position within it */
    VALUES_COUNT,    /* how many of `counts` the whole update has, at least 1 */
    VALUES_KEY,      /* seed, step */
} RoleValues;

typedef struct RoleInfo {
    const char *name; /* in the IR */
    unsigned on;
    const char *of; /* what it belongs to: "text", "label" ...; NULL: nothing */
    /* Of a symbol the letter that stands for it here. Of others the type, "i32<T>[S]": a letter is the symbol that has
     * this role and the same `of` and `task`; ? is anything; a type that ends before "[" may have any shape. */
    const char *type;
    RoleValues values;
    RoleKind counts; /* of VALUES_COUNT: a symbol's role */
    bool many;       /* several may play it */
    const char *means;
} RoleInfo;

const RoleInfo *role_info(RoleKind kind);
bool role_find(const char *name, RoleKind *kind);
bool role_equal(const Role *a, const Role *b);

struct Type;
struct Symbols;

/* May it be played there (ON_INPUT ...), and does it say what it is of where it has to, and only there? */
bool role_suits(const Role *role, unsigned on);
/* Is the type that of the role? */
bool role_fits(const Role *role, const struct Type *type, const struct Symbols *symbols);
/* The role of the symbol that an input with this role has a row for each of, and `*more` rows: of ids the tokens of
 * their text. ROLE_NONE when the table does not say. */
Role role_rows(const Role *role, int *more);

#endif
