#!/bin/sh
# gradc run: values and gradients of definitions and tasks, interpreted and compiled. What is said about bad input: tests/errors/run.sh.
set -u
. tests/lib/checks.sh
unset XDG_CACHE_HOME
export HOME="$t/home"
mkdir "$HOME"

run() { "$gradc" run "$@" >"$t/out" 2>"$t/err"; status=$?; }
model="$root/models/bert.graph"
encoder="$root/models/encoders/bert.graph"

# All numbers of two outputs, one by one: f32 against double, through six digits and a model of two layers.
near() {
  numbers() { tr -s '[]() ,=:' '\n' <"$1" | grep -E '^-?[0-9]'; }
  numbers "$1" >"$t/a" && numbers "$2" >"$t/b" && [ "$(wc -l <"$t/a")" = "$(wc -l <"$t/b")" ] &&
    paste "$t/a" "$t/b" | awk '{ d = $1 - $2; if (d < 0) d = -d; m = $1 < 0 ? -$1 : $1; if (d > 1e-4 * (m + 0.01)) bad++ } END { exit bad > 0 || NR == 0 }'
}

# ---- A definition by itself ------------------------------------------------------------------------------

printf 'def many(x: f32[1, 2]) -> f32[20, 2] { return concat(0%s) }\n' "$(yes ', x' | head -20 | tr -d '\n')" >"$t/many.graph"
run "$t/many.graph" --def many --input 'x=[[3, 4]]' --compiled
[ "$status" = 0 ] && has "$t/out" "return: f32[20, 2]" && has "$t/out" "[[3 4]"
ok "concat takes more tensors than an operator has operands" $?

cat >"$t/half.graph" <<'E'
def rounded(x: f32[R, C]) -> f32[R, C] { return float(cast(x, bf16)) }

def stored(x: f32[R, C], w: f32[C, D]) -> f32[D, R] {
  y = cast(matmul(float(iota(x, 0)) - float(iota(x, 1)), float(iota(w, 0)) + float(iota(w, 1))), bf16)
  return float(transpose(y)) + float(slice(concat(0, transpose(y), transpose(y)), 0, 0, D))
}
E
run "$t/half.graph" --def rounded --input 'x=[[0.1, 1.00390625, 1.01171875, 3.4e38, -0.25]]' --grad --compiled
[ "$status" = 0 ] && has "$t/out" "0.100098" && has "$t/out" " 1.01562 " && has "$t/out" " inf " && has "$t/out" "[[1 1 1 1 1]]"
ok "bf16 rounds to nearest even, and its gradient goes straight through" $?
run "$t/half.graph" --def stored --shape R=9,C=50 --shape D=5
cp "$t/out" "$t/interpreted"
run "$t/half.graph" --def stored --shape R=9,C=50 --shape D=5 --compiled
[ "$status" = 0 ] && has "$t/out" "return: f32[D = 5, R = 9]" && cmp -s "$t/out" "$t/interpreted"
ok "a product stored as bf16, transposed and joined, is what the interpreter computes" $?

run "$model" --def gelu --input 'x=[[-1, 0, 1]]' --grad
[ "$status" = 0 ] && has "$t/out" "[[-0.158655         0  0.841345]]" && has "$t/out" "[[-0.0833155        0.5    1.08332]]"
ok "gelu and its slope at -1, 0 and 1" $?
cp "$t/out" "$t/interpreted"
run "$model" --def gelu --input 'x=[[-1, 0, 1]]' --grad --compiled
[ "$status" = 0 ] && near "$t/out" "$t/interpreted"
ok "compiled" $?
run "$model" --def dense --shape R=2,I=3 --shape O=4 --show return --show weight
[ "$status" = 0 ] && has "$t/out" "return: f32[R = 2, O = 4]" && has "$t/out" "weight: f32[O = 4, I = 3]" && has "$t/out" "bert.graph:33"
ok "generic dimensions and numbers from --shape; parameters are names too" $?
cp "$t/out" "$t/first"
run "$model" --def dense --shape R=2,I=3 --shape O=4 --show return --show weight
cmp -s "$t/out" "$t/first"
ok "the same seed, the same values" $?
run "$model" --def dense --shape R=2,I=3 --shape O=4 --show return --show weight --seed 2
[ "$status" = 0 ] && ! cmp -s "$t/out" "$t/first"
ok "another seed, other values" $?
run "$model" --def embedding --shape N=3 --shape R=4 --set hidden=2
[ "$status" = 0 ] && has "$t/out" "index: i32<N = 3>[R = 4]" && has "$t/out" "return: f32[R = 4, hidden = 2]"
ok "an index below its bound" $?
small="--set hidden=4 --set heads=2 --set ffn=8 --set vocab=20 --set positions=9 --set layers=2"
run "$encoder" --def encoder_layer $small --show q --show 62 --grad
[ "$status" = 0 ] && has "$t/out" "q: f32[x.T, hidden = 4] = f32[8, 4]" && has "$t/out" "in self_attention, attention.self)" && has "$t/out" "return:"
ok "names inside called definitions; a line" $?
printf 'tokens vocab = 9, positions = 9\ndef begins(h: f32[R, 4], x: tokens) -> f32[S, 4] { return gather(h, x.first) }\n' >"$t/begins.graph"
run "$t/begins.graph" --def begins --shape R=x.T
[ "$status" = 0 ] && has "$t/out" "h: f32[x.T, 4] = f32[8, 4]"
ok "a size of a text input" $?
cat >"$t/near.graph" <<END
import "$encoder"
override def self_attention(h: f32[x.T, hidden], x: tokens) -> f32[x.T, hidden] {
  return h + float(reshape(x.positions, x.T, 1))
}
END
run "$t/near.graph" --def encoder $small
[ "$status" = 0 ]
ok "one override reads positions" $?
line=$(sed -n '/h = layer_norm(h + a, eps)/=' "$encoder")
run "$encoder" --def encoder $small --show "encoder_layer.h" --show "bert.graph:$line"
[ "$status" = 0 ] && [ "$(grep -c '^h: ' "$t/out")" = 4 ] && has "$t/out" "encoder.layer.1)"
ok "every instance of a repeated layer, with its scope" $?
run "$model" --def softmax --shape x=2x3 --show softmax.weight
[ "$status" = 0 ] && has "$t/out" "weight: f32[2, 3]"
ok "names of the prelude" $?

