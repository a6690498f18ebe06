#!/bin/sh
# Long texts as several windows whose rows are pooled. Run from the project's root; GRADC names the program. One line a check; the last line
# counts.
set -u
. tests/lib/checks.sh
cat >"$t/bag.graph" <<END
import "$root/tests/lib/small.graph"
def bag(x: tokens) -> f32[S, hidden] { return tanh(scatter_add(embedding(x.ids, vocab) in "words", x.sequence)) }
END
task() { # FILE WINDOWS POOLED
  { cat "$t/bag.graph"; cat <<END
task notes {
  data "notes-{split}.csv" comma quoted
  input text: text $2
  label mark: real[-5, 5]
  v = dense(drop(bag(text), 0.1) in "encoder", 2) in "heads.notes"
  p = $3
  loss mse(sum(p, axis = 1), mark)
  predict sum(p, axis = 1)
  show p as "parts"
  metric pearson, mse
}
END
  } >"$t/$1"
}
task max.graph "window 8 stride 4 pool max" "pool_windows(v, text)"
task mean.graph "window 8 stride 4 pool mean" "pool_windows(v, text)"
task plain.graph "" "v"
task none.graph "" "pool_windows(v, text)"
# Words that are one token each, and rows of so many of them.
tail -n +200 models/demo/vocab.txt | grep '^[a-z][a-z]*$' | head -n 40 >"$t/words"
row() { # LENGTH SEED
  awk -v n="$1" -v s="$2" '{ w[NR] = $1 } END { for (i = 1; i <= n; i++) printf "%s%s", w[(s * 7 + i * i * 3 + i) % NR + 1], i < n ? " " : "" }' "$t/words"
}
rows() { echo "text,mark"; for i in $(seq 1 24); do printf '"%s",%s\n' "$(row $((i * 5 % 23)) "$i")" "$((i % 7 - 3))"; done; }
rows >"$t/notes-train.csv" && cp "$t/notes-train.csv" "$t/notes-dev.csv"
use() { run "$@" --data "$t" --cache "$kernels"; }
train() { graph=$1; shift; use train "$t/$graph" --tasks notes --weights "$demo" --epochs 3 --batch 8 --lr 1e-2 "$@"; }
hash_of() { sed -n 's/.*"event":"done".*"weights":"\([0-9a-f]*\)".*/\1/p' "$1" | tail -n 1; }

untrained "$t/plain.graph" notes "$t" "$t/start"

# Each row by hand: its windows are rows of a plain task.
awk -F '"' 'NR > 1 { n = split($2, w, " "); for (s = 0; s == 0 || s - 4 + 6 < n; s += 4) { x = ""; for (i = s + 1; i <= n && i <= s + 6; i++) x = x (x == "" ? "" : " ") w[i]; printf "%d,\"%s\"\n", NR - 1, x } }' \
  "$t/notes-dev.csv" >"$t/windows"
{ echo "row,text"; cat "$t/windows"; } >"$t/windows.csv"
use predict "$t/plain.graph" --task notes --weights "$t/start" --input "$t/windows.csv" --keep row --show parts
sort -n -s -k 1,1 "$t/out" >"$t/parts"
pooled() { awk -F '\t' -v how="$1" '{ if (!($1 in n)) { a[$1] = b[$1] = how == "max" ? -1e9 : 0 } n[$1]++
  if (how == "max") { if ($2 > a[$1]) a[$1] = $2; if ($3 > b[$1]) b[$1] = $3 } else { a[$1] += $2; b[$1] += $3 } }
  END { for (r = 1; r <= 24; r++) { d = how == "max" ? 1 : n[r]; print a[r] / d, b[r] / d } }' "$t/parts"; }
for how in max mean; do
  use predict "$t/$how.graph" --task notes --weights "$t/start" --show parts
  pooled $how | paste - "$t/out" | awk '{ x = $1 - $3; y = $2 - $4; if (x * x > 1e-12 || y * y > 1e-12) bad++ } END { exit bad || NR != 24 }'
  ok "the $how of the windows, as of windows by hand" $?
done
[ "$(wc -l <"$t/windows")" -gt 60 ]
ok "there are several windows a row" $?
use predict "$t/plain.graph" --task notes --weights "$t/start" --show parts && cp "$t/out" "$t/wanted"
use predict "$t/none.graph" --task notes --weights "$t/start" --show parts
[ "$status" = 0 ] && cmp -s "$t/out" "$t/wanted"
ok "without windows nothing is pooled" $?

use gradcheck "$t/max.graph" --tasks notes
ok "gradients through the maximum" "$status"
use gradcheck "$t/mean.graph" --tasks notes
ok "and through the mean" "$status"

train max.graph --out "$t/run" --quiet --epochs 20
[ "$status" = 0 ] && awk '/^notes/ { exit !($4 > 0.5) }' "$t/out"
ok "training learns" $?
cp "$t/out" "$t/table"
use eval "$t/run" --tasks notes
cmp -s "$t/out" "$t/table"
ok "eval has the same metrics, from the cache of tokens" $?
train max.graph --log "$t/one" --threads 1 --quiet --epochs 20
[ "$(hash_of "$t/one")" = "$(hash_of "$t/run/log.jsonl")" ]
ok "the same bits by one thread" $?
train mean.graph --log "$t/large" --no-eval --quiet --clip 0 --batch 12 --steps 1
train mean.graph --log "$t/small" --no-eval --quiet --clip 0 --batch 3 --accumulate 4 --steps 1
losses() { sed -n 's/.*"event":"step".*"loss":\([-0-9.e]*\),.*/\1/p' "$1"; }
[ -n "$(losses "$t/large")" ] && awk "BEGIN { d = $(losses "$t/large") - $(losses "$t/small"); exit !(d * d < 1e-10) }"
ok "small batches that are added drop out the same as a large one" $?
train max.graph --log "$t/kept" --freeze 'encoder.*' --dropout 0 --quiet
train max.graph --log "$t/anew" --freeze 'encoder.*' --dropout 0 --quiet --no-reuse
[ "$(hash_of "$t/kept")" = "$(hash_of "$t/anew")" ]
ok "a frozen encoder's windows are computed once" $?
use run "$t/max.graph" --task notes --weights "$t/start" --text "$(row 4 1)" --show p
ok "gradc run takes a text as one window" "$status"
train max.graph --max-length 6
[ "$status" = 1 ] && has "$t/err" "error[E0414]: windows of 8 tokens are longer than sequences may be, 6"
ok "windows that are too long are an error" $?

finish
