/* WordPiece: one pass over the text. Each character goes through the steps of the reference in
 * turn, without buffers between them, because every step maps one character to few:
 *
 *     decode -> clean -> CJK apart -> NFD, drop accents, lower-case -> word buffer -> longest match
 *
 * The vocabulary is a hash table whose hash can be extended byte by byte (FNV-1a), so that the
 * hashes of all prefixes of a word come from one walk over it. */
#include "runtime/data/tokenizer.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "runtime/files/read_file.h"

enum { MAX_WORD_CHARS = 100, MAX_CHAR_BYTES = 4, MAX_DECOMPOSED = 32, N_SPECIALS = 5 };

typedef struct Token {
    const char *text; /* NUL-terminated */
    size_t length;    /* bytes */
} Token;

typedef struct Slot {
    uint64_t hash;
    int32_t id; /* -1: empty */
} Slot;

struct Tokenizer {
    char *file; /* the vocabulary file, its line ends overwritten by NUL */
    Token *tokens;
    int32_t n_tokens;
    Slot *slots; /* open addressing; a power of two, at most half full */
    size_t slot_mask;
    TokenizerRules rules;
    SpecialTokens specials;
};

/* A word being collected. `start[i]` is where its character i begins in `bytes`. */
typedef struct Word {
    char bytes[MAX_WORD_CHARS * MAX_CHAR_BYTES];
    int start[MAX_WORD_CHARS + 1];
    int n_chars; /* MAX_WORD_CHARS + 1: too long, becomes [UNK] */
} Word;

/* --- Ids
 * ----------------------------------------------------------------------------------------------------------
 */

void token_ids_push(TokenIds *ids, int32_t id) {
    if (ids->count == ids->capacity) {
        int64_t capacity = ids->capacity ? 2 * ids->capacity : 64;
        int32_t *items = realloc(ids->items, (size_t)capacity * sizeof *items);
        if (!items) abort();
        ids->items = items;
        ids->capacity = capacity;
    }
    ids->items[ids->count++] = id;
}

void token_ids_free(TokenIds *ids) {
    free(ids->items);
    *ids = (TokenIds){0};
}

/* --- Vocabulary
 * ---------------------------------------------------------------------------------------------------
 */

static uint64_t hash_start(void) { return 0xcbf29ce484222325u; }
static uint64_t hash_byte(uint64_t hash, char byte) { return (hash ^ (unsigned char)byte) * 0x100000001b3u; }

static uint64_t hash_bytes(uint64_t hash, const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) hash = hash_byte(hash, text[i]);
    return hash;
}

/* The low bits of FNV depend on few bits of the input; folding spreads them. */
static size_t first_slot(const Tokenizer *tokenizer, uint64_t hash) {
    return (size_t)(hash ^ hash >> 32) & tokenizer->slot_mask;
}

/* The slot of the token `prefix` + `text`, or the empty slot where it would be; `hash` is the hash
 * of both. */
static Slot *find_slot(const Tokenizer *tokenizer, uint64_t hash, const char *prefix, const char *text, size_t length) {
    size_t n_prefix = strlen(prefix);
    for (size_t i = first_slot(tokenizer, hash);; i = (i + 1) & tokenizer->slot_mask) {
        Slot *slot = &tokenizer->slots[i];
        if (slot->id < 0) return slot;
        if (slot->hash != hash) continue;
        const Token *token = &tokenizer->tokens[slot->id];
        if (token->length == n_prefix + length && !memcmp(token->text, prefix, n_prefix) &&
            !memcmp(token->text + n_prefix, text, length)) {
            return slot;
        }
    }
}

static int32_t find_token(const Tokenizer *tokenizer, const char *text, size_t length) {
    return find_slot(tokenizer, hash_bytes(hash_start(), text, length), "", text, length)->id;
}

int32_t tokenizer_find(const Tokenizer *tokenizer, const char *token) {
    return find_token(tokenizer, token, strlen(token));
}

