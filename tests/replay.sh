#!/bin/sh
# gradc replay: a step of a run comes out as it was, to the bit, wherever the run was stopped. GRADC names the program.
set -u
. tests/lib/checks.sh
mkdir "$t/data"
for file in ids-sst quora sts; do
  head -n 41 "$root/models/demo/$file-train.csv" >"$t/data/$file-train.csv"
  head -n 12 "$root/models/demo/$file-dev.csv" >"$t/data/$file-dev.csv"
done
train() { "$gradc" train "$root/models/bert.graph" --weights "$demo" --data "$t/data" --batch 8 --epochs 2 --lr 1e-3 --no-eval --quiet --cache "$t/cache" "$@" >"$t/out" 2>"$t/err"; }
replay() { run replay "$@" --cache "$t/cache"; }
# Every step with this number in the log is the one that is repeated; false where there is none.
loss_of() { sed -n "s/.*\"event\":\"step\",\"step\":$2,.*\"loss\":\([0-9.e-]*\),.*/\1/p" "$1/log.jsonl" | tail -n 1; }
repeats() { replay "$@" && [ "$status" = 0 ] && has "$t/out" "loss $(loss_of "$1" "$3"), norm" && has "$t/out" "as in the log"; } # RUN --step N

# ---- Whole and stopped runs ------------------------------------------------------------------------------

train --out "$t/run" && repeats "$t/run" --step 1 && has "$t/out" "step 1 of 30, from the start, learning rate 0"
ok "the first step" $?
repeats "$t/run" --step 17 --threads 3 && has "$t/out" "from the checkpoint of step 15"
ok "a step behind a checkpoint, with other threads" $?
task=$(sed -n 's/^\([a-z]*\): 8 rows.*/\1/p' "$t/out")
file=$(sed -n 's/^  \(.*\): lines .*/\1/p' "$t/out") lines=$(sed -n 's/.*: lines //p' "$t/out")
[ -f "$file" ] && [ "$(echo "$lines" | tr ',' '\n' | wc -l)" = 8 ] && [ -n "$task" ]
ok "its rows by file and line" $?
find "$t/run" -type f -exec cksum {} + >"$t/sums"
repeats "$t/run" --step 9 && find "$t/run" -type f -exec cksum {} + | cmp -s - "$t/sums"
ok "nothing is written to the run" $?

"$gradc" train "$root/models/bert.graph" --weights "$demo" --data "$t/data" --batch 8 --epochs 2 --lr 1e-3 --no-eval --quiet --cache "$t/cache" --save-every 4 --out "$t/killed" 2>"$t/err" &
pid=$!
while kill -0 $pid 2>/dev/null && [ "$(cat "$t/killed/log.jsonl" 2>/dev/null | wc -l)" -lt 8 ]; do :; done
kill -9 $pid 2>/dev/null
wait $pid 2>/dev/null
repeats "$t/killed" --step 3 && repeats "$t/killed" --step 5
ok "steps of a run that was killed" $?
"$gradc" train "$t/killed" --resume --quiet --cache "$t/cache" --save-every 4 >"$t/out" 2>"$t/err" && repeats "$t/killed" --step 22 && repeats "$t/killed" --step 6
ok "steps of a run that was taken up again" $?

# ---- Values ----------------------------------------------------------------------------------------------

replay "$t/run" --step 17 --show loss --show 'logit*' --grad --npy "$t/npy"
[ "$status" = 0 ] && has "$t/out" "gradient of the loss:" && has "$t/out" ", deviation " && [ -s "$t"/npy/loss-[0-9]*[0-9].npy ]
ok "values, gradients and figures" $?
printed=$(tail -c 4 "$t"/npy/loss-[0-9]*[0-9].npy | od -An -f | tr -d ' ')
awk -v a="$printed" -v b="$(loss_of "$t/run" 17)" 'BEGIN { exit !(a - b < 1e-6 && b - a < 1e-6) }'
ok "the loss that is shown is the step's" $?
replay "$t/run" --step 17 --show bert.encoder.layer.1.attention.self.h
[ "$status" = 0 ] && has "$t/out" "in self_attention, bert.encoder.layer.1.attention.self)"
ok "a value within a layer, dropout and all" $?

# ---- Steps over several tasks ----------------------------------------------------------------------------

train --out "$t/joined" --sampler together --steps 6 && replay "$t/joined" --step 5 --show loss --npy "$t/parts" --task similarity
[ "$status" = 0 ] && [ "$(grep -c 'as in the log' "$t/out")" = 1 ] && has "$t/out" "similarity: 8 rows"
ok "one task of a step over all" $?
printed=$(tail -c 4 "$t"/parts/loss-[0-9]*[0-9].npy | od -An -f | tr -d ' ')
wanted=$(sed -n 's/.*"step":5,"task":"similarity","loss":\([0-9.e-]*\),.*/\1/p' "$t/joined/log.jsonl")
awk -v a="$printed" -v b="$wanted" 'BEGIN { exit !(a - b < 1e-6 && b - a < 1e-6) }'
ok "and its own loss" $?
train --out "$t/added" --accumulate 2 --steps 3 --tasks sentiment && replay "$t/added" --step 2 --show logits
[ "$status" = 0 ] && has "$t/out" "sentiment: 16 rows" && has "$t/out" "pass 2 of the rows:" && has "$t/out" "as in the log"
ok "a step of several batches" $?

finish
