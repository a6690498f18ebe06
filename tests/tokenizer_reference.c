/* Compares tokenizers with what Hugging Face's library made of many texts: by hand, where there are such files.
 *
 *     build/tests/tokenizer_reference [--texts] [--lower-case yes|no] FOLDER ...
 *
 * A folder has the files of a tokenizer and vectors.tsv (text, ids, offsets), perhaps pairs.tsv (text, text, ids, type
 * ids, offsets), truncation.tsv (max_length, text, text or -, ids, type ids, offsets) and blocks.tsv (kind, first,
 * last, XXH3-64); the folder above it checksums.tsv (name, kind, ..., XXH3-64): of the ids of all code points alone,
 * between a and b, and of strings of random atoms, fuzz_atoms.tsv there or one above. Texts are JSON, offsets bytes.
 * --texts: no checksums. --lower-case: of the folders behind it, where their files leave it open.
 *
 * The status is 0 when all is equal. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "graph/base/memory.h"
#include "runtime/hub/hf_tokenizer.h"
#include "runtime/tokenize/unicode.h"

typedef struct Comparison {
    const char *folder, *name; /* the name is the end of the folder's */
    Tokenizer *tokenizer;
    TokenizerWork *work;
    TokenList texts[2];
    TokenIds ids, segments, sources;
    int64_t differences;
} Comparison;

enum { MAX_SHOWN = 5, MAX_FIELDS = 6, MAX_ATOMS = 512 };

/* --- One sequence ------------------------------------------------------------------------------------------------- */

static void encode_one(Comparison *c, int which, const char *text, size_t length) {
    c->texts[which].ids.count = 0;
    c->texts[which].wants_spans = true;
    tokenizer_encode_spans(c->tokenizer, c->work, text, length, &c->texts[which]);
}

static void assemble(Comparison *c, bool pair, int64_t max_length) {
    c->ids.count = c->segments.count = c->sources.count = 0;
    AssembledTokens to = {&c->ids, &c->segments, &c->sources};
    tokenizer_assemble(c->tokenizer, &c->texts[0].ids, pair ? &c->texts[1].ids : NULL, max_length, to);
}

static TokenSpan span_of(const Comparison *c, int64_t i) {
    int64_t source = c->sources.items[i], n = c->texts[0].ids.count;
    if (source == FROM_TEMPLATE) return (TokenSpan){0, 0};
    return source < n ? c->texts[0].spans[source] : c->texts[1].spans[source - n];
}

/* "12 5 3", as the files have it; on the heap. */
static char *numbers_text(const TokenIds *ids) {
    char *text;
    size_t size;
    FILE *out = memory_stream(&text, &size);
    for (int64_t i = 0; i < ids->count; i++) fprintf(out, i ? " %d" : "%d", ids->items[i]);
    memory_stream_end(out);
    return text;
}

static char *spans_text(const Comparison *c) {
    char *text;
    size_t size;
    FILE *out = memory_stream(&text, &size);
    for (int64_t i = 0; i < c->ids.count; i++) {
        TokenSpan span = span_of(c, i);
        fprintf(out, "%s%" PRId64 ":%" PRId64, i ? " " : "", span.from, span.to);
    }
    memory_stream_end(out);
    return text;
}

/* --- Files of texts ----------------------------------------------------------------------------------------------- */

static void compare(Comparison *c, const char *file, int64_t row, const char *what, char *got, const char *wanted) {
    if (strcmp(got, wanted) != 0 && c->differences++ < MAX_SHOWN)
        printf("%s/%s:%" PRId64 ": %s\n  got    %s\n  wanted %s\n", c->name, file, row, what, got, wanted);
    free(got);
}

static bool encode_json(Comparison *c, int which, const char *field) {
    json_t *text = json_loads(field, JSON_DECODE_ANY, NULL);
    if (!text) return false;
    encode_one(c, which, json_string_value(text), json_string_length(text));
    json_decref(text);
    return true;
}

/* What the columns of a file are: t text, u second text or -, m max_length, i ids, s segments, o offsets. */
static void compare_row(Comparison *c, const char *file, int64_t row, const char *columns, char **fields) {
    int64_t max_length = INT64_MAX / 2;
    bool pair = false;
    for (int i = 0; columns[i]; i++) {
        if (columns[i] == 'm') max_length = atoll(fields[i]);
        if (columns[i] == 't') encode_json(c, 0, fields[i]);
        if (columns[i] == 'u' && strcmp(fields[i], "-") != 0) pair = encode_json(c, 1, fields[i]);
    }
    assemble(c, pair, max_length);
    for (int i = 0; columns[i]; i++) {
        if (columns[i] == 'i') compare(c, file, row, fields[0], numbers_text(&c->ids), fields[i]);
        if (columns[i] == 's') compare(c, file, row, "segments", numbers_text(&c->segments), fields[i]);
        if (columns[i] == 'o') compare(c, file, row, fields[0], spans_text(c), fields[i]);
    }
}