/* Lines of the file, without their ends; a last line end begins no line. */
static size_t count_lines(const char *text, size_t size) {
    size_t lines = 0;
    for (size_t i = 0; i < size; i++) lines += text[i] == '\n';
    return lines + (size > 0 && text[size - 1] != '\n');
}

static void split_lines(Tokenizer *tokenizer, size_t size) {
    char *line = tokenizer->file, *end = line + size;
    for (int32_t id = 0; id < tokenizer->n_tokens; id++) {
        char *newline = memchr(line, '\n', (size_t)(end - line));
        char *stop = newline ? newline : end;
        size_t length = (size_t)(stop - line);
        if (length && line[length - 1] == '\r') length--;
        line[length] = '\0';
        tokenizer->tokens[id] = (Token){line, length};
        line = stop + 1;
    }
}

/* A token that stands twice has the id of its last line, as in the reference. */
static void fill_slots(Tokenizer *tokenizer) {
    for (size_t i = 0; i <= tokenizer->slot_mask; i++) tokenizer->slots[i].id = -1;
    for (int32_t id = 0; id < tokenizer->n_tokens; id++) {
        const Token *token = &tokenizer->tokens[id];
        uint64_t hash = hash_bytes(hash_start(), token->text, token->length);
        *find_slot(tokenizer, hash, "", token->text, token->length) = (Slot){hash, id};
    }
}

static bool build_vocabulary(Tokenizer *tokenizer, size_t size) {
    size_t lines = count_lines(tokenizer->file, size), slots = 64;
    if (lines > INT32_MAX / 4) return false;
    while (slots < 2 * lines) slots *= 2;
    tokenizer->n_tokens = (int32_t)lines;
    tokenizer->slot_mask = slots - 1;
    tokenizer->tokens = calloc(lines + 1, sizeof *tokenizer->tokens);
    tokenizer->slots = calloc(slots, sizeof *tokenizer->slots);
    if (!tokenizer->tokens || !tokenizer->slots) return false;
    split_lines(tokenizer, size);
    fill_slots(tokenizer);
    return true;
}

static bool find_specials(Tokenizer *tokenizer, const char *path, Diagnostics *diags) {
    SpecialTokens *specials = &tokenizer->specials;
    *specials = (SpecialTokens){.unk = tokenizer_find(tokenizer, "[UNK]"),
                                .cls = tokenizer_find(tokenizer, "[CLS]"),
                                .sep = tokenizer_find(tokenizer, "[SEP]"),
                                .pad = tokenizer_find(tokenizer, "[PAD]"),
                                .mask = tokenizer_find(tokenizer, "[MASK]")};
    if (specials->unk >= 0 && specials->cls >= 0 && specials->sep >= 0) return true;
    const char *missing = specials->unk < 0 ? "[UNK]" : specials->cls < 0 ? "[CLS]" : "[SEP]";
    diag_error(diags, "E0802", pos_in_file(diagnostics_file(diags, path, NULL), 0), "the vocabulary has no line '%s'",
               missing);
    diag_hint(diags, "a BERT vocabulary is a text file with one token a line, among them [UNK], "
                     "[CLS] and [SEP]");
    return false;
}

/* Takes the text, which is on the heap and ends with NUL. */
static Tokenizer *build(const char *path, char *text, size_t size, TokenizerRules rules, Diagnostics *diags) {
    Tokenizer *tokenizer = calloc(1, sizeof *tokenizer);
    if (!tokenizer) abort();
    *tokenizer = (Tokenizer){.file = text, .rules = rules};
    bool built = build_vocabulary(tokenizer, size);
    if (!built) {
        diag_error(diags, "E0802", pos_in_file(diagnostics_file(diags, path, NULL), 0), "the vocabulary is too large");
        diag_hint(diags, "check that this is a vocab.txt: one token a line");
    }
    if (!built || !find_specials(tokenizer, path, diags)) {
        tokenizer_free(tokenizer);
        return NULL;
    }
    return tokenizer;
}

