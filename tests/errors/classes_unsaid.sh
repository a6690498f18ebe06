# Classes that the data would have to say.
cat >mood.graph <<END
import "model.graph"
task mood {
  data "mood-{split}.csv" comma quoted
  input text: text
  label mood: class
  logits = dense(encoder(text) in "encoder", mood.classes) in "heads.mood"
  loss cross_entropy(logits, mood)
  predict argmax(logits)
  metric accuracy
}
END
gradc check mood.graph
#> mood.graph:3:8: error[E0850]: task 'mood' has no file mood-train.csv in .
#>     3 |   data "mood-{split}.csv" comma quoted
#>       |        ^~~~~~~~~~~~~~~~~~
#>       = hint: give the folder that holds it with --data, or change the task's data line

printf 'text,mood\na,\nb,\n' >mood-train.csv
gradc check mood.graph
#> ./mood-train.csv: error[E0851]: column 'mood': no row has a label
#> mood.graph:5:9: note: the label is declared here
#>     5 |   label mood: class
#>       |         ^~~~

printf 'text,mood\na,"it ""is"" secret"\n' >mood-train.csv
gradc check mood.graph
#> ./mood-train.csv:2: error[E0851]: column 'mood': a class with a double quote or a control character in its name
#> mood.graph:5:9: note: the label is declared here
#>     5 |   label mood: class
#>       |         ^~~~
