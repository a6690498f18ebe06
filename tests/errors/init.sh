# What no task can be made of.
printf 'id,note,mood,same\n1,a,glad,x\n2,b,sad,x\n' >notes.csv; for i in $(seq 300); do echo "n$i,c,glad,x" >>notes.csv; done
gradc init notes.csv --text note
#> error[E0917]: gradc init needs --text with one column or two, and --label
#>       = hint: for example: gradc init notes.csv --text note --label mood

gradc init notes.csv --text note --label moood
#> notes.csv:1: error[E0810]: there is no column 'moood'
#>       = note: the columns are: 'id', 'note', 'mood', 'same'
#>       = hint: did you mean 'mood'?
#>       = hint: columns have numbers too: --text 2 --label 3; so they do in a file without a header

gradc init notes.csv --text note --label id
#> notes.csv: error[E0986]: column 'id' has 302 different texts: it names no classes
#>       = hint: choose the column of labels; a numeric label must be a number in every row

gradc init notes.csv --text note --label same
#> notes.csv: error[E0986]: column 'same' has a single class
#>       = hint: there is nothing to learn from it: choose another column

gradc init none.csv --text note --label mood
#> none.csv: error[E0801]: cannot read the file: No such file or directory
#>       = hint: check the path, and that you may read what is there

head -n 1 notes.csv >empty.csv
gradc init empty.csv --text note --label mood
#> empty.csv: error[E0852]: the file has no rows

touch notes.graph
gradc init notes.csv --text note --label mood
#> error[E0987]: notes.graph already exists
#>       = hint: name another file with --out, or replace it with --force

gradc init notes.csv --text note --label mood --task "a b" --out s.graph
#> s.graph:10:8: error[E0104]: expected '{', not 'b'
#>    10 | task a b {
#>       |        ^
#>       = hint: nothing was written; another name may help: --task NAME

printf '"a ""note""",mood\na,glad\nb,sad\n' >quote.csv
gradc init quote.csv --text 1 --label mood
#> error[E0819]: the name 'a "note"' has a double quote or a line end, which no graph file can say
#>       = hint: give it another name in the file's header
