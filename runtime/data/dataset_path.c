/* Where a data set is: the search for its file. */
#include <string.h>
#include <unistd.h>

#include "runtime/data/dataset.h"

/* "sst/ids-sst-{split}.csv" with the split filled in, wherever it stands. */
static const char *fill_split(Arena *arena, const char *pattern, const char *split) {
    const char *filled = "", *brace;
    for (; (brace = strstr(pattern, "{split}")); pattern = brace + strlen("{split}"))
        filled = arena_printf(arena, "%s%.*s%s", filled, (int)(brace - pattern), pattern, split);
    return arena_printf(arena, "%s%s", filled, pattern);
}

/* The file, or what it is called when it is compressed; NULL: neither is there. */
static const char *plain_or_compressed(Arena *arena, const char *folder, const char *name) {
    const char *plain = arena_printf(arena, "%s/%s", folder, name);
    if (access(plain, F_OK) == 0) return plain;
    const char *compressed = arena_printf(arena, "%s.gz", plain);
    return access(compressed, F_OK) == 0 ? compressed : NULL;
}

/* The file below the folder as it is named, or its last part in the folder; NULL: neither is there. */
static const char *file_in(Arena *arena, const char *folder, const char *name) {
    const char *slash = strrchr(name, '/'), *whole = plain_or_compressed(arena, folder, name);
    return whole || !slash ? whole : plain_or_compressed(arena, folder, slash + 1);
}

bool dataset_is_split(const Task *task, const DatasetOptions *o) {
    return task->split.pos.file && !o->path && !o->text &&
           (strcmp(o->split, "train") == 0 || strcmp(o->split, "dev") == 0);
}

const char *dataset_path(const Task *task, const DatasetOptions *o, Diagnostics *diags) {
    static const char *const here[] = {"."};
    Arena *arena = diags->arena;
    if (o->path) return o->path;
    const char *name = fill_split(arena, task->data, dataset_is_split(task, o) ? "train" : o->split), *tried = "";
    const char *const *folders = o->n_folders ? o->folders : here;
    for (int i = 0; i < (o->n_folders ? o->n_folders : 1); i++) {
        const char *found = file_in(arena, folders[i], name);
        if (found) return found;
        tried = arena_printf(arena, "%s%s%s", tried, i ? " or " : "", folders[i]);
    }
    diag_error(diags, "E0850", task->data_pos, "task '%s' has no file %s in %s", task->name, name, tried);
    diag_hint(diags, "give the folder that holds it with --data, or change the task's data line");
    return NULL;
}
