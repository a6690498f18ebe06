/* Keys of a folder's files. */
#include "runtime/hub/hf_keys.h"

#include <stdlib.h>
#include <string.h>

static const char config[] = "config.json", slow[] = "tokenizer_config.json", fast[] = "tokenizer.json",
                  sentence[] = "sentence_bert_config.json";

static const HfKey table[] = {
    /* --- What would be another model --- */
    {config, "is_decoder", HF_ONLY, "false", "a token does not see those after it"},
    {config, "add_cross_attention", HF_ONLY, "false", "it reads the states of another model"},
    {config, "cross_attention_hidden_size", HF_ONLY, "null", "it reads the states of another model"},
    {config, "is_encoder_decoder", HF_ONLY, "false", "it has a decoder besides"},
    {config, "pruned_heads", HF_ONLY, "{}|null", "some heads of its attention were taken out"},
    {config, "quantization_config", HF_ONLY, "null", "its weights are quantised"},
    {config, "rope_scaling", HF_ONLY, "null", "its positions are scaled"},
    /* --- What belongs to other programs --- */
    {config, "model_type", HF_USED, NULL, NULL},
    {config, "pad_token_id", HF_USED, NULL, NULL},
    {config, "chunk_size_feed_forward", HF_HARMLESS, NULL, NULL}, /* the same numbers, in pieces */
    {config, "tie_word_embeddings", HF_HARMLESS, NULL, NULL},     /* of a language model's head */
    {config, "classifier_dropout", HF_HARMLESS, NULL, NULL},      /* heads are the graph file's */
    {config, "pooler_dropout", HF_HARMLESS, NULL, NULL},          /* the same */
    {config, "pooler_hidden_size", HF_HARMLESS, NULL, NULL},
    {config, "legacy", HF_HARMLESS, NULL, NULL},       /* of a language model's head */
    {config, "dense_act_fn", HF_HARMLESS, NULL, NULL}, /* T5's: feed_forward_proj says it, and the next */
    {config, "is_gated_act", HF_HARMLESS, NULL, NULL},
    {config, "initializer_factor", HF_HARMLESS, NULL, NULL},
    {config, "num_decoder_layers", HF_HARMLESS, NULL, NULL},
    {config, "summary_type", HF_HARMLESS, NULL, NULL}, /* of ELECTRA's head for multiple choice, as those that follow */
    {config, "summary_use_proj", HF_HARMLESS, NULL, NULL},
    {config, "summary_activation", HF_HARMLESS, NULL, NULL},
    {config, "summary_last_dropout", HF_HARMLESS, NULL, NULL},
    {config, "summary_first_dropout", HF_HARMLESS, NULL, NULL},
    {config, "summary_proj_to_labels", HF_HARMLESS, NULL, NULL},
    {config, "classifier_pooling", HF_HARMLESS, NULL, NULL}, /* of ModernBERT's heads, as those that follow */
    {config, "classifier_bias", HF_HARMLESS, NULL, NULL},
    {config, "classifier_activation", HF_HARMLESS, NULL, NULL},
    {config, "_name_or_path", HF_HARMLESS, NULL, NULL},
    {config, "name_or_path", HF_HARMLESS, NULL, NULL},
    {config, "_commit_hash", HF_HARMLESS, NULL, NULL},
    {config, "architectures", HF_HARMLESS, NULL, NULL},
    {config, "transformers_version", HF_HARMLESS, NULL, NULL},
    {config, "torch_dtype", HF_HARMLESS, NULL, NULL}, /* tensors say themselves what they are */
    {config, "dtype", HF_HARMLESS, NULL, NULL},
    {config, "use_bfloat16", HF_HARMLESS, NULL, NULL},
    {config, "torchscript", HF_HARMLESS, NULL, NULL},
    {config, "use_cache", HF_HARMLESS, NULL, NULL},
    {config, "gradient_checkpointing", HF_HARMLESS, NULL, NULL},
    {config, "output_attentions", HF_HARMLESS, NULL, NULL},
    {config, "output_hidden_states", HF_HARMLESS, NULL, NULL},
    {config, "output_past", HF_HARMLESS, NULL, NULL},
    {config, "return_dict", HF_HARMLESS, NULL, NULL},
    {config, "_attn_implementation", HF_HARMLESS, NULL, NULL},
    {config, "_attn_implementation_autoset", HF_HARMLESS, NULL, NULL},
    {config, "attn_implementation", HF_HARMLESS, NULL, NULL},
    {config, "finetuning_task", HF_HARMLESS, NULL, NULL},
    {config, "task_specific_params", HF_HARMLESS, NULL, NULL},
    {config, "id2label", HF_HARMLESS, NULL, NULL},
    {config, "label2id", HF_HARMLESS, NULL, NULL},
    {config, "num_labels", HF_HARMLESS, NULL, NULL},
    {config, "_num_labels", HF_HARMLESS, NULL, NULL},
    {config, "problem_type", HF_HARMLESS, NULL, NULL},
    {config, "tokenizer_class", HF_HARMLESS, NULL, NULL},
    {config, "sentence_transformers", HF_HARMLESS, NULL, NULL},
    {config, "bos_token_id", HF_HARMLESS, NULL, NULL},
    {config, "eos_token_id", HF_HARMLESS, NULL, NULL},
    {config, "sep_token_id", HF_HARMLESS, NULL, NULL},
    {config, "cls_token_id", HF_HARMLESS, NULL, NULL},
    {config, "decoder_start_token_id", HF_HARMLESS, NULL, NULL},
    {config, "directionality", HF_HARMLESS, NULL, NULL},
    {config, "pooler_fc_size", HF_HARMLESS, NULL, NULL},
    {config, "pooler_num_attention_heads", HF_HARMLESS, NULL, NULL},
    {config, "pooler_num_fc_layers", HF_HARMLESS, NULL, NULL},
    {config, "pooler_size_per_head", HF_HARMLESS, NULL, NULL},
    {config, "pooler_type", HF_HARMLESS, NULL, NULL},
    {config, "max_length", HF_HARMLESS, NULL, NULL}, /* of texts that are generated, as those that follow */
    {config, "min_length", HF_HARMLESS, NULL, NULL},
    {config, "do_sample", HF_HARMLESS, NULL, NULL},
    {config, "num_beams", HF_HARMLESS, NULL, NULL},
    {config, "temperature", HF_HARMLESS, NULL, NULL},
    {config, "top_k", HF_HARMLESS, NULL, NULL},
    {config, "top_p", HF_HARMLESS, NULL, NULL},
    {config, "repetition_penalty", HF_HARMLESS, NULL, NULL},
    {config, "length_penalty", HF_HARMLESS, NULL, NULL},
    {config, "num_return_sequences", HF_HARMLESS, NULL, NULL},

    {slow, "tokenizer_class", HF_USED, NULL, NULL},
    {slow, "wordpieces_prefix", HF_ONLY, "\"##\"", "pieces inside a word are spelled otherwise"},
    {slow, "clean_text", HF_ONLY, "true|null", "control characters stay in the text"},
    {slow, "split_special_tokens", HF_ONLY, "false|null", "special tokens in a text are taken apart"},
    {slow, "do_basic_tokenize", HF_HARMLESS, NULL, NULL}, /* the fast tokenizer does not read these two either */
    {slow, "never_split", HF_HARMLESS, NULL, NULL},
    {slow, "do_lower_case", HF_FLAG, NULL, NULL},
    {slow, "strip_accents", HF_FLAG, NULL, NULL},
    {slow, "tokenize_chinese_chars", HF_FLAG, NULL, NULL},
    {slow, "added_tokens_decoder", HF_USED, NULL, NULL},
    {slow, "additional_special_tokens", HF_USED, NULL, NULL},
    {slow, "extra_special_tokens", HF_USED, NULL, NULL}, /* the same, as transformers 5 writes it */
    {slow, "unk_token", HF_USED, NULL, NULL},
    {slow, "cls_token", HF_USED, NULL, NULL},
    {slow, "sep_token", HF_USED, NULL, NULL},
    {slow, "pad_token", HF_USED, NULL, NULL},
    {slow, "mask_token", HF_USED, NULL, NULL},
    {slow, "bos_token", HF_USED, NULL, NULL},
    {slow, "eos_token", HF_USED, NULL, NULL},
    {slow, "add_special_tokens", HF_ONLY, "true|null", "nothing is put around texts"},
    {slow, "add_bos_token", HF_FLAG, NULL, NULL},
    {slow, "add_eos_token", HF_FLAG, NULL, NULL},
    {slow, "keep_accents", HF_FLAG, NULL, NULL},
    {slow, "split_by_punct", HF_FLAG, NULL, NULL},
    {slow, "extra_ids", HF_USED, NULL, NULL},
    {slow, "sp_model_kwargs", HF_ONLY, "{}|null", "texts are taken apart at random"},
    {slow, "remove_space", HF_ONLY, "true|null", "blanks beside each other stay"},
    {slow, "post_processor", HF_ONLY, "null", "special tokens are put around texts in another way"},
    {slow, "model_max_length", HF_HARMLESS, NULL, NULL}, /* the model's positions, or 1e30: --max-length decides */
    {slow, "truncation_side", HF_HARMLESS, NULL, NULL},  /* `text keep tail` decides */
    {slow, "padding_side", HF_HARMLESS, NULL, NULL},     /* nothing is padded */
    {slow, "max_len", HF_HARMLESS, NULL, NULL},          /* model_max_length, in old folders */
    {slow, "max_length", HF_HARMLESS, NULL, NULL},       /* how somebody called it once, as those that follow */
    {slow, "stride", HF_HARMLESS, NULL, NULL},
    {slow, "truncation", HF_HARMLESS, NULL, NULL},
    {slow, "truncation_strategy", HF_HARMLESS, NULL, NULL},
    {slow, "padding", HF_HARMLESS, NULL, NULL},
    {slow, "pad_to_max_length", HF_HARMLESS, NULL, NULL},
    {slow, "pad_to_multiple_of", HF_HARMLESS, NULL, NULL},
    {slow, "pad_token_type_id", HF_HARMLESS, NULL, NULL},
    {slow, "return_tensors", HF_HARMLESS, NULL, NULL},
    {slow, "model_input_names", HF_USED, NULL, NULL},
    {slow, "add_prefix_space", HF_FLAG, NULL, NULL},
    {slow, "trim_offsets", HF_HARMLESS, NULL, NULL}, /* of offsets, not of ids */
    {slow, "errors", HF_HARMLESS, NULL, NULL},       /* of tokens back to text */
    {slow, "legacy", HF_HARMLESS, NULL, NULL},       /* of classes that are not fast */
    {slow, "vocab_type", HF_HARMLESS, NULL, NULL},
    {slow, "merges_file", HF_HARMLESS, NULL, NULL},
    {slow, "clean_up_tokenization_spaces", HF_HARMLESS, NULL, NULL}, /* of tokens back to text */
    {slow, "chat_template", HF_HARMLESS, NULL, NULL},
    {slow, "name_or_path", HF_HARMLESS, NULL, NULL},
    {slow, "_name_or_path", HF_HARMLESS, NULL, NULL},
    {slow, "_commit_hash", HF_HARMLESS, NULL, NULL},
    {slow, "special_tokens_map_file", HF_HARMLESS, NULL, NULL},
    {slow, "full_tokenizer_file", HF_HARMLESS, NULL, NULL},
    {slow, "tokenizer_file", HF_HARMLESS, NULL, NULL},
    {slow, "vocab_file", HF_HARMLESS, NULL, NULL},
    {slow, "vocab_size", HF_HARMLESS, NULL, NULL},
    {slow, "init_inputs", HF_HARMLESS, NULL, NULL},
    {slow, "auto_map", HF_HARMLESS, NULL, NULL}, /* the class says what it is */
    {slow, "processor_class", HF_HARMLESS, NULL, NULL},
    {slow, "model_type", HF_HARMLESS, NULL, NULL},
    {slow, "tokenizer_type", HF_HARMLESS, NULL, NULL},
    {slow, "transformers_version", HF_HARMLESS, NULL, NULL},
    {slow, "backend", HF_HARMLESS, NULL, NULL},
    {slow, "is_local", HF_HARMLESS, NULL, NULL},
    {slow, "local_files_only", HF_HARMLESS, NULL, NULL},
    {slow, "use_fast", HF_HARMLESS, NULL, NULL},
    {slow, "from_slow", HF_HARMLESS, NULL, NULL},
    {slow, "device_map", HF_HARMLESS, NULL, NULL},
    {slow, "trust_remote_code", HF_HARMLESS, NULL, NULL},
    {slow, "use_auth_token", HF_HARMLESS, NULL, NULL},
    {slow, "cache_dir", HF_HARMLESS, NULL, NULL},

    {fast, "version", HF_HARMLESS, NULL, NULL},
    {fast, "truncation", HF_HARMLESS, NULL, NULL}, /* --max-length and `text keep` decide */
    {fast, "padding", HF_HARMLESS, NULL, NULL},
    {fast, "decoder", HF_HARMLESS, NULL, NULL}, /* of tokens back to text */
    {fast, "added_tokens", HF_USED, NULL, NULL},
    {fast, "model", HF_USED, NULL, NULL},
    {fast, "post_processor", HF_USED, NULL, NULL},
    {fast, "normalizer", HF_USED, NULL, NULL},
    {fast, "pre_tokenizer", HF_USED, NULL, NULL},

    {sentence, "max_seq_length", HF_USED, NULL, NULL},
    {sentence, "do_lower_case", HF_FLAG, NULL, NULL},
    {sentence, "query_length", HF_ONLY, "null", "texts are cut elsewhere"},
    {sentence, "document_length", HF_ONLY, "null", "texts are cut elsewhere"},
    {sentence, "query_expansion", HF_ONLY, "false|null", "texts are made longer"},
    {sentence, "processing_kwargs", HF_ONLY, "{}|null", "texts are prepared in another way"},
    {sentence, "transformer_task", HF_HARMLESS, NULL, NULL}, /* the graph file says what is computed */
    {sentence, "modality_config", HF_HARMLESS, NULL, NULL},
    {sentence, "module_output_name", HF_HARMLESS, NULL, NULL},
    {sentence, "unpad_inputs", HF_HARMLESS, NULL, NULL},
};
enum { KEYS = sizeof table / sizeof *table };

