/* Rates: patterns and layers. */
#include "runtime/session/rates.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/pattern.h"
#include "runtime/session/named.h"

/* The first part of a dotted name that is a whole number; -1: none is. */
static int64_t layer_of(const char *name) {
    for (const char *part = name; part; part = strchr(part, '.')) {
        part += *part == '.';
        size_t length = strcspn(part, ".");
        if (length > 0 && length < 10 && strspn(part, "0123456789") == length) return strtoll(part, NULL, 10);
    }
    return -1;
}

/* How many layers lie above parameter `index`; those of an unnumbered one by its place in the order of declarations. */
static int64_t layers_above(const Program *program, int index, int64_t layers, int first_numbered) {
    int64_t layer = layer_of(program->params.items[index].name);
    if (layer >= 0) return layers - layer;
    return index < first_numbered ? layers + 1 : 0;
}

static void decay_layers(const Program *program, double decay, double *rates) {
    int64_t layers = 0;
    int first_numbered = program->params.count;
    for (int i = program->params.count - 1; i >= 0; i--) {
        int64_t layer = layer_of(program->params.items[i].name);
        if (layer < 0) continue;
        first_numbered = i;
        if (layer + 1 > layers) layers = layer + 1;
    }
    for (int i = 0; i < program->params.count; i++)
        rates[i] = pow(decay, (double)layers_above(program, i, layers, first_numbered));
}

static bool bad_rate(const char *text, Diagnostics *diags) {
    diag_error(diags, "E0925", (Pos){0}, "--rate takes PATTERN=X, not '%s'", text);
    return diag_hint(diags, "for example: --rate 'heads.*=1e-3'"), false;
}

static bool set_rate(const Program *program, const char *text, double rate, double *rates, Diagnostics *diags) {
    const char *equals = strrchr(text, '=');
    char *end = NULL;
    double value = equals ? strtod(equals + 1, &end) : 0;
    if (!equals || equals == text || end == equals + 1 || *end || !(value >= 0) || !isfinite(value))
        return bad_rate(text, diags);
    const char *pattern = arena_strndup(diags->arena, text, (size_t)(equals - text));
    for (int i = 0; i < program->params.count; i++) {
        if (pattern_matches(pattern, program->params.items[i].name)) rates[i] = rate > 0 ? value / rate : 0;
    }
    return names_parameter(program, "rate", pattern, diags);
}

const double *rates_of(const Program *program, const RateOptions *options, Arena *arena, bool *good,
                       Diagnostics *diags) {
    *good = true;
    if (options->layer_decay == 1 && options->rate.count == 0) return NULL;
    double *rates = arena_array(arena, (size_t)program->params.count + 1, sizeof *rates);
    decay_layers(program, options->layer_decay, rates);
    for (int i = 0; *good && i < options->rate.count; i++)
        *good = set_rate(program, options->rate.items[i], options->lr, rates, diags);
    return *good ? rates : NULL;
}
