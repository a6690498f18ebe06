/* WordPiece: vocabulary and rules from several files, which may contradict each other; and written again. */
#include "runtime/hub/hf_wordpiece.h"

#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"
#include "runtime/data/wordpiece.h"
#include "runtime/files/atomic_file.h"
#include "runtime/files/read_file.h"
#include "runtime/hub/hf_file.h"

typedef struct WordPieceReader {
    const HfTokenizerFiles *f;
    Diagnostics *diags;
    char *vocab; /* the text of a vocab.txt, on the heap */
    size_t vocab_bytes;
    const char *path; /* of the file that it comes from */
    TokenizerRules rules;
} WordPieceReader;

static const char *path_of(const WordPieceReader *r, const char *name) {
    return hf_file_path(r->f->arena, r->f->folder, name);
}

static Pos in_file(const WordPieceReader *r, const char *name) { return hf_tokenizer_pos(r->f, name, r->diags); }

/* --- The vocabulary --- */

/* The tokens by their ids, which are to be all the numbers from 0. NULL: they are not, or a token has a line end. */
static const char **order_tokens(const WordPieceReader *r, json_t *vocab, size_t *bytes) {
    size_t count = json_object_size(vocab);
    const char **tokens = arena_array(r->f->arena, count + 1, sizeof *tokens), *token;
    json_t *id;
    *bytes = 0;
    json_object_foreach(vocab, token, id) {
        double at = json_is_number(id) ? json_number_value(id) : -1;
        if (at < 0 || at >= (double)count || tokens[(size_t)at] || strpbrk(token, "\r\n")) return NULL;
        tokens[(size_t)at] = token;
        *bytes += strlen(token) + 1;
    }
    return tokens;
}

static bool vocabulary_of_json(WordPieceReader *r, json_t *vocab) {
    size_t bytes, count = json_object_size(vocab);
    const char **tokens = order_tokens(r, vocab, &bytes);
    r->path = path_of(r, "tokenizer.json");
    if (!tokens) {
        diag_error(r->diags, "E0802", in_file(r, "tokenizer.json"),
                   "the ids of the vocabulary are not the numbers from 0");
        diag_hint(r->diags, "save the tokenizer again, with its vocab.txt");
        return false;
    }
    char *at = r->vocab = memory_new(bytes + 1, 1);
    for (size_t i = 0; i < count; i++) {
        at = stpcpy(at, tokens[i]);
        *at++ = '\n';
    }
    r->vocab_bytes = bytes;
    return true;
}

static bool read_vocabulary(WordPieceReader *r) {
    json_t *vocab = json_object_get(json_object_get(r->f->fast, "model"), "vocab");
    if (!hf_file_exists(r->f->arena, r->f->folder, "vocab.txt"))
        return json_is_object(vocab) ? vocabulary_of_json(r, vocab)
                                     : hf_file_missing(r->f->arena, r->f->folder, "vocab.txt", r->diags);
    r->path = path_of(r, "vocab.txt");
    r->vocab = read_file(r->path, READ_TEXT, &r->vocab_bytes, r->diags);
    return r->vocab != NULL;
}

/* Whether a token other than the bracketed ones has a capital letter. */
static bool has_capitals(const WordPieceReader *r) {
    const char *end = r->vocab + r->vocab_bytes;
    for (const char *line = r->vocab; line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        if (!stop) stop = end;
        for (const char *c = line; *line != '[' && c < stop; c++) {
            if (*c >= 'A' && *c <= 'Z') return true;
        }
        line = stop + 1;
    }
    return false;
}

/* --- The rules --- */

/* -1: the file does not say it. */
static int said(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_boolean(value) ? json_is_true(value) : -1;
}

/* The part of tokenizer.json that prepares texts as BERT does; NULL: it has none. */
static const json_t *normalizer(const WordPieceReader *r) {
    const json_t *found = json_object_get(r->f->fast, "normalizer");
    const char *type = json_string_value(json_object_get(found, "type"));
    return type && strcmp(type, "BertNormalizer") == 0 ? found : NULL;
}

/* What both files say, -1 when neither does. False when they contradict each other. */
static bool agree(const WordPieceReader *r, const char *key, const char *fast_key, int *value) {
    int slow = said(r->f->slow, key), fast = said(normalizer(r), fast_key);
    *value = slow >= 0 ? slow : fast;
    if (slow < 0 || fast < 0 || slow == fast) return true;
    diag_error(r->diags, "E0848", in_file(r, "tokenizer_config.json"),
               "\"%s\" is %s here, but \"%s\" is %s in tokenizer.json", key, slow ? "true" : "false", fast_key,
               fast ? "true" : "false");
    diag_hint(
        r->diags,
        "correct one of the files, or say it: --lower-case yes (without accents) or --lower-case no (as it stands)");
    return false;
}

