#!/bin/sh
# gradc predict: what goes in (files, pipes, bad rows), what comes out (TSV, CSV, JSON lines; names, probabilities, kept columns), and that
# batches change nothing. Run from the project's root; GRADC names the program.
set -u
. tests/lib/checks.sh

cat >"$t/feel.graph" <<END
import "$root/models/bert.graph"
task feel {
  data "feel-{split}.csv" tab quoted
  input words: text
  label mood: class["good", "bad, truly", "so so"]
  logits = head(pooler(encoder(words) in "bert", words) in "bert", 3) in "heads.feel"
  loss cross_entropy(logits, mood)
  predict argmax(logits)
  show softmax(logits) as "probabilities"
  metric accuracy
}
task lines {
  data "none-{split}.jsonl" jsonl
  input words: text
  score = head(pooler(encoder(words) in "bert", words) in "bert", 1) in "heads.lines"
  loss sum(score * score, axis = 0) / update_rows(score)
  predict score
  metric loss
}
END
awk 'BEGIN { print "id\twords"; for (i = 1; i <= 40; i++) { s = "a film"; for (j = 0; j < i * 7 % 23; j++) s = s " of some kind"; print "row " i "\t" s } }' >"$t/feel-dev.csv"
printf 'words\tmood\na film\tgood\n' >"$t/feel-train.csv" && echo '{"words": "a film"}' >"$t/none-train.jsonl"
untrained "$t/feel.graph" feel,lines "$t" "$t/run"
predict() { # OPTIONS
  "$gradc" predict "$t/feel.graph" --weights "$t/run" --cache "$kernels" --data "$t" "$@" 2>"$t/err"
}
feel() { predict --task feel "$@"; }

feel >"$t/plain" && [ "$(wc -l <"$t/plain")" = 40 ] && ! grep -qvE '^(good|bad, truly|so so)$' "$t/plain"
ok "a declared split, a class by its name a row" $?

# ---- Forms ---------------------------------------------------------------------------------------------------

feel --probabilities --header --keep id >"$t/tsv"
[ "$(head -n 1 "$t/tsv")" = "$(printf 'id\tprediction\tprobabilities.good\tprobabilities.bad, truly\tprobabilities.so so')" ] &&
  awk -F '\t' 'NR > 1 { if ($1 != "row " NR - 1) bad++; s = $3 + $4 + $5; if (NF != 5 || s < 0.99999 || s > 1.00001) bad++ } END { exit bad || NR != 41 }' "$t/tsv"
ok "TSV: a header, a kept column, probabilities that sum to 1" $?
awk -F '\t' 'NR > 1 { m = $3 > $4 ? ($3 > $5 ? "good" : "so so") : ($4 > $5 ? "bad, truly" : "so so"); if (m != $2) bad++ } END { exit bad }' "$t/tsv"
ok "the predicted class is the most probable one" $?
feel --probabilities --header --keep id --format csv >"$t/csv"
has "$t/csv" 'id,prediction,probabilities.good,"probabilities.bad, truly",probabilities.so so' &&
  sed 's/"bad, truly"/bad/; s/,/\t/g' "$t/csv" | tail -n +2 >"$t/a" && sed 's/bad, truly/bad/' "$t/tsv" | tail -n +2 | cmp -s - "$t/a"
ok "CSV: the same, in quotes where there is a comma" $?
feel --probabilities --keep id --output "$t/out.jsonl" && [ "$(wc -l <"$t/out.jsonl")" = 40 ] &&
  head -n 1 "$t/out.jsonl" | grep -qE '^\{"id":"row 1","prediction":"[a-z, ]+","probabilities":\{"good":[0-9.e-]+,"bad, truly":[0-9.e-]+,"so so":[0-9.e-]+\}\}$'
ok "JSON lines, as the name of the output says" $?

# ---- Texts on the command line ----------------------------------------------------------------------------------

head -n 3 "$t/feel-dev.csv" | cut -f 2 | tail -n 2 >"$t/two"
feel --probabilities --text "$(sed -n 1p "$t/two")" --text "$(sed -n 2p "$t/two")" >"$t/a" &&
  feel --probabilities | head -n 2 | cmp -s - "$t/a"
