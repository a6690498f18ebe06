/* Normalizers: the table of kinds, and the steps that take a character at a time. */
#include "runtime/tokenize/normalizer.h"

#include <string.h>

/* --- Character by character --------------------------------------------------------------------------------------- */

void normalize_chars(const NormalStep *step, TextFlow *flow, PutChar *put) {
    const TextView *view = &flow->view;
    TextBuffer *to = flow_begin(flow);
    buffer_reserve(to, view->length + 16);
    int32_t c;
    for (int64_t at = 0, used; at < view->length; at += used) {
        used = utf8_read(view->bytes + at, &c);
        put(step, to, c, to->traced ? view_origin(view, at) : (ByteOrigin){0, 0});
    }
    flow_end(flow);
}

void put_lower(const NormalStep *step, TextBuffer *to, int32_t c, ByteOrigin origin) {
    buffer_char(to, char_lower(step->chars, c), origin);
    if (c == 0x130) buffer_char(to, 0x307, origin);
}

static void put_without_marks(const NormalStep *step, TextBuffer *to, int32_t c, ByteOrigin origin) {
    if (!(char_info(step->chars, c) & CHAR_MARK_9)) buffer_char(to, c, origin);
}

static void put_nmt(const NormalStep *step, TextBuffer *to, int32_t c, ByteOrigin origin) {
    (void)step;
    bool control = c < ' ' || (c >= 0x7F && c < 0xA0), space = c == '\t' || c == '\n' || c == '\f' || c == '\r';
    bool kept = c == 0 || space || (c >= 0x80 && c != 0x8F && c != 0x9F);
    if (control && !kept) return;
    space |= c == 0x1680 || (c >= 0x200B && c <= 0x200F) || c == 0x2028 || c == 0x2029;
    space |= c == 0x2581 || c == 0xFEFF || c == 0xFFFD;
    buffer_char(to, space ? ' ' : c, origin);
}

static void apply_lowercase(const NormalStep *step, TextFlow *flow) { normalize_chars(step, flow, put_lower); }
static void apply_nmt(const NormalStep *step, TextFlow *flow) { normalize_chars(step, flow, put_nmt); }

static void apply_strip_accents(const NormalStep *step, TextFlow *flow) {
    bool ascii = ascii_run(flow->view.bytes, 0, flow->view.length) == flow->view.length;
    if (!ascii) normalize_chars(step, flow, put_without_marks);
}

/* --- Others ------------------------------------------------------------------------------------------------------- */

static bool read_replace(const Component *component, NormalStep *step) {
    step->pattern = text_pattern_read(component);
    if (!step->pattern || !component_text(component, "content", &step->content)) return false;
    return step->content || component_refuse(component, "content", "missing");
}

/* What is put in has the origin of the last character that it replaces; in the place of nothing, of the one before. */
static void apply_replace(const NormalStep *step, TextFlow *flow) {
    const TextView *view = &flow->view;
    PatternSearch search = {0};
    if (!text_pattern_next(step->pattern, view->bytes, view->length, &search)) return;
    TextBuffer *to = flow_begin(flow);
    int64_t done = 0, size = (int64_t)strlen(step->content);
    do {
        ByteOrigin origin = to->traced && search.end > 0 ? view_origin(view, search.end - 1) : (ByteOrigin){0, 0};
        buffer_copy(to, view, done, search.begin);
        buffer_bytes(to, step->content, size, origin);
        done = search.end;
    } while (text_pattern_next(step->pattern, view->bytes, view->length, &search));
    buffer_copy(to, view, done, view->length);
    flow_end(flow);
}

static bool read_prepend(const Component *component, NormalStep *step) {
    if (!component_text(component, "prepend", &step->content)) return false;
    return step->content || component_refuse(component, "prepend", "missing");
}

static void apply_prepend(const NormalStep *step, TextFlow *flow) {
    const TextView *view = &flow->view;
    if (view->length == 0) return;
    TextBuffer *to = flow_begin(flow);
    buffer_bytes(to, step->content, (int64_t)strlen(step->content), view_origin(view, 0));
    buffer_copy(to, view, 0, view->length);
    flow_end(flow);
}

static bool read_strip(const Component *component, NormalStep *step) {
    return component_flag(component, "strip_left", &step->strips_left) &&
           component_flag(component, "strip_right", &step->strips_right);
}

static void apply_strip(const NormalStep *step, TextFlow *flow) {
    const TextView *view = &flow->view;
    int64_t begin = 0, end = view->length;
    int32_t c;
    for (int used; step->strips_left && begin < end; begin += used) {
        used = utf8_read(view->bytes + begin, &c);
        if (!(char_info(step->chars, c) & CHAR_SPACE)) break;
    }
    for (int used; step->strips_right && end > begin; end -= used) {
        used = utf8_read_back(view->bytes + end, &c);
        if (!(char_info(step->chars, c) & CHAR_SPACE)) break;
    }
    flow->view = view_slice(view, begin, end);
}

static bool read_byte_level(const Component *component, NormalStep *step) {
    (void)component;
    byte_alphabet_fill(&step->alphabet);
    return true;
}

static void apply_byte_level(const NormalStep *step, TextFlow *flow) {
    TextBuffer *to = flow_begin(flow);
    byte_alphabet_copy(&step->alphabet, to, &flow->view, 0, flow->view.length);
    flow_end(flow);
}

/* --- The table ---------------------------------------------------------------------------------------------------- */

static const NormalKind kinds[] = {
    {"NFC", " ", NULL, normalize_nfc},
    {"NFD", " ", NULL, normalize_nfd},
    {"NFKC", " ", NULL, normalize_nfkc},
    {"NFKD", " ", NULL, normalize_nfkd},
    {"Lowercase", " ", NULL, apply_lowercase},
    {"StripAccents", " ", NULL, apply_strip_accents},
    {"Replace", " pattern content ", read_replace, apply_replace},
    {"Prepend", " prepend ", read_prepend, apply_prepend},
    {"Strip", " strip_left strip_right ", read_strip, apply_strip},
    {"Nmt", " ", NULL, apply_nmt},
    {"Precompiled", " precompiled_charsmap ", normalize_precompiled_read, normalize_precompiled},
    {"BertNormalizer", " clean_text handle_chinese_chars strip_accents lowercase ", normalize_basic_read,
     normalize_basic},
    {"ByteLevel", " ", read_byte_level, apply_byte_level},
};

static bool read_step(const Component *component, void *steps) {
    Normalizer *normalizer = steps;
    const char *type = component_type(component);
    const NormalKind *kind = NULL;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].type, type) == 0) kind = &kinds[i];
    }
    if (!kind) return component_refuse(component, "type", "'%s' is not known", type);
    NormalStep *step = arena_alloc(component->reader->arena, sizeof *step);
    *step = (NormalStep){.kind = kind, .chars = component->reader->chars};
    if (!component_keys(component, kind->keys) || (kind->read && !kind->read(component, step))) return false;
    vec_push(component->reader->arena, &normalizer->steps, step);
    return true;
}

bool normalizer_read(const Component *component, Normalizer *normalizer) {
    return component_read_steps(component, "normalizers", read_step, normalizer);
}

void normalizer_apply(const Normalizer *normalizer, TextFlow *flow) {
    for (int i = 0; i < normalizer->steps.count; i++) {
        const NormalStep *step = normalizer->steps.items[i];
        step->kind->apply(step, flow);
    }
}
