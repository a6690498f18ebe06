#!/bin/sh
# The bits of an update depend on its rows and on --shards alone: not on batches or threads. Run from the project's root; GRADC names the
# program. One line a check; the last line counts.
set -u
. tests/lib/checks.sh

train() { # NAME OPTIONS...: logs to $t/NAME.log
  name=$1
  shift
  rm -f "$t/$name.log"
  run train "${graph:-models/bert.graph}" --weights "$demo" --data "$demo" --cache "$kernels" --quiet --lr 1e-3 --steps 5 --log "$t/$name.log" "$@"
  return "$status"
}
weights() { sed -n 's/.*"weights": *"\([0-9a-f]*\)".*/\1/p' "$t/$1.log"; }
same() { [ -n "$(weights "$1")" ] && [ "$(weights "$1")" = "$(weights "$2")" ]; }

train plain --no-eval && train one --no-eval --shards 1 && same plain one
ok "one shard is an update as it is" $?
# The last updates of an epoch have fewer rows: 120, 64 and 33 of the tasks.
for how in "" "--sampler annealed --seed 3" "--sampler together" "--sampler together --cosines" "--sampler together --pcgrad --loss-weight paraphrase=0.5" \
  "--freeze bert.* --dropout 0"; do
  train whole --no-eval --batch 32 --shards 4 --threads 1 $how && train split --no-eval --batch 8 --accumulate 4 --threads 2 $how && same whole split
  ok "four batches are four shards: $how" $?
  train half --no-eval --batch 16 --accumulate 2 --shards 4 --threads 2 $how && same whole half && ! same plain whole
  ok "two batches of two shards each: $how" $?
done
steps() { grep '"step"' "$t/$1.log" | sed 's/"ms".*//'; }
steps whole >"$t/a" && steps half >"$t/b" && [ -s "$t/a" ] && cmp -s "$t/a" "$t/b"
ok "losses, norms and tokens in the log are the same" $?
train many --no-eval --batch 4 --shards 16 && train again --no-eval --batch 4 --shards 16 --threads 2 && same many again
ok "more shards than rows" $?

cat >"$t/masks.graph" <<EOF
import "$root/models/bert.graph"
import "$root/models/heads/masked.graph"
EOF
graph="$t/masks.graph"
train whole --no-eval --tasks masked --batch 16 --shards 4 && train split --no-eval --tasks masked --batch 4 --accumulate 4 --threads 2 && same whole split
ok "hidden tokens" $?
graph=models/bert.graph

run train models/bert.graph --weights "$demo" --data "$demo" --cache "$kernels" --quiet --steps 4 --no-eval --shards 4 --out "$t/run"
run train "$t/run" --resume --steps 6 --schedule constant --shards 2 --cache "$kernels"
[ "$status" = 1 ] && has "$t/err" "error[E0942]" && has "$t/err" "shards was 4, now 2"
ok "a run does not go on with other shards" $?
run train models/bert.graph --weights "$demo" --data "$demo" --cache "$kernels" --batch 8 --shards 4 --epochs 1 --no-eval --dry-run
[ "$status" = 0 ] && has "$t/out" "the rows of an update in 4 shards"
ok "a dry run says how many shards there are" $?

# A row that is compared with the others of its batch. What is a sum over rows, or a gradient of such a sum, is none.
cat >"$t/losses.graph" <<EOF
import "$root/models/bert.graph"
import "$root/models/heads/contrastive.graph"
import "$root/models/heads/smart.graph"
import "$root/models/heads/r_drop.graph"
import "$root/models/heads/simcse.graph"
EOF
graph="$t/losses.graph"
for task in contrastive simcse; do
  train bad --no-eval --tasks $task --shards 2
  [ "$status" = 1 ] && has "$t/err" "error[E0991]"
  ok "rows that meet in a loss: $task" $?
  train good --no-eval --tasks $task --batch 4 --accumulate 2 --steps 1
  ok "batches of their own: $task" $?
done
for task in smart r_drop; do
  train good --no-eval --tasks $task --shards 4 --batch 8 --steps 1
  ok "sums over rows, and their gradients: $task" $?
done
finish