const HfKey *hf_key_list(int *count) { return *count = KEYS, table; }

const HfKey *hf_key_find(const char *file, const char *key) {
    for (int i = 0; i < KEYS; i++) {
        if (strcmp(table[i].file, file) == 0 && strcmp(table[i].key, key) == 0) return &table[i];
    }
    return NULL;
}

static bool is_among(const char *const *names, int count, const char *name) {
    for (int i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0) return true;
    }
    return false;
}

/* NULL: it is not there. */
static json_t *find_value(json_t *object, const char *key) {
    char first[64];
    const char *dot = strchr(key, '.');
    if (!dot) return json_object_get(object, key);
    snprintf(first, sizeof first, "%.*s", (int)(dot - key), key);
    return json_object_get(json_object_get(object, first), dot + 1);
}

static bool is_listed(const char *values, const char *value) {
    size_t length = strlen(value);
    for (const char *at = values; at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL) {
        if (strncmp(at, value, length) == 0 && (at[length] == '|' || !at[length])) return true;
    }
    return false;
}

/* The line on which a key stands; 0: nobody knows. */
static Pos in_file(const char *path, Diagnostics *diags) { return pos_in_file(diagnostics_file(diags, path, NULL), 0); }

static bool is_good(const HfKey *key, const json_t *value, const char *text) {
    switch (key->meaning) {
    case HF_ONLY: return text && is_listed(key->values, text);
    case HF_GIVEN: return !json_is_null(value);
    case HF_FLAG: return json_is_boolean(value) || json_is_null(value);
    default: return true;
    }
}

