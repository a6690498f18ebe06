/* A Hugging Face model folder: config.json (sizes), the tokenizer (hf_tokenizer.h), weights (hf_weights.h; optional:
 * without them the model starts from random ones). Keys and names are
 * the caller's: nothing here knows a model. */
#ifndef GRADC_RUNTIME_HUB_HF_FOLDER_H
#define GRADC_RUNTIME_HUB_HF_FOLDER_H

#include "graph/base/diag.h"
#include "runtime/files/safetensors.h"
#include "runtime/hub/hf_tokenizer.h"
#include "runtime/hub/hf_weights.h"

typedef struct HfFolder HfFolder;

/* FAILED comes with an error. */
typedef enum Lookup { LOOKUP_ABSENT, LOOKUP_FOUND, LOOKUP_FAILED } Lookup;

/* Opens a folder; `lower_case` as in hf_tokenizer.h. NULL and errors when config.json or the tokenizer is missing,
 * broken or of another kind, or when the weights are broken or in a format that is not read. */
HfFolder *hf_folder_open(const char *path, const char *lower_case, Diagnostics *diags);
void hf_folder_close(HfFolder *folder); /* NULL is allowed */

/* These live as long as the folder is open. */
const char *hf_folder_path(const HfFolder *folder);
const char *hf_folder_config(const HfFolder *folder); /* the text of config.json */
const HfTokenizer *hf_folder_tokenizer(const HfFolder *folder);
bool hf_folder_has_weights(const HfFolder *folder);

/* A value of config.json; `*value` is set when it is FOUND. FAILED: it is of another kind. */
Lookup hf_config_number(const HfFolder *folder, const char *key, double *value, Diagnostics *diags);
Lookup hf_config_bool(const HfFolder *folder, const char *key, bool *value, Diagnostics *diags);
Lookup hf_config_string(const HfFolder *folder, const char *key, const char **value, Diagnostics *diags);

/* A string as it is, anything else as JSON. */
Lookup hf_config_text(const HfFolder *folder, const char *key, const char **value);
/* What config.json says beside the keys `known` to the program [count]: false and an error for what cannot be
 * (hf_keys.h). */
bool hf_config_check(HfFolder *folder, const char *const *known, int count, Diagnostics *diags);
/* Its keys that nobody knows; those of the tokenizer's files are in HfTokenizer. */
HfUnknown hf_config_unknown(HfFolder *folder, const char *const *known, int n_known);

/* Where config.json gives this key; the whole file when it does not. */
Pos hf_config_pos(const HfFolder *folder, const char *key, Diagnostics *diags);

/* Copies the tensor of a parameter to `out` [product of shape]. It is looked for as it was saved, then by its name,
 * with the prefix before it or taken from it, each also under its old name (LayerNorm.gamma and beta). FAILED: it has
 * another shape or an element type that is no float. */
Lookup hf_folder_load(HfFolder *folder, HfName name, const int64_t *shape, int rank, float *out, Diagnostics *diags);

/* Is there a tensor of that name, apart from what was laid over? */
bool hf_folder_has(HfFolder *folder, HfName name);

/* When none of `names` is there as it is, but with the same words before it ("module."): those words, which are then
 * put before every name that is looked for. NULL: they are as they should be, or fit no better so. Before any load. */
const char *hf_folder_unwrap(HfFolder *folder, const HfName *names, int count);

bool hf_folder_has_file(HfFolder *folder, const char *name);

/* Tensors of another safetensors file, under exactly the names that were saved, count before those of the folder. False
 * with an error when it cannot be read; a second call does nothing. */
bool hf_folder_lay_over(HfFolder *folder, const char *path, Diagnostics *diags);
const char *hf_folder_overlay(const HfFolder *folder);                           /* its path; NULL: none */
const char *hf_folder_overlay_metadata(const HfFolder *folder, const char *key); /* NULL: none */

/* The names of the tensors in the file that no load has found so far, in the order of the file; in
 * the folder's memory. */
const char *const *hf_folder_skipped(HfFolder *folder, int *count);

/* --- Writing --- */

typedef enum ConfigKind { CONFIG_NUMBER, CONFIG_BOOL, CONFIG_STRING, CONFIG_TEXT, CONFIG_JSON } ConfigKind;
typedef struct ConfigPair {
    const char *key;
    ConfigKind kind;
    double number;    /* of a number; a bool is number != 0 */
    const char *text; /* of a string; as hf_config_text reads it; of JSON: a list or an object */
} ConfigPair;

typedef struct HfContents {
    const char *config;      /* JSON to begin from (see hf_folder_config), or NULL for {} */
    const ConfigPair *pairs; /* set in it; without any, the text of `config` is copied as it is */
    int n_pairs;
    bool fresh;                   /* nothing of `config` that belongs to other programs */
    const HfTokenizer *tokenizer; /* its files go along; NULL: they do not */
    HfCut cut;                    /* said beside the tokenizer */
    bool says_length;             /* as hf_length.h reads it too */
    const TensorToWrite *tensors; /* none: the file is left as it is */
    int n_tensors;
    const char *weights;           /* the file's name; NULL: model.safetensors */
    const MetadataEntry *metadata; /* of that file, beside its format */
    int n_metadata;
} HfContents;

/* Writes a folder that `transformers` and hf_folder_open can load; it is made when missing (its
 * parent is not). Each file appears whole or not at all, the weights last. False and errors on
 * failure. */
bool hf_folder_write(const char *path, const HfContents *contents, Diagnostics *diags);

#endif
