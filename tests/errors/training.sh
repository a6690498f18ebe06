# Training, evaluation, prediction.
. trained
gradc train model.graph --weights models/demo --data data --tasks sentimnt
#> error[E0920]: model.graph has no task 'sentimnt'
#>       = hint: did you mean 'sentiment'?

gradc train model.graph --weights models/demo --data data --schedule lineer --quiet
#> error[E0916]: there is no schedule 'lineer'
#>       = hint: --schedule takes linear, cosine or constant

gradc train model.graph --weights models/demo --data data --quiet --rate 'head.*=1e-3'
#> error[E0925]: --rate: no parameter matches 'head.*'
#>       = hint: there is 'heads.sentiment.weight'; a star stands for any characters

gradc train model.graph --weights models/demo --data data --quiet --rate heads
#> error[E0925]: --rate takes PATTERN=X, not 'heads'
#>       = hint: for example: --rate 'heads.*=1e-3'

gradc train model.graph --weights models/demo --data data --quiet --best sentiment.recall
#> model.graph:26:6: error[E0926]: --best takes TASK.METRIC of a task that is trained, not 'sentiment.recall'
#>    26 | task sentiment {
#>       |      ^~~~~~~~~
#>       = hint: for example: --best sentiment.accuracy

gradc train model.graph --weights models/demo --data data --quiet --best moods.recall
#> error[E0920]: model.graph has no task 'moods'
#>       = hint: the tasks are: sentiment, paraphrase, similarity

gradc train model.graph --weights models/demo --data data --pcgrad --quiet
#> error[E0919]: --pcgrad needs steps over all tasks
#>       = hint: add --sampler together

gradc train model.graph --weights models/demo --data data --sampler square-root --quiet
#> error[E0919]: there is no sampler 'square-root'
#>       = hint: it may be proportional, sqrt, annealed, uniform, round-robin or together

gradc train model.graph --weights models/demo --data data --shards 3 --quiet
#> error[E0910]: --shards takes a power of two, not 3
#>       = hint: for example: --shards 4 or --shards 8

gradc train model.graph --weights models/demo --data data --accumulate 3 --shards 4 --quiet
#> error[E0990]: 3 batches of an update cannot be dealt into 4 shards
#>       = hint: a batch is one shard or several: --shards is a multiple of --accumulate

gradc train model.graph --weights models/demo --data data --limit paraphrase --quiet
#> error[E0940]: --limit takes TASK=N, not 'paraphrase'
#>       = hint: for example: --limit sentiment=1000

gradc train model.graph --weights models/demo --data data --limit paraphrase=many --quiet
#> error[E0940]: --limit takes TASK=N, not 'paraphrase=many'
#>       = hint: for example: --limit sentiment=1000

gradc train model.graph --weights models/demo --data data --log nowhere/log.jsonl --steps 1 --quiet
#> error[E0914]: the log nowhere/log.jsonl cannot be written: No such file or directory
#>       = hint: its folder must exist and may be written to; name another file with --log

gradc train model.graph --weights models/demo --data data --out nowhere/run --steps 1 --quiet
#> error[E0941]: cannot create the folder nowhere/run: No such file or directory
#>       = hint: its parent must exist and be writable

gradc train model.graph --weights models/demo --data data --lr 1000 --clip 0 --epochs 30 --batch 4 --quiet
#> model.graph:53:8: error[E0905]: mul(5.39e+21, 5.39e+21) is inf: the first value of step 18 that is not finite; the loss is inf
#>    53 |   loss mse(score, similarity)
#>       |        ^~~
#> data/sts-train.csv:9: note: in this row
#> data/sts-train.csv:5: note: in this row
#> data/sts-train.csv:4: note: in this row
#> data/sts-train.csv:8: note: in this row
#> model.graph:22:31: note: here it becomes NaN: mul(inf, 0) is nan in the gradient of this, in scope "encoder.layer.1"
#>    22 |   repeat i in 0..layers { h = tanh(dense(h, hidden)) in "layer.{i}" }
#>       |                               ^~~~
#>       = hint: nothing was updated; keep logarithms and divisions away from zero, as in maximum(x, 1e-6); or lower --lr

cat >alike.graph <<END
import "model.graph"
task alike {
  data "sts-{split}.csv" tab quoted
  input one = sentence1: text
  label similarity: real[0, 5]
  pooled = encoder(one) in "encoder"
  near = matmul(pooled, transpose(pooled))
  loss mse(sum(near, axis = 1), similarity)
  predict sum(near, axis = 1)
  metric pearson
}
END
gradc train alike.graph --weights models/demo --data data --tasks alike --shards 2 --quiet
#> alike.graph:7:10: error[E0991]: --shards would keep apart the rows of a batch, which meet here
#>     7 |   near = matmul(pooled, transpose(pooled))
#>       |          ^~~~~~
#> alike.graph:2:6: note: in the loss of task 'alike'
#>     2 | task alike {
#>       |      ^~~~~
#>       = hint: train it with --shards 1; batches of --accumulate may be as many as you like

