/* WordLevel: a word is one token, or unknown. */
#include "runtime/tokenize/word_model_kind.h"

static bool read(const Component *component, WordModel *model) {
    return vocabulary_read_map(&model->vocabulary, component, model->arena) &&
           word_model_find_unknown(component, model);
}

static void encode(const WordModel *model, WordModelWork *work, const char *word, size_t length, PieceList *pieces) {
    (void)work;
    int32_t id = vocabulary_find(&model->vocabulary, word, length);
    piece_list_push(pieces, (ModelPiece){id >= 0 ? id : model->unknown, 0, (uint32_t)length});
}

const WordModelKind wordlevel_kind = {
    .name = "WordLevel", .sign = "unk_token", .keys = " type vocab unk_token ", .read = read, .encode = encode};
