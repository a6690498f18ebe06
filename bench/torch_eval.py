#!/usr/bin/env python3
"""Evaluation of sentiment rows by PyTorch or, with --onnx FILE, by ONNX Runtime, sorted by length so that little is padding: what
bench/compare sets beside gradc's. FILE is made from the same model when it is not there."""
import argparse, csv, json, os, time
p = argparse.ArgumentParser()
p.add_argument("--weights", required=True); p.add_argument("--data", required=True); p.add_argument("--onnx")
p.add_argument("--batch", type=int, default=64); p.add_argument("--steps", type=int, default=15)
a = p.parse_args()
import torch
from transformers import BertConfig, BertModel, BertTokenizerFast
torch.set_num_threads(os.cpu_count())
tok = BertTokenizerFast(vocab_file=os.path.join(a.weights, "vocab.txt"))
has_weights = os.path.exists(os.path.join(a.weights, "model.safetensors"))
how = dict(attn_implementation="eager") if a.onnx else {}
bert = BertModel.from_pretrained(a.weights, **how) if has_weights else BertModel._from_config(BertConfig.from_pretrained(a.weights), **how)
bert.eval(); head = torch.nn.Linear(bert.config.hidden_size, 5)
names = ("input_ids", "attention_mask", "token_type_ids")


def open_onnx():
    import onnxruntime
    if not os.path.exists(a.onnx):
        ids = torch.ones(2, 8, dtype=torch.long)
        torch.onnx.export(bert, (ids, ids, ids * 0), a.onnx, input_names=list(names), output_names=["states", "pooled"],
                          dynamic_axes={n: {0: "rows", 1: "tokens"} for n in names}, opset_version=17, dynamo=False)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = os.cpu_count()
    return onnxruntime.InferenceSession(a.onnx, options, providers=["CPUExecutionProvider"])


with torch.inference_mode(): session = open_onnx() if a.onnx else None


def pooled(x):
    if not session: return bert(**x).pooler_output
    return torch.from_numpy(session.run(["pooled"], {n: x[n].numpy() for n in names})[0])


with open(os.path.join(a.data, "sst/ids-sst-dev.csv"), newline="", encoding="utf-8") as f:
    texts = [r["sentence"] for r in csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE)][: a.batch * a.steps]
texts.sort(key=lambda t: len(tok(t)["input_ids"]))
real, seconds = 0, 0.0
with torch.inference_mode():
    for warm in (True, False):
        for i in range(0, len(texts), a.batch):
            began = time.time()
            x = tok(texts[i:i + a.batch], return_tensors="pt", truncation=True, max_length=128, padding="longest")
            head(pooled(x)).argmax(-1)
            if not warm: seconds += time.time() - began; real += int(x["attention_mask"].sum())
            if warm and i > 3 * a.batch: break
print(json.dumps(dict(real_tokens_per_s=real / seconds)))
