/* Completion for bash and zsh. What an option's argument is called says what completes it: a folder, a file, one of
 * several words, or nothing that is known here. */
#include <string.h>

#include "runtime/commands/help.h"

typedef enum Completion { NO_VALUE, ANY_VALUE, FOLDER, FILE_NAME, WORDS } Completion;

static Completion completion_of(const OptionRow *row) {
    const char *argument = row->argument;
    if (!argument) return NO_VALUE;
    if (strcmp(argument, "DIR") == 0) return FOLDER;
    if (strcmp(argument, "FILE") == 0 || strcmp(argument, "PATH") == 0 || strcmp(argument, "A B") == 0)
        return FILE_NAME;
    return strchr(argument, '|') && *argument >= 'a' ? WORDS : ANY_VALUE;
}

/* "yes|no" as "yes no". */
static void print_words(const char *argument, FILE *out) {
    for (; *argument; argument++) fputc(*argument == '|' ? ' ' : *argument, out);
}

static void print_command_names(FILE *out) {
    const Command *command;
    for (int i = 0; (command = command_row(i)); i++) fprintf(out, "%s%s", i ? " " : "", command->name);
}

/* --- bash --------------------------------------------------------------------------------------------------------- */

/* How compgen makes the values of an option. */
static void print_bash_value(const OptionRow *row, Completion kind, FILE *out) {
    if (kind == FOLDER) fputs("-d", out);
    if (kind == FILE_NAME) fputs("-f", out);
    if (kind == ANY_VALUE) fputs("-W ''", out);
    if (kind != WORDS) return;
    fputs("-W '", out);
    print_words(row->argument, out);
    fputc('\'', out);
}

static void print_bash_command(const Command *command, FILE *out) {
    const OptionRow *row;
    for (int i = 0; (row = option_row(i)); i++) {
        Completion kind = completion_of(row);
        if (kind == NO_VALUE || !option_is_of(row, command->name)) continue;
        fprintf(out, "    %s:--%s) how=(", command->name, row->name);
        print_bash_value(row, kind, out);
        fputs(") ;;\n", out);
    }
    fprintf(out, "    %s:*) options='", command->name);
    for (int i = 0; (row = option_row(i)); i++) {
        if (option_is_of(row, command->name)) fprintf(out, "--%s ", row->name);
    }
    fputs("--help' ;;\n", out);
}

void help_bash(FILE *out) {
    const Command *command;
    fputs("# bash completion for gradc\n_gradc() {\n"
          "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} options= how=(-f)\n"
          "  case ${COMP_CWORD}:${COMP_WORDS[1]} in\n    1:* | 2:help) how=(-W '",
          out);
    print_command_names(out);
    fputs("') ;;\n    *) case ${COMP_WORDS[1]}:$before in\n", out);
    for (int i = 0; (command = command_row(i)); i++) print_bash_command(command, out);
    fputs("    esac ;;\n  esac\n"
          "  if [[ $word == -* && $options ]]; then how=(-W \"$options\"); fi\n"
          "  mapfile -t COMPREPLY < <(compgen \"${how[@]}\" -- \"$word\")\n"
          "}\ncomplete -o filenames -F _gradc gradc\n",
          out);
}

/* --- zsh ---------------------------------------------------------------------------------------------------------- */

/* Text inside '...[...]' of _arguments. */
static void print_zsh_text(const char *text, FILE *out) {
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", out);
        else if (strchr("[]:\\", *text))
            fprintf(out, "\\%c", *text);
        else
            fputc(*text, out);
    }
}

static void print_zsh_value(const OptionRow *row, FILE *out) {
    Completion kind = completion_of(row);
    if (kind == NO_VALUE) return;
    fputc(':', out);
    print_zsh_text(row->argument, out);
    fputc(':', out);
    if (kind == FOLDER) fputs("_files -/", out);
    if (kind == FILE_NAME) fputs("_files", out);
    if (kind != WORDS) return;
    fputc('(', out);
    print_words(row->argument, out);
    fputc(')', out);
}

static void print_zsh_option(const OptionRow *row, Arena *arena, FILE *out) {
    bool repeats = row->kind == LIST || row->kind == ONE_OR_TWO || row->kind == PAIR;
    fprintf(out, " \\\n      '%s--%s[", repeats ? "*" : "", row->name);
    print_zsh_text(option_help(row, arena), out);
    fputc(']', out);
    print_zsh_value(row, out);
    fputc('\'', out);
}

static void print_zsh_command(const Command *command, FILE *out) {
    Arena *arena = arena_new();
    const OptionRow *row;
    fprintf(out, "    %s) _arguments '*:file:%s'", command->name, command->run == command_help ? "($names)" : "_files");
    for (int i = 0; (row = option_row(i)); i++) {
        if (option_is_of(row, command->name)) print_zsh_option(row, arena, out);
    }
    fputs(" ;;\n", out);
    arena_free(arena);
}

void help_zsh(FILE *out) {
    const Command *command;
    fputs("#compdef gradc\n_gradc() {\n  local -a commands names\n  names=(", out);
    print_command_names(out);
    fputs(")\n  commands=(\n", out);
    for (int i = 0; (command = command_row(i)); i++) {
        fprintf(out, "    '%s:", command->name);
        print_zsh_text(command->summary, out);
        fputs("'\n", out);
    }
    fputs("  )\n  if (( CURRENT == 2 )); then _describe command commands; return; fi\n"
          "  shift words; (( CURRENT-- ))\n  case $words[1] in\n",
          out);
    for (int i = 0; (command = command_row(i)); i++) print_zsh_command(command, out);
    fputs("  esac\n}\n_gradc \"$@\"\n", out);
}
