#!/bin/sh
# Several tasks in one run: samplers, weights, steps over all tasks, accumulation, gradient surgery. Run from the project's root; GRADC
# names the program. One line a check; the last line counts.
set -u
. tests/lib/checks.sh

train() { # NAME OPTIONS...: logs to $t/NAME.log
  name=$1
  shift
  run train models/bert.graph --weights "$demo" --data "$demo" --cache "$kernels" --no-eval --quiet --batch 8 --lr 1e-3 --log "$t/$name.log" "$@"
  return "$status"
}
weights() { sed -n 's/.*"weights": *"\([0-9a-f]*\)".*/\1/p' "$t/$1.log"; }
losses() { sed -n 's/.*"event": *"step".*"loss": *\([-0-9.e]*\).*/\1/p' "$t/$1.log"; }
count() { grep '"event": *"step"' "$t/$1.log" | grep -c "\"$2\""; } # NAME TASK
# The largest relative difference of the losses of two runs; nothing when they have not as many.
apart() { losses "$1" >"$t/a"; losses "$2" >"$t/b"
  [ "$(wc -l <"$t/a")" = "$(wc -l <"$t/b")" ] && paste "$t/a" "$t/b" | awk '{ d = ($1 - $2) / ($1 > 1 ? $1 : 1); if (d < 0) d = -d; if (d > m) m = d } END { printf "%.9f\n", m }'; }

train turns --sampler round-robin --steps 9 && [ "$(count turns sentiment) $(count turns paraphrase) $(count turns similarity)" = "3 3 3" ]
ok "tasks take turns" $?
train share --share sentiment=3 --share similarity=0 --epochs 1 && [ "$(count share similarity)" = 0 ] &&
  awk -v a="$(count share sentiment)" -v b="$(count share paraphrase)" 'BEGIN { exit !(a >= 3 * b - 3 && a <= 3 * b + 3) }'
ok "shares of the steps" $?

train alone --tasks sentiment --steps 6 --sampler round-robin && train one --tasks sentiment --steps 6 --sampler together
[ -n "$(weights alone)" ] && [ "$(weights alone)" = "$(weights one)" ]
ok "a step over all of one task is a step: the same bits" $?
train large --tasks sentiment --batch 16 --steps 6 && train small --tasks sentiment --batch 4 --accumulate 4 --steps 6
far=$(apart large small)
awk -v far="${far:-1}" 'BEGIN { exit !(far < 1e-5) }'
ok "four batches of 4 train as one of 16 does, dropout included: losses differ by ${far:-?}" $?

joined() { grep -q '"joined": *true' "$t/$1.log"; }
train together --sampler together --steps 4 --threads 2 && [ "$(count together similarity)" = 4 ] && joined together
ok "a step over all tasks is one pass, and logs each loss" $?
train again --sampler together --steps 4 --threads 1 && [ -n "$(weights again)" ] && [ "$(weights again)" = "$(weights together)" ]
ok "one pass on one thread, the same bits" $?
train singly --sampler together --steps 4 --cosines && ! joined singly && grep -q '"sentiment,paraphrase": *[-0-9]' "$t/singly.log"
ok "a pass for each task logs the cosines" $?
far=$(apart together singly)
awk -v far="${far:-1}" 'BEGIN { exit !(far < 1e-5) }'
ok "one pass trains as a pass for each does, dropout included: losses differ by ${far:-?}" $?
# Memory of gradients that are added does not grow with the tasks, but where they are compared.
standing() { run train models/bert.graph --weights "$demo" --data "$demo" --cache "$kernels" --no-eval --steps 1 --sampler together --passes -join "$@" &&
  sed -n 's/^memory: \([0-9.]*\) MiB of weights.*/\1/p' "$t/err"; }
added=$(standing) && compared=$(standing --cosines) && awk -v a="$added" -v c="$compared" 'BEGIN { exit !(a > 0 && c > a + 0.9 * a / 6) }'
ok "two slabs of gradients for three tasks, three where they are compared: ${added:-?} and ${compared:-?} MiB" $?
train parts --sampler together --steps 4 --batch 4 --accumulate 2 && joined parts
far=$(apart together parts)
awk -v far="${far:-1}" 'BEGIN { exit !(far < 1e-5) }'
ok "and so do two joined batches of half the rows: losses differ by ${far:-?}" $?

