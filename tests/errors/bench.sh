# What a measurement is compared with.
. trained
echo '{"tasks": []}' >other.json
gradc bench run --data data --steps 1 --batch 2 --compare other.json --threads 1
#> other.json: error[E0967]: this measurement lacks a task
#>       = hint: gradc bench ... --json writes it; --compare takes that of the same tasks, rows, steps and batch
