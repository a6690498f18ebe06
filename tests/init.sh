#!/bin/sh
# gradc init: from a table to a task that trains. Run from the project's root; GRADC names the program. One line a check; the last counts.
set -u
. tests/lib/checks.sh
mkdir "$t/work"
cd "$t/work" || exit 1
ln -s "$root/models" models
demo_run() { run "$@" --weights "$demo"; }

# Classes by name, told by a word; some rows without a label; an author for each four.
awk 'BEGIN { OFS = ","; print "id,the author,note,mood"; split("good bad fair", w, " "); split("glad sad even", m, " ")
  for (i = 0; i < 240; i++) { k = i % 3 + 1; print i, "a" int(i / 4), "a " w[k] " film " i % 7, i % 40 == 39 ? "" : m[k] } }' >notes.csv
demo_run init notes.csv --text note --label mood --group "the author"
[ "$status" = 0 ] && has "$t/out" "gradc train notes.graph --weights $demo --out run" &&
  has notes.graph '  data "notes.csv" comma quoted' && has notes.graph '  split dev 0.1 stratified grouped by "the author" seed 1' &&
  has notes.graph '  label target = mood: class["even", "glad", "sad"] optional' && has notes.graph '# What gradc init saw in notes.csv: 240 rows, 6 of them without a label.' &&
  has notes.graph 'import "models/bert.graph"'
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

cd "$root" || exit 1
finish
