/* Kernel runs: compile, call for every thread in turn (kernels have no barriers), compare. */
#include "tests/kernel_run.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/engine/subnormals.h"
#include "tests/scratch.h"

/* Does it have products whose meaning is of flushed numbers? */
static bool flushes(const Graph *body) {
    for (int i = 0; i < body->nodes.count; i++) {
        const Node *node = body->nodes.items[i];
        if (node->op == OP_matmul && elem_sum_order(node->inputs[0]->type.elem).block) return true;
    }
    return false;
}

Kernel *kernel_from_text(KernelKind kind, const char *text) {
    Diagnostics *diags = diagnostics_new();
    Graph *body = graph_read(diagnostics_file(diags, "test", text), diags);
    if (!body) diagnostics_print(diags, stderr);
    cr_assert(body, "the body is valid");
    diagnostics_free(diags);
    Kernel *kernel = calloc(1, sizeof *kernel);
    char *printed = graph_print(body, false);
    *kernel = (Kernel){.kind = kind, .name = "tested", .body = body, .hash = XXH3_128bits(printed, strlen(printed))};
    free(printed);
    return kernel;
}

void kernel_free(Kernel *kernel) {
    graph_free(kernel->body);
    free(kernel);
}

KernelRun kernel_link(Kernel *kernel, int lanes) {
    KernelRun run = {.kernel = kernel, .diags = diagnostics_new()};
    run.target = target_new(NULL, lanes, run.diags);
    if (flushes(kernel->body)) target_flush_subnormals(run.target);
    run.jit = jit_new(run.target, run.diags);
    bool added = run.jit && jit_add(run.jit, kernel_object(kernel, run.target), run.diags);
    run.function = added ? jit_find(run.jit, kernel->name, run.diags) : NULL;
    if (!run.function) diagnostics_print(run.diags, stderr);
    cr_assert(run.function, "the kernel links");
    return run;
}

void kernel_unlink(KernelRun *run) {
    jit_free(run->jit);
    target_free(run->target);
    diagnostics_free(run->diags);
}

/* --- Values --- */

typedef struct Case {
    Kernel *kernel;
    const int64_t *extents;
    int n_operands, n_results;
    void *buffers[64];    /* operands as kernels read them; results of the first run */
    double *operands[64]; /* the same for the interpreter */
    const Type *types[64];
    char names[64][4];
    Interpretation *expected;
} Case;

