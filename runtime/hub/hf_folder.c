/* Hugging Face folders. */
#include "runtime/hub/hf_folder.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"
#include "runtime/files/atomic_file.h"
#include "runtime/files/read_file.h"
#include "runtime/hub/hf_file.h"
#include "runtime/hub/hf_keys.h"
#include "runtime/hub/hf_unwrap.h"
#include "runtime/hub/hf_weights.h"

struct HfFolder {
    Arena *arena;
    const char *path, *config_path;
    char *config_text;
    json_t *config;
    HfTokenizer tokenizer;
    HfWeights *weights;
    const char *overlay_path;
    SafeTensors *overlay;
    const char *wrapper; /* before all names of the file; "": nothing */
};

/* How a parameter's last part was spelled in old checkpoints. */
typedef struct SuffixAlias {
    const char *now, *old;
} SuffixAlias;
static const SuffixAlias suffix_aliases[] = {{".weight", ".gamma"}, {".bias", ".beta"}};

static Pos in_file(const char *path, Diagnostics *diags) { return pos_in_file(diagnostics_file(diags, path, NULL), 0); }

/* --- Opening --- */

HfFolder *hf_folder_open(const char *path, const char *lower_case, Diagnostics *diags) {
    Arena *arena = arena_new();
    HfFolder *folder = arena_alloc(arena, sizeof *folder);
    *folder = (HfFolder){.arena = arena,
                         .path = arena_strdup(arena, path),
                         .config_path = hf_file_path(arena, path, "config.json"),
                         .wrapper = ""};
    bool good = hf_file_exists(arena, path, "config.json") || hf_file_missing(arena, path, "config.json", diags);
    good = good && hf_tokenizer_read(folder->path, lower_case, arena, &folder->tokenizer, diags);
    if (good) folder->config = hf_file_object(folder->config_path, READ_CONFIG, &folder->config_text, diags);
    if (good && folder->config && hf_weights_open(path, &folder->weights, diags)) return folder;
    hf_folder_close(folder);
    return NULL;
}

void hf_folder_close(HfFolder *folder) {
    if (!folder) return;
    hf_weights_close(folder->weights);
    hf_tokenizer_free(&folder->tokenizer);
    if (folder->overlay) safetensors_close(folder->overlay);
    json_decref(folder->config);
    free(folder->config_text);
    arena_free(folder->arena);
}

const char *hf_folder_path(const HfFolder *folder) { return folder->path; }
const char *hf_folder_config(const HfFolder *folder) { return folder->config_text; }
const HfTokenizer *hf_folder_tokenizer(const HfFolder *folder) { return &folder->tokenizer; }
bool hf_folder_has_weights(const HfFolder *folder) { return folder->weights != NULL; }

/* --- Configuration --- */

Pos hf_config_pos(const HfFolder *folder, const char *key, Diagnostics *diags) {
    const char *text = folder->config_text;
    const char *quoted = arena_printf(diags->arena, "\"%s\"", key), *at = strstr(text, quoted);
    Pos pos = {.file = diagnostics_file(diags, folder->config_path, text)};
    if (!at) return pos;
    pos.line = 1, pos.length = (uint32_t)strlen(quoted);
    const char *start = text;
    for (const char *c = text; c < at; c++) {
        if (*c != '\n') continue;
        pos.line++;
        start = c + 1;
    }
    pos.column = (uint32_t)(at - start) + 1;
    return pos;
}

/* null is the same as no such key. */
static Lookup find_value(const HfFolder *folder, const char *key, const json_t **value) {
    *value = json_object_get(folder->config, key);
    return *value && !json_is_null(*value) ? LOOKUP_FOUND : LOOKUP_ABSENT;
}

static Lookup wrong_kind(const HfFolder *folder, const char *key, const char *wanted, Diagnostics *diags) {
    diag_error(diags, "E0841", hf_config_pos(folder, key, diags), "the value of \"%s\" is not %s", key, wanted);
    diag_hint(diags, "correct it in the file, or take the key away to have the value of the graph file");
    return LOOKUP_FAILED;
}

