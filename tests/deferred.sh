#!/bin/sh
# Deferred updates of tables: a row that waits has the bits that it would have had, whoever looks at it and when. Run from the project's
# root; GRADC names the program. One line a check; the last line counts.
set -u
. tests/lib/checks.sh

graph=models/bert.graph
train() { # NAME OPTIONS...: the hash of the weights in $t/NAME
  name=$1
  shift
  "$gradc" train "$root/$graph" --weights "$demo" --data "$demo" --cache "$kernels" --batch 8 --lr 1e-3 --limit sentiment=160 \
    --limit paraphrase=120 --limit similarity=80 --log "$t/log" "$@" >"$t/out" 2>"$t/err" &&
    sed -n 's/.*"weights":"\([0-9a-f]*\)".*/\1/p' "$t/log" >"$t/$name" && [ -s "$t/$name" ]
}
same() { cmp -s "$t/$1" "$t/$2"; }

"$gradc" train "$root/models/bert.graph" --weights "$demo" --data "$demo" --cache "$kernels" --steps 2 --no-eval --profile >"$t/out" 2>"$t/err"
grep -q "scatter" "$t/err"
ok "tables have rows to scatter" $?
train whole --epochs 2 --passes -compact && train rows --epochs 2 && same whole rows
ok "the same weights as from whole updates, evaluation between epochs" $?
train whole --steps 20 --no-eval --passes -compact && train rows --steps 20 --no-eval && same whole rows
ok "nobody looks before the end" $?
train one --epochs 1 --threads 1 && train three --epochs 1 --threads 3 && same one three
ok "any number of threads" $?
train whole --epochs 1 --clip 0 --schedule constant --passes -compact && train rows --epochs 1 --clip 0 --schedule constant && same whole rows
ok "without clipping" $?
train whole --epochs 1 --tasks similarity --passes -compact && train rows --epochs 1 --tasks similarity && same whole rows
ok "one task" $?
train unbroken --epochs 2
train saved --epochs 2 --save-every 7 --out "$t/often" && same unbroken saved
ok "checkpoints between steps change nothing" $?
train whole --steps 1 --no-eval --grads "$t/whole.safetensors" --passes -compact && train rows --steps 1 --no-eval --grads "$t/rows.safetensors" &&
  cmp -s "$t/whole.safetensors" "$t/rows.safetensors"
ok "--grads writes the whole gradient" $?
graph=models/heads/masked.graph # its words are scores too: of that table one task gives a gradient of all rows, the others of some
train whole --steps 20 --no-eval --passes -compact && train rows --steps 20 --no-eval && same whole rows
ok "a table that one task touches whole and others by rows" $?
train whole --steps 6 --no-eval --sampler together --accumulate 2 --passes -compact &&
  train rows --steps 6 --no-eval --sampler together --accumulate 2 && same whole rows
ok "in steps over all tasks" $?

finish
