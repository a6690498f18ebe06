#!/bin/sh
# What gradc train shows: lines that are written over on a terminal, plain ones elsewhere, JSON; and a run that is stopped by hand. A terminal is
# what `script` gives. Run from the project's root; GRADC names the program.
set -u
. tests/lib/checks.sh
: >"$t/err"
words="train models/bert.graph --weights $demo --data $demo --cache $kernels --batch 8 --lr 1e-3 --tasks sentiment,similarity --limit sentiment=96 --limit similarity=64"
escape=$(printf '\033')
if ! command -v script >/dev/null; then
  echo "0 passed, 0 failed (there is no program 'script' to give a terminal)"
  exit
fi
on_terminal() { # COMMAND: what the terminal got in $t/screen
  script -qec "stty cols ${columns:-120}; $1" "$t/screen" </dev/null >/dev/null 2>&1
  status=$?
}

on_terminal "$gradc $words --epochs 2"
[ "$status" = 0 ] && has "$t/screen" "step 40/40" && has "$t/screen" "% of peak" && has "$t/screen" "${escape}[K  sentiment        loss " &&
  has "$t/screen" "${escape}[K  similarity       loss "
ok "a bar with rates, and a line for each task" $?
has "$t/screen" "${escape}[2A" && has "$t/screen" "  accuracy 0." && has "$t/screen" "  pearson "
ok "written over, with the last metric" $?
columns=60 on_terminal "$gradc $words --epochs 1"
tr '\r' '\n' <"$t/screen" | sed "s/$escape\[[0-9]*[A-Z]//g" | awk '/^\[/ && length > 59 { bad++ } END { exit bad > 0 }'
ok "no line is as wide as the terminal" $?
on_terminal "$gradc $words --epochs 1 --quiet"
[ "$status" = 0 ] && ! has "$t/screen" "step " && ! has "$t/screen" "$escape"
ok "--quiet shows no progress" $?
on_terminal "$gradc $words --epochs 0 --out $t/none"
[ "$status" = 0 ] && has "$t/screen" "${escape}[Kevaluating sentiment 0/100"
ok "evaluation shows how far it is" $?
on_terminal "$gradc eval $t/none --cache $kernels"
[ "$status" = 0 ] && has "$t/screen" "${escape}[Kevaluating sentiment 0/100" && has "$t/screen" "${escape}[J"
ok "eval too" $?
run eval "$t/none" --cache "$kernels"
[ "$status" = 0 ] && ! has "$t/err" evaluating
ok "but not where there is no terminal" $?
run $words --epochs 1
[ "$status" = 0 ] && ! has "$t/err" "$escape" && ! has "$t/out" "$escape" && has "$t/err" "step 20/20" && ! has "$t/err" "of peak"
ok "plain lines where there is no terminal" $?
run $words --epochs 1 --json --log "$t/log"
[ "$status" = 0 ] && cmp -s "$t/out" "$t/log" && head -n 1 "$t/out" | grep -q '"event":"start"' && tail -n 1 "$t/out" | grep -q '"event":"done"' && ! has "$t/err" "step "
ok "--json: the log on standard output, no progress" $?

# ---- Colours of messages -----------------------------------------------------------------------------------------

on_terminal "$gradc train $t/none.graph --epochz 1"
has "$t/screen" "$escape[1;31merror[E0911]$escape[0m: " && has "$t/screen" "      = $escape[1;32mhint$escape[0m: did you mean"
ok "messages have colours on a terminal" $?
on_terminal "NO_COLOR=1 $gradc train $t/none.graph --epochz 1"
has "$t/screen" "error[E0911]: " && ! has "$t/screen" "$escape["
ok "not with NO_COLOR" $?
on_terminal "TERM=dumb $gradc train $t/none.graph --epochz 1"
has "$t/screen" "error[E0911]: " && ! has "$t/screen" "$escape["
ok "nor where the terminal has none" $?

# ---- Ctrl-C ------------------------------------------------------------------------------------------------------

run $words --epochs 400 --steps 4000 --no-eval --quiet --log "$t/none"  --dry-run
[ "$status" = 0 ] && has "$t/out" "4000 steps"
ok "a run that is long enough" $?
on_pid() { # FILE: waits for steps in its log, then interrupts
  for _ in $(seq 200); do
    [ -f "$1" ] && [ "$(grep -c '"step"' "$1")" -gt 3 ] && break
    sleep 0.05
  done
  kill -INT "$(cat "$t/pid")"
}
on_pid "$t/run/log.jsonl" & pid=$!
on_terminal "echo \$\$ >$t/pid; exec $gradc $words --epochs 400 --steps 4000 --no-eval --out $t/run"
wait $pid
[ "$status" = 130 ] && has "$t/screen" "of 4000; to go on:" && has "$t/screen" "gradc train $t/run --resume"
ok "Ctrl-C saves, says how to go on, status 130" $?
last=$(grep '"event":"step"' "$t/run/log.jsonl" | tail -n 1 | sed 's/.*"step":\([0-9]*\).*/\1/')
has "$t/screen" "stopped after step $last of 4000"
ok "after the step at hand" $?

finish
