/* Labels: stored ones, and masking. */
#include "runtime/data/labels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "graph/base/memory.h"
#include "graph/base/random.h"
#include "graph/interpret.h"

static void add_label(LabelList *list, int32_t at, const double *values, int64_t width) {
    if (list->count == list->capacity) {
        list->at = memory_grow(list->at, &list->capacity, list->count + 1, sizeof *list->at);
        list->values = memory_resize(list->values, (size_t)list->capacity, (size_t)width * sizeof *list->values);
    }
    list->at[list->count] = at;
    memcpy(list->values + list->count * width, values, (size_t)width * sizeof *values);
    list->count++;
}

void label_list_free(LabelList *list) {
    free(list->at);
    free(list->values);
    *list = (LabelList){0};
}

/* --- Masking --- */

/* Uniform in [0, 1). */
static double unit(uint32_t word) { return (double)word * 0x1p-32; }

static bool is_special(const Dataset *data, int32_t id) { return tokenizer_is_special(data->tokenizer, id); }

/* What stands in the place of a chosen token. */
static int32_t replacement(const Dataset *data, int32_t mask, int32_t id, const uint32_t words[4]) {
    enum { AS_IT_IS = 0, RANDOM = 1 }; /* of ten parts; the other eight are the mask */
    int part = (int)(unit(words[1]) * 10);
    if (part == AS_IT_IS) return id;
    if (part != RANDOM) return mask;
    int32_t other = (int32_t)(unit(words[2]) * tokenizer_size(data->tokenizer));
    return is_special(data, other) ? mask : other;
}

typedef struct Masking {
    const Dataset *data;
    const Label *label;
    int32_t mask;
    RowKey key;
    uint32_t site;
} Masking;

/* Whether the token is chosen, and what becomes of it. */
static bool choose(const Masking *m, int32_t id, int64_t position, int32_t *hidden) {
    uint32_t words[4] = {0, (uint32_t)position, m->key.row, m->site};
    *hidden = id;
    if (!m->data->labelled) return id == m->mask; /* the text says itself what to predict */
    if (is_special(m->data, id)) return false;
    philox4x32_10(words, (uint32_t[]){m->key.seed, m->key.step});
    if (unit(words[0]) >= m->label->share) return false;
    *hidden = replacement(m->data, m->mask, id, words);
    return true;
}

static void mask_row(const Dataset *data, int value, int64_t row, RowKey key, int32_t *ids, LabelList *list) {
    const Label *label = &data->task->values[value];
    const Sequences *in = &data->inputs[label->of];
    Masking m = {.data = data, .label = label, .mask = tokenizer_specials(data->tokenizer).mask, .key = key};
    m.site = XXH32(label->name, strlen(label->name), 0);
    for (int64_t i = in->bounds[row]; i < in->bounds[row + 1]; i++) {
        int32_t id = in->ids.items[i], hidden;
        int64_t position = i - in->bounds[row];
        if (!choose(&m, id, position, &hidden)) continue;
        double told = data->labelled ? (double)id : (double)NAN;
        add_label(list, (int32_t)position, &told, 1);
        if (ids) ids[position] = hidden;
    }
}

/* --- Labels of a row --- */

void row_labels(const Dataset *data, int value, int64_t row, RowKey key, int32_t *ids, LabelList *list) {
    const Labels *labels = &data->values[value];
    const Label *label = &data->task->values[value];
    list->count = 0;
    if (label->kind == LABEL_MASKED) mask_row(data, value, row, key, ids, list);
    if (!labels->bounds) return;
    for (int64_t i = labels->bounds[row]; i < labels->bounds[row + 1]; i++)
        add_label(list, labels->at ? labels->at[i] : 0, labels->values + i * label->width, label->width);
}

int64_t longest_stretch(const int64_t *bounds, int64_t count) {
    int64_t most = 0;
    for (int64_t i = 0; i < count; i++) {
        if (bounds[i + 1] - bounds[i] > most) most = bounds[i + 1] - bounds[i];
    }
    return most;
}

int64_t most_labels(const Dataset *data, int value) {
    const Label *label = &data->task->values[value];
    bool masked = label->kind == LABEL_MASKED;
    const int64_t *bounds = masked ? data->inputs[label->of].bounds : data->values[value].bounds;
    return bounds ? longest_stretch(bounds, data->rows) : 0;
}
