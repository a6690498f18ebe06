# A limit of memory that the run does not keep.
gradc train model.graph --weights models/demo --data data --quiet --max-memory 100K
#> error[E0988]: the run needs 0.5 MiB, 0.5 of them for weights, gradients and moments, the rest for the largest batch
#>       = hint: with --batch 1 it would be 0.5 MiB: freeze a part (--freeze), cut texts (--max-length), or allow more

gradc train model.graph --weights models/demo --data data --quiet --max-memory much
#> error[E0910]: --max-memory takes a size such as 512M or 4G, not 'much'
#>       = hint: K, M, G and T are powers of 1024
