#!/bin/sh
# gradc attribute: contributions add up, are those of the class that is named, and their words are those of the text. Run from the
# project's root; GRADC names the program. One line a check; the last line counts.
set -u
. tests/lib/checks.sh
run train "$root/models/bert.graph" --weights "$demo" --data "$demo" --cache "$kernels" --tasks sentiment,paraphrase --epochs 3 --lr 1.5e-3 --no-eval --quiet --out "$t/run"
attribute() { run attribute "$t/run" --cache "$kernels" "$@"; }
text="The film is good, unbelievably dull things happen too."
field() { grep -o "\"$1\":[^,]*" "$t/out" | head -n 1 | cut -d: -f 2; } # NAME
sums() { grep -o '"contribution":[^}]*' "$t/out" | awk -F: '{ sum += $2 } END { printf "%.17g\n", sum }'; }
# A and B within a tolerance.
near() { awk -v a="$1" -v b="$2" -v e="$3" 'BEGIN { d = a - b; exit !(d < e && d > -e) }'; }

attribute --task sentiment --text "$text" --json
[ "$status" = 0 ] && awk -v e="$(field error)" 'BEGIN { exit !(e < 0.01) }'
ok "a sentence" $?
whole=$(awk -v a="$(field score)" -v b="$(field baseline_score)" 'BEGIN { printf "%.17g", a - b }')
near "$(sums)" "$whole" "$(awk -v w="$whole" 'BEGIN { print (w < 0 ? -w : w) / 100 }')"
ok "contributions are the score less that of the baseline" $?
grep -o '"word":"[^"]*","text":0,"from":[0-9]*,"to":[0-9]*' "$t/out" | sed 's/"word":"\(.*\)","text":0,"from":\([0-9]*\),"to":\([0-9]*\)/\2 \3 \1/' >"$t/words"
awk -v text="$text" '{ if (substr(text, $1 + 1, $2 - $1) != $3) exit 1 }' "$t/words" && [ "$(cut -d' ' -f 3 "$t/words" | tr '\n' ' ')" = "The film is good , unbelievably dull things happen too . " ]
ok "word pieces are put together" $?
best=$(field of | tr -d '"')
score=$(field score)
attribute --task sentiment --text "$text" --json --class "$best" && [ "$(field score)" = "$score" ] && cp "$t/out" "$t/fifty" && attribute --task sentiment --text "$text" --json --points 200 && near "$(field score)" "$score" 1e-6
first() { grep -o '"contribution":[^}]*' "$1" | head -n 1 | cut -d: -f 2; }
near "$(first "$t/out")" "$(first "$t/fifty")" 1e-3
ok "more points change little" $?
run predict "$t/run" --cache "$kernels" --task sentiment --text "$text"
[ "$(cat "$t/out")" = "$best" ]
ok "the class is the predicted one" $?
other=$(((best + 1) % 5))
attribute --task sentiment --text "$text" --json --class $other && ! near "$(field score)" "$score" 1e-6 && [ "$(field of)" = "\"$other\"" ]
ok "another class" $?

attribute --task paraphrase --text "How old is he?" --text "What is his age?" --json --class 1 && has "$t/out" '"text":1' && cp "$t/out" "$t/one" && attribute --task paraphrase --text "How old is he?" --text "What is his age?" --json --class 0
near "$(first "$t/out")" "$(awk -v c="$(first "$t/one")" 'BEGIN { printf "%.17g", -c }')" 1e-9
ok "a pair; what speaks for one of two classes speaks against the other" $?
head -n 4 "$demo/ids-sst-dev.csv" >"$t/rows.csv"
attribute --task sentiment --input "$t/rows.csv" --json && [ "$(wc -l <"$t/out")" = 3 ] && sed -n 2p "$t/out" >"$t/second" && attribute --task sentiment --text "$(sed -n 3p "$t/rows.csv" | cut -f 3)" --json && cmp -s "$t/out" "$t/second"
ok "rows of a file" $?
attribute --task sentiment --text "$text"
[ "$status" = 0 ] && has "$t/out" "with [PAD] for each token of the text; 50 points, completeness error 0." && has "$t/out" "taking out 3 words moves it by" && [ "$(grep -c '^ *[+-]' "$t/out")" = 11 ]
ok "a table" $?
finish