gradc eval run --data data --cpu z80
#> error[E0701]: unknown x86-64 CPU 'z80'
#>       = hint: try x86-64-v3; or native, the machine at hand, as without --cpu

gradc eval run --data data --cache data/sts-dev.csv
#> warning[E0703]: compiled kernels are not cached in 'data/sts-dev.csv': it is not a folder
#>       = hint: set XDG_CACHE_HOME to a folder of your own to start faster

gradc predict run
#> error[E0952]: predict works on one task: name it with --task
#>       = hint: the tasks are: sentiment, paraphrase, similarity

gradc predict run --task sentimental
#> error[E0920]: run/model.graph has no task 'sentimental'
#>       = hint: did you mean 'sentiment'?

gradc predict run --task sentiment --show hiden --data data
#> run/model.graph:26:6: error[E0906]: task 'sentiment' has no output 'hiden'
#>    26 | task sentiment {
#>       |      ^~~~~~~~~
#>       = hint: did you mean 'hidden'?

gradc predict run --task sentiment --data data --output nowhere/predictions
#> nowhere/predictions: error[E0830]: cannot write the file: creating it: No such file or directory
#>       = hint: check that the folder exists and that you may write to it; nothing was changed

gradc predict run --task sentiment --data data >/dev/full
#> error[E0950]: cannot write to standard output: No space left on device
#>       = hint: part of the output is lost: see that there is room, or send it elsewhere

gradc train model.graph --resume --weights models/demo --data data
#> error[E0947]: --resume needs the folder of a run
#>       = hint: give it with --out, or in place of the graph file: gradc train DIR --resume

gradc train model.graph --weights models/demo --data data --out run
#> run: error[E0948]: --out already holds another run
#>       = hint: name another folder, go on with that run (gradc train run --resume), or replace it with --force

cp -r run base; rm base/settings.json base/model.graph base/log.jsonl; rm -r base/last
gradc train model.graph --weights base --data data --out base
#> base: error[E0948]: --out already holds the weights that the run starts from
#>       = hint: name another folder, or replace what it holds with --force

cp -r run finished; rm -r finished/last
gradc train finished --resume --data data
#> finished: error[E0947]: nothing to resume: the folder has weights but no checkpoint
#>       = hint: start another run with another --out, or begin anew here, without its weights, with --force

mkdir busy
flock busy/gradc.lock gradc train model.graph --weights models/demo --data data --out busy --quiet
#> busy: error[E0949]: another process is writing to this folder
#>       = hint: wait until it has ended, or name another folder

gradc train run --resume --lr 1 --quiet --data data
#> error[E0942]: cannot resume: 1 setting that decides the weights has changed
#>       = note: lr was 2e-5, now 1.0
#>       = hint: use the settings of that run, or start another one: a different --out, without --resume

cp -r run old; echo '{' >old/settings.json
gradc train old --resume --quiet --data data
#> old/settings.json: error[E0946]: cannot read the run's settings
#>       = hint: give the graph file and the settings instead of the run's folder

gradc dump model.graph --stage stagg
#> error[E0961]: there is no stage 'stagg'
#>       = hint: the stages are source, expand, join, simplify, demand, cut, round_products, differentiate, compact, fuse, kernels and all; or their number in the names of --out

gradc dump model.graph --stage fuse --out nowhere/dump
#> error[E0960]: cannot create the folder nowhere/dump: No such file or directory
#>       = hint: its parent must exist and be writable

cat >extra.graph <<'END'
import "model.graph"
task extra {
  data "sts/sts-{split}.csv" tab quoted
  input both = (sentence1, sentence2): pair
  label similarity: real[0, 5]
  param rows: f32[3, hidden] ~ zeros
  h = concat(0, encoder(both) in "encoder", rows)
  score = sum(sum(h, axis = 0), axis = 1)
  loss score
  predict similarity
  show score as "score"
  metric pearson
}
END
gradc train extra.graph --weights models/demo --data data --tasks extra --quiet
#> extra.graph:7:7: error[E0603]: concat has no gradient for this operand beside one of a run-time extent, on the path concat <- sum <- sum <- reshape <- loss
#>     7 |   h = concat(0, encoder(both) in "encoder", rows)
#>       |       ^~~~~~
#> extra.graph:8:15: note: used by this sum
#>     8 |   score = sum(sum(h, axis = 0), axis = 1)
#>       |               ^~~
#> extra.graph:8:11: note: used by this sum
#>     8 |   score = sum(sum(h, axis = 0), axis = 1)
#>       |           ^~~
#> extra.graph:9:3: note: used by this reshape
#>     9 |   loss score
#>       |   ^~~~
#>       = hint: put the operand of run-time extent last, or stop_gradient around the others

