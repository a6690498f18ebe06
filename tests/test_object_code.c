/* Objects for perf and gdb: their code is that of other objects; they say of which lines it is and how to leave it. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "codegen/object_code.h"
#include "tests/kernel_run.h"

static const char *const map_text = "graph \"test\"\nsymbols d0\n%0 = input{name=\"0\"} : f32[d0]\n"
                                    "%1 = exp(%0) : f32[d0]\n%2 = tanh(%1) : f32[d0]\noutput \"0\" = %2\n";
static const char *const contract_text =
    "graph \"test\"\nsymbols d0\n%0 = input{name=\"0\"} : f32[d0, 100]\n%1 = input{name=\"1\"} : f32[100, 70]\n"
    "%2 = matmul{ta=0 tb=0}(%0, %1) : f32[d0, 70]\n%3 = exp(%2) : f32[d0, 70]\noutput \"0\" = %3\n";

static const SourceFile one = {.path = "a/one.graph"}, two = {.path = "two.graph"};

/* The kernel is of line 40, its last node of line 7 of another file. */
static Kernel *placed_kernel(KernelKind kind, const char *text) {
    Kernel *kernel = kernel_from_text(kind, text);
    kernel->pos = (Pos){.file = &one, .line = 40};
    for (int i = 0; i < kernel->body->nodes.count; i++) kernel->body->nodes.items[i]->pos = kernel->pos;
    kernel->body->outputs.items[0].node->pos = (Pos){.file = &two, .line = 7};
    return kernel;
}

typedef struct Made {
    Arena *arena;
    Kernel *kernel;
    Target *target;
    Object object;
    ObjectCode code;
} Made;

static Made make(KernelKind kind, const char *text, bool described) {
    Diagnostics *diags = diagnostics_new();
    Made m = {.arena = arena_new(), .kernel = placed_kernel(kind, text), .target = target_new(NULL, 0, diags)};
    if (described) target_describe(m.target, ".");
    m.object = kernel_object(m.kernel, m.target);
    m.code = object_code(m.object, m.kernel->name, m.arena);
    diagnostics_free(diags);
    return m;
}

static void end(Made *m) {
    free(m->object.bytes);
    kernel_free(m->kernel);
    target_free(m->target);
    arena_free(m->arena);
}

static bool has_line(const CodeLines *lines, const char *file, uint32_t line) {
    for (int i = 0; i < lines->count; i++) {
        if (lines->items[i].line == line && strcmp(lines->items[i].file, file) == 0) return true;
    }
    return false;
}

static void check_object(KernelKind kind, const char *text) {
    Made plain = make(kind, text, false), m = make(kind, text, true);
    cr_expect_gt(m.code.bytes, 0);
    cr_expect_eq(m.code.bytes, plain.code.bytes);
    cr_expect_eq(m.code.entry, plain.code.entry);
    cr_expect_eq(plain.code.lines.count, 0);
    cr_expect_eq(plain.code.unwinding_bytes, 0);
    cr_expect(has_line(&m.code.lines, "a/one.graph", 40));
    cr_expect(has_line(&m.code.lines, "two.graph", 7));
    for (int i = 1; i < m.code.lines.count; i++)
        cr_expect_leq(m.code.lines.items[i - 1].offset, m.code.lines.items[i].offset);
    cr_expect_leq(m.code.lines.items[m.code.lines.count - 1].offset, m.code.bytes);
    end(&plain);
    end(&m);
}

Test(object_code, of_a_map) { check_object(KERNEL_MAP, map_text); }
Test(object_code, of_a_product) { check_object(KERNEL_CONTRACT, contract_text); }

static int64_t number_at(const unsigned char *bytes) {
    int32_t number;
    memcpy(&number, bytes, sizeof number);
    return number;
}

/* The index begins 12 bytes before its rows; addresses in it count from where it begins. A product has functions of its
 * own for its tiles. */
Test(object_code, each_function_can_be_unwound) {
    Made m = make(KERNEL_CONTRACT, contract_text, true);
    const unsigned char *index = m.code.unwinding + m.code.unwinding_bytes - m.code.unwinding_index_bytes;
    int64_t count = number_at(index + 8), last = -1;
    int64_t at = (int64_t)((m.code.bytes + 7) / 8 * 8 + (m.code.unwinding_bytes - m.code.unwinding_index_bytes));
    cr_expect_gt(count, 1);
    cr_expect_eq(m.code.unwinding_index_bytes, 12 + 8 * (size_t)count);
    for (int64_t i = 0; i < count; i++) {
        int64_t begins = at + number_at(index + 12 + 8 * i),
                entry = number_at(index + 16 + 8 * i) + (index - m.code.unwinding);
        cr_expect(begins > last && begins < (int64_t)m.code.bytes);
        /* What the entry says of itself, as seen from where that stands, is the same. */
        int64_t here = at - (index - m.code.unwinding) + entry + 8;
        cr_expect_eq(here + number_at(m.code.unwinding + entry + 8), begins);
        last = begins;
    }
    end(&m);
}

/* A table of lines of one file, "a", whose program moves 4 bytes and 9 lines on, writes a row, and ends. */
Test(object_code, a_table_of_lines) {
    static const unsigned char table[] = {41, 0, 0, 0, 4, 0,   27, 0, 0,  0, 1, 1, 1, 251, 14, 13, 0, 1, 1, 1, 1, 0, 0,
                                          0,  1, 0, 0, 1, 100, 0,  0, 97, 0, 1, 0, 0, 0,   2,  4,  3, 9, 1, 0, 1, 1};
    Arena *arena = arena_new();
    for (size_t size = 0; size < sizeof table; size++) line_table_read(table, size, arena); /* cut off */
    CodeLines lines = line_table_read(table, sizeof table, arena);
    cr_assert_eq(lines.count, 1);
    cr_expect_str_eq(lines.items[0].file, "d/a");
    cr_expect_eq(lines.items[0].line, 10);
    cr_expect_eq(lines.items[0].offset, 4);
    arena_free(arena);
}
