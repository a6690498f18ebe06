/* Pre-tokenizers: the table of kinds, and their steps. */
#include "runtime/tokenize/pre_tokenizer.h"

#include <stdlib.h>
#include <string.h>

typedef enum Prepend { PREPEND_ALWAYS, PREPEND_FIRST, PREPEND_NEVER } Prepend;

typedef struct PreKind {
    const char *type;
    const char *keys; /* that it may have, with blanks around */
    /* Reads the step's values; NULL: it has none. */
    bool (*read)(const Component *component, PreStep *step);
    /* From flow->words to flow->next; a step that writes another text does so between flow_begin and flow_end. */
    void (*apply)(const PreStep *step, WordFlow *flow);
} PreKind;

struct PreStep {
    const PreKind *kind;
    const CharTable *chars;
    const TextPattern *pattern;
    SplitBehavior behavior;
    bool inverted;
    /* ByteLevel */
    bool adds_space;
    ByteAlphabet alphabet;
    /* Metaspace */
    char mark[4];
    int mark_length;
    Prepend prepend;
    bool splits;
};

/* --- Splits ------------------------------------------------------------------------------------------------------- */

static Splitter splitter_of(const PreStep *step, WordFlow *flow) {
    return (Splitter){.words = &flow->next, .behavior = step->behavior, .inverted = step->inverted};
}

static void split_pattern(const PreStep *step, WordFlow *flow) {
    Splitter splitter = splitter_of(step, flow);
    for (int64_t i = 0; i < flow->words.count; i++)
        split_at_pattern(&splitter, step->pattern, flow->text.view.bytes, flow->words.items[i]);
}

static void split_traits(const PreStep *step, WordFlow *flow, uint32_t traits) {
    Splitter splitter = splitter_of(step, flow);
    for (int64_t i = 0; i < flow->words.count; i++)
        split_at_traits(&splitter, step->chars, traits, flow->text.view.bytes, flow->words.items[i]);
}

static void split_punctuation(const PreStep *step, WordFlow *flow) { split_traits(step, flow, CHAR_PUNCTUATION_8); }
static void split_digits(const PreStep *step, WordFlow *flow) { split_traits(step, flow, CHAR_NUMERIC_17); }
static void split_space(const PreStep *step, WordFlow *flow) { split_traits(step, flow, CHAR_SPACE); }

/* White space is removed, punctuation isolated. */
static void split_basic_word(const PreStep *step, const char *text, WordRange range, WordList *to) {
    int64_t begin = range.begin;
    int32_t c;
    for (int64_t at = range.begin, end; at < range.end; at = end) {
        end = at + utf8_read(text + at, &c);
        uint32_t info = char_info(step->chars, c);
        if (!(info & (CHAR_SPACE | CHAR_PUNCTUATION_8))) continue;
        word_list_push(to, begin, at);
        if (!(info & CHAR_SPACE)) word_list_push(to, at, end);
        begin = end;
    }
    word_list_push(to, begin, range.end);
}

static void split_basic(const PreStep *step, WordFlow *flow) {
    for (int64_t i = 0; i < flow->words.count; i++)
        split_basic_word(step, flow->text.view.bytes, flow->words.items[i], &flow->next);
}

/* The matches of \w+|[^\w\s]+ */
static void split_words_of(const PreStep *step, const char *text, WordRange range, WordList *to) {
    const uint32_t kinds = CHAR_SPACE | CHAR_WORD;
    int64_t begin = range.begin;
    uint32_t kind = CHAR_SPACE;
    int32_t c;
    for (int64_t at = range.begin, end; at < range.end; at = end) {
        end = at + utf8_read(text + at, &c);
        uint32_t next = char_info(step->chars, c) & kinds;
        if (next == kind) continue;
        if (kind != CHAR_SPACE) word_list_push(to, begin, at);
        begin = at;
        kind = next;
    }
    if (kind != CHAR_SPACE) word_list_push(to, begin, range.end);
}

static void split_words(const PreStep *step, WordFlow *flow) {
    for (int64_t i = 0; i < flow->words.count; i++)
        split_words_of(step, flow->text.view.bytes, flow->words.items[i], &flow->next);
}

