/* Tensors as text: numbers in brackets, read and printed as NumPy spells them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/files/npy.h"

/* --- Reading ------------------------------------------------------------------------------------------------------ */

typedef struct TextReader {
    const char *at;
    Arena *arena;
    Tensor *tensor;
    VEC(double) numbers;
} TextReader;

static bool next_is(TextReader *r, char wanted) {
    r->at += strspn(r->at, " \n\t");
    if (*r->at != wanted) return false;
    r->at++;
    return true;
}

static bool read_item(TextReader *r, int depth);

/* items = item { "," item }, along axis `depth`; the first list says how long all of the axis are */
static bool read_items(TextReader *r, int depth) {
    int64_t count = 0;
    if (depth >= MAX_RANK) return false;
    if (depth >= r->tensor->rank) {
        if (r->numbers.count) return false; /* deeper than the first number */
        r->tensor->rank = depth + 1;
        r->tensor->extents[depth] = -1;
    }
    do {
        if (!read_item(r, depth + 1)) return false;
        count++;
    } while (next_is(r, ','));
    int64_t *extent = &r->tensor->extents[depth];
    if (*extent < 0) *extent = count;
    return *extent == count;
}

/* item = number | "[" items "]" */
static bool read_item(TextReader *r, int depth) {
    if (next_is(r, '[')) return read_items(r, depth) && next_is(r, ']');
    char *end;
    double number = strtod(r->at, &end);
    if (end == r->at || depth != r->tensor->rank) return false;
    vec_push(r->arena, &r->numbers, number);
    r->at = end;
    return true;
}

bool tensor_parse(const char *text, Arena *arena, Tensor *tensor) {
    TextReader reader = {.at = text, .arena = arena, .tensor = tensor};
    *tensor = (Tensor){.elem = ELEM_F32};
    const char *first = text + strspn(text, " ");
    bool list = *first != '[' && strchr(first, ',');
    bool good = list ? read_items(&reader, 0) : read_item(&reader, 0);
    tensor->elements = reader.numbers.items;
    return good && next_is(&reader, '\0') && tensor_count(tensor) == reader.numbers.count;
}

/* --- Printing ----------------------------------------------------------------------------------------------------- */

enum { MANY = 200, EDGE = 3, LINE = 100, NUMBER = 32 };

typedef struct TextWriter {
    const Tensor *tensor;
    bool elide;
    int width; /* of a number */
    FILE *out;
} TextWriter;

static int number_text(const Tensor *tensor, double value, char text[NUMBER]) {
    if (tensor->elem == ELEM_BOOL) return snprintf(text, NUMBER, "%s", value != 0 ? "true" : "false");
    if (tensor->elem == ELEM_I32) return snprintf(text, NUMBER, "%.0f", value);
    return snprintf(text, NUMBER, "%.6g", value);
}

/* The index after `i` among those that are shown of `extent`. */
static int64_t step(const TextWriter *w, int64_t i, int64_t extent) {
    return w->elide && extent > 2 * EDGE && i + 1 == EDGE ? extent - EDGE : i + 1;
}

static bool after_gap(const TextWriter *w, int64_t i, int64_t extent) {
    return w->elide && extent > 2 * EDGE && i == extent - EDGE;
}

/* Elements below axis `axis`. */
static int64_t stride_of(const Tensor *tensor, int axis) {
    int64_t stride = 1;
    for (int i = axis + 1; i < tensor->rank; i++) stride *= tensor->extents[i];
    return stride;
}

static void measure(TextWriter *w, int axis, int64_t offset) {
    char text[NUMBER];
    if (axis == w->tensor->rank) {
        int width = number_text(w->tensor, w->tensor->elements[offset], text);
        if (width > w->width) w->width = width;
        return;
    }
    int64_t extent = w->tensor->extents[axis], stride = stride_of(w->tensor, axis);
    for (int64_t i = 0; i < extent; i = step(w, i, extent)) measure(w, axis + 1, offset + i * stride);
}

static void write_row(TextWriter *w, int axis, int64_t offset) {
    char text[NUMBER];
    int64_t extent = w->tensor->extents[axis];
    int column = axis + 1;
    for (int64_t i = 0; i < extent; i = step(w, i, extent)) {
        if (after_gap(w, i, extent)) fputs(" ...", w->out), column += 4;
        if (i && column + w->width + 1 > LINE)
            fprintf(w->out, "\n%*s", axis + 1, ""), column = axis + 1;
        else if (i)
            fputc(' ', w->out), column++;
        number_text(w->tensor, w->tensor->elements[offset + i], text);
        fprintf(w->out, "%*s", w->width, text);
        column += w->width;
    }
}

static void write_axis(TextWriter *w, int axis, int64_t offset) {
    const Tensor *t = w->tensor;
    int64_t extent = t->extents[axis], stride = stride_of(t, axis);
    fputc('[', w->out);
    if (axis + 1 == t->rank) write_row(w, axis, offset);
    for (int64_t i = 0; axis + 1 < t->rank && i < extent; i = step(w, i, extent)) {
        if (after_gap(w, i, extent)) fprintf(w->out, "\n%*s...", axis + 1, "");
        if (i) fprintf(w->out, "\n%*s", axis + 1, "");
        write_axis(w, axis + 1, offset + i * stride);
    }
    fputc(']', w->out);
}

void tensor_print(const Tensor *tensor, bool full, FILE *out) {
    TextWriter w = {.tensor = tensor, .elide = !full && tensor_count(tensor) > MANY, .out = out};
    measure(&w, 0, 0);
    char text[NUMBER];
    if (tensor->rank)
        write_axis(&w, 0, 0);
    else
        number_text(tensor, tensor->elements[0], text), fputs(text, out);
    fputc('\n', out);
}
