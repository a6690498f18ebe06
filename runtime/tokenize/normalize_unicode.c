/* NFC, NFD, NFKC, NFKD of Unicode 9.0 (Unicode, section 3.11): decompose, put marks into order, compose.
 *
 * Only what is not ASCII, and the character before it, has to be looked at: a run of ASCII is copied. */
#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"
#include "runtime/tokenize/compose.h"
#include "runtime/tokenize/normalizer.h"
#include "runtime/tokenize/rewriting.h"

/* A character on its way; `change` as rewriting_put takes it. */
typedef struct Mark {
    int32_t c;
    int64_t change;
    int class; /* canonical combining class */
} Mark;

typedef struct Normalization {
    const CharTable *chars;
    bool compatible, composes;
    Rewriting out;
    /* A starter and what follows it: marks[0, count) in order once it is complete. */
    Mark *marks;
    int64_t count, capacity;
} Normalization;

/* --- Composition -------------------------------------------------------------------------------------------------- */

/* Marks become one with the starter before them where nothing of their class or a higher one stands between. */
static void compose_marks(Normalization *n) {
    int64_t kept = 1;
    int last = -1; /* the class of the last mark that was kept; -1: none */
    if (n->marks[0].class) return;
    for (int64_t i = 1; i < n->count; i++) {
        Mark *mark = &n->marks[i];
        bool blocked = last >= 0 && last >= mark->class;
        int32_t whole = blocked ? -1 : char_compose(n->chars, n->marks[0].c, mark->c);
        if (whole >= 0) {
            n->marks[0].c = whole;
            n->marks[0].change += mark->change - 1;
            continue;
        }
        last = mark->class;
        n->marks[kept++] = *mark;
    }
    n->count = kept;
}

/* Stable: marks of a class stay in their order. There are few. */
static void sort_marks(Mark *marks, int64_t count) {
    for (int64_t i = 1; i < count; i++) {
        Mark mark = marks[i];
        int64_t j = i;
        for (; j > 0 && marks[j - 1].class > mark.class; j--) marks[j] = marks[j - 1];
        marks[j] = mark;
    }
}

static void write_marks(Normalization *n) {
    for (int64_t i = 0; i < n->count; i++) rewriting_put(&n->out, n->marks[i].c, n->marks[i].change);
    n->count = 0;
}

/* A character of class 0 comes: does it become one with the starter that is alone before it? */
static bool joins_starter(Normalization *n, int32_t c, int64_t change) {
    if (!n->composes || n->count != 1 || n->marks[0].class) return false;
    int32_t whole = char_compose(n->chars, n->marks[0].c, c);
    if (whole < 0) return false;
    n->marks[0].c = whole;
    n->marks[0].change += change - 1;
    return true;
}

static void end_marks(Normalization *n) {
    if (n->count == 0) return;
    int64_t first = n->marks[0].class ? 0 : 1;
    sort_marks(n->marks + first, n->count - first);
    if (n->composes) compose_marks(n);
}

static void push(Normalization *n, int32_t c, int64_t change) {
    int class = char_combining_class(n->chars, c);
    if (class == 0) {
        end_marks(n);
        if (joins_starter(n, c, change)) return;
        write_marks(n);
    }
    if (n->count == n->capacity) n->marks = memory_grow(n->marks, &n->capacity, n->count + 1, sizeof *n->marks);
    n->marks[n->count++] = (Mark){c, change, class};
}

/* --- Texts -------------------------------------------------------------------------------------------------------- */

static void push_decomposed(Normalization *n, int32_t c) {
    int32_t points[MAX_DECOMPOSED];
    int count = char_decompose(n->chars, c, n->compatible, points);
    for (int i = 0; i < count; i++) push(n, points[i], i > 0);
}

static void flush(Normalization *n) {
    end_marks(n);
    write_marks(n);
}

static void normalize(const NormalStep *step, TextFlow *flow, bool compatible, bool composes) {
    const TextView *view = &flow->view;
    int64_t run = ascii_run(view->bytes, 0, view->length);
    if (run == view->length) return;
    Normalization n = {.chars = step->chars, .compatible = compatible, .composes = composes};
    n.out = (Rewriting){.from = view, .to = flow_begin(flow)};
    buffer_reserve(n.out.to, view->length + 16);
    for (int64_t at = 0; at < view->length; run = ascii_run(view->bytes, at, view->length)) {
        if (run > 1) { /* but for the last one, which may have marks */
            flush(&n);
            rewriting_keep(&n.out, at, at + run - 1);
            at += run - 1;
        }
        int32_t c;
        at += utf8_read(view->bytes + at, &c);
        push_decomposed(&n, c);
    }
    flush(&n);
    free(n.marks);
    flow_end(flow);
}

void normalize_nfc(const NormalStep *step, TextFlow *flow) { normalize(step, flow, false, true); }
void normalize_nfd(const NormalStep *step, TextFlow *flow) { normalize(step, flow, false, false); }
void normalize_nfkc(const NormalStep *step, TextFlow *flow) { normalize(step, flow, true, true); }
void normalize_nfkd(const NormalStep *step, TextFlow *flow) { normalize(step, flow, true, false); }