# ---- .npy files ------------------------------------------------------------------------------------------

run "$model" --def gelu --shape x=2x3 --show return --show x --npy "$t/npy" --grad
[ "$status" = 0 ] && [ "$(ls "$t/npy" | wc -l)" = 4 ]
ok "--npy writes values and gradients" $?
cp "$t/out" "$t/first"
x=$(ls "$t/npy"/x-*.npy | grep -v grad)
run "$model" --def gelu --input "x=$x" --show return --show x --grad
[ "$status" = 0 ] && cmp -s "$t/out" "$t/first"
ok "and --input reads them" $?

# ---- A task ----------------------------------------------------------------------------------------------

task() { run "$model" --weights "$demo" --task similarity --text 'a good film' --text 'a film' "$@"; }
task --input similarity=3 --grad --show loss --show score --show '0.*.k' --show heads.similarity.weight
[ "$status" = 0 ] && has "$t/out" "both: [CLS]" && has "$t/out" "score: f32[S, 1] = f32[1, 1]" && has "$t/out" "bert.encoder.layer.0.attention.self)"
ok "a pair of texts, its label, values and gradients" $?
cp "$t/out" "$t/interpreted"
task --input similarity=3 --grad --show loss --show score --show '0.*.k' --show heads.similarity.weight --compiled
[ "$status" = 0 ] && near "$t/out" "$t/interpreted"
ok "compiled" $?
task --input similarity=3 --grad --show loss --show score --training
cp "$t/out" "$t/interpreted"
task --input similarity=3 --grad --show loss --show score --training --compiled
[ "$status" = 0 ] && near "$t/out" "$t/interpreted"
ok "with dropout, the same masks in both" $?
task
[ "$status" = 0 ] && has "$t/out" "loss: f32[]" && has "$t/out" "predict: f32[S, 1]"
ok "without --show: loss and prediction" $?
run "$model" --weights "$demo" --task sentiment
[ "$status" = 0 ] && has "$t/out" "predict: f32[S, 1] = f32[2, 1]"
ok "without --text: random tokens" $?
run "$model" --weights "$demo" --task sentiment --text one --text two --show predict
cp "$t/out" "$t/first"
run "$model" --weights "$demo" --task sentiment --text two --show predict
[ "$(tail -n 1 "$t/first" | tr -d ' []')" = "$(tail -n 1 "$t/out" | tr -d ' []')" ]
ok "rows do not depend on their neighbours" $?

# ---- A file of its own -----------------------------------------------------------------------------------

printf 'def count(x: i32[R]) -> i32[R] { return x * x }\n' >"$t/count.graph"
run "$t/count.graph" --def count --input x=1,2,3
[ "$status" = 0 ] && has "$t/out" "[1 4 9]"
ok "integers" $?

run "$model" --task similarity --weights "$demo" --text a --text b --grad --show score
[ "$status" = 0 ] && has "$t/err" "'similarity' is not given: a random label is taken"
ok "a label that nobody gave is reported" $?
run "$model" --task similarity --weights "$demo" --text a --text b --grad --show score --input similarity=3
[ "$status" = 0 ] && ! has "$t/err" "random label"
ok "one that is given is not" $?
head="$root/models/heads/distilled.graph"
run "$head" --task distilled --weights "$demo" --text a --grad --show logits --input sentiment=2
[ "$status" = 0 ] && has "$t/err" "'teacher' is not given: random numbers are taken; --input teacher=... gives them" && ! has "$t/err" "'sentiment'"
ok "numbers that nobody gave are reported too" $?
run "$root/models/heads/coarse_fine.graph" --task coarse_fine --weights "$demo" --text a --text b --text c --show fine_logits --show loss --input fine=1 --input coarse=0
cp "$t/out" "$t/first"
run "$root/models/heads/coarse_fine.graph" --task coarse_fine --weights "$demo" --text a --text b --text c --show fine_logits --show loss --input fine=1 --input coarse=0 --input fine.given=1 --input coarse.given=1
[ "$status" = 0 ] && cmp -s "$t/out" "$t/first"
ok "rows have no gaps but those that are given" $?

finish
