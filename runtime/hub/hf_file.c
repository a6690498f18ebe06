/* Files of a Hugging Face folder. */
#include "runtime/hub/hf_file.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "runtime/files/read_file.h"

const char *hf_file_path(Arena *arena, const char *folder, const char *name) {
    return arena_printf(arena, "%s/%s", folder, name);
}

bool hf_file_exists(Arena *arena, const char *folder, const char *name) {
    struct stat status;
    return lstat(hf_file_path(arena, folder, name), &status) == 0;
}

Pos hf_file_pos(Arena *arena, const char *folder, const char *name, Diagnostics *diags) {
    return pos_in_file(diagnostics_file(diags, hf_file_path(arena, folder, name), NULL), 0);
}

/* A byte order mark is passed over, as in tables. */
json_t *hf_file_parse(const char *text, size_t size, json_error_t *error) {
    enum { MARK = 3 };
    if (size >= MARK && memcmp(text, "\xEF\xBB\xBF", MARK) == 0) text += MARK, size -= MARK;
    json_t *value = json_loadb(text, size, 0, error);
    bool large = !value && json_error_code(error) == json_error_numeric_overflow;
    return large ? json_loadb(text, size, JSON_DECODE_INT_AS_REAL, error) : value;
}

json_t *hf_file_object_of(const char *path, const char *text, size_t size, Diagnostics *diags) {
    json_error_t error;
    json_t *object = hf_file_parse(text, size, &error);
    if (json_is_object(object)) return object;
    uint32_t line = !object && error.line > 0 ? (uint32_t)error.line : 0;
    diag_error(diags, "E0841", pos_in_file(diagnostics_file(diags, path, NULL), line), "%s",
               object ? "not a JSON object" : error.text);
    diag_hint(diags, "the file is to hold one JSON object: {\"key\": value, ...}");
    json_decref(object);
    return NULL;
}

json_t *hf_file_object(const char *path, size_t most, char **text, Diagnostics *diags) {
    size_t size;
    char *own = read_file(path, most, &size, diags);
    json_t *object = own ? hf_file_object_of(path, own, size, diags) : NULL;
    if (text)
        *text = own;
    else
        free(own);
    return object;
}

/* "bert-base-uncased", "google/electra-small": what the hub might have. */
static bool is_hub_name(const char *folder) {
    const char *slash = strchr(folder, '/');
    return *folder != '.' && *folder != '/' && *folder != '~' && !(slash && strchr(slash + 1, '/'));
}

bool hf_file_missing(Arena *arena, const char *folder, const char *name, Diagnostics *diags) {
    struct stat status;
    bool is_folder = !stat(folder, &status) && S_ISDIR(status.st_mode);
    const char *on_hub = is_hub_name(folder) ? folder : "NAME";
    diag_error(diags, "E0840", hf_file_pos(arena, folder, name, diags), "%s",
               is_folder ? "the folder has no such file" : "there is no such folder");
    if (is_folder)
        diag_hint(diags,
                  "a model folder holds config.json, tokenizer.json (or vocab.txt) and, unless training starts from "
                  "random weights, model.safetensors");
    else
        diag_hint(diags,
                  "nothing is downloaded by gradc itself; from huggingface.co: hf download %s --local-dir %s, or git "
                  "clone https://huggingface.co/%s %s, with git-lfs",
                  on_hub, folder, on_hub, folder);
    return false;
}
