/* Tokens that a folder's other files name: special ones and added ones, laid over the description. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/text_list.h"
#include "runtime/hub/hf_tokenizer_files.h"

typedef struct Adder {
    const HfTokenizerFiles *files;
    json_t *description, *list; /* the list of added tokens */
    json_t *index;              /* from their contents to them, borrowed */
} Adder;

static bool flag(const json_t *token, const char *key) { return json_is_true(json_object_get(token, key)); }

static json_int_t id_of(const json_t *id) {
    double value = json_is_number(id) ? json_number_value(id) : -1;
    return value >= 0 && value < INT32_MAX / 2 && value == floor(value) ? (json_int_t)value : -1;
}

static json_t *token_of(const char *content, const json_t *flags) {
    return json_pack("{s:s, s:b, s:b, s:b, s:b, s:b}", "content", content, "single_word", flag(flags, "single_word"),
                     "lstrip", flag(flags, "lstrip"), "rstrip", flag(flags, "rstrip"), "normalized",
                     flag(flags, "normalized"), "special", flag(flags, "special"));
}

static void put(Adder *a, json_t *token) {
    json_array_append_new(a->list, token);
    json_object_set(a->index, json_string_value(json_object_get(token, "content")), token);
}

/* --- Added tokens --- */

/* The first file that has a token decides about it. */
static bool add(Adder *a, const char *file, const char *content, const json_t *flags, json_int_t id) {
    const json_t *old = content ? json_object_get(a->index, content) : NULL;
    json_int_t was = old && json_object_get(old, "id") ? id_of(json_object_get(old, "id")) : id;
    if (!content || !*content || id < 0)
        return hf_tokenizer_damaged(a->files, file, "an added token has no text or no id");
    if (was != id) {
        diag_error(a->files->diags, "E0848", hf_tokenizer_pos(a->files, file),
                   "the added token '%s' is %lld here, but %lld in another file", content, (long long)id,
                   (long long)was);
        diag_hint(a->files->diags, "save the tokenizer again, with all of its files");
        return false;
    }
    if (old) return true;
    json_t *token = token_of(content, flags);
    json_object_set_new(token, "id", json_integer(id));
    put(a, token);
    return true;
}

/* {"751": {"content": "<brand>", ...}} */
static bool add_decoder(Adder *a) {
    const char *key;
    json_t *token;
    json_object_foreach(json_object_get(a->files->slow, "added_tokens_decoder"), key, token) {
        char *end;
        long id = strtol(key, &end, 10);
        bool good = end > key && !*end && id >= 0 && id < INT32_MAX / 2;
        if (!add(a, "tokenizer_config.json", hf_content(token), token, good ? id : -1)) return false;
    }
    return true;
}

/* {"<brand>": 751}: looked for in the text as it is prepared, as transformers does. */
static bool add_extra(Adder *a) {
    const char *content;
    json_t *id, *flags = json_pack("{s:b}", "normalized", 1);
    bool good = true;
    json_object_foreach(a->files->extra, content, id) good =
        good && add(a, "added_tokens.json", content, flags, id_of(id));
    json_decref(flags);
    return good;
}

/* --- Special tokens --- */

static int32_t find_id(const Adder *a, const char *content) {
    const json_t *added = json_object_get(a->index, content), *id = json_object_get(added, "id");
    return id ? (int32_t)id_of(id) : hf_vocabulary_id(a->description, content);
}

/* A token of the vocabulary that is taken whole. False: there is none. */
static bool add_special(Adder *a, const char *content, const json_t *flags, bool normalized, bool takes_blanks) {
    if (json_object_get(a->index, content)) return true;
    int32_t id = find_id(a, content);
    if (id < 0) return false;
    json_t *token = token_of(content, flags);
    json_object_set_new(token, "special", json_true());
    json_object_set_new(token, "id", json_integer(id));
    if (!json_is_object(flags)) {
        json_object_set_new(token, "normalized", json_boolean(normalized));
        json_object_set_new(token, "lstrip", json_boolean(takes_blanks));
    }
    put(a, token);
    return true;
}

static bool add_named(Adder *a, const char *file, const json_t *token) {
    const char *content = hf_content(token);
    if (content && *content && add_special(a, content, token, false, false)) return true;
    return hf_tokenizer_damaged(a->files, file,
                                content ? arena_printf(a->files->arena, "the special token '%s' is not there", content)
                                        : "a special token has no text");
}

/* ["[E1]", "[/E1]"], or {"begin": "[E1]", "end": "[/E1]"} */
static bool add_each(Adder *a, const char *file, json_t *tokens) {
    size_t i;
    json_t *token;
    const char *key;
    json_array_foreach(tokens, i, token) if (!add_named(a, file, token)) return false;
    json_object_foreach(tokens, key, token) if (!add_named(a, file, token)) return false;
    return true;
}

static bool add_listed(Adder *a, const char *file, const json_t *object) {
    return add_each(a, file, json_object_get(object, "additional_special_tokens")) &&
           add_each(a, file, json_object_get(object, "extra_special_tokens"));
}

