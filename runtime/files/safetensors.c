/* Reading and writing safetensors. Everything that the header says is checked against the file
 * before anyone uses it: whoever holds a SafeTensor may read its bytes. */
#include "runtime/files/safetensors.h"

#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "graph/base/count_text.h"
#include "graph/base/input_file.h"
#include "runtime/files/atomic_file.h"

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers in safetensors files are little-endian");

enum { LENGTH_BYTES = 8, MAX_HEADER_BYTES = 100 * 1000 * 1000 }; /* the limit of the reference implementation */

struct SafeTensors {
    Arena *arena;
    const SourceFile *source; /* owned by the diagnostics of the opening: not used later */
    const char *path;
    unsigned char *map; /* the file; NULL when it is not mapped */
    size_t size;
    const unsigned char *data; /* where the tensors begin */
    size_t data_bytes;
    VEC(SafeTensor) tensors; /* by offset */
    VEC(MetadataEntry) metadata;
};

typedef struct DtypeRow {
    const char *name;
    size_t bytes;
} DtypeRow;

size_t safetensors_element_bytes(const char *name) {
    static const DtypeRow rows[] = {{"F32", 4}, {"F16", 2}, {"BF16", 2}, {"F64", 8},     {"I64", 8},
                                    {"I32", 4}, {"I16", 2}, {"I8", 1},   {"U8", 1},      {"BOOL", 1},
                                    {"U16", 2}, {"U32", 4}, {"U64", 8},  {"F8_E4M3", 1}, {"F8_E5M2", 1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!strcmp(rows[i].name, name)) return rows[i].bytes;
    }
    return 0;
}

const char *shape_print(Arena *arena, const int64_t *shape, int rank) {
    const char *text = "[";
    for (int i = 0; i < rank; i++) text = arena_printf(arena, "%s%s%lld", text, i ? ", " : "", (long long)shape[i]);
    return arena_printf(arena, "%s]", text);
}

/* --- Opening ------------------------------------------------------------------------------------------------------ */

static const char cut_off[] = "the file was cut off, perhaps by a download or copy that stopped: fetch it again";
static const char not_one[] = "check that it is a .safetensors file, not another format or a Git LFS pointer";
static const char broken[] = "the file was damaged or written by a faulty program: fetch or save it again";

/* Adds an error and its way out. */
static bool reject(SafeTensors *file, Diagnostics *diags, const char *way_out, const char *message) {
    diag_error(diags, "E0820", pos_in_file(file->source, 0), "%s", message);
    diag_hint(diags, "%s", way_out);
    return false;
}

static bool map_file(SafeTensors *file, Diagnostics *diags) {
    const char *problem = NULL;
    int descriptor = input_open(file->path, &problem);
    struct stat status;
    bool found = descriptor >= 0 && !fstat(descriptor, &status), regular = found && S_ISREG(status.st_mode);
    if (regular && status.st_size > 0) {
        file->size = (size_t)status.st_size;
        void *map = mmap(NULL, file->size, PROT_READ, MAP_PRIVATE, descriptor, 0);
        if (map != MAP_FAILED) file->map = map;
    }
    int error = errno;
    if (descriptor >= 0) close(descriptor);
    if (file->map) return true;
    if (regular && status.st_size == 0) return reject(file, diags, cut_off, "the file is empty");
    diag_error(diags, "E0801", pos_in_file(file->source, 0), "cannot read the file: %s",
               problem             ? problem
               : found && !regular ? "it is not a regular file"
                                   : strerror(error));
    diag_hint(diags, "check the path, and that you may read what is there");
    return false;
}

/* The header's place; sets `data` and `data_bytes`. */
static bool find_header(SafeTensors *file, size_t *header_bytes, Diagnostics *diags) {
    uint64_t length = 0;
    if (file->size < LENGTH_BYTES)
        return reject(file, diags, cut_off, "the file is too short to be a safetensors file");
    memcpy(&length, file->map, LENGTH_BYTES);
    if (length > MAX_HEADER_BYTES || length < 2) {
        return reject(file, diags, not_one, "this is not a safetensors file: it does not begin with a header's length");
    }
    if (length > file->size - LENGTH_BYTES) {
        return reject(file, diags, cut_off,
                      arena_printf(file->arena, "the file has %s, its header alone needs %zu",
                                   count_text((int64_t)file->size, "byte").text, (size_t)length + LENGTH_BYTES));
    }
    *header_bytes = (size_t)length;
    file->data = file->map + LENGTH_BYTES + length;
    file->data_bytes = file->size - LENGTH_BYTES - (size_t)length;
    return true;
}

