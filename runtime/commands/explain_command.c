/* gradc explain: what a diagnostic, an operator, a pass, a metric, a role or a word of the language is, from their
 * tables, and what a function of the prelude is, from its text. */
#include <string.h>

#include "frontend/frontend.h"
#include "graph/base/explanations.h"
#include "passes/pipeline.h"
#include "runtime/commands/commands.h"
#include "runtime/inspect/reference.h"
#include "runtime/measure/metrics.h"

/* Lines of an example, under a word. */
static void print_example(const char *word, const char *text) {
    if (!text) return;
    printf("\n%s\n", word);
    while (*text) {
        size_t length = strcspn(text, "\n");
        printf("    %.*s\n", (int)length, text);
        text += length + (text[length] == '\n');
    }
}

static bool explain_code(const char *code) {
    const Explanation *row = explanation_find(code);
    if (!row) return false;
    printf("%s: %s\n%s\n", row->code, row->title, row->text);
    print_example("wrong:", row->wrong);
    print_example(row->wrong ? "right:" : "for example:", row->right);
    return true;
}

static bool explain_operator(const char *name) {
    Op op;
    if (!op_find(name, &op)) return false;
    reference_operator(op, stdout);
    return true;
}

/* "needs   that no node is in a kernel" for each fact of the list. */
static void print_facts(const char *verb, const char *list) {
    for (int i = 0; pipeline_fact(i); i++) {
        const Fact *fact = pipeline_fact(i);
        if (fact_is_in(fact, list)) printf("%-7s that %s\n", verb, fact->means);
    }
}

static bool explain_pass(const char *name) {
    const PassInfo *pass;
    for (int i = 0; (pass = pipeline_pass(i)); i++) {
        if (strcmp(pass->name, name) == 0) break;
    }
    if (!pass) return false;
    bool alone = strcmp(pass->graphs, "1 to 1") == 0;
    printf("%s: a pass over %s%s: %s\n", name, alone ? "the graph" : "graphs, ", alone ? "" : pass->graphs, pass->does);
    print_facts("needs", pass->needs);
    print_facts("gives", pass->gives);
    print_facts("breaks", pass->breaks);
    return true;
}

static bool explain_function(const char *name) {
    Arena *arena = arena_new();
    const char *text = prelude_definition(name, arena);
    if (text) printf("A function of the prelude:\n\n%s\n", text);
    arena_free(arena);
    return text != NULL;
}

static bool explain_metric(const char *name) {
    const Metric *metric = metric_find(name);
    if (!metric) return false;
    printf("%s: a metric: %s; %s is better\n", name, metric->means, metric->lower_is_better ? "lower" : "higher");
    return true;
}

/* What a batch brings, by its name, or of a size by its letter. */
static bool explain_role(const char *name) {
    bool known = false;
    for (int i = ROLE_NONE + 1; i < ROLE_KINDS; i++) {
        const RoleInfo *info = role_info((RoleKind)i);
        bool letter = info->on == ON_SYMBOL && strcmp(info->type, name) == 0;
        if (!letter && strcmp(info->name, name) != 0) continue;
        printf("%s: %s%s: %s\n", name, letter ? "a size, " : "", info->type, info->means);
        known = true;
    }
    return known;
}

static bool explain_word(const char *word) {
    bool known = false;
    for (const LanguageWord *row = NULL; (row = language_word(word, row)); known = true) {
        printf("%s: of the language: %s\n", word, row->means);
        print_example("for example:", row->example);
    }
    return known;
}

static void hint_names(const char *word, Diagnostics *diags) {
    const char *names[OP_COUNT];
    for (int i = 0; i < OP_COUNT; i++) names[i] = op_name((Op)i);
    if (*word == 'E' || !diag_hint_nearest(diags, word, names, OP_COUNT))
        diag_hint(diags, "codes look like E0810 and are shown in brackets in every message");
}

int command_explain(const Options *options, Diagnostics *diags) {
    const char *word = options->file;
    if (explain_code(word)) return 0;
    bool known = explain_operator(word);
    known |= reference_section(word, stdout);
    known |= explain_pass(word);
    known |= explain_function(word);
    known |= explain_metric(word);
    known |= explain_role(word);
    known |= explain_word(word);
    if (known) return 0;
    diag_error(diags, "E0918", (Pos){0},
               "'%s' is not a diagnostic, operator, pass, function, metric, role or word of the language", word);
    hint_names(word, diags);
    return 1;
}
