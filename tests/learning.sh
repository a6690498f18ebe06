#!/bin/sh
# Rates of parameters' own, weight decay, early stop. Run from the project's root; GRADC names the program. One line a check; the last line
# counts.
set -u
. tests/lib/checks.sh

train() { # NAME OPTIONS...: logs to $t/NAME.log
  name=$1
  shift
  run train models/bert.graph --weights "$demo" --data "$demo" --cache "$kernels" --quiet --batch 16 --lr 1e-3 --tasks sentiment \
    --limit sentiment=64 --log "$t/$name.log" "$@"
  return "$status"
}
weights() { sed -n 's/.*"weights": *"\([0-9a-f]*\)".*/\1/p' "$t/$1.log"; }
short="--steps 3 --no-eval --schedule constant"

train never $short --epochs 0 && train still $short --rate '*=0'
[ -n "$(weights never)" ] && [ "$(weights never)" = "$(weights still)" ]
ok "a rate of 0 for all changes nothing" $?
train slow $short --lr 5e-4 && train other $short --lr 1e-3 --rate '*=5e-4'
[ "$(weights slow)" = "$(weights other)" ] && [ "$(weights slow)" != "$(weights never)" ]
ok "a rate of their own for all is a rate for all" $?
train decayed $short --layer-decay 0.5 && train plain $short && [ "$(weights decayed)" != "$(weights plain)" ]
ok "layers with smaller rates end elsewhere" $?
train one $short --layer-decay 1 && [ "$(weights one)" = "$(weights plain)" ]
ok "a decay of 1 is none" $?
train light $short --weight-decay 0 && [ "$(weights light)" != "$(weights plain)" ] && train file $short --weight-decay 0.01 && [ "$(weights file)" = "$(weights plain)" ]
ok "weight decay in place of the file's" $?
train learning-rate $short --learning-rate 1e-3 --gradient-accumulation-steps 1 --warmup-steps 5 && [ "$(weights learning-rate)" = "$(weights plain)" ]
ok "Hugging Face's spellings" $?

# Nothing is learnt, so nothing gets better after the first epoch.
train patient --lr 0 --epochs 9 --patience 2 --out "$t/run"
[ "$(grep -c '"event": *"score"' "$t/patient.log")" = 3 ] && grep -q '"event": *"early_stop"' "$t/patient.log"
ok "two epochs without a better one end a run" $?
run train "$t/run" --resume --quiet --cache "$kernels" --log "$t/patient.log"
[ "$status" = 0 ] && [ "$(grep -c '"event": *"score"' "$t/patient.log")" = 3 ]
ok "it has ended for good" $?
train by --epochs 2 --best sentiment.f1_macro
ok "the best epoch by another metric" $?

run train models/bert.graph --weights "$demo" --data "$demo" --cache "$kernels" --quiet --batch 16 --lr 1e-3 --tasks sentiment --limit sentiment=64 \
  --epochs 1 --seeds 3,4 --out "$t/seeds"
cp "$t/out" "$t/both"
ok "a run for each of two seeds" "$status"
train four --epochs 1 --seed 4 --out "$t/four"
cmp -s "$t/four/model.safetensors" "$t/seeds/seed-4/model.safetensors"
ok "each is the run with that seed" $?
awk '/^sentiment +[0-9]/ { v[++n] = $4 } /^sentiment accuracy/ { m = $3; s = $4; d = v[1] - v[2]; if (d < 0) d = -d
     good = n == 2 && m > (v[1] + v[2]) / 2 - 0.001 && m < (v[1] + v[2]) / 2 + 0.001 && s > d * 0.7071 - 0.001 && s < d * 0.7071 + 0.001 } END { exit !good }' "$t/both"
ok "mean and deviation" $?
run train models/bert.graph --weights "$demo" --data "$demo" --seeds 1,two
[ "$status" = 1 ] && has "$t/err" "--seeds 1,2,3"
ok "a seed that is no number" $?
finish