static bool read_size(const json_t *value, int64_t *size) {
    *size = json_integer_value(value);
    return json_is_integer(value) && *size >= 0;
}

/* The shape, and the bytes that it and the element type ask for. False when the header cannot be
 * meant so. */
static bool read_shape(SafeTensor *tensor, const json_t *shape, size_t *bytes) {
    if (!json_is_array(shape) || json_array_size(shape) > SAFETENSORS_MAX_RANK) return false;
    tensor->rank = (int)json_array_size(shape);
    tensor->count = 1;
    for (int i = 0; i < tensor->rank; i++) {
        if (!read_size(json_array_get(shape, (size_t)i), &tensor->shape[i])) return false;
        if (__builtin_mul_overflow(tensor->count, tensor->shape[i], &tensor->count)) return false;
    }
    return !__builtin_mul_overflow((size_t)tensor->count, safetensors_element_bytes(tensor->dtype), bytes);
}

static bool read_tensor(SafeTensors *file, const char *name, const json_t *entry, Diagnostics *diags) {
    Arena *arena = file->arena;
    const json_t *offsets = json_object_get(entry, "data_offsets");
    const char *dtype = json_string_value(json_object_get(entry, "dtype"));
    if (!dtype || json_array_size(offsets) != 2) {
        return reject(file, diags, broken, arena_printf(arena, "tensor '%s' has no dtype or data_offsets", name));
    }
    SafeTensor tensor = {.name = arena_strdup(arena, name), .dtype = arena_strdup(arena, dtype)};
    if (!safetensors_element_bytes(dtype)) {
        return reject(file, diags, "convert the file to F32, F16 or BF16",
                      arena_printf(arena, "tensor '%s' has the unknown element type '%s'", name, dtype));
    }
    int64_t begin, end;
    size_t bytes;
    if (!read_size(json_array_get(offsets, 0), &begin) || !read_size(json_array_get(offsets, 1), &end) || begin > end ||
        !read_shape(&tensor, json_object_get(entry, "shape"), &bytes) || bytes != (size_t)(end - begin)) {
        return reject(file, diags, broken, arena_printf(arena, "tensor '%s': shape and bytes do not agree", name));
    }
    if ((size_t)end > file->data_bytes) {
        return reject(file, diags, cut_off,
                      arena_printf(arena, "tensor '%s' ends at byte %zu, but the file has only %zu", name,
                                   (size_t)end + (file->size - file->data_bytes), file->size));
    }
    tensor.data = file->data + begin;
    tensor.bytes = bytes;
    vec_push(arena, &file->tensors, tensor);
    return true;
}

static bool read_metadata(SafeTensors *file, json_t *object, Diagnostics *diags) {
    const char *key;
    json_t *value;
    if (!json_is_object(object)) return reject(file, diags, broken, "__metadata__ is not an object");
    json_object_foreach(object, key, value) {
        if (!json_is_string(value)) return reject(file, diags, broken, "__metadata__ holds something other than text");
        MetadataEntry entry = {arena_strdup(file->arena, key), arena_strdup(file->arena, json_string_value(value))};
        vec_push(file->arena, &file->metadata, entry);
    }
    return true;
}

static int by_offset(const void *left, const void *right) {
    const SafeTensor *a = left, *b = right;
    if (a->data != b->data) return (const char *)a->data < (const char *)b->data ? -1 : 1;
    return (a->bytes > b->bytes) - (a->bytes < b->bytes); /* an empty tensor before the one at its place */
}

/* Without overlap, hole or rest: each byte belongs to one tensor, or the file is not what it says.
 */
