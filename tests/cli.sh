#!/bin/sh
# End to end through the command line: what each command gives, the same bits on every road, and what is said about bad input.
# Run from the project's root; GRADC names the program. One line a check; the last line counts.
set -u
. tests/lib/checks.sh
mounted=""
trap '[ -z "$mounted" ] || umount "$mounted"; rm -rf "$t"' EXIT
unset XDG_CACHE_HOME
export HOME="$t/home"
mkdir "$HOME" "$t/data"

lines() { grep -cF -e "$2" "$1"; }
hash_of() { sed -n 's/.*"weights":"\([0-9a-f]*\)".*/\1/p' "$1"; }

# Few rows of the demo data, so that all of this takes seconds.
for file in ids-sst quora sts; do
  head -n 25 "$root/models/demo/$file-train.csv" >"$t/data/$file-train.csv"
  head -n 22 "$root/models/demo/$file-dev.csv" >"$t/data/$file-dev.csv"
done
model="$root/models/bert.graph"
tiny() { run train "$model" --weights "$demo" --data "$t/data" --batch 8 --epochs 1 --lr 1e-3 --cache "$t/cache" "$@"; }

# ---- Usage -----------------------------------------------------------------------------------------------

usage() { # NAME WORDS-OF-THE-MESSAGE ARGUMENTS...
  name=$1 words=$2
  shift 2
  run "$@"
  [ "$status" = 2 ] && has "$t/err" "$words" && [ ! -s "$t/out" ]
  ok "usage: $name" $?
}
usage "no command" "gradc train"
usage "unknown command" "did you mean 'train'?" trian "$model"
usage "unknown option" "did you mean '--epochs'?" train "$model" --epoch_ 3
usage "a bad number" "--epochs takes a whole number" train "$model" --epochs many
usage "no file" "gradc check needs FILE" check
usage "two files" "is one too many" check "$model" "$model"
run --help && [ "$status" = 0 ] && has "$t/out" "gradc predict"
ok "gradc --help" $?
for command in train eval predict serve bench check dump explain; do
  run "$command" --help
  [ "$status" = 0 ] && has "$t/out" "example:" && [ ! -s "$t/err" ]
  ok "gradc $command --help has an example" $?
done


# ---- check and dump --------------------------------------------------------------------------------------

run check "$model" --weights "$demo"
[ "$status" = 0 ] && [ "$(lines "$t/out" "task ")" = 3 ] && has "$t/out" "config hidden = 64 (hidden_size)"
ok "check prints tasks and config" $?
run check "$root/models/heads/cola.graph"
[ "$status" = 0 ] && has "$t/out" "task acceptability" && [ "$(lines "$t/out" "task ")" = 4 ]
ok "check of a head that imports the model" $?
[ "$(wc -l <"$root/models/heads/cola.graph")" -le 15 ]
ok "a head is at most 15 lines" $?
run train "$root/models/heads/sentence_bert.graph" --weights "$demo" --data "$t/data" --tasks cosine --batch 8 --epochs 1 --cache "$t/cache"
[ "$status" = 0 ] && has "$t/out" "cosine" && has "$t/out" "pearson"
ok "two texts, one encoder" $?

for stage in source expand simplify demand differentiate fuse kernels; do
  run dump "$model" --weights "$demo" --task similarity --stage "$stage"
  [ "$status" = 0 ] && has "$t/out" 'graph "' && has "$t/out" 'output "'
  ok "dump --stage $stage" $?
done
mkdir "$t/dump"
run dump "$model" --weights "$demo" --stage all --out "$t/dump"
[ "$status" = 0 ] && [ "$(find "$t/dump" -name 'similarity.*.gir' | wc -l)" -ge 6 ] && [ ! -s "$t/out" ]
ok "dump --stage all --out writes a file for each stage" $?
run dump "$model" --weights "$demo" --task sentiment --format dot
[ "$status" = 0 ] && has "$t/out" "digraph"
ok "dump --format dot" $?
run dump "$model" --weights "$demo" --task sentiment --format llvm
[ "$status" = 0 ] && has "$t/out" "define "
ok "dump --format llvm" $?

# ---- train, its log, eval, predict -----------------------------------------------------------------------

