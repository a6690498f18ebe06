# The rows of a task: the file and the line are named, what stands there is not shown.
gradc train model.graph --weights models/demo --data nowhere --quiet
#> model.graph:27:8: error[E0850]: task 'sentiment' has no file sst/ids-sst-train.csv in nowhere
#>    27 |   data "sst/ids-sst-{split}.csv" tab unquoted
#>       |        ^~~~~~~~~~~~~~~~~~~~~~~~~
#>       = hint: give the folder that holds it with --data, or change the task's data line

mkdir d; cp data/* d; sed -i '1s/sentiment/feeling/' d/ids-sst-train.csv
gradc train model.graph --weights models/demo --data d --tasks sentiment --quiet
#> d/ids-sst-train.csv:1: error[E0810]: there is no column 'sentiment'
#>       = note: the columns are: '', 'id', 'sentence', 'feeling'
#>       = hint: did you mean 'sentence'?

cp data/* d; sed -i '3s/$/\tsecret/' d/ids-sst-train.csv
gradc train model.graph --weights models/demo --data d --tasks sentiment --quiet
#> d/ids-sst-train.csv:3: error[E0811]: this row has 5 fields, the header has 4
#>       = hint: if fields stand in double quotes in this file, say that it is quoted

cp data/* d; sed -i '1!s/\t[0-4]$/\t7/' d/ids-sst-train.csv; awk -F'\t' -v OFS='\t' 'NR > 1 { $NF = 7 } 1' data/ids-sst-train.csv >d/ids-sst-train.csv
gradc train model.graph --weights models/demo --data d --tasks sentiment --quiet
#> d/ids-sst-train.csv:2: error[E0851]: column 'sentiment': the label is not a class from 0 to 4
#> model.graph:29:9: note: the label is declared here
#>    29 |   label sentiment: class[5]
#>       |         ^~~~~~~~~
#>       = hint: --skip-bad-rows leaves such rows out; a label that rows may lack is 'optional'

head -n 1 data/ids-sst-train.csv >d/ids-sst-train.csv
gradc train model.graph --weights models/demo --data d --tasks sentiment --quiet
#> d/ids-sst-train.csv: error[E0852]: task 'sentiment' finds no rows in it

: >d/ids-sst-train.csv
gradc train model.graph --weights models/demo --data d --tasks sentiment --quiet
#> d/ids-sst-train.csv: error[E0810]: the file is empty: there is no header row
#>       = hint: the first line names the columns

rm -rf d; cp -r data d; printf '4\t"never closed\n' >>d/quora-train.csv
gradc train model.graph --weights models/demo --data d --tasks paraphrase --quiet
#> d/quora-train.csv:10: error[E0812]: a field of the row that begins here opens a quote that is never closed
#>       = hint: close it, or say that the file is unquoted

sed 's/ tab unquoted/ jsonl/' model.graph >lines.graph; mkdir d/sst
printf '{"sentence": "secret", "sentiment": 1}\n{"sentence": "secret"\n' >d/sst/ids-sst-train.csv
gradc train lines.graph --weights models/demo --data d --tasks sentiment --quiet
#> d/sst/ids-sst-train.csv:2: error[E0813]: this line is not a JSON object
#>       = hint: each line is to be one object with texts, numbers, truth values or lists of them: {"text": "..."}

printf '{"sentence": "secret", "sentiment": 1}\n{"sentence": "secret"}\n' >d/sst/ids-sst-train.csv
gradc train lines.graph --weights models/demo --data d --tasks sentiment --quiet
#> d/sst/ids-sst-train.csv:2: error[E0810]: there is no column 'sentiment'
#>       = note: the columns are: 'sentence'
#>       = hint: did you mean 'sentence'?

rm -r d/sst; rm -r d/sts-train.csv; mkdir d/sts-train.csv
gradc train model.graph --weights models/demo --data d --tasks similarity --quiet
#> d/sts-train.csv: error[E0801]: cannot read the file: Is a directory
#>       = hint: check the path, and that you may read what is there

cat >words.graph <<'END'
import "model.graph"
task tags {
  data "words.{split}" jsonl
  input words: words
  label tags: class["O", "B"] of words
  h = embedding(words.ids, vocab) in "encoder.words"
  logits = dense(gather(h, tags.at), 2) in "heads.tags"
  loss cross_entropy(logits, tags)
  predict argmax(logits)
  metric accuracy
}
END
echo '{"words": ["secret", "words"], "tags": ["O"]}' >d/words.train
gradc train words.graph --weights models/demo --data d --tasks tags --quiet
#> d/words.train:1: error[E0853]: 2 words, but column 'tags' has 1 label
#> words.graph:5:9: note: the label is declared here
#>     5 |   label tags: class["O", "B"] of words
#>       |         ^~~~
#>       = hint: a row has one label for each of its words; an empty one, in a list, is left out; --skip-bad-rows leaves such rows out

cp -r models/demo unmasked; sed -i 's/^\[MASK\]$/[mask]/' unmasked/vocab.txt
cat >masked.graph <<'END'
import "model.graph"
task masked {
  data "words.{split}" jsonl
  input words: words
  label hidden_words: masked[0.15] of words
  h = embedding(words.ids, vocab) in "encoder.words"
  logits = dense(gather(h, hidden_words.at), vocab) in "heads.masked"
  loss cross_entropy(logits, hidden_words)
  predict argmax(logits)
  metric accuracy
}
END
gradc train masked.graph --weights unmasked --data d --tasks masked --quiet
#> masked.graph:5:9: error[E0854]: the tokenizer has no mask token to hide tokens with
#>     5 |   label hidden_words: masked[0.15] of words
#>       |         ^~~~~~~~~~~~
#>       = hint: take a tokenizer that has one: a vocab.txt with the line [MASK], or a tokenizer_config.json that says "mask_token"

rm -rf d; cp -r data d; printf '8\tx\tb\344d film\t1\n' >>d/ids-sst-train.csv
gradc train model.graph --weights models/demo --data d --tasks sentiment --quiet
#> d/ids-sst-train.csv:10: error[E0814]: column 'sentence' is not UTF-8
#>       = hint: save the file as UTF-8; one of Windows or in Latin-1: iconv -f windows-1252 -t utf-8 OLD > NEW

rm -rf d; cp -r data d; sed -i '4s/\t[0-4]$/\t/' d/ids-sst-train.csv
gradc train model.graph --weights models/demo --data d --tasks sentiment --quiet
#> d/ids-sst-train.csv:4: error[E0851]: column 'sentiment': the row has no label
#> model.graph:29:9: note: the label is declared here
#>    29 |   label sentiment: class[5]
#>       |         ^~~~~~~~~
#>       = hint: --skip-bad-rows leaves such rows out; a label that rows may lack is 'optional'

rm -rf d; cp -r data d; sed -i '3s/$/\tsecret/; 4s/\t[0-4]$/\t/; 5s/\t[0-4]$/\tsecret/; 6s/film/b\xe4d/' d/ids-sst-train.csv
gradc train model.graph --weights models/demo --data d --tasks sentiment --skip-bad-rows --epochs 0 --no-eval --quiet
#> d/ids-sst-train.csv:3: warning[E0811]: left out: this row has 5 fields, the header has 4
#> d/ids-sst-train.csv:4: warning[E0851]: left out: column 'sentiment': the row has no label
#> d/ids-sst-train.csv:5: warning[E0851]: left out: column 'sentiment': the label is not a number
#> model.graph:29:9: warning[E0857]: 1 class has no rows to train on: '0'
#>    29 |   label sentiment: class[5]
#>       |         ^~~~~~~~~
#>       = hint: give rows of each, or take what has none out of the label; 'split dev 0.1 stratified' leaves rows of each class to train on

rm -rf d; cp -r data d; sed -n 5,6p data/ids-sst-train.csv >>d/ids-sst-dev.csv
gradc train model.graph --weights models/demo --data d --tasks sentiment --epochs 0 --quiet
#> d/ids-sst-dev.csv:10: warning[E0856]: 2 of 10 rows to evaluate on are among those to train on too (line 10, 11)

rm -rf d; cp -r data d; sed -i '/\t[34]$/d' d/ids-sst-train.csv
gradc train model.graph --weights models/demo --data d --tasks sentiment --epochs 0 --quiet
#> model.graph:29:9: warning[E0857]: 2 classes have no rows to train on: '3', '4'
#>    29 |   label sentiment: class[5]
#>       |         ^~~~~~~~~
#>       = hint: give rows of each, or take what has none out of the label; 'split dev 0.1 stratified' leaves rows of each class to train on

printf '{"id": 1, "data": {"text": "secret"}, "annotations": []}\n' >d/tasks.jsonl; printf '[%s]' "$(cat d/tasks.jsonl)" >d/tasks.json
gradc init d/tasks.json --text text --label label
gradc init d/tasks.jsonl --text text --label label
#> d/tasks.json: error[E0815]: the file is one JSON array, not an object a line
#>       = hint: one object a line is read; make such a file with: jq -c '.[] | .["data"] + {label: .annotations[0].result[0].value.choices[0]}' OLD.json > NEW.jsonl
#> d/tasks.jsonl: error[E0815]: the columns are in an object that each line holds
#>       = hint: one object a line is read; make such a file with: jq -c '.["data"] + {label: .annotations[0].result[0].value.choices[0]}' OLD.json > NEW.jsonl

rm -rf d; cp -r data d; printf '4\t"secret" words\n' >>d/quora-train.csv
gradc train model.graph --weights models/demo --data d --tasks paraphrase --quiet
#> d/quora-train.csv:10: error[E0812]: a quote inside of a quoted field of this row neither closes the field nor is doubled
#>       = hint: where quotes are plain characters in this file, say that it is unquoted; inside of quotes a quote is written twice

rm -rf d; cp -r data d; printf '9\t"secret one\tq1\tq2\t0\n10\tsecret two\tq1\tq2\t1\n11\tsecret three"\tq1\tq2\t1\n' >>d/quora-train.csv
gradc train model.graph --weights models/demo --data d --tasks paraphrase --quiet
#> d/quora-train.csv:10: error[E0812]: a field of this row opens a quote that closes 2 lines on, and these lines are rows by themselves
#>       = hint: where quotes are plain characters in this file, say that it is unquoted; inside of quotes a quote is written twice

printf '\377\376t\000e\000' >d/ids-sst-train.csv
gradc train model.graph --weights models/demo --data d --tasks sentiment --quiet
#> d/ids-sst-train.csv: error[E0815]: this is a text in UTF-16, as it begins with FF FE
#>       = hint: convert it: iconv -f UTF-16 -t UTF-8 d/ids-sst-train.csv > NEW

printf '[{"sentence": "secret", "sentiment": 1}]' >d/array.json
sed 's#"sst/ids-sst-{split}.csv" tab unquoted#"array.json" jsonl#' model.graph >array.graph
gradc train array.graph --weights models/demo --data d --tasks sentiment --quiet
#> d/array.json: error[E0815]: the file is one JSON array, not an object a line
#>       = hint: one object a line is read; make such a file with: jq -c '.[]' OLD.json > NEW.jsonl

printf 'id\tsentence\tsentiment\tsentiment\n' >d/ids-sst-train.csv
gradc train model.graph --weights models/demo --data d --tasks sentiment --quiet
#> d/ids-sst-train.csv:1: error[E0816]: two columns are called 'sentiment'
#>       = hint: give one of them another name in the file's header

printf 'sentence\tsentiment\na film\t1\n' >d/ids-sst-train.csv; cp d/ids-sst-train.csv d/ids-sst-dev.csv
sed 's/ tab unquoted/ tab unquoted columns(sentence, sentiment)/' model.graph >columns.graph
gradc train columns.graph --weights models/demo --data d --tasks sentiment --epochs 0 --no-eval --quiet
#> d/ids-sst-train.csv:1: warning[E0817]: the first row has the names of the columns: it is taken for a header
#> columns.graph:29:9: warning[E0857]: 4 classes have no rows to train on: '0', '2', '3', '4'
#>    29 |   label sentiment: class[5]
#>       |         ^~~~~~~~~
#>       = hint: give rows of each, or take what has none out of the label; 'split dev 0.1 stratified' leaves rows of each class to train on

sed 's/ tab unquoted/ tsv/' model.graph >unknown.graph
gradc check unknown.graph
#> unknown.graph:27:34: error[E0818]: 'tsv' is no format of tables
#>    27 |   data "sst/ids-sst-{split}.csv" tsv
#>       |                                  ^~~
#>       = hint: the formats are tab (fields between tabs), comma (fields between commas), semicolon (fields between semicolons), jsonl (a JSON object a line), lines (a text a line), conll (a word a line, an empty line after each sentence)
#>       = hint: did you mean 'tab'?

sed 's/ tab unquoted/ tab/' model.graph >unsaid.graph
gradc check unsaid.graph
#> unsaid.graph:27:34: error[E0818]: 'tab' is followed by 'quoted' or 'unquoted'
#>    27 |   data "sst/ids-sst-{split}.csv" tab
#>       |                                  ^~~
#>       = hint: quoted: a field in double quotes may hold separators and line ends; unquoted: quotes are plain characters
