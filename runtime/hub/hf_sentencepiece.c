/* Sentence models, as SentencePiece saves them (spiece.model): pieces with their scores, and the table by which texts
 * are prepared. Numbers of fields are those of its sentencepiece_model.proto. */
#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"
#include "graph/base/text_list.h"
#include "runtime/hub/hf_protobuf.h"
#include "runtime/hub/hf_tokenizer_files.h"

enum { PIECES = 1, TRAINER = 2, NORMALIZER = 3 };                     /* of the model */
enum { PIECE_TEXT = 1, PIECE_SCORE = 2, PIECE_TYPE = 3 };             /* of a piece */
enum { TRAINER_KIND = 3, TRAINER_UNKNOWN_ID = 40, KIND_UNIGRAM = 1 }; /* of how it was trained */
enum { NORMALIZER_TABLE = 2 };                                        /* of how texts are prepared */
enum { TYPE_NORMAL = 1, TYPE_CONTROL = 3, TYPE_USER = 4 };            /* of pieces */

typedef struct SentenceModel {
    const HfTokenizerFiles *files;
    const HfRecipe *recipe;
    json_t *pieces, *added; /* [["text", score], ...]; added tokens */
    int64_t count;          /* of its own pieces so far */
    uint64_t kind, unknown;
    const unsigned char *table;
    size_t table_size;
    bool broken;
} SentenceModel;

/* --- Pieces --- */

static void add_piece(SentenceModel *m, json_t *text, double score) {
    if (!text) m->broken = true; /* not UTF-8 */
    json_array_append_new(m->pieces, json_pack("[o, f]", text ? text : json_null(), score));
}

static void add_words(SentenceModel *m, const char *words) {
    TextList list = text_split(words ? words : "", ' ', m->files->arena);
    for (int i = 0; i < list.count; i++) {
        /* a spelling that is to be avoided, in place of the piece that was there */
        bool avoided = strcmp(list.items[i], "<unk>NOTUSED") == 0;
        add_piece(m, json_string(list.items[i]), avoided ? -100 : 0);
    }
}

/* "1," but not ",". */
static bool ends_in_number_comma(const char *text, size_t size) {
    return size >= 2 && text[size - 1] == ',' && text[size - 2] >= '0' && text[size - 2] <= '9';
}

static void take_piece(SentenceModel *m, const ProtoField *message) {
    ProtoMessage reader = proto_message(message->bytes, message->size);
    ProtoField field, text = {.bytes = (const unsigned char *)"", .size = 0};
    uint64_t type = TYPE_NORMAL;
    double score = 0;
    while (proto_next(&reader, &field)) {
        if (field.number == PIECE_TEXT && field.bytes) text = field;
        if (field.number == PIECE_SCORE) score = (double)proto_float(&field);
        if (field.number == PIECE_TYPE) type = field.value;
    }
    m->broken |= reader.broken;
    const char *spelling = (const char *)text.bytes;
    if (m->recipe->lowers_numbers && ends_in_number_comma(spelling, text.size)) score -= 100;
    if (m->count++ >= m->recipe->dropped) add_piece(m, json_stringn(spelling, text.size), score);
    if (type != TYPE_CONTROL && type != TYPE_USER) return;
    json_array_append_new(m->added, json_pack("{s:s%, s:b, s:b}", "content", spelling, text.size, "normalized", 0,
                                              "special", type == TYPE_CONTROL));
}

/* --- The rest --- */

static void take_trainer(SentenceModel *m, const ProtoField *message) {
    ProtoMessage reader = proto_message(message->bytes, message->size);
    for (ProtoField field; proto_next(&reader, &field);) {
        if (field.number == TRAINER_KIND) m->kind = field.value;
        if (field.number == TRAINER_UNKNOWN_ID) m->unknown = field.value;
    }
    m->broken |= reader.broken;
}

