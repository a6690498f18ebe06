/* The section "model" of a tokenizer.json. */
#include "runtime/tokenize/model_reader.h"

#include <string.h>

static Pos in_file(const ModelReader *reader) {
    return pos_in_file(diagnostics_file(reader->diags, reader->file, NULL), 0);
}

bool model_reader_damaged(const ModelReader *reader, const char *key, const char *format, ...) {
    va_list args;
    va_start(args, format);
    const char *what = arena_vprintf(reader->diags->arena, format, args);
    va_end(args);
    diag_error(reader->diags, "E0802", in_file(reader), "\"model.%s\" of %s: %s", key, reader->kind, what);
    diag_hint(reader->diags, "save the tokenizer again, or fetch the file again");
    return false;
}

bool model_reader_refused(const ModelReader *reader, const char *key, const char *format, ...) {
    va_list args;
    va_start(args, format);
    const char *what = arena_vprintf(reader->diags->arena, format, args);
    va_end(args);
    diag_error(reader->diags, "E0847", in_file(reader), "\"model.%s\" of %s: %s", key, reader->kind, what);
    diag_hint(reader->diags, "ids would not be those that the model was trained with; take another folder");
    return false;
}

static bool is_given(const ModelReader *reader, const char *key, const json_t **value) {
    *value = json_object_get(reader->model, key);
    return *value && !json_is_null(*value);
}

bool model_reader_text(const ModelReader *reader, const char *key, const char **value) {
    const json_t *given;
    if (!is_given(reader, key, &given)) return true;
    if (!json_is_string(given)) return model_reader_damaged(reader, key, "not a text");
    *value = json_string_value(given);
    return true;
}

bool model_reader_flag(const ModelReader *reader, const char *key, bool *value) {
    const json_t *given;
    if (!is_given(reader, key, &given)) return true;
    if (!json_is_boolean(given)) return model_reader_damaged(reader, key, "neither true nor false");
    *value = json_is_true(given);
    return true;
}

bool model_reader_count(const ModelReader *reader, const char *key, int32_t *value) {
    const json_t *given;
    if (!is_given(reader, key, &given)) return true;
    json_int_t count = json_is_integer(given) ? json_integer_value(given) : -1;
    if (count < 0 || count > INT32_MAX) return model_reader_damaged(reader, key, "not a whole number from 0");
    *value = (int32_t)count;
    return true;
}

bool model_reader_keys(const ModelReader *reader, const char *known) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)reader->model, key, value) {
        const char *quoted = arena_printf(reader->diags->arena, " %s ", key);
        if (!strstr(known, quoted) || strchr(key, ' ')) return model_reader_refused(reader, key, "it is not known");
    }
    return true;
}