Tokenizer *tokenizer_load(const char *path, TokenizerRules rules, Diagnostics *diags) {
    size_t size;
    char *text = read_file(path, &size, diags);
    return text ? build(path, text, size, rules, diags) : NULL;
}

Tokenizer *tokenizer_new(const char *name, const char *text, size_t size, TokenizerRules rules, Diagnostics *diags) {
    char *copy = malloc(size + 1);
    if (!copy) abort();
    memcpy(copy, text, size);
    copy[size] = 0;
    return build(name, copy, size, rules, diags);
}

void tokenizer_free(Tokenizer *tokenizer) {
    if (!tokenizer) return;
    free(tokenizer->file);
    free(tokenizer->tokens);
    free(tokenizer->slots);
    free(tokenizer);
}

int32_t tokenizer_size(const Tokenizer *tokenizer) { return tokenizer->n_tokens; }
TokenizerRules tokenizer_rules_of(const Tokenizer *tokenizer) { return tokenizer->rules; }
SpecialTokens tokenizer_specials(const Tokenizer *tokenizer) { return tokenizer->specials; }
const char *tokenizer_token(const Tokenizer *tokenizer, int32_t id) { return tokenizer->tokens[id].text; }

/* --- Longest match
 * ------------------------------------------------------------------------------------------------
 */

/* The longest token at character `from` of the word; `*next` is the character after it. -1: none.
 */
static int32_t match_piece(const Tokenizer *tokenizer, const Word *word, int from, int *next) {
    const char *prefix = from ? "##" : "", *text = word->bytes + word->start[from];
    uint64_t hashes[MAX_WORD_CHARS + 1]; /* hashes[i]: of prefix and characters [from, i) */
    hashes[from] = hash_bytes(hash_start(), prefix, strlen(prefix));
    for (int i = from; i < word->n_chars; i++) {
        int begin = word->start[i];
        hashes[i + 1] = hash_bytes(hashes[i], word->bytes + begin, (size_t)(word->start[i + 1] - begin));
    }
    for (int end = word->n_chars; end > from; end--) {
        size_t length = (size_t)(word->start[end] - word->start[from]);
        int32_t id = find_slot(tokenizer, hashes[end], prefix, text, length)->id;
        *next = end;
        if (id >= 0) return id;
    }
    return -1;
}

/* Appends the pieces of the word, or [UNK] for all of it when a part has no match, and empties the
 * word. */
static void end_word(const Tokenizer *tokenizer, Word *word, TokenIds *ids) {
    int64_t before = ids->count;
    bool known = word->n_chars <= MAX_WORD_CHARS;
    for (int from = 0; known && from < word->n_chars;) {
        int32_t id = match_piece(tokenizer, word, from, &from);
        known = id >= 0;
        if (known) token_ids_push(ids, id);
    }
    if (!known) {
        ids->count = before;
        token_ids_push(ids, tokenizer->specials.unk);
    }
    word->n_chars = 0;
}

static void push_char(Word *word, int32_t c) {
    if (word->n_chars >= MAX_WORD_CHARS) {
        word->n_chars = MAX_WORD_CHARS + 1;
        return;
    }
    int begin = word->start[word->n_chars++];
    int length = (int)utf8proc_encode_char(c, (utf8proc_uint8_t *)word->bytes + begin);
    word->start[word->n_chars] = begin + length;
}

/* --- Characters
 * ---------------------------------------------------------------------------------------------------
 */

/* Unicode's White_Space but for the control characters among it. */
static bool is_space(int32_t c) {
    if (c < 128) return c == ' ' || c == '\t' || c == '\n' || c == '\r';
    utf8proc_category_t category = utf8proc_category(c);
    return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP;
}

static bool is_removed(int32_t c) {
    if (c < 128) return (c < ' ' && !is_space(c)) || c == 127;
    switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CS: return true;
    default: return c == 0xFFFD;
    }
}

