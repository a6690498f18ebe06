/* WordPiece: one pass over the text. Each character goes through the steps of the reference in
 * turn, without buffers between them, because every step maps one character to few:
 *
 *     decode -> clean -> CJK apart -> NFD, drop accents, lower-case -> word buffer -> longest match
 *
 * The vocabulary is a hash table whose hash can be extended byte by byte (FNV-1a), so that the
 * hashes of all prefixes of a word come from one walk over it. */
#include "runtime/data/wordpiece.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "graph/base/memory.h"
#include "runtime/files/read_file.h"

enum { MAX_CHAR_BYTES = 4, MAX_DECOMPOSED = 32 };

typedef struct TokenPiece {
    const char *text; /* NUL-terminated */
    size_t length;    /* bytes */
} TokenPiece;

typedef struct Slot {
    uint64_t hash;
    int32_t id; /* -1: empty */
} Slot;

/* An added token whose text is looked for in texts as the rules leave them. */
typedef struct Folded {
    const AddedToken *token;
    int32_t *chars; /* [count] */
    int count;
} Folded;

typedef struct WordPiece {
    char *text; /* the vocabulary, its line ends overwritten by NUL */
    TokenPiece *tokens;
    int32_t n_tokens;
    Slot *slots; /* open addressing; a power of two, at most half full */
    size_t slot_mask;
    const char *inside; /* "##" */
    int longest;        /* characters of a word */
    TokenizerRules rules;
    Folded *folded;
    int n_folded;
} WordPiece;

/* A word being collected. `start[i]` is where its character i begins in `bytes`, and `from[i]` .. `to[i]` what it was
 * made of in the text. */
typedef struct Word {
    char bytes[WORDPIECE_LONGEST * MAX_CHAR_BYTES];
    int start[WORDPIECE_LONGEST + 1];
    int64_t from[WORDPIECE_LONGEST], to[WORDPIECE_LONGEST], end; /* `end`: of the last character, stored or not */
    int n_chars;                                                 /* more than the longest: becomes [UNK] */
} Word;

/* What one call of encode works on. */
typedef struct Encoding {
    const Tokenizer *tokenizer;
    const WordPiece *model;
    Word word;
    int64_t at, next; /* the character at hand in the text */
    TokenList *tokens;
} Encoding;

/* --- Vocabulary ------------------------------------------------------------------------------------------------- */

static uint64_t hash_start(void) { return 0xcbf29ce484222325u; }
static uint64_t hash_byte(uint64_t hash, char byte) { return (hash ^ (unsigned char)byte) * 0x100000001b3u; }

static uint64_t hash_bytes(uint64_t hash, const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) hash = hash_byte(hash, text[i]);
    return hash;
}

/* The low bits of FNV depend on few bits of the input; folding spreads them. */
static size_t first_slot(const WordPiece *model, uint64_t hash) {
    return (size_t)(hash ^ hash >> 32) & model->slot_mask;
}

/* The slot of the token `prefix` + `text`, or the empty slot where it would be; `hash` is the hash
 * of both. */
static Slot *find_slot(const WordPiece *model, uint64_t hash, const char *prefix, const char *text, size_t length) {
    size_t n_prefix = strlen(prefix);
    for (size_t i = first_slot(model, hash);; i = (i + 1) & model->slot_mask) {
        Slot *slot = &model->slots[i];
        if (slot->id < 0) return slot;
        if (slot->hash != hash) continue;
        const TokenPiece *token = &model->tokens[slot->id];
        if (token->length == n_prefix + length && !memcmp(token->text, prefix, n_prefix) &&
            !memcmp(token->text + n_prefix, text, length)) {
            return slot;
        }
    }
}

static int32_t find_token(const WordPiece *model, const char *text, size_t length) {
    return find_slot(model, hash_bytes(hash_start(), text, length), "", text, length)->id;
}

/* Lines of the file, without their ends; a last line end begins no line. */
static size_t count_lines(const char *text, size_t size) {
    size_t lines = 0;
    for (size_t i = 0; i < size; i++) lines += text[i] == '\n';
    return lines + (size > 0 && text[size - 1] != '\n');
}

