#!/bin/sh
# Values that are tried: a run for each, the better half of which goes on where there is a time; each run is what it would be alone. Run
# from the project's root; GRADC names the program. One line a check; the last line counts.
set -u
. tests/lib/checks.sh

fixed="--weights $demo --data $demo --tasks sentiment --epochs 6 --cache $kernels --quiet"
# shellcheck disable=SC2086
train() { "$gradc" train models/bert.graph $fixed "$@" >"$t/out" 2>"$t/err"; }
alone() { train --lr "$1" --batch "$2" --out "$t/alone-$1-$2"; }
same() { cmp -s "$t/$1/model.safetensors" "$t/$2/model.safetensors"; } # FOLDER FOLDER

train --try lr=1e-5,2e-3 --try batch=8,16 --out "$t/all"
ok "without a time all of them come to their end" $?
[ "$(grep -c '^.*/try-[1-4]  *[01]\.[0-9]*  *100%  --lr ' "$t/out")" = 4 ] && tail -n 1 "$t/out" | grep -q "^the best is $t/all/try-[34]: --lr 2e-3 --batch "
ok "a table of their scores, the best one named" $?
alone 2e-3 8 && alone 2e-3 16 && same all/try-3 alone-2e-3-8 && same all/try-4 alone-2e-3-16
ok "each is the run that it would be alone" $?
grep -q '"lr": 1.0*1*e-0*5' "$t/all/try-2/settings.json" && grep -q '"batch": 16' "$t/all/try-2/settings.json"
ok "a folder says what was tried in it" $?

# A time in which all steps fit, so that each run has those of the run alone; rungs end inside of epochs.
train --try lr=1e-5,2e-3 --try batch=8,16 --within 3h --out "$t/half"
[ $? = 0 ] && grep -q 'try-1  .* 25%' "$t/out" && grep -q 'try-2  .* 25%' "$t/out" && [ "$(grep -c ' 100%' "$t/out")" = 1 ] && [ "$(grep -c ' 50%' "$t/out")" = 1 ]
ok "within a time the better half goes on, rung by rung" $?
best=$(sed -n 's/^the best is .*try-\([34]\).*/\1/p' "$t/out")
same "half/try-$best" "all/try-$best"
ok "a run that paused twice is the one that did not" $?
cp "$t/out" "$t/table"

# Stopped in the first rung of the third run, and taken up again.
# shellcheck disable=SC2086
"$gradc" train models/bert.graph $fixed --try lr=1e-5,2e-3 --try batch=8,16 --within 3h --out "$t/stop" >"$t/out" 2>"$t/err" &
pid=$!
while kill -0 $pid 2>/dev/null && [ "$(cat "$t/stop/try-3/log.jsonl" 2>/dev/null | wc -l)" -lt 40 ]; do :; done
kill -INT $pid
wait $pid
stopped=$?
[ "$stopped" = 130 ] && has "$t/err" "give the same command with --resume" && [ ! -e "$t/stop/try-4" ]
ok "Ctrl-C stops all of them" $?
train --try lr=1e-5,2e-3 --try batch=8,16 --within 3h --out "$t/stop" --resume
[ $? = 0 ] && same "stop/try-$best" "all/try-$best" && tail -n 5 "$t/out" | sed "s|$t/stop|$t/half|" | sed 's/^run  */run /' >"$t/a" && tail -n 5 "$t/table" | sed 's/^run  */run /' | cmp -s - "$t/a"
ok "--resume goes on to the same end" $?
train --try lr=1e-5,2e-3 --try batch=8,16 --within 3h --out "$t/stop" --resume && tail -n 1 "$t/out" | grep -q "^the best is $t/stop/try-$best:" && ! grep -q 'try-1: ' "$t/out"
ok "where all is done it says the same" $?

finish