static uint64_t next_word(uint64_t *state) {
    uint64_t z = (*state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* Real numbers in [-2, 2), indices within their bounds, other integers in [0, 1000). */
static void fill_operand(Case *c, int number, const Type *type, uint64_t *state) {
    int64_t count = type_count(type, c->extents), bound = dim_value(type->bound, c->extents);
    size_t room = (size_t)count + 1;
    void *memory = aligned_alloc(64, (room * elem_bytes(type->elem) + 63) / 64 * 64);
    bool is_real = elem_computed(type->elem) == ELEM_F32;
    c->operands[number] = calloc(room, sizeof(double));
    for (int64_t i = 0; i < count; i++) {
        uint64_t word = next_word(state);
        int32_t whole = (int32_t)(word >> 33) % (type->elem == ELEM_BOOL ? 2 : bound > 0 ? (int32_t)bound : 1000);
        elem_store(type->elem, memory, i, is_real ? (double)(word >> 11) * 0x1p-51 - 2 : whole);
        c->operands[number][i] = elem_load(type->elem, memory, i);
    }
    c->buffers[number] = memory;
    c->types[number] = type;
}

static void *new_result(const Case *c, const Type *type) {
    size_t bytes = (type_bytes(type, c->extents) + 127) / 64 * 64;
    void *buffer = aligned_alloc(64, bytes);
    memset(buffer, 0xA5, bytes); /* what is not written is seen */
    return buffer;
}

static Case case_new(Kernel *kernel, const int64_t *extents) {
    Case c = {.kernel = kernel, .extents = extents};
    Binding bindings[64];
    uint64_t state = 1;
    for (int i = 0; i < kernel->body->nodes.count; i++) {
        const Node *node = kernel->body->nodes.items[i];
        if (node->op != OP_input) continue;
        int number = atoi(node->attrs.text);
        fill_operand(&c, number, &node->type, &state);
        snprintf(c.names[number], sizeof c.names[number], "%d", number);
        bindings[number] = (Binding){c.names[number], c.operands[number]};
        if (number >= c.n_operands) c.n_operands = number + 1;
    }
    c.n_results = kernel->body->outputs.count;
    for (int i = 0; i < c.n_results; i++) c.types[c.n_operands + i] = &kernel->body->outputs.items[i].node->type;
    c.expected = interpret(kernel->body, extents, bindings, c.n_operands);
    cr_assert(!c.expected->error, "%s", c.expected->error);
    return c;
}

static void case_free(Case *c) {
    for (int i = 0; i < c->n_operands + c->n_results; i++) free(c->buffers[i]);
    for (int i = 0; i < c->n_operands; i++) free(c->operands[i]);
    interpretation_free(c->expected);
}

/* --- Runs --- */

static void run_threads(const Case *c, const KernelRun *run, void **buffers, int64_t threads) {
    uint32_t sites[10];
    for (int i = 0; i < 10; i++) sites[i] = XXH32((char[]){(char)('0' + i)}, 1, 0);
    void *scratch = test_scratch();
    for (int64_t thread = 0; thread < threads; thread++) {
        SubnormalMode before = flushes(c->kernel->body) ? subnormals_flush() : 0;
        run->function((void *const *)buffers, c->extents, sites, scratch, thread, threads);
        if (flushes(c->kernel->body)) subnormals_restore(before);
    }
}

static double element(const Type *type, const void *buffer, int64_t i) { return elem_load(type->elem, buffer, i); }

static bool is_close(double got, double wanted, double scale, double tolerance) {
    if (isnan(wanted) || isinf(wanted)) return isnan(wanted) ? isnan(got) : got == wanted;
    return fabs(got - wanted) <= tolerance * (scale + fabs(wanted));
}

static void compare_with_interpreter(const Case *c, double tolerance) {
    for (int k = 0; k < c->n_results; k++) {
        const Node *node = c->kernel->body->outputs.items[k].node;
        const double *wanted = c->expected->values[node->id];
        const void *buffer = c->buffers[c->n_operands + k];
        int64_t count = type_count(&node->type, c->extents);
        double scale = 1;
        for (int64_t i = 0; i < count; i++) {
            if (isfinite(wanted[i])) scale = fmax(scale, fabs(wanted[i]));
        }
        for (int64_t i = 0; i < count; i++) {
            double got = element(&node->type, buffer, i);
            cr_assert(is_close(got, wanted[i], scale, tolerance), "%s: result %d[%lld] is %.9g, not %.9g (extent %lld)",
                      op_name(node->op), k, (long long)i, got, wanted[i], (long long)c->extents[0]);
        }
    }
}

static void compare_bits(const Case *c, const KernelRun *run, int64_t threads) {
    void *buffers[64];
    memcpy(buffers, c->buffers, sizeof buffers);
    for (int k = c->n_operands; k < c->n_operands + c->n_results; k++) buffers[k] = new_result(c, c->types[k]);
    run_threads(c, run, buffers, threads);
    for (int k = c->n_operands; k < c->n_operands + c->n_results; k++) {
        size_t bytes = type_bytes(c->types[k], c->extents);
        cr_assert(memcmp(buffers[k], c->buffers[k], bytes) == 0, "result %d differs with %d threads, %s",
                  k - c->n_operands, (int)threads, target_name(run->target));
        cr_assert_eq(*((unsigned char *)buffers[k] + bytes), 0xA5, "result %d is written past its end",
                     k - c->n_operands);
        free(buffers[k]);
    }
}

/* The widths to try: the CPU's first, then the others. */
static int list_lanes(int lanes[4]) {
    static const char *const endings[] = {", 4 lanes", ", 8 lanes", ", 16 lanes"};
    Diagnostics *diags = diagnostics_new();
    Target *native = target_new(NULL, 0, diags);
    int count = 1;
    lanes[0] = 0;
    for (int i = 0; i < 3; i++) {
        if (!strstr(target_name(native), endings[i])) lanes[count++] = 4 << i;
    }
    target_free(native);
    diagnostics_free(diags);
    return count;
}

static void check_case(Kernel *kernel, const KernelRun *runs, int n_runs, const int64_t *extents, double tolerance) {
    static const int64_t thread_counts[] = {1, 2, 3, 7};
    Case c = case_new(kernel, extents);
    for (int k = c.n_operands; k < c.n_operands + c.n_results; k++) {
        c.buffers[k] = new_result(&c, c.types[k]);
    }
    run_threads(&c, &runs[0], c.buffers, 1);
    compare_with_interpreter(&c, tolerance);
    for (int i = 0; i < n_runs; i++) {
        for (int k = 0; k < 4; k++) compare_bits(&c, &runs[i], thread_counts[k]);
    }
    case_free(&c);
}

void check_kernel_sizes(KernelKind kind, const char *text, const int64_t *extents, int stride, int count,
                        double tolerance) {
    KernelRun runs[4] = {0};
    int lanes[4], n_runs = list_lanes(lanes);
    Kernel *kernel = kernel_from_text(kind, text);
    for (int i = 0; i < n_runs; i++) runs[i] = kernel_link(kernel, lanes[i]);
    for (int i = 0; i < count; i++) {
        check_case(kernel, runs, n_runs, extents + (size_t)i * (size_t)stride, tolerance);
    }
    for (int i = 0; i < n_runs; i++) kernel_unlink(&runs[i]);
    kernel_free(kernel);
}

void check_kernel(KernelKind kind, const char *text, const int64_t *extents, double tolerance) {
    check_kernel_sizes(kind, text, extents, 0, 1, tolerance);
}
