/* Descriptions of tokenizers that have no tokenizer.json, by the recipe of their class. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"
#include "graph/base/text_list.h"
#include "runtime/hub/hf_file.h"
#include "runtime/hub/hf_tokenizer_files.h"

/* --- Which recipe --- */

/* Is the word of `length` letters one of the words? */
static bool is_word(const char *words, const char *word, size_t length) {
    for (const char *at = words; (at = strstr(at, word)); at += length) {
        bool begins = at == words || at[-1] == ' ', ends = at[length] == ' ' || !at[length];
        if (begins && ends) return true;
    }
    return false;
}

/* "XLMRobertaTokenizerFast" is the class of "XLMRobertaTokenizer". */
static const char *plain_class(Arena *arena, const char *class) {
    size_t length = strlen(class), tail = strlen("Fast");
    bool fast = length > tail && strcmp(class + length - tail, "Fast") == 0;
    return arena_strndup(arena, class, fast ? length - tail : length);
}

static const HfRecipe *find_recipe(const char *class, const char *type) {
    int count;
    const HfRecipe *recipes = hf_recipes(&count);
    for (int i = 0; i < count; i++) {
        if (class && is_word(recipes[i].classes, class, strlen(class))) return &recipes[i];
        if (type && is_word(recipes[i].types, type, strlen(type))) return &recipes[i];
    }
    return NULL;
}

/* Classes that say nothing of what they are. */
static bool is_plain(const char *class) {
    return strcmp(class, "PreTrainedTokenizer") == 0 || strcmp(class, "TokenizersBackend") == 0;
}

static const char *class_of(const HfTokenizerFiles *files) {
    const char *class = json_string_value(json_object_get(files->slow, "tokenizer_class"));
    if (!class) class = json_string_value(json_object_get(files->config, "tokenizer_class"));
    if (class) class = plain_class(files->arena, class);
    return class && !is_plain(class) && *class ? class : NULL;
}

bool hf_choose_recipe(const HfTokenizerFiles *files, const HfRecipe **recipe) {
    const char *class = class_of(files), *type = json_string_value(json_object_get(files->config, "model_type"));
    *recipe = class ? find_recipe(class, NULL) : type ? find_recipe(NULL, type) : NULL;
    if (*recipe || !class || json_object_get(files->fast, "model")) return true;
    diag_error(files->diags, "E0847", hf_tokenizer_pos(files, "tokenizer_config.json"),
               "the tokenizer is of another kind: %s", class);
    diag_hint(files->diags, "a tokenizer.json says what it does: in Python, "
                            "AutoTokenizer.from_pretrained(folder).save_pretrained(folder)");
    return false;
}

/* --- vocab.txt --- */

/* A token a line; its place is the id, and of two with one spelling the last counts. */
static json_t *map_of_lines(const HfCarried *file) {
    json_t *map = json_object();
    const char *line = file->bytes, *end = file->bytes + file->size;
    for (json_int_t id = 0; map && line < end; id++) {
        const char *newline = memchr(line, '\n', (size_t)(end - line)), *stop = newline ? newline : end;
        size_t length = (size_t)(stop - line);
        if (length && line[length - 1] == '\r') length--;
        char *token = memory_copy(line, length);
        if (json_object_set_new(map, token, json_integer(id))) json_decref(map), map = NULL;
        free(token);
        line = stop + 1;
    }
    return map;
}

static json_t *model_of_lines(const HfTokenizerFiles *files, const HfRecipe *recipe, const HfCarried *file) {
    json_t *map = map_of_lines(file);
    if (!map) return hf_tokenizer_damaged(files, file->name, "a line is not UTF-8"), NULL;
    return json_pack("{s:s, s:s, s:s, s:i, s:o}", "type", "WordPiece", "unk_token", recipe->names[HF_UNK],
                     "continuing_subword_prefix", "##", "max_input_chars_per_word", 100, "vocab", map);
}

/* As today's settings say it; hf_case.c decides what they leave open. */
static json_t *normalizer_of_lines(const HfTokenizerFiles *files) {
    bool apart = hf_said(files->slow, "tokenize_chinese_chars") != 0;
    return json_pack("{s:s, s:b, s:b, s:n, s:n}", "type", "BertNormalizer", "clean_text", 1, "handle_chinese_chars",
                     apart, "strip_accents", "lowercase");
}

/* --- vocab.json and merges.txt --- */

static json_t *merges_of(const HfCarried *file) {
    json_t *list = json_array();
    const char *line = file->bytes, *end = file->bytes + file->size;
    while (line < end) {
        const char *newline = memchr(line, '\n', (size_t)(end - line)), *stop = newline ? newline : end;
        size_t length = (size_t)(stop - line);
        if (length && line[length - 1] == '\r') length--;
        bool version = length >= 8 && strncmp(line, "#version", 8) == 0;
        if (length && !version) json_array_append_new(list, json_stringn(line, length));
        line = stop + 1;
    }
    return list;
}

