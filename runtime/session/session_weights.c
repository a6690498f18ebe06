/* The weights of a session: from the folder or from initialisers. The one place that knows which parameters a command
 * needs, and what is said of those that the folder lacks. */
#include <ctype.h>
#include <string.h>

#include "graph/base/count_text.h"
#include "graph/base/pattern.h"
#include "runtime/files/read_file.h"
#include "runtime/measure/evaluate.h"
#include "runtime/session/origin.h"
#include "runtime/session/overlay.h"
#include "runtime/session/scopes.h"

typedef struct Loading {
    Session *s;
    const Parameters *params;
    bool *found; /* [program's parameters]: in the folder */
    int n_found;
} Loading;

static Pos in_folder(const Session *s) {
    return pos_in_file(diagnostics_file(s->diags, hf_folder_path(s->folder), NULL), 0);
}

/* --- What is needed ----------------------------------------------------------------------------------------------- */

/* The parameters that these outputs are computed from. */
static void mark_read(const Session *s, const Graph *graph, const OutputNames *outputs, bool *needed) {
    bool *reached = arena_array(s->arena, (size_t)graph->nodes.count + 1, sizeof *reached);
    for (int i = 0; i < outputs->count; i++) {
        const Node *node = graph_find_output(graph, outputs->names[i]);
        if (node) reached[node->id] = true;
    }
    for (int i = graph->nodes.count - 1; i >= 0; i--) {
        const Node *node = graph->nodes.items[i];
        int param = reached[i] && node->op == OP_param ? program_find_param(s->program, node->attrs.text) : -1;
        if (param >= 0) needed[param] = true;
        for (int j = 0; reached[i] && j < node->n_inputs; j++) reached[node->inputs[j]->id] = true;
    }
}

static const bool *list_needed(Session *s, const ModelUse *use) {
    bool *needed = arena_array(s->arena, (size_t)s->program->params.count + 1, sizeof *needed);
    const OutputNames *outputs = session_outputs(s, use);
    for (int t = 0; t < s->program->tasks.count; t++) {
        if (s->tasks[t]) mark_read(s, s->program->tasks.items[t].eval, &outputs[t], needed);
    }
    return needed;
}

/* Fitted numbers start from what the text says. */
static bool is_missing(const Loading *l, int index) {
    return !l->found[index] && !l->params->slots[index].param->fitted;
}

/* The first that is needed and not there, -1 for none; how many in `*count`. */
static int first_missing(const Loading *l, const bool *needed, int *count) {
    int first = -1;
    *count = 0;
    for (int i = l->params->n_slots - 1; i >= 0; i--) {
        if (!needed[i] || !is_missing(l, i)) continue;
        first = i;
        ++*count;
    }
    return first;
}

/* --- Answers ------------------------------------------------------------------------------------------------------ */

static void hint_weights(Session *s) {
    const char *path = hf_folder_path(s->folder);
    if (path_is_folder(arena_printf(s->arena, "%s/last", path)))
        diag_hint(s->diags, "the run was stopped before its weights were saved: gradc train %s --resume goes on", path);
    else
        diag_hint(s->diags, "train it first: gradc train %s --weights %s --out run", s->source.file, path);
}

/* Nothing is answered from random numbers. */
static bool check_answers(const Loading *l, const bool *needed) {
    Session *s = l->s;
    int count, first = first_missing(l, needed, &count);
    if (first < 0) return true;
    const Param *param = l->params->slots[first].param;
    if (l->n_found == 0) {
        diag_error(s->diags, "E0836", in_folder(s), "there are no trained weights here: the answers would be random");
        hint_weights(s);
        return false;
    }
    diag_error(s->diags, "E0836", in_folder(s), "the weights lack %s%s, without which the answers would be random",
               origin_name(s, param->name),
               count > 1 ? arena_printf(s->arena, " and %s", count_text(count - 1, "more parameter").text) : "");
    diag_note(s->diags, param->pos, "the parameter is declared here");
    diag_hint(s->diags,
              "name the tasks that were trained with --task or --tasks; or take the config.json that belongs to "
              "the weights; or train the model first");
    return false;
}

/* --- A base to train from ----------------------------------------------------------------------------------------- */

/* "layer.2.weight" and "layer.11.weight" are; they differ. */
static bool same_but_for_numbers(const char *a, const char *b) {
    while (*a && *b) {
        bool numbers = isdigit((unsigned char)*a) && isdigit((unsigned char)*b);
        if (!numbers && *a++ != *b++) return false;
        while (numbers && isdigit((unsigned char)*a)) a++;
        while (numbers && isdigit((unsigned char)*b)) b++;
    }
    return *a == *b;
}