static bool check_layout(SafeTensors *file, Diagnostics *diags) {
    const unsigned char *end = file->data;
    if (file->tensors.count)
        qsort(file->tensors.items, (size_t)file->tensors.count, sizeof *file->tensors.items, by_offset);
    for (int i = 0; i < file->tensors.count; i++) {
        const SafeTensor *tensor = &file->tensors.items[i];
        if ((const unsigned char *)tensor->data != end) {
            return reject(file, diags, broken,
                          arena_printf(file->arena, "tensor '%s' overlaps another or leaves a hole", tensor->name));
        }
        end += tensor->bytes;
    }
    return end == file->data + file->data_bytes || reject(file, diags, broken, "bytes that belong to no tensor follow");
}

static bool read_header(SafeTensors *file, json_t *header, Diagnostics *diags) {
    const char *name;
    json_t *entry;
    if (!json_is_object(header)) return reject(file, diags, not_one, "the header is not valid JSON");
    json_object_foreach(header, name, entry) {
        bool read =
            strcmp(name, "__metadata__") ? read_tensor(file, name, entry, diags) : read_metadata(file, entry, diags);
        if (!read) return false;
    }
    return check_layout(file, diags);
}

SafeTensors *safetensors_map(const char *path, Diagnostics *diags) {
    Arena *arena = arena_new();
    SafeTensors *file = arena_alloc(arena, sizeof *file);
    file->arena = arena;
    file->path = arena_strdup(arena, path);
    file->source = diagnostics_file(diags, path, NULL);
    if (map_file(file, diags)) return file;
    safetensors_close(file);
    return NULL;
}

const unsigned char *safetensors_bytes(const SafeTensors *file, size_t *size) {
    *size = file->size;
    return file->map;
}

Arena *safetensors_arena(SafeTensors *file) { return file->arena; }

void safetensors_add(SafeTensors *file, SafeTensor tensor) { vec_push(file->arena, &file->tensors, tensor); }

SafeTensors *safetensors_open(const char *path, Diagnostics *diags) {
    SafeTensors *file = safetensors_map(path, diags);
    if (!file) return NULL;
    size_t header_bytes = 0;
    bool good = find_header(file, &header_bytes, diags);
    if (good) {
        json_error_t error;
        json_t *header = json_loadb((char *)file->map + LENGTH_BYTES, header_bytes, JSON_REJECT_DUPLICATES, &error);
        good = read_header(file, header, diags);
        json_decref(header);
    }
    if (good) return file;
    safetensors_close(file);
    return NULL;
}

void safetensors_close(SafeTensors *file) {
    if (!file) return;
    if (file->map) munmap(file->map, file->size);
    arena_free(file->arena);
}

/* --- Tensors ------------------------------------------------------------------------------------------------------ */

int safetensors_count(const SafeTensors *file) { return file->tensors.count; }
const SafeTensor *safetensors_get(const SafeTensors *file, int index) { return &file->tensors.items[index]; }

const SafeTensor *safetensors_find(const SafeTensors *file, const char *name) {
    for (int i = 0; i < file->tensors.count; i++) {
        if (!strcmp(file->tensors.items[i].name, name)) return &file->tensors.items[i];
    }
    return NULL;
}

const char *safetensors_metadata(const SafeTensors *file, const char *key) {
    for (int i = 0; i < file->metadata.count; i++) {
        if (!strcmp(file->metadata.items[i].key, key)) return file->metadata.items[i].value;
    }
    return NULL;
}

static float float_of_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

float bf16_to_f32(uint16_t half) { return float_of_bits((uint32_t)half << 16); }

/* IEEE 754 binary16: sign, 5 bits of exponent (bias 15), 10 of fraction. Every value is a value of
 * binary32. */
float f16_to_f32(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = half >> 10 & 31, fraction = half & 0x3FF;
    if (exponent == 31) return float_of_bits(sign | 0x7F800000u | fraction << 13);             /* infinity, NaN */
    if (exponent) return float_of_bits(sign | (exponent + (127 - 15)) << 23 | fraction << 13); /* normal */
    float subnormal = (float)fraction * 0x1p-24f;
    return sign ? -subnormal : subnormal;
}