static json_t *model_of_merges(const HfTokenizerFiles *files, const HfRecipe *recipe, const HfCarried *file) {
    const HfCarried *merges = hf_carried(files->result, "merges.txt");
    if (!merges) return hf_file_missing(files->arena, files->folder, "merges.txt", files->diags), NULL;
    json_error_t error;
    json_t *map = hf_file_parse(file->bytes, file->size, &error);
    if (!json_is_object(map)) {
        json_decref(map);
        return hf_tokenizer_damaged(files, file->name, "it is no JSON object of tokens with their ids"), NULL;
    }
    return json_pack("{s:s, s:n, s:s?, s:s, s:s, s:b, s:b, s:b, s:o, s:o}", "type", "BPE", "dropout", "unk_token",
                     recipe->names[HF_UNK] && json_object_get(map, recipe->names[HF_UNK]) && recipe->suffix
                         ? recipe->names[HF_UNK]
                         : NULL,
                     "continuing_subword_prefix", "", "end_of_word_suffix", recipe->suffix ? recipe->suffix : "",
                     "fuse_unk", 0, "byte_fallback", 0, "ignore_merges", 0, "vocab", map, "merges", merges_of(merges));
}

/* --- Steps --- */

static json_t *parsed(const char *text) { return memory_checked(json_loads(text, 0, NULL)); }

static bool is_wanted(const HfTokenizerFiles *files, const HfStep *step) {
    if (!step->key) return true;
    int said = hf_said(files->slow, step->key);
    return (said < 0 ? step->otherwise : said != 0) == step->when;
}

static json_t *normalizer_of(const HfTokenizerFiles *files, const HfRecipe *recipe) {
    json_t *list = json_array();
    for (int i = 0; i < HF_STEPS && recipe->steps[i].json; i++) {
        if (is_wanted(files, &recipe->steps[i])) json_array_append_new(list, parsed(recipe->steps[i].json));
    }
    if (json_array_size(list)) return json_pack("{s:s, s:o}", "type", "Sequence", "normalizers", list);
    json_decref(list);
    return json_null();
}

/* --- Templates --- */

static const char *name_of(const HfTokenizerFiles *files, const HfRecipe *recipe, HfRole role) {
    const char *name = hf_content(json_object_get(files->slow, hf_role_keys[role]));
    if (!name) name = hf_content(json_object_get(files->map, hf_role_keys[role]));
    return name ? name : recipe->names[role];
}

static HfRole role_of(const char *word, size_t length) {
    int role = 0;
    while (role < HF_EOS && (strncmp(hf_role_keys[role], word, length) != 0 || hf_role_keys[role][length] != '_'))
        role++;
    return (HfRole)role;
}

/* "cls:0 A:0 sep:0" as the items of a template. */
static json_t *template_of(const HfTokenizerFiles *files, const HfRecipe *recipe, const char *text) {
    json_t *list = json_array();
    TextList words = text_split(text, ' ', files->arena);
    for (int i = 0; i < words.count; i++) {
        const char *word = words.items[i], *colon = strchr(word, ':');
        bool is_text = *word == 'A' || *word == 'B';
        const char *id = is_text ? arena_strndup(files->arena, word, 1)
                                 : name_of(files, recipe, role_of(word, (size_t)(colon - word)));
        json_array_append_new(list, json_pack("{s:{s:s, s:i}}", is_text ? "Sequence" : "SpecialToken", "id", id,
                                              "type_id", atoi(colon + 1)));
    }
    return list;
}

static bool lacks_token(const HfTokenizerFiles *files, const char *name) {
    const char *what = arena_printf(files->arena, "the vocabulary has no token '%s'", name);
    return hf_tokenizer_damaged(files, files->result->path ? strrchr(files->result->path, '/') + 1 : "vocab.txt", what);
}

/* What a template puts around texts, by id. */
static bool name_specials(const HfTokenizerFiles *files, json_t *description, json_t *list, json_t *specials) {
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item) {
        const char *name = json_string_value(json_object_get(json_object_get(item, "SpecialToken"), "id"));
        if (!name) continue;
        int32_t id = hf_vocabulary_id(description, name);
        if (id < 0) return lacks_token(files, name);
        json_object_set_new(specials, name, json_pack("{s:s, s:[i], s:[s]}", "id", name, "ids", id, "tokens", name));
    }
    return true;
}

static bool add_template(const HfTokenizerFiles *files, const HfRecipe *recipe, json_t *description) {
    json_t *specials = json_object(), *one = template_of(files, recipe, recipe->single),
           *two = template_of(files, recipe, recipe->pair);
    bool good = name_specials(files, description, one, specials) && name_specials(files, description, two, specials);
    json_object_set_new(description, "post_processor",
                        json_pack("{s:s, s:o, s:o, s:o}", "type", "TemplateProcessing", "single", one, "pair", two,
                                  "special_tokens", specials));
    return good;
}