static void split_lines(WordPiece *model, size_t size) {
    char *line = model->text, *end = line + size;
    for (int32_t id = 0; id < model->n_tokens; id++) {
        char *newline = memchr(line, '\n', (size_t)(end - line));
        char *stop = newline ? newline : end;
        size_t length = (size_t)(stop - line);
        if (length && line[length - 1] == '\r') length--;
        line[length] = '\0';
        model->tokens[id] = (TokenPiece){line, length};
        line = stop + 1;
    }
}

/* A token that stands twice has the id of its last line, as in the reference. */
static void fill_slots(WordPiece *model) {
    for (size_t i = 0; i <= model->slot_mask; i++) model->slots[i].id = -1;
    for (int32_t id = 0; id < model->n_tokens; id++) {
        const TokenPiece *token = &model->tokens[id];
        uint64_t hash = hash_bytes(hash_start(), token->text, token->length);
        *find_slot(model, hash, "", token->text, token->length) = (Slot){hash, id};
    }
}

static bool build_vocabulary(WordPiece *model, size_t size) {
    size_t lines = count_lines(model->text, size), slots = 64;
    if (lines > INT32_MAX / 4) return false;
    while (slots < 2 * lines) slots *= 2;
    model->n_tokens = (int32_t)lines;
    model->slot_mask = slots - 1;
    model->tokens = memory_new(lines + 1, sizeof *model->tokens);
    model->slots = memory_new(slots, sizeof *model->slots);
    split_lines(model, size);
    fill_slots(model);
    return true;
}

/* --- Longest match ---------------------------------------------------------------------------------------------- */

static void push(const Encoding *e, int32_t id, int64_t from, int64_t to) {
    token_list_push(e->tokens, id, (TokenSpan){from, to});
}

/* The longest token at character `from` of the word; `*next` is the character after it. -1: none. */
static int32_t match_piece(const WordPiece *model, const Word *word, int from, int *next) {
    const char *prefix = from ? model->inside : "", *text = word->bytes + word->start[from];
    uint64_t hashes[WORDPIECE_LONGEST + 1]; /* hashes[i]: of prefix and characters [from, i) */
    hashes[from] = hash_bytes(hash_start(), prefix, strlen(prefix));
    for (int i = from; i < word->n_chars; i++) {
        int begin = word->start[i];
        hashes[i + 1] = hash_bytes(hashes[i], word->bytes + begin, (size_t)(word->start[i + 1] - begin));
    }
    for (int end = word->n_chars; end > from; end--) {
        size_t length = (size_t)(word->start[end] - word->start[from]);
        int32_t id = find_slot(model, hashes[end], prefix, text, length)->id;
        *next = end;
        if (id >= 0) return id;
    }
    return -1;
}

/* Appends the pieces of the word, or [UNK] for all of it when a part has no match, and empties the word. */
static void end_word(Encoding *e) {
    Word *word = &e->word;
    int64_t before = e->tokens->ids.count;
    bool known = word->n_chars <= e->model->longest;
    for (int from = 0, next; known && from < word->n_chars; from = next) {
        int32_t id = match_piece(e->model, word, from, &next);
        known = id >= 0;
        if (known) push(e, id, word->from[from], word->to[next - 1]);
    }
    if (!known) {
        token_list_cut(e->tokens, before);
        push(e, e->tokenizer->specials.unk, word->from[0], word->end);
    }
    word->n_chars = 0;
}

static void push_char(Encoding *e, int32_t c) {
    Word *word = &e->word;
    word->end = e->next;
    if (word->n_chars >= e->model->longest) {
        word->n_chars = e->model->longest + 1;
        return;
    }
    int begin = word->start[word->n_chars];
    word->from[word->n_chars] = e->at;
    word->to[word->n_chars++] = e->next;
    int length = (int)utf8proc_encode_char(c, (utf8proc_uint8_t *)word->bytes + begin);
    word->start[word->n_chars] = begin + length;
}

/* --- Characters ------------------------------------------------------------------------------------------------- */

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

/* --- Added tokens ----------------------------------------------------------------------------------------------- */

