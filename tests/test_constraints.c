/* Each constraint of docs/language.md is one that the shape rules check and cite by its number: a node that breaks it,
 * for every number of every rule. */
#include <criterion/criterion.h>
#include <string.h>

#include "graph/op_docs.h"

/* What the broken nodes read. */
static const char *const leaves = "graph \"g\"\nsymbols T S\n"
                                  "%0 = input{name=\"real\"} : f32[T, 4]\n"
                                  "%1 = input{name=\"other\"} : f32[S, 4]\n"
                                  "%2 = input{name=\"whole\"} : i32[T, 4]\n"
                                  "%3 = input{name=\"truth\"} : bool[T, 4]\n"
                                  "%4 = input{name=\"vector\"} : f32[4]\n"
                                  "%5 = input{name=\"free\"} : i32[T]\n"
                                  "%6 = input{name=\"index\"} : i32<S>[T]\n"
                                  "%7 = input{name=\"bounds\"} : i32[S+1]\n"
                                  "%8 = input{name=\"key\"} : i32[2]\n"
                                  "%9 = input{name=\"coords\"} : i32[T, 2]\n"
                                  "%10 = input{name=\"lse\"} : f32[T, 2]\n"
                                  "%11 = input{name=\"truths\"} : bool[S, 4]\n"
                                  "%12 = pair{name=\"query\"} : i32[]\n"
                                  "%13 = pair{name=\"score\"} : f32[]\n"
                                  "%14 = pair{name=\"key\"} : i32[]\n"
                                  "%15 = input{name=\"scalar\"} : f32[]\n"
                                  "%16 = input{name=\"table\"} : f32[3, 2]\n"
                                  "%17 = cell(%14, %12) : f32[]\n"
                                  "%18 = input{name=\"halves\"} : bf16[S, 4]\n";

typedef struct Breach {
    int constraint;
    const char *node;
} Breach;

/* The attributes, the operands up to the coordinates, and the open ones. */
#define ATTEND "{heads=2 result=0 dropout=0 scale=1 site=\"a\"}(%0, %0, %0, %7, %7, %8, %9"
#define OPEN ", %12, %12, %13"
#define ATTENTION_BREACHES(op, more, to)                                                                               \
    {1, op "{heads=2 result=0 dropout=0 scale=1 site=\"a\"}(%2, %0, %0, %7, %7, %8, %9" OPEN more ") : " to},          \
        {1, op "{heads=2 result=0 dropout=0 scale=1 site=\"a\"}(%0, %0, %1, %7, %7, %8, %9" OPEN more ") : " to},      \
        {2, op "{heads=3 result=0 dropout=0 scale=1 site=\"a\"}(%0, %0, %0, %7, %7, %8, %9" OPEN more ") : " to},      \
        {3, op "{heads=2 result=0 dropout=0 scale=1 site=\"a\"}(%0, %0, %0, %7, %5, %8, %9" OPEN more ") : " to},      \
        {4, op ATTEND ", %13, %12, %13" more ") : " to}, {4, op ATTEND ", %12, %14, %13" more ") : " to},              \
        {5, op "{heads=2 result=0 dropout=1 scale=1 site=\"a\"}(%0, %0, %0, %7, %7, %8, %9" OPEN more ") : " to},      \
        {6, op "{heads=2 result=0 dropout=0 scale=1 site=\"a\"}(%0, %0, %0, %7, %7, %5, %9" OPEN more ") : " to},      \
        {7, op "{heads=2 result=0 dropout=0 scale=1 site=\"a\"}(%0, %0, %0, %7, %7, %8, %2" OPEN more ") : " to},      \
        {8, op ATTEND ", %12, %12, %12" more ") : " to}, {                                                             \
        9, op ATTEND ", %12, %12, %15" more ") : " to                                                                  \
    }

