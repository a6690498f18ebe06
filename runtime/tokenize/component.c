/* Reading components. */
#include "runtime/tokenize/component.h"

#include <string.h>

Component component_member(const Component *component, const char *key) {
    const char *place =
        *component->place ? arena_printf(component->reader->arena, "%s.%s", component->place, key) : key;
    return (Component){component->reader, json_object_get(component->json, key), place};
}

Component component_item(const Component *component, const char *key, size_t index) {
    const char *place = arena_printf(component->reader->arena, "%s.%s[%zu]", component->place, key, index);
    return (Component){component->reader, json_array_get(json_object_get(component->json, key), index), place};
}

const char *component_type(const Component *component) {
    const char *type = json_string_value(json_object_get(component->json, "type"));
    return type ? type : "";
}

Pos component_pos(const Component *component) {
    return pos_in_file(diagnostics_file(component->reader->diags, component->reader->file, NULL), 0);
}

static void report(const Component *component, const char *code, const char *key, const char *format, va_list args) {
    Diagnostics *diags = component->reader->diags;
    const char *what = arena_vprintf(diags->arena, format, args);
    diag_error(diags, code, component_pos(component), "%s%s%s: %s", component->place, key ? "." : "", key ? key : "",
               what);
}

bool component_refuse(const Component *component, const char *key, const char *format, ...) {
    va_list args;
    va_start(args, format);
    report(component, "E0847", key, format, args);
    va_end(args);
    diag_hint(component->reader->diags, "ids would not be those that the model was trained with; take another folder");
    return false;
}

bool component_damaged(const Component *component, const char *key, const char *format, ...) {
    va_list args;
    va_start(args, format);
    report(component, "E0802", key, format, args);
    va_end(args);
    diag_hint(component->reader->diags, "save the tokenizer again, or fetch the file again");
    return false;
}

bool component_keys(const Component *component, const char *known) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)component->json, key, value) {
        const char *quoted = arena_printf(component->reader->diags->arena, " %s ", key);
        if (strcmp(key, "type") == 0 || (strstr(known, quoted) && !strchr(key, ' '))) continue;
        const char *type = component_type(component);
        return component_refuse(component, key, "%s has no such key", *type ? type : "the object");
    }
    return true;
}

bool component_read_steps(const Component *component, const char *list, StepReader *read, void *steps) {
    if (!component->json || json_is_null(component->json)) return true;
    if (!json_is_object(component->json)) return component_refuse(component, NULL, "not an object");
    if (strcmp(component_type(component), "Sequence") != 0) return read(component, steps);
    if (!component_keys(component, arena_printf(component->reader->diags->arena, " %s ", list))) return false;
    size_t count = json_array_size(json_object_get(component->json, list));
    for (size_t i = 0; i < count; i++) {
        Component item = component_item(component, list, i);
        if (!component_read_steps(&item, list, read, steps)) return false;
    }
    return true;
}

static const json_t *value_of(const Component *component, const char *key) {
    const json_t *value = json_object_get(component->json, key);
    return json_is_null(value) ? NULL : value;
}

bool component_flag(const Component *component, const char *key, bool *value) {
    const json_t *given = value_of(component, key);
    if (!given) return true;
    if (!json_is_boolean(given)) return component_refuse(component, key, "neither true nor false");
    *value = json_is_true(given);
    return true;
}

bool component_text(const Component *component, const char *key, const char **value) {
    const json_t *given = value_of(component, key);
    if (!given) return true;
    if (!json_is_string(given)) return component_refuse(component, key, "not a text");
    *value = arena_strndup(component->reader->arena, json_string_value(given), json_string_length(given));
    return true;
}

bool component_char(const Component *component, const char *key, int32_t *value) {
    const char *text = NULL;
    if (!component_text(component, key, &text)) return false;
    if (!text) return true;
    if (!*text || text[utf8_read(text, value)]) return component_refuse(component, key, "not one character");
    return true;
}

bool component_count(const Component *component, const char *key, int32_t *value) {
    const json_t *given = value_of(component, key);
    if (!given) return true;
    json_int_t count = json_is_integer(given) ? json_integer_value(given) : -1;
    if (count < 0 || count > INT32_MAX) return component_refuse(component, key, "not a whole number from 0");
    *value = (int32_t)count;
    return true;
}

bool component_id(const Component *component, const json_t *json, const char *key, int32_t *value) {
    json_int_t id = json_is_integer(json) ? json_integer_value(json) : -1;
    if (id < 0 || id > INT32_MAX / 2) return component_refuse(component, key, "not an id");
    *value = (int32_t)id;
    return true;
}

bool component_choice(const Component *component, const char *key, const char *const *words, int count, int *value) {
    const char *text = NULL;
    if (!component_text(component, key, &text)) return false;
    for (int i = 0; text && i < count; i++) {
        *value = i;
        if (strcmp(words[i], text) == 0) return true;
    }
    return !text || component_refuse(component, key, "'%s' is not known", text);
}
