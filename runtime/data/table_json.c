/* JSON lines: one object a line, whose members are cells. What a problem is said of is the line, never its content. */
#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"
#include "runtime/data/table_format.h"
#include "runtime/files/json_line.h"

static const char shape[] =
    "each line is to be one object with texts, numbers, truth values or lists of them: {\"text\": \"...\"}";

static void bad_json(RowReader *reader, const char *problem) {
    row_problem(reader, reader->row, "E0813", problem, shape);
}

/* --- The text as a whole ------------------------------------------------------------------------------------------ */

/* What makes lines of it: the last word is the file's name. */
static bool not_lines(RowReader *reader, const char *problem, const char *filter) {
    return text_problem(
        reader, problem,
        arena_printf(row_arena(reader),
                     "one object a line is read; make such a file with: jq -c '%s' OLD.json > NEW.jsonl", filter));
}

/* The member of the whole text's object that holds rows: a list of objects. */
static bool finds_rows(JsonSpan object, JsonSpan *key) {
    JsonWalk walk = json_walk(object);
    JsonSpan value, item;
    while (json_next_member(&walk, key, &value)) {
        JsonWalk items = json_walk(value);
        if (value.kind == JSON_KIND_LIST && json_next_item(&items, &item) && item.kind == JSON_KIND_OBJECT) return true;
    }
    return false;
}

static bool has_a_column(const RowReader *reader, JsonSpan object) {
    JsonSpan value;
    for (int column = 0; column < reader->n_columns; column++) {
        if (json_find(object, reader->columns[column], &value))
            return !memchr(object.begin, '\n', (size_t)(object.end - object.begin));
    }
    return false;
}

static bool is_one_value(const RowReader *reader, JsonSpan *value) {
    return !reader->goes_on && json_span_of(reader->text, reader->size, value) && value->kind == JSON_KIND_OBJECT;
}

/* Is there no wanted column in the object, but one in an object that it holds? As in Label Studio's tasks. */
static bool finds_columns_below(const RowReader *reader, JsonSpan object, JsonSpan *key) {
    JsonWalk walk = json_walk(object);
    JsonSpan value;
    for (int i = 0; i < reader->n_columns; i++)
        if (json_find(object, reader->columns[i], &value)) return false;
    while (json_next_member(&walk, key, &value)) {
        bool plain = key->end - key->begin < 60 && !memchr(key->begin, '\'', (size_t)(key->end - key->begin));
        for (int i = 0; plain && value.kind == JSON_KIND_OBJECT && i < reader->n_columns; i++) {
            JsonSpan found;
            if (json_find(value, reader->columns[i], &found)) return true;
        }
    }
    return false;
}

/* What makes rows of such objects. A choice of Label Studio's annotators becomes a column of the object's own. */
static const char *rows_below(RowReader *reader, JsonSpan object, JsonSpan key) {
    JsonSpan annotations;
    const char *label =
        json_find(object, "annotations", &annotations) ? " + {label: .annotations[0].result[0].value.choices[0]}" : "";
    return arena_printf(row_arena(reader), ".[%.*s]%s", (int)(key.end - key.begin), key.begin, label);
}

/* Of an array of objects. */
static const char *filter_of_array(RowReader *reader, const char *text) {
    JsonSpan list, first, key;
    bool whole = !reader->goes_on && json_span_of(text, reader->size - (size_t)(text - reader->text), &list);
    JsonWalk items = whole ? json_walk(list) : (JsonWalk){0};
    bool below = whole && json_next_item(&items, &first) && first.kind == JSON_KIND_OBJECT &&
                 finds_columns_below(reader, first, &key);
    return below ? arena_printf(row_arena(reader), ".[] | %s", rows_below(reader, first, key)) : ".[]";
}

/* Are the columns of the first line one level down? */
static bool line_is_below(RowReader *reader, const char *text) {
    JsonSpan line, key;
    size_t next, end = line_end(reader->text, reader->size, (size_t)(text - reader->text), &next);
    bool below = !reader->format.keeps_bad && json_span_of(text, end - (size_t)(text - reader->text), &line) &&
                 line.kind == JSON_KIND_OBJECT && finds_columns_below(reader, line, &key);
    if (below) not_lines(reader, "the columns are in an object that each line holds", rows_below(reader, line, key));
    return below;
}

