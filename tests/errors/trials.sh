# What cannot be tried.
gradc train model.graph --try lr=1e-5
gradc train model.graph --try lr=fast --out runs
gradc train model.graph --try threads=1,2 --out runs
gradc train model.graph --try pcgrad=yes --out runs
gradc train model.graph --try lr --out runs
gradc train model.graph --try seed=1,2 --seeds 1,2 --out runs
#> error[E0917]: --try needs --out
#>       = hint: the folder that the runs' folders are made in: --out runs
#> error[E0910]: --lr takes a number from 0 to 1000, not 'fast'
#>       = hint: --lr X: learning rate (default: 2e-5)
#> error[E0910]: --try threads=1,2: no such option decides
#>       = hint: it takes an option of `gradc train` that decides the weights, and values for it: --try lr=1e-5,3e-5
#> error[E0910]: --try pcgrad=yes: the option has no values
#>       = hint: it takes an option of `gradc train` that decides the weights, and values for it: --try lr=1e-5,3e-5
#> error[E0910]: --try lr: a name and values are wanted
#>       = hint: it takes an option of `gradc train` that decides the weights, and values for it: --try lr=1e-5,3e-5
#> error[E0910]: --try chooses by the dev score of each run: leave out --seeds

mkdir runs; echo '{"runs": ["--lr 1"], "rungs": 1, "scores": []}' >runs/try.json
gradc train model.graph --try lr=1e-5,1e-4 --out runs
gradc train model.graph --try lr=1e-5,1e-4 --out runs --resume
#> error[E0948]: runs already holds runs to try
#>       = hint: name another folder, go on with them (--resume), or replace them with --force
#> error[E0942]: cannot resume: runs holds other runs to try
#>       = hint: give the same --try and --within as then, or another --out
