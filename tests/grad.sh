#!/bin/sh
# Gradients that a user meets: grad and stop_gradient in the language, two random views of one batch, and what is said when an
# operator has no gradient. Run from the project's root; GRADC names the program. One line a check; the last line counts.
set -u
. tests/lib/checks.sh

train() { # FILE TASK [option ...]
  file=$1
  task=$2
  shift 2
  "$gradc" train "$file" --tasks "$task" --weights "$demo" --data "$demo" --cache "$kernels" --batch 16 --threads 1 "$@" \
    >"$t/out" 2>"$t/err"
}

# The mean loss of the last 40 steps is below half of that of the first 40.
falls() { # NAME
  train "$root/models/heads/$1.graph" "$1" --epochs 4 --lr 1.5e-3 --log "$t/$1.jsonl" --quiet &&
    sed -n 's/.*"event":"step".*"loss":\([0-9.e+-]*\),.*/\1/p' "$t/$1.jsonl" |
    awk '{ loss[NR] = $1 } END { for (i = 1; i <= 40; i++) { a += loss[i]; b += loss[NR + 1 - i] } exit !(NR > 80 && b < a / 2) }'
  ok "the loss of $1 falls" $?
}
falls simcse
falls r_drop
falls smart

# Both passes draw from sites of their own, and draw the same again in another run.
"$gradc" dump "$root/models/heads/r_drop.graph" --task r_drop --set layers=1 --stage source >"$t/out" 2>"$t/err"
grep -o 'random{site="[^"]*"' "$t/out" | sort >"$t/sites"
[ "$(wc -l <"$t/sites")" = 8 ] && [ "$(uniq "$t/sites" | wc -l)" = 8 ] && [ "$(grep -c '#1"' "$t/sites")" = 4 ]
ok "two views have sites of their own" $?
for run in 1 2; do
  train "$root/models/heads/r_drop.graph" r_drop --steps 8 --limit r_drop=128
  grep -o 'weights [0-9a-f]*' "$t/err" "$t/out" | sed 's/.*weights //' >"$t/weights$run"
done
[ -s "$t/weights1" ] && cmp -s "$t/weights1" "$t/weights2"
ok "and are the same in another run" $?

# Among one sentence there is no other to find: the loss is exactly zero.
train "$root/models/heads/contrastive.graph" contrastive --batch 1 --steps 3 --limit contrastive=3 --log "$t/one.jsonl" --quiet &&
  [ "$(grep -c '"event":"step".*"loss":-\{0,1\}0\.0,' "$t/one.jsonl")" = 3 ]
ok "in-batch negatives of a batch of one" $?

# Two tasks share p and q and update them together. The first moves q alone, by 1 for each row of rate; nothing of what the second
# task did to p may be done again.
cat >"$t/two.graph" <<'END2'
tokens vocab = 751, positions = 64, segments = 2
def one(x: tokens) -> f32[S, 1] {
  param w: f32[1, 1] ~ zeros no_decay
  return scatter_max(broadcast(1, x.T, 1), x.sequence) * w
}
task first {
  data "ids-sst-{split}.csv" tab unquoted
  input sentence: text
  label sentiment: class[5]
  p = one(sentence) in "p"
  q = one(sentence) in "q"
  loss sum(stop_gradient(p) + q, axis = 0) / update_rows(p)
  predict p
  metric accuracy
}
task second {
  data "ids-sst-{split}.csv" tab unquoted
  input sentence: text
  label sentiment: class[5]
  p = one(sentence) in "p"
  q = one(sentence) in "q"
  loss sum(p + 0 * q, axis = 0) / update_rows(p)
  predict p
  show p as "p"
  show q as "q"
  metric accuracy
}
optimizer plain(decay = 0) { weight = weight - rate * scale * gradient }
END2
value() { # NAME
  "$gradc" predict "$t/run" --task second --data "$demo" --cache "$kernels" --show "$1" 2>"$t/err" | head -n 1
}
train "$t/two.graph" first,second --steps 8 --limit first=64 --limit second=64 --lr 0.5 --schedule constant --clip 0 --no-shuffle --out "$t/run" &&
  [ "$(value p)" = -2 ] && [ "$(value q)" = -2 ]
ok "a parameter behind stop_gradient stays where it is" $?

# A loss of the gradient itself, through attention: the step after next is taken with second derivatives.
cat >"$t/slope.graph" <<'END2'
import "ROOT/models/bert.graph"
task slope {
  data "ids-sst-{split}.csv" tab unquoted
  input sentence: text
  label sentiment: class[5]
  h = embeddings(sentence) in "bert.embeddings"
  logits = head(pooler(encoder_stack(h, sentence) in "bert", sentence) in "bert", 5) in "heads.slope"
  steep = grad(cross_entropy(logits, sentiment), h)
  loss cross_entropy(logits, sentiment) + sum(sum(steep * steep, axis = 1), axis = 0)
  predict argmax(logits)
  metric accuracy
}
END2
sed -i "s|ROOT|$root|" "$t/slope.graph"
train "$t/slope.graph" slope --epochs 4 --lr 1.5e-3 --quiet && awk '$1 == "slope" { good = $4 >= 0.7 } END { exit !good }' "$t/out"
ok "a loss of a gradient through attention is trained" $?

# The path from the loss to the operator, with the line of each step.
cat >"$t/bad.graph" <<'END2'
tokens vocab = 751, positions = 64, segments = 2
task bad {
  data "ids-sst-{split}.csv" tab unquoted
  input sentence: text
  label sentiment: class[5]
  loss one(sentence) in "one"
  predict float(sentiment)
  metric accuracy
}
def one(x: tokens) -> f32[1, 1] {
  param table: f32[751, 4] ~ normal(0, 0.02)
  param extra: f32[1, 4] ~ zeros
  rows = concat(0, gather(table, x.ids), extra)
  return sum(sum(tanh(rows), axis = 1), axis = 0)
}
END2
cat >"$t/expected" <<'END2'
bad.graph:13:10: error[E0603]: concat has no gradient for this operand beside one of a run-time extent, on the path concat <- tanh <- sum <- sum <- reshape <- loss
   13 |   rows = concat(0, gather(table, x.ids), extra)
      |          ^~~~~~
bad.graph:14:18: note: used by this tanh
   14 |   return sum(sum(tanh(rows), axis = 1), axis = 0)
      |                  ^~~~
bad.graph:14:14: note: used by this sum
   14 |   return sum(sum(tanh(rows), axis = 1), axis = 0)
      |              ^~~
bad.graph:14:10: note: used by this sum
   14 |   return sum(sum(tanh(rows), axis = 1), axis = 0)
      |          ^~~
bad.graph:6:3: note: used by this reshape
    6 |   loss one(sentence) in "one"
      |   ^~~~
      = hint: put the operand of run-time extent last, or stop_gradient around the others
END2
(cd "$t" && "$gradc" dump bad.graph --stage fuse >out 2>err)
[ $? = 1 ] && diff "$t/expected" "$t/err" >"$t/out"
ok "an operator without a gradient is shown with the path from the loss" $?

cat >"$t/third.graph" <<'END2'
tokens vocab = 751, positions = 64, segments = 2
task third {
  data "ids-sst-{split}.csv" tab unquoted
  input sentence: text
  label sentiment: class[5]
  loss steepest(sentence) in "x"
  predict float(sentiment)
  metric accuracy
}
def total(x: f32[R, C]) -> f32[1, 1] { return sum(sum(x, axis = 1), axis = 0) }
def steepest(x: tokens) -> f32[1, 1] {
  param table: f32[751, 4] ~ normal(0, 0.02)
  h = gather(table, x.ids)
  once = grad(total(tanh(attention(h, h, h, x, x, heads = 2))), h)
  twice = grad(total(once * once), h)
  return total(twice * twice)
}
END2
(cd "$t" && "$gradc" dump third.graph --stage fuse >out 2>err)
[ $? = 1 ] && grep -q '^third.graph:14:26: error.E0602.: attention has no third derivative, on the path attention_second <- ' "$t/err" &&
  grep -q '= hint: stop_gradient(grad(...)) uses a gradient as a number' "$t/err"
ok "attention has two derivatives" $?

finish