static FILE *open_in(const char *folder, const char *file) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    return fopen(path, "rb");
}

/* Cuts a line at its tabs. */
static int split_fields(char *line, char **fields) {
    int count = 0;
    line[strcspn(line, "\n")] = '\0';
    for (char *at = line; at && count < MAX_FIELDS; count++) {
        fields[count] = at;
        at = strchr(at, '\t');
        if (at) *at++ = '\0';
    }
    return count;
}

static void compare_file(Comparison *c, const char *file, const char *columns) {
    FILE *in = open_in(c->folder, file);
    char *line = NULL, *fields[MAX_FIELDS];
    size_t size = 0;
    int64_t row = 0, before = c->differences;
    while (in && getline(&line, &size, in) > 0) {
        if (split_fields(line, fields) < (int)strlen(columns)) continue;
        compare_row(c, file, ++row, columns, fields);
    }
    if (in) printf("  %s %" PRId64 " of %" PRId64 " differ", file, c->differences - before, row);
    if (in) fclose(in);
    free(line);
}

/* --- Checksums ---------------------------------------------------------------------------------------------------- */

typedef struct Digest {
    XXH64_hash_t all, block;
    XXH3_state_t *state, *block_state;
} Digest;

static void add_text(Comparison *c, Digest *digest, const char *text, size_t length) {
    static const int32_t end = -1;
    c->texts[0].ids.count = 0;
    c->texts[0].wants_spans = false;
    tokenizer_encode(c->tokenizer, c->work, text, length, &c->texts[0].ids);
    c->ids.count = 0;
    tokenizer_assemble(c->tokenizer, &c->texts[0].ids, NULL, INT64_MAX / 2, (AssembledTokens){.ids = &c->ids});
    for (int i = 0; i < 2; i++) {
        XXH3_state_t *state = i ? digest->block_state : digest->state;
        if (c->ids.count) XXH3_64bits_update(state, c->ids.items, (size_t)c->ids.count * sizeof(int32_t));
        XXH3_64bits_update(state, &end, sizeof end);
    }
}

/* Tells a block that is another one than in blocks.tsv. */
static void end_block(Comparison *c, Digest *digest, const char *kind, int64_t first) {
    FILE *in = open_in(c->folder, "blocks.tsv");
    char line[200], name[20], last[20], hash[20];
    uint64_t begin, wanted, got = XXH3_64bits_digest(digest->block_state);
    XXH3_64bits_reset(digest->block_state);
    while (in && fgets(line, sizeof line, in)) {
        if (sscanf(line, "%19s %*s %19s %19s", name, last, hash) != 3 || strcmp(name, kind) != 0) continue;
        bool decimal = strcmp(kind, "fuzz") == 0;
        if (sscanf(line, decimal ? "%*s %" SCNu64 : "%*s %" SCNx64, &begin) != 1 || (int64_t)begin != first) continue;
        if (sscanf(hash, "%" SCNx64, &wanted) == 1 && wanted != got && c->differences < 40)
            printf("\n  %s: the block from %s%" PRIx64, kind, decimal ? "#0x" : "U+", begin);
    }
    if (in) fclose(in);
}

static void digest_codes(Comparison *c, Digest *digest, const char *kind, bool between, bool nul) {
    char text[8] = "a";
    for (int32_t code = nul ? 0 : 1; code < 0x110000; code++) {
        if (nul && code > 0 && code % 4096 == 0) end_block(c, digest, kind, code - 4096);
        if (code >= 0xD800 && code < 0xE000) continue;
        int length = utf8_write(code, text + between);
        text[between + length] = 'b';
        add_text(c, digest, text, (size_t)(length + 2 * between));
    }
    if (nul) end_block(c, digest, kind, 0x10F000);
}