tiny --out "$t/run" --log "$t/log"
[ "$status" = 0 ]
ok "train" $?
cp "$t/out" "$t/table"
[ "$(lines "$t/log" '"event":"start"')" = 1 ] && [ "$(lines "$t/log" '"event":"step"')" = 9 ] &&
  [ "$(lines "$t/log" '"event":"eval"')" = 3 ] && [ "$(lines "$t/log" '"event":"score"')" = 1 ] &&
  [ "$(lines "$t/log" '"event":"done"')" = 1 ] && [ "$(wc -l <"$t/log")" = 15 ]
ok "the log has every event" $?
head -n 1 "$t/log" | grep -q '"event":"start"' && tail -n 1 "$t/log" | grep -q '"event":"done"'
ok "the log begins with start and ends with done" $?
for key in '"step":9' '"task":"' '"loss":' '"lr":' '"tokens":' '"ms":'; do
  sed -n 10p "$t/log" | grep -qF -e "$key"
  ok "a step has $key" $?
done
for key in train_s real_tokens_per_s examples_per_s peak_bytes planned_bytes; do
  tail -n 1 "$t/log" | grep -qF -e "\"$key\":"
  ok "done has $key" $?
done
for file in config.json vocab.txt model.safetensors model.graph; do
  [ -s "$t/run/$file" ]
  ok "the run's folder has $file" $?
done
hash=$(hash_of "$t/log")

run eval "$t/run" --data "$t/data" --cache "$t/cache"
[ "$status" = 0 ] && cmp -s "$t/out" "$t/table"
ok "eval of the saved folder gives the metrics that training printed" $?
run eval "$t/run" --data "$t/data" --cache "$t/cache" --json --tasks similarity
[ "$status" = 0 ] && has "$t/out" '"pearson":' && ! has "$t/out" accuracy
ok "eval --json --tasks" $?

dev="$t/data/sts-dev.csv"
run predict "$t/run" --task similarity --input "$dev" --cache "$t/cache"
[ "$status" = 0 ] && [ "$(wc -l <"$t/out")" = 21 ]
ok "predict gives a line for each row" $?
cp "$t/out" "$t/predictions"
head -n 1 "$dev" >"$t/back.csv"
tail -n +2 "$dev" | sed '1!G;h;$!d' >>"$t/back.csv"
run predict "$t/run" --task similarity --input "$t/back.csv" --batch 5 --output "$t/back" --cache "$t/cache"
[ "$status" = 0 ] && [ ! -s "$t/out" ] && sed '1!G;h;$!d' "$t/back" | cmp -s - "$t/predictions"
ok "predictions follow the rows, whatever the batch" $?
cut -f 1-4 "$dev" >"$t/unlabelled.csv"
run predict "$t/run" --task similarity --input "$t/unlabelled.csv" --cache "$t/cache"
[ "$status" = 0 ] && cmp -s "$t/out" "$t/predictions"
ok "predict needs no labels" $?
run predict "$t/run" --task sentiment --input "$t/data/ids-sst-dev.csv" --show hidden --cache "$t/cache"
[ "$status" = 0 ] && [ "$(wc -l <"$t/out")" = 21 ]
ok "predict --show gives another output" $?

hidden() { "$gradc" predict "$1" --task sentiment --input "$t/data/ids-sst-dev.csv" --show hidden --cache "$t/cache"; }
run train "$t/run" --weights "$t/run" --data "$t/data" --epochs 1 --batch 8 --lr 1e-2 --freeze 'bert.*' --out "$t/frozen" --cache "$t/cache"
[ "$status" = 0 ] && hidden "$t/run" >"$t/hidden" && hidden "$t/frozen" | cmp -s - "$t/hidden"
ok "train --freeze 'bert.*' leaves the encoder as it was" $?
! cmp -s "$t/run/model.safetensors" "$t/frozen/model.safetensors"
ok "and trains the heads" $?
tiny --log "$t/log2" --steps 4 --no-eval --quiet --limit similarity=3 --tasks similarity,sentiment
[ "$status" = 0 ] && [ ! -s "$t/out" ] && [ ! -s "$t/err" ] && has "$t/log2" '"rows":3,' &&
  [ "$(lines "$t/log2" '"event":"step"')" = 4 ] && ! has "$t/log2" paraphrase
ok "train --steps --no-eval --quiet --limit --tasks" $?
tiny --log "$t/log2" --no-shuffle --schedule constant --clip 0 --dropout 0 --lr 1e-5 --steps 3
[ "$(sed -n 's/.*"task":"\([a-z]*\)","loss".*/\1/p' "$t/log2" | tr '\n' ' ')" = "sentiment paraphrase similarity " ]
ok "train --no-shuffle takes tasks in turn" $?

