#!/bin/sh
# A frozen part is computed once: the weights after training are those of computing it each time. Run from the project's root; GRADC names
# the program. One line a check; the last line counts.
set -u
. tests/lib/checks.sh
hash_of() { sed -n 's/.*"event":"done".*"weights":"\([0-9a-f]*\)".*/\1/p' "$1"; }
train() { # LOG GRAPH ARGUMENTS...
  log=$1 graph=$2
  shift 2
  "$gradc" train "$graph" --weights "$demo" --batch 8 --lr 1e-2 --limit sentiment=96 --limit paraphrase=96 --cache "$kernels" --log "$t/$log" "$@" --data "$demo" >"$t/out" 2>"$t/err"
}
# Trains twice, the second time with --no-reuse. The first run's messages are in $t/said.
same() { # NAME GRAPH ARGUMENTS...
  name=$1
  shift
  train once "$@"
  status=$?
  cp "$t/err" "$t/said"
  train anew "$@" --no-reuse
  [ $? = 0 ] && [ $status = 0 ] && [ -n "$(hash_of "$t/once")" ] && [ "$(hash_of "$t/once")" = "$(hash_of "$t/anew")" ] &&
    [ "$(grep '"event":"eval"' "$t/once")" = "$(grep '"event":"eval"' "$t/anew")" ] && ! has "$t/err" "computed once"
  ok "$name: the same weights and metrics" $?
}

two="--tasks sentiment,paraphrase"
bert=models/bert.graph
same "a frozen encoder" $bert --freeze 'bert.*' --dropout 0 --epochs 3 $two
has "$t/said" "what it gives each row is computed once and kept"
ok "it is said" $?
# Timed beforehand on a part of a large dev set, which is then evaluated whole.
mkdir "$t/large" && cp "$demo"/ids-sst-train.csv "$t/large"
{ cat "$demo/ids-sst-dev.csv"; for i in $(seq 30); do tail -n +2 "$demo/ids-sst-dev.csv"; done; } >"$t/large/ids-sst-dev.csv"
large() { train "$1" $bert --data "$t/large" --tasks sentiment --freeze 'bert.*' --dropout 0 --epochs 2 ${2:-} ${3:-}; }
large timed --within 60m && large untimed
[ "$(hash_of "$t/timed")" = "$(hash_of "$t/untimed")" ] && [ "$(grep '"event":"eval"' "$t/timed")" = "$(grep '"event":"eval"' "$t/untimed")" ]
ok "with --within too" $?
same "batches that are added" $bert --freeze 'bert.*' --dropout 0 --epochs 2 --accumulate 3 $two
same "steps over all tasks" $bert --freeze 'bert.*' --dropout 0 --epochs 2 --sampler together $two
same "lower layers" $bert --freeze 'bert.embeddings.*' --freeze 'bert.encoder.layer.0.*' --dropout 0 --epochs 2 --tasks sentiment --set hidden=192 --set ffn=768
has "$t/said" "computed once"
ok "every token's row of them is kept" $?

same "a part with dropout" $bert --freeze 'bert.*' --epochs 2 --tasks sentiment
has "$t/said" "it has dropout, so training computes it in each epoch" && has "$t/said" "each row to evaluate is computed once"
ok "it is kept for evaluation alone, as is said" $?
cat >"$t/still.graph" <<END
import "$root/models/bert.graph"
override task sentiment {
  data "sst/ids-sst-{split}.csv" tab unquoted
  input sentence: text
  label sentiment: class[5]
  states = encoder(sentence) in "bert" without dropout
  pooled = pooler(states, sentence) in "bert"
  without = head(drop(pooled, dropout), 5) in "heads.sentiment"
  loss cross_entropy(without, sentiment)
  predict argmax(without)
  metric accuracy
}
END
run dump "$t/still.graph" --task sentiment --graph train && grep -q 'site="heads' "$t/out" && ! grep -q 'site="bert' "$t/out"
ok "what is without dropout has none, all that it calls included" $?
same "a part without dropout beside one with it" "$t/still.graph" --freeze 'bert.*' --epochs 2 --tasks sentiment
has "$t/said" "what it gives each row is computed once and kept"
ok "it is kept for training too" $?
same "hidden tokens, which are others each time" models/heads/masked.graph --tasks masked --limit masked=96 --freeze 'bert.*' --dropout 0 --epochs 2
! has "$t/said" "computed once"
ok "they are not kept" $?
train small $bert --freeze 'bert.*' --dropout 0 --epochs 1 --tasks sentiment --passes -demand
[ $? = 0 ] && has "$t/err" "computed once"
ok "without another pass it is kept all the same" $?
train small $bert --freeze 'bert.*' --dropout 0 --epochs 1 --tasks sentiment --passes -cut
[ $? = 0 ] && ! has "$t/err" "computed once"
ok "without 'cut' it is not" $?

finish