static uint64_t next_random(uint64_t *x) {
    uint64_t z = *x += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static json_t *read_atoms(const Comparison *c) {
    FILE *in = open_in(c->folder, "../fuzz_atoms.tsv");
    if (!in) in = open_in(c->folder, "../../fuzz_atoms.tsv");
    char *line = NULL, *fields[MAX_FIELDS];
    size_t size = 0;
    json_t *atoms = json_array();
    while (in && getline(&line, &size, in) > 0) {
        if (split_fields(line, fields) == 2) json_array_append_new(atoms, json_loads(fields[1], JSON_DECODE_ANY, NULL));
    }
    if (in) fclose(in);
    free(line);
    return atoms;
}

static void digest_fuzz(Comparison *c, Digest *digest, int64_t count) {
    json_t *atoms = read_atoms(c);
    uint64_t random = 42;
    char text[4096];
    for (int64_t i = 0; i < count && json_array_size(atoms) == MAX_ATOMS; i++) {
        size_t length = 0;
        if (i > 0 && i % 1000 == 0) end_block(c, digest, "fuzz", i - 1000);
        for (uint64_t k = 1 + next_random(&random) % 10; k > 0; k--) {
            const json_t *atom = json_array_get(atoms, next_random(&random) % MAX_ATOMS);
            memcpy(text + length, json_string_value(atom), json_string_length(atom));
            length += json_string_length(atom);
        }
        add_text(c, digest, text, length);
    }
    end_block(c, digest, "fuzz", count - 1000);
    json_decref(atoms);
}

static uint64_t digest_of(Comparison *c, const char *kind) {
    Digest digest = {.state = XXH3_createState(), .block_state = XXH3_createState()};
    XXH3_64bits_reset(digest.state);
    XXH3_64bits_reset(digest.block_state);
    bool nul = !strstr(kind, "-nonul");
    if (strncmp(kind, "alone", 5) == 0) digest_codes(c, &digest, kind, false, nul);
    if (strncmp(kind, "axb", 3) == 0) digest_codes(c, &digest, kind, true, nul);
    if (strncmp(kind, "fuzz", 4) == 0) digest_fuzz(c, &digest, kind[4] ? atoll(kind + 4) : 200000);
    uint64_t hash = XXH3_64bits_digest(digest.state);
    XXH3_freeState(digest.state);
    XXH3_freeState(digest.block_state);
    return hash;
}

static void compare_digests(Comparison *c) {
    FILE *in = open_in(c->folder, "../checksums.tsv");
    char *line = NULL, *fields[MAX_FIELDS];
    size_t size = 0;
    while (in && getline(&line, &size, in) > 0) {
        int count = split_fields(line, fields);
        if (count < 4 || strcmp(fields[0], c->name) != 0 || strstr(fields[1], "-nonul")) continue;
        uint64_t wanted = strtoull(fields[count == 4 ? 3 : 4], NULL, 16), got = digest_of(c, fields[1]);
        printf("  %s %s", fields[1], got == wanted ? "equal" : "DIFFERS");
        c->differences += got != wanted;
    }
    if (in) fclose(in);
    free(line);
}

/* --- Folders ------------------------------------------------------------------------------------------------------ */

/* Does the folder differ? */
static bool compare_folder(const char *folder, const char *lower_case, bool digests) {
    Diagnostics *diags = diagnostics_new();
    Arena *arena = arena_new();
    HfTokenizer read;
    const char *slash = strrchr(folder, '/');
    Comparison c = {.folder = folder, .name = slash ? slash + 1 : folder};
    printf("%s:", c.name);
    if (hf_tokenizer_read(folder, lower_case, arena, &read, diags)) {
        c.tokenizer = read.tokenizer;
        c.work = tokenizer_work(c.tokenizer);
        compare_file(&c, "vectors.tsv", "tio");
        compare_file(&c, "pairs.tsv", "tuiso");
        compare_file(&c, "truncation.tsv", "mtuiso");
        if (digests) compare_digests(&c);
    }
    printf(c.tokenizer ? "\n" : " cannot be read\n");
    diagnostics_print(diags, stdout);
    for (int i = 0; i < 2; i++) token_list_free(&c.texts[i]);
    token_ids_free(&c.ids), token_ids_free(&c.segments), token_ids_free(&c.sources);
    tokenizer_work_free(c.work);
    hf_tokenizer_free(&read);
    arena_free(arena);
    diagnostics_free(diags);
    return !c.tokenizer || c.differences > 0;
}

int main(int argc, char **argv) {
    bool digests = true, differs = false;
    const char *lower_case = NULL;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--texts") == 0)
            digests = false;
        else if (strcmp(argv[i], "--lower-case") == 0 && i + 1 < argc)
            lower_case = argv[++i];
        else
            differs |= compare_folder(argv[i], lower_case, digests);
    }
    return differs;
}
