# What gradc dump is asked for.
gradc dump model.graph --stage fuse --graph training
#> error[E0962]: --graph is train, eval, update, together or all, not 'training'
#>       = hint: did you mean 'train'?

gradc dump model.graph --why encoder.wieght
#> error[E0963]: no stage has a node, parameter, input or output 'encoder.wieght'
#>       = hint: numbers are those of `gradc dump` with the same --task, --graph and --stage (default: fuse)

gradc dump model.graph --format svg
#> error[E0964]: --format is text, dot, llvm or asm, not 'svg'

gradc dump models/experiments/course.graph --graph together
#> error[E0966]: the tasks cannot be joined
#>       = hint: `gradc explain E0966` says which can
