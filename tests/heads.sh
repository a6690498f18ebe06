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

# Five classes: chance is 0.2. The demo's sentiments are told by single words, so a head that works comes near 1.
learns() { # NAME
  "$gradc" train "$root/models/heads/$1.graph" --tasks "$1" --weights "$demo" --data "$demo" --cache "$t/cache" \
    --epochs 12 --batch 16 --lr 1.5e-3 --quiet >"$t/out" 2>"$t/err" &&
    awk -v name="$1" '$1 == name { good = $4 >= 0.6 } END { exit !good }' "$t/out"
  ok "$1 learns" $?
}
learns mean_pooled
learns attention_pooled
learns smoothed

for file in "$root"/models/heads/*.graph; do
  "$gradc" fmt "$file" >"$t/out" 2>"$t/err" && cmp -s "$t/out" "$file"
  ok "$(basename "$file") is in the layout of gradc fmt" $?
done

# The mean pooler against the mean of the states that it pools.
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
  metric accuracy
}
END
show() {
  "$gradc" predict "$t/mean.graph" --task pooled --weights "$demo" --data "$demo" --cache "$t/cache" --show "$1" >"$t/$1" 2>"$t/err"
}
show states && show pooled && paste -d '\n' "$t/states" "$t/pooled" | awk -F '\t' '
  NR % 2 { n = NF; for (i = 1; i <= n; i++) state[i] = $i; next }
  {
    rows++
    for (c = 1; c <= NF; c++) {
      sum = 0
      for (i = c; i <= n; i += NF) sum += state[i]
      difference = $c - sum * NF / n
      if (difference > 1e-5 || difference < -1e-5) bad++
    }
  }
  END { exit !(rows == 100 && !bad) }'
ok "the mean pooler gives the mean" $?

finish
