/* Options: the table, and getopt_long over it. */
#include "runtime/session/options.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "passes/pipeline.h"
#include "runtime/data/sampler.h"

typedef enum OptionKind { TEXT, LIST, PAIR, ONE_OR_TWO, WHOLE, REAL, FLAG } OptionKind;

typedef struct OptionRow {
    const char *name, *argument;
    OptionKind kind;
    size_t member;
    double fallback, lowest, highest; /* numbers only; fallback NaN: said in the help text */
    const char *commands;             /* that take it */
    const char *help;
} OptionRow;

#define AT(member) offsetof(Options, member)
#define TRAIN "train"
#define RECIPE "train recipe" /* may stand in the text as well */
#define RUNS "train eval predict serve bench"
#define PROBES "run gradcheck"
#define ALL "init train eval predict serve bench export check dump " PROBES

static const OptionRow rows[] = {
    {"weights", "DIR", TEXT, AT(weights), 0, 0, 0, ALL,
     "Hugging Face folder: config.json, vocab.txt, model.safetensors"},
    {"lower-case", "yes|no", TEXT, AT(lower_case), 0, 0, 0, ALL,
     "whether texts are lower-cased (default: as the model's folder says)"},
    {"data", "DIR", LIST, AT(data), 0, 0, 0, ALL,
     "folder of data sets (default: the working directory); may be repeated"},
    {"out", "DIR", TEXT, AT(out), 0, 0, 0, "train export dump",
     "where to write: the run's folder, the model's, or one file a stage"},
    {"text", "COLUMN [COLUMN]", ONE_OR_TWO, AT(text), 0, 0, 0, "init",
     "the column of the texts, by its name or number, or two that are a pair"},
    {"label", "COLUMN", TEXT, AT(label), 0, 0, 0, "init", "the column to predict"},
    {"group", "COLUMN", TEXT, AT(group), 0, 0, 0, "init",
     "rows with the same value in this column are either all for training or all for evaluation"},
    {"out", "FILE", TEXT, AT(out), 0, 0, 0, "init", "the graph file to write (default: named after the table)"},
    {"task", "NAME", TEXT, AT(task), 0, 0, 0, "init", "the task's name (default: the table's)"},
    {"force", NULL, FLAG, AT(force), 0, 0, 0, "init", "replace the graph file if it is there"},
    {"tasks", "A,B", TEXT, AT(tasks), 0, 0, 0, RECIPE " eval bench gradcheck",
     "only these tasks (default: those that the run has trained, or all of the file)"},
    {"task", "NAME", TEXT, AT(task), 0, 0, 0, "predict serve export dump run", "the task"},
    {"input", "FILE", TEXT, AT(input), 0, 0, 0, "predict",
     "rows to predict, in the task's format; '-': standard input (default: its dev file)"},
    {"output", "FILE", TEXT, AT(output), 0, 0, 0, "predict", "where predictions go (default: standard output)"},
    {"format", "NAME", TEXT, AT(format), 0, 0, 0, "predict", "tsv, csv or jsonl (default: as --output ends, or tsv)"},
    {"format", "NAME", TEXT, AT(format), 0, 0, 0, "export", "hf or sentence-transformers (default: hf)"},
    {"header", NULL, FLAG, AT(header), 0, 0, 0, "predict", "first a line with the names of the columns"},
    {"keep", "COLUMN", LIST, AT(keep), 0, 0, 0, "predict",
     "a column of the data to write before the prediction; may be repeated"},
    {"probabilities", NULL, FLAG, AT(probabilities), 0, 0, 0, "predict",
     "also what the task shows as \"probabilities\""},
    {"bad-rows", "NAME", TEXT, AT(bad_rows), 0, 0, 0, "predict",
     "stop, or error: a row that cannot be read gives a row that says why (default: stop)"},
    {"skip-bad-rows", NULL, FLAG, AT(skip_bad_rows), 0, 0, 0, RECIPE " eval bench check",
     "leave out rows that cannot be read or have no label, with a warning"},
    {"socket", "PATH", TEXT, AT(socket), 0, 0, 0, "serve", "the Unix socket to listen on, created for this user alone"},
    {"show", "NAME", TEXT, AT(show), 0, 0, 0, "predict serve dump",
     "another output than 'predict': what the task's show line names"},
    {"show", "NAME|LINE", LIST, AT(shows), 0, 0, 0, "run",
     "what to print: q, attend.q, layer.0.*.q, 57 (default: the results); may be repeated"},
    {"def", "NAME", TEXT, AT(def), 0, 0, 0, "run", "a definition by itself, with random arguments"},
    {"shape", "NAME=SIZE", LIST, AT(shape), 0, 0, 0, "run", "of a definition: R=4, x=2x3, O=8, R=x.T; may be repeated"},
    {"input", "NAME=VALUE", LIST, AT(inputs), 0, 0, 0, "run",
     "an argument or a label: a .npy file, or numbers as in [[1, 2], [3, 4]]; may be repeated"},
    {"text", "TEXT", LIST, AT(text), 0, 0, 0, "run", "a text of the next row; two for a pair; may be repeated"},
    {"grad", NULL, FLAG, AT(grad), 0, 0, 0, "run",
     "also the gradient of the loss, or of the sum of what the definition returns"},
    {"npy", "DIR", TEXT, AT(npy), 0, 0, 0, "run", "also write what is shown as .npy files"},
    {"compiled", NULL, FLAG, AT(compiled), 0, 0, 0, "run",
     "compiled, in f32 (default: interpreted, in double precision)"},
    {"training", NULL, FLAG, AT(training), 0, 0, 0, "run", "with dropout, as in training"},
    {"split", "NAME", TEXT, AT(split), 0, 0, 0, "eval predict bench",
     "split of the data set (default: dev; train for bench)"},
    {"fold", "N", WHOLE, AT(fold), 0, 0, 1e6, RECIPE " eval predict bench",
     "of tasks that declare folds: which one is dev, from 0 (default: 0)"},
    {"all-folds", NULL, FLAG, AT(all_folds), 0, 0, 0, TRAIN,
     "a run for each fold, in OUT/fold-0 and so on, then mean and deviation of their metrics"},
    {"epochs", "N", WHOLE, AT(epochs), 10, 0, 1e6, RECIPE, "passes over the data (default: 10)"},
    {"steps", "N", WHOLE, AT(steps), 0, 0, 1e12, RECIPE " bench",
     "stop after so many updates (default: all epochs; 30 for bench)"},
    {"batch", "N", WHOLE, AT(batch), 0, 1, 65536, RUNS " recipe",
     "rows of a batch (default: 32 to train, 64 to evaluate)"},
    {"lr", "X", REAL, AT(lr), 2e-5, 0, 1e3, RECIPE " bench", "learning rate (default: 2e-5)"},
    {"rate", "PATTERN=X", LIST, AT(rate), 0, 0, 0, RECIPE " bench",
     "learning rate of parameters of these names, as in 'heads.*=1e-3'; may be repeated"},
    {"layer-decay", "X", REAL, AT(layer_decay), 1, 0, 1, RECIPE " bench",
     "each layer's rate is X times that of the one above it (default: 1)"},
    {"weight-decay", "X", REAL, AT(weight_decay), -1, 0, 1e3, RECIPE " bench",
     "in place of what the file's optimizer says"},
    {"schedule", "NAME", TEXT, AT(schedule), 0, 0, 0, RECIPE, "linear, cosine or constant (default: linear)"},
    {"warmup", "X", REAL, AT(warmup), 0.1, 0, 1e9, RECIPE,
     "share of the steps (below 1) or number of steps (default: 0.1)"},
    {"clip", "X", REAL, AT(clip), 1, 0, 1e30, RECIPE " bench", "largest norm of the gradients; 0: any (default: 1)"},
    {"dropout", "X", REAL, AT(dropout), -1, 0, 0.999, "train bench " PROBES,
     "replaces every dropout rate of the file that is not 0"},
    {"freeze", "PATTERN", LIST, AT(freeze), 0, 0, 0, RECIPE " bench",
     "parameters not to train, as in 'bert.*'; may be repeated"},
    {"max-length", "N", WHOLE, AT(max_length), 0, 4, 1e6, RUNS " export run recipe",
     "longest sequence in tokens (default: the model's positions)"},
    {"limit", "TASK=N", LIST, AT(limit), 0, 0, 0, RECIPE, "only the first N training rows of a task; may be repeated"},
    {"sampler", "NAME", TEXT, AT(sampler), 0, 0, 0, RECIPE,
     "which task comes next: {samplers} (default: proportional)"},
    {"share", "TASK=X", LIST, AT(share), 0, 0, 0, RECIPE,
     "how often a task comes, beside the others' shares (default 1 once one is given); may be repeated"},
    {"loss-weight", "TASK=X", LIST, AT(loss_weight), 0, 0, 0, RECIPE,
     "what a task's loss is multiplied with (default: 1); may be repeated"},
    {"cosines", NULL, FLAG, AT(cosines), 0, 0, 0, RECIPE,
     "with --sampler together: the cosines between tasks' gradients in the log, for a pass of each task"},
    {"pcgrad", NULL, FLAG, AT(pcgrad), 0, 0, 0, RECIPE,
     "with --sampler together: project out conflicting gradient components"},
    {"accumulate", "N", WHOLE, AT(accumulate), 1, 1, 65536, RECIPE,
     "batches of an update, as one large batch (default: 1)"},
    {"no-shuffle", NULL, FLAG, AT(no_shuffle), 0, 0, 0, RECIPE, "rows in file order, tasks in turn"},
    {"seed", "N", WHOLE, AT(seed), 1, 0, 4294967295.0, RECIPE " bench " PROBES,
     "of initial values, shuffling and dropout (default: 1)"},
    {"seeds", "A,B,...", TEXT, AT(seeds), 0, 0, 0, TRAIN,
     "a run for each seed, in OUT/seed-A and so on, then mean and deviation of their metrics"},
    {"threads", "N", WHOLE, AT(threads), 0, 1, 4096, RUNS " " PROBES, "threads (default: one a core)"},
    {"log", "FILE", TEXT, AT(log), 0, 0, 0, TRAIN, "JSON lines (default: log.jsonl in --out)"},
    {"tensorboard", "DIR", TEXT, AT(tensorboard), 0, 0, 0, TRAIN,
     "also write losses, rates and metrics as TensorBoard's event files"},
    {"grads", "FILE", TEXT, AT(grads), 0, 0, 0, TRAIN, "write the first step's gradients (safetensors)"},
    {"set", "NAME=VALUE", LIST, AT(set), 0, 0, 0, ALL, "a config value of the file; may be repeated"},
    {"json", NULL, FLAG, AT(json), 0, 0, 0, "eval bench", "results as one JSON object"},
    {"json", NULL, FLAG, AT(json), 0, 0, 0, TRAIN,
     "the log's events on standard output instead of progress and results"},
    {"report", NULL, FLAG, AT(report), 0, 0, 0, "eval",
     "also precision, recall, F1 and support of each class, and which is taken for which"},
    {"eval", NULL, FLAG, AT(eval), 0, 0, 0, "bench", "time evaluation instead of training"},
    {"no-eval", NULL, FLAG, AT(no_eval), 0, 0, 0, RECIPE, "no evaluation after epochs; the last weights are kept"},
    {"no-reuse", NULL, FLAG, AT(no_reuse), 0, 0, 0, RECIPE,
     "compute a frozen part without dropout anew in each epoch, not once"},
    {"best", "TASK.METRIC", TEXT, AT(best), 0, 0, 0, RECIPE,
     "what makes an epoch the best (default: overall, the tasks' mean score)"},
    {"patience", "N", WHOLE, AT(patience), 0, 0, 1e6, RECIPE,
     "stop after N epochs without a better one; 0: never (default: 0)"},
    {"profile", NULL, FLAG, AT(profile), 0, 0, 0, TRAIN, "at the end, where the time went, kernel by kernel"},
    {"resume", NULL, FLAG, AT(resume), 0, 0, 0, TRAIN,
     "go on from the last checkpoint in --out, or in the run's folder"},
    {"save-every", "N", WHOLE, AT(save_every), 0, 1, 1e12, RECIPE,
     "a checkpoint every N steps too (default: after each epoch)"},
    {"save-limit", "N", WHOLE, AT(save_limit), 2, 1, 1e6, RECIPE, "checkpoints to keep, the newest ones (default: 2)"},
    {"max-memory", "SIZE", TEXT, AT(max_memory), 0, 0, 0, TRAIN, "refuse a run that needs more: 512M, 4G"},
    {"dry-run", NULL, FLAG, AT(dry_run), 0, 0, 0, TRAIN,
     "only tell what would be done, and how long it would take here"},
    {"within", "TIME", TEXT, AT(within), 0, 0, 0, TRAIN,
     "as many epochs or steps as fit, --epochs at most: 90s, 45m or 2h"},
    {"quiet", NULL, FLAG, AT(quiet), 0, 0, 0, TRAIN, "no progress"},
    {"write", NULL, FLAG, AT(write), 0, 0, 0, "fmt", "put the result in the file's place"},
    {"stage", "NAME", TEXT, AT(stage), 0, 0, 0, "dump", "{stages}, kernels or all (default: fuse)"},
    {"graph", "NAME", TEXT, AT(graph), 0, 0, 0, "dump",
     "train, eval, update, together or all (default: train; all with --stage all)"},
    {"diff", "A B", PAIR, AT(diff), 0, 0, 0, "dump",
     "what differs between two stages of FILE, or, without FILE, between two files"},
    {"why", "NODE", TEXT, AT(why), 0, 0, 0, "dump",
     "where a node comes from: its number, a parameter, an input or an output"},
    {"full", NULL, FLAG, AT(full), 0, 0, 0, "dump opt run",
     "every layer by itself, where repeated ones are written once; every element of what is shown"},
    {"format", "NAME", TEXT, AT(format), 0, 0, 0, "dump", "text, dot, llvm or asm (default: text)"},
    {"cpu", "NAME", TEXT, AT(cpu), 0, 0, 0, RUNS " dump opt " PROBES,
     "make code for this CPU (default: the one at hand)"},
    {"lanes", "N", WHOLE, AT(lanes), 0, 4, 16, RUNS " dump opt " PROBES,
     "f32 lanes of the code: 4, 8 or 16 (default: as the CPU has)"},
    {"cache", "DIR", TEXT, AT(cache), 0, 0, 0, RUNS " cache " PROBES,
     "kernel cache (default: gradc in the user's cache folder)"},
    {"cache-size", "MB", WHOLE, AT(cache_size), 256, 0, 1e6, RUNS " cache " PROBES,
     "what the cache may hold; the kernels longest unused go first (default: 256)"},
    {"no-cache", NULL, FLAG, AT(no_cache), 0, 0, 0, RUNS " " PROBES,
     "compile all kernels anew and keep none; read and tokenise all texts anew and keep no tokens"},
    {"passes", "LIST", TEXT, AT(passes), 0, 0, 0, RUNS " dump opt " PROBES,
     "passes in order, of {passes}; or without some of the usual: -fuse,-demand"},
    {"remarks", NULL, FLAG, AT(remarks), 0, 0, 0, "dump opt",
     "also tell what the passes did to which line, and what they could not do and why"},
    {"time-passes", NULL, FLAG, AT(time_passes), 0, 0, 0, "dump opt", "also tell how long each pass took"},
    {"emit", "NAME", TEXT, AT(emit), 0, 0, 0, "opt", "ir, or the code of the kernels: llvm or asm (default: ir)"},
};

