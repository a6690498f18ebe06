#!/bin/sh
# Runs that are stopped and taken up again end with the weights of a run that never stopped. GRADC names the program.
set -u
. tests/lib/checks.sh
mkdir "$t/data"
hash_of() { sed -n 's/.*"weights":"\([0-9a-f]*\)","\?.*/\1/p; s/.*"weights":"\([0-9a-f]*\)"}$/\1/p' "$1" | tail -n 1; }
steps_of() { grep -c '"event":"step"' "$1"; }
for file in ids-sst quora sts; do
  head -n 121 "$root/models/demo/$file-train.csv" >"$t/data/$file-train.csv"
  head -n 32 "$root/models/demo/$file-dev.csv" >"$t/data/$file-dev.csv"
done
graph=models/bert.graph
train() { "$gradc" train "$root/$graph" --weights "$root/models/demo" --data "$t/data" --batch 8 --epochs 4 --lr 1e-3 \
  --cache "$kernels" "$@" >"$t/out" 2>"$t/err"; }
again() { "$gradc" train "$@" --cache "$kernels" >"$t/out" 2>"$t/err"; }

train --out "$t/whole" --quiet
ok "a run that is not stopped" $?
hash=$(hash_of "$t/whole/log.jsonl")
cp "$t/out" "$t/table"

train --out "$t/run" --quiet --resume
[ $? = 0 ] && [ "$(hash_of "$t/run/log.jsonl")" = "$hash" ]
ok "--resume without a checkpoint begins anew" $?

# kill -9 once the log has so many lines, anywhere in a step or in a write; other threads each time.
kill_at() { # LINES ARGUMENTS...
  lines=$1
  shift
  "$gradc" train "$@" --cache "$kernels" >"$t/out" 2>"$t/err" &
  pid=$!
  while kill -0 $pid 2>/dev/null && [ "$(cat "$t/killed/log.jsonl" 2>/dev/null | wc -l)" -lt "$lines" ]; do :; done
  kill -9 $pid 2>/dev/null
  wait $pid 2>/dev/null
}
whole=$t/whole more= saved=model.safetensors
kills() { # NAME LINES...: a run with the options $more, against the one that was never stopped in $whole
  name=$1
  shift
  rm -rf "$t/killed"
  threads=1
  for lines; do
    kill_at "$lines" "$root/$graph" --weights "$root/models/demo" --data "$t/data" --batch 8 --epochs 4 --lr 1e-3 $more \
      --out "$t/killed" --quiet --resume --save-every 7 --threads $threads
    threads=$((3 - threads))
  done
  again "$t/killed" --resume --threads 3
  [ $? = 0 ] && [ "$(hash_of "$t/killed/log.jsonl")" = "$hash" ] && cmp -s "$t/out" "$t/table" &&
    cmp -s "$t/killed/$saved" "$whole/$saved"
  ok "same weights, metrics and best epoch: $name" $?
}
random=$(date +%N | sed 's/^0*//')
random=${random:-1}
first=$((random % 60 + 1))
second=$((first + random / 60 % 60 + 1))
kills "killed in the first steps" 3
kills "killed twice, after $first and $second lines" "$first" "$second"
[ "$(find "$t/killed/last" -type f | wc -l)" = 2 ]
ok "the last two checkpoints are kept, nothing else" $?

# Ctrl-C.
train --out "$t/killed2" --quiet --log "$t/log" &
pid=$!
while kill -0 $pid 2>/dev/null && [ "$(cat "$t/log" 2>/dev/null | wc -l)" -lt 20 ]; do :; done
child=$(pgrep -P $pid 2>/dev/null || echo $pid)
kill -TERM $child
wait $pid
[ $? = 143 ] && grep -q -- "--resume" "$t/err" && tail -n 1 "$t/log" | grep -q '"event":"stop"'
ok "a signal stops the run after a step and says how to go on" $?
cp -r "$t/killed2" "$t/late"
again "$t/killed2" --resume --log "$t/log" --quiet
[ $? = 0 ] && [ "$(hash_of "$t/log")" = "$hash" ] && [ "$(steps_of "$t/log")" = "$(steps_of "$t/whole/log.jsonl")" ]
ok "it goes on with the same weights and no step twice" $?

# A deadline that leaves no time: one step, and its evaluation.
again "$t/late" --resume --log "$t/late.log" --within 0.000001s
[ $? = 0 ] && [ "$(steps_of "$t/late.log")" = 1 ] && grep -q "within 0.000001s: the machine slowed down; ended after step" "$t/err" && grep -q -- "late --resume" "$t/err" &&
  grep -q '"event":"epoch"\|"event":"score"' "$t/late.log" && grep -q "^overall" "$t/out" && [ -f "$t/late/model.safetensors" ]