# Tasks that read words, windows, hidden tokens, means of tokens and gradients: what of them is one pass is theirs to share.
for head in tagging masked windows mean_pooled topics smart; do echo "import \"$root/models/heads/$head.graph\""; done >"$t/many.graph"
many() { # NAME OPTIONS...
  name=$1
  shift
  run train "$t/many.graph" --weights "$demo" --data "$demo" --cache "$kernels" --no-eval --quiet --batch 8 --lr 1e-3 --sampler together --steps 3 --log "$t/$name.log" "$@"
}
for tasks in tagging,masked,windows,mean_pooled,topics,similarity smart,sentiment,paraphrase; do
  many one --tasks "$tasks" && joined one && many each --tasks "$tasks" --cosines && ! joined each
  far=$(apart one each)
  awk -v far="${far:-1}" 'BEGIN { exit !(far < 1e-5) }'
  ok "$tasks: losses differ by ${far:-?}" $?
done
# A loss that reads its own gradient for what the shared part begins with: the derivative goes through the rows of all tasks.
cat >"$t/many.graph" <<EOF
import "$root/models/heads/poolers.graph"
task penalty {
  data "sst/ids-sst-{split}.csv" tab unquoted
  input x = sentence: text
  label sentiment: class[5]
  h = embeddings(x) in "bert.embeddings"
  states = encoder_stack(h, x) in "bert"
  pooled = pooler(states, x) in "bert"
  logits = head(pooled, 5) in "heads.penalty"
  first = cross_entropy(logits, sentiment)
  loss first + sum(sum(grad(first, h) * grad(first, h), axis = 1), axis = 0)
}
EOF
many one --tasks penalty,sentiment && joined one && many each --tasks penalty,sentiment --cosines
far=$(apart one each)
awk -v far="${far:-1}" 'BEGIN { exit !(far < 2e-6) }'
ok "a loss with a gradient in it: losses differ by ${far:-?}" $?

run train models/experiments/course.graph --weights "$demo" --data "$demo" --cache "$kernels" --no-eval --sampler together --steps 1 --batch 4 --log "$t/course.log"
[ "$status" = 0 ] && ! joined course && has "$t/err" "a pass for each task"
ok "pairs encoded apart are not joined" $?
sed -e 's/loss mse(score, similarity)/loss mse(score, log(similarity - 1))/' -e "s#encoders/#$root/models/encoders/#" models/bert.graph >"$t/bad.graph"
run train "$t/bad.graph" --weights "$demo" --data "$demo" --cache "$kernels" --no-eval --quiet --batch 8 --sampler together --steps 6
[ "$status" = 1 ] && has "$t/err" "E0905" && has "$t/err" "sts-train.csv"
ok "one pass: what is not finite is reported with the rows of its task" $?
train surgery --sampler together --pcgrad --steps 4 --threads 2 && [ -n "$(weights surgery)" ] && [ "$(weights surgery)" != "$(weights singly)" ]
ok "surgery trains differently" $?
train again --sampler together --pcgrad --steps 4 --threads 1 && [ "$(weights again)" = "$(weights surgery)" ]
ok "one thread, the same bits" $?

# Without clipping AdamW (eps aside) sees no factor of the loss, so weights that differ come from the sum of several.
train heavy --sampler together --steps 4 --clip 0 --loss-weight similarity=100 && train light --sampler together --steps 4 --clip 0 &&
  [ "$(weights heavy)" != "$(weights light)" ]
ok "a loss's weight counts among others" $?
train twice --tasks sentiment --steps 1 --loss-weight sentiment=2 && train once --tasks sentiment --steps 1
norm() { sed -n 's/.*"norm": *\([-0-9.e]*\).*/\1/p' "$t/$1.log"; }
awk -v a="$(norm twice)" -v b="$(norm once)" 'BEGIN { exit !(b > 0 && a > 1.999999 * b && a < 2.000001 * b) }'
ok "gradients of a loss with weight 2 are twice as long" $?

