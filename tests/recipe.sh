#!/bin/sh
# Settings of the training in the text: what they do, what is stronger, and that a run's folder repeats it.
# Run from the project's root; GRADC names the program. One line a check; the last line counts.
set -u
. tests/lib/checks.sh

cat >"$t/recipe.graph" <<END
import "$root/tests/lib/small.graph"
config speed = 2e-3
config gain = 1

train {
  epochs = 2
  batch = 16
  lr = speed
  tasks = "sentiment"
  sampler = "sqrt"
  limit = "sentiment=64"
  layer_decay = 0.5
  no_shuffle
}
END
train() { run train "$@" --weights "$demo" --data "$demo" --threads 1; }
hash_of() { sed -n 's/.*"event": *"done".*"weights": *"\([0-9a-f]*\)".*/\1/p' "$1/log.jsonl"; }
same() { [ -n "$(hash_of "$1")" ] && [ "$(hash_of "$1")" = "$(hash_of "$2")" ]; }

run check "$t/recipe.graph"
[ "$status" = 0 ] && has "$t/out" "train --tasks sentiment --epochs 2 --batch 16 --lr 0.002 --layer-decay 0.5 --limit 'sentiment=64' --sampler sqrt --no-shuffle"
ok "gradc check shows the settings as the command line would have them" $?

train "$t/recipe.graph" --out "$t/text"
[ "$status" = 0 ] && has "$t/err" "settings: --tasks sentiment --epochs 2 --batch 16 --lr 0.002"
ok "training says its settings" $?
train "$root/tests/lib/small.graph" --tasks sentiment --epochs 2 --batch 16 --lr 2e-3 --layer-decay 0.5 --limit sentiment=64 --no-shuffle --out "$t/words"
same "$t/text" "$t/words"
ok "a recipe in the text and the same on the command line give the same bits" $?

train "$t/recipe.graph" --epochs 1 --out "$t/less"
[ "$status" = 0 ] && has "$t/err" "settings: --tasks sentiment --epochs 1 --batch 16" && ! same "$t/text" "$t/less"
ok "the command line is stronger than the text" $?
run train "$t/less" --out "$t/less2" --threads 1
same "$t/less" "$t/less2"
ok "a run's folder repeats the run as it was, not as its text says" $?

train "$t/recipe.graph" --set speed=1e-3 --out "$t/slow"
[ "$status" = 0 ] && has "$t/err" "--lr 0.001" && has "$t/slow/model.graph" "config speed = 0.001"
ok "--set reaches a setting, and stays in the text of the run" $?
run train "$t/slow" --out "$t/slow2" --threads 1
same "$t/slow" "$t/slow2" && cmp -s "$t/slow/model.graph" "$t/slow2/model.graph"
ok "a run with --set is repeated from its folder" $?

cat >"$t/other.graph" <<END
import "recipe.graph"
override train {
  lr = 1e-4
  clip = 0
}
END
run check "$t/other.graph"
[ "$status" = 0 ] && has "$t/out" "--epochs 2" && has "$t/out" "--lr 0.0001" && has "$t/out" "--clip 0"
ok "a file that imports a recipe replaces single settings" $?
run fmt "$t/other.graph"
cmp -s "$t/out" "$t/other.graph"
ok "gradc fmt puts one setting a line" $?

finish
