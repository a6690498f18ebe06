# What is wrong with the words of a command.
gradc trian model.graph
#> error[E0900]: there is no command 'trian'
#>       = hint: did you mean 'train'?

gradc train model.graph --epoch_ 3
#> error[E0911]: gradc train has no option '--epoch_'
#>       = hint: did you mean '--epochs'?

gradc train model.graph --epochs many
#> error[E0910]: --epochs takes a whole number from 0 to 1000000, not 'many'
#>       = hint: --epochs N: passes over the data (default: 10)

gradc train model.graph --epochs
#> error[E0912]: --epochs needs a value
#>       = hint: --epochs N: passes over the data (default: 10)

gradc check model.graph model.graph
#> error[E0913]: gradc check takes one file or folder: 'model.graph' is one too many
#>       = hint: the first is 'model.graph'; a name with a blank needs quotes

gradc check
#> error[E0917]: gradc check needs FILE
#>       = hint: for example: gradc check models/bert.graph

gradc explain E9999
#> error[E0918]: 'E9999' is not a diagnostic, operator, pass, function, metric, role or word of the language
#>       = hint: codes look like E0810 and are shown in brackets in every message

gradc check model.graph --set layer=2
#> error[E0204]: --set layer=2: there is no config value 'layer'
#>       = hint: did you mean 'layers'?

gradc check model.graph --set layers
#> error[E0205]: --set layers: the value is missing
#>       = hint: write --set NAME=VALUE

gradc check model.graph --set layers=two
#> error[E0205]: --set layers=two: 'two' is not a number
#> model.graph:3:8: note: 'layers' is declared here
#>     3 |        layers = 2 as "num_hidden_layers",
#>       |        ^~~~~~

gradc check nowhere.graph
#> error[E0106]: cannot read 'nowhere.graph': No such file or directory
#>       = hint: a relative path starts in the folder in which gradc runs
