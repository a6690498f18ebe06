/* The recipes. Facts of transformers' slow tokenizers and of the tokenizer.json files published for them. */
#include "runtime/hub/hf_recipes.h"

#include <stddef.h>

const char *const hf_role_keys[HF_ROLES] = {"unk_token",  "cls_token", "sep_token", "pad_token",
                                            "mask_token", "bos_token", "eos_token"};

#define BRACKETS {"[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]", NULL, NULL}
#define ANGLES {"<unk>", "<s>", "</s>", "<pad>", "<mask>", "<s>", "</s>"}

/* Pieces of SentencePiece begin where a word does; words are between blanks. */
static const char words[] = "{\"type\": \"Sequence\", \"pretokenizers\": [{\"type\": \"WhitespaceSplit\"}, "
                            "{\"type\": \"Metaspace\", \"replacement\": \"\xE2\x96\x81\", \"prepend_scheme\": "
                            "\"always\", \"split\": true}]}";
static const char whole_text[] = "{\"type\": \"Metaspace\", \"replacement\": \"\xE2\x96\x81\", \"prepend_scheme\": "
                                 "\"always\", \"split\": true}";
static const char bytes[] = "{\"type\": \"ByteLevel\", \"add_prefix_space\": false, \"trim_offsets\": true, "
                            "\"use_regex\": true}";
static const char clip_words[] =
    "{\"type\": \"Sequence\", \"pretokenizers\": [{\"type\": \"Split\", \"pattern\": {\"Regex\": "
    "\"'s|'t|'re|'ve|'m|'ll|'d|[\\\\p{L}]+|[\\\\p{N}]|[^\\\\s\\\\p{L}\\\\p{N}]+\"}, \"behavior\": \"Removed\", "
    "\"invert\": true}, {\"type\": \"ByteLevel\", \"add_prefix_space\": false, \"trim_offsets\": true, \"use_regex\": "
    "true}]}";
static const char around_one[] = "cls:0 A:0 sep:0", around_two[] = "cls:0 A:0 sep:0 B:1 sep:1";
static const char doubled[] = "cls:0 A:0 sep:0 sep:0 B:0 sep:0";

#define QUOTES_1                                                                                                       \
    {"{\"type\": \"Replace\", \"pattern\": {\"String\": \"``\"}, \"content\": \"\\\"\"}", NULL, false, false}
#define QUOTES_2                                                                                                       \
    {"{\"type\": \"Replace\", \"pattern\": {\"String\": \"''\"}, \"content\": \"\\\"\"}", NULL, false, false}
#define COMPATIBLE {"{\"type\": \"NFKD\"}", "keep_accents", false, false}
#define NO_ACCENTS {"{\"type\": \"StripAccents\"}", "keep_accents", false, false}
#define SMALL(usual) {"{\"type\": \"Lowercase\"}", "do_lower_case", true, usual}
#define PRECOMPILED {"{\"type\": \"Precompiled\"}", NULL, false, false}
#define STRIPPED {"{\"type\": \"Strip\", \"strip_left\": true, \"strip_right\": true}", NULL, false, false}
#define ONE_BLANK                                                                                                      \
    {"{\"type\": \"Replace\", \"pattern\": {\"Regex\": \" {2,}\"}, \"content\": \" \"}", NULL, false, false}
#define CLIP_BLANKS                                                                                                    \
    {"{\"type\": \"Replace\", \"pattern\": {\"Regex\": \"\\\\s+\"}, \"content\": \" \"}", NULL, false, false}
#define COMPOSED {"{\"type\": \"NFC\"}", NULL, false, false}
#define ALL_SMALL {"{\"type\": \"Lowercase\"}", NULL, false, false}