/* Other spellings, as Hugging Face has them. */
static const char *const aliases[][2] = {
    {"learning-rate", "lr"},
    {"batch-size", "batch"},
    {"num-train-epochs", "epochs"},
    {"max-steps", "steps"},
    {"output-dir", "out"},
    {"max-grad-norm", "clip"},
    {"warmup-ratio", "warmup"},
    {"max-seq-length", "max-length"},
    {"lr-scheduler-type", "schedule"},
    {"per-device-train-batch-size", "batch"},
    {"warmup-steps", "warmup"},
    {"gradient-accumulation-steps", "accumulate"},
    {"save-steps", "save-every"},
    {"save-total-limit", "save-limit"},
    {"metric-for-best-model", "best"},
    {"early-stopping-patience", "patience"},
};

enum { ROWS = sizeof rows / sizeof *rows, ALIASES = sizeof aliases / sizeof *aliases };

static bool lists_word(const char *list, const char *word) {
    size_t length = strlen(word);
    for (const char *at = list; (at = strstr(at, word)); at += length) {
        bool starts = at == list || at[-1] == ' ', ends = at[length] == ' ' || !at[length];
        if (starts && ends) return true;
    }
    return false;
}

static int row_of(const char *name) {
    for (int i = 0; i < ALIASES; i++) {
        if (strcmp(aliases[i][0], name) == 0) name = aliases[i][1];
    }
    for (int i = 0; i < ROWS; i++) {
        if (strcmp(rows[i].name, name) == 0) return i;
    }
    return -1;
}

