#!/bin/sh
# The heads of models/heads learn on the demo data, and what they are made of computes what it says. Run from the project's root;
# GRADC names the program. One line a check; the last line counts.
set -u
. tests/lib/checks.sh

# The demo's sentiments, topics and places are shown by single words, so a head that works comes near 1; chance is 0.2 for five
# classes, 0.5 for two, 0 for a correlation, for flags that are never set and for tags that are all O.
sets=$demo
learns() { # FILE [TASK [CONDITION-ON-THE-FIRST-METRIC]]
  "$gradc" train "$root/models/heads/$1.graph" --tasks "${2:-$1}" --weights "$demo" --data "$sets" --cache "$kernels" \
    --epochs 6 --batch 16 --lr 1.5e-3 --threads 1 --quiet --out "$t/$1" >"$t/out" 2>"$t/err" &&
    awk -v name="${2:-$1}" '$1 == name { m = $4; good = '"${3:-m >= 0.7}"' } END { exit !good }' "$t/out"
  ok "$1 learns" $?
}
learns mean_pooled
learns attention_pooled
learns max_pooled
learns smoothed
learns class_weights
learns sentence_classes duplicate
learns contrastive
learns range
learns pair_class
learns topics
learns windows
learns fitted
learns tagging
# A guess among the vocabulary has its size, 751, as perplexity; the sentences are made of some 60 words.
learns masked masked 'm <= 60'

# Tables of the demo's sentences for heads that read other columns: class c has fine class c where the row's number is even, and the
# coarse class c > 2 in two rows of three; a teacher gives c 0.8; partners are of one class.
for split in train dev; do
  awk -F '\t' -v OFS='\t' 'NR == 1 { print "sentence", "fine", "coarse"; next }
    { print $3, (NR % 2 ? "" : $4), (NR % 3 ? ($4 > 2) : "") }' "$demo/ids-sst-$split.csv" >"$t/coarse-$split.csv"
  awk -F '\t' -v OFS='\t' 'NR == 1 { print "sentence", "sentiment", "probabilities.0", "probabilities.1", "probabilities.2", "probabilities.3", "probabilities.4"; next }
    { $2 = $3 OFS $4; for (i = 0; i < 5; i++) $2 = $2 OFS (i == $4 ? 0.8 : 0.05); print $2 }' "$demo/ids-sst-$split.csv" >"$t/distilled-$split.csv"
  awk -F '\t' -v OFS='\t' 'NR == 1 { print "anchor", "positive", "negative"; next }
    last[$4] != "" && last[($4 + 2) % 5] != "" { print $3, last[$4], last[($4 + 2) % 5] } { last[$4] = $3 }' "$demo/ids-sst-$split.csv" >"$t/triplets-$split.csv"
done
sets="$t"
learns coarse_fine
learns distilled
# Dev loss by chance is that of one of 128 texts, 4.85; who knows the five classes has about 3.3.
learns triplet triplet 'm <= 4.2'

# A run that has learnt to compare scores single candidates, by the other task of its file.
for split in train dev; do
  sed '1s/.*/query\tpositive\tnegative/' "$t/triplets-$split.csv" >"$t/candidates-$split.csv"
  cut -f 1,2 "$t/candidates-$split.csv" | sed '1s/.*/query\tcandidate/' >"$t/relevance-$split.csv"
done
"$gradc" train models/heads/reranker.graph --tasks reranker --weights "$demo" --data "$t" --cache "$kernels" --steps 2 --no-eval --quiet --out "$t/reranker" >"$t/out" 2>"$t/err" &&
  "$gradc" predict "$t/reranker" --task relevance --input "$t/relevance-dev.csv" --cache "$kernels" --keep query --header >"$t/out" 2>"$t/err" &&
  [ "$(wc -l <"$t/out")" = "$(wc -l <"$t/relevance-dev.csv")" ] && [ "$(head -n 1 "$t/out")" = "$(printf 'query\tprediction')" ]
ok "a reranker scores candidates one by one" $?

