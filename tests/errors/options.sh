# What is wrong with the words of a command.
gradc trian models/bert.graph
#> error[E0900]: there is no command 'trian'
#>       = hint: did you mean 'gradc train'?

gradc train models/bert.graph --epoch_ 3
#> error[E0911]: gradc train has no option '--epoch_'
#>       = hint: did you mean --epochs?

gradc train models/bert.graph --epochs many
#> error[E0910]: --epochs takes a whole number from 0 to 1e+06, not 'many'

gradc train models/bert.graph --epochs
#> error[E0912]: --epochs needs a value

gradc check models/bert.graph models/bert.graph
#> error[E0913]: gradc check takes one file or folder: 'models/bert.graph' is one too many

gradc check
#> error[E0917]: gradc check needs FILE
#>       = hint: for example: gradc check models/bert.graph

gradc explain E9999
#> error[E0918]: there is no diagnostic 'E9999'
#>       = hint: codes look like E0810 and stand in brackets in every message

gradc check models/bert.graph --set layer=2
#> error[E0204]: --set layer=2: no config value is called 'layer'
#>       = hint: did you mean 'layers'?

gradc check models/bert.graph --set layers
#> error[E0205]: --set layers: there is no value
#>       = hint: write --set NAME=VALUE

gradc check models/bert.graph --set layers=two
#> error[E0205]: --set layers=two: 'two' is not a number
