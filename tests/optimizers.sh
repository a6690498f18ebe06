#!/bin/sh
# The optimizers of models/optimizers train, alike for any number of threads and in a run that is taken up again. Run from the project's
# root; GRADC names the program. One line a check; the last line counts.
set -u
. tests/lib/checks.sh

train() { # NAME OPTIMIZER OPTIONS...: logs to $t/NAME.log
  name=$1 optimizer=$2
  shift 2
  rm -f "$t/$name.log"
  run train "models/optimizers/$optimizer.graph" --tasks sentiment --weights "$demo" --data "$demo" --cache "$t/cache" --batch 16 --lr 3e-2 \
    --quiet --log "$t/$name.log" "$@"
  return "$status"
}
weights() { sed -n 's/.*"weights": *"\([0-9a-f]*\)".*/\1/p' "$t/$1.log"; }
same() { [ -n "$(weights "$1")" ] && [ "$(weights "$1")" = "$(weights "$2")" ]; }

for optimizer in lamb adafactor; do
  "$gradc" fmt "models/optimizers/$optimizer.graph" >"$t/out" 2>"$t/err" && cmp -s "$t/out" "models/optimizers/$optimizer.graph"
  ok "$optimizer is in the layout of gradc fmt" $?
  train learns "$optimizer" --epochs 5 --threads 1 && awk '$1 == "sentiment" { good = $4 >= 0.6 } END { exit !good }' "$t/out"
  ok "$optimizer learns" $?
  train one "$optimizer" --epochs 2 --schedule constant --threads 1 && train two "$optimizer" --epochs 2 --schedule constant --threads 2 && same one two
  ok "$optimizer: two threads, the same bits" $?
  train apart "$optimizer" --epochs 2 --schedule constant --threads 2 --passes -fuse && same one apart
  ok "$optimizer: a kernel for each node, the same bits" $?
  rm -rf "$t/run"
  train half "$optimizer" --epochs 1 --schedule constant --out "$t/run" --threads 1 && train rest "$optimizer" --epochs 2 --schedule constant --out "$t/run" --resume --threads 1 && same one rest
  ok "$optimizer: a run that is taken up again has its states" $?
done

# Each parameter becomes its own sum: nothing of its neighbours in memory is in it, of the gaps between them neither.
cat >"$t/sums.graph" <<END
import "$root/models/bert.graph"
override optimizer sums(weight: f32[R, C]) {
  state seen: f32[1, 1]
  seen = seen + 1
  weight = 0 * weight + sum(sum(0 * weight + 1, axis = 1), axis = 0) * seen
}
END
run train "$t/sums.graph" --tasks sentiment --weights "$demo" --data "$demo" --cache "$t/cache" --batch 4 --steps 1 --no-eval --quiet --out "$t/sums"
[ "$status" = 0 ] && run run "$t/sums" --task sentiment --text "a" --show 'bert.pooler.dense.weight' && grep -q '4096 *4096' "$t/out"
ok "a sum over a parameter has all of it and nothing else" $?

finish
