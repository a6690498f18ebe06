# What is wrong with a step that is to be repeated.
. trained
gradc replay run
#> error[E0998]: --step says which step is repeated, and is missing
#>       = hint: for example: gradc replay run --step 1

gradc replay data --step 1
#> data: error[E0994]: a step is repeated in the folder of a run, with its settings and its log
#>       = hint: gradc train FILE --out DIR makes it

gradc replay run --step 100000
#> run: error[E0998]: the run has no step 100000
#>       = hint: it has 3 steps; the first is step 1

gradc replay run --step 1 --show nothing_such
#> error[E0970]: nothing in 'sentiment' is called 'nothing_such' or has a name on that line
#>       = hint: --show takes a name, DEFINITION.NAME, the end of a scope and a name (* stands for anything), or a line
#>       = hint: there are: x, N, index, weight, return, h, O, bias, states, logits, loss, predict, hidden

sed -i 's/"step":1,"task":"\([a-z]*\)","loss":[0-9.]*/"step":1,"task":"\1","loss":1.25/' run/log.jsonl
gradc replay run --step 1 2>said; sed 's/has loss .* in the log/has loss ... in the log/' said >&2; exit 1
#> error[E0999]: step 1 has loss ... in the log
#>       = hint: gradc explain E0999 says what they depend on

for file in data/*-train.csv; do tail -n 1 "$file" | tr a-m b-n >>"$file"; done; gradc replay run --step 1
#> run: error[E0997]: this run cannot be repeated: the rows of similarity.train are others
#>       = hint: the files of its data and its weights must be what they were: see run/settings.json

gradc diff-runs run
#> error[E0994]: diff-runs compares two runs, not 1
#>       = hint: for example: gradc diff-runs run/a run/b

gradc diff-runs run data
#> data: error[E0994]: a step is repeated in the folder of a run, with its settings and its log
#>       = hint: gradc train FILE --out DIR makes it
