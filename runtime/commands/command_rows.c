/* The table of commands, one row each. meson.build reads their names here, for the man pages. */
#include "runtime/commands/command_rows.h"

#include <string.h>

static const Command rows[] = {
    {"init", "TABLE", "looks at a table of texts and writes a task for it",
     "gradc init notes.csv --text note --label mood", command_init},
    {"train", "FILE|DIR", "trains the tasks of a graph file",
     "gradc train models/bert.graph --weights bert-base-uncased --data data --out run", command_train},
    {"eval", "FILE|DIR...", "evaluates on a split of the data, several runs as one",
     "gradc eval run --data data --json", command_eval},
    {"report", "RUN...|FILE", "draws a page of a run or several, and of what the model's text became",
     "gradc report run --out run.html", command_report},
    {"replay", "RUN", "repeats a step of a run to the bit: its rows, and any value in it",
     "gradc replay run --step 412 --show logits --grad", command_replay},
    {"diff-runs", "RUN...", "says where two runs part: settings, first step, row, value or tensor",
     "gradc diff-runs run/a run/b", command_diff_runs},
    {"predict", "FILE|DIR...", "predicts, one row in, one row out, in order, several runs as one",
     "gradc predict run --task sentiment --input reviews.tsv", command_predict},
    {"attribute", "DIR", "says what each word of a text contributed to a class or score",
     "gradc attribute run --text 'a good film' --class 4", command_attribute},
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
    {"lsp", "", "speaks with an editor: diagnostics, types, declarations and layout of graph files", "gradc lsp",
     command_lsp},
    {"cache", "ACTION", "the kernel cache: ls, verify, gc (down to --cache-size) or clear",
     "gradc cache gc --cache-size 64", command_cache},
    {"explain", "NAME", "says more about a diagnostic, an operator or a pass", "gradc explain E0810", command_explain},
    {"help", "[COMMAND]", "says what a command does and lists its options", "gradc help train", command_help},
};

enum { ROWS = sizeof rows / sizeof *rows };

const Command *command_row(int index) { return index < ROWS ? &rows[index] : NULL; }

const Command *command_find(const char *name) {
    for (int i = 0; i < ROWS; i++) {
        if (strcmp(rows[i].name, name) == 0) return &rows[i];
    }
    return NULL;
}

void command_report_unknown(const char *name, Diagnostics *diags) {
    const char *names[ROWS];
    for (int i = 0; i < ROWS; i++) names[i] = rows[i].name;
    diag_error(diags, "E0900", (Pos){0}, "there is no command '%s'", name);
    if (!diag_hint_nearest(diags, name, names, ROWS)) diag_hint(diags, "gradc --help lists the commands");
}
