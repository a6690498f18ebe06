/* Checkpoints: one safetensors file each; its metadata is
 *     gradc.state    {"state": the caller's, "runs": [steps of each run], "hashes": {tensor: XXH3-128}}
 *     gradc.hash     the XXH3-128 of that text */
#include "runtime/model/checkpoint.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "graph/base/hash.h"
#include "graph/base/memory.h"
#include "runtime/files/safetensors.h"

struct Checkpoint {
    Arena *arena;
    const char *path;
    SafeTensors *file;
    json_t *all;
};

static const char prefix[] = "step-", suffix[] = ".safetensors";

typedef VEC(TensorToWrite) TensorList;

static const char *state_name(Arena *arena, const char *state, const char *param) {
    return arena_printf(arena, "optimizer.%s.%s", state, param);
}

static const char *path_of(Arena *arena, const char *folder, int64_t step) {
    return arena_printf(arena, "%s/%s%012" PRId64 "%s", folder, prefix, step, suffix);
}

/* --- Writing --- */

static void add_tensor(Arena *arena, TensorList *list, const char *name, const Type *type, const float *data) {
    int64_t *shape = arena_array(arena, MAX_RANK, sizeof *shape);
    for (int i = 0; i < type->rank; i++) shape[i] = type->dims[i].offset;
    vec_push(arena, list, ((TensorToWrite){name, type->rank, shape, data}));
}

static TensorList list_tensors(Arena *arena, const Parameters *params, const char *const *states) {
    TensorList list = {0};
    for (int i = 0; i < params->n_slots; i++) {
        const ParamSlot *slot = &params->slots[i];
        const Type *type = &slot->param->type;
        add_tensor(arena, &list, slot->param->name, type, params->weights + slot->offset);
        for (int j = 0; slot->trained && j < params->n_states; j++) {
            const char *name = state_name(arena, states[j], slot->param->name);
            Dim flat = dim_const(slot->state_counts[j]);
            Type own = slot->state_counts[j] == slot->count ? *type : type_make(ELEM_F32, 1, &flat);
            add_tensor(arena, &list, name, &own, params->states[j] + slot->state_offsets[j]);
        }
    }
    return list;
}

static size_t tensor_bytes(const TensorToWrite *tensor) {
    size_t bytes = sizeof(float);
    for (int i = 0; i < tensor->rank; i++) bytes *= (size_t)tensor->shape[i];
    return bytes;
}

/* The text of gradc.state; the caller frees. */
static char *describe(Arena *arena, const Parameters *params, const TensorList *tensors, json_t *state) {
    json_t *runs = json_array(), *hashes = json_object();
    for (int i = 0; i < params->n_runs; i++)
        json_array_append_new(runs, json_integer((json_int_t)params->runs[i].steps));
    for (int i = 0; i < tensors->count; i++) {
        const TensorToWrite *tensor = &tensors->items[i];
        json_object_set_new(hashes, tensor->name, json_string(bytes_hash(arena, tensor->data, tensor_bytes(tensor))));
    }
    json_t *all = json_pack("{s:O, s:o, s:o}", "state", state, "runs", runs, "hashes", hashes);
    char *text = memory_checked(json_dumps(all, JSON_COMPACT | JSON_REAL_PRECISION(17)));
    json_decref(all);
    return text;
}

/* Only names that this module gives: a user's file in the folder stays. */
static bool is_ours(const char *name) { return strncmp(name, prefix, strlen(prefix)) == 0 && strstr(name, suffix); }

/* The step of a checkpoint's file; -1 of a file that was never finished. */
static int64_t step_of(const char *name) {
    char *end;
    long long step = strtoll(name + strlen(prefix), &end, 10);
    return strcmp(end, suffix) == 0 ? step : -1;
}

static int latest_first(const void *left, const void *right) {
    int64_t a = step_of(*(const char *const *)left), b = step_of(*(const char *const *)right);
    return (a < b) - (a > b);
}

typedef VEC(const char *) NameList;

/* The names of our files in the folder, the latest step first. */
static NameList list_files(Arena *arena, const char *folder) {
    NameList names = {0};
    DIR *entries = opendir(folder);
    for (struct dirent *entry; entries && (entry = readdir(entries));) {
        if (is_ours(entry->d_name)) vec_push(arena, &names, arena_strdup(arena, entry->d_name));
    }
    if (entries) closedir(entries);
    if (names.count) qsort(names.items, (size_t)names.count, sizeof *names.items, latest_first);
    return names;
}

/* What came after `previous` and is not `step` is of a run that was taken up again before it. */
static void remove_others(Arena *arena, const char *folder, int64_t step, int64_t previous, int64_t limit) {
    NameList names = list_files(arena, folder);
    int64_t kept = 1;
    for (int i = 0; i < names.count; i++) {
        int64_t at = step_of(names.items[i]);
        if (at == step || (at >= 0 && at <= previous && kept++ < limit)) continue;
        unlink(arena_printf(arena, "%s/%s", folder, names.items[i]));
    }
}

bool checkpoint_exists(const char *folder) {
    Arena *arena = arena_new();
    NameList names = list_files(arena, folder);
    bool found = names.count && step_of(names.items[0]) >= 0;
    arena_free(arena);
    return found;
}

void checkpoint_remove_all(const char *folder) {
    Arena *arena = arena_new();
    NameList names = list_files(arena, folder);
    for (int i = 0; i < names.count; i++) unlink(arena_printf(arena, "%s/%s", folder, names.items[i]));
    arena_free(arena);
}

