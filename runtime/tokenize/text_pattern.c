/* Patterns: strings, scanners, and Oniguruma for the rest. */
#include "runtime/tokenize/text_pattern.h"

#include <oniguruma.h>
#include <string.h>

#include "graph/base/memory.h"
#include "runtime/tokenize/scanner.h"

struct TextPattern {
    const char *text; /* a string to be found as it stands; NULL: a regular expression */
    size_t length;
    const Scanner *scanner; /* NULL: Oniguruma */
    regex_t *regex;
    OnigMatchParam *limits;
    TextPattern *next; /* the reader's list */
};

/* A search may do as many steps as this, and a hundred a byte: an honest pattern needs far fewer. */
enum { STEPS = 10000000, STEPS_PER_BYTE = 100, RETRIES = 100000 };

/* --- Making ------------------------------------------------------------------------------------------------------- */

static TextPattern *new_pattern(ComponentReader *reader) {
    TextPattern *pattern = arena_alloc(reader->arena, sizeof *pattern);
    *pattern = (TextPattern){.next = reader->patterns};
    return reader->patterns = pattern;
}

/* 0, or an error of Oniguruma. */
static int compile(TextPattern *pattern, const char *regex, OnigErrorInfo *info) {
    OnigEncoding encodings[] = {ONIG_ENCODING_UTF8};
    const UChar *begin = (const UChar *)regex, *end = begin + strlen(regex);
    onig_initialize(encodings, 1);
    int status = onig_new(&pattern->regex, begin, end, ONIG_OPTION_NONE, ONIG_ENCODING_UTF8, ONIG_SYNTAX_RUBY, info);
    if (status != ONIG_NORMAL) return pattern->regex = NULL, status;
    pattern->limits = memory_checked(onig_new_match_param());
    onig_initialize_match_param(pattern->limits);
    onig_set_retry_limit_in_match_of_match_param(pattern->limits, RETRIES);
    onig_set_retry_limit_in_search_of_match_param(pattern->limits, RETRIES);
    return ONIG_NORMAL;
}

const TextPattern *text_pattern_known(ComponentReader *reader, const char *regex) {
    TextPattern *pattern = new_pattern(reader);
    pattern->scanner = scanner_new(regex, reader->chars, reader->arena);
    return pattern;
}

static const TextPattern *read_regex(const Component *component, const char *regex) {
    TextPattern *pattern = (TextPattern *)text_pattern_known(component->reader, regex);
    OnigErrorInfo info;
    int status = pattern->scanner ? ONIG_NORMAL : compile(pattern, regex, &info);
    if (status == ONIG_NORMAL) return pattern;
    UChar message[ONIG_MAX_ERROR_MESSAGE_LEN];
    onig_error_code_to_str(message, status, &info);
    component_refuse(component, "pattern", "'%s' is not a regular expression: %s", regex, (const char *)message);
    return NULL;
}

const TextPattern *text_pattern_read(const Component *component) {
    Component pattern = component_member(component, "pattern");
    const char *text = NULL, *regex = NULL;
    if (!component_text(&pattern, "String", &text) || !component_text(&pattern, "Regex", &regex)) return NULL;
    if (regex) return read_regex(component, regex);
    if (!text) return component_refuse(component, "pattern", "neither a String nor a Regex"), NULL;
    TextPattern *made = new_pattern(component->reader);
    made->text = text;
    made->length = strlen(text);
    return made;
}

void text_patterns_free(TextPattern *patterns) {
    for (; patterns; patterns = patterns->next) {
        if (patterns->regex) onig_free(patterns->regex);
        if (patterns->limits) onig_free_match_param(patterns->limits);
    }
}

/* --- Searching ---------------------------------------------------------------------------------------------------- */

static bool find_text(const TextPattern *pattern, const char *text, int64_t length, PatternSearch *search) {
    const char *at = memmem(text + search->at, (size_t)(length - search->at), pattern->text, pattern->length);
    if (!at) return false;
    search->begin = at - text;
    search->end = search->begin + (int64_t)pattern->length;
    return true;
}

static bool find_regex(const TextPattern *pattern, const char *text, int64_t length, PatternSearch *search) {
    const UChar *begin = (const UChar *)text, *end = begin + length;
    OnigRegion *region = memory_checked(onig_region_new());
    int place = onig_search_with_param(pattern->regex, begin, end, begin + search->at, end, region, ONIG_OPTION_NONE,
                                       pattern->limits);
    if (place >= 0) search->begin = region->beg[0], search->end = region->end[0];
    onig_region_free(region, 1);
    return place >= 0;
}

static bool find(const TextPattern *pattern, const char *text, int64_t length, PatternSearch *search) {
    if (pattern->text) return find_text(pattern, text, length, search);
    if (!pattern->scanner) return find_regex(pattern, text, length, search);
    if (!search->steps) search->steps = STEPS + STEPS_PER_BYTE * length;
    return scanner_find(pattern->scanner, text, length, search->at, &search->steps, &search->begin, &search->end);
}

bool text_pattern_next(const TextPattern *pattern, const char *text, int64_t length, PatternSearch *search) {
    int64_t last = search->end;
    while (search->at <= length && find(pattern, text, length, search)) {
        /* Nothing, right behind the last match, is none. */
        bool again = search->found && search->begin == search->end && search->end == last;
        if (!again) {
            search->at = search->end;
            return search->found = true;
        }
        search->at += search->at < length ? utf8_length(text[search->at]) : 1;
    }
    return false;
}
