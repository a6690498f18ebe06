#!/bin/sh
# gradc diff-runs: a setting, a row and a bit of a weight that differ are found where they are. GRADC names the program.
set -u
. tests/lib/checks.sh
mkdir "$t/data" "$t/other"
for file in ids-sst quora sts; do
  head -n 41 "$root/models/demo/$file-train.csv" >"$t/data/$file-train.csv"
  cp "$t/data/$file-train.csv" "$t/other"
done
train() { "$gradc" train "$root/models/bert.graph" --batch 8 --epochs 2 --no-eval --quiet --cache "$t/cache" "$@" >"$t/out" 2>"$t/err"; }
from_demo() { train --weights "$demo" --data "$t/data" --lr 1e-3 "$@"; }
differ() { run diff-runs "$@" --cache "$t/cache" && [ "$status" = 0 ]; }

from_demo --out "$t/run" && from_demo --out "$t/same" --threads 3 && differ "$t/run" "$t/same" &&
  has "$t/out" "no setting that decides the weights differs" && has "$t/out" "the logs are the same, for 30 steps"
ok "two runs that are the same" $?

# ---- One setting -----------------------------------------------------------------------------------------

train --weights "$demo" --data "$t/data" --lr 2e-3 --out "$t/rate" && differ "$t/run" "$t/rate" && has "$t/out" "  lr: 0.001 and 0.002" &&
  has "$t/out" "first step that differs: step 2" && has "$t/out" "  learning rate: 0.000333333333 and 0.000666666667" &&
  has "$t/out" "all values that have a name are the same" && has "$t/out" "first tensor after its update: bert.embeddings"
ok "the rate: no value, but the update" $?
from_demo --weight-decay 0.2 --out "$t/decay" && differ "$t/run" "$t/decay" && has "$t/out" "  weight-decay: -1.0 and 0.2" &&
  has "$t/out" "first step that differs: step 2, in its update"
ok "weight decay: in the update, though the log tells it later" $?
from_demo --dropout 0.2 --out "$t/dropout" && differ "$t/run" "$t/dropout" && has "$t/out" "first step that differs: step 1" &&
  has "$t/out" ", in drop, bert.embeddings); element "
ok "dropout: the first value that is dropped" $?

# ---- One row ---------------------------------------------------------------------------------------------

sed -i '30s/.$/4/' "$t/other/ids-sst-train.csv"
cmp -s "$t/other/ids-sst-train.csv" "$t/data/ids-sst-train.csv" && sed -i '30s/.$/3/' "$t/other/ids-sst-train.csv"
train --weights "$demo" --data "$t/other" --lr 1e-3 --out "$t/label" && differ "$t/run" "$t/label" && has "$t/out" "  sentiment.train: " &&
  has "$t/out" "$t/data/ids-sst-train.csv:30 and $t/other/ids-sst-train.csv:30 have other labels" && has "$t/out" "first value: "
ok "another label" $?
cp "$t/data/ids-sst-train.csv" "$t/other" && sed -i '12s/	\(.\)$/ too	\1/' "$t/other/ids-sst-train.csv"
train --weights "$demo" --data "$t/other" --lr 1e-3 --out "$t/word" && differ "$t/run" "$t/word" &&
  has "$t/out" "ids-sst-train.csv:12 have other tokens" && has "$t/out" "first value: "
ok "one more word" $?

# ---- One bit ---------------------------------------------------------------------------------------------

"$gradc" train "$root/models/bert.graph" --weights "$demo" --data "$t/data" --epochs 0 --no-eval --quiet --out "$t/w" --cache "$t/cache" >"$t/out" 2>"$t/err"
rm -rf "$t/w/last" "$t/w/settings.json" "$t/w/log.jsonl" && cp -r "$t/w" "$t/bit"
size=$(wc -c <"$t/bit/model.safetensors") at=$((size - 4000))
byte=$(od -An -tu1 -j "$at" -N 1 "$t/bit/model.safetensors" | tr -d ' ')
printf "\\$(printf '%03o' $((byte ^ 1)))" | dd of="$t/bit/model.safetensors" bs=1 seek="$at" conv=notrunc 2>"$t/err"
train --weights "$t/w" --data "$t/data" --lr 1e-3 --out "$t/from_w" && train --weights "$t/bit" --data "$t/data" --lr 1e-3 --out "$t/from_bit" &&
  differ "$t/from_w" "$t/from_bit" && has "$t/out" "initial_weights: " && has "$t/out" "first step that differs: none, they begin otherwise" &&
  grep -q 'first tensor before step 1: .*, in 1 of ' "$t/out"
ok "a bit of a weight" $?
finish
