/* Hugging Face folders. */
#include "runtime/hf_folder.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/atomic_file.h"
#include "runtime/read_file.h"

struct HfFolder {
    Arena *arena;
    const char *path, *vocab, *config_path, *weights_path;
    char *config_text;
    json_t *config;
    bool lower_case;
    SafeTensors *weights;
    bool *used; /* [tensors of `weights`] */
    const char *overlay_path;
    SafeTensors *overlay;
};

/* How a parameter's last part was spelled in old checkpoints. */
typedef struct SuffixAlias {
    const char *now, *old;
} SuffixAlias;
static const SuffixAlias suffix_aliases[] = {{".weight", ".gamma"}, {".bias", ".beta"}};

static Pos in_file(const char *path, Diagnostics *diags) {
    return pos_in_file(diagnostics_file(diags, path, NULL), 0);
}

static const char *in_folder(Arena *arena, const char *folder, const char *name) {
    return arena_printf(arena, "%s/%s", folder, name);
}

/* --- Opening
 * ------------------------------------------------------------------------------------------------------
 */

/* The object in a JSON file, NULL with an error. `*text` is the file, to be freed by the caller. */
static json_t *read_object(const char *path, char **text, Diagnostics *diags) {
    size_t size;
    json_error_t error;
    *text = read_file(path, &size, diags);
    if (!*text) return NULL;
    json_t *object = json_loadb(*text, size, 0, &error);
    if (json_is_object(object)) return object;
    Pos pos = pos_in_file(diagnostics_file(diags, path, NULL),
                          !object && error.line > 0 ? (uint32_t)error.line : 0);
    diag_error(diags, "E0841", pos, "%s", object ? "not a JSON object" : error.text);
    diag_hint(diags, "the file is to hold one JSON object: {\"key\": value, ...}");
    json_decref(object);
    return NULL;
}

static bool require_file(const HfFolder *folder, const char *path, Diagnostics *diags) {
    if (!access(path, F_OK)) return true;
    struct stat status;
    bool is_folder = !stat(folder->path, &status) && S_ISDIR(status.st_mode);
    diag_error(diags, "E0840", in_file(path, diags), "%s",
               is_folder ? "the folder has no such file" : "there is no such folder");
    diag_hint(diags, "a model folder holds config.json, vocab.txt and, unless training starts from "
                     "random weights, "
                     "model.safetensors");
    return false;
}

/* Weights in another format would be passed over in silence and training start from random ones. */
static bool reject_other_formats(const HfFolder *folder, Diagnostics *diags) {
    static const char *const others[] = {"model.safetensors.index.json", "pytorch_model.bin",
                                         "tf_model.h5", "flax_model.msgpack"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        const char *path = in_folder(folder->arena, folder->path, others[i]);
        if (access(path, F_OK)) continue;
        diag_error(diags, "E0844", in_file(path, diags),
                   "the weights are in a format that is not read");
        diag_hint(diags, "save the model as one model.safetensors (in Python: "
                         "model.save_pretrained(folder, max_shard_size=\"100GB\"))");
        return false;
    }
    return true;
}

static bool open_weights(HfFolder *folder, Diagnostics *diags) {
    if (access(folder->weights_path, F_OK)) return reject_other_formats(folder, diags);
    folder->weights = safetensors_open(folder->weights_path, diags);
    if (!folder->weights) return false;
    folder->used =
        arena_array(folder->arena, (size_t)safetensors_count(folder->weights) + 1, sizeof(bool));
    return true;
}

