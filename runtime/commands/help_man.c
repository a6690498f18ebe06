/* Man pages, in roff with the macros of man(7). */
#include <ctype.h>
#include <string.h>

#include "runtime/commands/help.h"

/* Text as roff takes it: no line begins with a request, and hyphens and quotes stay as they are. */
static void print_roff(const char *text, FILE *out) {
    if (*text == '.') fputs("\\&", out);
    for (; *text; text++) {
        if (*text == '\\')
            fputs("\\e", out);
        else if (*text == '-')
            fputs("\\-", out);
        else if (*text == '\'')
            fputs("\\(aq", out);
        else
            fputc(*text, out);
    }
}

/* A line: a request, and text behind it. */
static void print_line(const char *request, const char *text, FILE *out) {
    fputs(request, out);
    print_roff(text, out);
    fputc('\n', out);
}

static void print_option(const OptionRow *row, Arena *arena, FILE *out) {
    fputs(".TP\n.BI \"", out);
    print_roff(arena_printf(arena, "--%s", row->name), out);
    if (row->argument) {
        fputs(" \" \"", out);
        print_roff(row->argument, out);
    }
    fputs("\"\n", out);
    print_line("", option_help(row, arena), out);
}

static void print_group(const Command *command, OptionGroup group, Arena *arena, FILE *out) {
    int at = 0;
    const OptionRow *row = option_next(command->name, group, &at);
    if (row) print_line(".SS ", option_group_title(group), out);
    for (; row; row = option_next(command->name, group, &at)) print_option(row, arena, out);
}

static void print_options(const Command *command, FILE *out) {
    Arena *arena = arena_new();
    fputs(".SH OPTIONS\n", out);
    for (OptionGroup group = FIRST; group < GROUPS; group++) print_group(command, group, arena, out);
    arena_free(arena);
}

static void print_aliases(const Command *command, FILE *out) {
    int at = 0;
    const OptionAlias *alias = option_next_alias(command->name, &at);
    if (alias) fputs(".SS other spellings\nAs Hugging Face has them; all names may have _ for \\-.\n", out);
    for (; alias; alias = option_next_alias(command->name, &at)) {
        fputs(".TP\n", out);
        print_line(".B \\-\\-", alias->other, out);
        print_line("\\-\\-", alias->name, out);
    }
}

static void print_of_command(const Command *command, FILE *out) {
    fputs(".TH GRADC\\-", out);
    for (const char *c = command->name; *c; c++) fputc(toupper((unsigned char)*c), out);
    fputs(" 1 \"\" \"gradc " GRADC_VERSION "\"\n", out);
    fprintf(out, ".SH NAME\ngradc\\-%s \\- ", command->name);
    print_line("", command->summary, out);
    fprintf(out, ".SH SYNOPSIS\n.B gradc %s\n", command->name);
    print_line(".I ", command->operand, out);
    fputs("[options]\n", out);
    print_options(command, out);
    print_aliases(command, out);
    fputs(".SH EXAMPLE\n.EX\n", out);
    print_line("", command->example, out);
    fputs(".EE\n.SH SEE ALSO\n.BR gradc (1)\n", out);
}

static void print_of_all(FILE *out) {
    const Command *command;
    fputs(".TH GRADC 1 \"\" \"gradc " GRADC_VERSION "\"\n.SH NAME\ngradc \\- compiles and trains models written as one "
          "text file\n.SH SYNOPSIS\n.B gradc\n.I COMMAND\n[options]\n.SH COMMANDS\n",
          out);
    for (int i = 0; (command = command_row(i)); i++) {
        fprintf(out, ".TP\n.BR gradc\\-%s (1)\n", command->name);
        print_line("", command->summary, out);
    }
    fputs(".SH ENVIRONMENT\n.TP\n.B NO_COLOR\nMessages on a terminal are without colours when it is set.\n.TP\n"
          ".B OMP_NUM_THREADS\nThreads, where \\-\\-threads does not say how many.\n.SH EXIT STATUS\n0: done; 1: a "
          "mistake "
          "in a file or a check that failed, reported on standard error; 2: wrong usage.\n",
          out);
}

void help_man(const Command *command, FILE *out) {
    if (command)
        print_of_command(command, out);
    else
        print_of_all(out);
}
