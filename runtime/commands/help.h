/* Help: what the tables of commands and options say, on a screen, as man pages, and as the completion of shells. */
#ifndef GRADC_RUNTIME_COMMANDS_HELP_H
#define GRADC_RUNTIME_COMMANDS_HELP_H

#include <stdio.h>

#include "runtime/commands/command_rows.h"
#include "runtime/commands/option_rows.h"

/* All commands, a line each. */
void help_overview(FILE *out);
/* What a command takes, and an example. */
void help_command(const Command *command, FILE *out);

/* The heading of a group of options: "first of all". */
const char *option_group_title(OptionGroup group);
/* An option's help with the lists of names it speaks of; in `arena`. */
const char *option_help(const OptionRow *row, Arena *arena);

/* --- help_man.c: roff with the macros of man(7) --- */

/* gradc(1), or of a command gradc-NAME(1). */
void help_man(const Command *command, FILE *out);

/* --- help_completion.c --- */

/* Scripts for bash and zsh: commands, their options, and files, folders or words as values. */
void help_bash(FILE *out);
void help_zsh(FILE *out);

#endif
