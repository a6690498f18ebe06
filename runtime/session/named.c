/* Patterns that match nothing, and what may have been meant. */
#include "runtime/session/named.h"

#include "graph/base/pattern.h"

static bool matches_any(const Program *program, const char *pattern) {
    for (int i = 0; i < program->params.count; i++) {
        if (pattern_matches(pattern, program->params.items[i].name)) return true;
    }
    return false;
}

/* The parameter that begins most like the pattern. */
static const char *nearest_parameter(const Program *program, const char *pattern) {
    const char *best = "";
    size_t most = 0;
    for (int i = 0; i < program->params.count; i++) {
        const char *name = program->params.items[i].name;
        size_t common = 0;
        while (name[common] && name[common] == pattern[common]) common++;
        if (!*best || common > most) best = name, most = common;
    }
    return best;
}

/* "encoder.*" is most often a part of "bert.encoder.layer.0.output.bias". */
static void hint_name(const Program *program, const char *pattern, Diagnostics *diags) {
    const char *wider = arena_printf(diags->arena, "*.%s", pattern);
    if (matches_any(program, wider))
        diag_hint(diags, "did you mean '%s'?", wider);
    else
        diag_hint(diags, "there is '%s'; a star stands for any characters", nearest_parameter(program, pattern));
}

bool names_parameter(const Program *program, const char *option, const char *pattern, Diagnostics *diags) {
    if (matches_any(program, pattern)) return true;
    diag_error(diags, "E0925", (Pos){0}, "--%s: no parameter matches '%s'", option, pattern);
    return hint_name(program, pattern, diags), false;
}
