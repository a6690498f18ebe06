/* Dataset check. */
#include "runtime/data/dataset_check.h"

#include <math.h>

enum { MOST_WORDS = 1 << 24 };

static bool all_below(const TokenIds *ids, int64_t end) {
    for (int64_t i = 0; i < ids->count; i++) {
        if (ids->items[i] < 0 || ids->items[i] >= end) return false;
    }
    return true;
}

/* Each stretch between count + 1 bounds. */
static bool lengths_are(const int64_t *bounds, int64_t count, int64_t least, int64_t most) {
    for (int64_t i = 0; i < count; i++) {
        if (bounds[i + 1] - bounds[i] < least || bounds[i + 1] - bounds[i] > most) return false;
    }
    return true;
}

/* Windows of a row cover its tokens, no others. */
static bool windows_fit(const Sequences *in, int64_t rows) {
    if (!lengths_are(in->windows, rows, 1, INT64_MAX)) return false;
    for (int64_t i = 0; i <= rows; i++) {
        if (in->window_bounds[in->windows[i]] != in->bounds[i]) return false;
    }
    return true;
}

static const char *input_problem(const Sequences *in, const TextInput *input, int64_t rows, const DatasetOptions *o) {
    if (!in->ids.items || !in->segments.items || in->ids.count != in->segments.count)
        return "a token has no segment, or a segment no token";
    if (!all_below(&in->ids, tokenizer_size(o->tokenizer))) return "a token is not in the vocabulary";
    if (!all_below(&in->segments, o->one_segment ? 1 : tokenizer_segments(o->tokenizer)))
        return "a segment is not one of the tokenizer's";
    if ((in->windows != NULL) != (input->window > 0)) return "windows are missing, or not asked for";
    const int64_t *sequences = in->windows ? in->window_bounds : in->bounds;
    if (in->windows && !windows_fit(in, rows)) return "a window lies outside its row";
    if (!lengths_are(sequences, in->windows ? in->windows[rows] : rows, 1, o->max_length))
        return "a sequence is empty or too long";
    return NULL;
}

static bool value_fits(const Label *label, double value) {
    if (isnan(value)) return true; /* not given */
    if (label->kind == LABEL_NUMBERS) return isfinite(value);
    if (label->kind == LABEL_REAL) return value >= label->lowest && value <= label->highest;
    double end = label->kind == LABEL_FLAGS ? 2 : (double)label->classes;
    return value >= 0 && value < end && value == floor(value);
}

/* Of labels of words: the words ascend, and each has its token in the row. */
static bool words_fit(const Dataset *data, int value, int64_t row) {
    const Labels *labels = &data->values[value];
    const int64_t *bounds = data->inputs[data->task->values[value].of].bounds;
    int32_t last = -1;
    if (labels->words[row] < 0 || labels->words[row] > MOST_WORDS) return false;
    for (int64_t i = labels->bounds[row]; i < labels->bounds[row + 1]; last = labels->word[i++]) {
        if (labels->at[i] < 0 || labels->at[i] >= bounds[row + 1] - bounds[row]) return false;
        if (labels->word[i] <= last || labels->word[i] >= labels->words[row]) return false;
    }
    return true;
}

static const char *labels_problem(const Dataset *data, int value) {
    const Label *label = &data->task->values[value];
    const Labels *labels = &data->values[value];
    bool is_told = label->name && label->kind != LABEL_MASKED, of_words = is_told && label->of >= 0;
    if ((labels->bounds != NULL) != is_told) return "labels are missing, or not asked for";
    if (!is_told) return labels->at || labels->word || labels->values ? "labels are not asked for" : NULL;
    int64_t count = labels->bounds[data->rows];
    bool all_there = labels->words && (!count || (labels->values && (!of_words || (labels->at && labels->word))));
    if (!all_there || (!of_words && (labels->at || labels->word))) return "labels are missing, or not asked for";
    for (int64_t i = 0; i < count * label->width; i++) {
        if (!value_fits(label, labels->values[i])) return "a label is out of its range";
    }
    if (!of_words) return lengths_are(labels->bounds, data->rows, 1, 1) ? NULL : "a row has not one label";
    for (int64_t row = 0; row < data->rows; row++) {
        if (!words_fit(data, value, row)) return "the label of a word is not in its row";
    }
    return NULL;
}

/* What is counted of the rows that there are is of no more. */
static bool counts_fit(const Dataset *data) {
    return data->skipped >= 0 && data->cut >= 0 && data->cut <= data->rows && data->unknown >= 0 &&
           data->unknown <= data->rows;
}

const char *dataset_problem(const Dataset *data, const DatasetOptions *options) {
    const char *problem = data->rows <= 0 || !data->lines ? "there are no rows"
                          : counts_fit(data)              ? NULL
                                                          : "a count of rows is not one";
    for (int i = 0; !problem && i < data->task->n_inputs; i++)
        problem = input_problem(&data->inputs[i], &data->task->inputs[i], data->rows, options);
    for (int i = 0; !problem && i < data->task->n_values; i++) problem = labels_problem(data, i);
    return problem;
}
