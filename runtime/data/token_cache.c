/* Token cache: "GRADCTOK", a key, four numbers, arrays with their sizes before them, and the hash of all that. */
#include "runtime/data/token_cache.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "graph/base/hash.h"
#include "graph/base/input_file.h"
#include "graph/base/memory.h"
#include "runtime/data/dataset_check.h"
#include "runtime/data/dataset_id.h"
#include "runtime/files/atomic_file.h"

enum { OF_INPUT = 5, OF_LABELS = 5, MAX_ARRAYS = OF_INPUT * MAX_TEXTS + OF_LABELS * MAX_VALUES + 1, FORMAT = 4 };
static const char magic[8] = "GRADCTOK";

/* --- The key ------------------------------------------------------------------------------------------------------ */

static void add(XXH3_state_t *state, const void *bytes, size_t size) { XXH3_128bits_update(state, bytes, size); }

static void add_text(XXH3_state_t *state, const char *text) { add(state, text, strlen(text) + 1); }

static bool add_file(XXH3_state_t *state, const char *path) {
    enum { PIECE = 1 << 16 };
    char bytes[PIECE];
    const char *problem;
    int file = input_open(path, &problem);
    if (file < 0) return false;
    ssize_t got;
    while ((got = read(file, bytes, sizeof bytes)) > 0 || (got < 0 && errno == EINTR)) {
        if (got > 0) add(state, bytes, (size_t)got);
    }
    close(file);
    return got == 0;
}

/* Of all that a data set depends on. False: its file cannot be read. */
static bool key_of(const TokenCache *cache, const Task *task, const DatasetOptions *o, const char *path,
                   XXH128_canonical_t *key) {
    XXH3_state_t *state = hash_begin();
    char tokenizer[HASH_DIGITS + 1];
    const int64_t numbers[] = {FORMAT, o->max_length, o->one_segment, o->fold, o->limit, o->needs_labels, o->skips_bad};
    add(state, numbers, sizeof numbers);
    add_text(state, cache->source);
    add_text(state, task->name);
    add_text(state, o->split);
    tokenizer_hash(o->tokenizer, tokenizer);
    add_text(state, tokenizer);
    bool good = add_file(state, path);
    XXH128_canonicalFromHash(key, hash_end(state));
    return good;
}

static const char *path_of(const TokenCache *cache, const Task *task, const char *split, Arena *arena) {
    return arena_printf(arena, "%s/tokens/%s.%s", cache->folder, task->name, split);
}

/* --- Arrays ------------------------------------------------------------------------------------------------------- */

typedef struct Array {
    void **items;
    int64_t size, count; /* bytes of an item; -1 items: there is none */
} Array;

static Array array_of(void *items_pointer, int64_t count, size_t size) {
    void **items = items_pointer;
    return (Array){items, (int64_t)size, *items ? count : -1};
}

static int64_t bytes_of(const Array *array) { return array->count < 0 ? -1 : array->count * array->size; }

/* All of a data set, in the order of the file. */
static int list_arrays(Dataset *d, Array *arrays) {
    int n = 0;
    for (int i = 0; i < d->task->n_inputs; i++) {
        Sequences *in = &d->inputs[i];
        arrays[n++] = array_of(&in->ids.items, in->ids.count, sizeof *in->ids.items);
        arrays[n++] = array_of(&in->segments.items, in->segments.count, sizeof *in->segments.items);
        arrays[n++] = array_of(&in->bounds, d->rows + 1, sizeof *in->bounds);
        arrays[n++] = array_of(&in->windows, d->rows + 1, sizeof *in->windows);
        arrays[n++] =
            array_of(&in->window_bounds, in->windows ? in->windows[d->rows] + 1 : 0, sizeof *in->window_bounds);
    }
    for (int i = 0; i < d->task->n_values; i++) {
        Labels *l = &d->values[i];
        int64_t labels = l->bounds ? l->bounds[d->rows] : 0;
        arrays[n++] = array_of(&l->bounds, d->rows + 1, sizeof *l->bounds);
        arrays[n++] = array_of(&l->at, labels, sizeof *l->at);
        arrays[n++] = array_of(&l->word, labels, sizeof *l->word);
        arrays[n++] = array_of(&l->words, d->rows, sizeof *l->words);
        arrays[n++] = array_of(&l->values, labels * d->task->values[i].width, sizeof *l->values);
    }
    arrays[n++] = array_of(&d->lines, d->rows, sizeof *d->lines);
    return n;
}

