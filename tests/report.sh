#!/bin/sh
# gradc eval: metrics of probabilities, classes and the confusion matrix, for people and as JSON. Run from the project's root; GRADC names
# the program. One line a check; the last line counts.
set -u
. tests/lib/checks.sh
cat >"$t/mood.graph" <<END
import "$root/models/bert.graph"

override task sentiment {
  data "ids-sst-{split}.csv" tab unquoted
  input sentence: text
  label sentiment: class["awful", "bad", "fair", "good", "great"]
  pooled = pooler(encoder(sentence) in "bert", sentence) in "bert"
  logits = head(drop(pooled, dropout), 5) in "heads.sentiment"
  loss cross_entropy(logits, sentiment)
  predict argmax(logits)
  show softmax(logits) as "probabilities"
  metric accuracy, roc_auc, average_precision, log_loss, calibration_error, f1_weighted, loss
}
END
run train "$t/mood.graph" --tasks sentiment --weights "$demo" --data "$demo" --cache "$kernels" --epochs 3 --batch 16 --lr 1.5e-3 --out "$t/run" --quiet
ok "a run with metrics of probabilities" "$status"

evaluate() { run eval "$t/run" --tasks sentiment --data "$demo" --cache "$kernels" "$@"; }
number() { sed -n "s/^ *\"$1\": *\([-0-9.e]*\),*/\1/p" "$t/out" | head -n 1; }
evaluate --json
ok "eval as JSON" "$status"
rows=$(number rows)
accuracy=$(number accuracy)
# The loss is the mean of -log p too, of the same numbers in f32.
awk -v a="$(number log_loss)" -v b="$(number loss)" 'BEGIN { d = a - b; exit !(a > 0 && d < 1e-5 && d > -1e-5) }'
ok "log_loss is the cross-entropy" $?
awk -v auc="$(number roc_auc)" -v ap="$(number average_precision)" -v e="$(number calibration_error)" 'BEGIN { exit !(auc > 0.6 && auc <= 1 && ap > 0.3 && ap <= 1 && e >= 0 && e < 1) }'
ok "curves of a model that has learnt something" $?
has "$t/out" '"great": {' && has "$t/out" '"support":'
ok "classes by name" $?
# The matrix: five rows of five; all of it is the rows, its diagonal the right ones.
sed -n '/"confusion"/,/^    \]/p' "$t/out" | tr -d '[:space:]"a-z:[' | tr ']' '\n' | tr ',' ' ' | awk -v rows="$rows" -v accuracy="$accuracy" '
  NF == 5 { n++; for (i = 1; i <= 5; i++) all += $i; right += $n } END { d = right / rows - accuracy; exit !(n == 5 && all == rows && d < 1e-9 && d > -1e-9) }'
ok "the confusion matrix adds up" $?

# The loss is reported where no metric is it, of all rows whatever a batch has, and where it is infinite too; it counts for nothing.
sed '/metric/s/, loss$//' "$t/mood.graph" >"$t/plain.graph"
loss_of() { run eval "$t/$1.graph" --weights "$t/run" --tasks sentiment --data "$demo" --cache "$kernels" --json --batch "$2"; number loss; }
awk -v a="$(loss_of mood 64)" -v b="$(loss_of plain 64)" -v c="$(loss_of plain 7)" 'BEGIN { exit !(a > 0 && a == b && (b - c) ^ 2 < 1e-10) }'
ok "the loss of the development set" $?
sed 's/loss cross_entropy.*/&- sum(log(float(sentiment)), axis = 0)/' "$t/plain.graph" >"$t/infinite.graph"
loss_of plain 64 >/dev/null && cp "$t/out" "$t/plain" && loss_of infinite 64 >/dev/null && sed 's/"loss": .*,/"loss": null,/' "$t/plain" | cmp -s - "$t/out"
ok "an infinite loss is null and changes nothing else" $?

evaluate --report
[ "$status" = 0 ] && has "$t/out" "precision  recall     f1  support" && has "$t/out" "predicted as:" && grep -q '^great .*0\.' "$t/out"
ok "a report for people" $?

# The rows that are wrong: by file and line, most confident first, with text only when asked; as predict has them.
accuracy=$(evaluate --json && number accuracy)
evaluate --errors "$t/wrong.tsv"
run predict "$t/run" --task sentiment --data "$demo" --keep sentiment --probabilities --cache "$kernels"
names="awful bad fair good great"
awk -F '\t' -v OFS='\t' -v names="$names" 'BEGIN { split(names, name, " ") } $1 ~ /^[0-9]$/ { $1 = name[$1 + 1] }
  $1 != $2 { for (i = 1; i <= 5; i++) if (name[i] == $2) printf "%d\t%s\t%s\t%.6f\n", NR + 1, $1, $2, $(2 + i) }' "$t/out" | sort -t "$(printf '\t')" -k4,4nr -k1,1n >"$t/expected"
awk -F '\t' 'NR > 1 { printf "%d\t%s\t%s\t%.6f\n", $3, $4, $5, $6 }' "$t/wrong.tsv" | cmp -s - "$t/expected" && [ -s "$t/expected" ] &&
  [ "$(head -n 1 "$t/wrong.tsv")" = "$(printf 'task\tfile\tline\tlabel\tpredicted\tconfidence')" ] && awk -F '\t' -v a="$accuracy" -v n="$rows" 'END { exit !(NR - 1 == int((1 - a) * n + 0.5)) }' "$t/wrong.tsv"
