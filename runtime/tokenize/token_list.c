/* Tokens of texts. */
#include "runtime/tokenize/token_list.h"

#include <stdlib.h>

#include "graph/base/memory.h"

void token_ids_push(TokenIds *ids, int32_t id) {
    if (ids->count == ids->capacity)
        ids->items = memory_grow(ids->items, &ids->capacity, ids->count + 1, sizeof *ids->items);
    ids->items[ids->count++] = id;
}

void token_ids_free(TokenIds *ids) {
    free(ids->items);
    *ids = (TokenIds){0};
}

void token_list_push(TokenList *list, int32_t id, TokenSpan span) {
    int64_t capacity = list->ids.capacity;
    token_ids_push(&list->ids, id);
    if (!list->wants_spans) return;
    if (list->ids.capacity != capacity || !list->spans)
        list->spans = memory_resize(list->spans, (size_t)list->ids.capacity, sizeof *list->spans);
    list->spans[list->ids.count - 1] = span;
}

void token_list_cut(TokenList *list, int64_t count) { list->ids.count = count; }

void token_list_free(TokenList *list) {
    token_ids_free(&list->ids);
    free(list->spans);
    *list = (TokenList){0};
}
