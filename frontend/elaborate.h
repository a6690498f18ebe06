/* Elaboration: from the parse tree to graphs. What its files share; nobody else includes it.
 *
 *   elaborate.c  the program: config values, tasks, optimizer     task.c       one task into its two graphs
 *   optimizer.c  the update                                       statement.c  statements, parameters
 *   eval.c       expressions                                      call.c       calls of definitions
 *   builtin.c    functions that are operators                     seeded.c     random numbers, counts of rows
 *   attention.c  attention, scores, ranges of keys
 *   dims.c       dimensions: evaluation, unification              scope.c      names, places, messages
 *   loss.c       terms of a loss
 *   probe.c      a task or a definition by itself, to look at
 *
 * A mistake is reported once and turns the value into VALUE_ERROR, which passes through everything
 * silently. */
#ifndef GRADC_FRONTEND_ELABORATE_H
#define GRADC_FRONTEND_ELABORATE_H

#include "frontend/frontend.h"
#include "frontend/load.h"
#include "graph/base/names.h"
#include "graph/pair.h"

typedef enum ValueKind {
    VALUE_ERROR,  /* a mistake that was reported already; with a name: while a definition is checked, a parameter that
                     may be anything */
    VALUE_NUMBER, /* known now */
    VALUE_SOME_NUMBER, /* while a definition is checked: known at a call */
    VALUE_DIM,         /* a size known batch by batch */
    VALUE_STRING,
    VALUE_TENSOR,
    VALUE_TOKENS,
    VALUE_RANGE, /* of positions: from `node` up to `end`, i32[] */
} ValueKind;

/* The graph inputs of a text input; see TextInput. */
typedef struct TokensValue {
    const char *name;
    Dim length; /* NAME.T */
    Node *ids, *segments, *positions, *bounds, *first, *sequence, *coords, *rows;
    Dim n_rows;         /* NAME.R with windows, otherwise S */
    Node *row, *places; /* of each sequence its row; coordinates of the rows */
    bool pools_max;
} TokensValue;

/* What a label has, or numbers have, beside the values; see Label. */
typedef struct LabelValue {
    const char *name;
    int64_t classes;           /* 0: it has none */
    const double *weights;     /* [classes]; NULL: none */
    bool weights_read;         /* by the text */
    bool given_read;           /* NAME.given, by the text */
    Type given;                /* of NAME.given; no axes of tokens, which has none */
    const TokensValue *tokens; /* NULL: the label is of sequences */
    Node *at;                  /* i32<x.T>[NAME.W]; NULL of sequences */
} LabelValue;

typedef struct Value {
    ValueKind kind;
    double number;
    const char *name; /* of a number: the config value that it is; of what only a call knows: the parameter; or NULL */
    Dim dim;
    const char *text;
    Node *node, *end;
    const TokensValue *tokens;
    LabelValue *label; /* of a VALUE_TENSOR that is one of the task's labels or numbers; else NULL */
} Value;

typedef struct NamedValue {
    const char *name;
    Value value;
    int hidden; /* the one of this name that it hides; -1: none */
} NamedValue;

/* The names of one body: a call's, a task's, the optimizer's. */
typedef struct Frame {
    VEC(NamedValue) names;
    NameIndex places;  /* of each name the last in `names` */
    const Def *def;    /* NULL: a task */
    const char *scope; /* of the call; `in` adds to it */
    bool returned;
    Value result;
    Pos result_pos;
} Frame;

/* Calls that elaboration is inside of, innermost first. */
typedef struct Call {
    Def *def;
    Pos pos; /* of the call */
    struct Call *outer;
} Call;

enum {
    MAX_CALL_DEPTH = 64,
    MAX_EVAL_DEPTH = 3000, /* bounds the stack: expressions inside calls inside expressions */
    MAX_STEPS = 200000,    /* expressions evaluated for one graph, 50 times BERT-large: bounds time and
                           memory */
    MAX_SCOPE = 1000,      /* bytes of a scope, of a text with its {name}s filled in */
};

typedef struct Elab {
    Arena *arena;
    Diagnostics *diags;
    const ProgramOptions *options;
    Module *module;
    Program *program;
    int errors_before; /* that the diagnostics held at the start */
    /* The graph being built. */
    Graph *graph;
    bool training;
    bool is_still;                  /* within `without dropout` */
    bool checking;                  /* a definition on its own: see check.c */
    int first_generic;              /* symbols from here on get their sizes at a call */
    Dim vocab, positions, segments; /* what `tokens` declares, with their names */
    const ProbeOptions *probe;      /* NULL: a program to run; otherwise names are watched */
    const TokensValue *tokens;      /* [n_tokens] */
    int n_tokens;
    LabelValue *values; /* [n_values]: of the task's, in its order; there may be none */
    int n_values;
    const char *scope;         /* "" or "bert.encoder" */
    Node *cells[CELL_SIDES];   /* while a score is elaborated: the rows that it has read so far; NULL: none */
    bool shares;               /* inside of `in shared`: a parameter may be instantiated again */
    NameIndex configs, params; /* the program's */
    NameIndex defs[2];         /* the module's last of each name: the user's; the prelude's */
    NameIndex sites;           /* of each scope: how many there are */
    NameIndex outputs;         /* of the graph: of each name where it is */
    VEC(int) instances;        /* of each program parameter: number of the last graph that instantiates it */
    int graph_number;          /* of the graph being built, from 1 */
    const char *star;          /* in a merge: what its names have for their star; otherwise NULL */
    Frame *frame;
    Call *call;        /* NULL: in the task itself */
    int prelude_depth; /* definitions of the prelude that elaboration is inside of */
    Pos user_pos;      /* with prelude_depth: the user's call */
    int call_depth, eval_depth, steps;
} Elab;

