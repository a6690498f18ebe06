/* Recipes: sentence models of a few pieces become what transformers makes of them for each class. Expected ids follow
 * from the recipe of the class (convert_slow_tokenizer of transformers 4.57.1). */
#include <criterion/criterion.h>
#include <string.h>

#include "runtime/hub/hf_protobuf.h"
#include "runtime/hub/hf_tokenizer.h"
#include "tests/temp_folder.h"

typedef struct Bytes {
    unsigned char bytes[4096];
    size_t size;
} Bytes;

static void put(Bytes *to, const void *from, size_t size) {
    memcpy(to->bytes + to->size, from, size);
    to->size += size;
}

static void put_field(Bytes *to, unsigned char number, const void *from, size_t size) {
    put(to, (unsigned char[]){(unsigned char)(number << 3 | 2), (unsigned char)size}, 2);
    put(to, from, size);
}

/* A piece: its text, score and type. */
static void put_piece(Bytes *model, const char *text, float score, unsigned char type) {
    Bytes piece = {.size = 0};
    put_field(&piece, 1, text, strlen(text));
    put(&piece, (unsigned char[]){2 << 3 | 5}, 1);
    put(&piece, &score, sizeof score);
    put(&piece, (unsigned char[]){3 << 3, type}, 2);
    put_field(model, 1, piece.bytes, piece.size);
}

enum { NORMAL = 1, UNKNOWN = 2, CONTROL = 3, USER = 4 };

static void put_words(Bytes *model) {
    put_piece(model, "\xE2\x96\x81good", -2, NORMAL);
    put_piece(model, "\xE2\x96\x81", -3, NORMAL);
    put_piece(model, "1,", -1, NORMAL);
    put_piece(model, "1", -4, NORMAL);
    put_piece(model, ",", -4, NORMAL);
}

/* Unknown pieces are the trainer's number `unknown`, kind 1: Unigram. */
static void put_trainer(Bytes *model, unsigned char unknown) {
    put_field(model, 2, (unsigned char[]){3 << 3, 1, 0xC0, 0x02, unknown}, 5);
}

/* The tokens of a text with special ones around, as "id:token", with blanks between. */
static void expect(const Bytes *model, const char *file, const char *config, const char *text, const char *wanted) {
    TempFolder folder = make_folder();
    put_bytes(&folder, file, model->bytes, model->size);
    put_text(&folder, "tokenizer_config.json", config);
    Diagnostics *diags = diagnostics_new();
    Arena *arena = arena_new();
    HfTokenizer read;
    bool good = hf_tokenizer_read(folder.path, NULL, arena, &read, diags);
    cr_assert(good, "%s: %s", config, diags->list.count ? diags->list.items[0].message : "");
    TokenizerWork *work = tokenizer_work(read.tokenizer);
    TokenIds ids = {0}, all = {0};
    tokenizer_encode(read.tokenizer, work, text, strlen(text), &ids);
    tokenizer_assemble(read.tokenizer, &ids, NULL, 64, (AssembledTokens){&all, NULL, NULL});
    char found[500] = "";
    for (int64_t i = 0; i < all.count; i++)
        snprintf(found + strlen(found), sizeof found - strlen(found), "%s%d:%s", i ? " " : "", all.items[i],
                 tokenizer_token(read.tokenizer, all.items[i]));
    cr_expect_str_eq(found, wanted, "%s", config);
    token_ids_free(&ids);
    token_ids_free(&all);
    tokenizer_work_free(work);
    hf_tokenizer_free(&read);
    arena_free(arena);
    diagnostics_free(diags);
    remove_folder(&folder);
}

/* <unk>, <s>, </s> of the model give way to four of the class; the mask comes last. */
Test(recipes, pieces_of_xlm_roberta_move_by_one) {
    Bytes model = {.size = 0};
    put_piece(&model, "<unk>", 0, UNKNOWN);
    put_piece(&model, "<s>", 0, CONTROL);
    put_piece(&model, "</s>", 0, CONTROL);
    put_words(&model);
    put_trainer(&model, 0);
    expect(&model, "sentencepiece.bpe.model", "{\"tokenizer_class\": \"XLMRobertaTokenizerFast\"}", "good <mask>1, x",
           "0:<s> 4:\xE2\x96\x81good 9:<mask> 5:\xE2\x96\x81 6:1, 5:\xE2\x96\x81 3:<unk> 2:</s>");
}

