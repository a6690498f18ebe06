/* Rates of parameters by pattern and by layer. */
#include <criterion/criterion.h>
#include <string.h>

#include "runtime/session/rates.h"

enum { PARAMS = 7 };
static const char *const names[PARAMS] = {
    "bert.embeddings.word.weight", "bert.layer.0.dense.weight", "bert.layer.0.dense.bias", "bert.layer.1.dense.weight",
    "bert.layer.10x.weight",       "bert.pooler.weight",        "heads.a.weight"};

typedef struct RateCase {
    Param params[PARAMS];
    Program program;
    RateOptions options;
    Diagnostics *diags;
} RateCase;

static void make(RateCase *s, double layer_decay, const char *first, const char *second) {
    *s = (RateCase){.diags = diagnostics_new(), .options = {.lr = 1e-4, .layer_decay = layer_decay}};
    for (int i = 0; i < PARAMS; i++) s->params[i].name = names[i];
    s->program.params.items = s->params;
    s->program.params.count = PARAMS;
    if (first) vec_push(s->diags->arena, &s->options.rate, first);
    if (second) vec_push(s->diags->arena, &s->options.rate, second);
}

static void expect_rates(double layer_decay, const char *first, const char *second, const double *wanted) {
    RateCase s;
    bool good;
    make(&s, layer_decay, first, second);
    const double *rates = rates_of(&s.program, &s.options, s.diags->arena, &good, s.diags);
    cr_assert(good && rates);
    for (int i = 0; i < PARAMS; i++)
        cr_expect_float_eq(rates[i], wanted[i], 1e-12, "%s: %g, not %g", names[i], rates[i], wanted[i]);
    diagnostics_free(s.diags);
}

/* Two layers; "10x" is no number, and stands after the first layer. */
Test(rates, fall_from_layer_to_layer) { expect_rates(0.5, NULL, NULL, (double[]){0.125, 0.25, 0.25, 0.5, 1, 1, 1}); }

Test(rates, patterns_give_rates_of_their_own) {
    expect_rates(1, "heads.*=1e-3", NULL, (double[]){1, 1, 1, 1, 1, 1, 10});
    expect_rates(1, "*=0", "bert.*.weight=3e-4", (double[]){3, 3, 0, 3, 3, 3, 0});
    expect_rates(0.5, "heads.*=1e-3", NULL, (double[]){0.125, 0.25, 0.25, 0.5, 1, 1, 10});
}

static void expect_wrong(const char *text) {
    RateCase s;
    bool good;
    make(&s, 1, text, NULL);
    cr_expect_null(rates_of(&s.program, &s.options, s.diags->arena, &good, s.diags));
    cr_expect(!good && strcmp(s.diags->list.items[0].code, "E0925") == 0, "%s", text);
    diagnostics_free(s.diags);
}

Test(rates, mistakes_are_reported) {
    expect_wrong("head.*=1e-3");
    expect_wrong("heads.*");
    expect_wrong("heads.*=fast");
    expect_wrong("=1");
    expect_wrong("heads.*=-1");
}

Test(rates, are_all_one_without_options) {
    RateCase s;
    bool good;
    make(&s, 1, NULL, NULL);
    cr_expect_null(rates_of(&s.program, &s.options, s.diags->arena, &good, s.diags));
    cr_expect(good);
    diagnostics_free(s.diags);
}