/* --- Reading ------------------------------------------------------------------------------------------------------ */

typedef struct CacheReader {
    FILE *file;
    XXH3_state_t *state;
    int64_t left; /* bytes of the file that are not read yet */
} CacheReader;

static bool take(CacheReader *r, void *to, size_t size) {
    if ((int64_t)size > r->left || fread(to, 1, size, r->file) != size) return false;
    r->left -= (int64_t)size;
    add(r->state, to, size);
    return true;
}

static bool take_array(CacheReader *r, Array *array) {
    int64_t bytes;
    *array->items = NULL;
    if (!take(r, &bytes, sizeof bytes)) return false;
    array->count = bytes < 0 ? -1 : bytes / array->size;
    if (bytes < 0) return true;
    if (bytes > r->left || bytes % array->size != 0) return false;
    *array->items = memory_try((size_t)bytes + 1, 1);
    return *array->items && take(r, *array->items, (size_t)bytes);
}

/* Are there count + 1 of them, from 0 to `end`, none before the last? */
static bool are_bounds(const int64_t *bounds, const Array *got, int64_t count, int64_t end) {
    if (!bounds || got->count - 1 != count || bounds[0] != 0 || bounds[count] != end) return false;
    for (int64_t i = 0; i < count; i++) {
        if (bounds[i + 1] < bounds[i]) return false;
    }
    return true;
}

/* The last of the bounds that were read; -1: there is none. */
static int64_t end_of(const int64_t *bounds, const Array *got) { return got->count > 0 ? bounds[got->count - 1] : -1; }

/* Do the arrays have the sizes that a data set of so many rows has? What no bounds vouch for is only compared. */
static bool fits(Dataset *d, const Array *got, int count) {
    Array wanted[MAX_ARRAYS];
    for (int i = 0; i < d->task->n_inputs; i++) {
        const Sequences *in = &d->inputs[i];
        const Array *own = &got[OF_INPUT * i];
        if (!are_bounds(in->bounds, &own[2], d->rows, in->ids.count)) return false;
        int64_t windows = end_of(in->windows, &own[3]);
        if (in->windows && (!are_bounds(in->windows, &own[3], d->rows, windows) ||
                            !are_bounds(in->window_bounds, &own[4], windows, in->ids.count)))
            return false;
    }
    for (int i = 0; i < d->task->n_values; i++) {
        const Labels *l = &d->values[i];
        const Array *own = &got[OF_INPUT * d->task->n_inputs + OF_LABELS * i];
        int64_t labels = end_of(l->bounds, &own[0]);
        if (l->bounds && (!are_bounds(l->bounds, &own[0], d->rows, labels) || labels > own[4].count)) return false;
    }
    list_arrays(d, wanted);
    for (int i = 0; i < count; i++) {
        if (wanted[i].count != got[i].count) return false;
    }
    return true;
}

static bool is_of_key(CacheReader *r, const XXH128_canonical_t *key) {
    char begins[sizeof magic];
    XXH128_canonical_t made_of;
    return take(r, begins, sizeof begins) && memcmp(begins, magic, sizeof magic) == 0 &&
           take(r, &made_of, sizeof made_of) && memcmp(&made_of, key, sizeof *key) == 0;
}

static bool take_all(CacheReader *r, Dataset *d) {
    XXH128_canonical_t hash, own;
    int64_t numbers[4];
    Array arrays[MAX_ARRAYS];
    if (!take(r, numbers, sizeof numbers)) return false;
    d->rows = numbers[0], d->skipped = numbers[1], d->cut = numbers[2], d->unknown = numbers[3];
    if (d->rows < 0 || d->rows > r->left) return false;
    int count = list_arrays(d, arrays); /* where they go */
    for (int i = 0; i < count; i++) {
        if (!take_array(r, &arrays[i])) return false;
    }
    for (int i = 0; i < d->task->n_inputs; i++) {
        d->inputs[i].ids.count = arrays[OF_INPUT * i].count;
        d->inputs[i].segments.count = arrays[OF_INPUT * i + 1].count;
    }
    XXH128_canonicalFromHash(&own, XXH3_128bits_digest(r->state));
    bool whole = take(r, &hash, sizeof hash) && memcmp(&own, &hash, sizeof own) == 0 && r->left == 0;
    return whole && fits(d, arrays, count);
}

