/* Codegen: kernels of every kind that this file's name covers (map, row, column, scatter) against
 * the interpreter, for sizes around the vector width, for threads that outnumber the work, and for
 * every width of lanes. Contractions and attention have tests of their own. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kernel_run.h"
#include "tests/scratch.h"

/* Sums of up to 400 products in f32 lose a few units of 6e-8 each. */
static const double TOLERANCE = 1e-5;

static const int64_t sizes[] = {0, 1, 15, 16, 17, 64, 100, 384};
enum { N_SIZES = sizeof sizes / sizeof *sizes };

/* Replaces every "$C" by a number. */
static char *with_columns(const char *body, int64_t columns) {
    size_t room = strlen(body) * 4 + 64;
    char *text = malloc(room), *at = text;
    at += sprintf(at, "graph \"test\"\nsymbols d0 d1\n");
    for (; *body; body++) {
        if (strncmp(body, "$C", 2) == 0)
            at += sprintf(at, "%lld", (long long)columns), body++;
        else
            *at++ = *body;
    }
    *at = '\0';
    return text;
}

/* Constant columns, and rows given at run time. */
static void check_columns(KernelKind kind, const char *body, const int64_t *columns, int count) {
    static const int64_t rows[][2] = {{0, 3}, {1, 3}, {5, 3}};
    for (int i = 0; i < count; i++) {
        char *text = with_columns(body, columns[i]);
        check_kernel_sizes(kind, text, rows[0], 2, 3, TOLERANCE);
        free(text);
    }
}

/* The size is that of symbol d0. */
static void check_extents(KernelKind kind, const char *body) {
    int64_t extents[N_SIZES][2];
    for (int i = 0; i < N_SIZES; i++) extents[i][0] = sizes[i], extents[i][1] = 3;
    char *text = with_columns(body, 0);
    check_kernel_sizes(kind, text, extents[0], 2, N_SIZES, TOLERANCE);
    free(text);
}

static const int64_t few_columns[] = {1, 5, 16, 17, 64, 100, 384};
enum { N_FEW = sizeof few_columns / sizeof *few_columns };

/* --- Map --- */

Test(codegen, map_flat) {
    check_extents(KERNEL_MAP, "%0 = input{name=\"0\"} : f32[d0]\n%1 = input{name=\"1\"} : f32[d0]\n"
                              "%2 = mul(%0, %1) : f32[d0]\n%3 = add(%2, %0) : f32[d0]\n%4 = exp(%3) : f32[d0]\n"
                              "output \"0\" = %4\noutput \"1\" = %2\n");
}

Test(codegen, map_broadcasts) {
    check_columns(KERNEL_MAP,
                  "%0 = input{name=\"0\"} : f32[d0, $C]\n%1 = input{name=\"1\"} : f32[$C]\n%2 = "
                  "input{name=\"2\"} : f32[d0, 1]\n"
                  "%3 = const{value=0.1} : f32[]\n%4 = broadcast(%1) : f32[d0, $C]\n%5 = "
                  "broadcast(%2) : f32[d0, $C]\n"
                  "%6 = broadcast(%3) : f32[d0, $C]\n%7 = add(%0, %4) : f32[d0, $C]\n%8 = mul(%7, "
                  "%5) : f32[d0, $C]\n"
                  "%9 = less(%8, %6) : bool[d0, $C]\n%10 = select(%9, %8, %0) : f32[d0, $C]\n%11 = "
                  "tanh(%2) : f32[d0, 1]\n"
                  "output \"0\" = %10\noutput \"1\" = %9\noutput \"2\" = %11\n",
                  few_columns, N_FEW);
}

Test(codegen, map_scalars) {
    check_extents(KERNEL_MAP, "%0 = input{name=\"0\"} : f32[]\n%1 = input{name=\"1\"} : f32[d0]\n%2 = erf(%0) : f32[]\n"
                              "%3 = broadcast(%2) : f32[d0]\n%4 = maximum(%1, %3) : f32[d0]\n"
                              "output \"0\" = %2\noutput \"1\" = %4\n");
}