bool json_open(RowReader *reader) {
    const char *text = reader->text, *end = text + reader->size;
    JsonSpan all, key;
    while (text < end && memchr(" \t\r\n", *text, 4)) text++;
    if (text < end && *text == '[') {
        JsonSpan list;
        size_t next, first = line_end(reader->text, reader->size, (size_t)(text - reader->text), &next);
        bool own_line = json_span_of(text, first - (size_t)(text - reader->text), &list) && next < reader->size;
        if (!own_line)
            return not_lines(reader, "the file is one JSON array, not an object a line", filter_of_array(reader, text));
    }
    if (text < end && *text == '{' && line_is_below(reader, text)) return false;
    if (text == end || *text != '{' || !is_one_value(reader, &all)) return true;
    if (has_a_column(reader, all)) return true;
    if (finds_rows(all, &key)) {
        int length = (int)(key.end - key.begin);
        return not_lines(reader, "the file is one JSON object whose rows are in an array",
                         arena_printf(row_arena(reader), ".[%.*s][]", length < 60 ? length : 60, key.begin));
    }
    if (!memchr(all.begin, '\n', (size_t)(all.end - all.begin))) return true;
    return not_lines(reader, "the file is one JSON object over several lines", ".");
}

/* --- Rows --------------------------------------------------------------------------------------------------------- */

typedef void StoreValue(RowReader *reader, int column, CellKind kind, const char *bytes, size_t length);

static void store_text(RowReader *reader, int column, JsonSpan text, StoreValue *store) {
    char *bytes = memory_resize(NULL, (size_t)(text.end - text.begin), 1);
    store(reader, column, CELL_TEXT, bytes, json_decode(text, bytes));
    free(bytes);
}

/* A text, or what is kept as it is written; null is the empty text. */
static void store_value(RowReader *reader, int column, JsonSpan value, StoreValue *store) {
    size_t length = (size_t)(value.end - value.begin);
    switch (value.kind) {
    case JSON_KIND_TEXT: store_text(reader, column, value, store); return;
    case JSON_KIND_NUMBER: store(reader, column, CELL_NUMBER, value.begin, length); return;
    case JSON_KIND_TRUTH: store(reader, column, CELL_TRUTH, value.begin, length); return;
    case JSON_KIND_NULL: store(reader, column, CELL_NULL, "", 0); return;
    default:
        bad_json(reader, arena_printf(row_arena(reader), "the value of '%s' is %s", reader->columns[column],
                                      value.kind == JSON_KIND_OBJECT ? "an object" : "a list of lists"));
    }
}

static void store_cell(RowReader *reader, int column, JsonSpan value) {
    if (value.kind != JSON_KIND_LIST) {
        store_value(reader, column, value, row_cell);
        return;
    }
    JsonWalk walk = json_walk(value);
    JsonSpan item;
    row_list(reader, column);
    while (json_next_item(&walk, &item)) store_value(reader, column, item, row_item);
}

static const char *decoded(const RowReader *reader, JsonSpan text) {
    char *copy = arena_alloc(row_arena(reader), (size_t)(text.end - text.begin));
    copy[json_decode(text, copy)] = 0;
    return copy;
}

static void missing_member(RowReader *reader, JsonSpan object, int column) {
    VEC(const char *) names = {0};
    JsonWalk walk = json_walk(object);
    JsonSpan key, value;
    while (json_next_member(&walk, &key, &value)) vec_push(row_arena(reader), &names, decoded(reader, key));
    row_lacks(reader, column, names.items, names.count);
}

static void take_object(RowReader *reader, JsonSpan object) {
    for (int column = 0; column < reader->n_columns && !row_is_bad(reader); column++) {
        JsonSpan value;
        int count = json_find(object, reader->columns[column], &value);
        if (count > 1)
            bad_json(reader, arena_printf(row_arena(reader), "two members are called '%s'", reader->columns[column]));
        else if (count == 1)
            store_cell(reader, column, value);
        else
            missing_member(reader, object, column);
    }
}

bool json_next(RowReader *reader) {
    const char *line;
    size_t length;
    JsonSpan value;
    do {
        reader->row = reader->line;
        if (!next_line(reader, &line, &length)) return false;
    } while (line_is_blank(line, length));
    if (!reader->to) return true;
    if (json_span_of(line, length, &value) && value.kind == JSON_KIND_OBJECT)
        take_object(reader, value);
    else
        bad_json(reader, "this line is not a JSON object");
    return true;
}
