/* Attribute: what each word of a text contributed to a score, by integrated gradients (Sundararajan, Taly and Yan 2017)
 * on the embeddings of its tokens: from a baseline, in which every token of the text is the padding token, to the text,
 * along a straight line whose points are those of Gauss and Legendre. All points are one batch. Contributions add up to
 * the score less that of the baseline, which is checked. */
#ifndef GRADC_RUNTIME_INSPECT_ATTRIBUTE_H
#define GRADC_RUNTIME_INSPECT_ATTRIBUTE_H

#include "passes/embedded.h"
#include "runtime/engine/compiled.h"
#include "runtime/session/session.h"

typedef struct AttributedWord {
    int text;         /* which of the texts of the row, from 0 */
    int64_t from, to; /* bytes of it */
    double contribution;
} AttributedWord;

typedef struct Attribution {
    int64_t column; /* of the score */
    double sign;    /* -1: of a score for the second of two classes, what speaks for the first */
    double score, baseline;
    int64_t points;
    double error; /* of their sum, relative to score - baseline */
    /* Its own check: how far the score moves when so many words are taken out of the text, a fifth of them: those with
     * the largest contributions, and others drawn at random, in the mean. */
    int64_t taken;
    double moved, moved_at_random;
    VEC(AttributedWord) words;
} Attribution;

typedef struct Attributor {
    Session *s;
    const Task *task;
    Embedded embedded;
    Compiled *compiled;
    Parameters *params;
    int64_t columns, width; /* of the score; of an embedding */
} Attributor;

/* For a task with one text or pair, whose score has a row a sequence. False with a diagnostic (E0968) for another. The
 * session has its program. To be freed in any case. */
bool attributor_open(Attributor *a, Session *s, int task);
void attributor_close(Attributor *a);

/* Texts of a row [task's texts]; `a->column` < 0: the class that is predicted. `points` are doubled up to eightfold
 * until the error is below a hundredth; then false and a diagnostic (E0969). In `arena`. */
bool attribute_row(Attributor *a, const char *const *texts, int64_t points, Attribution *of, Arena *arena);

enum { RANDOM_DRAWS = 20 };

/* Points and weights of Gauss and Legendre on [0, 1], ascending. */
void gauss_legendre(int64_t count, double *points, double *weights);

#endif