Test(codegen, map_gather) {
    check_columns(KERNEL_MAP,
                  "%0 = input{name=\"0\"} : f32[7, $C]\n%1 = input{name=\"1\"} : i32<7>[d0]\n"
                  "%2 = gather(%0, %1) : f32[d0, $C]\n%3 = abs(%2) : f32[d0, $C]\noutput \"0\" = %3\n",
                  few_columns, N_FEW);
}

Test(codegen, map_integers) {
    check_extents(KERNEL_MAP, "%0 = input{name=\"0\"} : i32[d0]\n%1 = input{name=\"1\"} : f32[d0]\n"
                              "%2 = iota{axis=0} : i32<d0>[d0]\n%3 = cast(%2) : i32[d0]\n%4 = add(%0, %3) : i32[d0]\n"
                              "%5 = cast(%1) : i32[d0]\n%6 = equal(%4, %5) : bool[d0]\n%7 = cast(%4) : f32[d0]\n%8 = "
                              "not(%6) : bool[d0]\n"
                              "output \"0\" = %4\noutput \"1\" = %5\noutput \"2\" = %8\noutput \"3\" = %7\n");
}

Test(codegen, map_transpose) {
    check_columns(KERNEL_MAP,
                  "%0 = input{name=\"0\"} : f32[$C, d0]\n%1 = transpose(%0) : f32[d0, $C]\noutput "
                  "\"0\" = %1\n",
                  few_columns, N_FEW);
}

Test(codegen, map_reshape) {
    check_columns(KERNEL_MAP,
                  "%0 = input{name=\"0\"} : f32[d0, $C]\n%1 = input{name=\"1\"} : f32[d0, $C]\n"
                  "%2 = add(%0, %1) : f32[d0, $C]\n%3 = reshape(%2) : f32[$C, d0]\n%4 = "
                  "reshape(%2) : f32[d0, 1, $C]\n"
                  "output \"0\" = %3\noutput \"1\" = %4\n",
                  few_columns, N_FEW);
    check_columns(KERNEL_MAP,
                  "%0 = input{name=\"0\"} : f32[d0, 64]\n%1 = exp(%0) : f32[d0, 64]\n%2 = "
                  "reshape(%1) : f32[d0, 4, 16]\n"
                  "%3 = reshape(%1) : f32[d0, 2, 4, 8]\n%4 = reshape(%1) : f32[64*d0]\n"
                  "output \"0\" = %2\noutput \"1\" = %3\noutput \"2\" = %4\n",
                  few_columns, 1);
}

Test(codegen, map_slice_and_concat) {
    check_columns(KERNEL_MAP,
                  "%0 = input{name=\"0\"} : f32[d0, $C]\n%1 = input{name=\"1\"} : f32[3, $C]\n"
                  "%2 = neg(%0) : f32[d0, $C]\n%3 = concat{axis=0}(%2, %1, %0) : f32[2*d0+3, $C]\n"
                  "output \"0\" = %3\n",
                  few_columns, N_FEW);
    check_columns(KERNEL_MAP,
                  "%0 = input{name=\"0\"} : f32[d0, 40]\n%1 = input{name=\"1\"} : f32[d0, 5]\n"
                  "%2 = slice{axis=1 start=3}(%0) : f32[d0, 21]\n%3 = concat{axis=1}(%2, %1, %2) : "
                  "f32[d0, 47]\n"
                  "output \"0\" = %2\noutput \"1\" = %3\n",
                  few_columns, 1);
}

/* Uniform numbers have the interpreter's bits, so the mask of a dropout is the same. */
#define RANDOM_BODY                                                                                                    \
    "%0 = input{name=\"0\"} : f32[d0, $C]\n%1 = input{name=\"1\"} : i32[2]\n%2 = "                                     \
    "input{name=\"2\"} : i32[d0, 2]\n"                                                                                 \
    "%3 = random{site=\"0\"}(%1, %2) : f32[d0, $C]\n"

static const int64_t random_columns[] = {1, 16, 40, 64, 96, 100, 200, 384};

Test(codegen, map_random) {
    check_columns(KERNEL_MAP,
                  RANDOM_BODY "%4 = const{value=0.1} : f32[]\n%5 = broadcast(%4) : f32[d0, $C]\n"
                              "%6 = less(%3, %5) : bool[d0, $C]\n%7 = select(%6, %5, %0) : f32[d0, $C]\n"
                              "output \"0\" = %7\noutput \"1\" = %3\n",
                  random_columns, 8);
}

