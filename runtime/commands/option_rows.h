/* The table of options: what each is called, takes, means, and has to do with a run. Parsing, help, the settings of a
 * run and those in a text are derived from it (options.h); docs/training.md says what follows from the columns. */
#ifndef GRADC_RUNTIME_COMMANDS_OPTION_ROWS_H
#define GRADC_RUNTIME_COMMANDS_OPTION_ROWS_H

#include <stddef.h>

#include "runtime/commands/options.h"

typedef enum OptionKind { TEXT, LIST, PAIR, ONE_OR_TWO, WHOLE, REAL, FLAG } OptionKind;

/* Where help shows it. */
typedef enum OptionGroup { FIRST, DATA, MODEL, OPTIMISATION, MULTITASK, OUTPUT, MACHINE, GROUPS } OptionGroup;

/* What an option has to do with a run that it is given to. Of an option of `train` one of the first four words: may it
 * differ when the run goes on? Then how it holds for those who use the run afterwards (eval, predict, export ...). */
typedef enum OptionEffect {
    DECIDES = 1,    /* the weights come out otherwise: --resume refuses another value */
    LENGTH = 2,     /* so they do, unless each step is the same however many there will be */
    SAME = 4,       /* the weights come out the same; what is read is compared by content, not by path */
    ONCE = 8,       /* of this start alone: not among the settings of the run */
    ELSEWHERE = 16, /* no option of `train` */
    DEFAULT = 32,   /* holds for uses of the run, unless they say otherwise */
    LASTING = 64    /* so it does, and one that says otherwise is reported: texts and rows are not as in training */
} OptionEffect;

typedef struct OptionRow {
    const char *name, *argument;
    OptionKind kind;
    size_t member;                    /* of Options */
    double fallback, lowest, highest; /* numbers only; fallback NaN: said in the help text */
    OptionGroup group;
    int effect;           /* of OptionEffect */
    const char *commands; /* that take it, and "recipe" where it may stand in a text */
    const char *help;
} OptionRow;

/* Another spelling of an option, as Hugging Face has it. */
typedef struct OptionAlias {
    const char *other, *name;
} OptionAlias;

/* By index from 0; NULL after the last. */
const OptionRow *option_row(int index);
const OptionAlias *option_alias(int index);

bool option_is_of(const OptionRow *row, const char *command);
/* The next one of a group that the command takes, or spelling that stands for such a one: from number `*at` on, which
 * is then behind it. NULL: there are no more. */
const OptionRow *option_next(const char *command, OptionGroup group, int *at);
const OptionAlias *option_next_alias(const char *command, int *at);
/* The row of a name in either spelling, among those of a command (NULL: of any). NULL: there is none. */
const OptionRow *option_find(const char *command, const char *name);

#endif
