#!/bin/sh
# What README shows of the demo is what it prints: the last epochs, the weights' hash and the table. `sh tests/readme.sh update` writes
# today's into README. Run from the project's root; GRADC names the program.
set -u
. tests/lib/checks.sh

# The indented lines after the one that announces them; times differ from machine to machine.
shown() { awk '/The end of what `\.\/demo` prints/ { on = 1; next } on && /^    / { print substr($0, 5); got = 1; next } on && got { exit }' "$root/README.md"; }
without_times() { sed -E 's/ in [0-9.]+ s, [0-9]+ tokens\/s;/;/'; }

"$gradc" train models/bert.graph --weights models/demo --data models/demo --out "$t/demo" --cache "$kernels" \
  --epochs 15 --batch 32 --lr 1.5e-3 >"$t/table" 2>"$t/err"
ok "the demo trains" $?
{ grep -E '^epoch 1[345]:' "$t/err"; grep -E '^(trained|the best epoch)' "$t/err" | sed "s|$t/demo|run/demo|"; cat "$t/table"; } >"$t/today"
if [ "${1-}" = update ]; then
  awk -v today="$t/today" '/The end of what `\.\/demo` prints/ { on = 1 }
    on && /^    / { if (!done) while ((getline line < today) > 0) print "    " line; done = 1; next }
    on && done { on = 0 } { print }' README.md >"$t/README.md" && cp "$t/README.md" README.md
fi
shown | without_times >"$t/a"
without_times <"$t/today" >"$t/b"
[ -s "$t/a" ] && diff "$t/a" "$t/b" >"$t/err"
ok "README's transcript is what it prints, to the weights' hash" $?
finish
