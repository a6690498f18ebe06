/* Memory plan: first fit over the values alive at the same time, kept sorted by offset. */
#include "runtime/engine/memory.h"

#include <assert.h>
#include <string.h>

enum { ALIGNMENT = 64 };

/* A placed value that is still alive. */
typedef struct LiveValue {
    size_t offset, size;
    int to;
} LiveValue;

size_t memory_work_bytes(int values) { return ((size_t)values + 1) * sizeof(LiveValue); }

Lifetimes lifetimes_of(const KernelList *list, const bool *outside, Arena *arena) {
    int nodes = list->graph->nodes.count, epoch = 0;
    int *index = arena_array(arena, (size_t)nodes + 1, sizeof *index); /* value of a node, from 1 */
    Lifetimes lives = {.values = arena_array(arena, (size_t)nodes + 1, sizeof(StoredValue))};
    for (int i = 0; i < list->launches.count; i++) {
        const Launch *launch = &list->launches.items[i];
        epoch += launch->barrier;
        for (int j = 0; j < launch->n_operands; j++) {
            int value = index[node_storage(launch->operands[j])->id];
            if (value) lives.values[value - 1].to = epoch;
        }
        for (int j = 0; j < launch->n_results; j++) {
            const Node *node = launch->results[j];
            if (outside && outside[node->id]) continue;
            lives.values[lives.count] = (StoredValue){node, epoch, epoch};
            index[node->id] = ++lives.count;
        }
    }
    for (int i = 0; i < list->graph->outputs.count; i++) {
        int value = index[node_storage(list->graph->outputs.items[i].node)->id];
        if (value) lives.values[value - 1].to = epoch;
    }
    lives.epochs = epoch + 1;
    return lives;
}

static size_t size_of(const Node *node, const int64_t *extents) {
    size_t bytes = type_bytes(&node->type, extents);
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* Drops what has died before `epoch`. */
static int retire(LiveValue *alive, int count, int epoch) {
    int kept = 0;
    for (int i = 0; i < count; i++) {
        if (alive[i].to >= epoch) alive[kept++] = alive[i];
    }
    return kept;
}

/* Places a value into the first gap; returns where in the sorted list it goes. */
static int first_gap(const LiveValue *alive, int count, size_t size, size_t *offset) {
    *offset = 0;
    for (int i = 0; i < count; i++) {
        if (alive[i].offset - *offset >= size) return i;
        *offset = alive[i].offset + alive[i].size;
    }
    return count;
}

size_t plan_memory(const Lifetimes *lives, const int64_t *extents, size_t *offsets, void *work) {
    LiveValue *alive = work;
    size_t needed = 0;
    int count = 0;
    for (int i = 0; i < lives->count; i++) {
        const StoredValue *value = &lives->values[i];
        count = retire(alive, count, value->from);
        size_t size = size_of(value->node, extents), offset;
        int at = first_gap(alive, count, size, &offset);
        memmove(alive + at + 1, alive + at, (size_t)(count - at) * sizeof *alive);
        alive[at] = (LiveValue){offset, size, value->to};
        count++;
        offsets[value->node->id] = offset;
        if (offset + size > needed) needed = offset + size;
    }
    return needed;
}
