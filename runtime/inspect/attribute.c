/* Attribute. */
#include "runtime/inspect/attribute.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/count_text.h"

enum { DOUBLINGS = 3 };
static const double most_error = 0.01;

/* --- Points ------------------------------------------------------------------------------------------------------- */

/* Legendre's polynomial of degree n at x, and its derivative. */
static double legendre(int64_t n, double x, double *slope) {
    double before = 1, now = x;
    for (int64_t k = 2; k <= n; k++) {
        double next = ((double)(2 * k - 1) * x * now - (double)(k - 1) * before) / (double)k;
        before = now, now = next;
    }
    *slope = (double)n * (x * now - before) / (x * x - 1);
    return now;
}

/* Its roots, by Newton's method from Tricomi's approximation. */
void gauss_legendre(int64_t count, double *points, double *weights) {
    for (int64_t i = 0; i < count; i++) {
        double x = -cos(acos(-1.0) * ((double)i + 0.75) / ((double)count + 0.5)), slope = 1;
        for (int step = 0; step < 20; step++) x -= legendre(count, x, &slope) / slope;
        legendre(count, x, &slope);
        points[i] = (1 + x) / 2;
        weights[i] = 1 / ((1 - x * x) * slope * slope);
    }
}

/* --- Tokens of a row ---------------------------------------------------------------------------------------------- */

typedef struct RowAtHand {
    TokenList texts[2];
    TokenIds ids, segments, sources;
    int n_texts;
} RowAtHand;

static void row_free(RowAtHand *row) {
    for (int i = 0; i < 2; i++) token_list_free(&row->texts[i]);
    token_ids_free(&row->ids);
    token_ids_free(&row->segments);
    token_ids_free(&row->sources);
}

static void tokenise(const Attributor *a, const char *const *texts, RowAtHand *row) {
    const Tokenizer *tokenizer = a->s->tokenizer;
    const TextInput *in = &a->task->inputs[0];
    TokenizerWork *work = tokenizer_work(tokenizer);
    row->n_texts = in->n_columns;
    for (int i = 0; i < row->n_texts; i++) {
        row->texts[i].wants_spans = true;
        tokenizer_encode_spans(tokenizer, work, texts[i], strlen(texts[i]), &row->texts[i]);
    }
    tokenizer_assemble(tokenizer, &row->texts[0].ids, row->n_texts > 1 ? &row->texts[1].ids : NULL, a->s->max_length,
                       (AssembledTokens){&row->ids, &row->segments, &row->sources});
    for (int64_t i = 0; a->s->program->segments < 2 && i < row->segments.count; i++) row->segments.items[i] = 0;
    tokenizer_work_free(work);
}

/* The bytes that a token of the sequence was made of, and of which text; -1: of none. */
static int text_of(const RowAtHand *row, int64_t i, TokenSpan *span) {
    int64_t source = row->sources.items[i], first = row->texts[0].ids.count;
    if (source == FROM_TEMPLATE) return -1;
    *span = source < first ? row->texts[0].spans[source] : row->texts[1].spans[source - first];
    return source >= first;
}

/* --- The graph ---------------------------------------------------------------------------------------------------- */

static bool cannot(const Attributor *a, const char *why) {
    diag_error(a->s->diags, "E0968", a->task->pos, "the score of '%s' cannot be attributed to words: %s", a->task->name,
               why);
    return false;
}

static bool counts_sequences(const Graph *graph, Dim dim) {
    return !dim_is_const(dim) && dim.scale == 1 && !dim.offset &&
           graph->symbols.roles[dim.symbol].kind == ROLE_SEQUENCES;
}

static bool make_graph(Attributor *a) {
    const TextInput *in = &a->task->inputs[0];
    if (a->task->n_inputs != 1 || in->window) return cannot(a, "it has several texts apart, or windows");
    if (!embedded_graph(a->task->eval, task_output(a->task, prediction_role), &a->embedded))
        return cannot(a, "its tokens are not embedded by one table");
    const Type *type = &a->embedded.type;
    if (!counts_sequences(a->embedded.graph, type->dims[0]) || !dim_is_const(type->dims[1]))
        return cannot(a, "it has no row for each text");
    a->columns = type->dims[1].offset;
    return true;
}

