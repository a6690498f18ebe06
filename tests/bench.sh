#!/bin/sh
# gradc bench: what it reports is of the steps it ran, and its parts make up the whole. Nothing is compared with a clock. Run from the
# project's root; GRADC names the program. One line a check; the last line counts.
set -u
. tests/lib/checks.sh

bench() { "$gradc" bench "$root/models/bert.graph" --weights "$demo" --data "$demo" --cache "$kernels" --steps 2 --batch 4 "$@" >"$t/out" 2>"$t/err"; }
number() { sed -n "s/.*\"$1\": \([0-9.]*\).*/\1/p" "$t/out" | head -n 1; } # NAME: its first value

bench --tasks sentiment && has "$t/out" "sentiment, training: 2 steps of 4 rows" && has "$t/out" "all kernels" && has "$t/out" "% of peak" && grep -q '^GB/s of levels: .*memory [0-9.]*$' "$t/out" &&
  grep -q '^matmul_.* \(compute\|L[123]\|memory\|latency\|imbalance\|barriers\), [0-9]* %$' "$t/out"
ok "a table of kernels" $?
sed -n '/a clock around each/,/^all kernels/p' "$t/out" | awk 'NR > 2 { print $1 }' | sort >"$t/names" && [ "$(uniq -d "$t/names")" = "" ] && grep -q '_dw_' "$t/names" &&
  grep -q '@.* +[0-9]' "$t/out"
ok "no two kernels are called alike; one that serves several places says so" $?
bench --tasks sentiment,similarity --eval && has "$t/out" "sentiment, evaluation: 2 steps" && has "$t/out" "similarity, evaluation: 2 steps"
ok "evaluation, two tasks" $?
bench --tasks sentiment --json && [ "$(number steps)" = 2 ] && [ "$(number batch)" = 4 ] && has "$t/out" '"kind": "contract"' && has "$t/out" '"bound": "' && has "$t/out" '"level_gbytes": {'
ok "JSON" $?
awk -v whole="$(number profiled_ms)" -v run="$(number kernels_ms)" -v wait="$(number wait_ms)" 'BEGIN { exit !(run > 0 && run + wait <= whole) }'
ok "kernels and waiting fit into the whole" $?
[ "$(grep -c '"step_ms": \[$' "$t/out")" = "$(grep -c '"bound"' "$t/out")" ]
ok "each kernel has its time in each step" $?
cp "$t/out" "$t/then.json"
tokens=$(number tokens)
# Token rows of the two layers: 4 products of 64 x 64 and two of 64 x 128 each; 2 operations a weight forward, 6 in training.
awk -v n="$tokens" -v g="$(number useful_gflops)" -v ms="$(number ms)" 'BEGIN {
  wanted = 6 * n * 2 * (4 * 64 * 64 + 2 * 64 * 128) / 1e9; got = g * ms / 1e3; exit !(got > 0.999 * wanted && got < 1.001 * wanted) }'
ok "useful work is that of the encoder's matrices" $?
bench --tasks sentiment --compare "$t/then.json" && grep -q '^[0-9]* of [0-9]* kernels changed beyond the noise' "$t/out" && ! grep -q ' new,\| gone,' "$t/out"
ok "two measurements compared" $?
bench --tasks sentiment --compare "$t/then.json" --batch 8
[ $? = 1 ] && has "$t/err" "error[E0967]"
ok "other steps are not compared" $?
bench --tasks sentiment --trace "$t/trace.json" --threads 2 && has "$t/err" "10 steps in $t/trace.json" && [ "$(grep -c '"name":"rows into batches"' "$t/trace.json")" = 10 ] &&
  [ "$(wc -c <"$t/trace.json")" -lt 1000000 ] && [ "$(grep -c '"tid":0,.*matmul' "$t/trace.json")" = "$(grep -c '"tid":1,.*matmul' "$t/trace.json")" ] &&
  ! sed '1d;$d' "$t/trace.json" | grep -qv '^{"ph":"[MX]",.*},*$'
ok "a trace with a lane for each thread" $?
bench --tasks sentimen
[ $? = 1 ] && has "$t/err" "did you mean 'sentiment'?"
ok "an unknown task" $?

finish
