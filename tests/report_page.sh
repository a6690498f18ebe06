#!/bin/sh
# gradc report: the page of a run and of several, single pictures; well-formed whatever things are called, equal to `gradc eval`, private.
# Run from the project's root; GRADC names the program. One line a check; the last line counts.
set -u
. tests/lib/checks.sh
cat >"$t/mood.graph" <<END
import "$root/models/bert.graph"

override task sentiment {
  data "ids-sst-{split}.csv" tab unquoted
  input sentence: text
  label sentiment: class["<b>a</b>", "it's 'b' & c", "]]>", "</script><script>alert(1)</script>", "great"]
  pooled = pooler(encoder(sentence) in "bert", sentence) in "bert"
  logits = head(drop(pooled, dropout), 5) in "heads.sentiment"
  loss cross_entropy(logits, sentiment)
  predict argmax(logits)
  show softmax(logits) as "probabilities"
  metric accuracy, calibration_error
}
END
hostile="$t/a <i>run & \"'"
train() { run train "$t/mood.graph" --tasks sentiment,similarity --weights "$demo" --data "$demo" --cache "$kernels" --epochs 2 --batch 32 --lr 1.5e-3 --quiet "$@"; }
report() { run report "$@" --cache "$kernels" --no-model; }
well() { awk -f tests/lib/markup.awk "$1" >"$t/err"; } # FILE
pictures() { grep -c "<figure class=\"$1\">" "$t/page.html"; } # KIND

train --out "$hostile"
[ "$status" = 0 ]
ok "a run whose folder and classes have markup in their names" $?
report "$hostile" --out "$t/page.html"
[ "$status" = 0 ] && [ ! -s "$t/out" ]
ok "its page" $?
well "$t/page.html" && ! grep -q '<b>a</b>\|<i>run' "$t/page.html"
ok "is well-formed, and no name becomes markup" $?
! grep -q 'https*://\|url(\|src=\|@import' "$t/page.html"
ok "needs nothing from elsewhere" $?
[ "$(wc -c <"$t/page.html")" -lt 300000 ]
ok "is small" $?
[ "$(pictures loss)" = 2 ] && [ "$(pictures metrics)" = 2 ] && [ "$(pictures rate)" = 1 ] && [ "$(pictures norm)" = 1 ] && [ "$(pictures speed)" = 1 ] &&
  [ "$(pictures confusion)" = 1 ] && [ "$(pictures calibration)" = 1 ] && [ "$(pictures roc)" = 1 ] && [ "$(pictures precision)" = 1 ] &&
  [ "$(pictures scatter)" = 1 ] && [ "$(pictures lengths)" = 2 ]
ok "has every picture" $?
run eval "$hostile" --json --cache "$kernels"
sed -n '/id="numbers-1">/,/^<\/script>/p' "$t/page.html" | sed '1d;$d; s/\\u003c/</g' | cmp -s - "$t/out"
ok "has the numbers of gradc eval, to the bit" $?
accuracy=$(sed -n 's/^ *"accuracy": \([0-9.]*\),*/\1/p' "$t/out")
grep -q "<td>accuracy</td><td class=\"n\" title=\"$accuracy\">$(printf '%.3f' "$accuracy")</td>" "$t/page.html"
ok "shows them in its table" $?
# The cells of the matrix are those of the JSON, but for zeros.
sed -n '/"confusion"/,/^    \]/p' "$t/out" | grep -o '^ *[0-9]*' | tr -d ' ' | grep -v '^0*$' | sort >"$t/expected"
grep -o 'as [^<]*: [0-9]* of [0-9]* rows</title>' "$t/page.html" | sed 's/.*: \([0-9]*\) of.*/\1/' | sort | cmp -s - "$t/expected" && [ -s "$t/expected" ]
ok "draws the confusion matrix" $?

# Texts are private.
sed -n '2,$p' "$demo/ids-sst-dev.csv" | cut -f 3 | grep . >"$t/texts"
! grep -qF -f "$t/texts" "$t/page.html" && grep -q '<th>confidence</th>' "$t/page.html"
ok "rows that are wrong, without their texts" $?
report "$hostile" --out "$t/texts.html" --texts
[ "$status" = 0 ] && well "$t/texts.html" && grep -qF -f "$t/texts" "$t/texts.html"
ok "with their texts when asked" $?

