/* Files of a Hugging Face folder. */
#ifndef GRADC_RUNTIME_HUB_HF_FILE_H
#define GRADC_RUNTIME_HUB_HF_FILE_H

#include <jansson.h>

#include "graph/base/diag.h"

const char *hf_file_path(Arena *arena, const char *folder, const char *name);
/* A link that leads nowhere counts, so that whoever reads it says so. */
bool hf_file_exists(Arena *arena, const char *folder, const char *name);
Pos hf_file_pos(Arena *arena, const char *folder, const char *name, Diagnostics *diags);

/* The object in a JSON file, for the caller to release; NULL with an error (E0841) for anything else. `*text` is the
 * file, for the caller to free, also after an error; NULL when nobody wants it. */
json_t *hf_file_object(const char *path, char **text, Diagnostics *diags);

/* Tells that the folder, or this file of it, is not there (E0840). False. */
bool hf_file_missing(Arena *arena, const char *folder, const char *name, Diagnostics *diags);

#endif