Test(recipes, pieces_of_camembert_move_by_four) {
    Bytes model = {.size = 0};
    put_piece(&model, "<unk>", 0, UNKNOWN);
    put_piece(&model, "<s>", 0, CONTROL);
    put_piece(&model, "</s>", 0, CONTROL);
    put_words(&model);
    put_trainer(&model, 0);
    expect(&model, "sentencepiece.bpe.model", "{\"tokenizer_class\": \"CamembertTokenizer\"}", "good<mask>",
           "5:<s> 7:\xE2\x96\x81good 12:<mask> 6:</s>");
}

/* A digit and a comma stay two pieces: the piece of both loses 100. */
Test(recipes, albert_keeps_commas_from_numbers) {
    Bytes model = {.size = 0};
    put_piece(&model, "<pad>", 0, CONTROL);
    put_piece(&model, "<unk>", 0, UNKNOWN);
    put_piece(&model, "[CLS]", 0, CONTROL);
    put_piece(&model, "[SEP]", 0, CONTROL);
    put_piece(&model, "[MASK]", 0, CONTROL);
    put_words(&model);
    put_trainer(&model, 1);
    expect(&model, "spiece.model", "{\"tokenizer_class\": \"AlbertTokenizer\"}", "GOOD 1,",
           "2:[CLS] 5:\xE2\x96\x81good 6:\xE2\x96\x81 8:1 9:, 3:[SEP]");
    expect(&model, "spiece.model", "{\"tokenizer_class\": \"AlbertTokenizer\", \"do_lower_case\": false}", "GOOD",
           "2:[CLS] 6:\xE2\x96\x81 1:<unk> 3:[SEP]");
}

Test(recipes, deberta_adds_its_mask_and_t5_its_gaps) {
    Bytes deberta = {.size = 0}, t5 = {.size = 0};
    put_piece(&deberta, "[PAD]", 0, CONTROL);
    put_piece(&deberta, "[CLS]", 0, CONTROL);
    put_piece(&deberta, "[SEP]", 0, CONTROL);
    put_piece(&deberta, "[UNK]", 0, UNKNOWN);
    put_words(&deberta);
    put_trainer(&deberta, 3);
    expect(&deberta, "spm.model", "{\"tokenizer_class\": \"DebertaV2Tokenizer\"}", "good[MASK]",
           "1:[CLS] 4:\xE2\x96\x81good 9:[MASK] 2:[SEP]");
    put_piece(&t5, "<pad>", 0, CONTROL);
    put_piece(&t5, "</s>", 0, CONTROL);
    put_piece(&t5, "<unk>", 0, UNKNOWN);
    put_words(&t5);
    put_trainer(&t5, 2);
    expect(&t5, "spiece.model", "{\"tokenizer_class\": \"T5Tokenizer\", \"extra_ids\": 3}", "good <extra_id_0>",
           "3:\xE2\x96\x81good 10:<extra_id_0> 1:</s>");
}

Test(recipes, a_broken_sentence_model_is_an_error) {
    TempFolder folder = make_folder();
    static const unsigned char rows[][6] = {{0x0A, 0x7F, 'a'}, {0x0B}, {0x0A}, {0x0A, 2, 0x0A, 1}, {0xFF, 0xFF, 0xFF}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        put_bytes(&folder, "spiece.model", rows[i], sizeof *rows);
        Diagnostics *diags = diagnostics_new();
        Arena *arena = arena_new();
        HfTokenizer read;
        cr_expect_not(hf_tokenizer_read(folder.path, NULL, arena, &read, diags), "row %zu", i);
        cr_expect_str_eq(diags->list.items[0].code, "E0802", "row %zu", i);
        hf_tokenizer_free(&read);
        arena_free(arena);
        diagnostics_free(diags);
    }
    remove_folder(&folder);
}

Test(protobuf, fields_of_a_message) {
    static const unsigned char bytes[] = {0x08, 0xAC, 0x02, 0x12, 2, 'h', 'i', 0x1D, 0, 0, 0x80, 0x3F};
    ProtoMessage message = proto_message(bytes, sizeof bytes);
    ProtoField field;
    cr_assert(proto_next(&message, &field) && field.number == 1 && field.value == 300);
    cr_assert(proto_next(&message, &field) && field.number == 2 && field.size == 2 && field.bytes[0] == 'h');
    cr_assert(proto_next(&message, &field) && field.number == 3 && proto_float(&field) == 1);
    cr_expect_not(proto_next(&message, &field));
    cr_expect_not(message.broken);
}
