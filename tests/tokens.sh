#!/bin/sh
# Tokens that a run's folder keeps: used when they are of the same data, never otherwise. Run from the project's root; GRADC names the
# program. One line a check; the last line counts.
set -u
. tests/lib/checks.sh
mkdir "$t/data"
for file in ids-sst-train ids-sst-dev quora-train quora-dev; do cp "$demo/$file.csv" "$t/data"; done
train() { run train tests/lib/small.graph --tasks sentiment,paraphrase --weights "$demo" --data "$t/data" --epochs 1 --lr 1e-2 --quiet --cache "$kernels" --out "$t/run" --force "$@"; }
cached() { sed -n 's/.*"sets_from_cache":\([0-9]*\).*/\1/p' "$t/run/log.jsonl" | tail -n 1; }
hash_of() { sed -n 's/.*"event":"done".*"weights":"\([0-9a-f]*\)".*/\1/p' "$t/run/log.jsonl" | tail -n 1; }

train
hash=$(hash_of)
[ "$status" = 0 ] && [ "$(cached)" = 0 ] && [ "$(cd "$t/run/tokens" && echo *)" = "paraphrase.dev paraphrase.train sentiment.dev sentiment.train" ]
ok "a run keeps the tokens of its data sets" $?
[ "$(find "$t/run/tokens" -type f ! -perm 0600 | wc -l)" = 0 ]
ok "for its owner alone" $?
cp "$t/out" "$t/table"
train
[ "$(cached)" = 4 ] && [ "$(hash_of)" = "$hash" ] && cmp -s "$t/out" "$t/table"
ok "the next one takes them: the same weights and metrics" $?
run eval "$t/run" --tasks sentiment,paraphrase --data "$t/data" --cache "$kernels"
[ "$status" = 0 ] && cmp -s "$t/out" "$t/table"
ok "so does eval" $?

printf 'x' | dd of="$t/run/tokens/sentiment.dev" bs=1 seek=3000 conv=notrunc 2>/dev/null
head -c 1000 "$t/run/tokens/paraphrase.dev" >"$t/short" && cat "$t/short" >"$t/run/tokens/paraphrase.dev"
train
[ "$(cached)" = 2 ] && [ "$(hash_of)" = "$hash" ] && cmp -s "$t/out" "$t/table"
ok "damaged ones are made anew" $?
[ "$(grep -c "warning\[E0859\]: these tokens cannot be used and are made anew" "$t/err")" = 2 ]
ok "which is said" $?
train
[ "$(cached)" = 4 ]
ok "and are whole again" $?
sed -i '2s/1$/3/' "$t/data/ids-sst-train.csv"
train
[ "$(cached)" = 3 ] && [ "$(hash_of)" != "$hash" ]
ok "a file that has changed is read" $?
train --max-length 8
[ "$(cached)" = 0 ]
ok "other lengths are other tokens" $?
train --limit sentiment=20 --max-length 8
[ "$(cached)" = 3 ]
ok "so are fewer rows" $?

rm -rf "$t/run"
train --no-cache
[ "$status" = 0 ] && [ ! -e "$t/run/tokens" ]
ok "--no-cache keeps none" $?

finish
