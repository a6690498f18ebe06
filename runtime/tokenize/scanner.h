/* Scanners: regular expressions that run over classes of characters, without captures: what nearly all patterns of
 * tokenizers are. The same matches as Oniguruma's, by backtracking over
 *
 *     expression  = sequence ("|" sequence)*                            the first that leads to a match
 *     sequence    = (atom quantifier?)*
 *     atom        = character | class | "." | "(" ["?:" | "?i:" | "?=" | "?!"] expression ")"
 *     class       = "[" ["^"] (character | character "-" character | \s \S \d \w \p{L} \P{L})* "]" | \s ... alone
 *     quantifier  = ("?" | "*" | "+" | "{n}" | "{n,}" | "{n,m}") ["?" | "+"]      of a group: "?" alone
 */
#ifndef GRADC_RUNTIME_TOKENIZE_SCANNER_H
#define GRADC_RUNTIME_TOKENIZE_SCANNER_H

#include "runtime/tokenize/char_set.h"

/* What may stand where a match begins: a character of ASCII, another one, or nothing any more. */
enum { START_OTHER = 0x80, START_END, STARTS };

typedef struct ScanNode ScanNode;

typedef enum ScanKind { SCAN_SET, SCAN_GROUP, SCAN_LOOK } ScanKind;
typedef enum ScanGreed { SCAN_GREEDY, SCAN_LAZY, SCAN_POSSESSIVE } ScanGreed;

struct ScanNode {
    ScanKind kind;
    CharSet *set;        /* SCAN_SET */
    int64_t least, most; /* how often; of a group 0 to 1 or 1 to 1 */
    ScanGreed greed;
    bool negative; /* SCAN_LOOK: what follows must not match */
    VEC(const ScanNode *)
    branches;             /* their first nodes, NULL: the match is complete; of a group they go on to `next` */
    uint64_t *starts;     /* [STARTS]: which branches may match there, a bit each */
    uint64_t runs;        /* which of them, to their end, are sets that match in one way or not at all */
    const ScanNode *next; /* NULL: the match is complete */
};

typedef struct Scanner {
    const CharTable *chars;
    ScanNode *root; /* a group */
} Scanner;

/* In the arena. NULL: the expression has more than that in it, or is none. */
const Scanner *scanner_new(const char *regex, const CharTable *chars, Arena *arena);

/* The first match that begins at byte `from` or behind it. Takes what it does from `*steps`; when they are used up
 * there is no match any more. */
bool scanner_find(const Scanner *scanner, const char *text, int64_t length, int64_t from, int64_t *steps,
                  int64_t *begin, int64_t *end);

#endif