/* Categories P*, and the ASCII symbols, which the reference counts among them. */
static bool is_punctuation(int32_t c) {
    if (c < 128) return (c > 32 && c < 48) || (c > 57 && c < 65) || (c > 90 && c < 97) || (c > 122 && c < 127);
    utf8proc_category_t category = utf8proc_category(c);
    return category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_PO;
}

/* The blocks that the reference writes without spaces between words. Its 2B920 (for the 2B820 of
 * Unicode) is kept. */
static bool is_cjk(int32_t c) {
    static const int32_t blocks[][2] = {{0x4E00, 0x9FFF},   {0x3400, 0x4DBF},   {0x20000, 0x2A6DF}, {0x2A700, 0x2B73F},
                                        {0x2B740, 0x2B81F}, {0x2B920, 0x2CEAF}, {0xF900, 0xFAFF},   {0x2F800, 0x2FA1F}};
    if (c < 0x3400) return false;
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        if (c >= blocks[i][0] && c <= blocks[i][1]) return true;
    }
    return false;
}

/* Canonical decomposition without nonspacing marks. Marks that stay are not put into canonical order: there is none in
 * writing of which two could follow each other. */
static int strip_char(int32_t c, int32_t out[MAX_DECOMPOSED]) {
    int boundary = UTF8PROC_BOUNDCLASS_START, kept = 0;
    utf8proc_ssize_t n = utf8proc_decompose_char(c, out, MAX_DECOMPOSED, UTF8PROC_DECOMPOSE, &boundary);
    if (n < 0 || n > MAX_DECOMPOSED) return 0; /* no character decomposes so far */
    for (utf8proc_ssize_t i = 0; i < n; i++) {
        if (utf8proc_category(out[i]) != UTF8PROC_CATEGORY_MN) out[kept++] = out[i];
    }
    return kept;
}

/* A capital I with a dot is the one letter whose small form is two characters. */
static int lower_char(int32_t *out, int n) {
    enum { I_WITH_DOT = 0x130, DOT_ABOVE = 0x307 };
    if (n == 1 && out[0] == I_WITH_DOT) {
        out[0] = 'i', out[1] = DOT_ABOVE;
        return 2;
    }
    for (int i = 0; i < n; i++) out[i] = utf8proc_tolower(out[i]);
    return n;
}

/* What the character is after the rules, n of `out`. */
static int fold_char(TokenizerRules rules, int32_t c, int32_t out[MAX_DECOMPOSED]) {
    out[0] = c;
    if (c < 128) {
        if (rules.lower_case && c >= 'A' && c <= 'Z') out[0] = c + ('a' - 'A');
        return 1;
    }
    int n = rules.strip_accents ? strip_char(c, out) : 1;
    return rules.lower_case ? lower_char(out, n) : n;
}

/* --- Text
 * ---------------------------------------------------------------------------------------------------------
 */

static void take_folded(const Tokenizer *tokenizer, int32_t c, Word *word, TokenIds *ids) {
    if (is_space(c)) {
        end_word(tokenizer, word, ids);
    } else if (is_punctuation(c)) {
        end_word(tokenizer, word, ids);
        push_char(word, c);
        end_word(tokenizer, word, ids);
    } else {
        push_char(word, c);
    }
}

static void take_char(const Tokenizer *tokenizer, int32_t c, Word *word, TokenIds *ids) {
    if (is_removed(c)) return;
    int32_t folded[MAX_DECOMPOSED];
    int n = fold_char(tokenizer->rules, c, folded);
    bool apart = tokenizer->rules.split_cjk && is_cjk(c);
    if (apart) end_word(tokenizer, word, ids);
    for (int i = 0; i < n; i++) take_folded(tokenizer, folded[i], word, ids);
    if (apart) end_word(tokenizer, word, ids);
}

/* The special token that the text begins with, -1 when none; `*length` is its bytes. */
static int32_t special_at(const Tokenizer *tokenizer, const char *text, size_t left, size_t *length) {
    static const char *const names[N_SPECIALS] = {"[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"};
    const SpecialTokens *specials = &tokenizer->specials;
    const int32_t ids[N_SPECIALS] = {specials->unk, specials->cls, specials->sep, specials->pad, specials->mask};
    for (int i = 0; i < N_SPECIALS; i++) {
        *length = strlen(names[i]);
        if (left >= *length && !memcmp(text, names[i], *length)) return ids[i];
    }
    return -1;
}

