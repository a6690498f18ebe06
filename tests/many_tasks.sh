#!/bin/sh
# More tasks than a word has bits: nothing in training has room for a fixed number of them. Run from the project's root; GRADC names the
# program. One line a check; the last line counts.
set -u
. tests/lib/checks.sh

mkdir "$t/w"
echo '{}' >"$t/w/config.json"
printf '%s\n' '[PAD]' '[UNK]' '[CLS]' '[SEP]' '[MASK]' a b c >"$t/w/vocab.txt"
for split in train dev; do
  printf 'words\tmood\na b\t0\nb c a\t1\nc\t2\na a\t0\n' >"$t/w/$split.tsv"
done

many() { # N: a graph of N tasks with one table of words and a head each
  {
    cat <<'G'
tokens vocab = 8, positions = 16
def head(x: f32[R, 4]) -> f32[R, 3] {
  param head: f32[3, 4] ~ normal(0, 0.5)
  return matmul(x, transpose(head))
}
def states(x: tokens) -> f32[x.T, 4] {
  param words: f32[8, 4] ~ normal(0, 0.5)
  return gather(words, x.ids)
}
G
    i=0
    while [ $i -lt "$1" ]; do
      cat <<G
task t$i {
  data "{split}.tsv" tab unquoted
  input words: text
  label mood: class[3]
  h = states(words) in shared "words"
  logits = head(gather(h, words.first)) in "heads.t$i"
  loss cross_entropy(logits, mood)
  predict argmax(logits)
  metric accuracy
}
G
      i=$((i + 1))
    done
  } >"$t/many.graph"
}
train() { run train "$t/many.graph" --weights "$t/w" --data "$t/w" --cache "$kernels" --steps 3 --batch 2 --lr 1e-2 --log "$t/log" "$@"; }
hash() { sed -n 's/.*"weights":"\([0-9a-f]*\)".*/\1/p' "$t/log"; }

many 70
train
[ "$status" = 0 ] && has "$t/err" "more tasks" && [ "$(grep -c '"event":"eval"' "$t/log")" = 70 ] && [ -n "$(hash)" ]
ok "70 tasks train and are evaluated; some of them are shown" $?
train --no-eval --sampler together --steps 2 --out "$t/together"
[ "$status" = 0 ] && [ "$(grep -c '"event":"step"' "$t/log")" = 140 ]
ok "a step over 70 tasks" $?
train --no-eval --sampler together --pcgrad --steps 1
[ "$status" = 0 ] && [ "$(grep -c '"event":"cosine"' "$t/log")" = 1 ]
ok "their gradients are compared" $?
train --no-eval --dry-run
[ "$status" = 0 ] && has "$t/out" "t69"
ok "and their run is planned" $?

finish
