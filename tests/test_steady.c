/* A training run at its pace: nothing is compiled and nothing allocated, whatever the batches are. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/commands/run_options.h"
#include "runtime/engine/values.h"
#include "runtime/session/session.h"
#include "tests/seed.h"
#include "tests/temp_folder.h"

/* Sanitizers have an allocator of their own, which counts nothing here. */
#if defined(__SANITIZE_ADDRESS__)
static bool counts(void) { return false; }
static long allocations(void) { return 0; }
#else
static _Atomic long allocated;
static bool counts(void) { return true; }
static long allocations(void) { return allocated; }
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
void *malloc(size_t size) {
    allocated++;
    return __libc_malloc(size);
}
void *calloc(size_t count, size_t size) {
    allocated++;
    return __libc_calloc(count, size);
}
void *realloc(void *old, size_t size) {
    allocated++;
    return __libc_realloc(old, size);
}
#endif

static const char text[] = "tokens vocab = 12, positions = 16\n"
                           "task mood {\n"
                           "  data \"mood-{split}.tsv\" tab unquoted\n"
                           "  input words: text\n"
                           "  label mood: class[3]\n"
                           "  h = states(words)\n"
                           "  logits = head(gather(h, words.first))\n"
                           "  loss cross_entropy(logits, mood)\n"
                           "  predict argmax(logits)\n"
                           "  metric accuracy\n"
                           "}\n"
                           "def states(x: tokens) -> f32[x.T, 8] {\n"
                           "  param weight: f32[12, 8] ~ normal(0, 0.5)\n"
                           "  h = gather(weight, x.ids)\n"
                           "  return drop(h + attention(h, h, h, x, x, heads = 2, dropout = 0.1), 0.1)\n"
                           "}\n"
                           "def head(x: f32[R, 8]) -> f32[R, 3] {\n"
                           "  param head: f32[3, 8] ~ normal(0, 0.5)\n"
                           "  return matmul(x, transpose(head))\n"
                           "}\n";
static const char vocabulary[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\nc\nd\ne\nf\ng\n";

enum { ROWS = 200, MOST = 12, WARM_UP = 300, BATCHES = 10000 };

/* Rows of 1 to 14 words. */
static void put_rows(const TempFolder *folder, uint64_t *state) {
    char rows[ROWS * 40] = "words\tmood\n";
    size_t used = strlen(rows);
    for (int i = 0; i < ROWS; i++) {
        int words = 1 + (int)(values_uniform(state) * 14);
        for (int j = 0; j < words; j++)
            used += (size_t)snprintf(rows + used, sizeof rows - used, "%c ", 'a' + (int)(values_uniform(state) * 7));
        used += (size_t)snprintf(rows + used, sizeof rows - used, "\t%d\n", i % 3);
    }
    put_bytes(folder, "mood-train.tsv", rows, used);
}

typedef struct Run {
    Session session;
    Options options;
    Diagnostics *diags;
    Dataset *data;
    Batch *batch;
    uint64_t state;
} Run;

static void open_run(Run *run, const TempFolder *folder) {
    run->diags = diagnostics_new();
    put_bytes(folder, "config.json", "{}", 2);
    put_bytes(folder, "vocab.txt", vocabulary, strlen(vocabulary));
    put_rows(folder, &run->state);
    TempPath graph = put_bytes(folder, "mood.graph", text, strlen(text));
    char *words[] = {"train",      graph.text,  "--weights", (char *)folder->path, "--data", (char *)folder->path,
                     "--no-cache", "--threads", "2"};
    Options given;
    bool good = options_parse("train", sizeof words / sizeof *words, words, &given, run->diags) &&
                session_of_options("train", &given, &run->options, &run->session, run->diags);
    ModelUse use = good ? model_use_of_options(&run->options, true) : (ModelUse){0};
    good = good && session_load_model(&run->session, &use);
    if (good) run->data = session_dataset(&run->session, 0, "train", 0);
    if (!run->data) diagnostics_print(run->diags, stderr);
    cr_assert_not_null(run->data);
    run->batch = batch_new((const Dataset *const[]){run->data}, 1, MOST);
}

static void close_run(Run *run) {
    batch_free(run->batch);
    dataset_free(run->data);
    session_close(&run->session);
    diagnostics_free(run->diags);
}

/* Rows drawn at random, as many as come. */
static void step(Run *run) {
    int64_t rows[MOST], count = 1 + (int64_t)(values_uniform(&run->state) * MOST);
    if (count > MOST) count = MOST;
    for (int64_t i = 0; i < count; i++) rows[i] = (int64_t)(values_uniform(&run->state) * ROWS) % ROWS;
    batch_begin(run->batch, run->data, rows, count, NUMBERS_OF_UPDATE);
    batch_fill(run->batch, run->data, rows, count, 0);
    StepResult result;
    UpdateSettings settings = {.rate = 1e-3, .clip = 1, .decay = 0.01, .weight = 1};
    cr_assert(model_step(run->session.model, 0, run->batch, &settings, &result, run->diags));
}

/* The history of updates that rows owe doubles now and then, as long as nobody looks at all of the table: that is all
 * that may grow. */
Test(steady, ten_thousand_batches_compile_nothing_and_allocate_nothing) {
    static Run run;
    TempFolder folder = make_folder();
    run.state = test_seed("steady");
    open_run(&run, &folder);
    for (int i = 0; i < WARM_UP; i++) step(&run);
    int compiled = model_code(run.session.model)->compiled;
    cr_assert(compiled > 0);
    long before = allocations(), growths = 0;
    for (int i = 0; i < BATCHES; i++) step(&run);
    for (int64_t room = 1024; room < WARM_UP + BATCHES; room *= 2) growths++;
    cr_expect_eq(model_code(run.session.model)->compiled, compiled);
    cr_expect(allocations() - before <= growths, "%ld allocations", allocations() - before);
    cr_expect(!counts() || before > 0);
    close_run(&run);
    remove_folder(&folder);
}