Lookup hf_config_number(const HfFolder *folder, const char *key, double *value, Diagnostics *diags) {
    const json_t *found;
    if (find_value(folder, key, &found) == LOOKUP_ABSENT) return LOOKUP_ABSENT;
    if (!json_is_number(found)) return wrong_kind(folder, key, "a number", diags);
    *value = json_number_value(found);
    return LOOKUP_FOUND;
}

Lookup hf_config_bool(const HfFolder *folder, const char *key, bool *value, Diagnostics *diags) {
    const json_t *found;
    if (find_value(folder, key, &found) == LOOKUP_ABSENT) return LOOKUP_ABSENT;
    if (!json_is_boolean(found)) return wrong_kind(folder, key, "true or false", diags);
    *value = json_is_true(found);
    return LOOKUP_FOUND;
}

Lookup hf_config_string(const HfFolder *folder, const char *key, const char **value, Diagnostics *diags) {
    const json_t *found;
    if (find_value(folder, key, &found) == LOOKUP_ABSENT) return LOOKUP_ABSENT;
    if (!json_is_string(found)) return wrong_kind(folder, key, "a text", diags);
    *value = json_string_value(found);
    return LOOKUP_FOUND;
}

/* "c2p|p2c"; NULL: not all are words. */
static const char *join_words(Arena *arena, const json_t *list) {
    const char *text = "";
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item) {
        if (!json_is_string(item)) return NULL;
        text = arena_printf(arena, "%s%s%s", text, i ? "|" : "", json_string_value(item));
    }
    return text;
}

Lookup hf_config_text(const HfFolder *folder, const char *key, const char **value) {
    const json_t *found;
    if (find_value(folder, key, &found) == LOOKUP_ABSENT) return LOOKUP_ABSENT;
    if (json_is_string(found)) return *value = json_string_value(found), LOOKUP_FOUND;
    if (json_is_array(found) && (*value = join_words(folder->arena, found))) return LOOKUP_FOUND;
    char *text = json_dumps(found, JSON_ENCODE_ANY | JSON_COMPACT);
    *value = arena_strdup(folder->arena, text ? text : "");
    free(text);
    return LOOKUP_FOUND;
}

bool hf_config_check(HfFolder *folder, const char *const *known, int count, Diagnostics *diags) {
    return hf_keys_check("config.json", folder->config_path, folder->config, known, count, diags);
}

HfUnknown hf_config_unknown(HfFolder *folder, const char *const *known, int n_known) {
    return hf_keys_unknown("config.json", folder->config, known, n_known, folder->arena);
}

/* --- Tensors --- */

/* The tensor under this name, with what a wrapper has put before it or without. */
static HfTensor find_name(HfFolder *folder, const char *name) {
    HfTensor found = {0};
    if (*folder->wrapper)
        found = hf_weights_find(folder->weights, arena_printf(folder->arena, "%s%s", folder->wrapper, name));
    return found.file ? found : hf_weights_find(folder->weights, name);
}

/* The tensor under this name or its old spelling. */
static HfTensor find_spelling(HfFolder *folder, const char *name) {
    HfTensor found = find_name(folder, name);
    size_t length = strlen(name);
    for (size_t i = 0; !found.file && i < sizeof suffix_aliases / sizeof *suffix_aliases; i++) {
        size_t suffix = strlen(suffix_aliases[i].now);
        if (length < suffix || strcmp(name + length - suffix, suffix_aliases[i].now)) continue;
        found = find_name(folder,
                          arena_printf(folder->arena, "%.*s%s", (int)(length - suffix), name, suffix_aliases[i].old));
    }
    return found;
}

static HfTensor find_published(HfFolder *folder, const char *name, const char *prefix) {
    HfTensor found = find_spelling(folder, name);
    if (found.file || !prefix || !*prefix) return found;
    size_t length = strlen(prefix);
    if (!strncmp(name, prefix, length)) return find_spelling(folder, name + length);
    return find_spelling(folder, arena_printf(folder->arena, "%s%s", prefix, name));
}

