# What gradc cache is asked for, and what it finds.
gradc cache lst
#> error[E0704]: unknown action 'lst': gradc cache takes ls, verify, gc or clear
#>       = hint: did you mean 'ls'?

mkdir -m 700 kernels
printf x >kernels/0123456789abcdef0123456789abcdef.o
gradc cache verify --cache kernels
#> error[E0705]: cached kernel '0123456789abcdef0123456789abcdef.o' is damaged or not private
#>       = hint: it will be compiled again when needed; gradc cache gc removes it

mkdir kernels/0123456789abcdef0123456789abcdee.o
gradc cache clear --cache kernels
#> error[E0706]: cannot remove '0123456789abcdef0123456789abcdee.o' from the cache
