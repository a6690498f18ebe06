/* gradc attribute: what each word of a text contributed to a class or a score. */
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "graph/base/count_text.h"
#include "runtime/commands/commands.h"
#include "runtime/commands/run_options.h"
#include "runtime/data/given_texts.h"
#include "runtime/inspect/attribute.h"

enum { POINTS = 50 };

typedef struct Attributing {
    Session *s;
    const Options *o;
    Attributor attributor;
} Attributing;

/* --- The class ---------------------------------------------------------------------------------------------------- */

/* By its name, or its number; -1: there is none. */
static int64_t find_class(const Label *label, const char *name) {
    for (int64_t i = 0; i < label->classes; i++) {
        char number[24];
        snprintf(number, sizeof number, "%" PRId64, i);
        if (strcmp(label->names ? label->names[i] : number, name) == 0) return i;
    }
    return -1;
}

/* Of a score of one column the second of two classes is what speaks for it. */
static bool choose_class(const Attributing *c, Attribution *of) {
    const Attributor *a = &c->attributor;
    const Label *label = task_label(a->task);
    *of = (Attribution){.column = a->columns == 1 ? 0 : -1, .sign = 1};
    if (!c->o->class) return true;
    int64_t class = find_class(label, c->o->class);
    bool fits = class >= 0 && (class < a->columns || (a->columns == 1 && label->classes == 2));
    if (!fits) {
        diag_error(c->s->diags, "E0968", a->task->pos, "'%s' has no class '%s'", a->task->name, c->o->class);
        if (label->names) diag_hint_nearest(c->s->diags, c->o->class, label->names, (int)label->classes);
        return false;
    }
    of->column = a->columns == 1 ? 0 : class;
    of->sign = a->columns == 1 && class == 0 ? -1 : 1;
    return true;
}

/* What the score is of: "good", "3"; of one column without --class the score itself. */
static const char *class_text(const Attributing *c, const Attribution *of) {
    const Attributor *a = &c->attributor;
    const Label *label = task_label(a->task);
    if (c->o->class) return c->o->class;
    if (a->columns == 1) return "score";
    return label->names ? label->names[of->column] : arena_printf(c->s->arena, "%" PRId64, of->column);
}

/* --- Showing ------------------------------------------------------------------------------------------------------ */

static const char *baseline_token(const Attributing *c) {
    return tokenizer_token(c->s->tokenizer, tokenizer_specials(c->s->tokenizer).pad);
}

static const char *word_text(const Attributing *c, const AttributedWord *word, const char *const *texts) {
    return arena_strndup(c->s->arena, texts[word->text] + word->from, (size_t)(word->to - word->from));
}

static void print_table(const Attributing *c, const Attribution *of, const char *const *texts) {
    printf("%s, %s: %.6g; %.6g with %s for each token of the text; %s, completeness error %.3f %%\n",
           c->attributor.task->name, class_text(c, of), of->score, of->baseline, baseline_token(c),
           count_text(of->points, "point").text, 100 * of->error);
    printf("taking out %s moves it by %.4f where they count most, by %.4f where they are drawn (mean of %s)\n",
           count_text(of->taken, "word").text, of->moved, of->moved_at_random, count_text(RANDOM_DRAWS, "draw").text);
    for (int i = 0; i < of->words.count; i++) {
        const AttributedWord *word = &of->words.items[i];
        printf("%+10.4f  %s\n", word->contribution, word_text(c, word, texts));
    }
}

static void print_line(const Attributing *c, const Attribution *of, const char *const *texts) {
    json_t *words = json_array();
    for (int i = 0; i < of->words.count; i++) {
        const AttributedWord *word = &of->words.items[i];
        json_array_append_new(words, json_pack("{s:s, s:i, s:I, s:I, s:f}", "word", word_text(c, word, texts), "text",
                                               word->text, "from", (json_int_t)word->from, "to", (json_int_t)word->to,
                                               "contribution", word->contribution));
    }
    json_t *line =
        json_pack("{s:s, s:s, s:f, s:f, s:s, s:I, s:f, s:I, s:f, s:f, s:o}", "task", c->attributor.task->name, "of",
                  class_text(c, of), "score", of->score, "baseline_score", of->baseline, "baseline", baseline_token(c),
                  "points", (json_int_t)of->points, "error", of->error, "taken_out", (json_int_t)of->taken, "moved",
                  of->moved, "moved_at_random", of->moved_at_random, "words", words);
    json_dumpf(line, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(line);
}

/* --- The command -------------------------------------------------------------------------------------------------- */

static bool attribute_texts(Attributing *c, const char *const *texts) {
    Attribution of;
    if (!choose_class(c, &of)) return false;
    if (!attribute_row(&c->attributor, texts, c->o->points ? c->o->points : POINTS, &of, c->s->arena)) return false;
    (c->o->json ? print_line : print_table)(c, &of, texts);
    return true;
}

static bool attribute_given(Attributing *c) {
    const TextList *given = &c->o->text;
    int texts = task_texts(c->attributor.task);
    bool good = texts_make_rows(c->attributor.task, given->count, c->s->diags);
    for (int i = 0; good && i < given->count; i += texts) good = attribute_texts(c, given->items + i);
    return good;
}

/* Rows of a file in the task's format; the data set keeps their texts. */
static bool attribute_file(Attributing *c) {
    const TextInput *in = &c->attributor.task->inputs[0];
    DatasetOptions options = session_dataset_options(c->s, "dev");
    options.path = c->o->input, options.keep = in->columns, options.n_keep = in->n_columns;
    Dataset *data = dataset_load(c->attributor.task, &options, c->s->diags);
    bool good = data != NULL;
    for (int64_t i = 0; good && i < data->rows; i++) {
        const char *texts[2];
        for (int j = 0; j < in->n_columns; j++)
            texts[j] = table_cell(data->table, data->table_rows[i], data->kept + j, NULL);
        good = attribute_texts(c, texts);
    }
    dataset_free(data);
    return good;
}

static bool check_source(const Attributing *c) {
    if (!c->o->text.count || !c->o->input) return true;
    return diag_error(c->s->diags, "E0976", (Pos){0}, "--text and --input both give rows: leave one of them out");
}

static bool attribute(Attributing *c) {
    int task = check_source(c) ? session_only_task(c->s, c->o->task, "attribute") : -1;
    if (task < 0 || !attributor_open(&c->attributor, c->s, task)) return false;
    return c->o->input ? attribute_file(c) : attribute_given(c);
}

int command_attribute(const Options *given, Diagnostics *diags) {
    Session session = {0};
    Options options;
    bool good = session_of_options("attribute", given, &options, &session, diags);
    Attributing state = {.s = &session, .o = &options};
    good = good && attribute(&state);
    attributor_close(&state.attributor);
    session_close(&session);
    return good ? 0 : 1;
}
