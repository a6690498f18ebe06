/* Splitting texts into words. */
#include "runtime/tokenize/split.h"

#include "graph/base/memory.h"

void word_list_push(WordList *words, int64_t begin, int64_t end) {
    if (end <= begin) return;
    if (words->count == words->capacity)
        words->items = memory_grow(words->items, &words->capacity, words->count + 1, sizeof *words->items);
    words->items[words->count++] = (WordRange){begin, end};
}

bool split_behavior_read(const Component *component, SplitBehavior *behavior) {
    static const char *const names[] = {"Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"};
    int which = (int)*behavior;
    if (!component_choice(component, "behavior", names, 5, &which)) return false;
    *behavior = (SplitBehavior)which;
    return true;
}

/* Does the range become one with the range that is held? */
static bool joins(const Splitter *splitter, bool match) {
    if (splitter->behavior == SPLIT_MERGED_WITH_PREVIOUS) return match && !splitter->matched;
    if (splitter->behavior == SPLIT_MERGED_WITH_NEXT) return !match && splitter->matched;
    return splitter->behavior == SPLIT_CONTIGUOUS && match == splitter->matched;
}

static void let_go(Splitter *splitter) {
    if (splitter->holds) word_list_push(splitter->words, splitter->held.begin, splitter->held.end);
    splitter->holds = false;
}

void splitter_add(Splitter *splitter, int64_t begin, int64_t end, bool match) {
    match = match != splitter->inverted;
    if (splitter->behavior == SPLIT_REMOVED && match) return;
    if (splitter->behavior == SPLIT_ISOLATED) { /* nothing is held: it joins with nothing */
        word_list_push(splitter->words, begin, end);
        return;
    }
    if (splitter->holds && joins(splitter, match)) {
        splitter->held.end = end;
    } else {
        let_go(splitter);
        splitter->held = (WordRange){begin, end};
        splitter->holds = true;
    }
    splitter->matched = match;
}

void splitter_end(Splitter *splitter) {
    let_go(splitter);
    splitter->matched = false;
}

void split_at_pattern(Splitter *splitter, const TextPattern *pattern, const char *text, WordRange word) {
    PatternSearch search = {0};
    int64_t before = word.begin;
    while (text_pattern_next(pattern, text + word.begin, word.end - word.begin, &search)) {
        int64_t begin = word.begin + search.begin, end = word.begin + search.end;
        if (before != begin) splitter_add(splitter, before, begin, false);
        splitter_add(splitter, begin, end, true);
        before = end;
    }
    if (before != word.end) splitter_add(splitter, before, word.end, false);
    splitter_end(splitter);
}

void split_at_traits(Splitter *splitter, const CharTable *chars, uint32_t traits, const char *text, WordRange word) {
    int64_t before = word.begin;
    int32_t c;
    for (int64_t at = word.begin, end; at < word.end; at = end) {
        end = at + utf8_read(text + at, &c);
        if (!(char_info(chars, c) & traits)) continue;
        if (before != at) splitter_add(splitter, before, at, false);
        splitter_add(splitter, at, end, true);
        before = end;
    }
    if (before != word.end) splitter_add(splitter, before, word.end, false);
    splitter_end(splitter);
}
