/* Scopes: folders of their own, and what they must agree in. */
#include "runtime/session/scopes.h"

#include <string.h>

#include "runtime/session/named.h"

const ScopeFolder *scope_of(const Session *s, const char *name) {
    const ScopeFolder *narrowest = NULL;
    for (int i = 0; i < s->n_scopes; i++) {
        const ScopeFolder *scope = &s->scopes[i];
        bool wider = narrowest && strlen(narrowest->scope) > strlen(scope->scope);
        if (!wider && strncmp(name, scope->scope, strlen(scope->scope)) == 0) narrowest = scope;
    }
    return narrowest;
}

static Pos in_folder(const Session *s, const HfFolder *folder) {
    return pos_in_file(diagnostics_file(s->diags, hf_folder_path(folder), NULL), 0);
}

/* --- Opening ------------------------------------------------------------------------------------------------------ */

/* Both read the same numbers. */
static bool check_tokens(const Session *s, const HfFolder *folder) {
    const Tokenizer *ours = hf_folder_tokenizer(s->folder)->tokenizer, *theirs = hf_folder_tokenizer(folder)->tokenizer;
    for (int32_t id = 0; id < tokenizer_size(ours) && id < tokenizer_size(theirs); id++) {
        const char *a = tokenizer_token(ours, id), *b = tokenizer_token(theirs, id);
        if (!a || !b || strcmp(a, b) == 0) continue;
        diag_error(s->diags, "E0837", in_folder(s, folder), "token %d is '%s' here, and '%s' in %s", id, b, a,
                   s->weights_path);
        diag_hint(s->diags, "both parts of a model read the same tokens: take a folder with the same tokenizer");
        return false;
    }
    return true;
}

/* Sizes of the text are the session's; others may be meant by numbers of its own. */
static void say_other_sizes(const Session *s, const ScopeFolder *scope) {
    const char *list = "";
    for (int i = 0; i < s->program->configs.count; i++) {
        const ConfigItem *item = &s->program->configs.items[i];
        double value;
        if (!item->key || hf_config_number(scope->folder, item->key, &value, s->diags) != LOOKUP_FOUND) continue;
        if (value != item->value)
            list = arena_printf(s->arena, "%s%s%s is %g there, %g here", list, *list ? ", " : "", item->key, value,
                                item->value);
    }
    if (*list)
        fprintf(stderr, "%.*s from %s: %s\n", (int)strlen(scope->scope) - 1, scope->scope,
                hf_folder_path(scope->folder), list);
}

static bool bad_scope(const Session *s, const char *text) {
    diag_error(s->diags, "E0910", (Pos){0}, "--weights-of takes SCOPE=DIR, not '%s'", text);
    diag_hint(s->diags, "for what the text makes in \"teacher\": --weights-of teacher=DIR");
    return false;
}

static bool needs_folder(const Session *s) {
    diag_error(s->diags, "E0910", (Pos){0},
               "--weights-of needs --weights too: sizes and the tokenizer come from there");
    return false;
}

static bool has_weights(const Session *s, const HfFolder *folder) {
    if (hf_folder_has_weights(folder)) return true;
    diag_error(s->diags, "E0837", in_folder(s, folder), "there are no weights here");
    return false;
}

static bool open_scope(Session *s, const char *text) {
    const char *sign = strchr(text, '=');
    if (!sign || sign == text || !sign[1]) return bad_scope(s, text);
    if (!s->folder) return needs_folder(s);
    const char *scope = arena_printf(s->arena, "%.*s.", (int)(sign - text), text);
    if (!names_parameter(s->program, "weights-of", arena_printf(s->arena, "%s*", scope), s->diags)) return false;
    HfFolder *folder = hf_folder_open(sign + 1, s->source.lower_case, s->diags);
    if (!folder) return false;
    s->scopes[s->n_scopes++] = (ScopeFolder){scope, folder};
    if (!has_weights(s, folder) || !check_tokens(s, folder)) return false;
    say_other_sizes(s, &s->scopes[s->n_scopes - 1]);
    return true;
}

bool scopes_open(Session *s) {
    const TextList *list = &s->source.weights_of;
    bool good = true;
    s->scopes = arena_array(s->arena, (size_t)list->count + 1, sizeof *s->scopes);
    for (int i = 0; good && i < list->count; i++) good = open_scope(s, list->items[i]);
    return good;
}

void scopes_close(Session *s) {
    for (int i = 0; i < s->n_scopes; i++) hf_folder_close(s->scopes[i].folder);
}

/* --- What was found ----------------------------------------------------------------------------------------------- */

static bool tell_missing(const Session *s, const ScopeFolder *scope, const Param *param) {
    diag_error(s->diags, "E0837", in_folder(s, scope->folder), "the weights lack %s, which is to start from them",
               param->name + strlen(scope->scope));
    diag_note(s->diags, param->pos, "the parameter is declared here");
    diag_hint(s->diags, "name the scope that has the folder's parameters in it, or another folder");
    return false;
}

bool scopes_check(const Session *s, const bool *found) {
    for (int i = 0; i < s->n_scopes; i++) {
        const Param *missing = NULL;
        bool any = false, frozen = false;
        for (int j = 0; j < s->program->params.count; j++) {
            const Param *param = &s->program->params.items[j];
            if (scope_of(s, param->name) != &s->scopes[i]) continue;
            any |= found[j];
            bool worse = !found[j] && !param->fitted && (!missing || (param->frozen && !frozen));
            if (worse) missing = param, frozen = param->frozen;
        }
        if (missing && (frozen || !any)) return tell_missing(s, &s->scopes[i], missing);
    }
    return true;
}
