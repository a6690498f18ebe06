# Settings of the training in the text: one that there is not, one of the machine, values that it does not have.
printf 'import "model.graph"\ntrain {\n  epoch = 3\n}\n' >recipe.graph
gradc check recipe.graph
#> recipe.graph:3:3: error[E0982]: 'epoch' is not a setting that a graph file can have
#>     3 |   epoch = 3
#>       |   ^~~~~
#>       = hint: did you mean 'epochs'?

printf 'import "model.graph"\ntrain {\n  weights = "bert"\n}\n' >recipe.graph
gradc check recipe.graph
#> recipe.graph:3:3: error[E0982]: 'weights' is not a setting that a graph file can have
#>     3 |   weights = "bert"
#>       |   ^~~~~~~
#>       = hint: it belongs to one machine or one run: give --weights on the command line

printf 'import "model.graph"\ntrain {\n  lr = 1e-5, 2e-5\n}\n' >recipe.graph
gradc check recipe.graph
#> recipe.graph:3:3: error[E0982]: 'lr' has one value
#>     3 |   lr = 1e-5, 2e-5
#>       |   ^~
#>       = hint: --lr X: learning rate (default: 2e-5)

printf 'import "model.graph"\ntrain {\n  epochs = 1.5\n  lr = 1\n  lr = 2\n}\n' >recipe.graph
gradc check recipe.graph
#> recipe.graph:5:3: error[E0203]: 'lr' is set twice
#>     5 |   lr = 2
#>       |   ^~
#> recipe.graph:4:3: note: first given here
#>     4 |   lr = 1
#>       |   ^~
#>       = hint: write several values on one line: lr = "a", "b"

printf 'import "model.graph"\ntrain {\n  epochs = 1.5\n}\n' >recipe.graph
gradc check recipe.graph
#> recipe.graph:3:3: error[E0910]: --epochs takes a whole number from 0 to 1000000, not '1.5'
#>     3 |   epochs = 1.5
#>       |   ^~~~~~
#>       = hint: --epochs N: passes over the data (default: 10)

printf 'import "model.graph"\ntrain {\n  epochs = 1\n}\ntrain {\n  epochs = 2\n}\n' >recipe.graph
gradc check recipe.graph
#> recipe.graph:5:1: error[E0203]: 'train' is declared twice
#>     5 | train {
#>       | ^~~~~
#> recipe.graph:2:1: note: first given here
#>     2 | train {
#>       | ^~~~~
#>       = hint: to replace it: override train ...
