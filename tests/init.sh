#!/bin/sh
# gradc init: from a table to a task that trains. Run from the project's root; GRADC names the program. One line a check; the last counts.
set -u
. tests/lib/checks.sh
mkdir "$t/work"
cd "$t/work" || exit 1
ln -s "$root/models" models
demo_run() { run "$@" --weights "$demo"; }

# Classes by name, told apart by a word; some rows without a label; an author for each four.
awk 'BEGIN { OFS = ","; print "id,the author,note,mood"; split("good bad fair", w, " "); split("glad sad even", m, " ")
  for (i = 0; i < 240; i++) { k = i % 3 + 1; print i, "a" int(i / 4), "a " w[k] " film " i % 7, i % 40 == 39 ? "" : m[k] } }' >notes.csv
demo_run init notes.csv --text note --label mood --group "the author"
[ "$status" = 0 ] && has "$t/out" "gradc train notes.graph --weights $demo --out run" &&
  has notes.graph '  data "notes.csv" comma quoted' && has notes.graph '  split dev 0.1 stratified grouped by "the author" seed 1' &&
  has notes.graph '  label target = mood: class["even", "glad", "sad"] optional' && has notes.graph '# What gradc init saw in notes.csv: 240 rows, 6 of them without a label.' &&
  has notes.graph 'import "models/encoders/bert.graph"'
ok "a table of classes becomes a task" $?
run fmt notes.graph
cmp -s "$t/out" notes.graph
ok "it is in the layout of gradc fmt" $?
demo_run train notes.graph --lr 2e-3 --out run --quiet
[ "$status" = 0 ] && awk '$1 == "notes" { good = $4 >= 0.8 } END { exit !good }' "$t/out"
ok "it trains as it is" $?
run eval run
[ "$status" = 0 ] && cp notes.csv new.csv && run predict run --input new.csv --keep id --probabilities --header
[ "$status" = 0 ] && has "$t/out" "id	prediction	probabilities.even" && [ "$(wc -l <"$t/out")" = 241 ]
ok "its run evaluates and predicts" $?
run export run --task notes --out hf
[ "$status" = 0 ] && has hf/config.json '"1": "glad"'
ok "its run is exported with the names of the classes" $?
demo_run init notes.csv --text note --label mood
[ "$status" = 1 ] && has "$t/err" "notes.graph already exists"
ok "a file is not replaced" $?
demo_run init notes.csv --text 3 --label 4 --force
[ "$status" = 0 ] && has notes.graph 'input text = note: text' && has notes.graph 'label target = mood: class'
ok "columns have numbers too" $?

# Numbers, pairs, another separator, compressed.
awk 'BEGIN { OFS = "\t"; print "one\ttwo\tscore"; for (i = 0; i < 60; i++) print "a film", i % 2 ? "a film" : "no \"food\"", i % 2 ? 4.5 : 0.25 }' | gzip >pairs.tsv.gz
run init pairs.tsv.gz --text one two --label score
[ "$status" = 0 ] && has pairs.graph 'data "pairs.tsv.gz" tab unquoted' && has pairs.graph 'input text = (one, two): pair' && has pairs.graph 'real[0, 5]' &&
  has pairs.graph 'words (with --weights it would be tokens)' && has pairs.graph 'metric pearson'
ok "a table of numbers and pairs" $?
demo_run train pairs.graph --epochs 1 --quiet
ok "it trains as well" "$status"
awk 'BEGIN { for (i = 0; i < 40; i++) printf "{\"text\": \"film %d\", \"kind\": %s}\n", i, i % 8 ? "\"a\"" : "\"b\"" }' >lines.jsonl
run init lines.jsonl --text text --label kind --task kinds --out other.graph
[ "$status" = 0 ] && has other.graph 'task kinds {' && has other.graph 'data "lines.jsonl" jsonl' && has other.graph 'weights balanced'
ok "JSON lines, and classes that are uneven" $?

# Numbers beside the text, some of them missing: what decides is the number alone.
awk 'BEGIN { OFS = ","; print "note,age,the income,mood"; for (i = 0; i < 120; i++) print "a film of the kind " i, (i % 9 == 8 ? "" : 30 + i % 2 * 20), 1000 + i, (i % 2 ? "old" : "young") }' >ages.csv
demo_run init ages.csv --text note --label mood --number age --number "the income"
[ "$status" = 0 ] && has ages.graph '  input numbers = (age, "the income"): numbers' && grep -q '^  features = numbers.given \* (numbers - \[[0-9.]*, 1060\]) / \[[0-9.]*, 34.64\]$' ages.graph &&
  has ages.graph '# age has the mean 4' && has ages.graph '; 13 rows without it.' && ! has ages.graph 'export hf' && run fmt ages.graph && cmp -s "$t/out" ages.graph
ok "columns of numbers are read by the head, with mean and deviation taken out" $?
demo_run train ages.graph --lr 5e-3 --out ages --quiet
[ "$status" = 0 ] && awk '$1 == "ages" { good = $4 >= 0.8 } END { exit !good }' "$t/out"
ok "it learns from them" $?
sed 's/,1010,/,many,/' ages.csv >words.csv
run init words.csv --text note --label mood --number "the income"
[ "$status" = 1 ] && has "$t/err" "words.csv:12: error[E0986]: column 'the income' has something else than a number here" && [ ! -e words.graph ]
ok "a column that has words is none" $?