/* --- Row --- */

/* y = x * rsqrt(mean(x^2)), with the root also a result. */
Test(codegen, row_norm) {
    check_columns(KERNEL_ROW,
                  "%0 = input{name=\"0\"} : f32[d0, $C]\n%1 = input{name=\"1\"} : f32[d0, $C]\n%2 "
                  "= add(%0, %1) : f32[d0, $C]\n"
                  "%3 = sum{axis=1}(%2) : f32[d0, 1]\n%4 = const{value=0.01} : f32[]\n%5 = "
                  "broadcast(%4) : f32[d0, 1]\n"
                  "%6 = mul(%3, %5) : f32[d0, 1]\n%7 = broadcast(%6) : f32[d0, $C]\n%8 = sub(%2, "
                  "%7) : f32[d0, $C]\n"
                  "%9 = mul(%8, %8) : f32[d0, $C]\n%10 = sum{axis=1}(%9) : f32[d0, 1]\n%11 = "
                  "add(%10, %5) : f32[d0, 1]\n"
                  "%12 = rsqrt(%11) : f32[d0, 1]\n%13 = broadcast(%12) : f32[d0, $C]\n%14 = "
                  "mul(%8, %13) : f32[d0, $C]\n"
                  "output \"0\" = %14\noutput \"1\" = %12\noutput \"2\" = %2\n",
                  few_columns, N_FEW);
}

#define SOFTMAX_BODY(C)                                                                                                \
    "%0 = input{name=\"0\"} : f32[d0, " C "]\n%1 = max{axis=1}(%0) : f32[d0, 1]\n%2 = broadcast(%1) : f32[d0, " C      \
    "]\n"                                                                                                              \
    "%3 = sub(%0, %2) : f32[d0, " C "]\n%4 = exp(%3) : f32[d0, " C "]\n%5 = sum{axis=1}(%4) : f32[d0, 1]\n"            \
    "%6 = broadcast(%5) : f32[d0, " C "]\n%7 = div(%4, %6) : f32[d0, " C "]\noutput \"0\" = %7\noutput \"1\" = %5\n"

Test(codegen, row_softmax) { check_columns(KERNEL_ROW, SOFTMAX_BODY("$C"), few_columns, N_FEW); }

/* The width of a row is known at run time only: nothing is stashed. */
Test(codegen, row_softmax_symbolic) {
    int64_t extents[N_SIZES][2];
    for (int i = 0; i < N_SIZES; i++) extents[i][0] = 3, extents[i][1] = sizes[i];
    char *text = with_columns(SOFTMAX_BODY("d1"), 0);
    check_kernel_sizes(KERNEL_ROW, text, extents[0], 2, N_SIZES, TOLERANCE);
    free(text);
}

Test(codegen, row_of_one) {
    check_extents(KERNEL_ROW, "%0 = input{name=\"0\"} : f32[d0]\n%1 = sum{axis=0}(%0) : f32[1]\n%2 "
                              "= reshape(%1) : f32[]\n"
                              "output \"0\" = %1\n");
}

Test(codegen, row_rank_3) {
    check_columns(KERNEL_ROW,
                  "%0 = input{name=\"0\"} : f32[d0, 3, $C]\n%1 = sum{axis=2}(%0) : f32[d0, 3, 1]\n"
                  "%2 = broadcast(%1) : f32[d0, 3, $C]\n%3 = mul(%2, %0) : f32[d0, 3, $C]\noutput "
                  "\"0\" = %3\n"
                  "output \"1\" = %1\n",
                  few_columns, N_FEW);
}

Test(codegen, row_random) {
    check_columns(KERNEL_ROW,
                  RANDOM_BODY "%4 = mul(%0, %3) : f32[d0, $C]\n%5 = sum{axis=1}(%4) : f32[d0, 1]\n"
                              "%6 = broadcast(%5) : f32[d0, $C]\n%7 = sub(%4, %6) : f32[d0, $C]\noutput \"0\" = %7\n",
                  random_columns, 8);
}

