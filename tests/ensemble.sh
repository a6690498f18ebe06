#!/bin/sh
# Several runs that answer as one: what is averaged, what is decided from it, and what is refused. Run from the project's root; GRADC names
# the program. One line a check; the last line counts.
set -u
. tests/lib/checks.sh

predict() { run predict "$@" --cache "$kernels"; }
trained() { # SEED FOLDER FILE OPTIONS...
  seed=$1 out=$2 file=$3
  shift 3
  "$gradc" train "$file" --weights "$demo" --data "$demo" --cache "$kernels" --seed "$seed" --batch 16 --lr 2e-3 --quiet --out "$out" "$@" >"$t/out" 2>"$t/err"
}

for seed in 1 2 3; do trained $seed "$t/run-$seed" "$root/models/bert.graph" --epochs 2 --no-eval || break; done
ok "runs of three seeds" $?

# Columns of three files and of a fourth beside each other, a row a line.
beside() { paste "$t/one" "$t/two" "$t/three" "$t/all"; }
all_of() { # OPTIONS
  predict "$t/run-1" "$@" && cp "$t/out" "$t/one" && predict "$t/run-2" "$@" && cp "$t/out" "$t/two" &&
    predict "$t/run-3" "$@" && cp "$t/out" "$t/three" && predict "$t/run-1" "$t/run-2" "$t/run-3" "$@" && cp "$t/out" "$t/all" && [ "$status" = 0 ]
}
all_of --task sentiment --data "$demo" --probabilities && beside | awk '
  { for (i = 2; i <= 6; i++) { d = $(18 + i) - ($i + $(6 + i) + $(12 + i)) / 3; if (d > 1e-6 || d < -1e-6) exit bad = 1
      if ($(18 + i) > $(20 + $19)) exit bad = 1 }
    changed += $19 != $1 } END { exit bad || NR != 100 || !changed }'
ok "the mean of the probabilities of classes, and the largest of them" $?
all_of --task paraphrase --data "$demo" --probabilities && beside | awk '
  { d = $8 - ($2 + $4 + $6) / 3; if (d > 1e-6 || d < -1e-6 || $7 != ($8 > 0.5)) exit bad = 1 } END { exit bad || NR != 100 }'
ok "the mean of one probability, and its half" $?
all_of --task similarity --data "$demo" && beside | awk '
  { d = $4 - ($1 + $2 + $3) / 3; if (d > 1e-6 || d < -1e-6) exit bad = 1 } END { exit bad || NR != 100 }'
ok "the mean of numbers" $?
predict "$t/run-1" "$t/run-2" "$t/run-3" --task similarity --data "$demo" --input - <"$demo/sts-dev.csv" && cmp -s "$t/out" "$t/all"
ok "rows of a pipe get the same" $?

# ---- A run beside itself is the run: whatever is predicted, the way through means and decisions gives it back ---------

cat >"$t/kinds.graph" <<END
import "$root/models/heads/tagging.graph"
import "$root/models/heads/topics.graph"
import "$root/models/heads/fitted.graph"
import "$root/models/heads/masked.graph"
task rough {
  data "sts-{split}.csv" tab quoted
  input both = (sentence1, sentence2): pair
  label similarity: real[0, 5]
  score = head(pooler(encoder(both) in "bert", both) in "bert", 4) in "heads.rough"
  loss mse(sum(sigmoid(score), axis = 1), similarity)
  predict sum(float(score > 0), axis = 1)
  metric pearson
}
END
"$gradc" check "$t/kinds.graph" >"$t/tasks" 2>"$t/err"
tasks=$(sed -n 's/^task //p' "$t/tasks" | tr '\n' ' ')
list=$(echo $tasks | tr ' ' ,)
trained 1 "$t/kinds" "$t/kinds.graph" --tasks "$list" --steps 20
ok "a run of many kinds of labels: $list" $?
for task in $tasks; do
  predict "$t/kinds" --task "$task" --data "$demo" --format jsonl && cp "$t/out" "$t/alone" &&
    predict "$t/kinds" "$t/kinds" --task "$task" --data "$demo" --format jsonl && [ -s "$t/out" ] && cmp -s "$t/out" "$t/alone"
  ok "$task: a run beside itself predicts as alone" $?
done
run eval "$t/kinds" --data "$demo" --cache "$kernels" --report && cp "$t/out" "$t/alone"
run eval "$t/kinds" "$t/kinds" --data "$demo" --cache "$kernels" --report
[ "$status" = 0 ] && cmp -s "$t/out" "$t/alone"
ok "it is evaluated as alone" $?
predict "$t/run-1" "$t/run-2" "$t/run-3" --data "$demo" --task sentiment --keep sentiment
right=$(awk '{ n += $1 == $2 } END { printf "%.17g", n / NR }' "$t/out")
run eval "$t/run-1" "$t/run-2" "$t/run-3" --data "$demo" --tasks sentiment --json --cache "$kernels"
has "$t/out" "\"accuracy\": $right"
ok "metrics are those of what the runs predict together" $?

# ---- Another tokenizer: each reads the rows for itself ----------------------------------------------------------------

cp -r "$demo" "$t/other" && { head -n 5 "$demo/vocab.txt"; tail -n +6 "$demo/vocab.txt" | sort -r; } >"$t/other/vocab.txt"
trained 4 "$t/run-2" "$root/models/bert.graph" --weights "$t/other" --epochs 1 --no-eval --force
all_of --task similarity --data "$demo" && beside | awk '
  { d = $4 - ($1 + $2 + $3) / 3; if (d > 1e-6 || d < -1e-6) exit bad = 1 } END { exit bad || NR != 100 }'
ok "a run with another tokenizer reads the rows by its own" $?

finish
