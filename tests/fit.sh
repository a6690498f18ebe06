#!/bin/sh
# Numbers that are fitted on the development set. Run from the project's root; GRADC names the program. One line a check; the last counts.
set -u
. tests/lib/checks.sh
cat >"$t/fit.graph" <<END
import "$root/tests/lib/small.graph"
def bag(x: tokens) -> f32[S, hidden] { return scatter_add(embedding(x.ids, vocab) in shared "words", x.sequence) }
task pairs {
  data "quora/quora-{split}.csv" tab quoted
  input one = sentence1: text
  input two = sentence2: text
  label same = is_duplicate: class[2]
  fit temperature = 1 from 0.1 to 10 for log_loss
  fit threshold = 0.5 from 0 to 1 for f1
  logit = dense(abs(bag(one) - bag(two)), 1) in "heads.pairs"
  p = sigmoid(logit / temperature)
  loss bce_with_logits(logit, same)
  predict float(p > threshold)
  show p as "probabilities"
  metric accuracy, f1, log_loss
}
END
train() { run train "$@" --weights "$demo" --data "$demo" --tasks pairs --batch 16 --epochs 2 --lr 1e-2 --cache "$kernels"; }
scores() { "$gradc" eval "$1" --data "$demo" --cache "$kernels" --json --tasks pairs | tr -d ' \n' | sed 's/.*"f1":\([0-9.]*\).*"log_loss":\([0-9.]*\).*/\1 \2/'; }

train "$t/fit.graph" --out "$t/run"
[ "$status" = 0 ] && has "$t/err" "epoch 2:  pairs fitted for f1, threshold: 0." && grep -q '"event":"fit","epoch":2,"task":"pairs","name":"temperature","for":"log_loss","values":\[' "$t/run/log.jsonl"
ok "training fits after each epoch and says it" $?
cp "$t/out" "$t/table"

run predict "$t/run" --task pairs --data "$demo" --keep is_duplicate --header --probabilities --cache "$kernels"
cp "$t/out" "$t/rows"
# F1 at a threshold, from the rows: label, prediction, probability.
f1_at() { awk -F '\t' -v at="$1" 'NR > 1 { p = $NF > at; y = $1 == 1; tp += p && y; fp += p && !y; fn += !p && y } END { printf "%.6f\n", tp ? 2 * tp / (2 * tp + fp + fn) : 0 }' "$t/rows"; }
threshold=$(sed -n 's/.*"name":"threshold".*"values":\[\([0-9.]*\)\].*/\1/p' "$t/run/log.jsonl" | tail -n 1)
best=$(for i in $(seq 0 50); do f1_at "$(awk "BEGIN { print $i / 50 }")"; done | sort -n | tail -n 1)
awk "BEGIN { exit !($(f1_at "$threshold") >= $best) }"
ok "no threshold of a fine grid has a better F1" $?
awk -F '\t' -v at="$threshold" 'NR > 1 && ($NF > at) != $2 { bad = 1 } END { exit bad }' "$t/rows"
ok "predictions are by that threshold" $?

sed '/^  fit /d; s/ \/ temperature//; s/p > threshold/p > 0.5/' "$t/fit.graph" >"$t/plain.graph"
train "$t/plain.graph" --out "$t/plain"
set -- $(scores "$t/run") $(scores "$t/plain")
awk "BEGIN { exit !($1 > $3 && $2 < $4) }"
ok "both metrics are better than without a fit" $?
train "$t/fit.graph" --out "$t/again" --threads 1 --no-reuse
cmp -s "$t/run/model.safetensors" "$t/again/model.safetensors" && cmp -s "$t/out" "$t/table"
ok "the same bits by another number of threads, computing everything anew" $?
run train "$t/fit.graph" --weights "$t/plain" --data "$demo" --tasks pairs --epochs 0 --cache "$kernels" --out "$t/later"
[ "$status" = 0 ] && [ "$(scores "$t/later")" = "$(scores "$t/run")" ]
ok "--epochs 0 fits a run that has been trained" $?

cat >"$t/flags.graph" <<END
import "$root/tests/lib/small.graph"
def bag(x: tokens) -> f32[S, hidden] { return scatter_add(embedding(x.ids, vocab) in shared "words", x.sequence) }
task topics {
  data "topics-{split}.csv" tab unquoted
  input text: text
  label topics: flags["food", "sport", "weather", "travel"]
  fit threshold[4] = 0.5 from 0 to 1 for f1_macro
  logits = dense(bag(text), 4) in "heads.topics"
  loss bce_with_logits(logits, topics)
  predict float(sigmoid(logits) > threshold)
  metric f1_macro
}
END
run train "$t/flags.graph" --weights "$demo" --data "$demo" --tasks topics --epochs 2 --lr 1e-2 --cache "$kernels"
[ "$status" = 0 ] && grep -q "threshold: 0[0-9.]* 0[0-9.]* 0[0-9.]* 0[0-9.]*$" "$t/err"
ok "a threshold for each flag" $?

finish