gradc train model.graph --weights models/demo --data data --log /dev/full --steps 1 --no-eval --quiet
#> error[E0915]: the log /dev/full is not complete: is the disk full?

newest=$(find run/last -type f | sort | tail -n 1)
printf '\377' | dd of="$newest" bs=1 seek=200000 conv=notrunc 2>dd.log
gradc train run --resume --quiet --data data
#> run/last/step-000000000003.safetensors: warning[E0943]: a damaged checkpoint: tensor 'encoder.layer.0.weight' does not have its hash
#> error[E0944]: run/last has no intact checkpoint
#>       = hint: start again without --resume

# The logarithm of 0 in one row.
sed 's|loss mse(score, similarity)|loss mse(score, log(similarity))|' model.graph >log.graph
sed -i '5s|[0-9.]*$|0|' data/sts-train.csv
gradc train log.graph --weights models/demo --data data --tasks similarity --no-eval --quiet
#> log.graph:53:19: error[E0905]: log(0) is -inf: the first value of step 1 that is not finite; the loss is inf
#>    53 |   loss mse(score, log(similarity))
#>       |                   ^~~
#> data/sts-train.csv:5: note: in this row
#> log.graph:17:10: note: here it becomes NaN: matmul is nan in the gradient of this, in scope "encoder.layer.1"
#>    17 |   return matmul(x, transpose(weight)) + bias
#>       |          ^~~~~~
#>       = hint: nothing was updated; keep logarithms and divisions away from zero, as in maximum(x, 1e-6); or lower --lr

# A division by 0 for one token: the row that it stands in.
sed 's|cross_entropy(logits, sentiment)|cross_entropy(logits, sentiment) + sum(1 / (float(sentence.ids) - 254), axis = 0)|' model.graph >token.graph
gradc train token.graph --weights models/demo --data data --tasks sentiment --no-eval --quiet
#> token.graph:32:49: error[E0905]: div(1, 0) is inf: the first value of step 1 that is not finite; the loss is inf
#>    32 |   loss cross_entropy(logits, sentiment) + sum(1 / (float(sentence.ids) - 254), axis = 0)
#>       |                                                 ^
#> data/ids-sst-train.csv:2: note: in this row
#>       = hint: nothing was updated; keep logarithms and divisions away from zero, as in maximum(x, 1e-6); or lower --lr

# A slope without end, where the loss is finite.
sed 's|loss mse(score, similarity)|loss mse(sqrt(score * score * 0), similarity)|' model.graph >root.graph
gradc train root.graph --weights models/demo --data data --tasks similarity --no-eval --quiet
#> root.graph:53:12: error[E0905]: div(0.5, 0) is inf in the gradient of this: the first value of step 1 that is not finite
#>    53 |   loss mse(sqrt(score * score * 0), similarity)
#>       |            ^~~~
#>       = note: in every row of the batch
#> root.graph:53:12: note: here it becomes NaN: mul(0, inf) is nan in the gradient of this
#>    53 |   loss mse(sqrt(score * score * 0), similarity)
#>       |            ^~~~
#>       = hint: nothing was updated; keep logarithms and divisions away from zero, as in maximum(x, 1e-6); or lower --lr

awk -F'\t' -v OFS='\t' 'NR > 1 { $NF = 1 } 1' data/ids-sst-dev.csv >ids-sst-dev.csv; sed -e 's/metric accuracy/metric accuracy, roc_auc/' -e 's/^  predict argmax(logits)/&\n  show softmax(logits) as "probabilities"/' model.graph >curve.graph
gradc train curve.graph --weights models/demo --data . --data data --tasks sentiment --steps 1 --quiet
#> curve.graph:36:20: warning[E0935]: the metric 'roc_auc' is undefined of these rows
#>    36 |   metric accuracy, roc_auc
#>       |                    ^~~~~~~
#> ids-sst-dev.csv: note: every row has the same class, or there is none
#>       = hint: it counts for nothing, in the overall score and in the choice of the best epoch; take rows of each class

gradc eval run --data data --tasks sentiment >/dev/null; truncate -s 1000 run/tokens/sentiment.dev; gradc eval run --data data --tasks sentiment >/dev/null
#> run/tokens/sentiment.dev: warning[E0859]: these tokens cannot be used and are made anew: they are damaged

# In-batch negatives of several batches.
sed 's|import "|import "models/heads/|; s|sts/||' models/heads/contrastive.graph >contrastive.graph
gradc train contrastive.graph --tasks contrastive --weights models/demo --data data --steps 1 --no-eval --batch 2 --accumulate 4 --quiet
#> models/heads/losses.graph:22:9: warning[E0858]: the loss of 'contrastive' compares rows of a batch: under --accumulate each batch of an update compares its own
#>    22 |   own = iota(logits, axis = 0) == iota(logits, axis = 1)
#>       |         ^~~~
#>       = hint: --batch 8 without --accumulate compares all of them
