#!/bin/sh
# Adapters (models/adapters): each is trained for real, saved apart from its base, and frozen parts cost nothing. Run
# from the project's root; GRADC names the program. One line a check; the last line counts.
set -u
. tests/lib/checks.sh

train() { # FILE ARGUMENTS...
  file=$1
  shift
  "$gradc" train "$root/models/$file.graph" --data "$demo" --cache "$kernels" --batch 16 --quiet "$@" >"$t/out" 2>"$t/err"
}
# Is the task's first metric on the dev set at least that?
reaches() { awk -v task="$1" -v least="$2" '$1 == task { good = $4 >= least } END { exit !good }' "$t/out"; }

for file in "$root"/models/adapters/*.graph; do
  "$gradc" fmt "$file" >"$t/out" 2>"$t/err" && cmp -s "$t/out" "$file"
  ok "$(basename "$file") is in the layout of gradc fmt" $?
  "$gradc" gradcheck "$file" --tasks sentiment --cache "$kernels" >"$t/err" 2>&1
  ok "$(basename "$file") has right gradients" $?
done

# A base that has not seen the task; then few parameters of it, or beside it, learn that. Chance is 0.5, by 0.15 more three deviations of
# 100 rows off.
train bert --weights "$demo" --out "$t/base" --tasks sentiment,similarity --epochs 8 --lr 1.5e-3
ok "a base to adapt" $?
for variant in lora bottleneck bitfit "upper_layers --set kept=1"; do
  # shellcheck disable=SC2086
  train adapters/$variant --weights "$t/base" --tasks paraphrase --epochs 8 --lr 5e-3 && reaches paraphrase 0.65
  ok "adapters/$variant learns" $?
done

# ---- Kept apart from the base ----------------------------------------------------------------------------

eval_lora() { "$gradc" eval "$t/lora" --data "$demo" --tasks paraphrase --cache "$kernels" "$@" >"$t/out" 2>"$t/err"; }
train adapters/lora --weights "$t/base" --tasks paraphrase --epochs 1 --lr 5e-3 --out "$t/lora" && cp "$t/out" "$t/trained" &&
  [ ! -e "$t/lora/model.safetensors" ] && [ "$(wc -c <"$t/lora/adapter_model.safetensors")" -lt 60000 ]
ok "an adapter is saved apart from its base" $?
eval_lora --weights "$t/base" && cmp -s "$t/out" "$t/trained"
ok "with its base it is what was trained" $?
eval_lora && cmp -s "$t/out" "$t/trained"
ok "so it is where the base still lies where it was" $?
mv "$t/base" "$t/moved"
! eval_lora && grep -q 'error\[E0845\]' "$t/err" && grep -qF -e "--weights $t/base" "$t/err"
ok "without the base a message says which" $?
mv "$t/moved" "$t/base"
train bert --weights "$t/base" --tasks sentiment --steps 1 --no-eval --out "$t/other"
! eval_lora --weights "$t/other" && grep -q 'error\[E0846\]' "$t/err"
ok "another base is reported" $?
"$gradc" predict "$t/lora" --weights "$t/base" --task paraphrase --input "$demo/quora-dev.csv" --cache "$kernels" >"$t/out" 2>"$t/err" &&
  [ "$(wc -l <"$t/out")" = 100 ]
ok "it predicts with its base" $?
"$gradc" train "$t/lora" --out "$t/again" --quiet --cache "$kernels" >"$t/out" 2>"$t/err" &&
  cmp -s "$t/again/adapter_model.safetensors" "$t/lora/adapter_model.safetensors"
ok "the settings of its run repeat it" $?

# One product for each of a layer's six matrices, for keys and values of the first rows' own sizes; backward two more each. Nothing of a
# backward pass is left of what is frozen: the head's is all.
products() { # ARGUMENTS...
  "$gradc" dump "$@" --task sentiment --stage differentiate --full --weights "$demo" 2>"$t/err" | grep -c '= matmul'
}
cat >"$t/frozen.graph" <<END
import "$root/models/bert.graph"
freeze "bert.*"
END
all=$(products "$root/models/bert.graph") frozen=$(products "$t/frozen.graph") upper=$(products "$root/models/adapters/upper_layers.graph" --set kept=1)
echo "products: all $all, frozen $frozen, upper half $upper" >"$t/err"
[ "$frozen" = $((2 * 6 + 1 + 1 + 1)) ] && [ "$all" = $((3 * (2 * 6 + 1 + 1))) ] && [ "$upper" -lt $((all - 10)) ]
ok "a frozen encoder has no backward pass" $?

# ---- Two scopes that start from one checkpoint -----------------------------------------------------------

cat >"$t/towers.graph" <<END
import "$root/models/heads/poolers.graph"
checkpoint prefix "bert." for "query." optional
task towers {
  data "sts-{split}.csv" tab quoted
  input one = sentence1: text
  input two = sentence2: text
  label similarity: real[0, 5]
  u = gather(encoder(one) in "query", one.first)
  v = gather(encoder(two) in "bert", two.first)
  loss mse(5 * cosine(u, v), similarity)
  predict cosine(u, v)
  metric pearson
}
END
start() { "$gradc" train "$1" --tasks "$2" --data "$demo" --cache "$kernels" --quiet --batch 16 --force --out "$t/$2" --weights "$t/base" $3 >"$t/out" 2>"$t/err"; }
start "$t/towers.graph" towers "--epochs 0" && "$gradc" run "$t/towers" --task towers --text "a b" --text "a b" --show predict >"$t/err" 2>&1 && grep -q "^\[\[ *\(1\|0.9999[0-9]*\|1.00000[0-9]*\)\]\]$" "$t/err"
ok "both towers start from the same numbers" $?
start "$t/towers.graph" towers "--steps 9 --lr 1e-3" && cp "$t/out" "$t/trained" &&
  "$gradc" eval "$t/towers" --data "$demo" --cache "$kernels" >"$t/out" 2>"$t/err" && cmp -s "$t/out" "$t/trained"
ok "what was trained is read back, each under its name" $?
grep -qa '"query.encoder.layer.0.output.dense.bias"' "$t/towers/model.safetensors" && grep -qa '"bert.encoder.layer.0.output.dense.bias"' "$t/towers/model.safetensors"
ok "names in a run are its own" $?

# A frozen copy beside one that is trained: what is left to the base is not what was saved of the other.
cat >"$t/anchored.graph" <<END
import "$root/models/heads/poolers.graph"
checkpoint prefix "bert." for "origin." optional
task anchored {
  data "ids-sst-{split}.csv" tab unquoted
  input sentence: text
  label sentiment: class[5]
  logits = head(mean_pooler(sentence, encoder(sentence) in "bert"), 5) in "heads.new"
  anchor = head(mean_pooler(sentence, encoder(sentence) in "origin"), 5) in "heads.anchor"
  loss cross_entropy(logits + anchor, sentiment)
  predict argmax(logits)
  metric accuracy
}
freeze "origin.*"
checkpoint apart
END
start "$t/anchored.graph" anchored "--steps 9 --lr 1e-3" && cp "$t/out" "$t/trained" && ! grep -qa '"origin' "$t/anchored/adapter_model.safetensors" &&
  "$gradc" eval "$t/anchored" --data "$demo" --cache "$kernels" >"$t/out" 2>"$t/err" && cmp -s "$t/out" "$t/trained"
ok "a frozen copy comes from the base again" $?

finish