static void convert_halves(const unsigned char *data, int64_t count, float (*convert)(uint16_t), float *out) {
    for (int64_t i = 0; i < count; i++) {
        uint16_t half;
        memcpy(&half, data + 2 * i, sizeof half);
        out[i] = convert(half);
    }
}

bool safetensors_to_f32(const SafeTensors *file, const SafeTensor *tensor, float *out, Diagnostics *diags) {
    if (!strcmp(tensor->dtype, "F32")) {
        if (tensor->bytes) memcpy(out, tensor->data, tensor->bytes);
    } else if (!strcmp(tensor->dtype, "F16")) {
        convert_halves(tensor->data, tensor->count, f16_to_f32, out);
    } else if (!strcmp(tensor->dtype, "BF16")) {
        convert_halves(tensor->data, tensor->count, bf16_to_f32, out);
    } else {
        diag_error(diags, "E0821", pos_in_file(diagnostics_file(diags, file->path, NULL), 0),
                   "tensor '%s' holds %s, which cannot become parameters", tensor->name, tensor->dtype);
        diag_hint(diags, "convert the tensor to F32, F16 or BF16");
        return false;
    }
    return true;
}

/* --- Writing ------------------------------------------------------------------------------------------------------ */

static size_t tensor_bytes(const TensorToWrite *tensor) {
    size_t bytes = sizeof(float);
    for (int i = 0; i < tensor->rank; i++) bytes *= (size_t)tensor->shape[i]; /* it lies in memory: no overflow */
    return bytes;
}

static json_t *describe_tensor(const TensorToWrite *tensor, size_t begin) {
    json_t *shape = json_array();
    for (int i = 0; i < tensor->rank; i++) json_array_append_new(shape, json_integer(tensor->shape[i]));
    return json_pack("{s:s, s:o, s:[I, I]}", "dtype", "F32", "shape", shape, "data_offsets", (json_int_t)begin,
                     (json_int_t)(begin + tensor_bytes(tensor)));
}

/* The header's JSON, NULL when a name is not UTF-8. The caller frees. */
static char *build_header(const TensorToWrite *tensors, int n_tensors, const MetadataEntry *metadata, int n_metadata) {
    json_t *header = json_object();
    size_t begin = 0;
    int failures = 0;
    if (n_metadata) {
        json_t *entries = json_object();
        for (int i = 0; i < n_metadata; i++) {
            failures += json_object_set_new(entries, metadata[i].key, json_string(metadata[i].value)) != 0;
        }
        failures += json_object_set_new(header, "__metadata__", entries) != 0;
    }
    for (int i = 0; i < n_tensors; i++) {
        assert(!json_object_get(header, tensors[i].name));
        failures += json_object_set_new(header, tensors[i].name, describe_tensor(&tensors[i], begin)) != 0;
        begin += tensor_bytes(&tensors[i]);
    }
    char *text = failures ? NULL : json_dumps(header, JSON_COMPACT);
    json_decref(header);
    return text;
}

/* The header ends on a multiple of 8 bytes, so that whoever maps the file finds aligned numbers. */
static void write_header(AtomicFile *file, const char *header) {
    uint64_t length = strlen(header), padded = (length + 7) / 8 * 8;
    atomic_file_write(file, &padded, LENGTH_BYTES);
    atomic_file_write(file, header, length);
    atomic_file_write(file, "       ", padded - length);
}

bool safetensors_write(const char *path, const TensorToWrite *tensors, int n_tensors, const MetadataEntry *metadata,
                       int n_metadata, Diagnostics *diags) {
    char *header = build_header(tensors, n_tensors, metadata, n_metadata);
    if (!header) {
        diag_error(diags, "E0822", pos_in_file(diagnostics_file(diags, path, NULL), 0),
                   "a tensor's name or a value beside the tensors is not UTF-8");
        diag_hint(diags, "use names of UTF-8 text");
        return false;
    }
    AtomicFile *file = atomic_file_open(path, diags);
    if (file) {
        write_header(file, header);
        for (int i = 0; i < n_tensors; i++) atomic_file_write(file, tensors[i].data, tensor_bytes(&tensors[i]));
    }
    free(header);
    return file && atomic_file_commit(file);
}
