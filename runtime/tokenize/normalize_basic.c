/* BertNormalizer: control characters away, white space to spaces, spaces around CJK characters; then no accents; then
 * lower case. Text of ASCII goes through all of it at once. */
#include "runtime/tokenize/normalizer.h"

/* The blocks that the library writes between spaces. Its 2B920 (for the 2B820 of Unicode) is kept. */
static bool is_cjk(int32_t c) {
    static const int32_t blocks[][2] = {{0x4E00, 0x9FFF},   {0x3400, 0x4DBF},   {0x20000, 0x2A6DF}, {0x2A700, 0x2B73F},
                                        {0x2B740, 0x2B81F}, {0x2B920, 0x2CEAF}, {0xF900, 0xFAFF},   {0x2F800, 0x2FA1F}};
    if (c < 0x3400) return false;
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        if (c >= blocks[i][0] && c <= blocks[i][1]) return true;
    }
    return false;
}

/* --- ASCII -------------------------------------------------------------------------------------------------------- */

/* A NUL that stays (nothing is cleaned) becomes itself. */
static char ascii_of(const NormalStep *step, char c) {
    if (step->cleans && (c == '\t' || c == '\n' || c == '\r')) return ' ';
    if (step->cleans && (c < ' ' || c == 127)) return 0;
    return step->lowers && c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool normalize_basic_read(const Component *component, NormalStep *step) {
    step->cleans = step->isolates_cjk = step->lowers = true;
    bool good = component_flag(component, "clean_text", &step->cleans) &&
                component_flag(component, "handle_chinese_chars", &step->isolates_cjk) &&
                component_flag(component, "lowercase", &step->lowers);
    step->strips_accents = step->lowers;
    for (int c = 0; c < 0x80; c++) step->ascii[c] = ascii_of(step, (char)c);
    return good && component_flag(component, "strip_accents", &step->strips_accents);
}

/* Closes the gaps of what is removed from `begin` on. */
static void drop_removed(TextBuffer *to, int64_t begin) {
    int64_t kept = begin;
    for (int64_t i = begin; i < to->length; i++) {
        to->bytes[kept] = to->bytes[i];
        if (to->traced) to->origins[kept] = to->origins[i];
        kept += to->bytes[i] != 0;
    }
    to->length = kept;
}

/* Copies a run of ASCII, then changes it in place; how many bytes it has. */
static int64_t put_ascii(const NormalStep *step, const TextView *view, int64_t at, TextBuffer *to) {
    int64_t run = ascii_run(view->bytes, at, view->length), begin = to->length;
    buffer_copy(to, view, at, at + run);
    bool removes = false;
    for (int64_t i = begin; i < begin + run; i++) {
        to->bytes[i] = step->ascii[(unsigned char)to->bytes[i]];
        removes |= to->bytes[i] == 0;
    }
    if (removes && step->cleans) drop_removed(to, begin);
    return run;
}

/* --- All characters ----------------------------------------------------------------------------------------------- */

static void put_clean(const NormalStep *step, TextBuffer *to, int32_t c, ByteOrigin origin) {
    uint32_t info = char_info(step->chars, c);
    if (step->cleans && (info & CHAR_REMOVED_8)) return;
    if (step->cleans && (info & CHAR_SPACE)) c = ' ';
    bool apart = step->isolates_cjk && is_cjk(c);
    if (apart) buffer_char(to, ' ', origin);
    buffer_char(to, c, origin);
    if (apart) buffer_char(to, ' ', origin);
}

static void put_small(const NormalStep *step, TextBuffer *to, int32_t c, ByteOrigin origin) {
    if (step->strips_accents && (char_info(step->chars, c) & CHAR_NONSPACING_8)) return;
    if (step->lowers)
        put_lower(step, to, c, origin);
    else
        buffer_char(to, c, origin);
}

/* ASCII in runs. */
static void rewrite(const NormalStep *step, TextFlow *flow, PutChar *put) {
    const TextView *view = &flow->view;
    TextBuffer *to = flow_begin(flow);
    buffer_reserve(to, view->length + 16);
    for (int64_t at = put_ascii(step, view, 0, to); at < view->length; at += put_ascii(step, view, at, to)) {
        int32_t c;
        ByteOrigin origin = to->traced ? view_origin(view, at) : (ByteOrigin){0, 0};
        at += utf8_read(view->bytes + at, &c);
        put(step, to, c, origin);
    }
    flow_end(flow);
}

void normalize_basic(const NormalStep *step, TextFlow *flow) {
    rewrite(step, flow, put_clean);
    if (ascii_run(flow->view.bytes, 0, flow->view.length) == flow->view.length) return;
    if (step->strips_accents) normalize_nfd(step, flow);
    if (step->strips_accents || step->lowers) rewrite(step, flow, put_small);
}