static bool add_processing(const HfTokenizerFiles *files, const HfRecipe *recipe, json_t *description) {
    const char *cls = name_of(files, recipe, HF_CLS), *sep = name_of(files, recipe, HF_SEP);
    int32_t before = hf_vocabulary_id(description, cls), after = hf_vocabulary_id(description, sep);
    if (before < 0 || after < 0) return lacks_token(files, before < 0 ? cls : sep);
    bool blank = hf_said(files->slow, "add_prefix_space") > 0;
    json_object_set_new(description, "post_processor",
                        json_pack("{s:s, s:[s, i], s:[s, i], s:b, s:b}", "type", "RobertaProcessing", "sep", sep, after,
                                  "cls", cls, before, "trim_offsets", !recipe->keeps_offsets, "add_prefix_space",
                                  blank));
    return true;
}

static bool add_post(const HfTokenizerFiles *files, const HfRecipe *recipe, json_t *description) {
    if (recipe->trims) return add_processing(files, recipe, description);
    if (recipe->single) return add_template(files, recipe, description);
    json_object_set_new(description, "post_processor", json_null());
    return true;
}

/* --- All of it --- */

static bool add_model(HfTokenizerFiles *files, const HfRecipe *recipe, const HfCarried *file, json_t *description) {
    json_object_set_new(description, "normalizer", normalizer_of(files, recipe));
    json_object_set_new(description, "added_tokens", json_array());
    if (recipe->vocabulary == HF_SENTENCE_MODEL) return hf_sentence_model(files, recipe, file, description);
    bool lines = recipe->vocabulary == HF_VOCAB_TXT;
    json_t *model = lines ? model_of_lines(files, recipe, file) : model_of_merges(files, recipe, file);
    if (lines) json_object_set_new(description, "normalizer", normalizer_of_lines(files));
    const char *unknown = name_of(files, recipe, HF_UNK);
    if (lines && model && unknown) json_object_set_new(model, "unk_token", json_string(unknown));
    return model && json_object_set_new(description, "model", model) == 0;
}

static void add_pre_tokenizer(const HfTokenizerFiles *files, const HfRecipe *recipe, json_t *description) {
    json_t *own = parsed(recipe->pre_tokenizer);
    int blank = hf_said(files->slow, "add_prefix_space");
    if (blank >= 0 && json_object_get(own, "add_prefix_space"))
        json_object_set_new(own, "add_prefix_space", json_boolean(blank));
    if (hf_said(files->slow, "split_by_punct") > 0)
        own = json_pack("{s:s, s:[{s:s, s:s}, o]}", "type", "Sequence", "pretokenizers", "type", "Punctuation",
                        "behavior", "Isolated", own);
    json_object_set_new(description, "pre_tokenizer", own);
}

static json_t *describe(HfTokenizerFiles *files, const HfRecipe *recipe, const HfCarried *file) {
    json_t *description = json_object();
    files->result->path = hf_file_path(files->arena, files->folder, file->name);
    add_pre_tokenizer(files, recipe, description);
    bool good = add_model(files, recipe, file, description) && add_post(files, recipe, description);
    const char *space = strchr(recipe->classes, ' ');
    files->result->class = arena_strndup(files->arena, recipe->classes,
                                         space ? (size_t)(space - recipe->classes) : strlen(recipe->classes));
    if (good) return description;
    json_decref(description);
    return NULL;
}

/* A sentence model may have any of the usual names. */
static const HfCarried *file_of(const HfTokenizerFiles *files, const HfRecipe *recipe) {
    static const char *const names[] = {"spiece.model", "sentencepiece.bpe.model", "spm.model", "tokenizer.model"};
    const HfCarried *file = hf_carried(files->result, recipe->file);
    bool any = !file && recipe->vocabulary == HF_SENTENCE_MODEL;
    for (size_t i = 0; any && !file && i < sizeof names / sizeof *names; i++)
        file = hf_carried(files->result, names[i]);
    return file;
}

/* Does the vocabulary have what the recipe puts around texts? */
static bool has_tokens(const HfCarried *file, const HfRecipe *recipe) {
    for (int role = 0; role < HF_ROLES; role++) {
        const char *name = recipe->names[role];
        bool around = role == HF_CLS || role == HF_SEP || role == HF_EOS;
        if (around && name && !memmem(file->bytes, file->size, name, strlen(name))) return false;
    }
    return true;
}

static const HfRecipe *guess_recipe(const HfTokenizerFiles *files) {
    int count;
    const HfRecipe *recipes = hf_recipes(&count), *first = NULL;
    for (int i = 0; i < count; i++) {
        const HfCarried *file = hf_carried(files->result, recipes[i].file);
        if (!file) continue;
        if (has_tokens(file, &recipes[i])) return &recipes[i];
        if (!first) first = &recipes[i];
    }
    return first;
}

json_t *hf_describe(HfTokenizerFiles *files, const HfRecipe **recipe) {
    const HfRecipe *named = *recipe;
    bool by_class = class_of(files) != NULL; /* what config.json calls the model tells less than the files do */
    if (!named || (!by_class && !file_of(files, named))) *recipe = guess_recipe(files);
    const HfCarried *file = *recipe ? file_of(files, *recipe) : NULL;
    if (file) return describe(files, *recipe, file);
    const char *wanted = *recipe ? (*recipe)->file : named ? named->file : "tokenizer.json";
    hf_file_missing(files->arena, files->folder, wanted, files->diags);
    return NULL;
}