/* NULL: it is not there, of something else, or, with `*problem`, not what it should be. */
static Dataset *read_set(const char *path, const XXH128_canonical_t *key, const Task *task,
                         const DatasetOptions *options, const char **problem) {
    struct stat info;
    const char *no_file; /* it is made again then */
    int descriptor = input_open(path, &no_file);
    CacheReader r = {.file = descriptor < 0 ? NULL : fdopen(descriptor, "rb"), .state = hash_begin()};
    Dataset *data = memory_new(1, sizeof *data);
    data->task = task;
    bool good = r.file && fstat(fileno(r.file), &info) == 0;
    if (good) r.left = info.st_size;
    good = good && is_of_key(&r, key);
    if (good && !take_all(&r, data)) *problem = "they are damaged";
    if (good && !*problem) *problem = dataset_problem(data, options);
    good = good && !*problem;
    if (r.file) fclose(r.file);
    XXH3_freeState(r.state);
    if (good) return data;
    dataset_free(data);
    return NULL;
}

/* --- Loading ------------------------------------------------------------------------------------------------------ */

/* A table that is asked for besides, or rows that are no file of their own, are not kept. */
static bool is_cached(const TokenCache *cache, const DatasetOptions *o) {
    return cache->folder && !o->text && !o->path && !o->n_keep && !o->keeps_bad;
}

Dataset *token_cache_load(const TokenCache *cache, const Task *task, const DatasetOptions *options,
                          Diagnostics *diags) {
    XXH128_canonical_t key;
    const char *path = is_cached(cache, options) ? dataset_path(task, options, diags) : NULL;
    if (is_cached(cache, options) && !path) return NULL;
    bool good = path && key_of(cache, task, options, path, &key);
    const char *kept = good ? path_of(cache, task, options->split, diags->arena) : NULL, *problem = NULL;
    Dataset *data = good ? read_set(kept, &key, task, options, &problem) : NULL;
    if (problem)
        diag_warning(diags, "E0859", pos_in_file(diagnostics_file(diags, kept, NULL), 0),
                     "these tokens cannot be used and are made anew: %s", problem);
    if (!data) return dataset_load(task, options, diags);
    data->labelled = options->needs_labels;
    data->tokenizer = options->tokenizer;
    data->file = diagnostics_file(diags, path, NULL);
    data->is_cached = true;
    data->id = dataset_id(data);
    return data;
}

/* --- Writing ------------------------------------------------------------------------------------------------------ */

typedef struct CacheWriter {
    AtomicFile *file;
    XXH3_state_t *state;
} CacheWriter;

static void put(CacheWriter *w, const void *bytes, size_t size) {
    atomic_file_write(w->file, bytes, size);
    add(w->state, bytes, size);
}

static void put_all(CacheWriter *w, const XXH128_canonical_t *key, Dataset *d) {
    const int64_t numbers[] = {d->rows, d->skipped, d->cut, d->unknown};
    Array arrays[MAX_ARRAYS];
    XXH128_canonical_t hash;
    int count = list_arrays(d, arrays);
    put(w, magic, sizeof magic);
    put(w, key, sizeof *key);
    put(w, numbers, sizeof numbers);
    for (int i = 0; i < count; i++) {
        int64_t bytes = bytes_of(&arrays[i]);
        put(w, &bytes, sizeof bytes);
        if (bytes > 0) put(w, *arrays[i].items, (size_t)bytes);
    }
    XXH128_canonicalFromHash(&hash, XXH3_128bits_digest(w->state));
    atomic_file_write(w->file, &hash, sizeof hash);
}

bool token_cache_store(const TokenCache *cache, const Dataset *data, const DatasetOptions *options,
                       Diagnostics *diags) {
    XXH128_canonical_t key;
    if (!is_cached(cache, options) || data->is_cached) return true;
    const char *path = dataset_path(data->task, options, diags);
    if (!path || !folder_make(arena_printf(diags->arena, "%s/tokens", cache->folder), diags)) return false;
    if (!key_of(cache, data->task, options, path, &key)) return true; /* it is gone: nothing to keep */
    CacheWriter w = {atomic_file_open_cache(path_of(cache, data->task, options->split, diags->arena), diags),
                     hash_begin()};
    Dataset copy = *data;
    if (w.file) put_all(&w, &key, &copy);
    XXH3_freeState(w.state);
    return w.file && atomic_file_commit(w.file);
}