static const Breach breaches[] = {
    {1, "input{name=\"b\"} : f32<4>[T]"},
    {2, "input{name=\"b\" role=gradient} : f32[T]"},
    {3, "input{name=\"b\" role=rng} : i32[3]"},
    {1, "param{name=\"b\"} : f32<4>[T]"},
    {1, "const{value=1} : f32[1]"},
    {1, "iota{axis=0} : f32[T]"},
    {2, "iota{axis=1} : i32<T>[T]"},
    {1, "add(%0, %1) : f32[T, 4]"},
    {2, "add(%3, %3) : f32[T, 4]"},
    {1, "div(%0, %1) : f32[T, 4]"},
    {2, "exp(%2) : f32[T, 4]"},
    {1, "less(%0, %2) : bool[T, 4]"},
    {2, "less(%3, %3) : bool[T, 4]"},
    {1, "and(%3, %11) : bool[T, 4]"},
    {2, "not(%0) : bool[T, 4]"},
    {1, "select(%0, %0, %0) : f32[T, 4]"},
    {2, "select(%3, %0, %2) : f32[T, 4]"},
    {3, "select(%11, %0, %0) : f32[T, 4]"},
    {1, "sum{axis=1}(%2) : f32[T, 1]"},
    {2, "max{axis=2}(%0) : f32[T, 1]"},
    {1, "matmul{ta=0 tb=1}(%0, %4) : f32[T, 4]"},
    {1, "matmul{ta=0 tb=1}(%2, %2) : f32[T, T]"},
    {2, "matmul{ta=0 tb=1}(%0, %18) : f32[T, S]"},
    {3, "matmul{ta=0 tb=0}(%0, %0) : f32[T, 4]"},
    {1, "transpose(%4) : f32[4]"},
    {1, "reshape(%0) : f32[T, 2, 3]"},
    {1, "broadcast(%0) : f32[4]"},
    {2, "broadcast(%0) : f32[S, 4]"},
    {1, "slice{axis=2 start=0}(%0) : f32[T, 4]"},
    {1, "slice{axis=0 start=0}(%0) : f32[T]"},
    {2, "slice{axis=1 start=-1}(%0) : f32[T, 2]"},
    {3, "slice{axis=0 start=0}(%0) : f32[S, 4]"},
    {4, "slice{axis=1 start=3}(%0) : f32[T, 2]"},
    {1, "concat{axis=2}(%0, %0) : f32[T, 8]"},
    {2, "concat{axis=1}(%0, %1) : f32[T, 8]"},
    {3, "concat{axis=0}(%0, %1) : f32[T, 4]"},
    {1, "gather(%4, %6) : f32[T, 4]"},
    {2, "gather(%1, %0) : f32[T, 4]"},
    {3, "gather(%0, %6) : f32[T, 4]"},
    {1, "scatter_add(%2, %0) : f32[S, 4]"},
    {2, "scatter_add(%5, %0) : f32[S, 4]"},
    {3, "scatter_max(%6, %2) : f32[S, 4]"},
    {4, "scatter_add(%6, %1) : f32[S, 4]"},
    {5, "scatter_max(%6, %0) : f32[S, 3]"},
    {1, "grad(%2, %0) : f32[T, 4]"},
    {2, "grad(%0, %0) : f32[T, 4]"},
    {1, "random{site=\"r\"}(%8, %9) : f32[T]"},
    {2, "random{site=\"r\"}(%5, %9) : f32[T, 4]"},
    {3, "random{site=\"r\"}(%8, %2) : f32[T, 4]"},
    {1, "pair{name=\"value\"} : f32[]"},
    {1, "lookup(%1, %12, %14) : f32[]"},
    {2, "lookup(%16, %13, %14) : f32[]"},
    {1, "cell(%15, %14) : f32[]"},
    {1, "cell(%13, %14) : f32[]"},
    {2, "cell(%12, %13) : f32[]"},
    ATTENTION_BREACHES("attention", "", "f32[T, 4]"),
    {10, "attention{heads=2 result=2 dropout=0 scale=1 site=\"a\"}(%0, %0, %0, %7, %7, %8, %9" OPEN ") : f32[T, 4]"},
    {11, "attention" ATTEND OPEN ", %0) : f32[T, 4]"},
    {11, "attention" ATTEND OPEN ", %0, %1) : f32[T, 4]"},
    {11, "attention" ATTEND OPEN ", %2, %0) : f32[T, 4]"},
    {11, "attention{heads=1 result=0 dropout=0 scale=1 site=\"a\"}(%0, %0, %0, %7, %7, %8, %9" OPEN
         ", %4, %0) : f32[T, 4]"},
    {11, "attention" ATTEND ", %12, %12, %17) : f32[T, 4]"},
    ATTENTION_BREACHES("attention_grad", ", %13, %0, %10, %0", "f32[T, 4]"),
    {10, "attention_grad" ATTEND OPEN ", %13, %0, %0, %0) : f32[T, 4]"},
    {10, "attention_grad" ATTEND OPEN ", %13, %1, %10, %0) : f32[T, 4]"},
    {11, "attention_grad{heads=2 result=3 dropout=0 scale=1 site=\"a\"}(%0, %0, %0, %7, %7, %8, %9" OPEN
         ", %13, %0, %10, %0) : f32[T, 4]"},
    {12, "attention_grad" ATTEND OPEN ", %13, %0, %10, %0, %13, %13) : f32[T, 4]"},
    {12, "attention_grad" ATTEND OPEN ", %13, %0, %10, %0, %13) : f32[T, 4]"},
    {13, "attention_grad" ATTEND OPEN ", %13, %0, %10, %0, %0, %1) : f32[T, 4]"},
    {13, "attention_grad" ATTEND OPEN ", %13, %0, %10, %0, %17, %13) : f32[T, 4]"},
    ATTENTION_BREACHES("attention_second", ", %13, %13, %0, %10, %0, %0, %0, %0", "f32[T, 4]"),
    {10, "attention_second" ATTEND OPEN ", %13, %13, %0, %0, %0, %0, %0, %0) : f32[T, 4]"},
    {11, "attention_second{heads=2 result=4 dropout=0 scale=1 site=\"a\"}(%0, %0, %0, %7, %7, %8, %9" OPEN
         ", %13, %13, %0, %10, %0, %0, %0, %0) : f32[T, 4]"},
    {12, "attention_second" ATTEND OPEN ", %13, %13, %0, %10, %0, %0, %1, %0) : f32[T, 4]"},
    {13, "attention_second" ATTEND OPEN ", %13, %13, %0, %10, %0, %0, %0, %0, %0, %1) : f32[T, 4]"},
    {13, "attention_second" ATTEND OPEN ", %13, %13, %0, %10, %0, %0, %0, %0, %0) : f32[T, 4]"},
};
enum { BREACHES = sizeof breaches / sizeof *breaches };

