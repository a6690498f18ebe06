/* Learning rate. */
#include "runtime/train/rate.h"

#include <math.h>
#include <string.h>

static const char *const names[] = {"linear", "cosine", "constant"};

bool rate_kind(const char *name, RateKind *kind, Diagnostics *diags) {
    *kind = RATE_LINEAR;
    for (int i = 0; name && i < 3; i++) {
        if (strcmp(name, names[i]) != 0) continue;
        *kind = (RateKind)i;
        return true;
    }
    if (!name) return true;
    diag_error(diags, "E0916", (Pos){0}, "there is no schedule '%s'", name);
    diag_hint(diags, "--schedule takes linear, cosine or constant");
    return false;
}

double rate_at(const RateSchedule *s, int64_t step) {
    if (s->kind == RATE_CONSTANT) return s->peak;
    if (step < s->warmup) return s->peak * (double)step / (double)(s->warmup > 1 ? s->warmup : 1);
    int64_t rest = s->steps - s->warmup;
    double done = (double)(step - s->warmup) / (double)(rest > 1 ? rest : 1);
    if (done > 1) done = 1;
    return s->peak * (s->kind == RATE_LINEAR ? 1 - done : 0.5 * (1 + cos(acos(-1) * done)));
}