static void *member_of(Options *options, const OptionRow *row) { return (char *)options + row->member; }

static void set_defaults(Options *options) {
    for (int i = 0; i < ROWS; i++) {
        if (rows[i].kind == WHOLE) *(int64_t *)member_of(options, &rows[i]) = (int64_t)rows[i].fallback;
        if (rows[i].kind == REAL) *(double *)member_of(options, &rows[i]) = rows[i].fallback;
    }
}

static void hint_row(const OptionRow *row, Diagnostics *diags) {
    diag_hint(diags, "--%s %s: %s", row->name, row->argument ? row->argument : "", row->help);
}

static bool set_number(Options *options, const OptionRow *row, const char *text, Pos pos, Diagnostics *diags) {
    char *end;
    double value = strtod(text, &end);
    bool whole = row->kind != WHOLE || value == floor(value);
    if (end == text || *end || !whole || !(value >= row->lowest && value <= row->highest)) {
        diag_error(diags, "E0910", pos, "--%s takes %s from %.6g to %.6g, not '%s'", row->name,
                   row->kind == WHOLE ? "a whole number" : "a number", row->lowest, row->highest, text);
        hint_row(row, diags);
        return false;
    }
    if (row->kind == WHOLE)
        *(int64_t *)member_of(options, row) = (int64_t)value;
    else
        *(double *)member_of(options, row) = value;
    return true;
}

