# gradc run.
gradc run model.graph
#> error[E0979]: gradc run needs either --task NAME or --def NAME
#>       = hint: gradc check model.graph lists the tasks

gradc run model.graph --def gelo
#> error[E0202]: there is no function 'gelo'
#>       = hint: did you mean 'gelu'?

gradc run model.graph --task sentimant
#> error[E0920]: model.graph has no task 'sentimant'
#>       = hint: did you mean 'sentiment'?

gradc run model.graph --task sentiment --show hiden
#> error[E0970]: nothing in 'sentiment' is called 'hiden' or has a name on that line
#>       = hint: did you mean 'hidden'?
#>       = hint: there are: x, N, index, weight, return, h, O, bias, states, logits, loss, predict, hidden

gradc run model.graph --task sentiment --show 1
#> error[E0970]: nothing in 'sentiment' is called '1' or has a name on that line
#>       = hint: --show takes a name, DEFINITION.NAME, the end of a scope and a name (* stands for anything), or a line
#>       = hint: there are: x, N, index, weight, return, h, O, bias, states, logits, loss, predict, hidden

gradc run model.graph --def gelu
#> prelude.graph:?:?: error[E0971]: the size 'R' of argument 'x' is not known
#>     ? | def gelu(x: f32[R, C]) -> f32[R, C] { return 0.5 * x * (1 + erf(x * sqrt(0.5))) }
#>       |             ^~~~~~~~~
#>       = hint: give it with --shape R=4, or give the tensor: --input x=FILE.npy

gradc run model.graph --def dense --shape R=2,I=3
#> model.graph:14:25: error[E0971]: argument 'O' of 'dense' needs a value
#>    14 | def dense(x: f32[R, I], O) -> f32[R, O] {
#>       |                         ^
#>       = hint: a number or a shape: --shape O=4 or --shape O=2x3

gradc run model.graph --def gelu --shape R
#> error[E0972]: --shape takes NAME=SIZE, as in R=4, not 'R'

gradc run model.graph --def dense --shape x=2x3 --shape O=many
#> error[E0972]: --shape O=many: not a size

gradc run model.graph --def gelu --shape x=3
#> prelude.graph:?:?: error[E0303]: argument 'x' must be f32[R, C], not f32[3]
#>     ? | def gelu(x: f32[R, C]) -> f32[R, C] { return 0.5 * x * (1 + erf(x * sqrt(0.5))) }
#>       |          ^
#> prelude.graph:?:?: note: declared here as f32[R, C]
#>     ? | def gelu(x: f32[R, C]) -> f32[R, C] { return 0.5 * x * (1 + erf(x * sqrt(0.5))) }
#>       |             ^~~~~~~~~
#>       = hint: f32[R, C] would fit

gradc run model.graph --def gelu --input 'x=[1, [2]]'
#> error[E0974]: --input takes NAME=FILE.npy or NAME=NUMBERS, not 'x=[1, [2]]'
#>       = hint: for example --input 'x=[[1, 2], [3, 4]]'

gradc run model.graph --task sentiment --input sentimen=1
#> error[E0974]: 'sentiment' uses no input 'sentimen'
#>       = hint: did you mean 'sentiment'?

gradc run model.graph --task sentiment --input sentiment=7
#> error[E0975]: input 'sentiment' is i32<5>[S, 1], which rules out 7

gradc run model.graph --task sentiment --input sentiment=1,2,3
#> error[E0975]: input 'sentiment' is i32<5>[S, 1], which has 2 elements here, not 3

gradc run model.graph --task paraphrase --text one --weights models/demo
#> model.graph:38:6: error[E0976]: 'paraphrase' takes 2 texts a row, but 1 is given
#>    38 | task paraphrase {
#>       |      ^~~~~~~~~~

gradc run model.graph --task sentiment --text one
#> error[E0921]: a vocabulary is needed
#>       = hint: name a folder with config.json and tokenizer.json, or vocab.txt, with --weights

printf 'not numpy' >x.npy
gradc run model.graph --def gelu --input x=x.npy
#> x.npy: error[E0973]: this array cannot be used: it does not begin as .npy files do
#>       = hint: numpy.save(path, numpy.ascontiguousarray(x, dtype='float32')) writes one that can

printf 'def count(x: i32[R]) -> i32[R] { return x * x }\n' >count.graph
gradc run count.graph --def count --shape R=3 --grad
#> count.graph:1:5: error[E0977]: 'count' does not return f32, so it has no gradient
#>     1 | def count(x: i32[R]) -> i32[R] { return x * x }
#>       |     ^~~~~

printf 'def count(x: i32[R]) -> i32[R] { return x * x }\n' >count.graph
gradc run count.graph --def count --input x=1,99999
#> count.graph:1:5: error[E0978]: this cannot be evaluated: mul: 9999800001 overflows i32
#>     1 | def count(x: i32[R]) -> i32[R] { return x * x }
#>       |     ^~~~~

# The slope of a maximum where both are equal is not what differences say.
sed 's|loss mse(score, similarity)|loss mse(score + relu(score - stop_gradient(score)), similarity)|' model.graph >kink.graph
gradc gradcheck kink.graph --tasks similarity --set layers=0
#> kink.graph:16:9: error[E0980]: task 'similarity': the gradient of 'heads.similarity.bias' is wrong at element 0
#>    16 |   param bias: f32[O] ~ zeros no_decay
#>       |         ^~~~
#>       = hint: compiled -4.12914, interpreted -4.12914, by differences -6.19271
#> kink.graph:15:9: error[E0980]: task 'similarity': the gradient of 'heads.similarity.weight' is wrong at element 5
#>    15 |   param weight: f32[O, I] ~ normal(0, 0.02)
#>       |         ^~~~~~
#>       = hint: compiled -0.696773, interpreted -0.696773, by differences -1.04513
#> kink.graph:10:9: error[E0980]: task 'similarity': the gradient of 'encoder.words.weight' is wrong at element 35
#>    10 |   param weight: f32[N, hidden] ~ normal(0, 0.02)
#>       |         ^~~~~~
#>       = hint: compiled 0.639716, interpreted 0.639716, by differences 0.959526
