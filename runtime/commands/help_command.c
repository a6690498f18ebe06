/* gradc help: of all commands, or of one. */
#include <string.h>

#include "runtime/commands/help.h"

void help_overview(FILE *out) {
    const Command *command;
    fputs("gradc " GRADC_VERSION ": compiles and trains models written as one text file\n\n", out);
    for (int i = 0; (command = command_row(i)); i++)
        fprintf(out, "  gradc %-9s %-11s %s\n", command->name, command->operand, command->summary);
    fputs("\ngradc help COMMAND says more.\n", out);
}

void help_command(const Command *command, FILE *out) {
    fprintf(out, "gradc %s %s [options]: %s\n\n", command->name, command->operand, command->summary);
    options_print(command->name, out);
    fprintf(out, "\nexample:\n  %s\n", command->example);
}

static void print_text(const Command *command) {
    if (command)
        help_command(command, stdout);
    else
        help_overview(stdout);
}

/* A completion is of all commands at once. */
static bool takes_command(const char *format) { return strcmp(format, "bash") != 0 && strcmp(format, "zsh") != 0; }

static bool print_as(const char *format, const Command *command) {
    if (strcmp(format, "text") == 0) return print_text(command), true;
    if (strcmp(format, "man") == 0) return help_man(command, stdout), true;
    if (strcmp(format, "bash") == 0) return help_bash(stdout), true;
    if (strcmp(format, "zsh") == 0) return help_zsh(stdout), true;
    return false;
}

int command_help(const Options *options, Diagnostics *diags) {
    const char *name = options->file, *format = options->format ? options->format : "text";
    const Command *command = name ? command_find(name) : NULL;
    if (name && !command) return command_report_unknown(name, diags), 2;
    if (name && !takes_command(format)) {
        diag_error(diags, "E0910", (Pos){0}, "--format %s is of all commands: leave out '%s'", format, name);
        return 2;
    }
    if (print_as(format, command)) return 0;
    diag_error(diags, "E0910", (Pos){0}, "--format takes text, man, bash or zsh, not '%s'", format);
    return 2;
}
