/* Cost: products, attention and bytes of kernel bodies, against numbers worked out by hand. */
#include <criterion/criterion.h>

#include "runtime/engine/cost.h"
#include "tests/kernel_run.h"

static Cost cost_of(KernelKind kind, const char *text, const int64_t *extents, void *const *buffers) {
    Kernel *kernel = kernel_from_text(kind, text);
    Cost cost = launch_cost(kernel, extents, buffers);
    kernel_free(kernel);
    return cost;
}

Test(cost, product_counts_a_multiplication_and_an_addition) {
    Cost cost = cost_of(KERNEL_CONTRACT,
                        "graph \"kernel\"\nsymbols d0\n"
                        "%0 = input{name=\"0\"} : f32[d0, 8]\n"
                        "%1 = input{name=\"1\"} : f32[4, 8]\n"
                        "%2 = matmul{ta=0 tb=1}(%0, %1) : f32[d0, 4]\n"
                        "output \"0\" = %2\n",
                        (const int64_t[]){5}, NULL);
    cr_expect_eq((int)cost.flops, 2 * 5 * 4 * 8);
    cr_expect_eq((int)cost.bytes, 4 * (5 * 8 + 4 * 8 + 5 * 4));
}

Test(cost, gathered_table_counts_its_rows) {
    Cost cost = cost_of(KERNEL_MAP,
                        "graph \"kernel\"\nsymbols d0\n"
                        "%0 = input{name=\"0\"} : f32[100, 8]\n"
                        "%1 = input{name=\"1\"} : i32<100>[d0]\n"
                        "%2 = gather(%0, %1) : f32[d0, 8]\n"
                        "output \"0\" = %2\n",
                        (const int64_t[]){3}, NULL);
    cr_expect_eq((int)cost.flops, 0);
    cr_expect_eq((int)cost.bytes, 4 * (3 * 8 + 3 + 3 * 8));
}

/* Sequences of 1, 3 and 2 tokens have 1 + 9 + 4 pairs. */
Test(cost, attention_counts_pairs_of_one_sequence) {
    int32_t bounds[] = {0, 1, 4, 6};
    void *buffers[] = {NULL, NULL, NULL, bounds, NULL, NULL, NULL, NULL};
    Cost cost = cost_of(
        KERNEL_ATTENTION,
        "graph \"kernel\"\nsymbols d0 d1\n"
        "%0 = input{name=\"0\"} : f32[d0, 8]\n"
        "%1 = input{name=\"1\"} : f32[d0, 8]\n"
        "%2 = input{name=\"2\"} : f32[d0, 8]\n"
        "%3 = input{name=\"3\"} : i32[d1+1]\n"
        "%4 = input{name=\"4\"} : i32[2]\n"
        "%5 = input{name=\"5\"} : i32[d0, 2]\n"
        "%6 = const{value=0} : i32[]\n"
        "%7 = const{value=2147483647} : i32[]\n"
        "%8 = pair{name=\"score\"} : f32[]\n"
        "%9 = attention{heads=2 result=0 dropout=0 scale=0.5 site=\"\"}(%0, %1, %2, %3, %3, %4, %5, %6, %7, %8) : "
        "f32[d0, 8]\n"
        "output \"0\" = %9\n",
        (const int64_t[]){6, 3}, buffers);
    cr_expect_eq((int)cost.flops, 2 * 2 * 14 * 8);
}

/* Only products of token rows with parameters are the encoder's: not the head's, whose rows are sequences. */
Test(cost, token_flops_leave_heads_out) {
    Diagnostics *diags = diagnostics_new();
    const char *text = "graph \"g\"\nsymbols x.T{role=tokens of=\"x\"} S\n"
                       "%0 = input{name=\"h\"} : f32[x.T, 4]\n"
                       "%1 = param{name=\"w\"} : f32[6, 4]\n"
                       "%2 = matmul{ta=0 tb=1}(%0, %1) : f32[x.T, 6]\n"
                       "%3 = input{name=\"x.first\"} : i32<x.T>[S]\n"
                       "%4 = gather(%2, %3) : f32[S, 6]\n"
                       "%5 = param{name=\"v\"} : f32[6, 2]\n"
                       "%6 = matmul{ta=0 tb=0}(%4, %5) : f32[S, 2]\n"
                       "output \"y\" = %6\n";
    Graph *graph = graph_read(diagnostics_file(diags, "g", text), diags);
    cr_assert_not_null(graph);
    cr_expect_eq((int)token_flops(graph, (const int64_t[]){10, 3}), 2 * 10 * 4 * 6);
    graph_free(graph);
    diagnostics_free(diags);
}
