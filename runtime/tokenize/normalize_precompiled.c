/* Precompiled: SentencePiece's table of replacements, read as Hugging Face's library reads it, which is not how
 * SentencePiece does: a grapheme cluster of fewer than 6 bytes is looked up as a whole, where its shortest beginning
 * that is a key replaces all of it; otherwise its characters are looked up one by one.
 *
 * "precompiled_charsmap" is base64 of
 *
 *     size in bytes, u32 | double array, u32 each | values, each with a NUL behind it
 *
 * A unit of the double array (Darts-clone): bits 0 to 7 its label, 8 a value follows, 9 the offset is in units of 256,
 * 10 to 30 the offset; of a value, 31, the bits below it. */
#include <string.h>

#include "runtime/tokenize/cluster.h"
#include "runtime/tokenize/normalizer.h"
#include "runtime/tokenize/rewriting.h"

enum { LONGEST_CLUSTER = 5 /* bytes */ };

typedef struct CharsMap {
    uint32_t *units;
    uint32_t n_units;
    const char *values;
    int64_t values_size;
    bool ascii[0x80]; /* it is replaced */
} CharsMap;

/* --- Reading ------------------------------------------------------------------------------------------------------ */

/* The value of a digit of base64, -1: it is none. */
static int digit_value(char c) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *digit = c ? strchr(digits, c) : NULL;
    return digit ? (int)(digit - digits) : -1;
}

/* In the arena; NULL: it is no base64. */
static unsigned char *decode(const char *text, size_t length, Arena *arena, size_t *size) {
    unsigned char *bytes = arena_alloc(arena, length / 4 * 3 + 4);
    uint32_t bits = 0;
    while (length > 0 && text[length - 1] == '=') length--;
    *size = 0;
    for (size_t i = 0; i < length; i++) {
        int value = digit_value(text[i]);
        if (value < 0) return NULL;
        bits = bits << 6 | (uint32_t)value;
        if (i % 4) bytes[(*size)++] = (unsigned char)(bits >> (6 - 2 * (i % 4)));
    }
    return bytes;
}