/* Where nothing names the class, the first row whose file is there and whose special tokens are in it. */
static const HfRecipe recipes[] = {
    {.classes = "BertTokenizer DistilBertTokenizer ElectraTokenizer MobileBertTokenizer ConvBertTokenizer",
     .types = "bert distilbert electra mobilebert convbert",
     .vocabulary = HF_VOCAB_TXT,
     .file = "vocab.txt",
     .pre_tokenizer = "{\"type\": \"BertPreTokenizer\"}",
     .single = around_one,
     .pair = around_two,
     .names = BRACKETS},
    {.classes = "MPNetTokenizer",
     .types = "mpnet",
     .vocabulary = HF_VOCAB_TXT,
     .file = "vocab.txt",
     .pre_tokenizer = "{\"type\": \"BertPreTokenizer\"}",
     .trims = true,
     .names = {"[UNK]", "<s>", "</s>", "<pad>", "<mask>", "<s>", "</s>"},
     .mask_takes_blanks = true},
    {.classes = "RobertaTokenizer LongformerTokenizer BartTokenizer LEDTokenizer",
     .types = "roberta longformer bart led",
     .vocabulary = HF_VOCAB_JSON,
     .file = "vocab.json",
     .pre_tokenizer = bytes,
     .trims = true,
     .names = ANGLES,
     .plain_specials = true,
     .mask_takes_blanks = true},
    {.classes = "DebertaTokenizer",
     .types = "deberta",
     .vocabulary = HF_VOCAB_JSON,
     .file = "vocab.json",
     .pre_tokenizer = bytes,
     .single = around_one,
     .pair = around_two,
     .names = BRACKETS,
     .mask_takes_blanks = true},
    {.classes = "CLIPTokenizer",
     .types = "clip clip_text_model",
     .vocabulary = HF_VOCAB_JSON,
     .file = "vocab.json",
     .steps = {COMPOSED, CLIP_BLANKS, ALL_SMALL},
     .pre_tokenizer = clip_words,
     .trims = true,
     .keeps_offsets = true,
     .names = {"<|endoftext|>", "<|startoftext|>", "<|endoftext|>", "<|endoftext|>", NULL, "<|startoftext|>",
               "<|endoftext|>"},
     .suffix = "</w>"},
    {.classes = "GPT2Tokenizer",
     .types = "gpt2",
     .vocabulary = HF_VOCAB_JSON,
     .file = "vocab.json",
     .pre_tokenizer = bytes,
     .names = {NULL, NULL, NULL, NULL, NULL, "<|endoftext|>", "<|endoftext|>"},
     .plain_specials = true},
    {.classes = "XLMRobertaTokenizer",
     .types = "xlm-roberta xlm-roberta-xl xmod",
     .vocabulary = HF_SENTENCE_MODEL,
     .file = "sentencepiece.bpe.model",
     .steps = {PRECOMPILED},
     .pre_tokenizer = words,
     .single = around_one,
     .pair = doubled,
     .names = ANGLES,
     .mask_takes_blanks = true,
     .before = "<s> <pad> </s> <unk>",
     .after = "<mask>",
     .dropped = 3,
     .unknown = 3},
    {.classes = "CamembertTokenizer",
     .types = "camembert",
     .vocabulary = HF_SENTENCE_MODEL,
     .file = "sentencepiece.bpe.model",
     .steps = {PRECOMPILED},
     .pre_tokenizer = words,
     .single = around_one,
     .pair = doubled,
     .names = ANGLES,
     .others = "<s>NOTUSED </s>NOTUSED <unk>NOTUSED",
     .mask_takes_blanks = true,
     .before = "<s>NOTUSED <pad> </s>NOTUSED <unk> <unk>NOTUSED",
     .after = "<mask>",
     .dropped = 1,
     .unknown = 3},
    {.classes = "T5Tokenizer",
     .types = "t5 mt5 umt5 longt5",
     .vocabulary = HF_SENTENCE_MODEL,
     .file = "spiece.model",
     .steps = {PRECOMPILED},
     .pre_tokenizer = words,
     .single = "A:0 eos:0",
     .pair = "A:0 eos:0 B:0 eos:0",
     .names = {"<unk>", NULL, NULL, "<pad>", NULL, NULL, "</s>"},
     .unknown = -1,
     .extra_ids = 100},
    {.classes = "AlbertTokenizer",
     .types = "albert",
     .vocabulary = HF_SENTENCE_MODEL,
     .file = "spiece.model",
     .steps = {QUOTES_1, QUOTES_2, COMPATIBLE, NO_ACCENTS, SMALL(true), PRECOMPILED},
     .pre_tokenizer = words,
     .single = around_one,
     .pair = around_two,
     .names = {"<unk>", "[CLS]", "[SEP]", "<pad>", "[MASK]", NULL, NULL},
     .mask_takes_blanks = true,
     .unknown = -1,
     .lowers_numbers = true},
    {.classes = "XLNetTokenizer",
     .types = "xlnet",
     .vocabulary = HF_SENTENCE_MODEL,
     .file = "spiece.model",
     .steps = {QUOTES_1, QUOTES_2, COMPATIBLE, NO_ACCENTS, SMALL(false), PRECOMPILED},
     .pre_tokenizer = words,
     .single = "A:0 sep:0 cls:2",
     .pair = "A:0 sep:0 B:1 sep:1 cls:2",
     .names = {"<unk>", "<cls>", "<sep>", "<pad>", "<mask>", "<s>", "</s>"},
     .others = "<eop> <eod>",
     .mask_takes_blanks = true,
     .unknown = -1,
     .lowers_numbers = true},
    {.classes = "DebertaV2Tokenizer",
     .types = "deberta-v2",
     .vocabulary = HF_SENTENCE_MODEL,
     .file = "spm.model",
     .steps = {SMALL(false), STRIPPED, PRECOMPILED, ONE_BLANK},
     .pre_tokenizer = whole_text,
     .single = around_one,
     .pair = around_two,
     .names = BRACKETS,
     .plain_unknown = true,
     .unknown = -1,
     .adds = "[MASK]"},
};

const HfRecipe *hf_recipes(int *count) { return *count = sizeof recipes / sizeof *recipes, recipes; }