static bool unsaid_case(const WordPieceReader *r) {
    diag_error(r->diags, "E0843", pos_in_file(diagnostics_file(r->diags, r->path, NULL), 0),
               "the vocabulary has capital letters, and nothing says whether texts are lower-cased");
    diag_hint(r->diags,
              "say it: --lower-case no for a cased model, --lower-case yes otherwise; or in tokenizer_config.json: "
              "{\"do_lower_case\": false}");
    return false;
}

static bool bad_word(const WordPieceReader *r) {
    diag_error(r->diags, "E0910", (Pos){0}, "--lower-case takes yes or no, not '%s'", r->f->lower_case);
    diag_hint(r->diags, "without it the model's folder decides");
    return false;
}

static bool choose_rules(WordPieceReader *r) {
    TokenizerRules *rules = &r->rules;
    int lower = -1, strip = -1, apart = -1;
    if (r->f->lower_case) {
        if (strcmp(r->f->lower_case, "yes") != 0 && strcmp(r->f->lower_case, "no") != 0) return bad_word(r);
        lower = strip = strcmp(r->f->lower_case, "yes") == 0;
    } else if (!agree(r, "do_lower_case", "lowercase", &lower) || !agree(r, "strip_accents", "strip_accents", &strip))
        return false;
    if (!agree(r, "tokenize_chinese_chars", "handle_chinese_chars", &apart)) return false;
    if (lower < 0 && has_capitals(r)) return unsaid_case(r);
    rules->lower_case = lower != 0;
    rules->strip_accents = strip < 0 ? rules->lower_case : strip;
    rules->split_cjk = apart != 0;
    if (!r->f->lower_case && said(r->f->sentence, "do_lower_case") > 0) rules->lower_case = true;
    return true;
}

/* --- What tokenizer.json says of the model --- */

static bool choose_words(const WordPieceReader *r, WordPieceText *text) {
    const json_t *model = json_object_get(r->f->fast, "model");
    const json_t *inside = json_object_get(model, "continuing_subword_prefix"),
                 *longest = json_object_get(model, "max_input_chars_per_word");
    text->inside = json_string_value(inside);
    if (!longest) return true;
    double count = json_number_value(longest);
    text->longest = count >= 1 && count <= WORDPIECE_LONGEST ? (int)count : 0;
    if (text->longest) return true;
    return hf_tokenizer_refuse(r->f, "tokenizer.json", "words of more than 100 characters are looked for", r->diags);
}

Tokenizer *hf_wordpiece_open(const HfTokenizerFiles *files, const char **path, Diagnostics *diags) {
    WordPieceReader r = {.f = files, .diags = diags};
    WordPieceText text = {0};
    Tokenizer *tokenizer = NULL;
    if (read_vocabulary(&r) && choose_rules(&r) && choose_words(&r, &text)) {
        text.name = r.path, text.text = r.vocab, text.size = r.vocab_bytes, text.rules = r.rules;
        tokenizer = wordpiece_new(&text, &files->parts, diags);
    }
    *path = r.path;
    free(r.vocab);
    return tokenizer;
}

/* --- Writing --- */

static bool put_json(Arena *arena, const char *folder, const char *name, json_t *object, Diagnostics *diags) {
    char *text = memory_checked(json_dumps(object, JSON_INDENT(2)));
    bool written = atomic_file_put(hf_file_path(arena, folder, name), text, strlen(text), diags);
    free(text);
    json_decref(object);
    return written;
}

static bool put_vocabulary(const Tokenizer *t, Arena *arena, const char *folder, Diagnostics *diags) {
    char *text = NULL;
    size_t size = 0;
    FILE *memory = memory_stream(&text, &size);
    for (int32_t i = 0; i < wordpiece_text(t).n_tokens; i++) fprintf(memory, "%s\n", t->kind->token(t, i));
    memory_stream_end(memory);
    bool written = atomic_file_put(hf_file_path(arena, folder, "vocab.txt"), text, size, diags);
    free(text);
    return written;
}

static json_t *flags_of(const AddedToken *token) {
    return json_pack("{s:s, s:b, s:b, s:b, s:b, s:b}", "content", token->content, "single_word", token->single_word,
                     "lstrip", token->lstrip, "rstrip", token->rstrip, "normalized", token->normalized, "special",
                     token->special);
}

static json_t *added_list(const Tokenizer *t) {
    json_t *list = json_array();
    for (int i = 0; i < t->n_added; i++) {
        json_t *token = flags_of(&t->added[i]);
        json_object_set_new(token, "id", json_integer(t->added[i].id));
        json_array_append_new(list, token);
    }
    return list;
}