/* --- The tokens with a task --- */

/* Spellings that are tried where no file names a token and no class tells it. */
static const char *const usual[HF_ROLES][2] = {[HF_PAD] = {"[PAD]", "<pad>"}, [HF_MASK] = {"[MASK]", "<mask>"}};

static const char *usual_name(const Adder *a, HfRole role) {
    for (int i = 0; i < 2; i++) {
        if (usual[role][i] && flag(json_object_get(a->index, usual[role][i]), "special")) return usual[role][i];
    }
    return NULL;
}

/* tokenizer_config.json counts before special_tokens_map.json. */
static const json_t *named(const Adder *a, HfRole role) {
    const json_t *token = json_object_get(a->files->slow, hf_role_keys[role]);
    return hf_content(token) ? token : json_object_get(a->files->map, hf_role_keys[role]);
}

/* What the vocabulary lacks is no token of this one. */
static void name_role(Adder *a, const HfRecipe *recipe, HfRole role, json_t *names) {
    const json_t *token = named(a, role);
    const char *name = hf_content(token), *own = recipe ? recipe->names[role] : usual_name(a, role);
    bool normalized =
        recipe && (recipe->plain_specials || (recipe->plain_unknown && role == HF_UNK)) && !(role == HF_MASK);
    bool takes_blanks = recipe && recipe->mask_takes_blanks && role == HF_MASK;
    if (!name) name = own;
    if (name && *name && add_special(a, name, token, normalized, takes_blanks) && role <= HF_MASK)
        json_object_set_new(names, hf_role_keys[role], json_string(name));
}

/* A token behind all of the vocabulary. */
static void add_behind(Adder *a, const char *content) {
    const json_t *model = json_object_get(a->description, "model"), *vocab = json_object_get(model, "vocab");
    if (!content || find_id(a, content) >= 0) return;
    json_t *token = json_pack("{s:s, s:b, s:b, s:I}", "content", content, "normalized", 0, "special", 1, "id",
                              (json_int_t)json_array_size(vocab));
    put(a, token);
}

static void add_words(Adder *a, const char *words) {
    TextList list = text_split(words ? words : "", ' ', a->files->arena);
    for (int i = 0; i < list.count; i++) add_special(a, list.items[i], NULL, false, false);
}

/* The list of a description that was made or read; NULL: it is damaged. */
static json_t *added_list(json_t *description) {
    json_t *list = json_object_get(description, "added_tokens");
    if (!list || json_is_null(list)) json_object_set_new(description, "added_tokens", list = json_array());
    return json_is_array(list) ? list : NULL;
}

static void index_list(Adder *a) {
    size_t i;
    json_t *token;
    json_array_foreach(a->list, i, token) {
        const char *content = json_string_value(json_object_get(token, "content"));
        if (content) json_object_set(a->index, content, token);
    }
}

/* Other programs want each with its id and all of its flags, by rising ids. */
static int by_id(const void *a, const void *b) {
    json_int_t x = json_integer_value(json_object_get(*(json_t *const *)a, "id"));
    json_int_t y = json_integer_value(json_object_get(*(json_t *const *)b, "id"));
    return (x > y) - (x < y);
}

static void complete(Adder *a) {
    size_t count = json_array_size(a->list), kept = 0;
    json_t **all = arena_array(a->files->arena, count + 1, sizeof(json_t *));
    for (size_t i = 0; i < count; i++) {
        json_t *token = json_array_get(a->list, i), *flags = token_of("", token);
        json_int_t id = find_id(a, json_string_value(json_object_get(token, "content")));
        json_object_set_new(token, "id", json_integer(id));
        json_object_update_missing(token, flags);
        json_decref(flags);
        if (id >= 0) all[kept++] = json_incref(token);
    }
    qsort(all, kept, sizeof *all, by_id);
    json_array_clear(a->list);
    for (size_t i = 0; i < kept; i++) json_array_append_new(a->list, all[i]);
}

bool hf_add_tokens(const HfTokenizerFiles *files, const HfRecipe *recipe, json_t *description) {
    Adder a = {.files = files, .description = description, .list = added_list(description)};
    if (!a.list) return hf_tokenizer_damaged(files, "tokenizer.json", "\"added_tokens\" is not a list");
    a.index = json_object();
    index_list(&a);
    if (files->result->class) add_behind(&a, recipe->adds);
    bool good = add_decoder(&a) && add_extra(&a) && add_listed(&a, "tokenizer_config.json", files->slow) &&
                add_listed(&a, "special_tokens_map.json", files->map);
    json_t *names = json_object();
    for (int role = 0; good && role < HF_ROLES; role++) name_role(&a, recipe, (HfRole)role, names);
    if (good && recipe) add_words(&a, recipe->others);
    json_object_set_new(description, "special_tokens", names);
    if (good && files->result->class) complete(&a);
    json_decref(a.index);
    return good;
}