ok "what --within cuts short is evaluated and saved, and says how to go on" $?
again "$t/late" --resume --quiet && [ "$(hash_of "$t/late/log.jsonl")" = "$hash" ]
ok "it goes on as if it had not been cut" $?

# Settings.
train --out "$t/killed" --resume --lr 2e-3 --seed 5
[ $? = 1 ] && grep -q "error\[E0942\]" "$t/err" && grep -q "lr was 0.001, now 0.002" "$t/err" && grep -q "seed was 1, now 5" "$t/err"
ok "other settings are refused and listed" $?
train --out "$t/killed" --resume --cache-size 64 --lower-case yes --skip-bad-rows --max-memory 2G --quiet --save-every 5 --log "$t/other" --within 1h
[ $? = 0 ] && train --out "$t/killed" --resume --dry-run && grep -q "steps in 4 epochs" "$t/out"
ok "what does not decide the weights may differ" $?

# With a constant rate a step is the same in a run of any length.
train --out "$t/four" --quiet --schedule constant && train --out "$t/two" --quiet --schedule constant --epochs 2 &&
  again "$t/two" --resume --epochs 4 --threads 1 && [ "$(hash_of "$t/two/log.jsonl")" = "$(hash_of "$t/four/log.jsonl")" ]
ok "two epochs at a constant rate become four" $?
[ "$(steps_of "$t/two/log.jsonl")" = "$(steps_of "$t/four/log.jsonl")" ] && again "$t/two" --resume && cmp -s "$t/two/model.safetensors" "$t/four/model.safetensors" &&
  diff "$t/two/settings.json" "$t/four/settings.json" | grep '^[<>]' | grep -v '"out"' >"$t/err"
[ $? = 1 ]
ok "and that is what the folder then says" $?
train --out "$t/fixed" --quiet --epochs 2 && again "$t/fixed" --resume --epochs 4
[ $? = 1 ] && grep -q "epochs was 2, now 4" "$t/err"
ok "a falling rate knows its end" $?
sed -i '3d' "$t/data/ids-sst-train.csv"
train --out "$t/killed" --resume
[ $? = 1 ] && grep -q "error\[E0942\]" "$t/err" && grep -q "sentiment.train" "$t/err"
ok "other data are refused" $?
head -n 121 "$root/models/demo/ids-sst-train.csv" >"$t/data/ids-sst-train.csv"
again "$t/whole" --out "$t/repeated" --quiet
[ $? = 0 ] && [ "$(hash_of "$t/repeated/log.jsonl")" = "$hash" ] && cmp -s "$t/out" "$t/table"
ok "train of a run's folder repeats it" $?
again "$root/models/bert.graph" --weights "$root/models/demo" --resume
[ $? = 1 ] && grep -q "error\[E0947\]" "$t/err"
ok "--resume needs a folder" $?