static bool set_option(Options *options, const OptionRow *row, const char *text, Pos pos, Diagnostics *diags) {
    vec_push(diags->arena, &options->given, row->name);
    switch (row->kind) {
    case TEXT: *(const char **)member_of(options, row) = text; return true;
    case FLAG: *(bool *)member_of(options, row) = true; return true;
    case PAIR:
    case ONE_OR_TWO:
    case LIST: vec_push(diags->arena, (TextList *)member_of(options, row), text); return true;
    default: return set_number(options, row, text, pos, diags);
    }
}

static bool unknown_option(const char *command, const char *word, Diagnostics *diags) {
    const char *names[ROWS];
    int count = 0;
    for (int i = 0; i < ROWS; i++) {
        if (lists_word(rows[i].commands, command)) names[count++] = rows[i].name;
    }
    const char *bare = word + strspn(word, "-"), *near = nearest_name(bare, names, count);
    diag_error(diags, "E0911", (Pos){0}, "gradc %s has no option '%s'", command, word);
    if (near)
        diag_hint(diags, "did you mean --%s?", near);
    else
        diag_hint(diags, "gradc %s --help lists the options", command);
    return false;
}

/* The table as getopt_long wants it: the command's own options, then their aliases; `val` is the row. */
static void list_long_options(const char *command, struct option *list) {
    int count = 0;
    for (int i = 0; i < ROWS + ALIASES; i++) {
        const char *name = i < ROWS ? rows[i].name : aliases[i - ROWS][0];
        int row = i < ROWS ? i : row_of(name);
        if (!lists_word(rows[row].commands, command)) continue;
        list[count++] =
            (struct option){name, rows[row].kind == FLAG ? no_argument : required_argument, NULL, row + 256};
    }
    list[count] = (struct option){0};
}

