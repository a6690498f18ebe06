/* Help: the options of a command, group by group. */
#include <string.h>

#include "passes/pipeline.h"
#include "runtime/commands/help.h"
#include "runtime/data/sampler.h"
#include "runtime/report/pictures.h"

static const char *const headings[GROUPS] = {
    [FIRST] = "first of all",  [DATA] = "data",     [MODEL] = "model",    [OPTIMISATION] = "optimisation",
    [MULTITASK] = "multitask", [OUTPUT] = "output", [MACHINE] = "machine"};

/* What "{word}" in a help text stands for: the names that a table has. */
static const struct {
    const char *word;
    const char *(*names)(Arena *arena);
} lists[] = {{"{stages}", pipeline_stage_names},
             {"{passes}", pipeline_pass_names},
             {"{samplers}", sampler_rule_names},
             {"{pictures}", picture_kind_names}};

const char *option_group_title(OptionGroup group) { return headings[group]; }

const char *option_help(const OptionRow *row, Arena *arena) {
    const char *help = row->help;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        const char *at = strstr(help, lists[i].word);
        if (at)
            help = arena_printf(arena, "%.*s%s%s", (int)(at - help), help, lists[i].names(arena),
                                at + strlen(lists[i].word));
    }
    return help;
}

static void print_row(const OptionRow *row, FILE *out) {
    enum { LEFT = 22 };
    Arena *arena = arena_new();
    const char *left = arena_printf(arena, "--%s %s", row->name, row->argument ? row->argument : "");
    fprintf(out, "  %-*s ", LEFT, left);
    if (strlen(left) > LEFT) fprintf(out, "\n  %*s ", LEFT, "");
    fprintf(out, "%s\n", option_help(row, arena));
    arena_free(arena);
}

static void print_group(const char *command, OptionGroup group, FILE *out) {
    int at = 0;
    const OptionRow *row = option_next(command, group, &at);
    if (row) fprintf(out, "%s%s:\n", group == FIRST ? "" : "\n", headings[group]);
    for (; row; row = option_next(command, group, &at)) print_row(row, out);
}

static void print_aliases(const char *command, FILE *out) {
    int at = 0;
    const OptionAlias *alias = option_next_alias(command, &at);
    if (alias) fputs("\nother spellings, as Hugging Face has them; all names may have _ for -:\n", out);
    for (; alias; alias = option_next_alias(command, &at)) fprintf(out, "  --%-30s --%s\n", alias->other, alias->name);
}

void options_print(const char *command, FILE *out) {
    for (OptionGroup group = FIRST; group < GROUPS; group++) print_group(command, group, out);
    print_aliases(command, out);
}
