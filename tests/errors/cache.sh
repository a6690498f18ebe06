# What gradc cache is asked for, and what it finds.
gradc cache lst
#> error[E0704]: gradc cache does ls, verify, gc or clear, not 'lst'
#>       = hint: did you mean 'gradc cache ls'?

mkdir -m 700 kernels
printf x >kernels/0123456789abcdef0123456789abcdef.o
gradc cache verify --cache kernels
#> error[E0705]: the cached kernel '0123456789abcdef0123456789abcdef.o' is damaged, or not private
#>       = hint: it is compiled anew when it is needed; gradc cache gc removes it

mkdir kernels/0123456789abcdef0123456789abcdee.o
gradc cache clear --cache kernels
#> error[E0706]: '0123456789abcdef0123456789abcdee.o' cannot be removed from the cache