static bool no_value(const char *word, int option, Diagnostics *diags) {
    diag_error(diags, "E0912", (Pos){0}, "%s needs a value", word);
    if (option >= 256) hint_row(&rows[option - 256], diags);
    return false;
}

bool options_parse(const char *command, int argc, char **argv, Options *options, Diagnostics *diags) {
    struct option list[ROWS + ALIASES + 1];
    list_long_options(command, list);
    *options = (Options){0};
    set_defaults(options);
    optind = 0;
    for (int got; (got = getopt_long(argc, argv, "-:", list, NULL)) != -1;) {
        if (got == ':') return no_value(argv[optind - 1], optopt, diags);
        if (got == '?') { /* of unknown letters only `optopt` says which */
            bool letter = optopt > 0 && optopt < 256;
            return unknown_option(command, letter ? arena_printf(diags->arena, "-%c", optopt) : argv[optind - 1],
                                  diags);
        }
        if (got >= 256) {
            const OptionRow *row = &rows[got - 256];
            if (!set_option(options, row, optarg, (Pos){0}, diags)) return false;
            if (row->kind == ONE_OR_TWO && options->file && optind < argc && argv[optind][0] != '-') {
                if (!set_option(options, row, argv[optind++], (Pos){0}, diags)) return false;
            }
            if (row->kind != PAIR) continue;
            if (optind == argc)
                return diag_error(diags, "E0912", (Pos){0}, "--%s needs two values: %s", row->name, row->argument);
            if (!set_option(options, row, argv[optind++], (Pos){0}, diags)) return false;
        } else if (options->file) {
            diag_error(diags, "E0913", (Pos){0}, "gradc %s takes one file or folder: '%s' is one too many", command,
                       optarg);
            diag_hint(diags, "the first is '%s'; a name with a blank needs quotes", options->file);
            return false;
        } else {
            options->file = optarg;
        }
    }
    return true;
}

