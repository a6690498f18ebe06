/* Tokenizers: what all kinds have in common. */
#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"
#include "runtime/data/tokenizer_kind.h"

/* --- Making ----------------------------------------------------------------------------------------------------- */

enum { UNK, CLS, SEP, PAD, MASK, N_SPECIALS };
static const char *const usual_names[N_SPECIALS] = {"[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"};

static int32_t *special_id(SpecialTokens *specials, int which) {
    int32_t *const ids[N_SPECIALS] = {&specials->unk, &specials->cls, &specials->sep, &specials->pad, &specials->mask};
    return ids[which];
}

Tokenizer *tokenizer_begin(const TokenizerKind *kind, const TokenizerParts *parts) {
    Arena *arena = arena_new();
    Tokenizer *tokenizer = arena_alloc(arena, sizeof *tokenizer);
    *tokenizer = (Tokenizer){.kind = kind, .arena = arena, .n_added = parts->n_added};
    AddedToken *added = arena_array(arena, (size_t)parts->n_added + N_SPECIALS + 1, sizeof *added);
    for (int i = 0; i < parts->n_added; i++) {
        added[i] = parts->added[i];
        added[i].content = arena_strdup(arena, parts->added[i].content);
    }
    tokenizer->added = added;
    for (int i = 0; i < N_SPECIALS; i++)
        tokenizer->names[i] = arena_strdup(arena, parts->names[i] ? parts->names[i] : usual_names[i]);
    return tokenizer;
}

static const AddedToken *find_added(const Tokenizer *tokenizer, const char *content) {
    for (int i = 0; i < tokenizer->n_added; i++) {
        if (strcmp(tokenizer->added[i].content, content) == 0) return &tokenizer->added[i];
    }
    return NULL;
}

/* Special tokens are found in texts whether the folder says so or not. */
static void add_special(Tokenizer *tokenizer, int which) {
    AddedToken *added = (AddedToken *)tokenizer->added;
    const char *name = tokenizer->names[which];
    int32_t id = tokenizer_find(tokenizer, name);
    *special_id(&tokenizer->specials, which) = id;
    if (id >= 0 && !find_added(tokenizer, name))
        added[tokenizer->n_added++] = (AddedToken){.content = name, .id = id, .special = true};
}

/* Ids are numbers of rows of a table: none is left out. */
static bool count_ids(Tokenizer *tokenizer) {
    int missing = 0;
    int32_t most = tokenizer->size - 1;
    for (int i = 0; i < tokenizer->n_added; i++) {
        const AddedToken *token = &tokenizer->added[i];
        missing += token->id >= tokenizer->size;
        if (token->id > most) most = token->id;
        if (token->id < 0) return false;
    }
    bool dense = most - tokenizer->size + 1 == missing;
    tokenizer->size = most + 1;
    return dense;
}

static bool bad_vocabulary(const char *name, const char *what, const char *token, Diagnostics *diags) {
    diag_error(diags, "E0802", pos_in_file(diagnostics_file(diags, name, NULL), 0), "%s'%s'", what, token);
    diag_hint(diags, "a vocabulary is a text file with one token a line, among them [UNK], [CLS] and [SEP], or what "
                     "tokenizer_config.json names in their place");
    return false;
}

static bool check_specials(const Tokenizer *tokenizer, const char *name, Diagnostics *diags) {
    const SpecialTokens *specials = &tokenizer->specials;
    const int32_t ids[] = {specials->unk, specials->cls, specials->sep};
    for (int i = UNK; i <= SEP; i++) {
        if (ids[i] < 0) return bad_vocabulary(name, "the vocabulary has no line ", tokenizer->names[i], diags);
    }
    return true;
}

Tokenizer *tokenizer_end(Tokenizer *tokenizer, int32_t size, const char *name, Diagnostics *diags) {
    tokenizer->size = size;
    bool dense = count_ids(tokenizer);
    if (!dense)
        bad_vocabulary(name, "the added tokens leave ids out, up to that of ",
                       tokenizer->added[tokenizer->n_added - 1].content, diags);
    for (int i = 0; dense && i < N_SPECIALS; i++) add_special(tokenizer, i);
    if (dense && check_specials(tokenizer, name, diags)) return tokenizer;
    tokenizer_free(tokenizer);
    return NULL;
}

void tokenizer_free(Tokenizer *tokenizer) {
    if (!tokenizer) return;
    tokenizer->kind->release(tokenizer);
    arena_free(tokenizer->arena);
}

/* --- Asking ----------------------------------------------------------------------------------------------------- */

int32_t tokenizer_size(const Tokenizer *tokenizer) { return tokenizer->size; }
SpecialTokens tokenizer_specials(const Tokenizer *tokenizer) { return tokenizer->specials; }

const char *tokenizer_token(const Tokenizer *tokenizer, int32_t id) {
    for (int i = 0; i < tokenizer->n_added; i++) {
        if (tokenizer->added[i].id == id) return tokenizer->added[i].content;
    }
    return tokenizer->kind->token(tokenizer, id);
}

int32_t tokenizer_find(const Tokenizer *tokenizer, const char *token) {
    const AddedToken *added = find_added(tokenizer, token);
    return added ? added->id : tokenizer->kind->find(tokenizer, token);
}

void tokenizer_encode_spans(const Tokenizer *tokenizer, const char *text, size_t length, TokenList *tokens) {
    size_t at = 0, begin = length, end;
    for (const AddedToken *added; at < length; at = end) {
        added = added_token_next(tokenizer->added, tokenizer->n_added, text, at, length, &begin, &end);
        if (!added) begin = end = length;
        if (begin > at) tokenizer->kind->encode(tokenizer, text, at, begin, tokens);
        if (added) token_list_push(tokens, added->id, (TokenSpan){(int64_t)begin, (int64_t)end});
    }
}

void tokenizer_encode(const Tokenizer *tokenizer, const char *text, size_t length, TokenIds *ids) {
    TokenList tokens = {.ids = *ids};
    tokenizer_encode_spans(tokenizer, text, length, &tokens);
    *ids = tokens.ids;
}

bool tokenizer_knows_little(const Tokenizer *tokenizer, const int32_t *ids, int64_t count) {
    int64_t unknown = 0;
    for (int64_t i = 0; i < count; i++) unknown += ids[i] == tokenizer->specials.unk;
    return 2 * unknown > count;
}

static void add_to_hash(void *user, const void *bytes, size_t size) { XXH3_128bits_update(user, bytes, size); }

void tokenizer_hash(const Tokenizer *tokenizer, char hash[HASH_DIGITS + 1]) {
    XXH3_state_t *state = hash_begin();
    add_to_hash(state, tokenizer->kind->name, strlen(tokenizer->kind->name) + 1);
    tokenizer->kind->describe(tokenizer, add_to_hash, state);
    add_to_hash(state, &tokenizer->specials, sizeof tokenizer->specials);
    for (int i = 0; i < tokenizer->n_added; i++) {
        const AddedToken *t = &tokenizer->added[i];
        const int32_t said[] = {t->id, t->normalized, t->single_word, t->lstrip, t->rstrip};
        add_to_hash(state, said, sizeof said);
        add_to_hash(state, t->content, strlen(t->content) + 1);
    }
    hash_write(hash_end(state), hash);
}

/* --- Sequences -------------------------------------------------------------------------------------------------- */

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