static HfTensor find_parameter(HfFolder *folder, HfName name) {
    HfTensor found = {0};
    if (!folder->weights) return found;
    if (name.saved) found = find_spelling(folder, name.saved);
    return found.file ? found : find_published(folder, name.name, name.prefix);
}

bool hf_folder_has(HfFolder *folder, HfName name) { return find_parameter(folder, name).file != NULL; }

const char *hf_folder_unwrap(HfFolder *folder, const HfName *names, int count) {
    int n_tensors;
    const char *const *tensors = hf_folder_skipped(folder, &n_tensors), *wrapper = NULL;
    bool plain = false;
    for (int i = 0; i < count && !plain; i++) plain = hf_folder_has(folder, names[i]);
    if (!plain) wrapper = hf_unwrap(tensors, n_tensors, names, count, folder->arena);
    if (wrapper) folder->wrapper = wrapper;
    return wrapper;
}

bool hf_folder_has_file(HfFolder *folder, const char *name) {
    return hf_file_exists(folder->arena, folder->path, name);
}

bool hf_folder_lay_over(HfFolder *folder, const char *path, Diagnostics *diags) {
    if (folder->overlay) return true;
    folder->overlay_path = arena_strdup(folder->arena, path);
    folder->overlay = safetensors_open(path, diags);
    return folder->overlay != NULL;
}

const char *hf_folder_overlay(const HfFolder *folder) { return folder->overlay ? folder->overlay_path : NULL; }

const char *hf_folder_overlay_metadata(const HfFolder *folder, const char *key) {
    return folder->overlay ? safetensors_metadata(folder->overlay, key) : NULL;
}

static bool same_shape(const SafeTensor *tensor, const int64_t *shape, int rank) {
    return tensor->rank == rank && (!rank || !memcmp(tensor->shape, shape, (size_t)rank * sizeof *shape));
}

/* What was laid over counts first, by the name under which it was saved. */
static HfTensor find_over(HfFolder *folder, const char *name) {
    const SafeTensor *tensor = folder->overlay ? safetensors_find(folder->overlay, name) : NULL;
    return tensor ? (HfTensor){folder->overlay, tensor, folder->overlay_path, NULL} : (HfTensor){0};
}

Lookup hf_folder_load(HfFolder *folder, HfName name, const int64_t *shape, int rank, float *out, Diagnostics *diags) {
    HfTensor own = find_parameter(folder, name), over = find_over(folder, name.saved ? name.saved : name.name),
             found = over.file ? over : own;
    if (own.file) *own.used = true;
    if (!found.file) return LOOKUP_ABSENT;
    if (same_shape(found.tensor, shape, rank))
        return safetensors_to_f32(found.file, found.tensor, out, diags) ? LOOKUP_FOUND : LOOKUP_FAILED;
    diag_error(diags, "E0842", in_file(found.path, diags), "tensor '%s' has shape %s, but the model's '%s' has %s",
               found.tensor->name, shape_print(folder->arena, found.tensor->shape, found.tensor->rank), name.name,
               shape_print(folder->arena, shape, rank));
    diag_hint(diags, "use the config.json that belongs to these weights, or weights of the model's sizes");
    return LOOKUP_FAILED;
}

const char *const *hf_folder_skipped(HfFolder *folder, int *count) {
    *count = 0;
    return folder->weights ? hf_weights_unused(folder->weights, count) : NULL;
}

/* --- Writing --- */

