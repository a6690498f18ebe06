/* Templates: where special tokens stand around one text, or two, and in which segment each token is. All kinds of
 * post-processors say no more than that, and whether the white space that is part of a token is part of its span. */
#ifndef GRADC_RUNTIME_TOKENIZE_SEQUENCE_TEMPLATE_H
#define GRADC_RUNTIME_TOKENIZE_SEQUENCE_TEMPLATE_H

#include "runtime/tokenize/component.h"
#include "runtime/tokenize/tokenizer.h"

enum { ITEM_A = -1, ITEM_B = -2 }; /* the texts */

typedef struct TemplateItem {
    int32_t id; /* of a special token, or ITEM_A, ITEM_B */
    int32_t segment;
} TemplateItem;

typedef struct SequenceTemplate {
    VEC(TemplateItem) items; /* of one text A once; of two A and B once */
} SequenceTemplate;

typedef struct PostProcessor {
    SequenceTemplate single, pair;
    bool trims;    /* spans leave out white space at their ends ... */
    bool prefixed; /* ... but for one space before the first token, which was put there */
} PostProcessor;

/* Null: the texts one after the other, in segments 0 and 1. False and an error: it is refused. */
bool post_processor_read(const Component *component, PostProcessor *post);

#endif