static bool compile(Attributor *a) {
    static const char *const wanted[] = {"embedded"};
    CompileFor on = {a->s->target, a->s->cache, a->s->team};
    PipelineOptions options = {.passes = a->s->source.passes, .wanted = wanted, .n_wanted = 1};
    a->compiled = compiled_new(a->embedded.graph, &options, &on, a->s->diags);
    return a->compiled != NULL;
}

static bool load_weights(Attributor *a) {
    a->params = session_parameters(a->s);
    if (!a->params) return false;
    bool *read = arena_array(a->s->arena, (size_t)a->params->n_slots + 1, sizeof *read);
    for (int i = 0; i < a->task->n_params; i++) read[a->task->params[i]] = true;
    return session_load_weights(a->s, a->params, NEED_ANSWERS, read);
}

bool attributor_open(Attributor *a, Session *s, int task) {
    *a = (Attributor){.s = s, .task = &s->program->tasks.items[task]};
    if (!make_graph(a) || !session_load_tokenizer(s) || !session_choose_length(s) || !session_open_machine(s))
        return false;
    if (!load_weights(a) || !compile(a)) return false;
    if (tokenizer_specials(s->tokenizer).pad < 0) return cannot(a, "its tokenizer has no padding token as a baseline");
    const ParamSlot *table = &a->params->slots[program_find_param(s->program, a->embedded.table)];
    a->width = table->param->type.dims[1].offset;
    return true;
}

void attributor_close(Attributor *a) {
    compiled_free(a->compiled);
    graph_free(a->embedded.graph);
    parameters_free(a->params);
}

/* --- A batch: the row at each of some points between baseline (0) and text (1) ------------------------------------ */

typedef struct PointBatch {
    const Attributor *a;
    const RowAtHand *row;
    int64_t count;
    const double *points; /* [count] */
    const bool *out;      /* [count, tokens]: which are taken out; NULL: none */
    double *scores;       /* [count, columns] */
    double *gradients;    /* [count, tokens, width]; NULL: not wanted */
} PointBatch;

static bool is_in(const PointBatch *b, int64_t point, int64_t token) {
    return !b->out || !b->out[point * b->row->ids.count + token];
}

/* Rows of the table: of a token, and of what it is in the baseline. */
static void embedding_rows(const PointBatch *b, int64_t token, const float **own, const float **base) {
    const ParamSlot *slot = &b->a->params->slots[program_find_param(b->a->s->program, b->a->embedded.table)];
    const float *table = b->a->params->weights + slot->offset;
    bool is_text = b->row->sources.items[token] != FROM_TEMPLATE;
    int32_t id = b->row->ids.items[token], pad = tokenizer_specials(b->a->s->tokenizer).pad;
    *own = table + id * b->a->width;
    *base = table + (is_text ? pad : id) * b->a->width;
}

/* The next row of `leaf`, for a token at a point. */
static void give_embedding(const PointBatch *b, LeafValue *leaf, int64_t at, int64_t point, int64_t token) {
    const float *own, *base;
    embedding_rows(b, token, &own, &base);
    for (int64_t c = 0; c < b->a->width; c++)
        values_set(leaf, at * b->a->width + c, (double)base[c] + b->points[point] * ((double)own[c] - (double)base[c]));
}

/* Sequences end to end, one for each point. */
static void give_text(const PointBatch *b, Values *values) {
    int64_t tokens = b->row->ids.count, at = 0,
            *bounds = arena_array(values->arena, (size_t)b->count + 1, sizeof *bounds);
    int32_t *ids = arena_array(values->arena, (size_t)(b->count * tokens) + 1, sizeof *ids);
    int32_t *segments = arena_array(values->arena, (size_t)(b->count * tokens) + 1, sizeof *segments);
    LeafValue *leaf = values_add(values, "embedded", ELEM_F32, b->count * tokens * b->a->width);
    for (int64_t p = 0; p < b->count; p++) {
        for (int64_t t = 0; t < tokens; t++) {
            if (!is_in(b, p, t)) continue;
            ids[at] = b->row->ids.items[t], segments[at] = b->row->segments.items[t];
            give_embedding(b, leaf, at++, p, t);
        }
        bounds[p + 1] = at;
    }
    values_text(values, b->a->task->inputs[0].name, b->count, bounds, ids, segments);
}

