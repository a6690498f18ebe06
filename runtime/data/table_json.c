/* JSON lines: one object a line. The parser's own messages are not passed on: they quote the text. */
#include <jansson.h>
#include <string.h>

#include "runtime/data/table_builder.h"

static void bad_json(Builder *builder, const char *problem) {
    bad_row(builder, "E0813", problem,
            "each line is to be one object with texts, numbers, truth values or lists of them: "
            "{\"text\": \"...\"}");
}

typedef void StoreText(Builder *builder, int column, CellKind kind, const char *bytes, size_t length);

/* A text, a number or a truth value. */
static void store_value(Builder *builder, int column, json_t *value, StoreText *store) {
    char number[64] = "";
    if (json_is_string(value)) {
        store(builder, column, CELL_TEXT, json_string_value(value), json_string_length(value));
        return;
    }
    if (json_is_object(value) || json_is_array(value)) {
        bad_json(builder, arena_printf(builder->table->arena, "the value of '%s' is %s", builder->columns[column],
                                       json_is_object(value) ? "an object" : "a list of lists"));
        return;
    }
    if (json_is_integer(value)) snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
    if (json_is_real(value)) snprintf(number, sizeof number, "%.17g", json_real_value(value));
    if (json_is_boolean(value)) snprintf(number, sizeof number, "%d", json_is_true(value));
    CellKind kind = json_is_number(value) ? CELL_NUMBER : json_is_boolean(value) ? CELL_TRUTH : CELL_NULL;
    store(builder, column, kind, number, strlen(number));
}

static void json_cell(Builder *builder, int column, json_t *value) {
    if (!json_is_array(value)) {
        store_value(builder, column, value, store_cell);
        return;
    }
    size_t i;
    json_t *item;
    store_list(builder, column);
    json_array_foreach(value, i, item) store_value(builder, column, item, store_item);
}

static void missing_member(Builder *builder, json_t *object, const char *wanted) {
    if (builder->keeps_bad) {
        builder->problem = arena_printf(builder->table->arena, "there is no column '%s'", wanted);
        return;
    }
    VEC(const char *) names = {0};
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
        vec_push(builder->table->arena, &names, arena_strdup(builder->table->arena, key));
    missing_column(builder, wanted, names.items, names.count);
}

void json_line(Builder *builder, const char *line, size_t length) {
    if (strspn(line, " \t") >= length) return;
    json_error_t error;
    json_t *object = json_loadb(line, length, JSON_ALLOW_NUL, &error);
    if (!json_is_object(object)) bad_json(builder, "this line is not a JSON object in UTF-8");
    for (int column = 0; column < builder->table->n_columns && !builder->failed && !builder->problem; column++) {
        json_t *value = json_object_get(object, builder->columns[column]);
        if (value)
            json_cell(builder, column, value);
        else
            missing_member(builder, object, builder->columns[column]);
    }
    store_row(builder);
    json_decref(object);
}
