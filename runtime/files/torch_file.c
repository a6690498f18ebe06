/* torch.save's files: the archive's directory, then the pickle, then views of storages. */
#include "runtime/files/torch_file.h"

#include <string.h>

#include "runtime/files/pickle.h"

/* A ZIP entry's bytes. */
typedef struct ZipEntry {
    const char *name; /* of `length` bytes, in the mapping */
    size_t length;
    const unsigned char *bytes;
    size_t size;
} ZipEntry;

typedef struct Archive {
    Arena *arena;
    const unsigned char *map;
    size_t size;
    VEC(ZipEntry) entries;
    const char *problem;
} Archive;

static uint64_t number_at(const Archive *a, size_t at, int bytes) {
    uint64_t number = 0;
    for (int i = 0; i < bytes; i++) number |= (uint64_t)a->map[at + (size_t)i] << 8 * i;
    return number;
}

static bool fits(const Archive *a, uint64_t at, uint64_t bytes) { return at <= a->size && bytes <= a->size - at; }

static bool fail(Archive *a, const char *problem) {
    if (!a->problem) a->problem = problem;
    return false;
}

/* --- The archive (APPNOTE.TXT of PKWARE, 4.3) --- */

enum { END_BYTES = 22, LOCATOR_BYTES = 20, END64_BYTES = 56, FILE_BYTES = 46, LOCAL_BYTES = 30 };
static const uint32_t END = 0x06054b50, LOCATOR = 0x07064b50, END64 = 0x06064b50, FILE_HEADER = 0x02014b50,
                      LOCAL = 0x04034b50;

/* Where the record of the directory's end is; a comment may follow it. */
static bool find_end(const Archive *a, size_t *end) {
    if (a->size < END_BYTES) return false;
    size_t least = a->size > END_BYTES + 65535 ? a->size - END_BYTES - 65535 : 0;
    for (*end = a->size - END_BYTES;; (*end)--) {
        if (number_at(a, *end, 4) == END) return true;
        if (*end == least) return false;
    }
}

static bool find_directory(Archive *a, uint64_t *count, uint64_t *at) {
    size_t end;
    if (!find_end(a, &end)) return fail(a, "it is no file that torch.save writes since version 1.6 (a ZIP archive)");
    *count = number_at(a, end + 10, 2);
    *at = number_at(a, end + 16, 4);
    if (*count != 0xffff && *at != 0xffffffff) return true;
    if (end < LOCATOR_BYTES || number_at(a, end - LOCATOR_BYTES, 4) != LOCATOR)
        return fail(a, "the archive's directory is not there");
    uint64_t end64 = number_at(a, end - LOCATOR_BYTES + 8, 8);
    if (!fits(a, end64, END64_BYTES) || number_at(a, end64, 4) != END64)
        return fail(a, "the archive's directory is not there");
    *count = number_at(a, end64 + 32, 8);
    *at = number_at(a, end64 + 48, 8);
    return true;
}

/* The sizes and the place of an entry of more than 4 GB, which the extra field has, in this order, where the record
 * says -1. */
static bool read_extra(const Archive *a, uint64_t at, uint64_t bytes, uint64_t numbers[3]) {
    static const uint64_t unsaid = 0xffffffff;
    for (uint64_t i = at; i + 4 <= at + bytes;) {
        uint64_t length = number_at(a, i + 2, 2), next = i + 4;
        bool is_large = number_at(a, i, 2) == 1;
        for (int j = 0; is_large && j < 3; j++) {
            if (numbers[j] != unsaid) continue;
            if (next + 8 > i + 4 + length || next + 8 > at + bytes) return false;
            numbers[j] = number_at(a, next, 8), next += 8;
        }
        i += 4 + length;
    }
    return true;
}

/* The entry whose record in the directory is at `at`; the record's length in `*bytes`. */
static bool read_entry(Archive *a, uint64_t at, uint64_t *bytes) {
    static const char broken[] = "an entry of the archive is broken";
    if (!fits(a, at, FILE_BYTES) || number_at(a, at, 4) != FILE_HEADER) return fail(a, broken);
    uint64_t name = number_at(a, at + 28, 2), extra = number_at(a, at + 30, 2), comment = number_at(a, at + 32, 2);
    uint64_t numbers[] = {number_at(a, at + 24, 4), number_at(a, at + 20, 4),
                          number_at(a, at + 42, 4)}; /* size, stored size, place */
    *bytes = FILE_BYTES + name + extra + comment;
    if (!fits(a, at, *bytes) || !read_extra(a, at + FILE_BYTES + name, extra, numbers)) return fail(a, broken);
    if (number_at(a, at + 10, 2) != 0 || numbers[0] != numbers[1])
        return fail(a, "an entry of the archive is compressed, which torch does not do");
    if (!fits(a, numbers[2], LOCAL_BYTES) || number_at(a, numbers[2], 4) != LOCAL) return fail(a, broken);
    uint64_t data = numbers[2] + LOCAL_BYTES + number_at(a, numbers[2] + 26, 2) + number_at(a, numbers[2] + 28, 2);
    if (!fits(a, data, numbers[0])) return fail(a, broken);
    ZipEntry entry = {(const char *)a->map + at + FILE_BYTES, (size_t)name, a->map + data, (size_t)numbers[0]};
    vec_push(a->arena, &a->entries, entry);
    return true;
}