# Damage: a byte of a moment, then the end of a file.
newest=$(find "$t/killed/last" -type f | sort | tail -n 1)
printf '\377' | dd of="$newest" bs=1 seek=300000 conv=notrunc 2>/dev/null
again "$t/killed" --resume --quiet
[ $? = 0 ] && grep -q "warning\[E0943\]" "$t/err" && [ "$(hash_of "$t/killed/log.jsonl")" = "$hash" ] && cmp -s "$t/out" "$t/table"
ok "a damaged checkpoint is named and the one before it used" $?
for file in "$t"/killed/last/*; do truncate -s 200000 "$file"; done
again "$t/killed" --resume --quiet
[ $? = 1 ] && grep -q "error\[E0944\]" "$t/err"
ok "without a whole checkpoint a run does not go on" $?

# Steps of several batches, rates of several kinds, an order of tasks that changes from epoch to epoch.
for more in "--sampler together" "--sampler together --pcgrad --layer-decay 0.9" "--sampler annealed --accumulate 2 --patience 3"; do
  rm -rf "$t/several"
  whole=$t/several
  train --out "$whole" --quiet $more
  ok "a run that is not stopped: $more" $?
  hash=$(hash_of "$whole/log.jsonl")
  cp "$t/out" "$t/table"
  kills "killed after $first lines: $more" "$first"
  [ -z "${GRADC_SANITIZED:-}" ] || break # as in tests/models.sh
done

# What is saved apart from its base.
graph=models/adapters/lora.graph more= saved=adapter_model.safetensors
whole=$t/adapters
train --out "$whole" --quiet
ok "a run of adapters that is not stopped" $?
hash=$(hash_of "$whole/log.jsonl")
cp "$t/out" "$t/table"
kills "adapters killed after $first lines" "$first"

# More checkpoints.
graph=models/bert.graph
train --out "$t/many" --quiet --steps 23 --save-every 5 --save-limit 3 --no-eval
[ $? = 0 ] && [ "$(cd "$t/many/last" && echo *)" = "step-000000000015.safetensors step-000000000020.safetensors step-000000000023.safetensors" ]
ok "--save-limit keeps the newest checkpoints" $?
printf '\377' | dd of="$t/many/last/step-000000000023.safetensors" bs=1 seek=300000 conv=notrunc 2>/dev/null
train --out "$t/many" --quiet --steps 23 --save-every 22 --save-limit 3 --no-eval --resume
[ $? = 0 ] && [ "$(cd "$t/many/last" && echo *)" = "step-000000000020.safetensors step-000000000022.safetensors step-000000000023.safetensors" ]
ok "what was damaged is gone once the run is past it" $?

# A signal while an epoch is evaluated: its checkpoint is there already, and nothing of the evaluation is in the log. Numbers that are fitted make an
# evaluation long, and are half fitted then.
mkdir "$t/long" "$t/long/quora"
cp "$demo/quora-train.csv" "$t/long/quora"
{ cat "$demo/quora-dev.csv"; for _ in $(seq 30); do tail -n +2 "$demo/quora-dev.csv"; done; } >"$t/long/quora/quora-dev.csv"
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
  metric f1, log_loss
}
END
fitted() { "$gradc" train "$t/fit.graph" --weights "$demo" --data "$t/long" --tasks pairs --batch 32 --epochs 2 --lr 1e-2 --quiet --cache "$kernels" \
  "$@" >"$t/out" 2>"$t/err"; }
scores_of() { grep -E '"event":"(eval|fit|score)"' "$1"; } # LOG
fitted --out "$t/fitted"
ok "a run of fits that is not stopped" $?
cp "$t/out" "$t/table"
for epoch in 1 2; do
  newest=$t/half-$epoch/last/$(cd "$t/fitted/last" && ls | sed -n ${epoch}p)
  fitted --out "$t/half-$epoch" &
  pid=$!
  while kill -0 $pid 2>/dev/null && [ ! -e "$newest" ]; do :; done
  kill -TERM "$(pgrep -P $pid 2>/dev/null || echo $pid)"
  wait $pid
  [ $? = 143 ] && [ "$(grep -c '"event":"score"' "$t/half-$epoch/log.jsonl")" = $((epoch - 1)) ] && grep -q "stopped after step $((epoch * 19)) of 38" "$t/err"
  ok "a signal stops the evaluation of epoch $epoch" $?
  again "$t/half-$epoch" --resume --quiet
  [ $? = 0 ] && [ "$(hash_of "$t/half-$epoch/log.jsonl")" = "$(hash_of "$t/fitted/log.jsonl")" ] && cmp -s "$t/out" "$t/table" &&
    cmp -s "$t/half-$epoch/model.safetensors" "$t/fitted/model.safetensors" &&
    [ "$(scores_of "$t/half-$epoch/log.jsonl")" = "$(scores_of "$t/fitted/log.jsonl")" ]
  ok "--resume evaluates first: same weights, metrics, best epoch and log" $?
done
again "$t/fitted" --resume --quiet
[ $? = 0 ] && [ "$(grep -c '"event":"score"' "$t/fitted/log.jsonl")" = 2 ] && cmp -s "$t/out" "$t/table"
ok "a run that is done is not evaluated again" $?

# A second signal, while the log's reader keeps the run waiting.
mkfifo "$t/pipe"
exec 3<>"$t/pipe"
"$gradc" train "$root/tests/lib/small.graph" --weights "$demo" --data "$demo" --cache "$kernels" --batch 8 --epochs 100000 --no-eval \
  --log "$t/pipe" --quiet >"$t/out" 2>"$t/err" &
pid=$!
waiting=0
while kill -0 $pid 2>/dev/null && [ $waiting -lt 10 ]; do
  if grep -q '^State:.S' /proc/$pid/status; then waiting=$((waiting + 1)); else waiting=0; fi
  sleep 0.05
done
kill -TERM $pid
sleep 0.3
kill -0 $pid && kill -TERM $pid
wait $pid
[ $? = 143 ] && ! grep -q "stopped after" "$t/err"
ok "a second signal stops at once" $?
exec 3>&-

finish
