/* The length that a folder says. */
#include "runtime/hub/hf_length.h"

#include "runtime/files/read_file.h"
#include "runtime/hub/hf_file.h"

const char hf_length_file[] = "sentence_bert_config.json";

static int64_t bad_number(const char *folder, Diagnostics *diags) {
    diag_error(diags, "E0841", hf_file_pos(diags->arena, folder, hf_length_file, diags),
               "\"max_seq_length\" is not a number of tokens");
    diag_hint(diags, "correct it, or remove the file: it is sentence-transformers' alone");
    return -1;
}

int64_t hf_length_read(const char *folder, Diagnostics *diags) {
    enum { LEAST = 4 }; /* [CLS] and [SEP] and two tokens, as --max-length has it */
    if (!hf_file_exists(diags->arena, folder, hf_length_file)) return 0;
    json_t *object = hf_file_object(hf_file_path(diags->arena, folder, hf_length_file), READ_CONFIG, NULL, diags);
    if (!object) return -1;
    const json_t *value = json_object_get(object, "max_seq_length");
    bool said = value && !json_is_null(value), good = json_is_integer(value) && json_integer_value(value) >= LEAST;
    int64_t tokens = !said ? 0 : good ? json_integer_value(value) : bad_number(folder, diags);
    json_decref(object);
    return tokens;
}
