# A run that keeps its base apart.
. trained
printf 'import "model.graph"\nfreeze "encoder.*"\ncheckpoint apart\n' >apart.graph
gradc train apart.graph --weights run --data data --out beside --steps 1 --quiet

gradc eval beside --data data
#> beside/adapter_model.safetensors: error[E0845]: the run holds what was trained alone; 5 tensors of its base are missing
#>       = hint: give the weights it was trained beside: --weights run

gradc train model.graph --weights models/demo --data data --out other --steps 1 --seed 2 --quiet
gradc eval beside --data data --weights other
#> beside/adapter_model.safetensors: error[E0846]: this was trained beside other weights than those of other
#>       = hint: give the weights it was trained beside: --weights run