void tokenizer_encode(const Tokenizer *tokenizer, const char *text, size_t length, TokenIds *ids) {
    Word word;
    word.n_chars = word.start[0] = 0;
    for (size_t at = 0; at < length;) {
        size_t size;
        int32_t special = text[at] == '[' ? special_at(tokenizer, text + at, length - at, &size) : -1;
        if (special >= 0) {
            end_word(tokenizer, &word, ids);
            token_ids_push(ids, special);
            at += size;
            continue;
        }
        int32_t c = (unsigned char)text[at];
        utf8proc_ssize_t left = length - at < 4 ? (utf8proc_ssize_t)(length - at) : 4;
        utf8proc_ssize_t used = c < 128 ? 1 : utf8proc_iterate((const utf8proc_uint8_t *)text + at, left, &c);
        if (used > 0) take_char(tokenizer, c, &word, ids);
        at += used > 0 ? (size_t)used : 1; /* a byte that is not UTF-8 is dropped, as U+FFFD is */
    }
    end_word(tokenizer, &word, ids);
}

/* --- Sequences
 * ----------------------------------------------------------------------------------------------------
 */

/* The rule of the reference: cut the longer one down to the shorter one; when that is not enough,
 * both get half, the odd one going to the one that was longer (to b when they were equal). */
PairLengths pair_lengths(int64_t n_a, int64_t n_b, int64_t max_length) {
    int64_t room = max_length - 3;
    if (room < 0) room = 0;
    if (n_a + n_b <= room) return (PairLengths){n_a, n_b};
    int64_t shorter = n_a < n_b ? n_a : n_b, longer = room - shorter;
    if (shorter > longer) {
        shorter = room / 2;
        longer = room - shorter;
    }
    return n_a > n_b ? (PairLengths){longer, shorter} : (PairLengths){shorter, longer};
}

static PairLengths taken_lengths(const TokenIds *a, const TokenIds *b, int64_t max_length) {
    int64_t room = max_length > 2 ? max_length - 2 : 0;
    if (b) return pair_lengths(a->count, b->count, max_length);
    return (PairLengths){.a = a->count < room ? a->count : room};
}

static void cut_text(TokenIds *ids, int64_t count, KeptPart part) {
    int64_t head = part == KEPT_HEAD ? count : part == KEPT_BOTH ? count / 4 : 0;
    if (ids->count <= count) return;
    memmove(ids->items + head, ids->items + ids->count - (count - head), (size_t)(count - head) * sizeof *ids->items);
    ids->count = count;
}

void tokenizer_cut(TokenIds *a, TokenIds *b, int64_t max_length, KeptPart part) {
    PairLengths take = taken_lengths(a, b, max_length);
    cut_text(a, take.a, part);
    if (b) cut_text(b, take.b, part);
}

static void append(TokenIds *ids, TokenIds *segments, int32_t id, int32_t segment) {
    token_ids_push(ids, id);
    if (segments) token_ids_push(segments, segment);
}

int64_t tokenizer_assemble(const Tokenizer *tokenizer, const TokenIds *a, const TokenIds *b, int64_t max_length,
                           TokenIds *ids, TokenIds *segments) {
    int64_t before = ids->count;
    PairLengths take = taken_lengths(a, b, max_length);
    append(ids, segments, tokenizer->specials.cls, 0);
    for (int64_t i = 0; i < take.a; i++) append(ids, segments, a->items[i], 0);
    append(ids, segments, tokenizer->specials.sep, 0);
    if (b) {
        for (int64_t i = 0; i < take.b; i++) append(ids, segments, b->items[i], 1);
        append(ids, segments, tokenizer->specials.sep, 1);
    }
    return ids->count - before;
}
