/* The parse tree: what was written, nothing decided. It lies in one arena; strings too. */
#ifndef GRADC_FRONTEND_AST_H
#define GRADC_FRONTEND_AST_H

#include "frontend/program.h"
#include "graph/base/diag.h"
#include "graph/base/names.h"

typedef struct Expr Expr;

typedef enum ExprKind {
    EXPR_NUMBER, /* number */
    EXPR_STRING, /* text */
    EXPR_NAME,   /* text */
    EXPR_CALL,   /* text(args) */
    EXPR_UNARY,  /* text is "-" or "not"; a */
    EXPR_BINARY, /* a text b */
    EXPR_IF,     /* if a then b else c */
    EXPR_SCOPED, /* a in "text" */
    EXPR_STILL,  /* a without dropout */
    EXPR_MEMBER, /* a.text */
    EXPR_LIST,   /* [args], at least one, without names */
    EXPR_RANGE,  /* a .. b */
} ExprKind;

typedef struct Arg {
    const char *name; /* NULL: by position */
    Pos pos;
    Expr *value;
} Arg;

struct Expr {
    ExprKind kind;
    Pos pos;     /* of the operator or the name, where a mistake is best shown */
    int depth;   /* of the tree; bounded */
    bool shared; /* EXPR_SCOPED: what is made in the scope may be made by another part of the task too */
    double number;
    const char *text;
    Expr *a, *b, *c;
    Arg *args;
    int n_args;
};

/* f32[R, hidden], i32<vocab>[T] */
typedef struct TypeExpr {
    ElemType elem;
    Pos pos;
    const char *text; /* as written */
    Expr *bound;      /* NULL: none */
    Expr *dims[MAX_RANK];
    int rank;
} TypeExpr;

typedef struct Stmt Stmt;

typedef struct Block {
    Stmt **items;
    int count, capacity;
} Block;

typedef enum StmtKind {
    STMT_ASSIGN,  /* name = value */
    STMT_PARAM,   /* param name: type ~ value */
    STMT_REPEAT,  /* repeat name in from..to body */
    STMT_RETURN,  /* return value */
    STMT_LOSS,    /* loss value */
    STMT_PREDICT, /* predict value */
    STMT_SHOW,    /* show value as "name" */
    STMT_STATE,   /* state name [: type] [~ weight] (one statement for each) */
    STMT_EVALUATE /* evaluate name */
} StmtKind;

struct Stmt {
    StmtKind kind;
    Pos pos; /* of the name where there is one */
    const char *name;
    Expr *value, *from, *to;
    TypeExpr type; /* of a state: where one is written, has_type */
    bool has_type;
    bool no_decay, frozen, shared;
    bool from_weight; /* of a state: it begins as the weight */
    Block body;
};

/* What a parameter of a score is that stands for a place; it is an i32[] too. */
typedef enum Place { PLACE_NONE, PLACE_POSITION, PLACE_HEAD } Place;

/* A parameter of a `def`. */
typedef struct Formal {
    const char *name;
    Pos pos;
    bool is_tokens, has_type;
    Place place;
    TypeExpr type;
    Expr *initial; /* NULL: none */
} Formal;

typedef struct Formals {
    Formal *items;
    int count, capacity;
    NameIndex named; /* of each name the first */
} Formals;

/* A `def`, or an `optimizer`. */
typedef struct Def Def;
struct Def {
    const char *name;
    Pos pos;
    Formals formals;
    bool has_result;
    TypeExpr result;
    Block body;
    bool replaces; /* `override` was written */
    bool hidden;   /* something replaces it: what it says need not fit the rest any more */
    Def *replaced; /* then: what it stands in for; NULL: nothing, which was reported */
    bool prelude;  /* comes with the language: mistakes are shown where the user calls it */
    bool active;   /* elaboration is inside it */
    bool failed;   /* a mistake inside was reported already */
    bool unread;   /* its parameters or its result have a mistake: calls of it are not looked at */
};

/* Bytes of a file's text; {0}: none. */
typedef struct Span {
    size_t start, end;
} Span;

typedef struct ConfigDecl {
    const char *name, *key;
    Pos pos;
    Expr *value;
    Span written; /* the value */
    bool replaces;
} ConfigDecl;

typedef struct InputDecl {
    const char *name;
    Pos pos;
    const char *columns[2];
    int n_columns;
    Truncation truncation;
    Expr *window, *stride; /* NULL: no windows */
    bool pools_max;
    Pos window_pos;
    bool words;
} InputDecl;

