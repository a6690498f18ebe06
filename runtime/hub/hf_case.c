/* Whether texts are lower-cased, and what else BertNormalizer can be set to do: files say it in several places, which
 * may contradict each other. */
#include <string.h>

#include "runtime/hub/hf_tokenizer_files.h"

/* The normalizer that has the choice; NULL: it is of another kind. */
static json_t *choice(const json_t *description) {
    json_t *found = json_object_get(description, "normalizer");
    const char *type = json_string_value(json_object_get(found, "type"));
    return type && strcmp(type, "BertNormalizer") == 0 ? found : NULL;
}

/* False when tokenizer_config.json and tokenizer.json contradict each other. */
static bool agree(const HfTokenizerFiles *files, const char *key, const char *fast_key) {
    int slow = hf_said(files->slow, key), fast = hf_said(choice(files->fast), fast_key);
    if (slow < 0 || fast < 0 || slow == fast) return true;
    diag_error(files->diags, "E0848", hf_tokenizer_pos(files, "tokenizer_config.json"),
               "\"%s\" is %s here, but \"%s\" is %s in tokenizer.json", key, slow ? "true" : "false", fast_key,
               fast ? "true" : "false");
    diag_hint(
        files->diags,
        "correct one of the files, or say it: --lower-case yes (without accents) or --lower-case no (as it stands)");
    return false;
}

/* Whether a token other than the bracketed ones has a capital letter. */
static bool has_capitals(const json_t *description) {
    json_t *vocabulary = json_object_get(json_object_get(description, "model"), "vocab"), *id;
    const char *token;
    json_object_foreach(vocabulary, token, id) {
        for (const char *c = token; *token != '[' && *c; c++) {
            if (*c >= 'A' && *c <= 'Z') return true;
        }
    }
    return false;
}

static bool unsaid_case(const HfTokenizerFiles *files) {
    diag_error(files->diags, "E0843", pos_in_file(diagnostics_file(files->diags, files->result->path, NULL), 0),
               "the vocabulary has capital letters, and nothing says whether texts are lower-cased");
    diag_hint(files->diags,
              "say it: --lower-case no for a cased model, --lower-case yes otherwise; or in tokenizer_config.json: "
              "{\"do_lower_case\": false}");
    return false;
}

static bool bad_option(const HfTokenizerFiles *files, const char *problem) {
    diag_error(files->diags, "E0910", (Pos){0}, "--lower-case %s", problem);
    diag_hint(files->diags, "without it the model's folder decides");
    return false;
}

/* Sets what is not so yet; -1: it stays. */
static void set(const HfTokenizerFiles *files, json_t *normalizer, const char *key, int value) {
    if (value < 0 || hf_said(normalizer, key) == value) return;
    json_object_set_new(normalizer, key, json_boolean(value));
    files->result->changed = true;
}

/* By the option. */
static bool force(const HfTokenizerFiles *files, json_t *normalizer) {
    bool lower = strcmp(files->lower_case, "yes") == 0;
    if (!lower && strcmp(files->lower_case, "no") != 0)
        return bad_option(files, arena_printf(files->arena, "takes yes or no, not '%s'", files->lower_case));
    if (!normalizer) return bad_option(files, "does not fit this tokenizer: its files say how texts are prepared");
    set(files, normalizer, "lowercase", lower);
    set(files, normalizer, "strip_accents", lower);
    return true;
}

/* By what files say. Texts are lower-cased where none does. */
static bool follow(const HfTokenizerFiles *files, json_t *normalizer, const json_t *description) {
    int lower = hf_said(files->slow, "do_lower_case"), strip = hf_said(files->slow, "strip_accents");
    if (!agree(files, "do_lower_case", "lowercase") || !agree(files, "strip_accents", "strip_accents")) return false;
    bool open = lower < 0 && hf_said(normalizer, "lowercase") < 0;
    if (open && has_capitals(description)) return unsaid_case(files);
    set(files, normalizer, "lowercase", open ? 1 : lower);
    set(files, normalizer, "strip_accents", strip);
    return true;
}

/* sentence-transformers lower-cases texts before anything else. */
static void lower_first(const HfTokenizerFiles *files, json_t *description, json_t *normalizer) {
    if (files->lower_case || hf_said(files->sentence, "do_lower_case") <= 0) return;
    if (normalizer) {
        set(files, normalizer, "lowercase", 1);
        return;
    }
    json_t *own = json_incref(json_object_get(description, "normalizer")),
           *list = json_pack("[{s:s}]", "type", "Lowercase");
    if (json_is_object(own)) json_array_append(list, own);
    json_decref(own);
    json_object_set_new(description, "normalizer", json_pack("{s:s, s:o}", "type", "Sequence", "normalizers", list));
    files->result->changed = true;
}

bool hf_resolve_case(const HfTokenizerFiles *files, json_t *description) {
    json_t *normalizer = choice(description);
    if (files->lower_case ? !force(files, normalizer) : normalizer && !follow(files, normalizer, description))
        return false;
    if (normalizer) {
        if (!agree(files, "tokenize_chinese_chars", "handle_chinese_chars")) return false;
        set(files, normalizer, "handle_chinese_chars", hf_said(files->slow, "tokenize_chinese_chars"));
    }
    lower_first(files, description, normalizer);
    return true;
}