# A file of its own: this task alone, which sentence-transformers' export knows too.
run check notes.graph
[ "$status" = 0 ] && [ "$(grep -c '^task ' "$t/out")" = 1 ] && [ "$(grep -c '^task ' run/model.graph)" = 1 ] &&
  ! grep -aq 'heads\.sentiment' run/model.safetensors && run export run --format sentence-transformers --out st && [ "$status" = 0 ]
ok "the file stands alone, and so does its run" $?
for name in sentiment task in encoder head 2024; do
  cp notes.csv "$name.csv"
  run init "$name.csv" --text note --label mood
  [ "$status" = 0 ] && [ "$(ls ./*.new 2>/dev/null)" = "" ]
  ok "a table called $name.csv" $?
done
demo_run init notes.csv --text note --label mood --task "my task" --out none.graph
[ "$status" = 1 ] && [ ! -e none.graph ] && has "$t/err" "--task NAME"
ok "nothing is left that gradc refuses" $?

# What is read as the writer meant it, and what is reported.
awk 'BEGIN { for (i = 0; i < 60; i++) printf "\"%d\",\"Headline %d\",\"It says %d\"\n", i % 4 + 1, i, i }' >bare.csv
run init bare.csv --text 3 --label 1
[ "$status" = 0 ] && has bare.graph 'data "bare.csv" comma quoted columns(label, column2, text)' && has bare.graph 'class["1", "2", "3", "4"]' &&
  has bare.graph '60 rows' && has bare.graph 'epochs = 20' && ! has bare.graph Headline && demo_run train bare.graph --epochs 0 --quiet && [ "$status" = 0 ]
ok "a table without a header" $?
awk 'BEGIN { print "text\tlabel"; for (i = 0; i < 44; i++) print (i % 4 ? "a film " i : "\"Lovely\" it is " i) "\t" (i % 2 ? "a" : "b") }' >quotes.tsv
run init quotes.tsv --text text --label label
[ "$status" = 0 ] && has quotes.graph 'tab unquoted' && has quotes.graph '44 rows'
ok "quotes that are plain characters" $?
awk 'BEGIN { print "text,label"; for (i = 0; i < 42; i++) print "\"a film \\\"" i "\\\"\"," (i % 2 ? "a" : "b") }' >spark.csv
run init spark.csv --text text --label label
[ "$status" = 0 ] && has spark.graph 'comma quoted' && has spark.graph '42 rows'
ok "quotes with an escape character" $?
awk 'BEGIN { print "text;label"; for (i = 0; i < 42; i++) print "a film, " i ";" (i % 2 ? "a" : "b") }' >semi.csv
run init semi.csv --text text --label label
[ "$status" = 0 ] && has semi.graph 'semicolon quoted' && demo_run train semi.graph --epochs 0 --quiet && [ "$status" = 0 ]
ok "semicolons" $?
awk 'BEGIN { print "text,label"; for (i = 0; i < 60; i++) print (i % 20 == 6 ? "good, but " : "a ") i "," (i % 2 ? "a" : "b") }' >bad.csv
run init bad.csv --text text --label label
[ "$status" = 0 ] && has "$t/out" "3 rows cannot be read (line 8, 28, 48: this row has 3 fields" && has "$t/out" "--skip-bad-rows --out run" &&
  has bad.graph 'class["a", "b"]' && ! has bad.graph optional
ok "rows that cannot be read are counted, and are not without a label" $?
demo_run train bad.graph --skip-bad-rows --epochs 0
[ "$status" = 0 ] && has "$t/err" "3 left out"
ok "training counts them too" $?
printf 'text,label\nna\357ve,a\nb,b\n' >latin.csv
run init latin.csv --text text --label label
[ "$status" = 1 ] && has "$t/err" "latin.csv:2: error[E0814]" && has "$t/err" iconv
ok "text that is not UTF-8 is reported as such" $?

# A vocabulary that does not know the words: counted by each command, and the same where the tokens come from the cache.
awk 'BEGIN { print "text,label"; for (i = 0; i < 40; i++) print (i % 4 ? "a good film " : "日本 日本 日本 ") i "," (i % 2 ? "a" : "b") }' >odd.csv
demo_run init odd.csv --text text --label label --task odd
[ "$status" = 0 ] && has odd.graph "# 10 rows are mostly unknown to the vocabulary" && demo_run train odd.graph --dry-run && awk '$1 == "odd" && $5 > 0 && $5 <= 10 { n++ } END { exit n != 1 }' "$t/out"
ok "init and a dry run count texts that are mostly [UNK]" $?
demo_run train odd.graph --epochs 0 --out odd && has "$t/err" "rows, $(sed -n 's/.*"unknown":\([0-9]*\).*/\1/p' odd/log.jsonl) mostly [UNK]"
ok "so does training, in its log too" $?
run eval odd --split train && has "$t/err" " mostly [UNK]" && run eval odd --split train --no-cache && has "$t/err" " mostly [UNK]" && run predict odd --input odd.csv && has "$t/err" "odd: 40 rows, 10 mostly [UNK]"
ok "and evaluating and predicting" $?

