# Folders that parts of a model start from.
. trained
gradc eval run --data data --weights-of teacher
#> error[E0910]: --weights-of takes SCOPE=DIR, not 'teacher'
#>       = hint: for what the text makes in "teacher": --weights-of teacher=DIR

gradc eval run --data data --weights-of teacher=run
#> error[E0925]: --weights-of: no parameter matches 'teacher.*'
#>       = hint: there is 'encoder.words.weight'; a star stands for any characters

gradc train model.graph --data data --weights-of encoder=run
#> error[E0910]: --weights-of needs --weights too: sizes and the tokenizer come from there

gradc train model.graph --weights models/demo --data data --weights-of encoder=models/demo
#> models/demo: error[E0837]: there are no weights here

cp -r run other; sed '200s/.*/zzz/' run/vocab.txt >other/vocab.txt; rm -f other/tokenizer.json
gradc train model.graph --weights models/demo --data data --weights-of encoder=other
#> other: error[E0837]: token 199 is 'zzz' here, and 'disaster' in models/demo
#>       = hint: both parts of a model read the same tokens: take a folder with the same tokenizer

cat >fresh.graph <<END
import "model.graph"
task mood {
  data "sst/ids-sst-{split}.csv" tab unquoted
  input sentence: text
  label sentiment: class[5]
  logits = dense(encoder(sentence) in "encoder", 5) in "fresh.mood"
  loss cross_entropy(logits, sentiment)
  predict argmax(logits)
  metric accuracy
}
END
gradc train fresh.graph --weights models/demo --data data --weights-of fresh=run
#> run: error[E0837]: the weights lack mood.weight, which is to start from them
#> model.graph:15:9: note: the parameter is declared here
#>    15 |   param weight: f32[O, I] ~ normal(0, 0.02)
#>       |         ^~~~~~
#>       = hint: name the scope that has the folder's parameters in it, or another folder
