#!/bin/sh
# Numbers and several labels of a row, with gaps: what the graph gets, from every format. Run from the project's root; GRADC names the
# program. One line a check; the last line counts.
set -u
. tests/lib/checks.sh

# FILE DATA-LINE: the loss reads numbers as logits, a weight and two labels.
model() {
  cat >"$1" <<END
config vocab = 751 as "vocab_size", positions = 64 as "max_position_embeddings"
tokens vocab = vocab, positions = positions, segments = 2
def given(logits: f32[R, C], target: i32<C>[R, 1], factor: f32[R, 1]) -> f32[1, 1] {
  picked = sum(select(iota(logits, axis = 1) == target, log_softmax(logits), 0), axis = 1)
  return -sum(factor * picked, axis = 0) / update_rows(logits)
}
task t {
  data "rows-{split}.$2
  input text: text
  input p: numbers[3]
  input w = weight: number
  label y: class[3]
  label z: class[3]
  param one: f32[1] ~ ones
  logits = p * one
  loss given(logits, y, w * y.given) + given(logits, z, z.given)
  predict argmax(logits)
  show p as "p"
  show concat(1, p.given, w.given, y.given, z.given) as "given"
  metric accuracy
}
END
}
model "$t/comma.graph" 'csv" comma quoted'
model "$t/json.graph" 'jsonl" jsonl'
cat >"$t/rows-train.csv" <<'END'
text,p0,p1,p2,weight,y,z
a,1,0,-1,2,0,1
b,0.5,,0.5,1,2,
c,0,2,1,,,0
END
cat >"$t/rows-train.jsonl" <<'END'
{"text": "a", "p": [1, 0, -1], "weight": 2, "y": 0, "z": 1}
{"text": "b", "p": [0.5, null, 0.5], "weight": 1, "y": 2, "z": null}
{"text": "c", "p": [0, 2, 1], "weight": null, "y": null, "z": 0}
END
cp "$t/rows-train.csv" "$t/rows-dev.csv" && cp "$t/rows-train.jsonl" "$t/rows-dev.jsonl"

# By hand: the log of the sums of exponentials less the class's own, times the weight, a third of what the rows have.
for file in comma json; do
  untrained "$t/$file.graph" t "$t" "$t/$file" && run eval "$t/$file" --data "$t"
  awk '$1 == "t" { good = $6 > 1.8622 && $6 < 1.8634 && $4 == "0.500" } END { exit !good }' "$t/out"
  ok "$file: loss of weights, numbers and two labels; accuracy of the rows that have the first" $?
  run predict "$t/$file" --input "$t/rows-dev.$(sed -n 's/.*rows-{split}\.\([a-z]*\)".*/\1/p' "$t/$file.graph")" --show given
  [ "$(tr '\t\n' ' /' <"$t/out" | cut -c1-24)" = "1 1 1 1 0 0/1 0 1 1 0 0/" ]
  ok "$file: gaps are told, and labels are no matter of predictions" $?
done

run train "$t/comma.graph" --weights "$demo" --data "$t" --epochs 2 --batch 3 --accumulate 1 --lr 1e-3 --threads 1 --quiet --out "$t/whole"
run train "$t/comma.graph" --weights "$demo" --data "$t" --epochs 2 --batch 1 --accumulate 3 --lr 1e-3 --threads 1 --quiet --out "$t/split"
"$gradc" eval "$t/whole" --data "$t" >"$t/a" 2>"$t/err" && "$gradc" eval "$t/split" --data "$t" >"$t/b" 2>"$t/err" && cmp -s "$t/a" "$t/b"
ok "an update in parts is the same" $?

sed -i 's/w \* y\.given/w/; s/p\.given, w\.given, y\.given, z\.given/p, p/' "$t/comma.graph"
run train "$t/comma.graph" --weights "$demo" --data "$t" --epochs 0 --quiet --out "$t/none"
[ "$status" = 1 ] && has "$t/err" "rows-train.csv:3: error[E0851]: column 'p1': the row has no number"
ok "a gap that nobody reads is an error" $?

printf 'text,p0,p1,p2,weight\na,1,x,0,1\nb,0,0,1,1\n' >"$t/bad.csv"
run predict "$t/comma" --input "$t/bad.csv" --bad-rows error
[ "$status" = 0 ] && [ "$(sed -n 2p "$t/out")" = "2	" ] && has "$t/out" "line 2: column 'p1': this is not a number"
ok "a row with a wrong number is told, and others answered" $?
run predict "$t/comma" --text a
[ "$status" = 0 ]
ok "a text from the command line has gaps for its numbers" $?
finish
