#!/bin/sh
# gradc gradcheck through the command line: models/bert.graph passes at a reduced size. The other models that ship: tests/models.sh. Messages
# about wrong gradients: tests/errors/run.sh.
set -u
. tests/lib/checks.sh
unset XDG_CACHE_HOME
export HOME="$t/home"
mkdir "$HOME"

run() { "$gradc" gradcheck "$@" --cache "$kernels" >"$t/out" 2>"$t/err"; status=$?; }
model="$root/models/bert.graph"

run "$model"
[ "$status" = 0 ] && [ "$(grep -c '^task ' "$t/out")" = 3 ] && ! has "$t/out" WRONG && [ ! -s "$t/err" ]
ok "all gradients of the model" $?
has "$t/out" "sizes: hidden=8 layers=2 heads=2" && has "$t/out" "bert.encoder.layer.1.output.dense.weight"
ok "at sizes that keep the structure" $?
cp "$t/out" "$t/first"
run "$model" --threads 1
cmp -s "$t/out" "$t/first"
ok "the same for any number of threads" $?
run "$model" --tasks similarity --set layers=1 --passes -fuse --seed 7
[ "$status" = 0 ] && has "$t/out" "layers=1" && [ "$(grep -c '^task ' "$t/out")" = 1 ] && ! has "$t/out" "layer.1."
ok "--tasks, --set, --passes, --seed" $?
sed 's/^def encoder(x: tokens) -> f32\[S, hidden\]/def encoder(x: tokens) -> f32[S, 64]/' "$root/tests/lib/small.graph" >"$t/fixed.graph"
run "$t/fixed.graph" --tasks similarity
[ "$status" = 0 ] && has "$t/out" "sizes: hidden=64 layers=2 vocab=8"
ok "what cannot be small stays as it is" $?

# A pair has two segments: what reads them has a gradient.
cat >"$t/segments.graph" <<END
tokens vocab = 9, positions = 9, segments = 2
task t {
  data "t-{split}.tsv" tab unquoted
  input both = (a, b): pair
  label y: class[2]
  param w: f32[1] ~ ones
  seconds = scatter_add(float(reshape(both.segments, both.T, 1)), both.sequence)
  loss sum(seconds * w, axis = 0) / update_rows(seconds)
  predict seconds
  metric accuracy
}
END
run "$t/segments.graph"
[ "$status" = 0 ] && awk '$1 == "w" { good = $4 > 0.5 } END { exit !good }' "$t/out"
ok "pairs have a second segment" $?

# Scores and ranges of keys in the text, differentiated twice: a gradient of theirs is part of the loss.
cat >"$t/scores.graph" <<END
import "$root/models/heads/smart.graph"

def near(q: position, reach) = q - reach .. q + reach + 1

def biased(s, q: position, k: position, h: head) = s + tanh(s) - 0.1 * float(abs(q - k)) * float(h + 1)

override def self_attention(h: f32[x.T, hidden], x: tokens) -> f32[x.T, hidden] {
  q = dense(h, hidden) in "query"
  k = dense(h, hidden) in "key"
  v = dense(h, hidden) in "value"
  return attention(q, k, v, x, x, heads = heads, dropout = attention_dropout, scale = 0.3, score = biased, keys = near(2))
}
END
run "$t/scores.graph" --tasks smart
[ "$status" = 0 ] && has "$t/out" "task smart"
ok "scores and ranges of keys" $?

# Tables that scores read: a parameter, and one made of it.
cat >"$t/tables.graph" <<END
import "$root/models/bert.graph"

def by_distance(s, q: position, k: position, h: head, table: f32[N, C], slopes: f32[A, B]) =
  s + gather(table, k - q + 2, h) - float(abs(k - q)) * s * gather(slopes, h, 0)

override def self_attention(h: f32[x.T, hidden], x: tokens) -> f32[x.T, hidden] {
  q = dense(h, hidden) in "query"
  k = dense(h, hidden) in "key"
  v = dense(h, hidden) in "value"
  param table: f32[5, heads] ~ normal(0, 0.5)
  return attention(q, k, v, x, x, heads = heads, score = by_distance(table, tanh(transpose(table))))
}
END
run "$t/tables.graph" --tasks sentiment
[ "$status" = 0 ] && has "$t/out" "table"
ok "tables that scores read" $?

# A score as long as one may be: its derivative takes more operators than the score itself.
{
  echo "import \"$root/models/bert.graph\""
  echo "def long(s, q: position, k: position) {"
  for _ in $(seq 60); do echo "  s = s * (1 + 0.0001 * tanh(s))"; done
  sed -n '/^override/,/^}/p' "$t/tables.graph" | sed '/param/d; s/by_distance(.*)))/long)/; 1s/^/  return s\n}\n/'
} >"$t/long.graph"
run "$t/long.graph" --tasks sentiment
[ "$status" = 0 ]
ok "a score of many operators" $?
sed 's/^def long.*/&\n  s = s + 0.1 * tanh(0.2 * s) * tanh(0.3 * s) * tanh(0.4 * s) * tanh(0.5 * s)/' "$t/long.graph" >"$t/longer.graph"
run "$t/longer.graph" --tasks sentiment
[ "$status" = 1 ] && has "$t/err" "error[E0314]" && has "$t/err" "256 of them at most"
ok "a score of too many is refused" $?

finish
