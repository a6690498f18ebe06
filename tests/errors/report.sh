# What is wrong with what is asked of a report.
. trained
gradc report run
#> error[E0993]: --out says where the report goes, and is missing
#>       = hint: for example: gradc report run --out page.html

gradc report run --plot los --out loss.svg
#> error[E0993]: --plot draws no 'los'
#>       = hint: did you mean 'loss'?

gradc report run --plot flames --out x.svg
#> error[E0993]: --plot draws no 'flames'
#>       = hint: it draws loss, metrics, rate, norm, cosines, speed, roofline, confusion, calibration, roc, precision, scatter, lengths

gradc report run --plot roc --out roc.svg
#> error[E0993]: there is no picture 'roc' of run
#>       = hint: gradc explain E0993 says what each needs

gradc report data --out page.html
#> data: error[E0994]: a report needs the folder of a run, with its log
#>       = hint: there is no data/log.jsonl; gradc train FILE --out DIR makes it

gradc report run --plot loss run models/bert.graph --out loss.svg
#> models/bert.graph: error[E0994]: a report needs the folder of a run, with its log
#>       = hint: there is no models/bert.graph/log.jsonl; gradc train FILE --out DIR makes it

gradc report run --no-eval --out missing/page.html
#> missing/page.html: error[E0830]: cannot write the file: creating it: No such file or directory
#>       = hint: check that the folder exists and that you may write to it; nothing was changed

echo "no event" >>run/log.jsonl; gradc report run --plot loss --out loss.svg
#> run/log.jsonl:10: error[E0995]: this is no event of a run
#>       = hint: the log is JSON, one object a line, as `gradc train` writes it