/* A map whose results have rows of two widths. */
Test(codegen, row_of_two_widths) {
    check_columns(KERNEL_ROW,
                  "%0 = input{name=\"0\"} : f32[d0, $C]\n%1 = input{name=\"1\"} : f32[d0, 1]\n%2 = "
                  "exp(%1) : f32[d0, 1]\n"
                  "%3 = broadcast(%2) : f32[d0, $C]\n%4 = mul(%3, %0) : f32[d0, $C]\noutput \"0\" "
                  "= %2\noutput \"1\" = %4\n",
                  few_columns, N_FEW);
}

/* --- Column --- */

Test(codegen, column_sums) {
    check_columns(KERNEL_COLUMN,
                  "%0 = input{name=\"0\"} : f32[d0, $C]\n%1 = input{name=\"1\"} : f32[d0, $C]\n"
                  "%2 = mul(%0, %1) : f32[d0, $C]\n%3 = sum{axis=0}(%2) : f32[1, $C]\n%4 = "
                  "sum{axis=0}(%0) : f32[1, $C]\n"
                  "%5 = max{axis=0}(%2) : f32[1, $C]\noutput \"0\" = %3\noutput \"1\" = %4\noutput "
                  "\"2\" = %5\n",
                  few_columns, N_FEW);
    check_extents(KERNEL_COLUMN, "%0 = input{name=\"0\"} : f32[5, d0]\n%1 = sum{axis=0}(%0) : "
                                 "f32[1, d0]\noutput \"0\" = %1\n");
    check_extents(KERNEL_COLUMN, "%0 = input{name=\"0\"} : f32[d0, 1]\n%1 = sum{axis=0}(%0) : "
                                 "f32[1, 1]\noutput \"0\" = %1\n");
}

Test(codegen, column_rank_3) {
    check_columns(KERNEL_COLUMN,
                  "%0 = input{name=\"0\"} : f32[d0, 4, $C]\n%1 = sum{axis=1}(%0) : f32[d0, 1, $C]\n"
                  "output \"0\" = %1\n",
                  few_columns, N_FEW);
    check_columns(KERNEL_COLUMN,
                  "%0 = input{name=\"0\"} : f32[d0, 4, $C]\n%1 = sum{axis=0}(%0) : f32[1, 4, $C]\n"
                  "output \"0\" = %1\n",
                  few_columns, N_FEW);
}

Test(codegen, column_random) {
    check_columns(KERNEL_COLUMN,
                  RANDOM_BODY "%4 = mul(%0, %3) : f32[d0, $C]\n%5 = sum{axis=0}(%4) : f32[1, $C]\n"
                              "output \"0\" = %5\n",
                  random_columns, 8);
}

/* --- Scatter --- */

Test(codegen, scatter) {
    check_columns(KERNEL_SCATTER,
                  "%0 = input{name=\"0\"} : i32<7>[d0]\n%1 = input{name=\"1\"} : f32[d0, $C]\n%2 = "
                  "exp(%1) : f32[d0, $C]\n"
                  "%3 = scatter_add(%0, %2) : f32[7, $C]\noutput \"0\" = %3\n",
                  few_columns, N_FEW);
    check_extents(KERNEL_SCATTER, "%0 = input{name=\"0\"} : i32<7>[d0]\n%1 = input{name=\"1\"} : f32[d0, 5]\n"
                                  "%2 = scatter_add(%0, %1) : f32[7, 5]\noutput \"0\" = %2\n");
}

/* Rows that no index names are minus infinity; the table may be as long as a symbol says. */
Test(codegen, scatter_max) {
    check_columns(KERNEL_SCATTER,
                  "%0 = input{name=\"0\"} : i32<7>[d0]\n%1 = input{name=\"1\"} : f32[d0, $C]\n%2 = "
                  "sin(%1) : f32[d0, $C]\n"
                  "%3 = scatter_max(%0, %2) : f32[7, $C]\noutput \"0\" = %3\n",
                  few_columns, N_FEW);
    check_extents(KERNEL_SCATTER, "%0 = input{name=\"0\"} : i32<d1>[d0]\n%1 = input{name=\"1\"} : f32[d0, 5]\n"
                                  "%2 = scatter_max(%0, %1) : f32[d1, 5]\noutput \"0\" = %2\n");
}