/* Does the folder have the same parameter of another layer? */
static bool has_sibling(const Loading *l, int index) {
    const char *name = l->params->slots[index].param->name;
    if (l->s->program->origins.count && !origin_of(l->s->program, name)) return false;
    for (int i = 0; i < l->params->n_slots; i++) {
        if (l->found[i] && same_but_for_numbers(name, l->params->slots[i].param->name)) return true;
    }
    return false;
}

/* Is it one that the published model has, by the lines `export` of the text? */
static bool is_published(const Session *s, const char *name) {
    const Export *model = exports_find(&s->program->exports, "hf", NULL);
    for (int i = 0; model && i < model->n_names; i++) {
        if (pattern_matches(model->names[i], name)) return true;
    }
    return false;
}

/* The first parameter that belongs to an encoder of which the folder has the rest: one of a layer, where other layers
 * have it; or one of the published model that others come after, in the order in which the task uses them. What comes
 * last, a pooler, is new when it is missing, and so is an adapter. -1: none. */
static int find_hole(const Loading *l, const Task *task) {
    bool after = false;
    int hole = -1;
    for (int i = task->n_params - 1; i >= 0; i--) {
        int index = task->params[i];
        const char *name = l->params->slots[index].param->name;
        bool published = is_published(l->s, name);
        if (is_missing(l, index) && ((published && after) || has_sibling(l, index))) hole = index;
        after |= published && l->found[index];
    }
    return hole;
}

static bool tell_hole(const Loading *l, int index) {
    Session *s = l->s;
    const Param *param = l->params->slots[index].param;
    diag_error(s->diags, "E0837", in_folder(s), "the weights have a part of the encoder alone: %s is missing",
               origin_name(s, param->name));
    diag_note(s->diags, param->pos, "the parameter is declared here");
    diag_hint(s->diags, "take the config.json that belongs to the weights, or a folder that has all of them");
    return false;
}

static bool tell_nothing_fits(Session *s) {
    int count;
    const char *const *names = hf_folder_skipped(s->folder, &count);
    diag_error(s->diags, "E0837", in_folder(s), "none of the %s of the weights is a parameter of the model",
               count_text(count, "tensor").text);
    diag_note(s->diags, (Pos){0}, "the weights begin with '%s', the model with '%s'", names[0],
              origin_name(s, s->program->params.items[0].name));
    diag_hint(s->diags, "take the graph file of that model; its parameters are to be called as the tensors are");
    return false;
}

static bool tell_adapter(Session *s) {
    diag_error(s->diags, "E0845", in_folder(s), "the folder holds %s alone, what was trained beside a base",
               overlay_file);
    diag_hint(s->diags, "give the folder of the base");
    return false;
}

static bool check_base(const Loading *l) {
    Session *s = l->s;
    if (!s->folder || s->program->params.count == 0) return true;
    if (!hf_folder_has_weights(s->folder)) return !hf_folder_has_file(s->folder, overlay_file) || tell_adapter(s);
    if (l->n_found == 0) return tell_nothing_fits(s);
    for (int t = 0; t < s->program->tasks.count; t++) {
        int hole = s->tasks[t] ? find_hole(l, &s->program->tasks.items[t]) : -1;
        if (hole >= 0) return tell_hole(l, hole);
    }
    return true;
}

/* --- Loading ------------------------------------------------------------------------------------------------------ */

/* What a run has saved of a part that starts from a folder of its own counts before that. */
static Lookup load_saved(Session *s, int index, const int64_t *shape, int rank, float *to) {
    HfName saved = {s->saved_names[index], s->saved_names[index], ""};
    if (!s->overlay_path || origin_folder(s, index) == s->folder) return LOOKUP_ABSENT;
    return hf_folder_load(s->folder, saved, shape, rank, to, s->diags);
}

static bool load_weight(Loading *l, int index) {
    Session *s = l->s;
    const ParamSlot *slot = &l->params->slots[index];
    int64_t shape[MAX_RANK];
    for (int i = 0; i < slot->param->type.rank; i++) shape[i] = slot->param->type.dims[i].offset;
    float *to = l->params->weights + slot->offset;
    int rank = slot->param->type.rank;
    Lookup got = load_saved(s, index, shape, rank, to);
    if (got == LOOKUP_ABSENT)
        got = hf_folder_load(origin_folder(s, index), origin_lookup(s, index), shape, rank, to, s->diags);
    if (got == LOOKUP_FAILED) diag_note(s->diags, slot->param->pos, "the parameter is declared here");
    l->found[index] = got == LOOKUP_FOUND;
    l->n_found += l->found[index];
    return got != LOOKUP_FAILED;
}

