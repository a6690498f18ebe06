/* gradc tokenize: what a folder's tokenizer makes of texts: pieces, ids, and the bytes that each was made of. */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/count_text.h"
#include "graph/base/memory.h"
#include "runtime/commands/commands.h"
#include "runtime/files/read_file.h"
#include "runtime/hub/hf_tokenizer.h"

/* One text, or two that are a pair, and their sequence. */
typedef struct Shown {
    const Tokenizer *tokenizer;
    TokenizerWork *work;
    bool as_json;
    TokenList texts[2];
    TokenIds ids, segments, sources;
} Shown;

/* --- One sequence ------------------------------------------------------------------------------------------------- */

static void encode_text(Shown *s, int which, const char *text, size_t length) {
    s->texts[which].ids.count = 0;
    s->texts[which].wants_spans = true;
    tokenizer_encode_spans(s->tokenizer, s->work, text, length, &s->texts[which]);
}

/* The bytes that a token of the sequence was made of, each counted in its own text; 0 to 0 of the template's. */
static TokenSpan span_of(const Shown *s, int64_t i, int *which) {
    int64_t source = s->sources.items[i], first = s->texts[0].ids.count;
    *which = source >= first;
    if (source == FROM_TEMPLATE) return *which = -1, (TokenSpan){0, 0};
    return *which ? s->texts[1].spans[source - first] : s->texts[0].spans[source];
}

static void print_row(const Shown *s, int64_t i, const char *const *texts) {
    int which;
    TokenSpan span = span_of(s, i, &which);
    const char *token = tokenizer_token(s->tokenizer, s->ids.items[i]);
    char bytes[48] = "-";
    if (which >= 0) snprintf(bytes, sizeof bytes, "%" PRId64 "-%" PRId64, span.from, span.to);
    printf("%8d  %11s  %d  ", s->ids.items[i], bytes, s->segments.items[i]);
    if (token) print_visible(token, strlen(token), stdout);
    if (which >= 0) {
        fputs("  '", stdout);
        print_visible(texts[which] + span.from, (size_t)(span.to - span.from), stdout);
        putchar('\'');
    }
    putchar('\n');
}

static void print_rows(const Shown *s, const char *const *texts) {
    for (int64_t i = 0; i < s->ids.count; i++) print_row(s, i, texts);
    putchar('\n');
}