/* A row, a column and a scattered row that hold a NaN have no maximum, wherever it stands; others keep theirs. */
static void check_nan(KernelKind kind, const char *body, int at) {
    enum { ROWS = 40, COLUMNS = 40 };
    static float x[ROWS * COLUMNS], got[ROWS * COLUMNS];
    static int32_t index[ROWS];
    for (int i = 0; i < ROWS * COLUMNS; i++) x[i] = (float)(i % 7);
    for (int i = 0; i < ROWS; i++) index[i] = i % 2;
    x[at * COLUMNS + at] = NAN;
    char *text = with_columns(body, COLUMNS);
    Kernel *kernel = kernel_from_text(kind, text);
    KernelRun run = kernel_link(kernel, 0);
    void *buffers[] = {x, kind == KERNEL_SCATTER ? (void *)index : got, got};
    run.function(buffers, (int64_t[]){ROWS, 3}, NULL, test_scratch(), 0, 1);
    int width = kind == KERNEL_ROW ? 1 : COLUMNS, rows = kind == KERNEL_ROW ? ROWS : kind == KERNEL_SCATTER ? 2 : 1;
    for (int i = 0; i < rows * width; i++) {
        bool hit = kind == KERNEL_ROW ? i == at : i % width == at && (kind == KERNEL_COLUMN || i / width == at % 2);
        cr_expect_eq(isnan(got[i]) != 0, hit, "kind %d, NaN at %d: element %d is %g", kind, at, i, (double)got[i]);
    }
    kernel_unlink(&run);
    kernel_free(kernel);
    free(text);
}

Test(codegen, a_maximum_with_nan_is_nan) {
    for (int at = 0; at < 40; at += 13) {
        check_nan(KERNEL_ROW,
                  "%0 = input{name=\"0\"} : f32[d0, $C]\n%1 = max{axis=1}(%0) : f32[d0, 1]\noutput \"0\" = %1\n", at);
        check_nan(KERNEL_COLUMN,
                  "%0 = input{name=\"0\"} : f32[d0, $C]\n%1 = max{axis=0}(%0) : f32[1, $C]\noutput \"0\" = %1\n", at);
        check_nan(KERNEL_SCATTER,
                  "%0 = input{name=\"0\"} : f32[d0, $C]\n%1 = input{name=\"1\"} : i32<2>[d0]\n"
                  "%2 = scatter_max(%1, %0) : f32[2, $C]\noutput \"0\" = %2\n",
                  at);
    }
}

/* --- Two sizes of the batch: a matrix over its sequences --- */

static void check_two_symbols(KernelKind kind, const char *body) {
    static const int64_t extents[][2] = {{0, 0}, {1, 1}, {1, 17}, {17, 1}, {2, 2}, {16, 16}, {5, 0}, {0, 5}, {33, 65}};
    char *text = with_columns(body, 0);
    check_kernel_sizes(kind, text, extents[0], 2, sizeof extents / sizeof *extents, TOLERANCE);
    free(text);
}

#define TWO "f32[d0, d1]"

/* The diagonal is where the numbers of row and column are equal. */
Test(codegen, two_symbols) {
    check_two_symbols(KERNEL_MAP, "%0 = input{name=\"0\"} : " TWO "\n%1 = iota{axis=0} : i32<d0>[d0, d1]\n"
                                  "%2 = iota{axis=1} : i32<d1>[d0, d1]\n%3 = cast(%1) : i32[d0, d1]\n"
                                  "%4 = cast(%2) : i32[d0, d1]\n%5 = equal(%3, %4) : bool[d0, d1]\n%6 = neg(%0) : " TWO
                                  "\n%7 = select(%5, %6, %0) : " TWO "\n%8 = transpose(%7) : f32[d1, d0]\n"
                                  "output \"0\" = %7\noutput \"1\" = %8\n");
    check_two_symbols(KERNEL_ROW, SOFTMAX_BODY("d1"));
    check_two_symbols(KERNEL_COLUMN,
                      "%0 = input{name=\"0\"} : " TWO "\n%1 = input{name=\"1\"} : f32[d0, 1]\n%2 = "
                      "broadcast(%1) : " TWO "\n%3 = mul(%0, %2) : " TWO "\n%4 = sum{axis=0}(%3) : f32[1, d1]\n"
                      "output \"0\" = %4\n");
    check_two_symbols(KERNEL_SCATTER, "%0 = input{name=\"0\"} : i32<7>[d0]\n%1 = input{name=\"1\"} : " TWO
                                      "\n%2 = scatter_add(%0, %1) : f32[7, d1]\n%3 = scatter_max(%0, %1) : f32[7, d1]\n"
                                      "output \"0\" = %2\noutput \"1\" = %3\n");
}