# Several runs.
train --out "$t/seed-2" --seed 2
report "$hostile" "$t/seed-2" --out "$t/page.html"
[ "$status" = 0 ] && well "$t/page.html" && has "$t/page.html" "differ in their seeds alone" && has "$t/page.html" "mean, one deviation" &&
  [ "$(grep -c '<section id="run-' "$t/page.html")" = 2 ] && grep -q '<tr><td>options</td><td>seed</td><td>1</td><td>2</td></tr>' "$t/page.html"
ok "two runs side by side, with their spread" $?
for i in 1 2; do
  sed -n "/id=\"numbers-$i\">/,/^<\/script>/p" "$t/page.html" | sed -n 's/.*"accuracy": \([0-9.]*\),/\1/p'
done | awk '{ v[NR] = $1 } END { m = (v[1] + v[2]) / 2; d = v[1] - v[2]; printf "%.3f ± %.3f\n", m, sqrt(d * d / 2) }' >"$t/expected"
[ "$(grep -cF "<td class=\"n\">$(cat "$t/expected")</td>" "$t/page.html")" -ge 1 ]
ok "mean and deviation" $?
report "$hostile" "$t/seed-2" --plot loss --out "$t/two.svg"
[ "$status" = 0 ] && well "$t/two.svg" && has "$t/two.svg" "seed-2"
ok "both in one picture" $?

# Single pictures, from the log alone where that is enough.
for kind in loss metrics rate norm speed confusion calibration roc precision scatter lengths; do
  report "$hostile" --plot $kind --out "$t/$kind.svg"
  [ "$status" = 0 ] && well "$t/$kind.svg" && has "$t/$kind.svg" 'xmlns="http://www.w3.org/2000/svg"' || { echo "$kind" >>"$t/err"; break; }
done
[ "$status" = 0 ] && [ "$kind" = lengths ]
ok "each kind of picture as a file" $?
report "$hostile" --plot loss --data "$t/nowhere" --out "$t/again.svg" && [ "$status" = 0 ] && cmp -s "$t/loss.svg" "$t/again.svg"
ok "curves need no data" $?
report "$hostile" --plot confusion --data "$t/nowhere" --out "$t/loss.svg"
[ "$status" = 1 ] && cmp -s "$t/loss.svg" "$t/again.svg" && [ "$(find "$t" -maxdepth 1 -name '*loss.svg*' | wc -l)" = 1 ]
ok "a report that fails leaves the old one" $?
report "$hostile" --plot loss --out "$t/loss.png"
if [ "$status" = 0 ]; then head -c 4 "$t/loss.png" | grep -q PNG; else has "$t/err" "error[E0996]" && [ ! -e "$t/loss.png" ]; fi
ok "a PNG, or what it needs" $?
report "$hostile" --no-eval --data "$t/nowhere" --out "$t/page.html"
[ "$status" = 0 ] && well "$t/page.html" && [ "$(pictures loss)" = 2 ] && [ "$(pictures confusion)" = 0 ] && has "$t/page.html" "Not evaluated"
ok "a page without an evaluation" $?

# Logs: taken up again, cut off, damaged.
copy="$t/copy"
cp -r "$t/seed-2" "$copy"
steps=$(grep -c '"event":"step"' "$copy/log.jsonl")
{ cat "$t/seed-2/log.jsonl"; echo '{"event":"resume","step":20}'; grep '"event":"step"' "$t/seed-2/log.jsonl" | sed -n '21,$p'; grep '"epoch":' "$t/seed-2/log.jsonl"; } >"$copy/log.jsonl"
report "$copy" --plot loss --out "$t/resumed.svg" && report "$t/seed-2" --plot loss --out "$t/whole.svg"
grep -o "<path class='s0 ln' d='M[^']*'" "$t/resumed.svg" >"$t/a" && grep -o "<path class='s0 ln' d='M[^']*'" "$t/whole.svg" | cmp -s - "$t/a" && [ "$steps" -gt 20 ]
ok "steps that were taken twice count once" $?
{ cat "$t/seed-2/log.jsonl"; printf '{"event":"st'; } >"$copy/log.jsonl"
report "$copy" --plot loss --out "$t/cut.svg"
[ "$status" = 0 ] && cmp -s "$t/cut.svg" "$t/whole.svg"
ok "a log that a power cut ended" $?
sed '3s/.*/{"event"/' "$t/seed-2/log.jsonl" >"$copy/log.jsonl"
report "$copy" --no-eval --out "$t/cut.html"
[ "$status" = 1 ] && has "$t/err" "log.jsonl:3: error[E0995]" && [ ! -e "$t/cut.html" ]
ok "a damaged log is reported with its line" $?
: >"$copy/log.jsonl"
report "$copy" --no-eval --out "$t/empty.html"
[ "$status" = 0 ] && well "$t/empty.html"
ok "an empty log" $?

# The model: every stage as `gradc dump` has it, packed; without a script its source, kernels and remarks.
cat >"$t/one.graph" <<END
import "$root/tests/lib/small.graph"
task one {
  data "a.csv" comma quoted
  input text: text
  label y: class[2]
  logits = dense(encoder(text) in "encoder", 2) in "head.<&>"
  loss cross_entropy(logits, y)
  predict argmax(logits)
  metric accuracy
}
END
run report "$t/one.graph" --tasks one --weights "$demo" --out "$t/model.html"
[ "$status" = 0 ] && well "$t/model.html" && has "$t/model.html" '<section id="model">' && ! has "$t/model.html" '<section id="run' &&
  [ "$(grep -c 'data-line="[^"]*one.graph:[0-9]*" href="#model"><i>' "$t/model.html")" = 10 ] && [ "$(wc -c <"$t/model.html")" -lt 1000000 ]
ok "the page of a graph file" $?
{ printf '\037\213\010\000\000\000\000\000\000\003'; sed -n 's/.*id="packed">\([A-Za-z0-9+/=]*\)<.*/\1/p' "$t/model.html" | base64 -d | tail -c +3; } | gzip -dc >"$t/model.json" 2>"$t/err"
for stage in source simplify differentiate fuse; do
  run dump "$t/one.graph" --task one --weights "$demo" --stage $stage
  # Two stages may be called the same: the text of the first one is looked for.
  awk 'NR > 1 && /^graph /{ exit } { gsub(/\\/, "\\\\"); gsub(/"/, "\\\""); printf "%s\\n", $0 }' "$t/out" >"$t/expected"
  [ -s "$t/expected" ] && grep -qF -f "$t/expected" "$t/model.json" || { echo "$stage" >"$t/err"; status=1; break; }
done
[ "$status" = 0 ]
ok "has every stage" $?
run dump "$t/one.graph" --task one --weights "$demo" --stage kernels
kernels=$(grep -c '^ *kernel ' "$t/out")
[ "$(grep -o '"llvm":"' "$t/model.json" | wc -l)" = "$(grep -c 'class="kernel"' "$t/model.html")" ] && [ "$(grep -c 'class="kernel"' "$t/model.html")" -ge "$kernels" ] && [ "$kernels" -gt 3 ]
ok "and the code of every kernel" $?

# The machine: the kernels that the steps ran, each with a verdict.
report "$hostile" --no-eval --bench --tasks similarity --out "$t/page.html" --threads 1
[ "$status" = 0 ] && well "$t/page.html" && [ "$(pictures roofline)" = 1 ] && has "$t/page.html" "Furthest from their bounds" &&
  [ "$(grep -c '<td class="w">[a-zA-Z0-9]*, [0-9]* %</td>' "$t/page.html")" -gt 20 ] && ! has "$t/page.html" 'href="#model"'
ok "where the time of a step goes" $?
report "$hostile" --plot roofline --tasks similarity --out "$t/roofline.svg" --threads 1
[ "$status" = 0 ] && well "$t/roofline.svg" && grep -q '<circle.*GFLOP/s, ' "$t/roofline.svg"
ok "the roofline as a file" $?
finish
