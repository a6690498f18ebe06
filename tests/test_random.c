/* Random graphs, others in each run: every pass keeps the values, text reads back, compiled code,
 * fused and not, agrees with the interpreter, forward and backward, on batches of several shapes. A
 * failure says the seed: GRADC_SEED=... repeats the run. GRADC_GRAPHS=... takes other than 200. */
#include <criterion/criterion.h>
#include <glob.h>
#include <stdlib.h>

#include "tests/compiled_check.h"
#include "tests/graph_check.h"
#include "tests/graph_file.h"
#include "tests/seed.h"

/* Parts run side by side, in processes of their own. One graph in ROUNDED is taken with bf16 products. */
enum { GRAPHS = 200, PARTS = 2, ROUNDED = 20, LEAST_SIZE = 1, SIZES = 5 };

static RandomGraph *new_graph(uint64_t seed) {
    return random_graph_new(seed, LEAST_SIZE + (int)(seed % SIZES), RANDOM_ALL | RANDOM_GRADS);
}

static void expect_none(const char *error, const RandomGraph *random, const char *batch) {
    cr_expect(!error, "graph %llu%s: %s", (unsigned long long)random->seed, batch, error);
}

/* The batch that the graph came with, then one of another shape. */
static void run_graph(CompiledCheck *check, int index, RandomGraph *random) {
    BatchShape shape = (BatchShape)(random->seed % BATCH_SHAPES);
    expect_none(compiled_check_run(check, index, random->seed % 16 == 0), random, "");
    random_graph_batch(random, random->seed, shape);
    expect_none(compiled_check_run(check, index, false), random, ", second batch");
}

/* `rounds`: with bf16 products, which no pass but one makes. */
static void check_part(int part, bool rounds) {
    const char *given = getenv("GRADC_GRAPHS");
    int count = (given ? atoi(given) : GRAPHS) / (rounds ? ROUNDED : PARTS);
    uint64_t first = test_seed("random") * 1000003 + (uint64_t)(part * count);
    RandomGraph **graphs = calloc((size_t)count + 1, sizeof *graphs);
    CompiledCheck *check = compiled_check_new(false, rounds, NULL);
    for (int i = 0; i < count; i++) {
        graphs[i] = new_graph(first + (uint64_t)i);
        if (!rounds) expect_none(check_passes(graphs[i], i % 4 == 0 ? "-fuse" : NULL), graphs[i], "");
        compiled_check_add(check, graphs[i]);
    }
    compiled_check_compile(check);
    for (int i = 0; i < count; i++) run_graph(check, i, graphs[i]);
    compiled_check_free(check);
    for (int i = 0; i < count; i++) random_graph_free(graphs[i]);
    free(graphs);
}

static void check_file(const char *path) {
    Diagnostics *diags = diagnostics_new();
    RandomGraph *random = graph_file_read(path, diags);
    if (!random) diagnostics_print(diags, stderr);
    cr_assert(random, "%s", path);
    for (int i = 0; i < 2; i++) {
        const char *error = check_passes(random, i == 1 ? "-fuse" : NULL);
        cr_expect(!error, "%s: %s", path, error);
    }
    for (int rounds = 0; rounds < 2; rounds++) {
        CompiledCheck *check = compiled_check_new(false, rounds, NULL);
        compiled_check_add(check, random);
        compiled_check_compile(check);
        const char *error = compiled_check_run(check, 0, true);
        cr_expect(!error, "%s%s: %s", path, rounds ? ", bf16 products" : "", error);
        compiled_check_free(check);
    }
    random_graph_free(random);
    diagnostics_free(diags);
}

/* Graphs that failed once, as tests/fuzz.c left them. */
Test(random, graphs_that_failed_once) {
    glob_t found;
    cr_assert_eq(glob(SOURCE_ROOT "/tests/graphs/found/*.gir", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) check_file(found.gl_pathv[i]);
    globfree(&found);
}

Test(random, part_0) { check_part(0, false); }
Test(random, part_1) { check_part(1, false); }
Test(random, bf16_products) { check_part(2, true); }
