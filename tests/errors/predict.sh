# What is wrong with what a prediction is asked for.
gradc predict models/bert.graph --weights models/demo --task sentiment --format excel
#> error[E0954]: --format is one of tsv, csv, jsonl, not 'excel'

gradc predict models/bert.graph --weights models/demo --task sentiment --bad-rows eror
#> error[E0954]: --bad-rows is one of stop, error, not 'eror'
#>       = hint: did you mean 'error'?

gradc predict models/bert.graph --weights models/demo --task similarity --probabilities
#> models/bert.graph:38:6: error[E0955]: task 'similarity' does not say what its probabilities are
#>    38 | task similarity {
#>       |      ^~~~~~~~~~
#>       = hint: show them in the task: show softmax(logits) as "probabilities", or sigmoid(logit)

gradc serve models/bert.graph --weights models/demo
#> error[E0957]: --socket is required
#>       = hint: for example: gradc serve run --socket /tmp/gradc.socket

. trained
gradc serve run --socket model.graph
#> error[E0956]: cannot listen on model.graph: there is a file that is not a socket
#>       = hint: choose another path

gradc eval models/bert.graph --weights models/demo --texts
#> error[E0958]: --texts needs --errors
