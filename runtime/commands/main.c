/* gradc: from the words of the command line to a command. */
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "graph/base/memory.h"
#include "runtime/commands/command_rows.h"
#include "runtime/commands/help.h"
#include "runtime/commands/version.h"
#include "runtime/files/standard_output.h"

enum { EXIT_USAGE = 2 };

static bool asks_for_help(int argc, char **argv) {
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) return true;
    }
    return false;
}

static int usage(const char *word, Diagnostics *diags) {
    command_report_unknown(word, diags);
    return EXIT_USAGE;
}

static bool takes_several(const Command *command) { return strstr(command->operand, "...") != NULL; }

static int most_operands(const Command *command) {
    return !command->operand[0] ? 0 : takes_several(command) ? INT_MAX : 1;
}

static int too_many(const Command *command, const Options *options, Diagnostics *diags) {
    if (!command->operand[0]) {
        diag_error(diags, "E0913", (Pos){0}, "gradc %s takes no file or folder: '%s' is one too many", command->name,
                   options->file);
        return EXIT_USAGE;
    }
    diag_error(diags, "E0913", (Pos){0}, "gradc %s takes one file or folder: '%s' is one too many", command->name,
               options->operands.items[1]);
    diag_hint(diags, "the first is '%s'; a name with a blank needs quotes", options->file);
    return EXIT_USAGE;
}

/* What is known of this process among others. */
typedef struct ProcessPlace {
    RankPlace of;
    int voice;    /* what was standard error, of a rank that is silent; of others standard error */
    Ranks *ranks; /* NULL: it is alone, or has not joined them */
} ProcessPlace;

/* Over the ranks that mpirun has started. */
static bool spreads(const Command *command) {
    return command->run == command_train || command->run == command_eval || command->run == command_predict;
}

static int run(const Command *command, int argc, char **argv, ProcessPlace *place, Diagnostics *diags) {
    Options options;
    if (!options_parse(command->name, argc, argv, &options, diags)) return EXIT_USAGE;
    if (!options.file && command->operand[0] && command->operand[0] != '[') {
        diag_error(diags, "E0917", (Pos){0}, "gradc %s needs %s", command->name, command->operand);
        diag_hint(diags, "for example: %s", command->example);
        return EXIT_USAGE;
    }
    if (options.operands.count > most_operands(command)) return too_many(command, &options, diags);
    if (spreads(command) && !ranks_open(&place->ranks, place->voice, diags)) return EXIT_FAILURE;
    options.ranks = place->ranks;
    return command->run(&options, diags);
}

/* What comes before any command; -1: none of it. */
static int general(int argc, char **argv) {
    if (argc < 2) return help_overview(stderr), EXIT_USAGE;
    if (asks_for_help(1, argv + 1)) return help_overview(stdout), 0;
    if (strcmp(argv[1], "--version") == 0) return version_print(stdout), 0;
    return -1;
}

static int dispatch(int argc, char **argv, ProcessPlace *place, Diagnostics *diags) {
    int status = general(argc, argv);
    if (status >= 0) return status;
    const Command *command = command_find(argv[1]);
    if (command && asks_for_help(argc - 2, argv + 2)) return help_command(command, stdout), 0;
    return command ? run(command, argc - 1, argv + 1, place, diags) : usage(argv[1], diags);
}

/* The end, in the form of all diagnostics, but without memory. Nothing is cleaned up: other threads go on meanwhile. */
static void report_out_of_memory(size_t bytes) {
    static const char code[] = "E0951";
    char text[256], amount[48] = "";
    if (bytes) snprintf(amount, sizeof amount, " for %zu %s more", bytes, bytes == 1 ? "byte" : "bytes");
    int length = snprintf(text, sizeof text,
                          "error[%s]: out of memory%s\n"
                          "      = hint: close other programs, allow gradc more, or take less at a time; see gradc "
                          "explain %s\n",
                          code, amount, code);
    ssize_t written = write(STDERR_FILENO, text, (size_t)length);
    (void)written; /* nobody is left to hear that it failed */
    _exit(EXIT_FAILURE);
}

/* Jansson's memory is as indispensable as our own. */
static void *allocate_for_json(size_t size) { return memory_resize(NULL, size, 1); }

/* As https://no-color.org asks: set to anything but nothing, the variable means none. */
static bool shows_colours(void) {
    const char *none = getenv("NO_COLOR"), *terminal = getenv("TERM");
    bool dumb = terminal && strcmp(terminal, "dumb") == 0;
    return isatty(STDERR_FILENO) && !(none && *none) && !dumb;
}

/* All ranks but the first are silent, unless one has to say what ends the run. */
static ProcessPlace take_place(void) {
    ProcessPlace place = {ranks_place(), STDERR_FILENO, NULL};
    if (place.of.number == 0) return place;
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    place.voice = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    close(nowhere);
    return place;
}

/* What this process has to say in the end; of ranks that fail the first speaks. */
static void leave(const ProcessPlace *place, const Diagnostics *diags) {
    if (place->of.number == 0) diagnostics_print(diags, stderr);
    int first = ranks_farewell(place->ranks, diags->errors > 0);
    if (place->of.number > 0 && place->of.number == first) {
        dprintf(place->voice, "%s:\n", ranks_name(place->ranks, first));
        dup2(place->voice, STDERR_FILENO);
        diagnostics_print(diags, stderr);
    }
    ranks_close(place->ranks);
}

int main(int argc, char **argv) {
    memory_on_out(report_out_of_memory);
    json_set_alloc_funcs(allocate_for_json, free);
    standard_streams_secure();
    Diagnostics *diags = diagnostics_new();
    diags->colours = shows_colours();
    ProcessPlace place = take_place();
    int status = dispatch(argc, argv, &place, diags);
    if (!standard_output_close(diags) && status == 0) status = 1;
    leave(&place, diags);
    diagnostics_free(diags);
    return status;
}
