/* The table of element types, row by row: names, memory, and what a value becomes on the way there and back. */
#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "graph/type.h"

static const double numbers[] = {-3e9, -1.75, -1, -0.0, 0, 0.1, 1, 2, 300.5, 5e9};
enum { NUMBERS = sizeof numbers / sizeof *numbers };

Test(element, names_are_found) {
    Arena *arena = arena_new();
    ElemType found;
    for (int i = 0; i < ELEM_TYPES; i++) {
        cr_expect(elem_find(elem_name((ElemType)i), &found) && (int)found == i);
        cr_expect_not_null(strstr(elem_names(arena), elem_name((ElemType)i)));
    }
    cr_expect_not(elem_find("f", &found));
    arena_free(arena);
}

/* What is computed with takes a word: scratch and operands of products rely on it. */
Test(element, values_are_computed_as_words) {
    for (int i = 0; i < ELEM_TYPES; i++) {
        ElemType computed = elem_computed((ElemType)i);
        cr_expect_eq(elem_computed(computed), computed);
        cr_expect_eq(elem_bytes(computed), 4);
        cr_expect(!elem_is_number((ElemType)i) || computed == (ElemType)i, "%s", elem_name((ElemType)i));
    }
}

Test(element, memory_holds_what_it_is_said_to) {
    for (int i = 0; i < ELEM_TYPES; i++) {
        ElemType elem = (ElemType)i;
        for (int k = 0; k < NUMBERS; k++) {
            char memory[64];
            memset(memory, 7, sizeof memory);
            double held = elem_held(elem, numbers[k]);
            elem_store(elem, memory, 2, numbers[k]);
            cr_expect_eq(elem_load(elem, memory, 2), held, "%s, %g", elem_name(elem), numbers[k]);
            cr_expect_eq(elem_held(elem, held), held, "%s, %g", elem_name(elem), numbers[k]);
            for (size_t b = 0; b < sizeof memory; b++) {
                bool own = b / elem_bytes(elem) == 2;
                cr_expect(own || memory[b] == 7, "%s writes byte %zu", elem_name(elem), b);
            }
        }
    }
}

Test(element, casts) {
    cr_expect_eq(elem_cast(ELEM_I32, -1.75), -1);
    cr_expect_eq(elem_cast(ELEM_I32, 5e9), INT32_MAX);
    cr_expect_eq(elem_cast(ELEM_I32, NAN), 0);
    cr_expect_eq(elem_cast(ELEM_BOOL, 0.1), 1);
    cr_expect_eq(elem_cast(ELEM_BF16, 0.1), 0.10009765625);
    cr_expect_eq(elem_cast(ELEM_F32, 0.1), 0.1, "the interpreter computes in double");
    cr_expect_eq(elem_held(ELEM_F32, 0.1), (double)0.1f);
}

/* Eight bits of significand: halfway between two values the even one is taken. */
Test(element, bf16_rounds_to_nearest_even) {
    static const double pairs[][2] = {
        {1, 1},
        {1 + 0x1p-8, 1},
        {1 + 3 * 0x1p-8, 1 + 0x1p-6},
        {1 + 0x1p-8 + 0x1p-20, 1 + 0x1p-7},
        {-1 - 0x1p-8, -1},
        {0x1p-133, 0x1p-133},
        {FLT_MAX, HUGE_VAL},
        {-HUGE_VAL, -HUGE_VAL},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        cr_expect_eq(elem_cast(ELEM_BF16, pairs[i][0]), pairs[i][1], "%a", pairs[i][0]);
    }
    cr_expect(signbit(elem_cast(ELEM_BF16, -0.0)));
    cr_expect(isnan(elem_cast(ELEM_BF16, NAN)));
}

/* No NaN ends as infinity, whatever its payload. */
Test(element, bf16_keeps_every_nan) {
    uint32_t bits = 0x7f800001;
    cr_expect(isnan(elem_cast(ELEM_BF16, elem_load(ELEM_F32, &bits, 0))));
}

Test(element, tensors_have_bytes) {
    const int64_t extents[] = {5};
    Type type = type_make(ELEM_BOOL, 2, (Dim[]){dim_symbol(0), dim_const(3)});
    cr_expect_eq(type_bytes(&type, extents), 15 * elem_bytes(ELEM_BOOL));
}