static bool run_points(PointBatch *b, int64_t column) {
    const Attributor *a = b->a;
    Values *values = values_new();
    give_text(b, values);
    values_add_role(values, (Role){.kind = ROLE_RNG}, ELEM_I32, 2); /* nothing is drawn, but attention takes a key */
    LeafValue *chosen = values_add(values, "chosen", ELEM_F32, b->count * a->columns);
    for (int64_t p = 0; column >= 0 && p < b->count; p++) values_set(chosen, p * a->columns + column, 1);
    for (int i = 0; i < a->params->n_slots; i++) {
        const ParamSlot *slot = &a->params->slots[i];
        values_borrow(values, slot->param->name, a->params->weights + slot->offset, slot->count);
    }
    const Role gradient = {.kind = ROLE_GRADIENT, .of = "embedded"}, score = {.kind = ROLE_COMPARED};
    bool good = compiled_run(a->compiled, values, a->s->diags) && compiled_read_role(a->compiled, score, b->scores) &&
                (!b->gradients || compiled_read_role(a->compiled, gradient, b->gradients));
    values_free(values);
    return good;
}

/* --- Words -------------------------------------------------------------------------------------------------------- */

static bool is_of_word(char c) { return isalnum((unsigned char)c) || (c & 0x80) || c == '\''; }

/* Pieces are of one word when nothing is between them and both are letters or digits where they meet. */
static bool continues(const AttributedWord *word, int text, TokenSpan span, const char *const *texts) {
    return word->text == text && span.from > 0 && word->to >= span.from && is_of_word(texts[text][span.from - 1]) &&
           is_of_word(texts[text][span.from]);
}

static void add_token(Attribution *of, const RowAtHand *row, int64_t token, double contribution,
                      const char *const *texts, Arena *arena) {
    TokenSpan span;
    int text = text_of(row, token, &span);
    if (text < 0) return; /* it is the same in the baseline: nothing comes of it */
    AttributedWord *last = of->words.count ? &of->words.items[of->words.count - 1] : NULL;
    if (last && continues(last, text, span, texts)) {
        last->to = span.to > last->to ? span.to : last->to;
        last->contribution += contribution;
    } else {
        vec_push(arena, &of->words, ((AttributedWord){text, span.from, span.to, contribution}));
    }
}

/* --- A row -------------------------------------------------------------------------------------------------------- */

/* What the gradient along the way adds up to, for one token. */
static double contribution_of(const PointBatch *b, const double *weights, int64_t token) {
    int64_t tokens = b->row->ids.count, width = b->a->width;
    const float *own, *base;
    double sum = 0;
    embedding_rows(b, token, &own, &base);
    for (int64_t p = 0; p < b->count; p++) {
        const double *gradient = b->gradients + (p * tokens + token) * width;
        double along = 0;
        for (int64_t c = 0; c < width; c++) along += gradient[c] * ((double)own[c] - (double)base[c]);
        sum += weights[p] * along;
    }
    return sum;
}

static int64_t best_column(const double *scores, int64_t columns) {
    int64_t best = 0;
    for (int64_t i = 1; i < columns; i++) best = scores[i] > scores[best] ? i : best;
    return best;
}

/* Both ends of the way. */
static bool find_ends(const Attributor *a, const RowAtHand *row, Attribution *of, Arena *arena) {
    double *scores = arena_array(arena, 2 * (size_t)a->columns, sizeof *scores);
    PointBatch ends = {.a = a, .row = row, .count = 2, .points = (double[]){1, 0}, .scores = scores};
    if (!run_points(&ends, -1)) return false;
    if (of->column < 0) of->column = best_column(scores, a->columns);
    of->score = of->sign * scores[of->column];
    of->baseline = of->sign * scores[a->columns + of->column];
    return true;
}

