/* Weights in one file or several. */
#include "runtime/hub/hf_weights.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/pattern.h"
#include "runtime/files/read_file.h"
#include "runtime/files/torch_file.h"
#include "runtime/hub/hf_file.h"

typedef struct Shard {
    SafeTensors *file;
    const char *path;
    bool *used; /* [its tensors] */
} Shard;

struct HfWeights {
    Arena *arena;
    const char *folder;
    const char *index; /* the file that names the others; NULL: there is none */
    VEC(Shard) shards;
};

/* A file, or else the index that names several, in the order in which they are looked for. */
static const struct {
    const char *file, *index;
} forms[] = {{"model.safetensors", "model.safetensors.index.json"},
             {"pytorch_model.bin", "pytorch_model.bin.index.json"}};

static const char *path_of(const HfWeights *w, const char *name) { return hf_file_path(w->arena, w->folder, name); }

static bool has_file(const HfWeights *w, const char *name) { return hf_file_exists(w->arena, w->folder, name); }

static bool add_file(HfWeights *w, const char *name, Diagnostics *diags) {
    const char *path = path_of(w, name);
    for (int i = 0; i < w->shards.count; i++) {
        if (strcmp(w->shards.items[i].path, path) == 0) return true;
    }
    SafeTensors *file = pattern_matches("*.bin", path) ? torch_file_open(path, diags) : safetensors_open(path, diags);
    if (!file) return false;
    Shard shard = {file, path, arena_array(w->arena, (size_t)safetensors_count(file) + 1, sizeof(bool))};
    vec_push(w->arena, &w->shards, shard);
    return true;
}

static bool bad_index(const HfWeights *w, const char *message, Diagnostics *diags) {
    diag_error(diags, "E0849", hf_file_pos(w->arena, w->folder, w->index, diags), "%s", message);
    diag_hint(diags, "fetch the folder again, with the index and all the files that it names");
    return false;
}

/* A file of this folder, by a name that leads nowhere else. */
static bool is_plain_name(const char *name) { return name && *name && *name != '.' && !strchr(name, '/'); }

static bool add_entry(HfWeights *w, const char *tensor, const char *name, Diagnostics *diags) {
    if (!is_plain_name(name))
        return bad_index(w, arena_printf(w->arena, "tensor '%s' is in no file of the folder", tensor), diags);
    if (!has_file(w, name))
        return bad_index(w, arena_printf(w->arena, "the file %s, which it names, is not there", name), diags);
    return add_file(w, name, diags);
}

static bool check_entry(const HfWeights *w, const char *tensor, const char *name, Diagnostics *diags) {
    HfTensor found = hf_weights_find(w, tensor);
    if (found.file && strcmp(found.path, path_of(w, name)) == 0) return true;
    return bad_index(w, arena_printf(w->arena, "tensor '%s' is not in %s", tensor, name), diags);
}

static bool add_map(HfWeights *w, json_t *map, Diagnostics *diags) {
    const char *tensor;
    json_t *name;
    if (!json_is_object(map)) return bad_index(w, "it has no weight_map", diags);
    json_object_foreach(map, tensor, name) {
        if (!add_entry(w, tensor, json_string_value(name), diags)) return false;
    }
    json_object_foreach(map, tensor, name) {
        if (!check_entry(w, tensor, json_string_value(name), diags)) return false;
    }
    return true;
}

static bool add_indexed(HfWeights *w, const char *name, Diagnostics *diags) {
    json_t *index = hf_file_object(path_of(w, name), READ_TEXT, NULL, diags);
    w->index = name;
    bool good = index && add_map(w, json_object_get(index, "weight_map"), diags);
    json_decref(index);
    return good;
}

/* What files of weights are called that are not read: in another format, or under a name that nobody asks for. The
 * last is what is trained beside a base (overlay.h). */
static const char *const weights_like[] = {"*.safetensors", "*.bin",     "*.bin.index.json", "*.safetensors.index.json",
                                           "*.h5",          "*.msgpack", "*.ckpt",           "*.ckpt.*",
                                           "*.pt",          "*.pth",     "*.onnx",           "*.gguf"};