/* What "{word}" in a help text stands for: the names that a table has. */
static const struct {
    const char *word;
    const char *(*names)(Arena *arena);
} lists[] = {{"{stages}", pipeline_stage_names}, {"{passes}", pipeline_pass_names}, {"{samplers}", sampler_rule_names}};

static void print_help_text(const char *help, FILE *out) {
    Arena *arena = arena_new();
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        const char *at = strstr(help, lists[i].word);
        if (at)
            help = arena_printf(arena, "%.*s%s%s", (int)(at - help), help, lists[i].names(arena),
                                at + strlen(lists[i].word));
    }
    fprintf(out, "%s\n", help);
    arena_free(arena);
}

void options_print(const char *command, FILE *out) {
    for (int i = 0; i < ROWS; i++) {
        if (!lists_word(rows[i].commands, command)) continue;
        char left[40];
        snprintf(left, sizeof left, "--%s %s", rows[i].name, rows[i].argument ? rows[i].argument : "");
        fprintf(out, "  %-22s ", left);
        print_help_text(rows[i].help, out);
    }
}

/* --- As JSON ------------------------------------------------------------------------------------------------------ */

/* NULL: not set. */
static json_t *value_to_json(const Options *options, const OptionRow *row) {
    const void *member = (const char *)options + row->member;
    const TextList *list = member;
    const char *text = row->kind == TEXT ? *(const char *const *)member : NULL;
    json_t *texts;
    switch (row->kind) {
    case TEXT: return text ? json_string(text) : NULL;
    case WHOLE: return json_integer((json_int_t) * (const int64_t *)member);
    case REAL: return json_real(*(const double *)member);
    case FLAG: return *(const bool *)member ? json_true() : NULL;
    default: break;
    }
    if (list->count == 0) return NULL;
    texts = json_array();
    for (int i = 0; i < list->count; i++) json_array_append_new(texts, json_string(list->items[i]));
    return texts;
}

json_t *options_to_json(const char *command, const Options *options) {
    json_t *values = json_object();
    for (int i = 0; i < ROWS; i++) {
        if (!lists_word(rows[i].commands, command)) continue;
        json_t *value = value_to_json(options, &rows[i]);
        if (value) json_object_set_new(values, rows[i].name, value);
    }
    return values;
}

static void value_from_json(const json_t *value, const OptionRow *row, Options *options, Arena *arena) {
    void *member = member_of(options, row);
    if (row->kind == TEXT && json_is_string(value))
        *(const char **)member = arena_strdup(arena, json_string_value(value));
    if (row->kind == WHOLE && json_is_integer(value)) *(int64_t *)member = json_integer_value(value);
    if (row->kind == REAL && json_is_number(value)) *(double *)member = json_number_value(value);
    if (row->kind == FLAG) *(bool *)member = json_is_true(value);
    for (size_t i = 0; row->kind == LIST && i < json_array_size(value); i++) {
        const char *text = json_string_value(json_array_get(value, i));
        if (text) vec_push(arena, (TextList *)member, arena_strdup(arena, text));
    }
}

/* Among the first of those that were given? */
static bool is_among(const Options *options, int count, const char *name) {
    for (int i = 0; i < count; i++) {
        if (strcmp(options->given.items[i], name) == 0) return true;
    }
    return false;
}

/* What it sets counts as given: a run is repeated as it was, whatever its text says. */
void options_from_json(const char *command, const json_t *values, Options *options, Diagnostics *diags) {
    int from_outside = options->given.count;
    for (int i = 0; i < ROWS; i++) {
        const json_t *value = json_object_get(values, rows[i].name);
        if (!value || !lists_word(rows[i].commands, command) || is_among(options, from_outside, rows[i].name)) continue;
        value_from_json(value, &rows[i], options, diags->arena);
        vec_push(diags->arena, &options->given, rows[i].name);
    }
}

