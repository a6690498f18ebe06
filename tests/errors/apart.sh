# A run that keeps its base apart.
. trained
printf 'import "model.graph"\nfreeze "encoder.*"\ncheckpoint apart\n' >apart.graph
gradc train apart.graph --weights run --data data --out beside --steps 1 --quiet

mv run moved
gradc eval beside --data data
#> beside/adapter_model.safetensors: error[E0845]: the run holds only what was trained; 5 tensors of its base are missing
#>       = hint: give the base that it was trained on: --weights run

gradc train model.graph --weights models/demo --data data --out other --steps 1 --seed 2 --quiet
gradc eval beside --data data --weights other
#> beside/adapter_model.safetensors: error[E0846]: this was not trained on top of the weights of other
#>       = hint: give the base that it was trained on: --weights run
