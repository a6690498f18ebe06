#!/bin/sh
# gradc train --dry-run and --within: what is said is what then happens, and nothing of it is left in the weights. Times are not checked.
# Run from the project's root; GRADC names the program.
set -u
. tests/lib/checks.sh
train() { # LOG OPTIONS
  log=$1
  shift
  run train models/bert.graph --weights "$demo" --data "$demo" --cache "$kernels" --batch 16 --lr 1e-3 --limit sentiment=64 --limit paraphrase=40 \
    --limit similarity=33 --log "$t/$log" "$@"
}
hash_of() { sed -n 's/.*"weights":"\([0-9a-f]*\)".*/\1/p' "$t/$1"; }

train no.log --dry-run --epochs 3 --out "$t/none"
[ "$status" = 0 ] && [ ! -e "$t/none" ] && [ -z "$(ls "$t" | grep -vE "^(caches|out|err)$")" ]
ok "a dry run writes nothing" $?
cp "$t/out" "$t/reported"
has "$t/reported" "30 steps in 3 epochs" && has "$t/reported" "memory: " && has "$t/reported" "time here"
ok "it tells steps, memory and time" $?
train log --epochs 3 --no-eval --quiet
for task in sentiment paraphrase similarity; do
  grep "\"event\":\"step\".*\"task\":\"$task\"" "$t/log" | sed 's/.*"tokens":\([0-9]*\).*/\1/' | awk -v task=$task '{ n++; sum += $1 } END { print task, n, sum }'
done >"$t/happened"
awk '/^(sentiment|paraphrase|similarity) / { print $1, $6, $7 }' "$t/reported" | cmp -s - "$t/happened"
ok "steps and tokens of each task are those of the run" $?

train within --epochs 3 --no-eval --quiet --within 9h
[ "$status" = 0 ] && [ "$(hash_of within)" = "$(hash_of log)" ]
ok "a budget that is large enough changes no bit, the timed steps none" $?
train together --epochs 1 --no-eval --quiet --sampler together
train again --epochs 1 --no-eval --quiet --sampler together --within 9h
[ "$status" = 0 ] && [ "$(hash_of again)" = "$(hash_of together)" ]
ok "nor where a step is of all tasks" $?
train short.log --epochs 3 --no-eval --quiet --within 0.000001s --out "$t/short"
[ "$status" = 0 ] && [ "$(grep -c '"event":"step"' "$t/short.log")" = 1 ] && has "$t/short/settings.json" '"steps": 1' && ! has "$t/short/settings.json" within
ok "a budget for nothing is one step; the settings keep what it came to" $?
train all.log --epochs 3 --within 0.000001s --out "$t/part"
[ "$status" = 0 ] && has "$t/err" "within 0.000001s: 1 of 30 steps, " && has "$t/err" "only the first 192 of 300 rows are evaluated, as with --limit-dev sentiment=64 --limit-dev paraphrase=64" &&
  [ "$(grep -c '"event":"eval".*"rows":64' "$t/all.log")" = 3 ] && has "$t/part/settings.json" '"sentiment=64"'
ok "where evaluation would take most of the time, rows of it are left out, which is said" $?
run train "$t/part" --quiet --out "$t/repeated"
[ "$status" = 0 ] && [ "$(hash_of repeated/log.jsonl)" = "$(hash_of all.log)" ] && [ "$(grep -c '"event":"eval".*"rows":64' "$t/repeated/log.jsonl")" = 3 ]
ok "the settings keep that too" $?
train bad --within soon
[ "$status" = 1 ] && has "$t/err" "--within takes a time, not 'soon'"
ok "a budget that is no time" $?

train dev.log --epochs 1 --limit-dev sentiment=10 --limit-dev paraphrase=1000
[ "$status" = 0 ] && grep -q '"event":"eval".*"task":"sentiment","rows":10,' "$t/dev.log" && [ "$(grep -c '"event":"eval".*"rows":100,' "$t/dev.log")" = 2 ] &&
  has "$t/err" "sentiment: 64 rows, the first 10 to evaluate" && has "$t/err" "similarity: 33 rows, 100 to evaluate"
ok "--limit-dev evaluates the first rows of a task, and the run's first lines say how many" $?
train whole.log --epochs 1 --quiet
[ "$status" = 0 ] && [ "$(hash_of whole.log)" = "$(hash_of dev.log)" ]
ok "the weights are those of a run that evaluates all" $?
train none.log --epochs 1 --limit-dev sentiment=10 --dry-run
[ "$status" = 0 ] && awk '$1 == "sentiment" && $8 == 10 { n++ } $1 == "similarity" && $8 == 100 { n++ } END { exit n != 2 }' "$t/out"
ok "so does a dry run" $?
train bad --limit-dev sentiment=some
[ "$status" = 1 ] && has "$t/err" "error[E0940]" && has "$t/err" "--limit-dev takes TASK=N"
ok "a limit that is no number" $?

train board --epochs 1 --quiet --tensorboard "$t/board.events"
[ "$status" = 0 ] && [ "$(grep -ac brain.Event:2 "$t/board.events"/events.out.tfevents.*)" = 1 ] && grep -aq loss/sentiment "$t/board.events"/* &&
  grep -aq dev/similarity/pearson "$t/board.events"/* && grep -aq dev/similarity/loss "$t/board.events"/* && grep -aq dev/overall "$t/board.events"/*
ok "--tensorboard writes losses and metrics" $?

run train models/bert.graph --weights "$demo" --data "$demo" --cache "$kernels" --no-eval --batch 8 --epochs 1 --sampler together --dry-run
[ "$status" = 0 ] && awk '$1 == "sentiment" || $1 == "paraphrase" || $1 == "similarity" { if ($6 > 0 && $7 > 0) n++; if (!s) s = $6; if ($6 != s) n = 9 } END { exit n != 3 }' "$t/out"
ok "a step over all tasks is counted with each" $?
# What is set aside before the first step is what the run then has, to one part in a hundred.
for more in "" "--sampler together" "--accumulate 3" "--no-eval"; do
  train memory --epochs 2 $more
  has "$t/err" "MiB for the largest batch" &&
    sed -n 's/.*"planned_slab_bytes": *\([0-9]*\), *"slab_bytes": *\([0-9]*\).*/\1 \2/p' "$t/memory" | awk '{ n++; good = $1 > 0 && $2 <= 1.01 * $1 && $1 <= 1.01 * $2 } END { exit !(n == 1 && good) }'
  ok "the memory of the largest batch is known before: $more" $?
done
train small --epochs 1 --max-memory 3M
[ "$status" = 1 ] && has "$t/err" "error[E0988]" && has "$t/err" "with --batch 1 it is"
ok "a run that needs more than --max-memory is refused" $?
train small --epochs 1 --max-memory 3M --batch 1 --quiet --steps 3 --no-eval
ok "smaller batches fit" "$status"
train small --epochs 1 --max-memory lots
[ "$status" = 1 ] && has "$t/err" "takes a size such as 512M or 4G, not 'lots'"
ok "a size is a number with a unit" $?

finish