/* Where another script begins; what has no script goes with what is before it, and is lost before the first. */
static void split_scripts_of(const PreStep *step, const char *text, WordRange range, WordList *to) {
    int64_t begin = -1;
    uint32_t script = 0;
    int32_t c;
    for (int64_t at = range.begin, end; at < range.end; at = end) {
        end = at + utf8_read(text + at, &c);
        uint32_t next = char_info(step->chars, c) >> CHAR_SCRIPT_SHIFT;
        if (next == 0 || next == script) continue;
        if (begin >= 0) word_list_push(to, begin, at);
        begin = at;
        script = next;
    }
    if (begin >= 0) word_list_push(to, begin, range.end);
}

static void split_scripts(const PreStep *step, WordFlow *flow) {
    for (int64_t i = 0; i < flow->words.count; i++)
        split_scripts_of(step, flow->text.view.bytes, flow->words.items[i], &flow->next);
}

/* --- ByteLevel ---------------------------------------------------------------------------------------------------- */

static void take_words(WordFlow *flow) {
    WordList words = flow->words;
    flow->words = flow->next;
    flow->next = words;
    flow->next.count = 0;
}

/* A space before each word that does not begin with one. */
static void add_spaces(WordFlow *flow) {
    TextBuffer *to = flow_begin(&flow->text);
    for (int64_t i = 0; i < flow->words.count; i++) {
        WordRange word = flow->words.items[i];
        int64_t begin = to->length;
        if (flow->text.view.bytes[word.begin] != ' ')
            buffer_bytes(to, " ", 1, view_origin(&flow->text.view, word.begin));
        buffer_copy(to, &flow->text.view, word.begin, word.end);
        word_list_push(&flow->next, begin, to->length);
    }
    flow_end(&flow->text);
    take_words(flow);
}

static void apply_byte_level(const PreStep *step, WordFlow *flow) {
    if (step->adds_space) add_spaces(flow);
    if (step->pattern) {
        split_pattern(step, flow);
        take_words(flow);
    }
    TextBuffer *to = flow_begin(&flow->text);
    for (int64_t i = 0; i < flow->words.count; i++) {
        WordRange word = flow->words.items[i];
        int64_t begin = to->length;
        byte_alphabet_copy(&step->alphabet, to, &flow->text.view, word.begin, word.end);
        word_list_push(&flow->next, begin, to->length);
    }
    flow_end(&flow->text);
}

/* --- Metaspace ---------------------------------------------------------------------------------------------------- */

static bool begins_with_mark(const PreStep *step, const char *text, WordRange word) {
    return word.end - word.begin >= step->mark_length && memcmp(text + word.begin, step->mark, step->mark_length) == 0;
}

static bool wants_mark(const PreStep *step, const TextView *view, WordRange word) {
    if (step->prepend == PREPEND_NEVER || view->bytes[word.begin] == ' ') return false;
    if (begins_with_mark(step, view->bytes, word)) return false;
    return step->prepend == PREPEND_ALWAYS || view_origin(view, word.begin).from == 0;
}

/* Marks for the spaces of a word, and before it; where marks split, each begins a word. */
static void mark_word(const PreStep *step, WordFlow *flow, WordRange word, TextBuffer *to) {
    const TextView *view = &flow->text.view;
    int64_t begin = to->length;
    if (wants_mark(step, view, word)) buffer_bytes(to, step->mark, step->mark_length, view_origin(view, word.begin));
    for (int64_t at = word.begin, end; at < word.end; at = end) {
        bool space = view->bytes[at] == ' ',
             mark = space || begins_with_mark(step, view->bytes, (WordRange){at, word.end});
        end = at + utf8_length(view->bytes[at]);
        while (!mark && end < word.end && view->bytes[end] != ' ' && view->bytes[end] != *step->mark)
            end += utf8_length(view->bytes[end]);
        if (mark && step->splits && to->length > begin) {
            word_list_push(&flow->next, begin, to->length);
            begin = to->length;
        }
        if (space)
            buffer_bytes(to, step->mark, step->mark_length, view_origin(view, at));
        else
            buffer_copy(to, view, at, end);
    }
    word_list_push(&flow->next, begin, to->length);
}

static void apply_metaspace(const PreStep *step, WordFlow *flow) {
    TextBuffer *to = flow_begin(&flow->text);
    for (int64_t i = 0; i < flow->words.count; i++) mark_word(step, flow, flow->words.items[i], to);
    flow_end(&flow->text);
}

/* --- Reading ------------------------------------------------------------------------------------------------------ */