static json_t *pair_value(const ConfigPair *pair) {
    if (pair->kind == CONFIG_STRING) return json_string(pair->text);
    json_t *value = pair->kind == CONFIG_TEXT ? json_loads(pair->text, JSON_DECODE_ANY, NULL) : NULL;
    if (pair->kind == CONFIG_TEXT) return value ? value : json_string(pair->text);
    if (pair->kind == CONFIG_JSON) return json_loads(pair->text, 0, NULL);
    if (pair->kind == CONFIG_BOOL) return json_boolean(pair->number != 0);
    bool whole = pair->number == floor(pair->number) && fabs(pair->number) < 0x1p53;
    return whole ? json_integer((json_int_t)pair->number) : json_real(pair->number);
}

/* Config values are decimals that people wrote: 15 digits bring back the same number and print
 * 1e-12 as 1e-12. */
static bool put_json(const char *path, const json_t *object, Diagnostics *diags) {
    char *text = memory_checked(json_dumps(object, JSON_INDENT(2) | JSON_REAL_PRECISION(15)));
    bool written = atomic_file_put(path, text, strlen(text), diags);
    free(text);
    return written;
}

/* What the base's program, or another task of it, has said. */
static void drop_stale(json_t *object) {
    const char *key;
    json_t *value;
    void *next;
    json_object_foreach_safe(object, next, key, value) {
        const HfKey *known = hf_key_find("config.json", key);
        if (known && known->meaning != HF_USED && known->meaning != HF_FLAG) json_object_del(object, key);
    }
}

static bool write_config(const char *path, const HfContents *contents, Diagnostics *diags) {
    const char *config = contents->config;
    if (config && !contents->n_pairs) return atomic_file_put(path, config, strlen(config), diags);
    json_error_t error;
    json_t *object = config ? hf_file_parse(config, strlen(config), &error) : json_object();
    int failures = !json_is_object(object);
    if (contents->fresh) drop_stale(object);
    if (contents->fresh || json_object_get(object, "torch_dtype") || json_object_get(object, "dtype"))
        json_object_set_new(object, "torch_dtype", json_string("float32")); /* what is written is */
    json_object_del(object, "dtype");
    for (int i = 0; i < contents->n_pairs && !failures; i++) {
        failures += json_object_set_new(object, contents->pairs[i].key, pair_value(&contents->pairs[i])) != 0;
    }
    if (failures) {
        diag_error(diags, "E0841", in_file(path, diags), "the configuration to write is not valid JSON in UTF-8");
        diag_hint(diags, "check config.json and the values given for its keys");
    }
    bool written = !failures && put_json(path, object, diags);
    json_decref(object);
    return written;
}

/* As sentence-transformers has it: the tokenizer's own file says whether texts are lower-cased. */
static bool write_length(Arena *arena, const char *folder, int64_t max_length, Diagnostics *diags) {
    const char *text =
        arena_printf(arena, "{\n  \"max_seq_length\": %lld,\n  \"do_lower_case\": false\n}\n", (long long)max_length);
    return atomic_file_put(hf_file_path(arena, folder, "sentence_bert_config.json"), text, strlen(text), diags);
}

bool hf_folder_write(const char *path, const HfContents *contents, Diagnostics *diags) {
    if (!folder_make(path, diags)) return false;
    Arena *arena = arena_new();
    MetadataEntry *metadata = arena_array(arena, (size_t)contents->n_metadata + 1, sizeof *metadata);
    metadata[0] = (MetadataEntry){"format", "pt"}; /* transformers refuses a file that does not say so */
    for (int i = 0; i < contents->n_metadata; i++) metadata[i + 1] = contents->metadata[i];
    const char *weights = contents->weights ? contents->weights : "model.safetensors";
    bool written =
        write_config(hf_file_path(arena, path, "config.json"), contents, diags) &&
        (!contents->tokenizer || hf_tokenizer_save(contents->tokenizer, &contents->cut, path, diags)) &&
        (!contents->says_length || write_length(arena, path, contents->cut.max_length, diags)) &&
        (!contents->n_tensors || safetensors_write(hf_file_path(arena, path, weights), contents->tensors,
                                                   contents->n_tensors, metadata, contents->n_metadata + 1, diags));
    arena_free(arena);
    return written;
}
