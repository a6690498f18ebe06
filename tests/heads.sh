#!/bin/sh
# The heads of models/heads learn on the demo data, and what they are made of computes what it says. Run from the project's root;
# GRADC names the program. One line a check; the last line counts.
set -u
gradc=${GRADC:-$PWD/build/gradc}
root=$PWD
demo="$root/models/demo"
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
. "$root/tests/lib/checks.sh"

# The demo's sentiments are told by single words, so a head that works comes near 1; chance is 0.2 for five classes, 0.5 for
# two, 0 for a correlation.
learns() { # FILE [TASK]
  "$gradc" train "$root/models/heads/$1.graph" --tasks "${2:-$1}" --weights "$demo" --data "$demo" --cache "$t/cache" \
    --epochs 6 --batch 16 --lr 1.5e-3 --threads 1 --quiet >"$t/out" 2>"$t/err" &&
    awk -v name="${2:-$1}" '$1 == name { good = $4 >= 0.7 } END { exit !good }' "$t/out"
  ok "$1 learns" $?
}
learns mean_pooled
learns attention_pooled
learns max_pooled
learns smoothed
learns sentence_classes duplicate
learns contrastive

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
show() {
  "$gradc" predict "$t/mean.graph" --task pooled --weights "$demo" --data "$demo" --cache "$t/cache" --show "$1" >"$t/$1" 2>"$t/err"
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

finish