static json_t *added_map(const Tokenizer *t) {
    json_t *map = json_object();
    for (int i = 0; i < t->n_added; i++) {
        char id[16];
        snprintf(id, sizeof id, "%d", t->added[i].id);
        json_object_set_new(map, id, flags_of(&t->added[i]));
    }
    return map;
}

static json_t *template_of(const Tokenizer *t) {
    const char *cls = t->names[1], *sep = t->names[2];
    json_t *a = json_pack("{s:{s:s, s:i}}", "Sequence", "id", "A", "type_id", 0),
           *b = json_pack("{s:{s:s, s:i}}", "Sequence", "id", "B", "type_id", 1),
           *begin = json_pack("{s:{s:s, s:i}}", "SpecialToken", "id", cls, "type_id", 0),
           *middle = json_pack("{s:{s:s, s:i}}", "SpecialToken", "id", sep, "type_id", 0),
           *end = json_pack("{s:{s:s, s:i}}", "SpecialToken", "id", sep, "type_id", 1);
    json_t *specials = json_object();
    const int32_t ids[] = {t->specials.cls, t->specials.sep};
    for (int i = 0; i < 2; i++)
        json_object_set_new(
            specials, t->names[1 + i],
            json_pack("{s:s, s:[i], s:[s]}", "id", t->names[1 + i], "ids", ids[i], "tokens", t->names[1 + i]));
    return json_pack("{s:s, s:[O, O, O], s:[o, o, o, o, o], s:o}", "type", "TemplateProcessing", "single", begin, a,
                     middle, "pair", begin, a, middle, b, end, "special_tokens", specials);
}

static json_t *model_of(const Tokenizer *t) {
    WordPieceText text = wordpiece_text(t);
    json_t *vocab = json_object();
    for (int32_t i = 0; i < text.n_tokens; i++) json_object_set_new(vocab, t->kind->token(t, i), json_integer(i));
    return json_pack("{s:s, s:s, s:s, s:i, s:o}", "type", "WordPiece", "unk_token", t->names[0],
                     "continuing_subword_prefix", text.inside, "max_input_chars_per_word", text.longest, "vocab",
                     vocab);
}

static json_t *fast_of(const Tokenizer *t) {
    TokenizerRules rules = wordpiece_text(t).rules;
    json_t *normalizer =
        json_pack("{s:s, s:b, s:b, s:b, s:b}", "type", "BertNormalizer", "clean_text", 1, "handle_chinese_chars",
                  rules.split_cjk, "strip_accents", rules.strip_accents, "lowercase", rules.lower_case);
    return json_pack("{s:s, s:n, s:n, s:o, s:o, s:{s:s}, s:o, s:{s:s, s:s, s:b}, s:o}", "version", "1.0", "truncation",
                     "padding", "added_tokens", added_list(t), "normalizer", normalizer, "pre_tokenizer", "type",
                     "BertPreTokenizer", "post_processor", template_of(t), "decoder", "type", "WordPiece", "prefix",
                     wordpiece_text(t).inside, "cleanup", 1, "model", model_of(t));
}

static json_t *slow_of(const Tokenizer *t, const HfCut *cut) {
    static const char *const keys[] = {"unk_token", "cls_token", "sep_token", "pad_token", "mask_token"};
    TokenizerRules rules = wordpiece_text(t).rules;
    json_t *object = json_pack("{s:b, s:b, s:b, s:s, s:o}", "do_lower_case", rules.lower_case, "strip_accents",
                               rules.strip_accents, "tokenize_chinese_chars", rules.split_cjk, "tokenizer_class",
                               "BertTokenizer", "added_tokens_decoder", added_map(t));
    for (int i = 0; i < 5; i++) {
        if (tokenizer_find(t, t->names[i]) >= 0) json_object_set_new(object, keys[i], json_string(t->names[i]));
    }
    if (cut->max_length) json_object_set_new(object, "model_max_length", json_integer(cut->max_length));
    if (cut->keeps_tail) json_object_set_new(object, "truncation_side", json_string("left"));
    return object;
}

bool hf_wordpiece_save(const Tokenizer *tokenizer, const HfCut *cut, const char *folder, Diagnostics *diags) {
    Arena *arena = arena_new();
    bool written = put_vocabulary(tokenizer, arena, folder, diags) &&
                   put_json(arena, folder, "tokenizer.json", fast_of(tokenizer), diags) &&
                   put_json(arena, folder, "tokenizer_config.json", slow_of(tokenizer, cut), diags);
    arena_free(arena);
    return written;
}
