/* Entities: walking over predicted and labelled tags at once. */
#include "runtime/measure/entities.h"

#include <string.h>

typedef struct Tag {
    char prefix; /* of a tag without a hyphen, its first letter */
    const char *type;
} Tag;

static Tag tag_of(const MetricInput *in, const double *classes, int64_t i, int64_t end) {
    static const Tag outside = {'O', ""};
    if (i >= end || !(classes[i] >= 0 && classes[i] < (double)in->classes)) return outside;
    const char *name = in->names[(int64_t)classes[i]], *hyphen = strchr(name, '-');
    if (name[0] == 'O' && !name[1]) return outside;
    return (Tag){name[0], hyphen ? hyphen + 1 : name};
}

static bool is_in(char letter, const char *letters) { return letter && strchr(letters, letter); }

static bool begins(Tag before, Tag tag) {
    if (tag.prefix == 'O') return false;
    return is_in(tag.prefix, "BS") || is_in(before.prefix, "OES") || strcmp(before.type, tag.type) != 0;
}

static bool ends(Tag before, Tag tag) {
    if (before.prefix == 'O') return false;
    return is_in(before.prefix, "ES") || is_in(tag.prefix, "BSO") || strcmp(before.type, tag.type) != 0;
}

/* The span that is open on one side. */
typedef struct SpanSide {
    const double *classes;
    Tag before;
    int64_t start; /* -1: none is open */
    int64_t spans;
} SpanSide;

typedef struct TagStep {
    bool ends, begins;
    Tag ended; /* of the span that ends before this word */
    int64_t start;
} TagStep;

/* Word `i`, or the place after the last one. */
static TagStep step(const MetricInput *in, SpanSide *side, int64_t i, int64_t end) {
    Tag tag = tag_of(in, side->classes, i, end);
    TagStep s = {.ends = side->start >= 0 && ends(side->before, tag), .begins = begins(side->before, tag)};
    s.ended = side->before;
    s.start = side->start;
    side->spans += s.ends;
    if (s.ends) side->start = -1;
    if (s.begins) side->start = i;
    side->before = tag;
    return s;
}

double entity_f1(const MetricInput *in) {
    SpanSide predicted = {.classes = in->prediction}, labelled = {.classes = in->label};
    int64_t right = 0;
    for (int64_t s = 0; s < in->sequences; s++) {
        predicted.before = labelled.before = (Tag){'O', ""};
        predicted.start = labelled.start = -1;
        for (int64_t i = in->bounds[s]; i <= in->bounds[s + 1]; i++) {
            TagStep p = step(in, &predicted, i, in->bounds[s + 1]), l = step(in, &labelled, i, in->bounds[s + 1]);
            right += p.ends && l.ends && p.start == l.start && strcmp(p.ended.type, l.ended.type) == 0;
        }
    }
    int64_t all = predicted.spans + labelled.spans;
    return all ? 2 * (double)right / (double)all : 0;
}
