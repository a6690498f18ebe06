#!/usr/bin/env python3
"""PyTorch's evaluation of sentiment rows, sorted by length so that little is padding: what bench/compare sets beside gradc's."""
import argparse, csv, json, os, time
p = argparse.ArgumentParser()
p.add_argument("--weights", required=True); p.add_argument("--data", required=True)
p.add_argument("--batch", type=int, default=64); p.add_argument("--steps", type=int, default=15)
a = p.parse_args()
import torch
from transformers import BertConfig, BertModel, BertTokenizerFast
torch.set_num_threads(os.cpu_count())
tok = BertTokenizerFast(vocab_file=os.path.join(a.weights, "vocab.txt"))
has_weights = os.path.exists(os.path.join(a.weights, "model.safetensors"))
bert = BertModel.from_pretrained(a.weights) if has_weights else BertModel(BertConfig.from_pretrained(a.weights))
bert.eval(); head = torch.nn.Linear(bert.config.hidden_size, 5)
with open(os.path.join(a.data, "sst/ids-sst-dev.csv"), newline="", encoding="utf-8") as f:
    texts = [r["sentence"] for r in csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE)][: a.batch * a.steps]
texts.sort(key=lambda t: len(tok(t)["input_ids"]))
real, seconds = 0, 0.0
with torch.inference_mode():
    for warm in (True, False):
        for i in range(0, len(texts), a.batch):
            began = time.time()
            x = tok(texts[i:i + a.batch], return_tensors="pt", truncation=True, max_length=128, padding="longest")
            head(bert(**x).pooler_output).argmax(-1)
            if not warm: seconds += time.time() - began; real += int(x["attention_mask"].sum())
            if warm and i > 3 * a.batch: break
print(json.dumps(dict(real_tokens_per_s=real / seconds)))