/* The character of the text at `at`, -1 for a byte that is not UTF-8; `*next` is where the one after it begins. */
static int32_t read_char(const char *text, size_t length, size_t at, size_t *next) {
    int32_t c = (unsigned char)text[at];
    utf8proc_ssize_t left = length - at < 4 ? (utf8proc_ssize_t)(length - at) : 4;
    utf8proc_ssize_t used = c < 128 ? 1 : utf8proc_iterate((const utf8proc_uint8_t *)text + at, left, &c);
    *next = at + (used > 0 ? (size_t)used : 1);
    return used > 0 ? c : -1;
}

/* What a text is after the rules, at most `room` characters of `out`; how many. Spaces around CJK characters are none
 * of it. */
static int fold_text(TokenizerRules rules, const char *text, size_t length, int32_t *out, int room) {
    int count = 0;
    for (size_t at = 0, next; at < length; at = next) {
        int32_t c = read_char(text, length, at, &next), folded[MAX_DECOMPOSED];
        int n = c < 0 || is_removed(c) ? 0 : fold_char(rules, c, folded);
        for (int i = 0; i < n && count < room; i++) out[count++] = folded[i];
    }
    return count;
}

/* Where the text that begins with the characters of an added token goes on after it; 0: it does not begin so. */
static size_t folded_end(const WordPiece *model, const Folded *wanted, const char *text, size_t length, size_t at) {
    int matched = 0;
    while (at < length && matched < wanted->count) {
        size_t next;
        int32_t c = read_char(text, length, at, &next), folded[MAX_DECOMPOSED];
        int n = c < 0 || is_removed(c) ? 0 : fold_char(model->rules, c, folded);
        if (n == 0 && matched == 0) return 0;
        for (int i = 0; i < n; i++) {
            if (matched == wanted->count || folded[i] != wanted->chars[matched++]) return 0;
        }
        at = next;
    }
    return matched == wanted->count ? at : 0;
}

/* The longest that begins here; NULL: none does. */
static const AddedToken *folded_at(const WordPiece *model, const char *text, size_t length, size_t at, size_t *end) {
    const AddedToken *best = NULL;
    for (int i = 0; i < model->n_folded; i++) {
        size_t here = folded_end(model, &model->folded[i], text, length, at);
        if (!here || (best && here <= *end)) continue;
        if (!added_token_stands(model->folded[i].token, text, length, at, here)) continue;
        best = model->folded[i].token;
        *end = here;
    }
    return best;
}

static void fold_added(WordPiece *model, const AddedToken *tokens, int count, Arena *arena) {
    model->folded = arena_array(arena, (size_t)count + 1, sizeof *model->folded);
    for (int i = 0; i < count; i++) {
        size_t length = strlen(tokens[i].content);
        if (!tokens[i].normalized) continue;
        Folded *folded = &model->folded[model->n_folded];
        int room = (int)length * 3 + 1;
        folded->token = &tokens[i];
        folded->chars = arena_array(arena, (size_t)room, sizeof *folded->chars);
        folded->count = fold_text(model->rules, tokens[i].content, length, folded->chars, room);
        model->n_folded += folded->count > 0;
    }
}

/* --- Text ------------------------------------------------------------------------------------------------------- */

static void take_folded(Encoding *e, int32_t c) {
    if (is_space(c)) {
        if (e->word.n_chars) end_word(e);
    } else if (is_punctuation(c)) {
        if (e->word.n_chars) end_word(e);
        push_char(e, c);
        end_word(e);
    } else {
        push_char(e, c);
    }
}

static void take_char(Encoding *e, int32_t c) {
    if (is_removed(c)) return;
    int32_t folded[MAX_DECOMPOSED];
    int n = fold_char(e->model->rules, c, folded);
    bool apart = e->model->rules.split_cjk && is_cjk(c);
    if (apart && e->word.n_chars) end_word(e);
    for (int i = 0; i < n; i++) take_folded(e, folded[i]);
    if (apart && e->word.n_chars) end_word(e);
}

