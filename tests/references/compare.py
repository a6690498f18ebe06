"""Compares encoders with `transformers`, by hand: states and gradients of random small models of each class, over a batch of texts of mixed
lengths, and what `transformers` computes with heads that gradc has trained and exported. `transformers` computes in double precision, text by
text; gradc in single, a batch without padding.

    python tests/references/compare.py [ENCODER ...]        (GRADC names the program; default build/gradc)

A line each: the largest difference of a state, as a share of the largest state; the largest difference of a gradient, as a share of the
largest gradient of its parameter (or of a thousandth of the largest of all, where a parameter's is smaller than that); the largest difference
of a probability by the class for texts, and by that for tokens.
"""
import csv, json, os, pathlib, random, subprocess, sys, tempfile
import numpy as np
import torch
import transformers as hf
from safetensors.torch import load_file

ROOT = pathlib.Path(__file__).resolve().parents[2]
GRADC = os.environ.get("GRADC", ROOT / "build/gradc")
SPECIAL = "[PAD] [UNK] [CLS] [SEP] [MASK]".split(), "<s> <pad> </s> [UNK] <mask>".split()
WORDS = [a + b for a in "bdfgklmnprst" for b in "aeiou"]
LENGTHS = [1, 150, 3, 70, 17, 33, 2, 9, 120, 5, 64, 26]  # words of the texts
BERT = dict(hidden_size=48, num_hidden_layers=3, num_attention_heads=4, intermediate_size=80, max_position_embeddings=200,
            hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
SIZES = dict(vocab_size=len(SPECIAL[0]) + len(WORDS))
MODELS = {
    "bert": lambda: hf.BertModel(hf.BertConfig(**BERT, **SIZES)),
    "distilbert": lambda: hf.DistilBertModel(hf.DistilBertConfig(dim=48, n_layers=3, n_heads=4, hidden_dim=80, max_position_embeddings=200,
                                                                 dropout=0.0, attention_dropout=0.0, **SIZES)),
    "roberta": lambda: hf.RobertaModel(hf.RobertaConfig(**BERT, type_vocab_size=1, pad_token_id=0, bos_token_id=2, eos_token_id=3, **SIZES)),
    "xlm_roberta": lambda: hf.XLMRobertaModel(hf.XLMRobertaConfig(**BERT, type_vocab_size=1, pad_token_id=0, bos_token_id=2, eos_token_id=3,
                                                                  **SIZES)),
    "electra": lambda: hf.ElectraModel(hf.ElectraConfig(embedding_size=16, **BERT, **SIZES)),
    "albert": lambda: hf.AlbertModel(hf.AlbertConfig(embedding_size=16, **BERT, pad_token_id=0, **SIZES)),
    "modernbert": lambda: hf.ModernBertModel(hf.ModernBertConfig(hidden_size=48, num_hidden_layers=5, num_attention_heads=4, intermediate_size=80,
                                                                 max_position_embeddings=200, local_attention=32, bos_token_id=2, cls_token_id=2,
                                                                 pad_token_id=0, eos_token_id=3, sep_token_id=3, attn_implementation="eager", **SIZES)),
    "gpt2": lambda: hf.GPT2Model(hf.GPT2Config(n_embd=48, n_layer=3, n_head=4, n_positions=200, bos_token_id=2, eos_token_id=3, resid_pdrop=0.0,
                                               embd_pdrop=0.0, attn_pdrop=0.0, **SIZES)),
    "deberta": lambda: hf.DebertaV2Model(hf.DebertaV2Config(**BERT, position_buckets=32, relative_attention=True, pos_att_type="p2c|c2p",
                                                            share_att_key=True, norm_rel_ebd="layer_norm", position_biased_input=False,
                                                            type_vocab_size=0, pad_token_id=0, **SIZES)),
    "mpnet": lambda: hf.MPNetModel(hf.MPNetConfig(**BERT, **SIZES)),
}
PROBE = """import "{root}/models/encoders/{name}.graph"

task probe {{
  data "rows.csv" comma unquoted
  input x = words: text
  label y: real[0, 100]
  states = encoder(x) in "bert"
  each = sum(states * cos(float(iota(states, axis = 1) + 1)), axis = 1)
  loss mse(scatter_add(each * each, x.sequence) / scatter_add(broadcast(1, x.T, 1), x.sequence), y)
  predict broadcast(0, x.S, 1)
  show states as "hidden"
  metric pearson
}}
"""
HEADS = """import "{root}/models/encoders/{name}.graph"

task moods {{
  data "moods.csv" comma unquoted
  input x = words: text
  label mood: class["bad", "fair", "good"]
  pooled = pooler(encoder(x) in "bert", x) in "bert"
  logits = classifier(pooled, 3) in "heads.moods"
  loss cross_entropy(logits, mood)
  predict argmax(logits)
  show softmax(logits) as "probabilities"
  metric accuracy
  export hf classifier in "heads.moods"
}}

task tags {{
  data "tags.conll" conll columns(word, tag)
  input x = word: words
  label tag: class["A", "B", "C"] of x
  logits = tagger(gather(encoder(x) in "bert", tag.at), 3) in "heads.tags"
  loss cross_entropy(logits, tag)
  predict argmax(logits)
  show softmax(logits) as "probabilities"
  metric accuracy
  export hf tagger in "heads.tags"
}}
"""


def gradc(*words):
    done = subprocess.run([GRADC, *map(str, words)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"gradc {words[0]}: {done.stderr}")
    return done.stdout


def make_folder(name, folder):
    model = MODELS[name]().eval()
    for parameter in model.parameters():  # the initial ones are so small that mistakes would not show
        torch.nn.init.normal_(parameter, 0.0, 0.2)
    model.save_pretrained(folder)
    special, kind = (SPECIAL[1], hf.MPNetTokenizer) if name == "mpnet" else (SPECIAL[0], hf.BertTokenizer)
    (folder / "vocab.txt").write_text("\n".join(special + WORDS) + "\n")
    if name == "deberta":  # its own tokenizer is SentencePiece
        (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "BertTokenizer"}\n')
    return model.double(), kind(str(folder / "vocab.txt"))


def make_rows(folder):
    rows = [(" ".join(random.choices(WORDS, k=n)), round(random.uniform(0, 100), 2)) for n in LENGTHS]
    with open(folder / "rows.csv", "w") as out:
        csv.writer(out).writerows([("words", "y"), *rows])
    return rows


def reference(model, tokenizer, rows):
    states, total = [], 0
    for text, y in rows:
        ids = torch.tensor([tokenizer(text)["input_ids"]])
        h = model(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state[0]
        each = (h * torch.cos(torch.arange(h.shape[1]).double() + 1)).sum(1)
        total = total + ((each * each).mean() - y) ** 2 / len(rows)
        states.append(h.detach().flatten().numpy())
    total.backward()
    return states, {n: p.grad.numpy() for n, p in model.named_parameters() if p.grad is not None}


def compare(name):
    torch.manual_seed(1), random.seed(1)
    with tempfile.TemporaryDirectory() as path:
        folder = pathlib.Path(path)
        model, tokenizer = make_folder(name, folder)
        rows = make_rows(folder)
        states, gradients = reference(model, tokenizer, rows)
        probe = folder / "probe.graph"
        probe.write_text(PROBE.format(root=ROOT, name=name))
        common = ["--weights", folder, "--data", folder, "--threads", 1]
        lines = gradc("predict", probe, "--task", "probe", "--input", folder / "rows.csv", "--show", "hidden", *common).splitlines()
        off = max(np.abs(np.array(a.split("\t"), float) - b).max() for a, b in zip(lines, states, strict=True))
        gradc("train", probe, "--tasks", "probe", "--steps", 1, "--batch", len(rows), "--clip", 0, "--no-eval", "--quiet", "--grads",
              folder / "grads.safetensors", *common)
        found = {n.removeprefix("bert."): t.double().numpy() for n, t in load_file(folder / "grads.safetensors").items()}
    most = max(np.abs(g).max() for g in gradients.values())
    missing = {n for n, g in gradients.items() if np.abs(g).max() > 0} - found.keys()
    wrong = {n: np.abs(found[n] - g).max() / max(np.abs(g).max(), 1e-3 * most) for n, g in gradients.items() if n in found}
    worst = max(wrong, key=wrong.get)
    print(f"{name:12} states {off / max(np.abs(s).max() for s in states):.1e}  gradients {wrong[worst]:.1e} ({worst}, of {len(wrong)})",
          f"MISSING {sorted(missing)}" if missing else "", flush=True)


def exported(folder, task, kind, tokenizer, texts, data):
    run, out = folder / "run", folder / task
    if not run.exists():
        gradc("train", folder / "heads.graph", "--tasks", "moods,tags", "--weights", folder, "--data", folder, "--steps", 6, "--lr", 1e-2, "--batch", 4,
              "--no-eval", "--quiet", "--threads", 1, "--out", run)
    gradc("export", run, "--task", task, "--out", out)
    model, info = kind.from_pretrained(out, output_loading_info=True)
    assert not any(info[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys")), info
    model = model.double().eval()
    lines = gradc("predict", run, "--task", task, "--input", data, "--show", "probabilities", "--format", "tsv", "--data", folder, "--threads", 1)
    found = np.array([float(x) for line in lines.splitlines() for x in line.split()])
    wanted = []
    for text in texts:
        ids = torch.tensor([tokenizer(text)["input_ids"]])
        p = model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits.softmax(-1)[0].detach().numpy()
        wanted.append((p[1:-1] if p.ndim == 2 else p).flatten())
    return np.abs(found - np.concatenate(wanted)).max()


def compare_heads(name):
    torch.manual_seed(2), random.seed(2)
    with tempfile.TemporaryDirectory() as path:
        folder = pathlib.Path(path)
        _, tokenizer = make_folder(name, folder)
        (folder / "heads.graph").write_text(HEADS.format(root=ROOT, name=name))
        texts = [text for text, _ in make_rows(folder)]
        with open(folder / "moods.csv", "w") as out:
            csv.writer(out).writerows([("words", "mood"), *((text, random.choice(["bad", "fair", "good"])) for text in texts)])
        (folder / "tags.conll").write_text("\n".join("".join(f"{word} {random.choice('ABC')}\n" for word in text.split()) for text in texts))
        kinds = {"moods": hf.AutoModelForSequenceClassification, "tags": hf.AutoModelForTokenClassification}
        data = {"moods": "moods.csv", "tags": "tags.conll"}
        if name == "gpt2":
            del kinds["moods"]  # its class reads the last token, the file the mean
        off = {task: exported(folder, task, kind, tokenizer, texts, folder / data[task]) for task, kind in kinds.items()}
        print(f"{name:12}", *(f"{task} {d:.1e} " for task, d in off.items()), flush=True)


for encoder in sys.argv[1:] or MODELS:
    compare(encoder)
    compare_heads(encoder)
