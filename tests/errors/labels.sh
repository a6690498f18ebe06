cat >words.graph <<END
import "models/bert.graph"
task tags {
  data "tags-{split}.tsv" tab unquoted
  input sentence: words
  label tags: class["O", "B-A"] of sentence
  logits = head(gather(encoder(sentence) in "bert", tags.at), tags.classes) in "heads.tags"
  loss cross_entropy(logits, tags)
  predict argmax(logits)
  show sum(logits, axis = 0) as "sums"
  metric entity_f1
}
END
printf 'sentence\ttags\ngood film\tO B-A\nbad film\tO\n' >data/tags-train.tsv
cp data/tags-train.tsv data/tags-dev.tsv
gradc train words.graph --weights models/demo --data data --tasks tags
#> data/tags-train.tsv:3: error[E0853]: 2 words, but column 'tags' has 1 label
#> words.graph:5:9: note: the label is declared here
#>     5 |   label tags: class["O", "B-A"] of sentence
#>       |         ^~~~
#>       = hint: a row has one label for each of its words; an empty one, in a list, is left out; --skip-bad-rows leaves such rows out

printf 'sentence\ttags\ngood film\tO B-A\nbad film\tO B-B\n' >data/tags-train.tsv
gradc train words.graph --weights models/demo --data data --tasks tags
#> data/tags-train.tsv:3: error[E0851]: column 'tags': the label is not one of the declared names
#> words.graph:5:9: note: the label is declared here
#>     5 |   label tags: class["O", "B-A"] of sentence
#>       |         ^~~~
#>       = hint: the names are 'O', 'B-A'
#>       = hint: --skip-bad-rows leaves such rows out; a label that rows may lack is 'optional'

printf 'sentence\ttags\ngood film\tO B-A\n' | tee data/tags-train.tsv >data/tags-dev.tsv
gradc train words.graph --weights models/demo --data data --tasks tags --epochs 0 --no-eval --quiet --out start
gradc predict words.graph --weights start --data data --task tags --show sums
#> error[E0953]: 'sums' has no rows of sequences, labels or tokens
#>       = hint: it is a value of a whole batch; show what it is made of

sed -e 's/entity_f1/f1_micro, pearsn, pearson/' -e 's/class\["O", "B-A"\]/class[2]/' words.graph >metrics.graph
gradc check metrics.graph
#> metrics.graph:10:20: error[E0930]: there is no metric 'pearsn'
#>    10 |   metric f1_micro, pearsn, pearson
#>       |                    ^~~~~~
#>       = hint: did you mean 'pearson'?

sed -e 's/f1_micro, pearsn, pearson/entity_f1/' metrics.graph >names.graph
gradc check names.graph
#> names.graph:10:10: error[E0931]: the metric 'entity_f1' needs the names of the classes: class["O", "B-...", ...]
#>    10 |   metric entity_f1
#>       |          ^~~~~~~~~
#> names.graph:5:9: note: the label is declared here
#>     5 |   label tags: class[2] of sentence
#>       |         ^~~~
#>       = hint: those that fit are accuracy, balanced_accuracy, precision, recall, precision_macro, recall_macro, f1, f1_macro, f1_micro, f1_weighted, matthews, roc_auc, average_precision, log_loss, calibration_error, pearson, spearman, mse, mae, r2, loss, perplexity

cat >flags.graph <<END
import "models/bert.graph"
task topics {
  data "topics-{split}.tsv" tab unquoted
  input text: text
  label topics = (food, sport): flags
  logits = head(gather(encoder(text) in "bert", text.first), topics.classes) in "heads.topics"
  loss bce_with_logits(logits, topics)
  predict argmax(logits)
  metric f1_micro, pearson
}
END
gradc check flags.graph
#> flags.graph:9:20: error[E0931]: the metric 'pearson' does not fit flags
#>     9 |   metric f1_micro, pearson
#>       |                    ^~~~~~~
#> flags.graph:5:9: note: the label is declared here
#>     5 |   label topics = (food, sport): flags
#>       |         ^~~~~~
#>       = hint: those that fit are accuracy, precision_macro, recall_macro, f1_macro, f1_micro, f1_weighted, roc_auc, average_precision, log_loss, calibration_error, loss, perplexity
#> flags.graph:5:9: error[E0932]: there are 2 flags, but the prediction is f32[S, 1]
#>     5 |   label topics = (food, sport): flags
#>       |         ^~~~~~
#>       = hint: predict a column of 0 or 1 for each flag: predict float(logits > 0)

printf 'text\tfood\tsport\ngood\t1\tmaybe\n' >data/topics-train.tsv
sed -e 's/argmax(logits)/float(logits > 0)/' -e 's/, pearson//' flags.graph >right.graph
gradc train right.graph --weights models/demo --data data --tasks topics
#> data/topics-train.tsv:2: error[E0851]: column 'sport': the flag is neither 0 nor 1
#> right.graph:5:9: note: the label is declared here
#>     5 |   label topics = (food, sport): flags
#>       |         ^~~~~~
#>       = hint: --skip-bad-rows leaves such rows out; a label that rows may lack is 'optional'

mkdir small
cp models/demo/config.json small
sed 's/\[MASK\]/[HOLE]/' models/demo/vocab.txt >small/vocab.txt
cat >masked.graph <<END
import "models/bert.graph"
task masked {
  data "texts-{split}.txt" lines
  input text: text
  label hidden_one: masked[0.15] of text
  states = gather(encoder(text) in "bert", hidden_one.at)
  logits = head(states, hidden_one.classes) in "heads.masked"
  loss cross_entropy(logits, hidden_one)
  predict argmax(logits)
  metric perplexity
}
END
gradc train masked.graph --weights small --data data --tasks masked
#> masked.graph:5:9: error[E0854]: the tokenizer has no mask token to hide tokens with
#>     5 |   label hidden_one: masked[0.15] of text
#>       |         ^~~~~~~~~~
#>       = hint: take a tokenizer that has one: a vocab.txt with the line [MASK], or a tokenizer_config.json that says "mask_token"
