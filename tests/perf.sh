#!/bin/sh
# --perf: perf and gdb know kernels by name and by the line of the graph file; nothing else changes. Run from the project's root; GRADC
# names the program. One line a check; the last line counts.
set -u
. tests/lib/checks.sh
unset DEBUGINFOD_URLS
cp tests/lib/small.graph "$t/model.graph"
train="train $t/model.graph --weights $demo --data $demo --tasks sentiment --steps 400 --batch 64 --no-eval --quiet --threads 1 --seed 3"
line=$(grep -n 'matmul(' "$t/model.graph" | head -n 1 | cut -d: -f 1)
mkdir "$t/perf"
seen="perf knows kernels, and who called them"
recorder=
perf record -e cpu-clock:u -o "$t/try" true >/dev/null 2>&1 && recorder="perf record -k mono -e cpu-clock:u --call-graph dwarf,4096 -F 2999 -o $t/data"

run $train --cache "$kernels" --out "$t/plain"
$recorder "$gradc" $train --perf "$t/perf" --cache "$t/cache" --out "$t/run" >"$t/out" 2>"$t/err" && cmp -s "$t/plain/model.safetensors" "$t/run/model.safetensors"
ok "the weights are the same, to the bit" $?
[ -z "$(find "$t/cache" -name '*.o' 2>/dev/null)" ]
ok "objects of one text's lines are not kept" $?
dump=$(ls "$t"/perf/jit-*.dump)
map=/tmp/perf-$(echo "$dump" | sed 's/.*jit-\(.*\)\.dump/\1/').map
name="[a-z_]*_[A-Za-z0-9_]*@[A-Za-z0-9_.]*:[0-9]*"
grep -q "^[0-9a-f]* [0-9a-f]* matmul_.*:$line\$" "$map" && ! grep -qv '^[0-9a-f]* [0-9a-f]* [^ ]*$' "$map"
ok "a map of all kernels" $?
[ "$(head -c 4 "$dump")" = DTiJ ] && grep -aqF "$t/model.graph" "$dump" && grep -ao "$name" "$dump" | sort -u >"$t/names" && [ -s "$t/names" ] && grep -o "$name" "$map" | sort -u | cmp -s - "$t/names"
ok "a dump of the same kernels, with their file" $?
# A stack that begins in a kernel: that has a name, and the stack leads to what launched it.
if [ -n "$recorder" ]; then
  perf inject --jit -i "$t/data" -o "$t/jitted" >"$t/err" 2>&1 && perf script -i "$t/jitted" --no-inline -F ip,sym,dso >"$t/stacks" 2>>"$t/err"
  awk 'BEGIN { RS = "" } /^[^\n]*jitted-/ { n++; if (/executable_run/ && $0 !~ /^[^\n]*unknown/) good++ } END { exit !(n && good == n) }' "$t/stacks"
  ok "$seen" $?
else
  not_run "$seen" "perf is not here, or may not look"
fi
rm -f "$map"
if command -v gdb >/dev/null 2>&1; then
  gdb -q -batch -ex 'set debuginfod enabled off' -ex 'set breakpoint pending on' -ex "break model.graph:$line" -ex run -ex 'bt 4' --args "$gradc" $train --perf "$t/perf" --force --out "$t/run" >"$t/out" 2>&1
  grep -q "^#0 .*matmul_.*:$line .* at .*/model.graph:$line\$" "$t/out" && grep -q '^#[1-4] .*executable_run ' "$t/out"
  ok "gdb stops at a line of the graph file" $?
  rm -f /tmp/perf-"$(sed -n 's/.*process \([0-9]*\).*/\1/p' "$t/out" | head -n 1)".map
else
  not_run "gdb stops at a line of the graph file" "gdb is not here"
fi
finish