/* scope.c */
Value value_error(void);
Value value_number(double number);
Value value_dim(Dim dim);                      /* VALUE_NUMBER when it is constant */
Value value_tensor(Node *node);                /* VALUE_ERROR for NULL */
const char *value_print(Elab *e, Value value); /* "the number 3", "f32[S, 5]" */
NamedValue *find_local(const Frame *frame, const char *name);
void bind_name(Elab *e, Frame *frame, const char *name, Value value); /* or rebind */
void push_name(Elab *e, Frame *frame, const char *name, Value value); /* hides one of this name until it is popped */
void pop_names(Elab *e, Frame *frame, int count);                     /* until `count` are left */
bool find_name(Elab *e, const char *name, Value *value);              /* locals, config values, element types */
void unknown_name(Elab *e, const char *name, Pos pos);
void index_defs(Elab *e);
Def *find_def(const Elab *e, const char *name);
void unknown_function(Elab *e, const char *name, Pos pos);
Pos place(const Elab *e, Pos pos); /* `pos`, or the user's call when it is in the prelude */
/* Reports a mistake; false when the same one at the same place was reported before: then add no notes or
 * hints. */
bool fail(Elab *e, const char *code, Pos pos, const char *format, ...) __attribute__((format(printf, 4, 5)));
Value fail_value(Elab *e, const char *code, Pos pos, const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Notes and hints that follow a `fail` that was reported. */
void note_made(Elab *e, const Node *node, Pos pos); /* where an operand was made, unless that is `pos` */
void note_formal(Elab *e, const Def *def, const Formal *formal);
void hint_near(Elab *e, const char *name, const char *const *names, int count,
               const char *others);          /* or "it has ..." */
void hint_open_sizes(Elab *e, Dim a, Dim b); /* that differ: when one is a definition's own */
void hint_kind(Elab *e, ValueKind wanted, Value value);
/* Replaces "{i}" by constants. NULL after a message. */
const char *interpolate(Elab *e, const char *text, Pos pos);
bool check_scope_length(Elab *e, size_t length, Pos pos); /* false after a message */
const char *join_scope(Elab *e, const char *scope, const char *name);

/* eval.c */
Value eval(Elab *e, const Expr *expr);
bool eval_number(Elab *e, const Expr *expr, const char *what, double *number); /* false after a message */
bool eval_integer(Elab *e, const Expr *expr, const char *what, int64_t lowest, int64_t *value);
bool integer_of(Elab *e, Value value, Pos pos, const char *what, int64_t lowest, int64_t *integer);
Node *emit(Elab *e, NodeSpec spec, Pos pos); /* NULL after a message; any operand may be NULL: silent */
Node *emit_op(Elab *e, Op op, int n, Node *const *inputs, Pos pos);
Node *scalar_node(Elab *e, ElemType elem, double value, Pos pos);
Node *number_node(Elab *e, ElemType elem, Value value, Pos pos); /* of a number, or of one that only a call knows */
bool is_number(const Elab *e, Value value);
/* `role`: none for an argument of a definition; `pos`: what declares it, or else first needs it */
Node *emit_input(Elab *e, const char *name, Role role, Type type, Pos pos);
Node *to_shape(Elab *e, Op op, Node *x, const Type *type, Pos pos); /* reshape or broadcast; x itself when equal */
bool join_shapes(Type *shape, const Type *type); /* grows `shape` so that `type` spreads to it; false: impossible */
/* Values as tensors of one shape and one element type, numbers as constants of it. At least one is
 * a tensor. */
bool align(Elab *e, int n, const Value *values, Node **nodes, Pos pos, const char *what);

/* check.c */
void check_definition(Elab *e, Def *def);
bool is_generic(const Elab *e, Dim dim);
bool has_generic(const Elab *e, const Type *type);
bool is_some_number(const Elab *e, Value value); /* a number or a size that only a call knows */
Value generic_size(Elab *e, const char *name);
Value stand_in(Elab *e, Type type, Pos pos); /* some tensor of that type */
Value promised_result(Elab *e, const Def *def,
                      Pos pos); /* by the declaration of `def`, whose frame is the current one */

/* dims.c */
bool find_dim(Elab *e, const Expr *name, Value *value); /* silent */
bool size_of(Elab *e, Value value, Pos pos, Dim *dim);  /* a value as a dimension; false after a message */
bool eval_dim(Elab *e, const Expr *expr, Dim *dim);     /* false after a message */
/* Checks `actual` against a type as written; names that are not known yet get their size. `subject`
 * begins the message: "argument 'x' of 'dense'". False after a message at `pos` with a note at the
 * declaration. */
bool unify_type(Elab *e, const TypeExpr *type, const Node *actual, Pos pos, const char *subject);

/* freeze.c */
void elaborate_freezes(Elab *e);

/* merge.c; `name`: a string inside of a merge */
void elaborate_merges(Elab *e);
Value merge_operand(Elab *e, const Expr *name);

/* declare.c: names that are declared twice, and what replaces what */
void check_defs(Elab *e);

/* list.c */
Value eval_list(Elab *e, const Expr *expr);
/* Along an axis: any number of operands, at least one; joined as many at a time as an operator takes. Overwrites
 * `operands`. NULL after a message. */
Node *concat_operands(Elab *e, Node **operands, int count, int64_t axis, Pos pos);
Value number_list(Elab *e, const double *numbers, int64_t count, Pos pos); /* f32[count], from 1 */

/* call.c */
Value call_def(Elab *e, Def *def, const Expr *expr);
Value check_result(Elab *e, const Def *def); /* of the current frame */

/* builtin.c */
bool is_builtin(const char *name);
Value call_builtin(Elab *e, const Expr *expr);
int builtin_names(const char **names, int capacity);

/* A call of a builtin: its arguments by parameter. */
typedef struct BuiltinCall {
    const Expr *expr;
    const char *name;
    Op op;
    double (*fold)(double);
    Value *args; /* [n] */
    Pos *pos;
    const Expr **exprs; /* as written */
    bool *given;        /* [parameters, or n where there are more] */
    int n;
} BuiltinCall;

/* loss.c: the loss of a task, f32[], whose terms are all parts of the update's (see there). */
Node *share_terms(Elab *e, Node *loss, Pos pos);

/* seeded.c */
Value build_random(Elab *e, const BuiltinCall *call);
Value build_update_rows(Elab *e, const BuiltinCall *call);
Value build_dropout_rate(Elab *e, const BuiltinCall *call);
const char *next_site(Elab *e);
Node *key_of(Elab *e, Pos pos); /* of all random numbers */
/* Argument `i` as a rate of dropout, 0 in evaluation; false after a message. */
bool rate_of(Elab *e, const BuiltinCall *call, int i, double *rate);

/* attention.c */
Value build_attention(Elab *e, const BuiltinCall *call);
Value eval_positions(Elab *e, const Expr *expr);

bool reads_param(const Graph *graph, const char *name); /* task.c */

/* fit.c: a task's fits as declared; as names of its graphs; as parameters, which the evaluation reads. False after a
 * message. */
bool eval_fits(Elab *e, const TaskDecl *decl, Task *task);
void bind_fits(Elab *e, const Task *task);
void find_fitted(Elab *e, Task *task);

/* statement.c */
/* A parameter of the graph at hand, added to the program's when it is new. False after a message. */
bool instantiate(Elab *e, const Param *param, bool shared);
void run_block(Elab *e, const Block *block);
void run_statement(Elab *e, const Stmt *stmt);

/* task.c, optimizer.c */
void elaborate_task(Elab *e, const TaskDecl *decl);
void elaborate_optimizer(Elab *e, const Def *def);
/* `windowed`: rows are others than sequences. */
Dim sequences_dim(Elab *e); /* S */
TokensValue declare_tokens(Elab *e, const char *name, bool windowed, Pos pos);
void elaborate_recipe(Elab *e); /* recipe.c: the settings of the training */
/* resolve.c: the program's text with what came from its data and from --set written into it. */
const char *resolved_source(const Program *program, const ProgramOptions *options, Arena *arena);
/* The value that `--set` gives to `name`: the text after "name=", the last one counts; NULL: none. */
const char *find_set(const ProgramOptions *options, const char *name);
/* label.c: declared labels and numbers into `task->values`, with what only the data can say; false after a message. */
bool eval_values(Elab *e, const TaskDecl *decl, Task *task);
void check_values_read(Elab *e, Task *task);               /* after the task's training graph */
void list_params(Elab *e, Task *task);                     /* those that its training graph reads */
void begin_graph(Elab *e, const char *name, Frame *frame); /* a fresh graph and fresh state */
Node *find_output(const Elab *e, const char *name);        /* of the graph being built; NULL: it has none */
void add_output(Elab *e, const char *name, Role role, Node *node);
Graph *finish_graph(Elab *e); /* canonical, verified; NULL after an error */

/* probe.c */
void elaborate_probe(Elab *e);
void watch(Elab *e, const char *name, Value value, Pos pos); /* nothing unless there is a probe */

/* source_names.c: for those who look at the text; nothing unless somebody does */
void note_declaration(Elab *e, const char *name, Value value, Pos pos);
void note_use(Elab *e, const Expr *name, Value value);
void note_call(Elab *e, const Expr *call, const Def *def, Value value); /* `def` NULL: of a builtin */

#endif
