#!/bin/sh
# The optimizers of models/optimizers train, alike for any number of threads and in a run that is taken up again. Run from the project's
# root; GRADC names the program. One line a check; the last line counts.
set -u
. tests/lib/checks.sh

train() { # NAME OPTIMIZER OPTIONS...: logs to $t/NAME.log
  name=$1 optimizer=$2
  shift 2
  rm -f "$t/$name.log"
  run train "models/optimizers/$optimizer.graph" --tasks sentiment --weights "$demo" --data "$demo" --cache "$kernels" --batch 16 --lr "$rate" \
    --quiet --log "$t/$name.log" "$@"
  return "$status"
}
weights() { sed -n 's/.*"weights": *"\([0-9a-f]*\)".*/\1/p' "$t/$1.log"; }
same() { [ -n "$(weights "$1")" ] && [ "$(weights "$1")" = "$(weights "$2")" ]; }

rate=3e-2
for optimizer in lamb adafactor l2_sp averaged; do
  [ "$optimizer" = l2_sp ] && rate=1e-3
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
run train "$t/sums.graph" --tasks sentiment --weights "$demo" --data "$demo" --cache "$kernels" --batch 4 --steps 1 --no-eval --quiet --out "$t/sums"
[ "$status" = 0 ] && run run "$t/sums" --task sentiment --text "a" --show 'bert.pooler.dense.weight' && grep -q '4096 *4096' "$t/out"
ok "a sum over a parameter has all of it and nothing else" $?

# What is evaluated and saved is the mean: with nothing kept of it the weights themselves, with all of it those that training began from.
saved() { cmp -s "$t/$1/model.safetensors" "$t/$2/model.safetensors"; }
mean() { # NAME KEPT OPTIONS...
  name=$1 kept=$2
  shift 2
  rm -rf "$t/$name"
  train "$name" averaged --schedule constant --no-eval --set "kept=$kept" --out "$t/$name" "$@"
}
"$gradc" train models/bert.graph --tasks sentiment --weights "$demo" --data "$demo" --cache "$kernels" --batch 16 --lr 1e-3 --quiet --schedule constant --no-eval --steps 5 --out "$t/plain" 2>"$t/err" &&
  mean none 0 --steps 5 && saved plain none
ok "a mean that keeps nothing is the weights" $?
"$gradc" train models/bert.graph --tasks sentiment --weights "$demo" --data "$demo" --quiet --epochs 0 --no-eval --out "$t/first" 2>"$t/err" && mean all 1 --steps 5 && saved first all
ok "a mean that keeps all is where training began" $?
mean some 0.5 --steps 5 --freeze 'bert.encoder.*' && ! saved some first && mean again 0.5 --steps 5 --freeze 'bert.encoder.*' --passes -compact --threads 3 && saved some again
ok "rows of tables that wait have the same mean" $?
mean whole 0.5 --steps 4 --accumulate 2 && mean half 0.5 --steps 4 --accumulate 2 --save-every 2 --threads 2 && saved whole half
ok "a mean of accumulated steps, with checkpoints between" $?
rm -rf "$t/half" && train half averaged --epochs 1 --set kept=0.9 --schedule constant --out "$t/half" && train half averaged --epochs 2 --set kept=0.9 --schedule constant --out "$t/half" --resume &&
  rm -rf "$t/long" && train long averaged --epochs 2 --set kept=0.9 --schedule constant --out "$t/long" && saved half long && same half long
ok "a run that is taken up again saves the same mean" $?
cp "$t/out" "$t/trained" && run eval "$t/long" --tasks sentiment --data "$demo" && cmp -s "$t/trained" "$t/out"
ok "what is evaluated in training is what is saved" $?
train near l2_sp --epochs 1 --schedule constant --batch 4 && train far l2_sp --epochs 1 --schedule constant --batch 4 --passes -compact --threads 3 && same near far
ok "rows of tables that wait are pulled alike" $?

finish
