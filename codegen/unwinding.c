/* Unwinding: the tables of an object, for code that lies elsewhere than where a linker would put it.
 *
 *     code     at 0
 *     entries  .eh_frame, behind it at the next multiple of 8: heads, and for each function how to return from it
 *     index    .eh_frame_hdr: of each function where it begins and where its entry lies, ascending
 *
 * The Linux Standard Base describes both sections. */
#include <string.h>

#include "codegen/object_code.h"

enum { INDEX_HEAD = 12, INDEX_ROW = 8 };

/* How numbers are written, in 4 bytes: as the distance from where they stand, plain, or from where the index begins. */
enum { FROM_HERE = 0x1b, PLAIN = 0x03, FROM_INDEX = 0x3b };

static uint32_t word_at(const unsigned char *bytes) {
    uint32_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

static void put_word(unsigned char *bytes, int64_t value) { memcpy(bytes, &(int32_t){(int32_t)value}, 4); }

/* An entry is its length, the distance back to its head (0: it is a head), then where its function begins, as seen from
 * there, which a linker would fill in. `base`: where the entries lie. How many functions were found. */
static int place_entries(ObjectCode *code, size_t size, int64_t base, const FunctionCodes *functions,
                         unsigned char *rows) {
    int64_t index = base + (int64_t)size;
    int count = 0;
    for (size_t at = 0; at + 12 <= size;) {
        size_t length = word_at(code->unwinding + at);
        if (!length || length > size - at - 4) break;
        if (word_at(code->unwinding + at + 4) != 0 && count < functions->count) {
            int64_t begins = (int64_t)functions->items[count].offset;
            put_word(code->unwinding + at + 8, begins - (base + (int64_t)at + 8));
            put_word(rows + INDEX_ROW * count, begins - index);
            put_word(rows + INDEX_ROW * count++ + 4, base + (int64_t)at - index);
        }
        at += 4 + length;
    }
    return count;
}

void unwinding_place(ObjectCode *code, const unsigned char *section, size_t size, const FunctionCodes *functions,
                     Arena *arena) {
    if (!size || !functions->count) return;
    code->unwinding = arena_alloc(arena, size + INDEX_HEAD + INDEX_ROW * (size_t)functions->count);
    memcpy(code->unwinding, section, size);
    unsigned char *index = code->unwinding + size;
    int64_t base = (int64_t)((code->bytes + 7) / 8 * 8);
    int count = place_entries(code, size, base, functions, index + INDEX_HEAD);
    memcpy(index, (unsigned char[]){1, FROM_HERE, PLAIN, FROM_INDEX}, 4);
    put_word(index + 4, -(int64_t)size - 4);
    put_word(index + 8, count);
    code->unwinding_index_bytes = INDEX_HEAD + INDEX_ROW * (size_t)count;
    code->unwinding_bytes = size + code->unwinding_index_bytes;
}
