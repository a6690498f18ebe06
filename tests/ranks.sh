#!/bin/sh
# Several processes train one run, to the bits of one. Needs mpirun and a gradc that was built with MPI, and does nothing without. Run from
# the project's root; GRADC names the program. One line a check; the last line counts.
set -u
. tests/lib/checks.sh

if ! command -v mpirun >/dev/null 2>&1 || ! ldd "$gradc" | grep -q 'libmpi'; then
  echo "no MPI: nothing is checked"
  finish
  exit
fi
# Open MPI wants to be told that root, and more processes than processors, are meant.
if mpirun --version 2>&1 | grep -q "Open MPI"; then start="mpirun --allow-run-as-root --oversubscribe"; else start=mpirun; fi

graph=models/bert.graph more=
train() { # RANKS NAME OPTIONS...: logs to $t/NAME.log
  ranks=$1 name=$2
  shift 2
  timeout 60 $start -n "$ranks" "$gradc" train "$graph" --weights "$demo" --data "$demo" --cache "$kernels" --quiet --lr 1e-3 --steps 4 \
    --log "$t/$name.log" $more "$@" >"$t/out" 2>"$t/err"
  status=$?
  return "$status"
}
hash_of() { sed -n 's/.*"weights": *"\([0-9a-f]*\)".*/\1/p' "$1"; }
weights() { hash_of "$t/$1.log"; }
same() { [ -n "$(weights "$1")" ] && [ "$(weights "$1")" = "$(weights "$2")" ]; }
fresh() { rm -f "$t"/*.log; }

more="--no-eval"
train 1 alone --shards 4 --threads 1
for ranks in 2 4; do
  for threads in 1 2; do
    train $ranks many --shards 4 --threads $threads && same alone many
    ok "$ranks ranks, --threads $threads" $?
    rm -f "$t/many.log"
  done
done
train 3 many --shards 4 && same alone many
ok "three ranks" $?

for how in "--sampler annealed --seed 3" "--sampler together" "--sampler together --pcgrad --cosines --loss-weight paraphrase=0.5" "--batch 8 --accumulate 4" \
  "--freeze bert.* --dropout 0" "--batch 4 --shards 16" "--within 2h"; do
  fresh
  shards="--shards 4"
  case "$how" in *--shards*) shards= ;; esac
  train 1 alone $shards $how && train 3 many $shards $how && same alone many
  ok "three ranks: $how" $?
done

fresh
more="--epochs 1"
said() { grep -E '"event": *"(step|eval|score|end)"' "$t/$1.log" | sed 's/"ms".*//; s/"train_s.*//'; }
train 1 alone --shards 2 && cp "$t/out" "$t/table" && train 2 many --shards 2 && said alone >"$t/a" && said many >"$t/b" && [ -s "$t/a" ] && cmp -s "$t/a" "$t/b" &&
  cmp -s "$t/out" "$t/table"
ok "losses, norms, metrics and the table: once, and the same" $?

# Evaluation and prediction of a trained run.
many() { timeout 60 $start -n 3 "$gradc" "$@" --cache "$kernels" >"$t/out" 2>"$t/err"; }
graph=models/heads/fitted.graph more=
train 2 fitted --shards 2 --epochs 1 --data "$demo" --out "$t/fitted"
graph=models/bert.graph
train 2 many --shards 2 --epochs 1 --out "$t/run"
for run in run fitted; do
  run eval "$t/$run" --json --batch 8 --cache "$kernels" && cp "$t/out" "$t/a" && many eval "$t/$run" --json --batch 8 --errors "$t/wrong.tsv" &&
    [ -s "$t/a" ] && cmp -s "$t/a" "$t/out" && [ -s "$t/wrong.tsv" ]
  ok "three ranks evaluate as one does: $run" $?
done
run predict "$t/run" --task sentiment --batch 8 --cache "$kernels" && cp "$t/out" "$t/a" && many predict "$t/run" --task sentiment --batch 8 --output "$t/b" &&
  [ -s "$t/a" ] && cmp -s "$t/a" "$t/b"
ok "three ranks predict as one does" $?
echo x | many predict "$t/run" --task sentiment --input -
[ $? != 0 ] && grep -q "error\[E0981\]: rows of a pipe" "$t/err"
ok "a pipe takes one process" $?

# Stopped, and taken up by others.
more=
begun() { # NAME: waits for its third step
  for i in $(seq 300); do [ "$(grep -c '"event": *"step"' "$t/$1.log" 2>/dev/null)" -ge 3 ] 2>/dev/null && return; sleep 0.1; done
}
child() { pgrep -f "^$gradc train .*--log $t/$1.log" | sed -n "$2p"; } # NAME NUMBER: a process that trains it
fresh
train 1 alone --shards 4 --steps 40 --no-eval
background() { # NAME OPTIONS...
  name=$1
  shift
  $start -n 2 "$gradc" train "$graph" --weights "$demo" --data "$demo" --cache "$kernels" --quiet --lr 1e-3 --shards 4 --no-eval --steps 40 --save-every 2 \
    --out "$t/$name" --log "$t/$name.log" "$@" >"$t/out" 2>"$t/err" &
  runner=$!
  begun "$name"
}
resumed() { # NAME RANKS
  timeout 60 $start -n "$2" "$gradc" train "$t/$1" --resume --cache "$kernels" --quiet --log "$t/$1.log" >"$t/out" 2>"$t/err"
}
background killed
kill -9 "$(child killed 2)"
wait "$runner"
[ $? != 0 ] && grep -q "process rank 1 with PID\|KILLED BY SIGNAL: 9\|EXIT CODE: 9" "$t/err"
ok "a killed rank ends the run and is named" $?
resumed killed 4 && same alone killed
ok "four ranks go on where two were" $?
background stopped
kill -TERM "$(child stopped 1)" "$(child stopped 2)"
wait "$runner"
[ $? != 0 ] && ls "$t"/stopped/last/*.safetensors >/dev/null && ! grep -q "error\[" "$t/err"
ok "a signal stops all ranks after a step" $?
resumed stopped 1 && same alone stopped
ok "one process goes on where two were" $?
background hung
kill -STOP "$(child hung 2)"
wait "$runner"
[ $? != 0 ] && grep -q "error\[E0981\]: rank [01] (host .*) has not been heard of for 10 s" "$t/err"
ok "a rank that hangs ends the run and is named" $?

# What does not fit together.
fresh
train 2 bad --steps 1
[ "$status" != 0 ] && [ "$(grep -c "error\[E0981\]: 1 shard of an update cannot be shared by 2 ranks" "$t/err")" = 1 ]
ok "more ranks than shards, said once" $?
train 2 bad --shards 2 --tasks sentimnt
[ "$status" != 0 ] && [ "$(grep -c "error\[E0920\]" "$t/err")" = 1 ]
ok "a mistake is reported once" $?
mkdir "$t/other"
cp "$demo"/*.csv "$t/other"
sed -i '3d' "$t/other/ids-sst-train.csv"
cat >"$t/apart" <<EOF
#!/bin/sh
data=$demo
[ "\${OMPI_COMM_WORLD_RANK:-\$PMI_RANK}" = 1 ] && data=$t/other
exec "$gradc" train $graph --weights "$demo" --data \$data --cache "$kernels" --quiet --tasks sentiment --steps 2 --no-eval --shards 2
EOF
timeout 60 $start -n 2 sh "$t/apart" >"$t/out" 2>"$t/err"
[ $? != 0 ] && grep -q "error\[E0981\]: rank 1 (host .*) has another run than rank 0" "$t/err" && grep -q "note: sentiment.train: " "$t/err"
ok "other rows on one rank are told apart" $?
train 2 bad --shards 2 --try lr=1e-3,1e-4 --out "$t/tries"
[ "$status" != 0 ] && grep -q "error\[E0981\]: --try does not spread" "$t/err"
ok "--try takes one process" $?
finish