typedef struct Names {
    const char **items;
    int count, capacity;
} Names;

typedef struct LabelDecl {
    const char *name; /* NULL: no label */
    Pos pos;
    LabelKind kind;
    Names columns, names;
    Expr *classes, *lowest, *highest, *share; /* those that the kind has; `classes` NULL: named, or one number */
    Span open;       /* where the names of the classes would stand: they are those of the data */
    bool optional;   /* rows may lack it */
    Expr *weights;   /* of the classes: a list; NULL: none */
    Span balanced;   /* the word in its place: they come from the data */
    Pos weights_pos; /* no file: there are none */
    const char *of;  /* an input; NULL: sequences */
    Pos of_pos;
} LabelDecl;

typedef struct DataDecl {
    const char *path; /* NULL: none */
    Pos pos;
    const char *format; /* "tab" */
    Pos format_pos;
    Quoting quoting;
    Names columns;
} DataDecl;

/* split = "split" ("dev" share | "folds" count) ... */
typedef struct SplitDecl {
    Pos pos;                    /* no file: none */
    Expr *share, *folds, *seed; /* one of the first two; seed NULL: 0 */
    bool stratified;
    const char *group;
} SplitDecl;

/* fit threshold[3] = 0.5 from 0 to 1 for f1 */
typedef struct FitDecl {
    const char *name;
    Pos pos;
    Expr *count, *start, *lowest, *highest; /* count NULL: one number */
    const char *metric;
    Pos metric_pos;
} FitDecl;

/* `export hf classifier in "heads.mood"`: the class that the encoder has for such a head, whose parameters lie in that
 * scope. */
typedef struct HeadExport {
    Pos pos; /* no file: none */
    Pos head_pos;
    const char *format, *head, *scope;
} HeadExport;

typedef struct TaskDecl {
    const char *name;
    Pos pos;
    DataDecl data;
    SplitDecl split;
    InputDecl inputs[MAX_TEXTS];
    int n_inputs;
    LabelDecl values[MAX_VALUES]; /* [n_values], at least one; as in Task */
    int n_values;
    const char *metrics[8];
    Pos metric_pos[8];
    int n_metrics;
    FitDecl fits[MAX_FITS];
    int n_fits;
    Exports exports;
    HeadExport head_export; /* to a format that is not among them */
    Block body;
} TaskDecl;

typedef struct TokensDecl {
    Pos pos; /* no file: not declared */
    bool replaces;
    Expr *vocab, *positions, *segments; /* segments NULL: all are 0 */
} TokensDecl;

/* checkpoint prefix "distilbert." for "bert." optional */
typedef struct CheckpointDecl {
    Pos pos;
    const char *prefix, *scope; /* there; here: the same when not said */
} CheckpointDecl;

typedef struct NamePattern {
    const char *text;
    Pos pos;
} NamePattern;

typedef struct NamePatterns {
    NamePattern *items;
    int count, capacity;
} NamePatterns;

/* freeze "bert.*" except "*.bias" */
typedef struct FreezeDecl {
    NamePatterns patterns, exceptions;
} FreezeDecl;

/* merge "*.weight" = "*.weight" + ...: strings are names of parameters */
typedef struct MergeDecl {
    const char *name;
    Pos pos;
    Expr *value;
} MergeDecl;

/* A setting of the training, as the command line has it: `limit = "a=10", "b=20"`; without values: a flag. */
typedef struct SettingDecl {
    const char *name;
    Pos pos;
    VEC(Expr *) values;
} SettingDecl;

typedef struct RecipeDecl {
    Pos pos; /* no file: not declared */
    VEC(SettingDecl) settings;
} RecipeDecl;

typedef struct ImportDecl {
    const char *path;
    Pos pos;
    size_t start, end; /* the statement's bytes in its file */
} ImportDecl;

/* Everything that the files of a program and the prelude declare, imported files first. */
typedef struct Module {
    VEC(ConfigDecl) configs;
    VEC(Def *) defs;
    VEC(Def *) optimizers;
    VEC(TaskDecl *) tasks;
    TokensDecl tokens;
    VEC(CheckpointDecl) checkpoints; /* of scopes that differ */
    RecipeDecl recipe;
    Expectations expects;
    Exports exports;
    bool apart; /* `checkpoint apart` */
    VEC(FreezeDecl) freezes;
    VEC(MergeDecl) merges;
    bool incomplete; /* something could not be read: names may be missing through no fault of those
                        who use them */
} Module;

#endif