static bool integrate(const Attributor *a, const RowAtHand *row, const char *const *texts, Attribution *of,
                      Arena *arena) {
    Arena *scratch = arena_new();
    int64_t tokens = row->ids.count;
    size_t count = (size_t)of->points;
    double *points = arena_array(scratch, count, sizeof *points),
           *weights = arena_array(scratch, count, sizeof *weights);
    PointBatch b = {.a = a, .row = row, .count = of->points, .points = points};
    b.scores = arena_array(scratch, count * (size_t)a->columns, sizeof *b.scores);
    b.gradients = arena_array(scratch, count * (size_t)(tokens * a->width), sizeof *b.gradients);
    gauss_legendre(of->points, points, weights);
    bool good = run_points(&b, of->column);
    double sum = 0, whole = of->score - of->baseline;
    of->words.count = 0;
    for (int64_t t = 0; good && t < tokens; t++) {
        double contribution = of->sign * contribution_of(&b, weights, t);
        sum += contribution;
        add_token(of, row, t, contribution, texts, arena);
    }
    of->error = fabs(sum - whole) / fmax(fabs(whole), 1e-6);
    arena_free(scratch);
    return good;
}

/* --- Its own check ------------------------------------------------------------------------------------------------ */

/* The numbers of the words, those first that count most. */
static int64_t *words_by_size(const Attribution *of, Arena *arena) {
    int64_t *order = arena_array(arena, (size_t)of->words.count + 1, sizeof *order);
    for (int64_t i = 0; i < of->words.count; i++) {
        int64_t at = i;
        double size = fabs(of->words.items[i].contribution);
        for (; at > 0 && fabs(of->words.items[order[at - 1]].contribution) < size; at--) order[at] = order[at - 1];
        order[at] = i;
    }
    return order;
}

/* The first `taken` of `order` come in any order, each set as often as another (Fisher and Yates). */
static void draw_words(int64_t *order, int64_t count, int64_t taken, uint64_t *state) {
    for (int64_t i = 0; i < taken; i++) {
        int64_t other = i + (int64_t)(values_uniform(state) * (double)(count - i)), kept = order[i];
        order[i] = order[other];
        order[other] = kept;
    }
}

static void take_out(const RowAtHand *row, const Attribution *of, const int64_t *order, bool *out) {
    for (int64_t t = 0; t < row->ids.count; t++) {
        TokenSpan span;
        int text = text_of(row, t, &span);
        for (int64_t i = 0; text >= 0 && i < of->taken; i++) {
            const AttributedWord *word = &of->words.items[order[i]];
            out[t] |= word->text == text && span.from >= word->from && span.from < word->to;
        }
    }
}

static bool check_row(const Attributor *a, const RowAtHand *row, Attribution *of) {
    enum { SETS = 1 + RANDOM_DRAWS };
    Arena *scratch = arena_new();
    uint64_t state = 1;
    double points[SETS], *scores = arena_array(scratch, (size_t)(SETS * a->columns), sizeof *scores);
    bool *out = arena_array(scratch, (size_t)(SETS * row->ids.count), sizeof *out);
    int64_t *order = words_by_size(of, scratch);
    of->taken = (of->words.count + 4) / 5;
    for (int i = 0; i < SETS; i++) {
        points[i] = 1;
        if (i) draw_words(order, of->words.count, of->taken, &state);
        take_out(row, of, order, out + i * row->ids.count);
    }
    PointBatch b = {.a = a, .row = row, .count = SETS, .points = points, .out = out, .scores = scores};
    bool good = run_points(&b, -1);
    for (int i = 0; good && i < SETS; i++) {
        double moved = fabs(of->sign * scores[i * a->columns + of->column] - of->score);
        *(i ? &of->moved_at_random : &of->moved) += i ? moved / RANDOM_DRAWS : moved;
    }
    arena_free(scratch);
    return good;
}

/* --- All of it ---------------------------------------------------------------------------------------------------- */

static bool not_complete(const Attributor *a, const Attribution *of) {
    diag_error(a->s->diags, "E0969", (Pos){0},
               "contributions do not add up: with %s they miss the difference of the scores by a hundredth or more",
               count_text(of->points, "point").text);
    diag_hint(a->s->diags, "take more with --points");
    return false;
}

bool attribute_row(Attributor *a, const char *const *texts, int64_t points, Attribution *of, Arena *arena) {
    RowAtHand row = {0};
    tokenise(a, texts, &row);
    of->points = points;
    bool good = find_ends(a, &row, of, arena) && integrate(a, &row, texts, of, arena);
    for (int i = 0; good && of->error >= most_error && i < DOUBLINGS; i++) {
        of->points *= 2;
        good = integrate(a, &row, texts, of, arena);
    }
    good = good && (of->error < most_error || not_complete(a, of)) && check_row(a, &row, of);
    row_free(&row);
    return good;
}