tiny --out "$t/long" --quiet --epochs 6 --lr 3e-3
cp "$t/out" "$t/table"
run eval "$t/long" --data "$t/data" --cache "$t/cache"
[ "$status" = 0 ] && cmp -s "$t/out" "$t/table"
ok "the metrics printed are those of the epoch that is saved" $?

# ---- The same bits ---------------------------------------------------------------------------------------

same() { # NAME ARGUMENTS...
  name=$1
  shift
  tiny --log "$t/log2" --no-eval --quiet "$@"
  [ "$status" = 0 ] && [ -n "$hash" ] && [ "$(hash_of "$t/log2")" = "$hash" ]
  ok "same weights: $name" $?
}
same "the same seed again, from the cache"
has "$t/log2" '"kernels_compiled":0,'
ok "a warm cache compiles nothing" $?
for threads in 1 2 3; do same "$threads threads" --threads $threads; done
for lanes in 8 16; do same "$lanes lanes" --lanes $lanes --no-cache; done
same "a cold cache" --cache "$t/other-cache"
same "evaluation or not" --seed 1
tiny --log "$t/log2" --no-eval --quiet --seed 2
[ "$status" = 0 ] && [ "$(hash_of "$t/log2")" != "$hash" ]
ok "other weights: another seed" $?

# ---- Bad input: one message, status 1, nothing half-written ----------------------------------------------