/* --- Settings in the text of a program ---------------------------------------------------------------------------- */

/* "layer_decay" is the option layer-decay. */
static const char *option_name(const char *setting, Arena *arena) {
    char *name = arena_strdup(arena, setting);
    for (char *at = name; (at = strchr(at, '_')); at++) *at = '-';
    return name;
}

static const OptionRow *unknown_setting(const Setting *setting, const char *name, Diagnostics *diags) {
    const char *names[ROWS];
    int count = 0, row = row_of(name);
    for (int i = 0; i < ROWS; i++) {
        if (lists_word(rows[i].commands, "recipe")) names[count++] = option_name(rows[i].name, diags->arena);
    }
    diag_error(diags, "E0982", setting->pos, "'%s' is not a setting that a graph file can have", setting->name);
    bool is_option = row >= 0 && lists_word(rows[row].commands, "train");
    const char *near = nearest_name(setting->name, names, count);
    if (is_option)
        diag_hint(diags, "it belongs to one machine or one run: give --%s on the command line", rows[row].name);
    else if (near)
        diag_hint(diags, "did you mean '%s'?", near);
    else
        diag_hint(diags, "they are the options of `gradc train` that decide the weights, with _ for -");
    return NULL;
}

static const OptionRow *find_setting(const Setting *setting, Diagnostics *diags) {
    const char *name = option_name(setting->name, diags->arena);
    int row = row_of(name);
    for (int i = row < 0 ? ROWS : row; i < ROWS; i++) { /* an option may have rows for several commands */
        if (strcmp(rows[i].name, rows[row].name) == 0 && lists_word(rows[i].commands, "recipe")) return &rows[i];
    }
    return unknown_setting(setting, name, diags);
}

static bool check_count(const Setting *setting, const OptionRow *row, Diagnostics *diags) {
    bool good = row->kind == FLAG   ? setting->n_values == 0
                : row->kind == LIST ? setting->n_values > 0
                                    : setting->n_values == 1;
    if (good) return true;
    const char *form = row->kind == FLAG   ? "stands alone, without a value"
                       : row->kind == LIST ? "needs a value"
                                           : "has one value";
    diag_error(diags, "E0982", setting->pos, "'%s' %s", setting->name, form);
    hint_row(row, diags);
    return false;
}

bool options_from_settings(const Program *program, Options *options, Diagnostics *diags) {
    int from_outside = options->given.count;
    for (int i = 0; i < program->settings.count; i++) {
        const Setting *setting = &program->settings.items[i];
        const OptionRow *row = find_setting(setting, diags);
        if (!row || !check_count(setting, row, diags)) return false;
        if (is_among(options, from_outside, row->name)) continue;
        for (int j = 0; j < (row->kind == FLAG ? 1 : setting->n_values); j++) {
            if (!set_option(options, row, setting->values[j], setting->pos, diags)) return false;
        }
    }
    return true;
}

/* " --name value" for each value; nothing where it is as by default. */
static const char *row_text(const Options *options, const OptionRow *row, Arena *arena) {
    const void *member = (const char *)options + row->member;
    const TextList *list = member;
    const char *text = "";
    double number = row->kind == WHOLE  ? (double)*(const int64_t *)member
                    : row->kind == REAL ? *(const double *)member
                                        : row->fallback;
    if (number != row->fallback) return arena_printf(arena, " --%s %.10g", row->name, number);
    if (row->kind == TEXT && *(const char *const *)member)
        return arena_printf(arena, " --%s %s", row->name, *(const char *const *)member);
    if (row->kind == FLAG && *(const bool *)member) return arena_printf(arena, " --%s", row->name);
    for (int i = 0; row->kind == LIST && i < list->count; i++)
        text = arena_printf(arena, "%s --%s '%s'", text, row->name, list->items[i]);
    return text;
}

const char *options_settings_text(const Options *options, Arena *arena) {
    const char *text = "";
    for (int i = 0; i < ROWS; i++) {
        if (lists_word(rows[i].commands, "recipe"))
            text = arena_printf(arena, "%s%s", text, row_text(options, &rows[i], arena));
    }
    return *text ? text + 1 : text;
}