static bool read_split(const Component *component, PreStep *step) {
    if (!json_object_get(component->json, "behavior")) return component_refuse(component, "behavior", "missing");
    step->pattern = text_pattern_read(component);
    return step->pattern && split_behavior_read(component, &step->behavior) &&
           component_flag(component, "invert", &step->inverted);
}

static bool read_punctuation(const Component *component, PreStep *step) {
    step->behavior = SPLIT_ISOLATED;
    return split_behavior_read(component, &step->behavior);
}

static bool read_digits(const Component *component, PreStep *step) {
    bool individual = false;
    if (!component_flag(component, "individual_digits", &individual)) return false;
    step->behavior = individual ? SPLIT_ISOLATED : SPLIT_CONTIGUOUS;
    return true;
}

/* GPT-2's words. */
static const char byte_level_words[] =
    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

static bool read_byte_level(const Component *component, PreStep *step) {
    bool words = true, trims;
    step->adds_space = true;
    step->behavior = SPLIT_ISOLATED;
    byte_alphabet_fill(&step->alphabet);
    if (!component_flag(component, "add_prefix_space", &step->adds_space)) return false;
    if (!component_flag(component, "use_regex", &words) || !component_flag(component, "trim_offsets", &trims))
        return false;
    if (words) step->pattern = text_pattern_known(component->reader, byte_level_words);
    return true;
}

static bool read_metaspace(const Component *component, PreStep *step) {
    static const char *const schemes[] = {"always", "first", "never"};
    int32_t mark = 0x2581;
    int scheme = PREPEND_ALWAYS;
    bool adds = true;
    step->splits = true;
    bool good = component_char(component, "replacement", &mark) && component_flag(component, "split", &step->splits) &&
                component_flag(component, "add_prefix_space", &adds) &&
                component_choice(component, "prepend_scheme", schemes, 3, &scheme);
    if (good && !adds && json_object_get(component->json, "prepend_scheme") && scheme != PREPEND_NEVER)
        return component_refuse(component, "add_prefix_space", "prepend_scheme says otherwise");
    step->mark_length = utf8_write(mark, step->mark);
    step->prepend = adds ? (Prepend)scheme : PREPEND_NEVER;
    return good;
}

static const PreKind kinds[] = {
    {"BertPreTokenizer", " ", NULL, split_basic},
    {"ByteLevel", " add_prefix_space trim_offsets use_regex ", read_byte_level, apply_byte_level},
    {"Metaspace", " replacement str_rep add_prefix_space prepend_scheme split ", read_metaspace, apply_metaspace},
    {"Split", " pattern behavior invert ", read_split, split_pattern},
    {"Whitespace", " ", NULL, split_words},
    {"WhitespaceSplit", " ", NULL, split_space},
    {"Punctuation", " behavior ", read_punctuation, split_punctuation},
    {"Digits", " individual_digits ", read_digits, split_digits},
    {"UnicodeScripts", " ", NULL, split_scripts},
};

static bool read_step(const Component *component, void *steps) {
    PreTokenizer *pre_tokenizer = steps;
    const char *type = component_type(component);
    const PreKind *kind = NULL;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].type, type) == 0) kind = &kinds[i];
    }
    if (!kind) return component_refuse(component, "type", "'%s' is not known", type);
    PreStep *step = arena_alloc(component->reader->arena, sizeof *step);
    *step = (PreStep){.kind = kind, .chars = component->reader->chars};
    if (!component_keys(component, kind->keys) || (kind->read && !kind->read(component, step))) return false;
    pre_tokenizer->needs_origins |= step->prepend == PREPEND_FIRST;
    vec_push(component->reader->arena, &pre_tokenizer->steps, step);
    return true;
}

bool pre_tokenizer_read(const Component *component, PreTokenizer *pre_tokenizer) {
    return component_read_steps(component, "pretokenizers", read_step, pre_tokenizer);
}

/* --- Applying ----------------------------------------------------------------------------------------------------- */

void pre_tokenizer_apply(const PreTokenizer *pre_tokenizer, WordFlow *flow) {
    flow->words.count = flow->next.count = 0;
    word_list_push(&flow->words, 0, flow->text.view.length);
    for (int i = 0; i < pre_tokenizer->steps.count; i++) {
        const PreStep *step = pre_tokenizer->steps.items[i];
        step->kind->apply(step, flow);
        take_words(flow);
    }
}

void word_flow_free(WordFlow *flow) {
    flow_free(&flow->text);
    free(flow->words.items);
    free(flow->next.items);
    *flow = (WordFlow){0};
}
