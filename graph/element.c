/* The table of element types. */
#include "graph/element.h"

#include <math.h>
#include <string.h>

typedef struct ElemRow {
    const char *name;
    size_t bytes;
    ElemType computed;
    bool number;
    SumOrder sums;
    double (*cast)(double value);
    double (*load)(const void *at);
    void (*store)(void *at, double value);
} ElemRow;

/* --- f32: IEEE binary32 ------------------------------------------------------------------------------------------- */

static double cast_f32(double value) { return value; }

static double load_f32(const void *at) {
    float value;
    memcpy(&value, at, sizeof value);
    return (double)value;
}

static void store_f32(void *at, double value) {
    float rounded = (float)value;
    memcpy(at, &rounded, sizeof rounded);
}

/* --- i32: in two's complement. A cast drops the fraction and saturates; NaN gives 0. ------------------------------ */

static double cast_i32(double value) { return isnan(value) ? 0 : fmax(INT32_MIN, fmin(INT32_MAX, trunc(value))); }

static double load_i32(const void *at) {
    int32_t value;
    memcpy(&value, at, sizeof value);
    return (double)value;
}

static void store_i32(void *at, double value) {
    int32_t whole = (int32_t)cast_i32(value);
    memcpy(at, &whole, sizeof whole);
}

/* --- bool: an i32, 0 or 1 ----------------------------------------------------------------------------------------- */

static double cast_bool(double value) { return value != 0; }

static void store_bool(void *at, double value) { store_i32(at, cast_bool(value)); }

/* --- bf16: the upper half of an f32, stored and multiplied. To the nearest, ties to even; NaN stays NaN.
 * ------------ */

static uint32_t bits_of(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static double load_bf16(const void *at) {
    uint16_t half;
    memcpy(&half, at, sizeof half);
    uint32_t bits = (uint32_t)half << 16;
    return load_f32(&bits);
}

static void store_bf16(void *at, double value) {
    uint32_t bits = bits_of((float)value), odd = bits >> 16 & 1;
    uint16_t half = (uint16_t)((isnan(value) ? bits | 1u << 22 : bits + 0x7fff + odd) >> 16);
    memcpy(at, &half, sizeof half);
}

static double cast_bf16(double value) {
    uint16_t half;
    store_bf16(&half, value);
    return load_bf16(&half);
}

static const ElemRow rows[ELEM_TYPES] = {
    [ELEM_F32] = {"f32", 4, ELEM_F32, true, {0, 1}, cast_f32, load_f32, store_f32},
    [ELEM_I32] = {"i32", 4, ELEM_I32, true, {0, 0}, cast_i32, load_i32, store_i32},
    [ELEM_BOOL] = {"bool", 4, ELEM_BOOL, false, {0, 0}, cast_bool, load_i32, store_bool},
    [ELEM_BF16] = {"bf16", 2, ELEM_F32, false, {32, 2}, cast_bf16, load_bf16, store_bf16},
};

const char *elem_name(ElemType elem) { return rows[elem].name; }

bool elem_find(const char *name, ElemType *elem) {
    for (int i = 0; i < ELEM_TYPES; i++) {
        if (strcmp(rows[i].name, name) != 0) continue;
        *elem = (ElemType)i;
        return true;
    }
    return false;
}

const char *elem_names(Arena *arena) {
    const char *text = rows[0].name;
    for (int i = 1; i < ELEM_TYPES; i++)
        text = arena_printf(arena, "%s%s%s", text, i + 1 < ELEM_TYPES ? ", " : " or ", rows[i].name);
    return text;
}

size_t elem_bytes(ElemType elem) { return rows[elem].bytes; }

ElemType elem_computed(ElemType elem) { return rows[elem].computed; }

bool elem_is_number(ElemType elem) { return rows[elem].number; }

SumOrder elem_sum_order(ElemType elem) { return rows[elem].sums; }

double elem_cast(ElemType to, double value) { return rows[to].cast(value); }

double elem_held(ElemType elem, double value) {
    char room[8];
    rows[elem].store(room, value);
    return rows[elem].load(room);
}

double elem_load(ElemType elem, const void *memory, int64_t index) {
    return rows[elem].load((const char *)memory + index * (int64_t)rows[elem].bytes);
}

void elem_store(ElemType elem, void *memory, int64_t index, double value) {
    rows[elem].store((char *)memory + index * (int64_t)rows[elem].bytes, value);
}