ok "--text gives a row as a file does" $?
untrained "$root/models/bert.graph" paraphrase "$demo" "$t/pairs"
"$gradc" predict "$root/models/bert.graph" --weights "$t/pairs" --cache "$kernels" --task paraphrase --text one >"$t/a" 2>"$t/err"
[ $? = 1 ] && [ ! -s "$t/a" ] && has "$t/err" "takes 2 texts a row, but 1 is given"
ok "a pair with one text is refused" $?
feel --text "one" --input "$t/feel-dev.csv" >"$t/a"
[ $? = 1 ] && [ ! -s "$t/a" ] && has "$t/err" "--text and --input"
ok "texts and a file together are refused" $?

# ---- The same bits in batches of any size ------------------------------------------------------------------------

feel --probabilities --header --keep id --batch 1 --threads 1 | cmp -s - "$t/tsv" && feel --probabilities --header --keep id --batch 7 | cmp -s - "$t/tsv"
ok "batches of 1, 7 and all rows give the same" $?
cat "$t/feel-dev.csv" | feel --probabilities --header --keep id --input - | cmp -s - "$t/tsv"
ok "a pipe gives the same" $?
feel --probabilities --header --keep id --input - <"$t/feel-dev.csv" | cmp -s - "$t/tsv"
ok "standard input from a file gives the same" $?
gzip -c "$t/feel-dev.csv" | feel --probabilities --header --keep id --input - | cmp -s - "$t/tsv"
ok "a compressed pipe gives the same" $?
{ head -n 9 "$t/feel-dev.csv" | gzip -c; tail -n +10 "$t/feel-dev.csv" | gzip -c; } | feel --probabilities --header --keep id --input - | cmp -s - "$t/tsv"
ok "so do two compressed files, one behind the other" $?
gzip -c "$t/feel-dev.csv" | head -c 100 | feel --input - >"$t/out"
[ $? = 1 ] && has "$t/err" "it is compressed with gzip, but damaged or cut off"
ok "a compressed pipe that ends early is an error" $?

# ---- A pipe is answered line by line ------------------------------------------------------------------------------

mkfifo "$t/in" "$t/answers"
feel --probabilities --keep id --input - <"$t/in" >"$t/answers" & pid=$!
exec 4>"$t/in" 5<"$t/answers"
printf 'id\twords\n' >&4
sed -n 2,12p "$t/feel-dev.csv" | while IFS= read -r line; do
  printf '%s\n' "$line" >&4
  IFS= read -r answer <&5 && printf '%s\n' "$answer"
done >"$t/one"
printf '%s' "$(sed -n 13p "$t/feel-dev.csv")" >&4 # without an end of line
exec 4>&-
IFS= read -r answer <&5 && printf '%s\n' "$answer" >>"$t/one"
exec 5<&-
wait $pid && sed -n 2,13p "$t/tsv" | cmp -s - "$t/one"
ok "each line has its answer before the next is written" $?
printf 'words\n"a\nb"\n"c ""d"""\n' | feel --input - >"$t/out" && [ "$(wc -l <"$t/out")" = 2 ]
ok "a quoted row of a pipe may have several lines" $?
printf 'words\n' | feel --input - >"$t/out" && [ ! -s "$t/out" ]
ok "a pipe without rows is fine" $?

# ---- Bad rows ---------------------------------------------------------------------------------------------------------

printf 'id\twords\n1\tone\n2\n3\tthree\n' >"$t/bad.csv"
feel --input "$t/bad.csv" >"$t/out"
[ $? = 1 ] && has "$t/err" "bad.csv:3: error[E0811]" && [ ! -s "$t/out" ]
ok "a bad row stops" $?
feel --input "$t/bad.csv" --bad-rows error --keep id --header --probabilities >"$t/out" && has "$t/err" "1 row could not be read" &&
  awk -F '\t' 'NF != 6 { bad++ } (NR == 3) != ($6 ~ /^line 3: this row has 1 field,/) && NR > 1 { bad++ } END { exit bad || NR != 4 }' "$t/out"
ok "or is a row that says why" $?
printf '{"words": "one"}\n{"words": \n{"word": "x"}\n{"words": "two"}\n' >"$t/bad.jsonl"
cat "$t/bad.jsonl" | predict --task lines --input - --bad-rows error --format jsonl >"$t/out" && [ "$(grep -c '"prediction":' "$t/out")" = 2 ] &&
  has "$t/out" '{"error":"line 2: this line is not a JSON object"}' && has "$t/out" "{\"error\":\"line 3: there is no column 'words'\"}"