static bool read_directory(Archive *a) {
    uint64_t count = 0, at = 0, bytes;
    if (!find_directory(a, &count, &at)) return false;
    for (uint64_t i = 0; i < count; i++, at += bytes) {
        if (!read_entry(a, at, &bytes)) return false;
    }
    return true;
}

/* The entry whose name ends so, behind the archive's own name. */
static const ZipEntry *find_entry(const Archive *a, const char *end) {
    size_t length = strlen(end);
    for (int i = 0; i < a->entries.count; i++) {
        const ZipEntry *entry = &a->entries.items[i];
        const char *slash = memchr(entry->name, '/', entry->length);
        size_t rest = slash ? entry->length - (size_t)(slash + 1 - entry->name) : 0;
        if (slash && rest == length && memcmp(slash + 1, end, length) == 0) return entry;
    }
    return NULL;
}

/* --- Tensors --- */

static bool is_dense(const PickledTensor *t) {
    int64_t expected = 1;
    for (int i = t->rank - 1; i >= 0; i--) {
        if (t->shape[i] != 1 && t->strides[i] != expected) return false;
        if (__builtin_mul_overflow(expected, t->shape[i], &expected)) return false;
    }
    return true;
}

/* The last number that the view reads, and how many it has; false: they lie outside of the storage. */
static bool measure(const PickledTensor *t, int64_t *count) {
    int64_t last = t->offset, step;
    *count = 1;
    for (int i = 0; i < t->rank; i++) {
        if (__builtin_mul_overflow(*count, t->shape[i], count)) return false;
        if (t->shape[i] == 0) continue;
        if (__builtin_mul_overflow(t->shape[i] - 1, t->strides[i], &step) || __builtin_add_overflow(last, step, &last))
            return false;
    }
    return *count == 0 || last < t->numbers;
}

/* The numbers of a view one behind the other. */
static void gather(const PickledTensor *t, const unsigned char *from, size_t size, int64_t count, unsigned char *to) {
    int64_t index[PICKLE_MAX_RANK] = {0};
    for (int64_t i = 0; i < count; i++) {
        int64_t at = t->offset;
        for (int j = 0; j < t->rank; j++) at += index[j] * t->strides[j];
        memcpy(to + (size_t)i * size, from + (size_t)at * size, size);
        for (int j = t->rank - 1; j >= 0 && ++index[j] == t->shape[j]; j--) index[j] = 0;
    }
}

static bool add_tensor(Archive *a, SafeTensors *file, const PickledTensor *t) {
    const ZipEntry *storage = find_entry(a, arena_printf(a->arena, "data/%s", t->key));
    size_t size = safetensors_element_bytes(t->dtype), bytes;
    int64_t count;
    bool good = storage && measure(t, &count) && !__builtin_mul_overflow((size_t)t->numbers, size, &bytes) &&
                bytes <= storage->size;
    if (!good) return fail(a, arena_printf(a->arena, "tensor '%s' lies outside of its storage", t->name));
    bool dense = is_dense(t);
    if (!dense && (size_t)count > storage->size / size) /* no honest view repeats numbers */
        return fail(a, arena_printf(a->arena, "tensor '%s' is larger than its storage", t->name));
    SafeTensor tensor = {
        .name = t->name, .dtype = t->dtype, .rank = t->rank, .count = count, .bytes = (size_t)count * size};
    memcpy(tensor.shape, t->shape, sizeof t->shape);
    tensor.data = storage->bytes + (size_t)t->offset * size;
    if (!dense) {
        unsigned char *copy = arena_alloc(a->arena, tensor.bytes + 1);
        gather(t, storage->bytes, size, count, copy);
        tensor.data = copy;
    }
    safetensors_add(file, tensor);
    return true;
}

static bool add_tensors(Archive *a, SafeTensors *file) {
    const ZipEntry *pickle = find_entry(a, "data.pkl"), *order = find_entry(a, "byteorder");
    PickledTensors tensors = {0};
    if (!pickle) return fail(a, "the archive has no data.pkl");
    if (order && (order->size != 6 || memcmp(order->bytes, "little", 6) != 0))
        return fail(a, "its numbers are big-endian");
    const char *problem = pickle_read(pickle->bytes, pickle->size, a->arena, &tensors);
    if (problem) return fail(a, problem);
    for (int i = 0; i < tensors.count; i++) {
        if (!add_tensor(a, file, &tensors.items[i])) return false;
    }
    return tensors.count > 0 || fail(a, "it has no tensors");
}

SafeTensors *torch_file_open(const char *path, Diagnostics *diags) {
    SafeTensors *file = safetensors_map(path, diags);
    if (!file) return NULL;
    Archive a = {.arena = safetensors_arena(file)};
    a.map = safetensors_bytes(file, &a.size);
    if (read_directory(&a) && add_tensors(&a, file)) return file;
    diag_error(diags, "E0823", pos_in_file(diagnostics_file(diags, path, NULL), 0), "not read: %s", a.problem);
    diag_hint(diags, "only dictionaries of tensors are read, nothing is executed; in Python, "
                     "model.save_pretrained(folder) writes model.safetensors");
    safetensors_close(file);
    return NULL;
}
