/* gradc: the command table. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "graph/base/memory.h"
#include "runtime/commands/commands.h"
#include "runtime/files/standard_output.h"

typedef struct Command {
    const char *name, *operand, *summary, *example;
    int (*run)(const Options *options, Diagnostics *diags);
} Command;

static const Command commands[] = {
    {"init", "TABLE", "looks at a table of texts and writes a task for it",
     "gradc init notes.csv --text note --label mood", command_init},
    {"train", "FILE|DIR", "trains the tasks of a graph file",
     "gradc train models/bert.graph --weights bert-base-uncased --data data --out run", command_train},
    {"eval", "FILE|DIR...", "evaluates on a split of the data, several runs as one",
     "gradc eval run --data data --json", command_eval},
    {"report", "RUN...|FILE", "draws a page of a run or several, and of what the model's text became",
     "gradc report run --out run.html", command_report},
    {"predict", "FILE|DIR...", "predicts, one row in, one row out, in order, several runs as one",
     "gradc predict run --task sentiment --input reviews.tsv", command_predict},
    {"serve", "FILE|DIR", "answers JSON lines on a Unix socket, all clients in one batch",
     "gradc serve run --socket /tmp/gradc.socket", command_serve},
    {"export", "FILE|DIR", "writes a folder for transformers or sentence-transformers",
     "gradc export run --task mood --format hf --out mood-hf", command_export},
    {"check", "FILE", "parses, types and verifies; prints the tasks and their shapes", "gradc check models/bert.graph",
     command_check},
    {"tokenize", "DIR", "shows what a folder's tokenizer makes of texts", "gradc tokenize run --text 'a text'",
     command_tokenize},
    {"fmt", "FILE", "prints a graph file in the canonical layout", "gradc fmt my.graph --write", command_fmt},
    {"dump", "[FILE]", "prints the graph after a pass, kernels or their code; compares; explains",
     "gradc dump models/bert.graph --task sentiment --stage fuse", command_dump},
    {"bench", "FILE|DIR", "times steps, kernel by kernel, beside what this machine can do",
     "gradc bench run --data data --batch 8", command_bench},
    {"run", "FILE", "evaluates a task or a definition and prints values and gradients",
     "gradc run models/bert.graph --def gelu --input 'x=[[-1, 0, 1]]' --grad", command_run},
    {"gradcheck", "FILE", "compares gradients: compiled, interpreted, by differences", "gradc gradcheck my.graph",
     command_gradcheck},
    {"opt", "IR_FILE", "reads IR text ('-': standard input), runs passes, prints IR or code",
     "gradc opt model.gir --passes simplify,fuse", command_opt},
    {"cache", "ACTION", "the kernel cache: ls, verify, gc (down to --cache-size) or clear",
     "gradc cache gc --cache-size 64", command_cache},
    {"explain", "NAME", "says more about a diagnostic, an operator or a pass", "gradc explain E0810", command_explain},
};

enum { COMMANDS = sizeof commands / sizeof *commands, EXIT_USAGE = 2 };

static void print_overview(FILE *out) {
    fputs("gradc " GRADC_VERSION ": compiles and trains models written as one text file\n\n", out);
    for (int i = 0; i < COMMANDS; i++)
        fprintf(out, "  gradc %-9s %-11s %s\n", commands[i].name, commands[i].operand, commands[i].summary);
    fputs("\ngradc COMMAND --help says more.\n", out);
}

static void print_help(const Command *command) {
    printf("gradc %s %s [options]: %s\n\n", command->name, command->operand, command->summary);
    options_print(command->name, stdout);
    printf("\nexample:\n  %s\n", command->example);
}

static const Command *find_command(const char *name) {
    for (int i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i].name, name) == 0) return &commands[i];
    }
    return NULL;
}

static bool asks_for_help(int argc, char **argv) {
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) return true;
    }
    return false;
}

static int usage(const char *word, Diagnostics *diags) {
    const char *names[COMMANDS];
    for (int i = 0; i < COMMANDS; i++) names[i] = commands[i].name;
    diag_error(diags, "E0900", (Pos){0}, "there is no command '%s'", word);
    if (!diag_hint_nearest(diags, word, names, COMMANDS)) diag_hint(diags, "gradc --help lists the commands");
    return EXIT_USAGE;
}

static bool takes_several(const Command *command) { return strstr(command->operand, "...") != NULL; }

static int too_many(const Command *command, const Options *options, Diagnostics *diags) {
    diag_error(diags, "E0913", (Pos){0}, "gradc %s takes one file or folder: '%s' is one too many", command->name,
               options->operands.items[1]);
    diag_hint(diags, "the first is '%s'; a name with a blank needs quotes", options->file);
    return EXIT_USAGE;
}

static int run(const Command *command, int argc, char **argv, Diagnostics *diags) {
    Options options;
    if (!options_parse(command->name, argc, argv, &options, diags)) return EXIT_USAGE;
    if (!options.file && command->operand[0] != '[') {
        diag_error(diags, "E0917", (Pos){0}, "gradc %s needs %s", command->name, command->operand);
        diag_hint(diags, "for example: %s", command->example);
        return EXIT_USAGE;
    }
    if (options.operands.count > 1 && !takes_several(command)) return too_many(command, &options, diags);
    return command->run(&options, diags);
}

/* What comes before any command; -1: none of it. */
static int general(int argc, char **argv) {
    bool overview =
        argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0);
    if (argc < 2) return print_overview(stderr), EXIT_USAGE;
    if (overview) return print_overview(stdout), 0;
    if (strcmp(argv[1], "--version") == 0) return puts("gradc " GRADC_VERSION), 0;
    return -1;
}

static int dispatch(int argc, char **argv, Diagnostics *diags) {
    int status = general(argc, argv);
    if (status >= 0) return status;
    const Command *command = find_command(argv[1]);
    if (command && asks_for_help(argc - 2, argv + 2)) return print_help(command), 0;
    return command ? run(command, argc - 1, argv + 1, diags) : usage(argv[1], diags);
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

int main(int argc, char **argv) {
    memory_on_out(report_out_of_memory);
    json_set_alloc_funcs(allocate_for_json, free);
    standard_streams_secure();
    Diagnostics *diags = diagnostics_new();
    int status = dispatch(argc, argv, diags);
    if (!standard_output_close(diags) && status == 0) status = 1;
    diagnostics_print(diags, stderr);
    diagnostics_free(diags);
    return status;
}
