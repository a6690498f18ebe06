#!/bin/sh
# Private text stays private: whatever is wrong with a file, no message and no file of a run has its content, but for the token cache, which
# is its owner's alone. Run from the project's root; GRADC names the program. One line a check; the last line counts.
set -u
. tests/lib/checks.sh
secret=zqsecretqz
cat >"$t/notes.graph" <<END
import "$root/tests/lib/small.graph"
task notes {
  data "{split}.csv" comma quoted
  input text: text
  label mood: class["bad", "good"]
  logits = dense(encoder(text) in "encoder", 2) in "heads.notes"
  loss cross_entropy(logits, mood)
  predict argmax(logits)
  metric accuracy
}
END
sed 's/comma quoted/jsonl/' "$t/notes.graph" >"$t/lines.graph"
rows() { echo "text,mood"; for i in 1 2 3 4 5 6 7 8; do echo "$secret note $i,good"; echo "bad $secret $i,bad"; done; }
mkdir "$t/d"
# Does anything that was said or written have it? $t/run is what a run left behind.
clean() { # NAME
  cat "$t/out" "$t/err" >"$t/said"
  [ -d "$t/run" ] && find "$t/run" -type f ! -path '*/tokens/*' -exec cat {} + >>"$t/said"
  ! grep -aq "$secret" "$t/said"
  ok "$1" $?
}
train() { run train "$t/$1" --tasks notes --weights "$demo" --data "$t/d" --epochs 1 --batch 4 --cache "$t/cache" --out "$t/run" --tensorboard "$t/run/events"; }

rows >"$t/d/train.csv" && rows >"$t/d/dev.csv"
train notes.graph
[ "$status" = 0 ] && [ -d "$t/run/tokens" ]
ok "a run on private rows" $?
clean "its messages, log, events, settings and checkpoints have none of them"
run eval "$t/run" --tasks notes --data "$t/d" --report --cache "$t/cache"
clean "nor has an evaluation"
run eval "$t/run" --tasks notes --data "$t/d" --errors "$t/run/wrong.tsv" --cache "$t/cache"
[ "$status" = 0 ] && [ -s "$t/run/wrong.tsv" ]
ok "rows that are wrong" $?
clean "nor the list of rows that are wrong"
run report "$t/run" --tasks notes --data "$t/d" --out "$t/run/page.html" --cache "$t/cache"
[ "$status" = 0 ] && [ -s "$t/run/page.html" ]
ok "a page of the run" $?
clean "which has none of them"
run bench "$t/notes.graph" --task notes --weights "$demo" --data "$t/d" --steps 2 --cache "$t/cache"
clean "nor a benchmark"

# One bad row behind the good ones. Each must be an error, or be left out with a warning.
bad() { # NAME LINE [GRAPH]
  rows >"$t/d/train.csv"
  printf "$2" >>"$t/d/train.csv"
  rm -rf "$t/run"
  train "${3:-notes.graph}"
  [ "$status" = 1 ] && has "$t/err" "train.csv:" || { echo "$1 is no error" >"$t/err"; status=2; }
  [ "$status" != 2 ] && clean "$1"
  [ "$status" = 2 ] && ok "$1" 1
  train "${3:-notes.graph}" --skip-bad-rows
  clean "$1, left out"
  run predict "$t/notes.graph" --task notes --weights "$demo" --input "$t/d/train.csv" --bad-rows error --cache "$t/cache"
  clean "$1, predicted"
}
bad "a label that is no class" "x,$secret\n"
bad "a row with too many fields" "$secret,$secret,good\n"
bad "a row with too few fields" "$secret\n"
bad "a quoted field that is never closed" "\"$secret,good\n"
bad "bytes that are not UTF-8" "$secret \377,good\n"
bad "a row without a label" "$secret,\n"
printf '{"text": "%s", "mood": "good"}\n' "$secret" >"$t/d/dev.csv"
lines() { # NAME LINE
  printf "$2" >"$t/d/train.csv"
  rm -rf "$t/run"
  train lines.graph
  [ "$status" = 1 ]
  ok "$1 is an error" $?
  clean "$1"
}
lines "JSON that ends early" "{\"text\": \"$secret\", \n"
lines "JSON of another kind" "[\"$secret\"]\n"
lines "a member that is missing" "{\"text\": \"$secret\"}\n"
lines "an object for a text" "{\"text\": {\"$secret\": 1}, \"mood\": \"good\"}\n"

# A run is taken up again with other rows, and split otherwise.
rows >"$t/d/train.csv" && rows >"$t/d/dev.csv" && rm -rf "$t/run"
train notes.graph
echo "$secret more,good" >>"$t/d/train.csv"
run train "$t/run" --resume --epochs 3
[ "$status" = 1 ]
ok "another file is no way to go on" $?
clean "what differs is reported without it"
sed 's/"{split}.csv"/"train.csv"/; s/comma quoted/comma quoted\n  split dev 0.5/' "$t/notes.graph" >"$t/split.graph"
rm -rf "$t/run"
train split.graph
clean "a split of the file"
finish