static const char *hint_for(const HfKey *key) {
    if (key->meaning == HF_FLAG) return "correct it in the file: true or false, without quotes";
    if (key->meaning == HF_ONLY && key->file == config)
        return "take a graph file that computes it, and says so: checkpoint expects; or a folder without it";
    return "gradc does not compute it; take a folder without it";
}

static bool check_value(const HfKey *key, const char *path, json_t *value, Diagnostics *diags) {
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    bool good = is_good(key, value, text), scalar = !json_is_object(value) && !json_is_array(value);
    if (!good) {
        diag_error(diags, "E0838", in_file(path, diags), "\"%s\"%s%s: %s", key->key, scalar ? " is " : "",
                   scalar ? text : "", key->why ? key->why : "it is to be true or false");
        diag_hint(diags, "%s", hint_for(key));
    }
    free(text);
    return good;
}

bool hf_keys_check(const char *file, const char *path, json_t *object, const char *const *known, int n_known,
                   Diagnostics *diags) {
    for (int i = 0; i < KEYS; i++) {
        json_t *value = strcmp(table[i].file, file) == 0 ? find_value(object, table[i].key) : NULL;
        if (!value || is_among(known, n_known, table[i].key)) continue;
        if (!check_value(&table[i], path, value, diags)) return false;
    }
    return true;
}

static bool is_described(const char *file) {
    for (int i = 0; i < KEYS; i++) {
        if (strcmp(table[i].file, file) == 0) return true;
    }
    return false;
}

HfUnknown hf_keys_unknown(const char *file, json_t *object, const char *const *known, int n_known, Arena *arena) {
    HfUnknown unknown = {.file = file};
    const char *key;
    json_t *value;
    if (!is_described(file)) return unknown;
    json_object_foreach(object, key, value) {
        if (hf_key_find(file, key) || is_among(known, n_known, key)) continue;
        if (!unknown.count++) unknown.key = arena_strdup(arena, key);
    }
    return unknown;
}