/* A product with a run-time number of columns, and what is done to its elements. */
Test(codegen, two_symbols_product) {
    check_two_symbols(KERNEL_CONTRACT, "%0 = input{name=\"0\"} : f32[d0, 20]\n%1 = input{name=\"1\"} : f32[d1, 20]\n"
                                       "%2 = matmul{ta=0 tb=1}(%0, %1) : " TWO "\n%3 = input{name=\"2\"} : f32[d0, 1]\n"
                                       "%4 = broadcast(%3) : " TWO "\n%5 = mul(%2, %4) : " TWO "\n%6 = tanh(%5) : " TWO
                                       "\noutput \"0\" = %6\n");
}

/* --- Text and targets --- */

Test(codegen, text) {
    Diagnostics *diags = diagnostics_new();
    Kernel *kernel = kernel_from_text(
        KERNEL_MAP, "graph \"t\"\nsymbols d0\n%0 = input{name=\"0\"} : f32[d0]\n%1 = exp(%0) : f32[d0]\n"
                    "output \"0\" = %1\n");
    Target *wide = target_new("x86-64-v4", 0, diags), *narrow = target_new("x86-64-v3", 0, diags);
    cr_assert(wide && narrow);
    char *llvm = kernel_text(kernel, wide, CODE_LLVM), *assembly = kernel_text(kernel, narrow, CODE_ASSEMBLY);
    cr_expect(strstr(llvm, "define void @tested"));
    cr_expect(strstr(assembly, "ymm") && !strstr(assembly, "zmm"));
    cr_expect(!strstr(assembly, "call"), "a kernel calls nothing");
    XXH128_hash_t a = object_key(kernel, wide), b = object_key(kernel, narrow);
    cr_expect(!XXH128_isEqual(a, b), "a CPU of its own, a key of its own");
    free(llvm);
    free(assembly);
    target_free(wide);
    target_free(narrow);
    kernel_free(kernel);
    diagnostics_free(diags);
}

/* The name that is printed is one that is taken. */
Test(codegen, the_machine_at_hand_has_a_name) {
    Diagnostics *diags = diagnostics_new();
    Target *plain = target_new(NULL, 0, diags), *native = target_new("native", 0, diags);
    cr_assert(plain && native);
    cr_expect_str_eq(target_name(plain), target_name(native));
    const char *name = target_name(plain);
    Target *named = target_new(arena_strndup(diags->arena, name, strcspn(name, ",")), 0, diags);
    cr_assert_not_null(named);
    cr_expect_str_eq(target_name(named), name);
    target_free(plain);
    target_free(native);
    target_free(named);
    diagnostics_free(diags);
}

/* Code is run only where the machine has what it needs. */
Test(codegen, what_a_cpu_lacks) {
    const char *features = "+sse2,+sse4.2,+avx,-avx512f,+avx2,-avx512vl";
    cr_expect_null(target_lacking("x86-64", features));
    cr_expect_null(target_lacking("haswell", features));
    cr_expect_str_eq(target_lacking("znver4", features), "avx512bf16");
    cr_expect_str_eq(target_lacking("x86-64-v4", features), "avx512vl");
    cr_expect_str_eq(target_lacking("haswell", "+sse2,+sse4.2,+avx"), "avx2");
    cr_expect_null(target_lacking("ivybridge", "+sse2,+sse4.2,+avx"));
    Diagnostics *diags = diagnostics_new();
    Target *native = target_new(NULL, 0, diags), *least = target_new("x86-64", 0, diags);
    cr_expect(target_runs_here(native, diags) && target_runs_here(least, diags));
    target_free(native);
    target_free(least);
    diagnostics_free(diags);
}

Test(codegen, unknown_cpu) {
    Diagnostics *diags = diagnostics_new();
    cr_assert_null(target_new("haswel", 0, diags));
    cr_expect_eq(diags->errors, 1);
    cr_expect_str_eq(diags->list.items[0].code, "E0701");
    diagnostics_free(diags);
}