static void print_json(const Shown *s) {
    json_t *ids = json_array(), *tokens = json_array(), *offsets = json_array(), *types = json_array();
    for (int64_t i = 0; i < s->ids.count; i++) {
        int which;
        TokenSpan span = span_of(s, i, &which);
        const char *token = tokenizer_token(s->tokenizer, s->ids.items[i]);
        json_array_append_new(ids, json_integer(s->ids.items[i]));
        json_array_append_new(tokens, token ? json_string(token) : json_null());
        json_array_append_new(offsets, json_pack("[I, I]", (json_int_t)span.from, (json_int_t)span.to));
        json_array_append_new(types, json_integer(s->segments.items[i]));
    }
    json_t *line = json_pack("{s:o, s:o, s:o, s:o}", "ids", ids, "tokens", tokens, "offsets", offsets, "types", types);
    json_dumpf(line, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(line);
}

/* `second` may be NULL. */
static void show(Shown *s, const char *first, size_t length, const char *second) {
    encode_text(s, 0, first, length);
    s->texts[1].ids.count = 0;
    if (second) encode_text(s, 1, second, strlen(second));
    s->ids.count = s->segments.count = s->sources.count = 0;
    AssembledTokens to = {&s->ids, &s->segments, &s->sources};
    tokenizer_assemble(s->tokenizer, &s->texts[0].ids, second ? &s->texts[1].ids : NULL, INT32_MAX, to);
    if (s->as_json)
        print_json(s);
    else
        print_rows(s, (const char *const[]){first, second});
}

/* --- Texts -------------------------------------------------------------------------------------------------------- */

static bool bad_line(const char *path, uint32_t line, Diagnostics *diags) {
    diag_error(diags, "E0813", pos_in_file(diagnostics_file(diags, path, NULL), line),
               "a line that begins with a double quote is not a JSON string");
    diag_hint(diags, "write the text as JSON, or without the quote at the beginning");
    return false;
}

/* A line is a text; one that begins with a double quote is a JSON string. */
static bool show_line(Shown *s, const char *line, size_t length, const char *second) {
    if (!length || *line != '"') return show(s, line, length, second), true;
    json_t *text = json_loadb(line, length, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    if (json_is_string(text)) show(s, json_string_value(text), json_string_length(text), second);
    bool good = json_is_string(text);
    json_decref(text);
    return good;
}

static bool show_file(Shown *s, const Options *options, Diagnostics *diags) {
    size_t size;
    char *text = read_file(options->input, read_bound(0), &size, diags);
    if (!text) return false;
    const char *line = text, *end = text + size;
    bool good = true;
    for (uint32_t number = 1; good && line < end; number++) {
        const char *newline = memchr(line, '\n', (size_t)(end - line)), *stop = newline ? newline : end;
        size_t length = (size_t)(stop - line);
        if (length && line[length - 1] == '\r') length--;
        good = show_line(s, line, length, options->pair) || bad_line(options->input, number, diags);
        line = stop + 1;
    }
    free(text);
    return good;
}

/* --- The command -------------------------------------------------------------------------------------------------- */

static void say_special(const Tokenizer *tokenizer, const char *what, int32_t id) {
    if (id >= 0) printf(", %s %s", what, tokenizer_token(tokenizer, id));
}

static void print_tokenizer(const Tokenizer *tokenizer) {
    SpecialTokens specials = tokenizer_specials(tokenizer);
    fputs(count_text(tokenizer_size(tokenizer), "token").text, stdout);
    say_special(tokenizer, "unknown", specials.unk);
    say_special(tokenizer, "padding", specials.pad);
    say_special(tokenizer, "mask", specials.mask);
    printf("; around one text %" PRId64 ", around two %" PRId64 "\n\n", tokenizer_added(tokenizer, false),
           tokenizer_added(tokenizer, true));
    puts("      id        bytes  segment, token, text");
}

static bool check_words(const Options *options, Diagnostics *diags) {
    bool json = options->format && strcmp(options->format, "jsonl") == 0;
    if (options->format && !json && strcmp(options->format, "text") != 0) {
        diag_error(diags, "E0910", (Pos){0}, "--format takes text or jsonl, not '%s'", options->format);
        return false;
    }
    if (options->input || options->text.count) return true;
    diag_error(diags, "E0910", (Pos){0}, "there is no text");
    diag_hint(diags, "give one with --text, or a file of them with --input, '-' being standard input");
    return false;
}

static bool show_all(const Tokenizer *tokenizer, const Options *options, Diagnostics *diags) {
    bool json = options->format && strcmp(options->format, "jsonl") == 0, good = true;
    Shown s = {.tokenizer = tokenizer, .work = tokenizer_work(tokenizer), .as_json = json};
    if (!json) print_tokenizer(tokenizer);
    for (int i = 0; i < options->text.count; i++)
        show(&s, options->text.items[i], strlen(options->text.items[i]), options->pair);
    if (options->input) good = show_file(&s, options, diags);
    for (int i = 0; i < 2; i++) token_list_free(&s.texts[i]);
    token_ids_free(&s.ids);
    token_ids_free(&s.segments);
    token_ids_free(&s.sources);
    tokenizer_work_free(s.work);
    return good;
}

int command_tokenize(const Options *options, Diagnostics *diags) {
    if (!check_words(options, diags)) return 1;
    Arena *arena = arena_new();
    HfTokenizer read;
    bool good = hf_tokenizer_read(options->file, options->lower_case, arena, &read, diags) &&
                show_all(read.tokenizer, options, diags);
    hf_tokenizer_free(&read);
    arena_free(arena);
    return good ? 0 : 1;
}