# The numbers are PyTorch's (2.13, f32), with n = lambda x: F.normalize(x, dim=1):
#   among                F.cross_entropy(n(u) @ n(torch.cat([v, w])).T / 0.5, torch.tensor([0, 1]), reduction="none")
#   soft_cross_entropy   F.cross_entropy(logits, target)
#   given_cross_entropy  (F.cross_entropy(logits, target, reduction="none") * given).sum() / 2
#   cosent               d = (s[:, None] - s[None, :]) / temperature; torch.logsumexp(torch.cat([torch.zeros(1), d[y[:, None] < y[None, :]]]), 0)
#   ranked               F.softplus(worse - better)
value() { # DEF NUMBERS OPTIONS
  name=$1 numbers=$2
  shift 2
  "$gradc" run "$root/models/heads/losses.graph" --def "$name" "$@" >"$t/out" 2>"$t/err" &&
    [ "$(tail -n +"$(grep -n ", in $name)" "$t/out" | tail -n 1 | cut -d: -f1)" "$t/out" | tail -n +2 | tr -d '[] ' | paste -sd ' ' -)" = "$numbers" ]
  ok "$name computes what PyTorch does" $?
}
value among "0.535454 0.511083" --shape temperature=0.5 --input 'u=[[1, 2, 0.5], [0, 1, -1]]' --input 'v=[[1, 1, 1], [0.5, 1, -2]]' \
  --input 'w=[[2, -1, 0], [1, 0, -1]]'
value soft_cross_entropy 1.43198 --input 'logits=[[1, 0, -1], [0.5, 2, 0]]' --input 'target=[[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]]'
value cosent 10 --shape temperature=0.05 --input 'score=[[0.9], [0.2], [0.4], [-0.3]]' --input 'label=[[4], [1], [3], [3]]'
value cosent 3.02802 --shape temperature=0.5 --input 'score=[[0.2], [0.9], [0.4], [-0.3]]' --input 'label=[[4], [1], [3], [3]]'
value cosent 0 --shape temperature=0.05 --input 'score=[[0.9], [-0.2]]' --input 'label=[[2], [2]]'
value ranked "0.474077 3.04859" --input 'better=[[1], [-2]]' --input 'worse=[[0.5], [1]]'
value given_cross_entropy 1.2038 --input 'logits=[[1, 0, -1], [0.5, 2, 0]]' --input 'target=[[2], [0]]' --input 'given=[[1], [0]]'

for file in "$root"/models/heads/*.graph; do
  "$gradc" fmt "$file" >"$t/out" 2>"$t/err" && cmp -s "$t/out" "$file"
  ok "$(basename "$file") is in the layout of gradc fmt" $?
done

# The poolers against the mean and the maximum of the states that they pool.
cat >"$t/mean.graph" <<END
import "$root/models/heads/poolers.graph"
task pooled {
  data "ids-sst-{split}.csv" tab unquoted
  input sentence: text
  label sentiment: class[5]
  states = encoder(sentence) in "bert"
  pooled = mean_pooler(sentence, states)
  loss cross_entropy(head(pooled, 5) in "heads.pooled", sentiment)
  predict argmax(pooled)
  show states as "states"
  show pooled as "pooled"
  show max_pooler(sentence, states) as "most"
  metric accuracy
}
END
untrained "$t/mean.graph" pooled "$demo" "$t/start"
show() {
  "$gradc" predict "$t/mean.graph" --task pooled --weights "$t/start" --data "$demo" --cache "$kernels" --show "$1" >"$t/$1" 2>"$t/err"
}
show states && show pooled && show most && paste -d '\n' "$t/states" "$t/pooled" "$t/most" | awk -F '\t' '
  NR % 3 == 1 { n = NF; for (i = 1; i <= n; i++) state[i] = $i; next }
  {
    rows++
    for (c = 1; c <= NF; c++) {
      sum = 0
      most = state[c]
      for (i = c; i <= n; i += NF) {
        sum += state[i]
        if (state[i] > most) most = state[i]
      }
      difference = $c - (NR % 3 == 2 ? sum * NF / n : most)
      if (difference > 1e-5 || difference < -1e-5) bad++
    }
  }
  END { exit !(rows == 200 && !bad) }'
ok "the poolers give the mean and the maximum" $?

# ---- Predictions of labels that are no single number --------------------------------------------------------

hash_of() { sed -n 's/.*"weights":"\([0-9a-f]*\)".*/\1/p' "$1"; }
predict() { # NAME [OPTIONS]
  name=$1
  shift
  "$gradc" predict "$t/$name" --task "$name" --data "$demo" --cache "$kernels" "$@" >"$t/out" 2>"$t/err"
}
predict topics && awk -F '\t' 'NF != 4 { bad++ } { for (i = 1; i <= NF; i++) if ($i != 0 && $i != 1) bad++ } END { exit bad || NR != 60 }' "$t/out"
ok "flags are predicted as columns of 0 and 1" $?