/* Whether a token other than the bracketed ones has a capital letter. */
static bool has_capitals(const char *vocabulary) {
    for (const char *line = vocabulary; *line;) {
        size_t length = strcspn(line, "\n");
        if (*line != '[' && strcspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") < length) return true;
        line += length + (line[length] == '\n');
    }
    return false;
}

static bool guess_case(HfFolder *folder, Diagnostics *diags) {
    size_t size;
    char *vocabulary = read_file(folder->vocab, &size, diags);
    if (!vocabulary) return false;
    folder->lower_case = !has_capitals(vocabulary);
    free(vocabulary);
    if (folder->lower_case) return true;
    diag_warning(diags, "E0843", in_file(folder->vocab, diags),
                 "the vocabulary has capital letters, so texts are not lower-cased");
    diag_hint(diags, "say so in tokenizer_config.json: {\"do_lower_case\": false}");
    return true;
}

static bool find_case(HfFolder *folder, Diagnostics *diags) {
    const char *path = in_folder(folder->arena, folder->path, "tokenizer_config.json");
    if (access(path, F_OK)) return guess_case(folder, diags);
    char *text;
    json_t *object = read_object(path, &text, diags),
           *value = json_object_get(object, "do_lower_case");
    bool good = object != NULL;
    if (json_is_boolean(value))
        folder->lower_case = json_is_true(value);
    else if (good)
        good = guess_case(folder, diags);
    json_decref(object);
    free(text);
    return good;
}

HfFolder *hf_folder_open(const char *path, Diagnostics *diags) {
    Arena *arena = arena_new();
    HfFolder *folder = arena_alloc(arena, sizeof *folder);
    *folder = (HfFolder){.arena = arena,
                         .path = arena_strdup(arena, path),
                         .vocab = in_folder(arena, path, "vocab.txt"),
                         .config_path = in_folder(arena, path, "config.json"),
                         .weights_path = in_folder(arena, path, "model.safetensors")};
    bool good = require_file(folder, folder->config_path, diags) &&
                require_file(folder, folder->vocab, diags);
    if (good) folder->config = read_object(folder->config_path, &folder->config_text, diags);
    if (good && folder->config && find_case(folder, diags) && open_weights(folder, diags))
        return folder;
    hf_folder_close(folder);
    return NULL;
}

void hf_folder_close(HfFolder *folder) {
    if (!folder) return;
    safetensors_close(folder->weights);
    if (folder->overlay) safetensors_close(folder->overlay);
    json_decref(folder->config);
    free(folder->config_text);
    arena_free(folder->arena);
}

const char *hf_folder_path(const HfFolder *folder) { return folder->path; }
const char *hf_folder_vocab(const HfFolder *folder) { return folder->vocab; }
const char *hf_folder_config(const HfFolder *folder) { return folder->config_text; }
bool hf_folder_lower_case(const HfFolder *folder) { return folder->lower_case; }
const SafeTensors *hf_folder_weights(const HfFolder *folder) { return folder->weights; }

/* --- Configuration
 * ------------------------------------------------------------------------------------------------
 */

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

static Lookup wrong_kind(const HfFolder *folder, const char *key, const char *wanted,
                         Diagnostics *diags) {
    diag_error(diags, "E0841", hf_config_pos(folder, key, diags), "the value of \"%s\" is not %s",
               key, wanted);
    diag_hint(diags,
              "correct it in the file, or take the key away to have the value of the graph file");
    return LOOKUP_FAILED;
}

Lookup hf_config_number(const HfFolder *folder, const char *key, double *value,
                        Diagnostics *diags) {
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

Lookup hf_config_string(const HfFolder *folder, const char *key, const char **value,
                        Diagnostics *diags) {
    const json_t *found;
    if (find_value(folder, key, &found) == LOOKUP_ABSENT) return LOOKUP_ABSENT;
    if (!json_is_string(found)) return wrong_kind(folder, key, "a text", diags);
    *value = json_string_value(found);
    return LOOKUP_FOUND;
}

/* --- Tensors
 * ------------------------------------------------------------------------------------------------------
 */

static int find_index(const SafeTensors *weights, const char *name) {
    for (int i = 0; i < safetensors_count(weights); i++) {
        if (!strcmp(safetensors_get(weights, i)->name, name)) return i;
    }
    return -1;
}

/* The index of a tensor under this name or its old spelling, -1 when there is none. */
static int find_spelling(HfFolder *folder, const char *name) {
    int index = find_index(folder->weights, name);
    size_t length = strlen(name);
    for (size_t i = 0; index < 0 && i < sizeof suffix_aliases / sizeof *suffix_aliases; i++) {
        size_t suffix = strlen(suffix_aliases[i].now);
        if (length < suffix || strcmp(name + length - suffix, suffix_aliases[i].now)) continue;
        index = find_index(folder->weights,
                           arena_printf(folder->arena, "%.*s%s", (int)(length - suffix), name,
                                        suffix_aliases[i].old));
    }
    return index;
}

static int find_parameter(HfFolder *folder, const char *name, const char *prefix) {
    int index = find_spelling(folder, name);
    if (index >= 0 || !prefix || !*prefix) return index;
    size_t length = strlen(prefix);
    if (!strncmp(name, prefix, length)) return find_spelling(folder, name + length);
    return find_spelling(folder, arena_printf(folder->arena, "%s%s", prefix, name));
}

bool hf_folder_has(HfFolder *folder, const char *name, const char *prefix) {
    return folder->weights && find_parameter(folder, name, prefix) >= 0;
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
    return tensor->rank == rank &&
           (!rank || !memcmp(tensor->shape, shape, (size_t)rank * sizeof *shape));
}

Lookup hf_folder_load(HfFolder *folder, const char *name, const char *prefix, const int64_t *shape,
                      int rank, float *out, Diagnostics *diags) {
    const char *path = folder->overlay_path;
    const SafeTensors *file = folder->overlay;
    int index = file ? find_index(file, name) : -1, own = folder->weights ? find_parameter(folder, name, prefix) : -1;
    if (own >= 0) folder->used[own] = true;
    if (index < 0) file = folder->weights, path = folder->weights_path, index = own;
    if (index < 0) return LOOKUP_ABSENT;
    const SafeTensor *tensor = safetensors_get(file, index);
    if (same_shape(tensor, shape, rank)) {
        return safetensors_to_f32(file, tensor, out, diags) ? LOOKUP_FOUND : LOOKUP_FAILED;
    }
    diag_error(diags, "E0842", in_file(path, diags),
               "tensor '%s' has shape %s, but the model's '%s' has %s", tensor->name,
               shape_print(folder->arena, tensor->shape, tensor->rank), name,
               shape_print(folder->arena, shape, rank));
    diag_hint(diags,
              "use the config.json that belongs to these weights, or weights of the model's sizes");
    return LOOKUP_FAILED;
}

const char *const *hf_folder_skipped(HfFolder *folder, int *count) {
    int all = folder->weights ? safetensors_count(folder->weights) : 0;
    const char **names = arena_array(folder->arena, (size_t)all + 1, sizeof *names);
    *count = 0;
    for (int i = 0; i < all; i++) {
        if (!folder->used[i]) names[(*count)++] = safetensors_get(folder->weights, i)->name;
    }
    return names;
}

/* --- Writing
 * ------------------------------------------------------------------------------------------------------
 */

static json_t *pair_value(const ConfigPair *pair) {
    if (pair->kind == CONFIG_STRING) return json_string(pair->text);
    if (pair->kind == CONFIG_BOOL) return json_boolean(pair->number != 0);
    bool whole = pair->number == floor(pair->number) && fabs(pair->number) < 0x1p53;
    return whole ? json_integer((json_int_t)pair->number) : json_real(pair->number);
}

/* Config values are decimals that people wrote: 15 digits bring back the same number and print
 * 1e-12 as 1e-12. */
static bool put_json(const char *path, const json_t *object, Diagnostics *diags) {
    char *text = json_dumps(object, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    if (!text) abort();
    bool written = atomic_file_put(path, text, strlen(text), diags);
    free(text);
    return written;
}

static bool write_config(const char *path, const HfContents *contents, Diagnostics *diags) {
    const char *config = contents->config;
    if (config && !contents->n_pairs) return atomic_file_put(path, config, strlen(config), diags);
    json_t *object = config ? json_loads(config, 0, NULL) : json_object();
    int failures = !json_is_object(object);
    for (int i = 0; i < contents->n_pairs && !failures; i++) {
        failures += json_object_set_new(object, contents->pairs[i].key,
                                        pair_value(&contents->pairs[i])) != 0;
    }
    if (failures) {
        diag_error(diags, "E0841", in_file(path, diags),
                   "the configuration to write is not valid JSON in UTF-8");
        diag_hint(diags, "check config.json and the values given for its keys");
    }
    bool written = !failures && put_json(path, object, diags);
    json_decref(object);
    return written;
}

static bool write_vocabulary(Arena *arena, const char *folder, const HfContents *contents,
                             Diagnostics *diags) {
    if (!contents->vocab) return true;
    size_t size;
    char *text = read_file(contents->vocab, &size, diags);
    bool written =
        text && atomic_file_put(in_folder(arena, folder, "vocab.txt"), text, size, diags);
    free(text);
    if (!written) return false;
    json_t *object = json_pack("{s:b, s:s}", "do_lower_case", (int)contents->lower_case,
                               "tokenizer_class", "BertTokenizer");
    written = put_json(in_folder(arena, folder, "tokenizer_config.json"), object, diags);
    json_decref(object);
    return written;
}

bool hf_folder_write(const char *path, const HfContents *contents, Diagnostics *diags) {
    if (mkdir(path, 0777) && errno != EEXIST) {
        diag_error(diags, "E0830", in_file(path, diags), "cannot make the folder: %s",
                   strerror(errno));
        diag_hint(diags, "check that the folder above it exists and that you may write to it");
        return false;
    }
    Arena *arena = arena_new();
    MetadataEntry *metadata = arena_array(arena, (size_t)contents->n_metadata + 1, sizeof *metadata);
    metadata[0] = (MetadataEntry){"format", "pt"}; /* transformers refuses a file that does not say so */
    for (int i = 0; i < contents->n_metadata; i++) metadata[i + 1] = contents->metadata[i];
    const char *weights = contents->weights ? contents->weights : "model.safetensors";
    bool written = write_config(in_folder(arena, path, "config.json"), contents, diags) &&
                   write_vocabulary(arena, path, contents, diags) && (!contents->n_tensors ||
                   safetensors_write(in_folder(arena, path, weights), contents->tensors,
                                     contents->n_tensors, metadata, contents->n_metadata + 1, diags));
    arena_free(arena);
    return written;
}