ok "bad lines of JSON, on a pipe" $?
sed -n '1p;4p' "$t/bad.jsonl" | predict --task lines --input - --format jsonl >"$t/two" && sed -n '1p;4p' "$t/out" | cmp -s - "$t/two"
ok "bad lines change nothing of the others" $?
printf '{"words": "one", "id": 7, "x": 0.1, "ok": true, "tags": ["a", 2], "none": null, "name": "n\\"1"}\n' >"$t/kinds.jsonl"
for form in jsonl tsv; do
  predict --task lines --input "$t/kinds.jsonl" --keep id --keep x --keep ok --keep tags --keep none --keep name --format $form
done >"$t/out"
has "$t/out" '{"id":7,"x":0.1,"ok":true,"tags":["a",2],"none":null,"name":"n\"1","prediction":' && has "$t/out" "$(printf '7\t0.1\ttrue\ta|2\t\tn"1\t')"
ok "kept cells stay what they are" $?
printf '{"words": "a", "n": 1700000000.123}\n{"words": "b", "n": 14933243513335727984}\n{"words": "c", "n": [0.10, NaN, 1e400]}\n' >"$t/numbers.jsonl"
predict --task lines --input "$t/numbers.jsonl" --keep n --format jsonl >"$t/out" && has "$t/out" '{"n":1700000000.123,' && has "$t/out" '{"n":14933243513335727984,' && has "$t/out" '{"n":[0.10,NaN,1e400],' &&
  predict --task lines --input "$t/numbers.jsonl" --keep n | cut -f 1 | tr '\n' ' ' | grep -qF '1700000000.123 14933243513335727984 0.10|NaN|1e400 '
ok "numbers keep their digits" $?
# What is written as TSV is read as the same rows.
printf '{"words": "\\"Lovely\\" it is"}\n{"words": "a\\tb"}\n{"words": "c\\nd"}\n{"words": "plain \\"e\\""}\n{"words": ""}\n' >"$t/texts.jsonl"
predict --task lines --input "$t/texts.jsonl" --keep words --header >"$t/texts.csv" && feel --input "$t/texts.csv" --keep words --format jsonl | sed 's/,"prediction.*//' >"$t/a" &&
  predict --task lines --input "$t/texts.jsonl" --keep words --format jsonl | sed 's/,"prediction.*//' | cmp -s - "$t/a" && [ "$(wc -l <"$t/a")" = 5 ]
ok "TSV reads back as the same rows" $?
printf 'words\none\n\ntwo\n' >"$t/blank.csv"
[ "$(feel --input "$t/blank.csv" | wc -l)" = 3 ] && [ "$(feel --input - <"$t/blank.csv" | wc -l)" = 3 ] && [ "$(cat "$t/blank.csv" | feel --input - | wc -l)" = 3 ]
ok "an empty line of one column has an answer" $?
printf 'id\twords\n1\ta "stray" quote 5"\n2\t"it is \\"so\\" it"\n3\ttwo\n' | feel --input - --keep id >"$t/out" && [ "$(cut -f 1 "$t/out" | tr '\n' ' ')" = "1 2 3 " ]
ok "quotes on a pipe glue no rows" $?
cat "$t/bad.jsonl" | predict --task lines --input - >"$t/out"
[ $? = 1 ] && has "$t/err" "error[E0813]"
ok "a bad line of a pipe stops" $?

# ---- Words ------------------------------------------------------------------------------------------------------------

predict --task feel --format excel >"$t/out"
[ $? = 1 ] && has "$t/err" "error[E0954]: --format is one of tsv, csv, jsonl, not 'excel'"
ok "an unknown format" $?
predict --task similarity --probabilities >"$t/out"
[ $? = 1 ] && has "$t/err" "error[E0955]"
ok "a task without probabilities" $?

printf 'id\twords\n1\ta film\n' >"$t/own.tsv"
cp "$t/own.tsv" "$t/own.before"
run predict "$t/feel.graph" --task feel --weights "$t/run" --input "$t/own.tsv" --output "$t/own.tsv"
[ "$status" = 1 ] && has "$t/err" "error[E0976]: --output is the file that --input reads" && cmp -s "$t/own.tsv" "$t/own.before"
ok "predictions do not replace the rows that they are of" $?

finish
