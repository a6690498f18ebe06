# Kernels for perf, where no file can be.
. trained
gradc eval run --data data --perf nowhere
#> error[E0708]: cannot write for perf into nowhere: No such file or directory
#>       = hint: --perf takes a folder that is there, on a disk from which programs can be run
