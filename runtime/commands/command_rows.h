/* The table of commands: the overview, help, man pages and completion are derived from it. */
#ifndef GRADC_RUNTIME_COMMANDS_COMMAND_ROWS_H
#define GRADC_RUNTIME_COMMANDS_COMMAND_ROWS_H

#include "runtime/commands/commands.h"

typedef struct Command {
    const char *name;
    const char *operand; /* before the options; "": none, [in brackets]: may be left out, with ...: several */
    const char *summary, *example;
    int (*run)(const Options *options, Diagnostics *diags);
} Command;

/* By index from 0; NULL after the last. */
const Command *command_row(int index);
/* NULL: there is none of that name. */
const Command *command_find(const char *name);
/* Says so (E0900), with the nearest name. */
void command_report_unknown(const char *name, Diagnostics *diags);

#endif