static void take_normalizer(SentenceModel *m, const ProtoField *message) {
    ProtoMessage reader = proto_message(message->bytes, message->size);
    for (ProtoField field; proto_next(&reader, &field);) {
        if (field.number == NORMALIZER_TABLE && field.bytes) m->table = field.bytes, m->table_size = field.size;
    }
    m->broken |= reader.broken;
}

/* tokenizer_config.json may say another number of them. */
static int64_t count_extra(const SentenceModel *m) {
    const json_t *said = json_object_get(m->files->slow, "extra_ids");
    bool other = m->recipe->extra_ids && json_is_integer(said) && json_integer_value(said) >= 0;
    return !other ? m->recipe->extra_ids : json_integer_value(said) < 10000 ? json_integer_value(said) : 10000;
}

static void take_all(SentenceModel *m, const HfCarried *file) {
    ProtoMessage reader = proto_message(file->bytes, file->size);
    add_words(m, m->recipe->before);
    for (ProtoField field; proto_next(&reader, &field);) {
        if (field.bytes && field.number == PIECES) take_piece(m, &field);
        if (field.bytes && field.number == TRAINER) take_trainer(m, &field);
        if (field.bytes && field.number == NORMALIZER) take_normalizer(m, &field);
    }
    m->broken |= reader.broken || !m->count;
    add_words(m, m->recipe->after);
    for (int64_t i = count_extra(m) - 1; i >= 0; i--) {
        const char *name = arena_printf(m->files->arena, "<extra_id_%lld>", (long long)i);
        add_piece(m, json_string(name), 0);
        json_array_append_new(m->added, json_pack("{s:s, s:b, s:b}", "content", name, "normalized", 0, "special", 1));
    }
}

/* --- Base64, in which tokenizer.json has the table --- */

static char *base64(const unsigned char *bytes, size_t size) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *text = memory_new(size / 3 + 2, 4), *to = text;
    for (size_t i = 0; i < size; i += 3) {
        uint32_t three = (uint32_t)bytes[i] << 16;
        if (i + 1 < size) three |= (uint32_t)bytes[i + 1] << 8;
        if (i + 2 < size) three |= bytes[i + 2];
        for (int shift = 18; shift >= 0; shift -= 6) *to++ = letters[three >> shift & 63];
    }
    if (size % 3) to[-1] = '=';
    if (size % 3 == 1) to[-2] = '=';
    return text;
}

/* Gives the table to the step that wants it; a model without one has no such step. */
static void fill_table(const SentenceModel *m, json_t *description) {
    json_t *list = json_object_get(json_object_get(description, "normalizer"), "normalizers"), *step;
    size_t i;
    json_array_foreach(list, i, step) {
        const char *type = json_string_value(json_object_get(step, "type"));
        if (!type || strcmp(type, "Precompiled") != 0) continue;
        char *text = base64(m->table, m->table_size);
        json_object_set_new(step, "precompiled_charsmap", json_string(text));
        free(text);
        if (!m->table_size) json_array_remove(list, i--);
    }
    if (!json_array_size(list)) json_object_set_new(description, "normalizer", json_null());
}

bool hf_sentence_model(const HfTokenizerFiles *files, const HfRecipe *recipe, const HfCarried *file,
                       json_t *description) {
    SentenceModel m = {.files = files, .recipe = recipe, .kind = KIND_UNIGRAM, .pieces = json_array()};
    m.added = json_object_get(description, "added_tokens");
    take_all(&m, file);
    json_int_t unknown = recipe->unknown >= 0 ? recipe->unknown : (json_int_t)m.unknown;
    json_object_set_new(
        description, "model",
        json_pack("{s:s, s:I, s:b, s:o}", "type", "Unigram", "unk_id", unknown, "byte_fallback", 0, "vocab", m.pieces));
    fill_table(&m, description);
    if (m.broken) return hf_tokenizer_damaged(files, file->name, "it is no model of SentencePiece, or not whole");
    if (m.kind == KIND_UNIGRAM) return true;
    return hf_tokenizer_refuse(files, file->name, "a sentence model that is no Unigram");
}