# Labels.
awk 'BEGIN { print "text,label"; for (i = 0; i < 154; i++) print "q " i "," i % 77 }' >intents.csv
run init intents.csv --text text --label label
[ "$status" = 0 ] && has intents.graph 'class["0", "1"' && has intents.graph '"76"]'
ok "whole numbers without a gap are classes" $?
awk 'BEGIN { print "text,label"; for (i = 0; i < 120; i++) print "q " i "," i % 60 * 7 }' >sevens.csv
run init sevens.csv --text text --label label
[ "$status" = 0 ] && has sevens.graph 'real[0, 413]' && run init sevens.csv --text text --label label --classes --force && has sevens.graph 'class["0", "7"'
ok "others are numbers, unless --classes says so" $?
awk 'BEGIN { print "text,price"; for (i = 0; i < 60; i++) printf "q %d,%.2f\n", i, 1234567.25 + i * 10.5 }' >prices.csv
run init prices.csv --text text --label price
[ "$status" = 0 ] && has prices.graph 'real[1234567, 1235187]' && demo_run train prices.graph --epochs 0 --quiet && [ "$status" = 0 ]
ok "a range has all of its digits" $?
awk 'BEGIN { print "text,label"; for (i = 0; i < 60; i++) print "q " i "," (i == 0 ? "one" : i < 9 ? "few" : "many") }' >rare.csv
run init rare.csv --text text --label label
[ "$status" = 0 ] && has rare.graph 'split dev 0.1 stratified' && has rare.graph 'Too rare to be in dev: one.'
ok "a rare class is reported, and the split stays stratified" $?
demo_run train rare.graph --epochs 0 --out rare
[ "$status" = 0 ] && run predict rare --split train --keep label && grep -q '^one' "$t/out"
ok "it is for training" $?
awk 'BEGIN { print "who,text,label"; for (i = 0; i < 100; i++) print "p" (i < 35 ? 0 : i < 65 ? 1 : int(i / 5)) ",q " i "," (i % 2 ? "a" : "b") }' >groups.csv
run init groups.csv --text text --label label --group who
[ "$status" = 0 ] && rows=$(sed -n 's/.*gives dev \([0-9]*\) of.*/\1/p' groups.graph) && [ "$rows" -ge 5 ] && [ "$rows" -le 20 ]
ok "large groups do not make dev several times its size: ${rows:-?} of 100" $?
printf 'id,text,text,label\n1,a,b,x\n2,c,d,y\n' >twice.csv
run init twice.csv --text text --label label
[ "$status" = 1 ] && has "$t/err" "twice.csv:1: error[E0816]"
ok "two columns of one name" $?
printf '"a ""text""",label\na,x\nb,y\n' >named.csv
run init named.csv --text 1 --label 2
[ "$status" = 1 ] && has "$t/err" E0819 && [ ! -e named.graph ]
ok "a name that a graph file cannot say" $?
printf 'te\033[31mxt,label\na,x\nb,y\n' >escape.csv
run init escape.csv --text text --label label
[ "$status" = 1 ] && has "$t/err" 'te\x1b[31mxt' && ! grep -q "$(printf '\033')" "$t/err"
ok "a header does not reach the terminal as it is" $?

# What may not be what it looks like is said.
awk 'BEGIN { print "text,case,gap,price"; split("Yes yes NO", c, " "); split("a NA b", g, " ")
  for (i = 0; i < 60; i++) print i % 6 ? "film " i : "", "," c[i % 3 + 1] "," g[i % 3 + 1] ",\"1," i % 4 "\"" }' | sed 's/ ,/,/; s/^,,/,/' >odd_labels.csv
run init odd_labels.csv --text text --label case --out odd1.graph
[ "$status" = 0 ] && has odd1.graph "# They are different classes, though they differ in case alone: 'Yes', 'yes'." && has odd1.graph "# 10 rows have an empty text."
ok "labels that differ in case, and empty texts" $?
run init odd_labels.csv --text text --label gap --out odd2.graph
[ "$status" = 0 ] && has odd2.graph "# Taken for a class, not for a gap: 'NA'." && ! has odd2.graph "in case alone"
ok "a label that is the word for a gap" $?
run init odd_labels.csv --text text --label price --out odd3.graph
[ "$status" = 0 ] && has odd3.graph "# They look like numbers: written as in 1234.5 they would be taken for numbers."
ok "numbers in another spelling" $?
awk 'BEGIN { print "text,label"; for (i = 0; i < 40; i++) print "film " i "," (i % 2 ? "good" : "bad") }' >plain.csv
run init plain.csv --text text --label label
! has plain.graph "# They " && ! has plain.graph "# Taken for" && ! has plain.graph "empty text"
ok "of what is plain nothing is said" $?

cd "$root" || exit 1
finish
