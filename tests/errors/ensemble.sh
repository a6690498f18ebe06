# Runs that cannot answer together.
. ./trained; sed -i 's/class.2./class["no", "yes"]/; s/logit > 0/logit > 1/' run/model.graph
gradc predict ../trained-run run --task paraphrase --data data
#> run/model.graph:41:9: error[E0959]: the runs have other labels: in run it is is_duplicate: class["no", "yes"]
#>    41 |   label is_duplicate: class["no", "yes"]
#>       |         ^~~~~~~~~~~~
#> ../trained-run/model.graph:41:9: note: in ../trained-run it is is_duplicate: class[2]
#>    41 |   label is_duplicate: class[2]
#>       |         ^~~~~~~~~~~~
#>       = hint: runs answer together when classes are the same, in the same order

sed -i 's/class.*no.*/class[2]/' run/model.graph
gradc predict ../trained-run run --task paraphrase --data data
#> run/model.graph:44:11: error[E0959]: run decides otherwise than ../trained-run
#>    44 |   predict float(logit > 1)
#>       |           ^~~~~
#> ../trained-run/model.graph:44:11: note: the other prediction is here
#>    44 |   predict float(logit > 0)
#>       |           ^~~~~
#>       = hint: runs answer together when what they predict, and show as "probabilities", is decided in the same way

sed -i 's/predict argmax(.*/predict float(sentiment)/' run/model.graph
gradc predict run run --task sentiment --data data --text "a film"
#> run/model.graph:33:11: error[E0959]: predictions of several runs cannot be averaged here
#>    33 |   predict float(sentiment)
#>       |           ^~~~~
#>       = hint: what is decided from is to be a number or a list of numbers for each row, as in: predict argmax(logits)

sed -i 's/^task sentiment/task feeling/' run/model.graph
gradc predict ../trained-run run --task sentiment --data data
#> error[E0920]: run/model.graph has no task 'sentiment'
#>       = hint: the tasks are: feeling, paraphrase, similarity

gradc export run run --out hf
#> error[E0913]: gradc export takes one file or folder: 'run' is one too many
#>       = hint: the first is 'run'; a name with a blank needs quotes
