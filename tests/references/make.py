"""Makes the folders beside this file: tiny encoders with random weights as `transformers` saves them, and the last hidden states that
it computes for three sentences, one line each, token after token. tests/encoders.sh compares gradc with them.

    python tests/references/make.py        (written with transformers 4.57 and torch 2.13)
"""
import pathlib
import torch
from transformers import (AlbertConfig, AlbertModel, BertTokenizer, DebertaV2Config, DebertaV2Model, DistilBertConfig, DistilBertModel, ElectraConfig, ElectraModel,
                          GPT2Config, GPT2Model, ModernBertConfig, ModernBertModel, MPNetConfig, MPNetModel, MPNetTokenizer, RobertaConfig,
                          RobertaModel, T5Config, T5EncoderModel)

HERE = pathlib.Path(__file__).parent
WORDS = "[PAD] [UNK] [CLS] [SEP] [MASK] the a film plot is was good bad very not ##ly ##s great dull story , .".split()
ANGLES = ["<s>", "<pad>", "</s>", "[UNK]", "<mask>"] + WORDS[5:]  # MPNet takes token 1 for padding, whatever config.json says
TEXTS = ["the film was very good .", "dull", "a great story , not a bad plot , the films is very , very badly unknown ."]
SIZES = dict(vocab_size=len(WORDS), pad_token_id=0)
MODELS = {
    "distilbert": lambda: DistilBertModel(DistilBertConfig(dim=16, n_layers=2, n_heads=2, hidden_dim=24, max_position_embeddings=40, **SIZES)),
    "albert": lambda: AlbertModel(AlbertConfig(hidden_size=16, embedding_size=8, num_hidden_layers=3, num_attention_heads=2,
                                               intermediate_size=24, max_position_embeddings=40, **SIZES)),
    "deberta": lambda: DebertaV2Model(DebertaV2Config(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
                                                      max_position_embeddings=40, position_buckets=8, relative_attention=True,
                                                      pos_att_type="p2c|c2p", share_att_key=True, norm_rel_ebd="layer_norm",
                                                      position_biased_input=False, type_vocab_size=0, **SIZES)),
    "electra": lambda: ElectraModel(ElectraConfig(hidden_size=16, embedding_size=8, num_hidden_layers=2, num_attention_heads=2,
                                                  intermediate_size=24, max_position_embeddings=40, **SIZES)),
    "gpt2": lambda: GPT2Model(GPT2Config(n_embd=16, n_layer=2, n_head=2, n_positions=40, bos_token_id=2, eos_token_id=3, **SIZES)),
    "mpnet": lambda: MPNetModel(MPNetConfig(vocab_size=len(ANGLES), hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
                                            intermediate_size=24, max_position_embeddings=40)),
    "roberta": lambda: RobertaModel(RobertaConfig(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
                                                  max_position_embeddings=40, type_vocab_size=1, bos_token_id=2, eos_token_id=3, **SIZES)),
    "t5": lambda: T5EncoderModel(T5Config(d_model=16, d_kv=6, d_ff=24, num_layers=2, num_heads=2, relative_attention_num_buckets=12,
                                          relative_attention_max_distance=12, **SIZES)),
    "t5_gated": lambda: T5EncoderModel(T5Config(d_model=16, d_kv=6, d_ff=24, num_layers=2, num_heads=3, feed_forward_proj="gated-gelu", **SIZES)),
    "modernbert": lambda: ModernBertModel(ModernBertConfig(hidden_size=16, num_hidden_layers=4, num_attention_heads=2, intermediate_size=24,
                                                           max_position_embeddings=40, local_attention=6, bos_token_id=2, cls_token_id=2, eos_token_id=3,
                                                           sep_token_id=3, attn_implementation="eager", **SIZES)),
}

for name, make in MODELS.items():
    folder = HERE / name
    torch.manual_seed(1)
    model = make().eval()
    for parameter in model.parameters():  # the initial ones are so small that mistakes would not show
        torch.nn.init.normal_(parameter, 0.0, 0.3)
    model.save_pretrained(folder)
    words, kind = (ANGLES, MPNetTokenizer) if name == "mpnet" else (WORDS, BertTokenizer)
    (folder / "vocab.txt").write_text("\n".join(words) + "\n")
    if name in ("deberta", "t5", "t5_gated"):  # their own tokenizers are SentencePiece
        (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "BertTokenizer"}\n')
    if name in ("t5", "t5_gated"):  # as published folders say, which have the decoder too
        config = (folder / "config.json").read_text()
        (folder / "config.json").write_text(config.replace('"is_encoder_decoder": false', '"is_encoder_decoder": true'))
    tokenizer = kind(str(folder / "vocab.txt"))
    with open(folder / "hidden.tsv", "w") as out:
        for text in TEXTS:
            ids = torch.tensor([tokenizer(text)["input_ids"]])
            states = model(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state[0]
            out.write("\t".join(f"{x:.7g}" for x in states.flatten().tolist()) + "\n")
(HERE / "texts.tsv").write_text("sentence\n" + "\n".join(TEXTS) + "\n")
