#!/bin/sh
# Encoders that are files of their own (models/encoders): each is trained for real, and computes what transformers does.
# Run from the project's root; GRADC names the program. One line a check; the last line counts.
set -u
. tests/lib/checks.sh

train() { # FILE ARGUMENTS...
  file=$1
  shift
  "$gradc" train "$root/models/$file.graph" --data "$demo" --cache "$kernels" --batch 16 --quiet "$@" >"$t/out" 2>"$t/err"
}
# Is the task's first metric on the dev set at least that?
reaches() { awk -v task="$1" -v least="$2" '$1 == task { good = $4 >= least } END { exit !good }' "$t/out"; }

for file in "$root"/models/encoders/*.graph; do
  "$gradc" fmt "$file" >"$t/out" 2>"$t/err" && cmp -s "$t/out" "$file"
  ok "$(basename "$file") is in the layout of gradc fmt" $?
done

# The demo's vocabulary and sizes for encoders that are no BERT, as whose folder it would be refused.
mkdir "$t/sizes"
cp "$demo/vocab.txt" "$t/sizes"
grep -v -E 'model_type|hidden_act"|position_embedding_type|pad_token_id' "$demo/config.json" | sed 's/"initializer_range": 0.02,/"initializer_range": 0.02/' >"$t/sizes/config.json"

# Five classes: chance is 0.2. The demo's sentiments are shown by single words, so what works comes near 1.
sizes="--set hidden=64 --set layers=3 --set heads=4 --set ffn=128 --set vocab=751 --set positions=64"
for encoder in causal pre_norm layer_mix distilbert modernbert "albert --set narrow=32"; do
  # shellcheck disable=SC2086
  train encoders/$encoder $sizes --weights "$t/sizes" --tasks sentiment --epochs 8 --lr 1.5e-3 && reaches sentiment 0.6
  ok "encoders/$encoder learns" $?
done

# Weights and states of transformers (tests/references/make.py). Both compute in f32, some hundred operations one after another, each
# right to 6e-8 of numbers up to 2.
for encoder in distilbert albert modernbert deberta electra gpt2 mpnet roberta t5 t5_gated; do
  folder="$root/tests/references/$encoder"
  "$gradc" predict "$root/models/encoders/$encoder.graph" --task sentiment --weights "$folder" --input "$root/tests/references/texts.tsv" \
    --show hidden --cache "$kernels" >"$t/out" 2>"$t/err"
  paste -d '\n' "$folder/hidden.tsv" "$t/out" | awk -F '\t' '
    NR % 2 { n = NF; for (i = 1; i <= n; i++) wanted[i] = $i; next }
    NF != n { bad++ }
    { for (i = 1; i <= n; i++) if (!(($i - wanted[i]) ^ 2 <= 1e-10)) bad++ }
    END { exit !(NR == 6 && !bad) }'
  ok "encoders/$encoder computes what transformers does" $?
done

finish
