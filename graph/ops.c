/* The operator table as data, for those who loop over it. */
#include <string.h>

#include "graph/graph.h"

typedef struct OpRow {
    const char *name;
    int arity;
    const char *attributes;
    OpKind kind;
} OpRow;

static const OpRow rows[] = {
#define OP(name, arity, attributes, kind, ...) [OP_##name] = {#name, arity, attributes, KIND_##kind},
#include "graph/ops.def"
#undef OP
};

const char *op_name(Op op) { return rows[op].name; }

int op_arity(Op op) { return rows[op].arity; }

OpKind op_kind(Op op) { return rows[op].kind; }

const char *op_kind_name(OpKind kind) {
    static const char *const names[] = {"leaf",   "elementwise", "reduce", "matmul",    "move",
                                        "gather", "scatter",     "random", "attention", "grad"};
    return names[kind];
}

const char *op_attributes(Op op) { return rows[op].attributes; }

bool op_find(const char *name, Op *op) {
    for (int i = 0; i < OP_COUNT; i++) {
        if (strcmp(rows[i].name, name) == 0) {
            *op = (Op)i;
            return true;
        }
    }
    return false;
}

const char *kernel_kind_name(KernelKind kind) {
    static const char *const names[] = {
        "map", "row", "column", "contract", "attention", "attention_grad", "attention_second", "scatter"};
    return names[kind];
}