bool checkpoint_save(const char *folder, int64_t step, int64_t previous, int64_t limit, const Parameters *params,
                     const char *const *states, json_t *state, Diagnostics *diags) {
    if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
        diag_error(diags, "E0941", (Pos){0}, "cannot create the folder %s: %s", folder, strerror(errno));
        diag_hint(diags, "its parent must exist and be writable");
        return false;
    }
    Arena *arena = arena_new();
    TensorList tensors = list_tensors(arena, params, states);
    char *text = describe(arena, params, &tensors, state);
    MetadataEntry metadata[] = {
        {"format", "pt"}, {"gradc.state", text}, {"gradc.hash", bytes_hash(arena, text, strlen(text))}};
    bool good = safetensors_write(path_of(arena, folder, step), tensors.items, tensors.count, metadata, 3, diags);
    if (good) remove_others(arena, folder, step, previous, limit);
    free(text);
    arena_free(arena);
    return good;
}

/* --- Reading --- */

/* NULL: whole. Otherwise what is wrong with it. */
static const char *find_damage(Checkpoint *c) {
    const char *text = safetensors_metadata(c->file, "gradc.state"),
               *hash = safetensors_metadata(c->file, "gradc.hash");
    if (!text || !hash) return "it is not a checkpoint of gradc";
    if (strcmp(bytes_hash(c->arena, text, strlen(text)), hash) != 0) return "its description does not have its hash";
    c->all = json_loads(text, 0, NULL);
    const json_t *hashes = json_object_get(c->all, "hashes");
    if (!json_is_object(json_object_get(c->all, "state")) || !hashes) return "its description is not complete";
    if ((int)json_object_size(hashes) != safetensors_count(c->file)) return "a tensor is missing";
    for (int i = 0; i < safetensors_count(c->file); i++) {
        const SafeTensor *tensor = safetensors_get(c->file, i);
        const char *wanted = json_string_value(json_object_get(hashes, tensor->name));
        bool same = wanted && strcmp(wanted, bytes_hash(c->arena, tensor->data, tensor->bytes)) == 0;
        if (!same) return arena_printf(c->arena, "tensor '%s' does not have its hash", tensor->name);
    }
    return NULL;
}

static Checkpoint *open_one(const char *path, Diagnostics *diags) {
    Arena *arena = arena_new();
    Checkpoint *c = arena_alloc(arena, sizeof *c);
    *c = (Checkpoint){.arena = arena, .path = arena_strdup(arena, path)};
    Diagnostics *own = diagnostics_new(); /* a broken file is a warning here */
    c->file = safetensors_open(path, own);
    const char *damage = c->file ? find_damage(c) : own->list.items[0].message;
    if (damage)
        diag_warning(diags, "E0943", pos_in_file(diagnostics_file(diags, path, NULL), 0), "a damaged checkpoint: %s",
                     damage);
    diagnostics_free(own);
    if (!damage) return c;
    checkpoint_close(c);
    return NULL;
}

bool checkpoint_open(const char *folder, int64_t most, Checkpoint **checkpoint, Diagnostics *diags) {
    Arena *arena = arena_new();
    NameList names = list_files(arena, folder);
    *checkpoint = NULL;
    int whole = 0;
    for (int i = 0; i < names.count && !*checkpoint; i++) {
        int64_t step = step_of(names.items[i]);
        if (step < 0 || step > most) continue;
        whole++;
        *checkpoint = open_one(arena_printf(arena, "%s/%s", folder, names.items[i]), diags);
    }
    bool good = *checkpoint || whole == 0;
    if (!good) {
        diag_error(diags, "E0944", (Pos){0}, "%s has no intact checkpoint", folder);
        diag_hint(diags, "start again without --resume");
    }
    arena_free(arena);
    return good;
}

void checkpoint_close(Checkpoint *c) {
    if (!c) return;
    safetensors_close(c->file);
    json_decref(c->all);
    arena_free(c->arena);
}

const char *checkpoint_path(const Checkpoint *c) { return c->path; }
const json_t *checkpoint_state(const Checkpoint *c) { return json_object_get(c->all, "state"); }

static bool restore_tensor(const Checkpoint *c, const char *name, int64_t count, float *to, Diagnostics *diags) {
    const SafeTensor *tensor = safetensors_find(c->file, name);
    if (tensor && tensor->count == count) return safetensors_to_f32(c->file, tensor, to, diags);
    diag_error(diags, "E0945", pos_in_file(diagnostics_file(diags, c->path, NULL), 0), "%s '%s'",
               tensor ? "another size has the tensor" : "the checkpoint lacks the tensor", name);
    diag_hint(diags, "resume with the graph and the settings that the run was started with");
    return false;
}

bool checkpoint_restore(const Checkpoint *c, Parameters *params, const char *const *states, Diagnostics *diags) {
    bool good = true;
    for (int i = 0; good && i < params->n_slots; i++) {
        const ParamSlot *slot = &params->slots[i];
        good = restore_tensor(c, slot->param->name, slot->count, params->weights + slot->offset, diags);
        for (int j = 0; good && slot->trained && j < params->n_states; j++) {
            const char *name = state_name(c->arena, states[j], slot->param->name);
            float *to = params->states[j] + slot->state_offsets[j];
            good = restore_tensor(c, name, slot->state_counts[j], to, diags);
        }
    }
    const json_t *runs = json_object_get(c->all, "runs");
    if (good && (int)json_array_size(runs) != params->n_runs) {
        return diag_error(diags, "E0945", pos_in_file(diagnostics_file(diags, c->path, NULL), 0),
                          "the checkpoint's parameters are trained in other groups");
    }
    for (int i = 0; good && i < params->n_runs; i++)
        params->runs[i].steps = json_integer_value(json_array_get(runs, (size_t)i));
    return good;
}