bad() { # NAME CODE WORDS ARGUMENTS...
  name=$1 code=$2 words=$3
  shift 3
  run "$@"
  [ "$status" = 1 ] && [ "$(lines "$t/err" "error[")" = 1 ] && has "$t/err" "error[$code]" && has "$t/err" "$words" && [ ! -e "$t/bad" ]
  ok "bad input: $name" $?
  rm -rf "$t/bad"
}
bad_train() { # NAME CODE WORDS GRAPH WEIGHTS DATA ARGUMENTS...
  name=$1 code=$2 words=$3 graph=$4 weights=$5 data=$6
  shift 6
  bad "$name" "$code" "$words" train "$graph" --weights "$weights" --data "$data" --out "$t/bad" --steps 1 --quiet --cache "$t/cache" "$@"
}
# The model and the encoder that it imports, with one line changed.
changed() {
  mkdir -p "$t/encoders"
  sed "$1" "$model" >"$t/changed.graph" && sed "$1" "$root/models/encoders/bert.graph" >"$t/encoders/bert.graph"
}
# A copy of the data with one file changed.
spoiled() { # FILE SED-COMMAND
  rm -rf "$t/spoiled" && cp -r "$t/data" "$t/spoiled"
  sed "$2" "$t/data/$1" >"$t/spoiled/$1"
}

bad_train "no graph file" E0106 "nowhere.graph" "$t/nowhere.graph" "$demo" "$t/data"
bad_train "no weights folder" E0840 "nowhere" "$model" "$t/nowhere" "$t/data"
bad_train "no data" E0850 "ids-sst-train.csv" "$model" "$demo" "$t/home"
changed 's/dense(h, ffn)/dense(hh, ffn)/'
bad_train "an unknown name in the graph" E0201 "hh" "$t/changed.graph" "$demo" "$t/data"
has "$t/err" "bert.graph:$(sed -n "/dense(hh, ffn)/=" "$t/encoders/bert.graph"):18:" && has "$t/err" "|                  ^~"
ok "bad input: with its place and a caret" $?
changed 's/drop(dense(f, hidden), dropout)/drop(dense(f, ffn), dropout)/'
bad_train "a wrong shape" E0306 "do not fit" "$t/changed.graph" "$demo" "$t/data"
changed 's/metric pearson/metric pearsn/'
bad_train "an unknown metric" E0930 "pearsn" "$t/changed.graph" "$demo" "$t/data"
bad_train "an unknown task" E0920 "did you mean 'sentiment'?" "$model" "$demo" "$t/data" --tasks sentimant
bad_train "an unknown config value" E0204 "hiden" "$model" "$demo" "$t/data" --set hiden=3
bad_train "an unknown schedule" E0916 "steps" "$model" "$demo" "$t/data" --schedule steps
bad_train "a limit without a number" E0940 "TASK=N" "$model" "$demo" "$t/data" --limit sentiment
spoiled sts-train.csv '1s/similarity/similar/'
bad_train "a missing column" E0810 "similarity" "$model" "$demo" "$t/spoiled"
spoiled ids-sst-dev.csv '5s/[0-9]$/7/'
bad_train "a label out of range" E0851 "ids-sst-dev.csv:5" "$model" "$demo" "$t/spoiled"
spoiled quora-train.csv '7s/[0-9.]*$/yes/'
bad_train "a label that is no number" E0851 "quora-train.csv:7" "$model" "$demo" "$t/spoiled"

copy_run() { rm -rf "$t/copy" && cp -r "$t/run" "$t/copy"; }
copy_run && head -c 100000 "$t/run/model.safetensors" >"$t/copy/model.safetensors"
bad_train "truncated weights" E0820 "model.safetensors" "$t/copy" "$t/copy" "$t/data"
copy_run && head -c 5 "$t/run/model.safetensors" >"$t/copy/model.safetensors"
bad_train "weights of five bytes" E0820 "model.safetensors" "$t/copy" "$t/copy" "$t/data"
copy_run && sed -i 's/"hidden_size": *64/"hidden_size": 32/' "$t/copy/config.json"
bad_train "weights of another size" E0842 "has shape [751, 64]" "$t/copy" "$t/copy" "$t/data"
copy_run && echo '{"hidden_size": "64"}' >"$t/copy/config.json"
bad_train "a config value of another kind" E0841 "hidden_size" "$t/copy" "$t/copy" "$t/data"
bad "predict without a task" E0952 "name it with --task" predict "$t/run"
bad "an unknown stage" E0961 "stagg" dump "$model" --weights "$demo" --stage stagg
bad "an unknown CPU" E0701 "z80" eval "$t/run" --data "$t/data" --cpu z80

# ---- Saving fails: the old model stays -------------------------------------------------------------------

echo content >"$t/file"
run train "$model" --weights "$demo" --data "$t/data" --out "$t/file/run" --steps 1 --quiet --cache "$t/cache"
[ "$status" = 1 ] && has "$t/err" "error[E0941]" && [ "$(lines "$t/err" "error[")" = 1 ]
ok "an --out that cannot be made" $?
run train "$model" --weights "$demo" --data "$t/data" --out "$t/missing/run" --steps 1 --cache "$t/none"
[ "$status" = 1 ] && has "$t/err" "error[E0941]" && [ ! -e "$t/none" ]
ok "is refused before anything is compiled" $?
run train "$model" --weights "$demo" --data "$t/data" --out "$t/file" --steps 1 --quiet --cache "$t/cache"
[ "$status" = 1 ] && [ "$(lines "$t/err" "error[")" = 1 ] && [ "$(cat "$t/file")" = content ]
ok "an --out that is a file" $?
run predict "$t/run" --task similarity --input "$dev" --output "$t/nowhere/p" --cache "$t/cache"
[ "$status" = 1 ] && has "$t/err" "error[E0830]"
ok "an --output that cannot be written" $?
"$gradc" predict "$t/run" --task similarity --input "$dev" --cache "$t/cache" >/dev/full 2>"$t/err"
[ $? = 1 ] && has "$t/err" "error[E0950]"
ok "predictions to a full disk" $?

# On a disk that is filled up after the first model, but for some room for the log, or else under a limit on the size of files.
full="$t/full"
mkdir "$full"
if mount -t tmpfs -o size=16m gradc-test "$full" 2>/dev/null; then
  mounted="$full"
  tiny --out "$full/run" --schedule constant
  [ "$status" = 0 ]
  ok "the first model fits on the disk" $?
  cp "$full/run/model.safetensors" "$t/kept"
  head -c 32m /dev/zero >"$full/filler" 2>"$t/err"
  truncate -s -64K "$full/filler"
  tiny --out "$full/run" --schedule constant --epochs 2 --resume
else
  tiny --out "$full/run" --schedule constant
  cp "$full/run/model.safetensors" "$t/kept"
  (
    trap '' XFSZ
    ulimit -f 200
    tiny --out "$full/run" --schedule constant --epochs 2 --resume
    exit $status
  )
  status=$?
fi
[ "$status" = 1 ] && has "$t/err" "error[E0830]"
ok "a full disk while saving is reported" $?
cmp -s "$full/run/model.safetensors" "$t/kept" && [ "$(find "$full/run" -name '*model.safetensors*' | wc -l)" = 1 ]
ok "a full disk while saving leaves the old model" $?
run eval "$full/run" --data "$t/data" --cache "$t/cache"
[ "$status" = 0 ]
ok "the old model still evaluates" $?

finish
