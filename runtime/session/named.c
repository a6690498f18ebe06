/* Patterns that match nothing, and what may have been meant. */
#include "runtime/session/named.h"

#include "frontend/frontend.h"
#include "graph/base/pattern.h"

static bool matches_any(const Program *program, const char *pattern) {
    for (int i = 0; i < program->params.count; i++) {
        if (pattern_matches(pattern, program->params.items[i].name)) return true;
    }
    return false;
}

/* "encoder.*" is most often a part of "bert.encoder.layer.0.output.bias". */
static void hint_name(const Program *program, const char *pattern, Diagnostics *diags) {
    const char *wider = arena_printf(diags->arena, "*.%s", pattern);
    if (matches_any(program, wider))
        diag_hint_name(diags, wider);
    else
        hint_parameter(program, pattern, diags);
}

bool names_parameter(const Program *program, const char *option, const char *pattern, Diagnostics *diags) {
    if (matches_any(program, pattern)) return true;
    diag_error(diags, "E0925", (Pos){0}, "--%s: no parameter matches '%s'", option, pattern);
    return hint_name(program, pattern, diags), false;
}