/* Bytes that are not UTF-8 are dropped, as U+FFFD is. */
static void encode(const Tokenizer *tokenizer, const char *text, size_t begin, size_t length, TokenList *tokens) {
    Encoding e = {.tokenizer = tokenizer, .model = tokenizer->self, .tokens = tokens};
    e.word.n_chars = e.word.start[0] = 0;
    for (size_t at = begin, next = begin; at < length; at = next) {
        const AddedToken *added = e.model->n_folded ? folded_at(e.model, text, length, at, &next) : NULL;
        int32_t c = added ? -1 : read_char(text, length, at, &next);
        e.at = (int64_t)at, e.next = (int64_t)next;
        if (added && e.word.n_chars) end_word(&e);
        if (added) push(&e, added->id, e.at, e.next);
        if (c >= 0) take_char(&e, c);
    }
    if (e.word.n_chars) end_word(&e);
}

/* --- The tokenizer ---------------------------------------------------------------------------------------------- */

static const char *token(const Tokenizer *tokenizer, int32_t id) {
    const WordPiece *model = tokenizer->self;
    return id < model->n_tokens ? model->tokens[id].text : NULL;
}

static int32_t find(const Tokenizer *tokenizer, const char *token) {
    return find_token(tokenizer->self, token, strlen(token));
}

static void release(Tokenizer *tokenizer) {
    WordPiece *model = tokenizer->self;
    free(model->text);
    free(model->tokens);
    free(model->slots);
}

static void describe(const Tokenizer *tokenizer, TokenizerSink *sink, void *user) {
    const WordPiece *model = tokenizer->self;
    const int32_t said[] = {model->rules.lower_case, model->rules.strip_accents, model->rules.split_cjk, model->longest,
                            model->n_tokens};
    sink(user, said, sizeof said);
    sink(user, model->inside, strlen(model->inside) + 1);
    for (int32_t i = 0; i < model->n_tokens; i++) sink(user, model->tokens[i].text, model->tokens[i].length + 1);
}

static const TokenizerKind wordpiece = {"WordPiece", encode, token, find, describe, release};

WordPieceText wordpiece_text(const Tokenizer *tokenizer) {
    const WordPiece *model = tokenizer->self;
    assert(tokenizer->kind == &wordpiece);
    return (WordPieceText){
        .rules = model->rules, .inside = model->inside, .longest = model->longest, .n_tokens = model->n_tokens};
}

Tokenizer *wordpiece_new(const WordPieceText *from, const TokenizerParts *parts, Diagnostics *diags) {
    Tokenizer *tokenizer = tokenizer_begin(&wordpiece, parts);
    WordPiece *model = tokenizer->self = arena_alloc(tokenizer->arena, sizeof *model);
    *model = (WordPiece){.rules = from->rules, .longest = from->longest ? from->longest : WORDPIECE_LONGEST};
    model->inside = arena_strdup(tokenizer->arena, from->inside ? from->inside : "##");
    model->text = memory_copy(from->text, from->size);
    assert(model->longest <= WORDPIECE_LONGEST);
    if (!build_vocabulary(model, from->size)) {
        diag_error(diags, "E0802", pos_in_file(diagnostics_file(diags, from->name, NULL), 0),
                   "the vocabulary is too large");
        diag_hint(diags, "check that this is a vocab.txt: one token a line");
        return tokenizer_free(tokenizer), NULL;
    }
    tokenizer = tokenizer_end(tokenizer, model->n_tokens, from->name, diags);
    if (tokenizer) fold_added(model, tokenizer->added, tokenizer->n_added, tokenizer->arena);
    return tokenizer;
}

Tokenizer *tokenizer_new(const char *name, const char *text, size_t size, TokenizerRules rules, Diagnostics *diags) {
    WordPieceText from = {.name = name, .text = text, .size = size, .rules = rules};
    return wordpiece_new(&from, &(TokenizerParts){0}, diags);
}

Tokenizer *tokenizer_load(const char *path, TokenizerRules rules, Diagnostics *diags) {
    size_t size;
    char *text = read_file(path, READ_TEXT, &size, diags);
    Tokenizer *tokenizer = text ? tokenizer_new(path, text, size, rules, diags) : NULL;
    free(text);
    return tokenizer;
}
