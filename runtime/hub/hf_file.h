/* Files of a Hugging Face folder. */
#ifndef GRADC_RUNTIME_HUB_HF_FILE_H
#define GRADC_RUNTIME_HUB_HF_FILE_H

#include <jansson.h>

#include "graph/base/diag.h"

const char *hf_file_path(Arena *arena, const char *folder, const char *name);
/* A link that leads nowhere counts, so that whoever reads it says so. */
bool hf_file_exists(Arena *arena, const char *folder, const char *name);
Pos hf_file_pos(Arena *arena, const char *folder, const char *name, Diagnostics *diags);

/* As json_loadb. A file with an integer beyond 64 bits, as transformers writes for a length without a limit, is read
 * with all of its integers as reals. */
json_t *hf_file_parse(const char *text, size_t size, json_error_t *error);

/* The object in a JSON file of at most `most` bytes (see read_file.h), for the caller to release; NULL with an error
 * (E0841) for anything else. `*text` is the file, for the caller to free, also after an error; NULL when nobody wants
 * it. */
json_t *hf_file_object(const char *path, size_t most, char **text, Diagnostics *diags);
/* The same of what the file holds. */
json_t *hf_file_object_of(const char *path, const char *text, size_t size, Diagnostics *diags);

/* Tells that the folder, or this file of it, is not there (E0840). False. */
bool hf_file_missing(Arena *arena, const char *folder, const char *name, Diagnostics *diags);

#endif