/* Names that a wrapper has put something before: "module.", "_orig_mod.", "0.auto_model.". */
static void unwrap(Session *s, HfFolder *folder) {
    HfName *names = arena_array(s->arena, (size_t)s->program->params.count + 1, sizeof *names);
    int count = 0;
    for (int i = 0; i < s->program->params.count; i++) {
        if (origin_folder(s, i) == folder) names[count++] = origin_lookup(s, i);
    }
    const char *wrapper = hf_folder_unwrap(folder, names, count);
    if (wrapper)
        fprintf(stderr, "the names of the tensors in %s begin with '%s': read without it\n", hf_folder_path(folder),
                wrapper);
}

static bool load_all(Loading *l) {
    Session *s = l->s;
    bool has_file = s->folder && (hf_folder_has_weights(s->folder) || hf_folder_overlay(s->folder)), good = true;
    if (has_file) unwrap(s, s->folder);
    for (int i = 0; i < s->n_scopes; i++) unwrap(s, s->scopes[i].folder);
    for (int i = 0; good && i < l->params->n_slots; i++) {
        if (has_file || scope_of(s, l->params->slots[i].param->name)) good = load_weight(l, i);
        if (!l->found[i]) parameter_initialise(l->params, i, (uint64_t)s->use.seed);
    }
    return good;
}

/* The run's own weights count before those of its base. */
static bool lay_over(Session *s) {
    return !s->overlay_path || hf_folder_lay_over(s->folder, s->overlay_path, s->diags);
}

static bool check_overlay(const Loading *l) {
    bool *missing = arena_array(l->s->arena, (size_t)l->params->n_slots + 1, sizeof *missing);
    if (!l->s->folder || !hf_folder_overlay(l->s->folder)) return true;
    for (int i = 0; i < l->params->n_slots; i++) missing[i] = !l->found[i];
    return overlay_check(l->s, l->params, missing);
}

/* --- What is said ------------------------------------------------------------------------------------------------- */

/* The first two parts of a name: "heads.sentiment" of "heads.sentiment.weight". */
static size_t family_length(const char *name) {
    const char *dot = strchr(name, '.');
    dot = dot ? strchr(dot + 1, '.') : NULL;
    return dot ? (size_t)(dot - name) : strlen(name);
}

static bool same_family(const char *a, const char *b) {
    return family_length(a) == family_length(b) && strncmp(a, b, family_length(a)) == 0;
}

/* How many of this family are missing, which are then no longer marked. */
static int take_family(const Loading *l, bool *missing, int first) {
    int count = 0;
    const char *name = l->params->slots[first].param->name;
    for (int i = first; i < l->params->n_slots; i++) {
        if (!missing[i] || !same_family(name, l->params->slots[i].param->name)) continue;
        missing[i] = false;
        count++;
    }
    return count;
}

/* Parameters that the file lacks, by families. `among` NULL: of all. */
static void say_missing(const Loading *l, const bool *among) {
    const char *open = "new: ";
    bool *missing = arena_array(l->s->arena, (size_t)l->params->n_slots + 1, sizeof *missing);
    for (int i = 0; i < l->params->n_slots; i++) missing[i] = is_missing(l, i) && (!among || among[i]);
    for (int i = 0; i < l->params->n_slots; i++) {
        const char *name = l->params->slots[i].param->name;
        if (!missing[i]) continue;
        fprintf(stderr, "%s%.*s (%d)", open, (int)family_length(name), name, take_family(l, missing, i));
        open = ", ";
    }
    if (open[0] == ',') fputs(" start from their initialisers\n", stderr);
}

static void say_skipped(Session *s) {
    int count;
    const char *const *names = hf_folder_skipped(s->folder, &count);
    if (count)
        fprintf(stderr, "not used: %s%s\n", names[0],
                count > 1 ? arena_printf(s->arena, " and %s of the file", count_text(count - 1, "more tensor").text)
                          : "");
}

bool session_load_weights(Session *s, const Parameters *params, WeightsNeed need, const bool *needed) {
    Loading l = {.s = s, .params = params};
    l.found = arena_array(s->arena, (size_t)params->n_slots + 1, sizeof *l.found);
    if (need != NEED_BASE && !lay_over(s)) return false;
    if (!load_all(&l) || !check_overlay(&l) || !scopes_check(s, l.found)) return false;
    if (need == NEED_BASE && !check_base(&l)) return false;
    if (need == NEED_ANSWERS) return check_answers(&l, needed);
    parameters_begin_states(params, &s->program->optimizer);
    if (l.n_found) say_missing(&l, needed);
    return true;
}

bool session_fill_model(Session *s, const ModelUse *use) {
    const bool *needed = use->need == NEED_BASE ? NULL : list_needed(s, use);
    if (!session_load_weights(s, model_parameters(s->model), use->need, needed)) return false;
    if (s->folder && hf_folder_has_weights(s->folder)) say_skipped(s);
    return true;
}

bool session_load_model(Session *s, const ModelUse *use) {
    return session_make_model(s, use) && session_fill_model(s, use);
}