# The words of each sentence, by hand from the file; as many tags in the prediction, and called by their names.
predict tagging && awk 'BEGIN { RS = "" } { print NF / 2 }' "$demo/places-dev.conll" >"$t/words" &&
  awk -F '\t' '{ print NF }' "$t/out" | cmp -s - "$t/words" && grep -q "B-PLACE" "$t/out" && ! grep -q "[0-9]" "$t/out"
ok "a tag for each word, by name" $?
cp "$t/out" "$t/tags"
predict tagging --batch 3 && cmp -s "$t/out" "$t/tags"
ok "tags do not depend on the batch" $?
awk 'BEGIN { RS = ""; FS = "\n" } { for (i = 1; i <= NF; i++) { split($i, f, " "); printf("%s\"%s\"", (i > 1) ? ", " : "{\"word\": [", f[1]) } print "]}" }' \
  "$demo/places-dev.conll" >"$t/places.jsonl"
sed 's/conll columns(word, tag)/jsonl/' "$t/tagging/model.graph" >"$t/jsonl.graph"
"$gradc" predict "$t/jsonl.graph" --weights "$t/tagging" --task tagging --input "$t/places.jsonl" --cache "$kernels" >"$t/out" 2>"$t/err" &&
  cmp -s "$t/out" "$t/tags"
ok "words as a list in JSON lines give the same tags" $?

# Dropping from the labelled rows is dropping from the rows that they are taken from: the same numbers, so the same weights.
dropped() { # FILE STATES
  sed -e "s#\.\./bert\.graph#$root/models/bert.graph#" -e "s/^  states = .*/  states = $2/" -e 's/head(drop(states, dropout)/head(states/' \
    "$root/models/heads/tagging.graph" >"$t/$1.graph"
  "$gradc" train "$t/$1.graph" --tasks tagging --weights "$demo" --data "$demo" --cache "$kernels" --limit tagging=64 --batch 8 --lr 1e-3 \
    --epochs 1 --no-eval --quiet --threads 1 --log "$t/$1.log" >"$t/out" 2>"$t/err"
}
dropped before 'gather(drop(encoder(sentence) in "bert", dropout), tag.at)' && dropped after 'drop(gather(encoder(sentence) in "bert", tag.at), dropout)' &&
  [ "$(hash_of "$t/before.log")" = "$(hash_of "$t/after.log")" ] && [ -n "$(hash_of "$t/after.log")" ]
ok "labelled rows have the random numbers of their tokens" $?

# A text says itself which token to predict.
printf 'The girl is playing the [MASK] at the concert.\nNothing is asked.\n' >"$t/masks.txt"
predict masked --input "$t/masks.txt" && [ "$(wc -l <"$t/out")" = 2 ] && [ "$(head -n 1 "$t/out" | wc -w)" = 1 ] && [ -z "$(tail -n 1 "$t/out")" ]
ok "a word for each [MASK]" $?

# What is hidden is a function of seed, step and place: not of threads, nor of a stop.
masked_args="$root/models/heads/masked.graph --tasks masked --weights $demo --data $demo --cache $kernels --limit masked=64
  --epochs 2 --batch 8 --lr 1e-3 --quiet"
masked() { # OUT THREADS
  "$gradc" train $masked_args --out "$1" --threads "$2" >"$t/out" 2>"$t/err"
}
masked "$t/one" 1 && masked "$t/two" 2 && [ -n "$(hash_of "$t/one/log.jsonl")" ] &&
  [ "$(hash_of "$t/one/log.jsonl")" = "$(hash_of "$t/two/log.jsonl")" ]
ok "masked: the same bits for any threads" $?

# Killed after its first steps, and taken up again by another number of threads.
"$gradc" train $masked_args --save-every 1 --out "$t/killed" --threads 2 >"$t/out" 2>"$t/err" &
pid=$!
while kill -0 $pid 2>/dev/null && [ "$(cat "$t/killed/log.jsonl" 2>/dev/null | wc -l)" -lt 5 ]; do :; done
kill -9 $pid 2>/dev/null
wait $pid 2>/dev/null
"$gradc" train "$t/killed" --resume --threads 1 --cache "$kernels" >"$t/out" 2>"$t/err" &&
  [ "$(hash_of "$t/one/log.jsonl")" = "$(hash_of "$t/killed/log.jsonl")" ]
ok "masked: the same bits after a stop" $?
for run in one two; do
  "$gradc" eval "$t/$run" --tasks masked --data "$demo" --cache "$kernels" >"$t/$run.table" 2>"$t/err" || break
done
cmp -s "$t/one.table" "$t/two.table" && grep -q perplexity "$t/one.table"
ok "masked: evaluation hides the same tokens again" $?

finish