static const char *const no_weights[] = {"adapter_model.*", "training_args.bin", "optimizer.*", "scheduler.*",
                                         "rng_state*"};

static bool matches_any(const char *const *patterns, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++) {
        if (pattern_matches(patterns[i], name)) return true;
    }
    return false;
}

static bool is_weights_like(const char *name) {
    return matches_any(weights_like, sizeof weights_like / sizeof *weights_like, name) &&
           !matches_any(no_weights, sizeof no_weights / sizeof *no_weights, name);
}

/* The first by its name of the files in the folder that look like weights, "below/" put before it; NULL: there is
 * none. Of the folders in it only those of other programs count, not what a run keeps. */
static const char *find_unread(const HfWeights *w, const char *below, const char *first) {
    DIR *entries = opendir(path_of(w, below));
    for (struct dirent *entry; entries && (entry = readdir(entries));) {
        const char *name = arena_printf(w->arena, "%s%s", below, entry->d_name);
        if (is_weights_like(entry->d_name) && (!first || strcmp(name, first) < 0)) first = name;
        bool enters = !*below && entry->d_name[0] != '.' && strcmp(entry->d_name, "last") != 0 && !first;
        if (enters) first = find_unread(w, arena_printf(w->arena, "%s/", entry->d_name), first);
    }
    if (entries) closedir(entries);
    return first;
}

/* Weights that are not read would be passed over in silence and training start from random ones. */
static bool reject_unread(const HfWeights *w, Diagnostics *diags) {
    const char *unread = find_unread(w, "", NULL);
    if (!unread) return true;
    diag_error(diags, "E0844", hf_file_pos(w->arena, w->folder, unread, diags),
               "the weights are in a format, or under a name, that is not read");
    diag_hint(diags, "they are to be called model.safetensors or pytorch_model.bin, or named by an index beside them; "
                     "in Python, model.save_pretrained(folder) writes such a file");
    return false;
}

static bool add_weights(HfWeights *w, Diagnostics *diags) {
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (has_file(w, forms[i].file)) return add_file(w, forms[i].file, diags);
        if (has_file(w, forms[i].index)) return add_indexed(w, forms[i].index, diags);
    }
    return reject_unread(w, diags);
}

bool hf_weights_open(const char *folder, HfWeights **weights, Diagnostics *diags) {
    Arena *arena = arena_new();
    HfWeights *w = arena_alloc(arena, sizeof *w);
    *w = (HfWeights){.arena = arena, .folder = arena_strdup(arena, folder)};
    bool good = add_weights(w, diags);
    *weights = good && w->shards.count ? w : NULL;
    if (!*weights) hf_weights_close(w);
    return good;
}

void hf_weights_close(HfWeights *w) {
    if (!w) return;
    for (int i = 0; i < w->shards.count; i++) safetensors_close(w->shards.items[i].file);
    arena_free(w->arena);
}

HfTensor hf_weights_find(const HfWeights *w, const char *name) {
    for (int i = 0; i < w->shards.count; i++) {
        const Shard *shard = &w->shards.items[i];
        for (int j = 0; j < safetensors_count(shard->file); j++) {
            const SafeTensor *tensor = safetensors_get(shard->file, j);
            if (strcmp(tensor->name, name) == 0) return (HfTensor){shard->file, tensor, shard->path, &shard->used[j]};
        }
    }
    return (HfTensor){0};
}

const char *hf_weights_metadata(const HfWeights *w, const char *key) {
    return safetensors_metadata(w->shards.items[0].file, key);
}

const char *const *hf_weights_unused(HfWeights *w, int *count) {
    VEC(const char *) names = {0};
    for (int i = 0; i < w->shards.count; i++) {
        const Shard *shard = &w->shards.items[i];
        for (int j = 0; j < safetensors_count(shard->file); j++) {
            if (!shard->used[j]) vec_push(w->arena, &names, safetensors_get(shard->file, j)->name);
        }
    }
    *count = names.count;
    return names.items;
}
