# The passes: gradc opt, --passes, text of the IR and graph files in each other's place.
gradc dump model.graph --task similarity --stage source > source.gir
gradc opt source.gir --passes fuze
#> error[E0611]: there is no pass 'fuze'
#>       = hint: did you mean 'fuse'?

gradc train model.graph --passes -unroll
#> error[E0611]: there is no pass 'unroll'
#>       = hint: the passes are expand, join, simplify, demand, cut, round_products, differentiate, compact, fuse, group

gradc opt source.gir --passes fuse,
#> error[E0614]: 'fuse,' is not a valid list of passes: it ends with a comma
#>       = hint: as in expand,join,simplify,demand,cut,round_products,differentiate,simplify,compact,fuse, or -fuse for these without one

gradc opt source.gir --passes -fuse,demand
#> error[E0614]: '-fuse,demand' is not a valid list of passes: names with and without a minus are mixed
#>       = hint: as in expand,join,simplify,demand,cut,round_products,differentiate,simplify,compact,fuse, or -fuse for these without one

gradc opt source.gir --passes expand,fuse,simplify
#> error[E0612]: pass 'simplify' cannot run here: it requires that no node is in a kernel
#>       = hint: the usual order is expand,join,simplify,demand,cut,round_products,differentiate,simplify,compact,fuse

gradc train model.graph --weights models/demo --data data --passes -differentiate --quiet
#> error[E0613]: 'sentiment.train' needs gradients, but no pass made them
#>       = hint: 'differentiate' cannot be left out here

gradc opt source.gir --emit elf
#> error[E0965]: --emit is ir, llvm or asm, not 'elf'
#>       = hint: 'ir' is the graph itself, the others are code of its kernels for --cpu

gradc opt model.graph
#> model.graph: error[E0502]: this is not IR text, which begins with 'graph "NAME"'
#>       = hint: gradc dump FILE --stage source --out DIR writes a graph file's IR

gradc check source.gir
#> source.gir: error[E0108]: this is IR text, not a graph file
#>       = hint: gradc opt source.gir verifies it, runs passes over it and prints it

gradc dump source.gir
#> source.gir: error[E0108]: this is IR text, not a graph file
#>       = hint: gradc opt source.gir verifies it, runs passes over it and prints it

gradc fmt source.gir
#> source.gir: error[E0108]: this is IR text, not a graph file
#>       = hint: gradc opt source.gir verifies it, runs passes over it and prints it

gradc opt nowhere.gir
#> nowhere.gir: error[E0801]: cannot read the file: No such file or directory
#>       = hint: check the path, and that you may read what is there

printf 'graph "g"\n%%0 = const{value=1} : f32[]\n%%1 = exp(%%2) : f32[]\noutput "y" = %%1\n' > bad.gir
gradc opt bad.gir
#> bad.gir:3:12: error[E0501]: %2 is not defined above
#>     3 | %1 = exp(%2) : f32[]
#>       |            ^

printf 'graph "g"\nwanted "w"\nwanted "w"\n' | gradc opt -
#> standard input:3:11: error[E0501]: "w" is listed as wanted twice
#>     3 | wanted "w"
#>       |           ^

printf 'graph "g"\n\0' | gradc opt -
#> standard input: error[E0501]: it contains zero bytes, so it is not text

printf 'graph "g"\nwanted "w"\n%%0 = param{name="w"} : f32[4]\noutput "loss" = %%0\n' | gradc opt - --passes differentiate
#> error[E0601]: 'g' has no loss to be differentiated
#>       = hint: give it an output f32[] with this role, for instance a mean over rows: output "loss"{role=loss} = %8

cat > attention.gir <<END
graph "lse"
symbols T S
wanted "w"
%0 = param{name="w"} : f32[8, 8]
%1 = input{name="x"} : f32[T, 8]
%2 = matmul{ta=0 tb=0}(%1, %0) : f32[T, 8]
%3 = input{name="x.bounds"} : i32[S+1]
%4 = input{name="rng"} : i32[2]
%5 = input{name="x.coords"} : i32[T, 2]
%6 = const{value=0} : i32[]
%7 = const{value=2147483647} : i32[]
%8 = pair{name="score"} : f32[]
%9 = attention{heads=1 result=1 dropout=0 scale=1 site="a"}(%2, %2, %2, %3, %3, %4, %5, %6, %7, %8) : f32[T, 1]
%10 = sum{axis=0}(%9) : f32[1, 1]
%11 = reshape(%10) : f32[]
output "loss" = %11
END
gradc opt attention.gir --passes differentiate
#> error[E0602]: the log-sum-exp of attention has no gradient, on the path attention <- sum <- reshape <- loss
#>       = hint: differentiate only through the values of attention, or stop the gradient with stop_gradient

gradc dump model.graph --task similarity --format asm --cpu apple-m1
#> error[E0701]: unknown x86-64 CPU 'apple-m1'
#>       = hint: try x86-64-v3; or native, the machine at hand, as without --cpu

gradc train model.graph --products fp16
#> error[E0924]: products are f32 or bf16, not 'fp16'
#>       = hint: did you mean 'bf16'?

gradc train model.graph --products bf16 --passes expand,differentiate,fuse
#> error[E0614]: 'expand,differentiate,fuse' is not a valid list of passes: --products bf16 needs round_products
#>       = hint: as in expand,join,simplify,demand,cut,round_products,differentiate,simplify,compact,fuse, or -fuse for these without one

gradc dump model.graph --passes expand,round_products,differentiate,fuse
#> error[E0614]: 'expand,round_products,differentiate,fuse' is not a valid list of passes: round_products needs --products bf16
#>       = hint: as in expand,join,simplify,demand,cut,round_products,differentiate,simplify,compact,fuse, or -fuse for these without one
