/* Overlay: what is left to the base, and whether it is the right one. */
#include "runtime/session/overlay.h"

#include <stdlib.h>
#include <string.h>

#include "graph/base/count_text.h"
#include "graph/base/hash.h"
#include "runtime/session/origin.h"

const char overlay_file[] = "adapter_model.safetensors";

bool overlay_leaves_out(const Session *s, const Param *param) {
    if (!s->program->saves_overlay || !param->frozen || param->fitted || !s->folder) return false;
    int index = (int)(param - s->program->params.items);
    return hf_folder_has(origin_folder(s, index), origin_lookup(s, index));
}

const char *overlay_fingerprint(const Session *s, const Parameters *params) {
    XXH3_state_t *state = hash_begin();
    for (int i = 0; i < params->n_slots; i++) {
        const ParamSlot *slot = &params->slots[i];
        if (!overlay_leaves_out(s, slot->param)) continue;
        XXH3_128bits_update(state, slot->param->name, strlen(slot->param->name) + 1);
        XXH3_128bits_update(state, params->weights + slot->offset, (size_t)slot->count * sizeof(float));
    }
    return hash_print(s->arena, hash_end(state));
}

static void hint_base(Session *s) {
    const char *path = hf_folder_overlay_metadata(s->folder, "base_path");
    diag_hint(s->diags, "give the base that it was trained on: --weights %s", path ? path : "BASE");
}

bool overlay_check(Session *s, const Parameters *params, const bool *missing) {
    Pos pos = pos_in_file(diagnostics_file(s->diags, hf_folder_overlay(s->folder), NULL), 0);
    int lacking = 0;
    for (int i = 0; i < params->n_slots; i++)
        lacking += missing[i] && params->slots[i].param->frozen && !params->slots[i].param->fitted;
    if (lacking) {
        diag_error(s->diags, "E0845", pos, "the run holds only what was trained; %s of its base %s missing",
                   count_text(lacking, "tensor").text, count_form(lacking, "is", "are"));
        hint_base(s);
        return false;
    }
    const char *wanted = hf_folder_overlay_metadata(s->folder, "base");
    if (!wanted || strcmp(wanted, overlay_fingerprint(s, params)) == 0) return true;
    diag_error(s->diags, "E0846", pos, "this was not trained on top of the weights of %s", hf_folder_path(s->folder));
    hint_base(s);
    return false;
}
