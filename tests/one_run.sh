#!/bin/sh
# A run is one thing: what it was trained with is what it is used with. Labels are drawn at random, so that only rows that were trained on
# can be reported. GRADC names the program.
set -u
. tests/lib/checks.sh

{ printf 'text\ty\n' && awk 'BEGIN { srand(7); split("red green blue dog cat bird runs sleeps eats now then here", w, " ")
  for (i = 0; i < 60; i++) { s = "row"; for (j = 0; j < 14; j++) s = s " " w[int(rand() * 12) + 1]; print s "\t" int(rand() * 2) } }'; } >"$t/noise.tsv"
cat >"$t/noise.graph" <<END
import "$root/models/bert.graph"
task noise {
  data "noise.tsv" tab unquoted
  split folds 3 seed 1
  input text: text
  label y: class[2]
  pooled = pooler(encoder(text) in "bert", text) in "bert"
  logits = head(drop(pooled, dropout), 2) in "heads.noise"
  loss cross_entropy(logits, y)
  predict argmax(logits)
  show softmax(logits) as "probabilities"
  metric accuracy
  export sentence_transformers "mean"
  export hf "BertForSequenceClassification" with "heads.noise." as "classifier."
}
train { max_length = 12 }
END
mkdir "$t/data" && mv "$t/noise.tsv" "$t/data"
use() { run "$@" --cache "$kernels"; }
use train "$t/noise.graph" --weights "$demo" --data "$t/data" --tasks noise --lr 1e-3 --epochs 3 --batch 8 --fold 2 --quiet --out "$t/r"
cp "$t/out" "$t/table"
use eval "$t/r"
[ "$status" = 0 ] && cmp -s "$t/out" "$t/table" && [ ! -s "$t/err" ]
ok "eval of a run knows its data, its tasks, its fold and its length" $?
use eval "$t/r" --data "$t/data" --fold 2 --max-length 12
cmp -s "$t/out" "$t/table" && [ ! -s "$t/err" ]
ok "the same said again is nothing to tell" $?
use eval "$t/r" --fold 0
[ "$status" = 0 ] && has "$t/err" "not as the run was trained: --fold 0 (2 in training)"
ok "another fold is reported" $?

use predict "$t/r" --probabilities && cp "$t/out" "$t/short"
use predict "$t/r" --probabilities --max-length 12
cmp -s "$t/out" "$t/short"
ok "predict cuts texts as training did" $?
use predict "$t/r" --probabilities --max-length 40
! cmp -s "$t/out" "$t/short" && has "$t/err" "--max-length 40 (12 in training)"
ok "another length is reported" $?
(cd "$t/data" && "$gradc" predict "$t/noise.graph" --task noise --fold 2 --weights "$t/r" --probabilities --cache "$kernels") >"$t/out" 2>"$t/err"
cmp -s "$t/out" "$t/short"
ok "so does the graph file, whose text says the length" $?
run export "$t/r" --out "$t/hf" && run export "$t/r" --format sentence-transformers --out "$t/st"
[ "$status" = 0 ] && has "$t/st/sentence_bert_config.json" '"max_seq_length": 12'
ok "export writes the length" $?

# A folder of sentence-transformers says its length.
cp -r "$t/r" "$t/base" && rm "$t/base/settings.json" && printf '{"max_seq_length": 16}' >"$t/base/sentence_bert_config.json"
sed 's/max_length = 12/clip = 1/' "$t/noise.graph" >"$t/plain.graph"
use predict "$t/plain.graph" --task noise --data "$t/data" --fold 2 --weights "$t/base" --probabilities && cp "$t/out" "$t/said"
[ "$status" = 0 ] && has "$t/err" "texts are cut at 16 tokens, as $t/base/sentence_bert_config.json says"
ok "the length of a folder of sentence-transformers is reported" $?
use predict "$t/plain.graph" --task noise --data "$t/data" --fold 2 --weights "$t/base" --probabilities --max-length 16
cmp -s "$t/out" "$t/said" && [ ! -s "$t/err" ]
ok "and used" $?
use train "$t/plain.graph" --weights "$t/base" --data "$t/data" --tasks noise --epochs 1 --batch 8 --fold 2 --quiet --out "$t/r2"
cp "$t/out" "$t/table"
use eval "$t/r2"
cmp -s "$t/out" "$t/table" && has "$t/r2/settings.json" '"max-length": 16' && [ ! -s "$t/err" ]
ok "a run keeps it" $?
printf '{"max_seq_length": "16"}' >"$t/base/sentence_bert_config.json"
use predict "$t/plain.graph" --task noise --data "$t/data" --weights "$t/base"
[ "$status" = 1 ] && has "$t/err" "error[E0841]"
ok "a length that is no number is refused" $?

printf '{' >"$t/r/settings.json"
use eval "$t/r"
[ "$status" = 1 ] && has "$t/err" "error[E0946]"
ok "settings that cannot be read are not passed over" $?

finish