ok "the rows that are wrong" $?
cut -f 1-6 "$t/wrong.tsv" >"$t/expected"
evaluate --report --errors "$t/texts.tsv" --texts
line=$(sed -n 2p "$t/texts.tsv" | cut -f 3)
cut -f 1-6 "$t/texts.tsv" | cmp -s - "$t/expected" && has "$t/out" "predicted as:" && sed -n "${line}p" "$demo/ids-sst-dev.csv" | grep -qF -e "$(sed -n 2p "$t/texts.tsv" | cut -f 7)"
ok "with their texts" $?
evaluate --errors "$t/wrong.jsonl" && head -n 1 "$t/wrong.jsonl" | grep -q '^{"task":"sentiment","file":".*","line":[0-9]*,"label":"[a-z]*","predicted":"[a-z]*","confidence":0\.[0-9]*}$' && [ $(($(wc -l <"$t/wrong.jsonl") + 1)) = "$(wc -l <"$t/wrong.tsv")" ]
ok "as JSON lines" $?
evaluate --json --errors /dev/stdout && tail -n +2 "$t/wrong.tsv" >"$t/expected" && grep "^sentiment	" "$t/out" | cmp -s - "$t/expected" && run eval "$t/run" --data "$t" --errors "$t/wrong.tsv" && [ "$status" = 1 ] && [ -s "$t/wrong.tsv" ]
ok "a device is written into, and a failure replaces no file" $?
# Numbers by their error, words and hidden tokens by row: tokens are text.
cat >"$t/kinds.graph" <<END
import "$root/models/heads/tagging.graph"
import "$root/models/heads/masked.graph"
END
untrained "$t/kinds.graph" tagging,masked,similarity "$demo" "$t/kinds"
run eval "$t/kinds" --data "$demo" --cache "$kernels" --errors "$t/kinds.tsv"
awk -F '\t' '$1 == "similarity" { e = $4 - $5; e = e < 0 ? -e : e; bad += (e - $6) ^ 2 > 1e-8 || (n++ && $6 > last); last = $6 }
  $1 == "tagging" { m++; bad += split($4, a, "|") != split($5, b, "|") || $4 == $5 } $1 == "masked" { k++; bad += $4 != "" || $5 != "" } END { exit !(n && m && k && !bad) }' "$t/kinds.tsv"
ok "numbers, words and hidden tokens" $?

# Compressed data is as good as plain; a damaged file is reported.
mkdir "$t/packed"
gzip -c "$demo/ids-sst-dev.csv" >"$t/packed/ids-sst-dev.csv.gz"
evaluate && cp "$t/out" "$t/plain" && run eval "$t/run" --tasks sentiment --data "$t/packed" --cache "$kernels" && cmp -s "$t/out" "$t/plain"
ok "gzip'd data" $?
head -c 2000 "$t/packed/ids-sst-dev.csv.gz" >"$t/short.gz" && mv "$t/short.gz" "$t/packed/ids-sst-dev.csv.gz"
run eval "$t/run" --tasks sentiment --data "$t/packed" --cache "$kernels"
[ "$status" = 1 ] && has "$t/err" "ids-sst-dev.csv.gz" && has "$t/err" "damaged or cut off"
ok "a compressed file that ends early" $?
# One class alone: what compares classes is undefined; a class that no row has is listed.
mkdir "$t/one"
awk -F '\t' -v OFS='\t' 'NR > 1 { $NF = 1 } 1' "$demo/ids-sst-dev.csv" >"$t/one/ids-sst-dev.csv"
run eval "$t/run" --tasks sentiment --data "$t/one" --cache "$kernels" --json
[ "$status" = 0 ] && has "$t/out" '"accuracy": ' && has "$t/err" "warning[E0935]: the metric 'roc_auc' is undefined" && "$gradc" eval "$t/run" --tasks sentiment --data "$t/one" --cache "$kernels" --report >"$t/out" 2>/dev/null &&
  grep -q '^great .* 0$' "$t/out" && has "$t/out" "no row has the label: awful, fair, good, great"
ok "one class alone" $?
sed -e 's/class\["awful", "bad", "fair", "good", "great"\]/class[2]/' -e 's/sentence, 5\|, 5) in/, 2) in/; s/sentence) in "bert"$/&/' -e 's/metric accuracy, roc_auc/metric roc_auc, accuracy/' "$t/mood.graph" >"$t/two.graph"
run train "$t/two.graph" --tasks sentiment --weights "$demo" --data "$t/one" --data "$demo" --cache "$kernels" --epochs 1 --skip-bad-rows --out "$t/two"
[ "$status" = 0 ] && has "$t/out" "roc_auc undefined" && has "$t/out" "overall                   undefined" && grep -q '"roc_auc":null.*"loss":0' "$t/two/log.jsonl" && grep -q 'epoch 1:  sentiment roc_auc undefined, loss 0\.' "$t/err" &&
  [ -s "$t/two/model.safetensors" ] && run eval "$t/two" --data "$t/one" --json && has "$t/out" '"roc_auc": null' && has "$t/out" '"overall": null'
ok "an undefined metric is null, and chooses the last epoch" $?
finish