train bad --pcgrad
[ $? = 1 ] && has "$t/err" "E0919" && has "$t/err" "--sampler together"
ok "surgery without steps over all tasks" $?
train bad --cosines
[ $? = 1 ] && has "$t/err" "E0919" && has "$t/err" "--cosines needs"
ok "cosines without steps over all tasks" $?
train bad --sampler anneald
[ $? = 1 ] && has "$t/err" "did you mean 'annealed'"
ok "an unknown sampler" $?
train bad --loss-weight similarity=much
[ $? = 1 ] && has "$t/err" "E0940" && has "$t/err" "--loss-weight takes TASK=X"
ok "a weight that is no number" $?
train bad --tasks sentiment --share sentiment=0
[ $? = 1 ] && has "$t/err" "no task has a share"
ok "nothing to train" $?

# An optimizer that leaves the gradient in the weight's place: what --grads writes is what the update is made from.
printf 'import "%s/models/bert.graph"\noverride optimizer adamw { weight = scale * gradient }\n' "$root" >"$t/keeps.graph"
numbers() { tail -c +$(($(od -An -tu8 -N8 "$1") + 9)) "$1"; } # FILE: what follows the header
for how in "" "--accumulate 2" "--cosines" "--accumulate 2 --loss-weight paraphrase=0.5"; do
  rm -rf "$t/kept" "$t/grads"
  run train "$t/keeps.graph" --weights "$demo" --data "$demo" --cache "$kernels" --no-eval --quiet --batch 4 --clip 0 --sampler together --steps 1 \
    --schedule constant --warmup 0 --grads "$t/grads" --out "$t/kept" $how
  numbers "$t/grads" >"$t/a" && numbers "$t/kept/model.safetensors" >"$t/b" && [ -s "$t/a" ] && cmp -s "$t/a" "$t/b"
  ok "gradients of the first update: --sampler together $how" $?
done

# A term of a loss counts for what it is of the update: 2 once, log(1 + 8) as the mean of two batches, the sum over rows as it is.
cat >"$t/terms.graph" <<EOF
import "$root/models/heads/poolers.graph"
task terms {
  data "ids-sst-{split}.csv" tab unquoted
  input sentence: text
  label sentiment: class[5]
  logits = head(pooler(embeddings(sentence) in "bert.embeddings", sentence) in "bert", 5) in "heads.terms"
  one = broadcast(1, sentence.S, 1)
  loss 0.5 * (2 * (2 - cross_entropy(0 * logits, sentiment)) + log(1 + sum(one, axis = 0)) * 2) + 0.25 * (sum(one, axis = 0) / update_rows(one))
  predict argmax(logits)
  metric accuracy, loss
}
EOF
for how in "16 1" "8 2" "4 4"; do
  rm -f "$t/terms.log"
  run train "$t/terms.graph" --tasks terms --weights "$demo" --data "$demo" --cache "$kernels" --no-eval --quiet --batch "${how% *}" --accumulate "${how#* }" --steps 1 \
    --log "$t/terms.log"
  losses terms | awk -v rows="${how% *}" '{ n = 1; want = 2 - log(5) + log(1 + rows) + 0.25; d = $1 - want } END { exit !(n && d < 1e-5 && d > -1e-5) }'
  ok "terms of a loss in ${how#* } batches of ${how% *} rows" $?
done
uncertain() { run train models/experiments/uncertainty.graph --tasks similarity --weights "$demo" --data "$demo" --cache "$kernels" --no-eval --quiet --no-shuffle \
  --steps 3 --lr 1e-2 --schedule constant --warmup 0 --log "$t/$1.log" $2; }
rm -f "$t/whole.log" "$t/split.log"
uncertain whole "--batch 32" && uncertain split "--batch 8 --accumulate 4"
far=$(apart whole split)
awk -v far="${far:-1}" 'BEGIN { exit !(far < 1e-5) }'
ok "weights of tasks that are learnt, in one batch and in four: losses differ by ${far:-?}" $?

finish
