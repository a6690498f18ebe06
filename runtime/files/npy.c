/* Tensors in and out: .npy files. The text form is in tensor_text.c. */
#include "runtime/files/npy.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/files/atomic_file.h"
#include "runtime/files/read_file.h"

/* magic "\x93NUMPY", version 1.0, u16 length of the header, the header: a Python dictionary, padded to a multiple of 64
 * */
enum { MAGIC_BYTES = 6, PREAMBLE_BYTES = 10, ALIGNMENT = 64 };
static const char magic[] = "\x93NUMPY";

typedef struct ElementForm {
    const char *descr;
    ElemType elem;
    size_t bytes;
} ElementForm;

static const ElementForm forms[] = {
    {"<f4", ELEM_F32, 4}, {"<f8", ELEM_F32, 8}, {"<i4", ELEM_I32, 4}, {"<i8", ELEM_I32, 8}, {"|b1", ELEM_BOOL, 1}};

/* The form that elements are written in: the first that fits what they are computed as. */
static const ElementForm *form_of(ElemType elem) {
    const ElementForm *form = forms;
    while (form->elem != elem_computed(elem)) form++;
    return form;
}

int64_t tensor_count(const Tensor *tensor) {
    int64_t count = 1;
    for (int i = 0; i < tensor->rank; i++) count *= tensor->extents[i];
    return count;
}

/* --- Writing ------------------------------------------------------------------------------------------------------ */

static const char *shape_text(Arena *arena, const Tensor *tensor) {
    const char *text = "(";
    for (int i = 0; i < tensor->rank; i++)
        text = arena_printf(arena, "%s%" PRId64 ",%s", text, tensor->extents[i], i + 1 < tensor->rank ? " " : "");
    return arena_printf(arena, "%s)", text);
}

static const char *header_text(Arena *arena, const Tensor *tensor) {
    const char *dict = arena_printf(arena, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }",
                                    form_of(tensor->elem)->descr, shape_text(arena, tensor));
    size_t used = PREAMBLE_BYTES + strlen(dict) + 1, padded = (used + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return arena_printf(arena, "%s%*s\n", dict, (int)(padded - used), "");
}

bool npy_write(const char *path, const Tensor *tensor, Diagnostics *diags) {
    Arena *arena = arena_new();
    const char *header = header_text(arena, tensor);
    size_t length = strlen(header);
    int64_t count = tensor_count(tensor);
    const ElementForm *form = form_of(tensor->elem);
    unsigned char *bytes = arena_alloc(arena, PREAMBLE_BYTES + length + (size_t)count * form->bytes), *at = bytes;
    memcpy(at, magic, MAGIC_BYTES);
    at[6] = 1, at[7] = 0, at[8] = (unsigned char)(length & 255), at[9] = (unsigned char)(length >> 8);
    memcpy(at + PREAMBLE_BYTES, header, length);
    at += PREAMBLE_BYTES + length;
    for (int64_t i = 0; i < count; i++) {
        if (form->elem == ELEM_BOOL)
            at[i] = tensor->elements[i] != 0;
        else
            elem_store(form->elem, at, i, tensor->elements[i]);
    }
    at += (size_t)count * form->bytes;
    bool good = atomic_file_put(path, bytes, (size_t)(at - bytes), diags);
    arena_free(arena);
    return good;
}

/* --- Reading ------------------------------------------------------------------------------------------------------ */

/* The text after "'key':" of the header. */
static const char *find_key(const char *header, const char *key) {
    const char *at = strstr(header, key);
    at = at ? strchr(at, ':') : NULL;
    return at ? at + 1 + strspn(at + 1, " ") : NULL;
}

static const ElementForm *find_form(const char *header) {
    const char *descr = find_key(header, "'descr'");
    for (size_t i = 0; descr && i < sizeof forms / sizeof *forms; i++) {
        if (strncmp(descr + 1, forms[i].descr, 3) == 0) return &forms[i];
    }
    return NULL;
}

static bool read_shape(const char *header, Tensor *tensor, int64_t limit) {
    const char *at = find_key(header, "'shape'");
    int64_t count = 1;
    tensor->rank = 0;
    if (!at || *at++ != '(') return false;
    for (;;) {
        at += strspn(at, ", ");
        if (*at == ')') return true;
        char *end;
        long long extent = strtoll(at, &end, 10);
        if (end == at || extent < 0 || tensor->rank == MAX_RANK) return false;
        if (__builtin_mul_overflow(count, extent, &count) || count > limit) return false;
        tensor->extents[tensor->rank++] = extent;
        at = end;
    }
}

static double load(const ElementForm *form, const char *from) {
    double f8;
    int64_t i8;
    if (form->elem == ELEM_BOOL) return *from != 0;
    if (form->bytes == elem_bytes(form->elem)) return elem_load(form->elem, from, 0);
    if (form->elem == ELEM_F32) return memcpy(&f8, from, 8), f8;
    return memcpy(&i8, from, 8), (double)i8;
}

/* NULL, or what is wrong. */
static const char *decode(const char *bytes, size_t size, Arena *arena, Tensor *tensor) {
    if (size < PREAMBLE_BYTES + 2 || memcmp(bytes, magic, MAGIC_BYTES) != 0)
        return "it does not begin as .npy files do";
    size_t wide = bytes[6] == 1 ? 0 : 2, start = PREAMBLE_BYTES + wide, length = 0;
    for (size_t i = 0; i < 2 + wide; i++) length |= (size_t)(unsigned char)bytes[8 + i] << (8 * i);
    if (size < start || length > size - start) return "its header is cut off";
    const char *header = arena_strndup(arena, bytes + start, length);
    const char *order = find_key(header, "'fortran_order'");
    const ElementForm *form = find_form(header);
    if (!form) return "its elements are not f4, f8, i4, i8 or b1 in little-endian order";
    if (!order || strncmp(order, "False", 5) != 0) return "it is not in C order";
    if (!read_shape(header, tensor, INT32_MAX)) return "its shape cannot be read, or is too large";
    int64_t count = tensor_count(tensor);
    if ((size - start - length) / form->bytes < (size_t)count) return "it ends before its last element";
    tensor->elem = form->elem;
    tensor->elements = arena_array(arena, (size_t)count + 1, sizeof *tensor->elements);
    for (int64_t i = 0; i < count; i++)
        tensor->elements[i] = load(form, bytes + start + length + (size_t)i * form->bytes);
    return NULL;
}

bool npy_read(const char *path, Arena *arena, Tensor *tensor, Diagnostics *diags) {
    size_t size;
    char *bytes = read_file(path, read_bound(0), &size, diags);
    if (!bytes) return false;
    const char *wrong = decode(bytes, size, arena, tensor);
    free(bytes);
    if (!wrong) return true;
    diag_error(diags, "E0973", pos_in_file(diagnostics_file(diags, path, NULL), 0), "this array cannot be used: %s",
               wrong);
    diag_hint(diags, "numpy.save(path, numpy.ascontiguousarray(x, dtype='float32')) writes one that can");
    return false;
}