static Op op_of(const Breach *breach) {
    char name[32];
    Op op = OP_COUNT;
    snprintf(name, sizeof name, "%.*s", (int)strcspn(breach->node, "{("), breach->node);
    cr_assert(op_find(name, &op), "%s", name);
    return op;
}

Test(constraints, are_cited_by_their_numbers) {
    for (int i = 0; i < BREACHES; i++) {
        Diagnostics *diags = diagnostics_new();
        const char *text = arena_printf(diags->arena, "%s%%19 = %s\n", leaves, breaches[i].node);
        const char *cited = arena_printf(diags->arena, "(constraint %d)", breaches[i].constraint);
        cr_expect_null(graph_read(diagnostics_file(diags, "g.gir", text), diags), "%s", breaches[i].node);
        cr_assert_eq(diags->errors, 1, "%s", breaches[i].node);
        const char *message = diags->list.items[0].message;
        cr_expect(strstr(message, cited), "%s: not constraint %d: %s", breaches[i].node, breaches[i].constraint,
                  message);
        diagnostics_free(diags);
    }
}

static bool is_broken(const ShapeDoc *doc, int constraint) {
    for (int i = 0; i < BREACHES; i++) {
        if (breaches[i].constraint == constraint && op_shape_doc(op_of(&breaches[i])) == doc) return true;
    }
    return false;
}

Test(constraints, are_all_checked) {
    for (int i = 0; i < OP_COUNT; i++) {
        const ShapeDoc *doc = op_shape_doc((Op)i);
        for (int n = 1; n <= MAX_CONSTRAINTS && doc->constraints[n - 1]; n++) {
            cr_expect(is_broken(doc, n), "%s, constraint %d: nothing above breaks \"%s\"", op_name((Op)i), n,
                      doc->constraints[n - 1]);
        }
    }
}
