#!/bin/sh
# Splits that a task declares: shares, strata, groups, folds, and what both sides have in common.
# Run from the project's root; GRADC names the program. One line a check; the last line counts.
set -u
. tests/lib/checks.sh

# 400 rows: a word of two classes, 3 to 1; an author for each ten; texts that come twice.
awk 'BEGIN { print "id,author,text,mood"; for (i = 0; i < 400; i++) printf "%d,a%d,text %d,%s\n", i, i / 10, int(i / 2), i % 8 < 2 ? "rare" : "often" }' >"$t/rows.csv"
task() { # the split's line
  cat <<END
import "$root/tests/lib/small.graph"
task mood {
  data "rows.csv" comma quoted
  $1
  input text: text
  label mood: class
  logits = dense(encoder(text) in "encoder", mood.classes) in "heads.mood"
  loss cross_entropy(logits, mood)
  predict argmax(logits)
  metric accuracy
}
END
}
# The ids, authors, texts and moods of a subset, one row a line.
subset() { # FILE SUBSET ARGUMENTS...
  file=$1 split=$2
  shift 2
  "$gradc" predict "$file" --task mood --weights "${trained:-$t/run}" --data "$t" --split "$split" --keep id --keep author --keep text --keep mood "$@" 2>"$t/err" | cut -f 1-4
}

task 'split dev 0.25 seed 7' >"$t/share.graph"
untrained "$t/share.graph" mood "$t" "$t/run"
subset "$t/share.graph" train >"$t/train"
subset "$t/share.graph" dev >"$t/dev"
[ "$(wc -l <"$t/dev")" = 100 ] && [ "$(cat "$t/train" "$t/dev" | sort -n | cut -f 1 | tr '\n' ' ')" = "$(seq -s ' ' 0 399) " ]
ok "the subsets have their shares and are all rows" $?
cut -f 3 "$t/dev" | sort -u >"$t/texts"
! cut -f 3 "$t/train" | grep -qxFf "$t/texts"
ok "rows with the same text are on one side" $?
task 'split dev 0.25 seed 8' >"$t/other.graph"
subset "$t/other.graph" dev >"$t/other" && ! cmp -s "$t/dev" "$t/other"
ok "another seed is another split" $?
{ head -n 1 "$t/rows.csv"; tail -n +2 "$t/rows.csv" | sort -r; } >"$t/reversed" && mv "$t/rows.csv" "$t/kept" && mv "$t/reversed" "$t/rows.csv"
subset "$t/share.graph" dev | sort >"$t/again"
sort "$t/dev" | cmp -s - "$t/again"
ok "the order of rows does not matter" $?
mv "$t/kept" "$t/rows.csv"

task 'split dev 0.24 stratified' >"$t/strata.graph"
subset "$t/strata.graph" dev >"$t/dev"
[ "$(grep -c rare "$t/dev")" = 24 ] && [ "$(grep -c often "$t/dev")" = 72 ]
ok "classes have their shares" $?
task 'split dev 0.25 grouped by author' >"$t/groups.graph"
subset "$t/groups.graph" train | cut -f 2 | sort -u >"$t/train"
subset "$t/groups.graph" dev | cut -f 2 | sort -u >"$t/dev"
[ "$(wc -l <"$t/dev")" = 10 ] && [ "$(cat "$t/train" "$t/dev" | sort | uniq -d)" = "" ]
ok "a group is on one side" $?

{ cat "$t/rows.csv"; echo '400,x,the only one,once'; for i in 1 2 3 4 5 6; do echo "40$i,x,the same,double"; done; } >"$t/more.csv"
task 'split dev 0.24 stratified' | sed 's/rows\.csv/more.csv/' >"$t/more.graph"
untrained "$t/more.graph" mood "$t" "$t/four"
trained="$t/four"
for side in train dev; do subset "$t/more.graph" $side >"$t/$side"; done
trained=
[ "$(grep -c rare "$t/dev")" = 24 ] && ! grep -q 'once\|double' "$t/dev" && [ "$(grep -c 'once\|double' "$t/train")" = 7 ]
ok "a class of one row, or of one text, is for training" $?
awk 'BEGIN { print "id,author,text,mood"; for (i = 0; i < 100; i++) print i ",a" (i < 40 ? 0 : int(i / 5)) ",text " i "," (i % 2 ? "rare" : "often") }' >"$t/large.csv"
for seed in 1 2 3 4 5 6; do
  task "split dev 0.1 grouped by author seed $seed" | sed 's/rows\.csv/large.csv/' >"$t/large.graph"
  subset "$t/large.graph" dev | wc -l
done >"$t/sizes"
! grep -qvE '^(5|10|15|20)$' "$t/sizes"
ok "a large group does not make dev several times its size" $?

task 'split folds 4 stratified seed 1' >"$t/folds.graph"
for fold in 0 1 2 3; do subset "$t/folds.graph" dev --fold $fold; done >"$t/all"
[ "$(sort -n "$t/all" | cut -f 1 | tr '\n' ' ')" = "$(seq -s ' ' 0 399) " ] && [ "$(subset "$t/folds.graph" dev --fold 2 | grep -c rare)" = 26 ]
ok "the folds are all rows, each once" $?
run train "$t/folds.graph" --tasks mood --weights "$demo" --data "$t" --epochs 1 --batch 32 --quiet --all-folds --out "$t/runs"
[ "$status" = 0 ] && [ -e "$t/runs/fold-3/model.safetensors" ] && grep -q '^mood accuracy .*0\.' "$t/out" && has "$t/out" deviation
ok "a run for each fold, then their mean" $?
run predict "$t/folds.graph" --task mood --weights "$t/run" --data "$t" --fold 4
[ "$status" = 1 ] && has "$t/err" "E0412" && has "$t/err" "its folds are 0 to 3"
ok "a fold that there is not" $?

# Files of their own that share rows.
task '' | sed 's/rows\.csv/{split}.csv/' >"$t/files.graph"
head -n 41 "$t/rows.csv" >"$t/train.csv"
{ head -n 1 "$t/rows.csv"; sed -n '80,99p; 6p; 9p' "$t/rows.csv"; } >"$t/dev.csv"
run train "$t/files.graph" --tasks mood --weights "$demo" --data "$t" --epochs 0 --quiet
[ "$status" = 0 ] && has "$t/err" "dev.csv:2: warning[E0856]: 2 of 22 rows to evaluate on are among those to train on too (line 2, 3)"
ok "rows that train and dev share are reported" $?

# A label that rows may lack.
sed 's/,often$/,/' "$t/rows.csv" >"$t/train.csv"
cp "$t/train.csv" "$t/dev.csv"
run train "$t/files.graph" --tasks mood --weights "$demo" --data "$t" --epochs 0 --quiet
[ "$status" = 1 ] && has "$t/err" "train.csv:4: error[E0851]: column 'mood': the row has no label"
ok "a row without a label stops the training" $?
sed -i 's/label mood: class/label mood: class["rare", "often"] optional/' "$t/files.graph"
run train "$t/files.graph" --tasks mood --weights "$demo" --data "$t" --epochs 0
[ "$status" = 0 ] && has "$t/err" "mood: 100 rows, 300 left out"
ok "unless its label is optional" $?

task "split dev 0.2 seed 1" >"$t/plain.graph"
run eval "$t/plain.graph" --weights "$t/run" --data "$t" --fold 1
[ "$status" = 1 ] && has "$t/err" "error[E0412]: --fold 1, but no task is split into folds"
ok "a fold that no task has is refused" $?

finish
