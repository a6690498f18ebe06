/* The formats of tables, a row each. */
#include <string.h>

#include "runtime/data/table_format.h"

ReadFunction fields_open, fields_next, json_open, json_next, lines_next, conll_next;

static const TableKind kinds[] = {
    {"tab", "fields between tabs", '\t', .says_quotes = true, .has_header = true, .open = fields_open,
     .next = fields_next},
    {"comma", "fields between commas", ',', .says_quotes = true, .has_header = true, .open = fields_open,
     .next = fields_next},
    {"semicolon", "fields between semicolons", ';', .says_quotes = true, .has_header = true, .open = fields_open,
     .next = fields_next},
    {"jsonl", "a JSON object a line", .has_lists = true, .open = json_open, .next = json_next},
    {"lines", "a text a line", .one_text = true, .next = lines_next},
    {"conll", "a word a line, an empty line after each sentence", .needs_columns = true, .item_lines = true,
     .has_header = true, .next = conll_next},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

const TableKind *table_kinds(int *count) {
    *count = KINDS;
    return kinds;
}

const TableKind *table_kind_find(const char *word) {
    for (int i = 0; i < KINDS; i++) {
        if (strcmp(kinds[i].word, word) == 0) return &kinds[i];
    }
    return NULL;
}