static uint32_t read_unit(const unsigned char *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* Where the value of the shortest key begins that the bytes begin with; -1: there is none. A damaged array has none. */
static int64_t find_value(const CharsMap *map, const char *bytes, int64_t length) {
    uint64_t node = 0, unit = map->units[0];
    node ^= (unit >> 10) << ((unit & 512) >> 6);
    for (int64_t i = 0; i < length && bytes[i]; i++) {
        uint64_t label = (unsigned char)bytes[i];
        node ^= label;
        if (node >= map->n_units) return -1;
        unit = map->units[node];
        if ((unit & (1u << 31 | 255)) != label) return -1;
        node ^= (unit >> 10) << ((unit & 512) >> 6);
        if (!(unit >> 8 & 1)) continue;
        int64_t value = node < map->n_units ? map->units[node] & ~(1u << 31) : INT32_MAX;
        bool inside = value <= map->values_size && ((unsigned char)map->values[value] & 0xC0) != 0x80;
        return inside ? value : -1;
    }
    return -1;
}

static const CharsMap *map_of(const unsigned char *bytes, size_t size, Arena *arena) {
    uint32_t array = size >= 4 ? read_unit(bytes) : 0;
    if (array < 4 || array % 4 || array > size - 4) return NULL;
    CharsMap *map = arena_alloc(arena, sizeof *map);
    *map = (CharsMap){.n_units = array / 4, .units = arena_array(arena, array / 4, sizeof(uint32_t))};
    for (uint32_t i = 0; i < map->n_units; i++) map->units[i] = read_unit(bytes + 4 + 4 * i);
    map->values_size = (int64_t)(size - 4 - array);
    map->values = arena_strndup(arena, "", 0);
    if (map->values_size) {
        char *values = arena_alloc(arena, (size_t)map->values_size + 1);
        map->values = memcpy(values, bytes + 4 + array, (size_t)map->values_size);
    }
    if (utf8_good(map->values, map->values_size) < map->values_size) return NULL;
    for (int c = 1; c < 0x80; c++) map->ascii[c] = find_value(map, (const char[]){(char)c}, 1) >= 0;
    return map;
}

bool normalize_precompiled_read(const Component *component, NormalStep *step) {
    const json_t *text = json_object_get(component->json, "precompiled_charsmap");
    size_t size;
    if (!json_is_string(text)) return component_refuse(component, "precompiled_charsmap", "missing");
    const unsigned char *bytes =
        decode(json_string_value(text), json_string_length(text), component->reader->arena, &size);
    step->chars_map = bytes ? map_of(bytes, size, component->reader->arena) : NULL;
    return step->chars_map || component_refuse(component, "precompiled_charsmap", "damaged");
}

/* --- Applying ----------------------------------------------------------------------------------------------------- */

/* Characters are written one late: a later one that vanishes counts as a change of the last. */
typedef struct Replacing {
    const CharsMap *map;
    Rewriting out;
    int32_t held; /* -1: none */
    int64_t change;
} Replacing;

static void put(Replacing *r, int32_t c, int64_t change) {
    if (r->held >= 0) rewriting_put(&r->out, r->held, r->change);
    r->held = c;
    r->change = change;
}

static int64_t count_chars(const char *bytes, int64_t length) {
    int64_t count = 0;
    for (int64_t at = 0; at < length; at += utf8_length(bytes[at])) count++;
    return count;
}

/* The value in the place of `n_old` characters. */
static void put_value(Replacing *r, const char *value, int64_t n_old) {
    int64_t length = (int64_t)strlen(value), n_new = count_chars(value, length), i = 0;
    int32_t c;
    for (int64_t at = 0; at < length; i++) {
        at += utf8_read(value + at, &c);
        put(r, c, i < n_old ? 0 : 1);
    }
    if (n_new < n_old && r->held >= 0) r->change += n_new - n_old;
}

static bool replace(Replacing *r, const char *bytes, int64_t length) {
    int64_t value = find_value(r->map, bytes, length);
    if (value < 0) return false;
    put_value(r, r->map->values + value, count_chars(bytes, length));
    return true;
}

static void replace_cluster(Replacing *r, const char *bytes, int64_t length) {
    if (length <= LONGEST_CLUSTER && replace(r, bytes, length)) return;
    int32_t c;
    for (int64_t at = 0, used; at < length; at += used) {
        used = utf8_read(bytes + at, &c);
        if (!replace(r, bytes + at, used)) put(r, c, 0);
    }
}

/* How far from `at` on there are characters of ASCII that stay, each a cluster of its own. */
static int64_t kept_run(const CharsMap *map, const TextView *view, int64_t at) {
    int64_t end = at;
    while (end < view->length && (unsigned char)view->bytes[end] >= ' ' && (unsigned char)view->bytes[end] < 0x7F &&
           !map->ascii[(unsigned char)view->bytes[end]])
        end++;
    if (end < view->length && end > at && (unsigned char)view->bytes[end] >= 0x80) end--; /* it may have marks */
    return end;
}

void normalize_precompiled(const NormalStep *step, TextFlow *flow) {
    const TextView *view = &flow->view;
    int64_t at = kept_run(step->chars_map, view, 0), end = 0;
    if (at == view->length) return;
    Replacing r = {.map = step->chars_map, .held = -1};
    r.out = (Rewriting){.from = view, .to = flow_begin(flow)};
    buffer_reserve(r.out.to, view->length + 16);
    for (at = 0; at < view->length; at = end) {
        end = kept_run(step->chars_map, view, at);
        if (end > at + 1) {
            int32_t last = view->bytes[end - 1];
            if (r.held >= 0) rewriting_put(&r.out, r.held, r.change);
            rewriting_keep(&r.out, at, end - 1);
            r.held = last, r.change = 0;
        } else {
            end = cluster_end(step->chars, view->bytes, at, view->length);
            replace_cluster(&r, view->bytes + at, end - at);
        }
    }
    put(&r, -1, 0);
    flow_end(flow);
}
