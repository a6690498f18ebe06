#!/bin/sh
# The folder of a run holds one run: another, a model or the base weights are not written over, two processes do not write to one folder, and
# --resume says when there is nothing to resume. GRADC names the program.
set -u
. tests/lib/checks.sh
train() { # words of `gradc train`
  run train "$root/tests/lib/small.graph" --weights "$demo" --data "$demo" --cache "$kernels" --tasks sentiment --limit sentiment=32 --batch 8 \
    --epochs 1 --lr 1e-3 "$@"
}
refused() { [ "$status" = 1 ] && has "$t/err" "error[$1]" && has "$t/err" "$2"; } # CODE WORDS
print() { (cd "$1" && find . -type f ! -path './tokens/*' -exec md5sum {} + | sort); } # FOLDER

train --no-eval
[ "$status" = 0 ] && has "$t/err" "without --out: nothing of this run will be kept"
ok "without --out that is said at the start" $?

train --out "$t/run" --quiet
[ "$status" = 0 ] && [ ! -e "$t/run/gradc.lock" ] && [ ! -s "$t/err" ]
ok "a new run, whose lock is given back" $?
print "$t/run" >"$t/before"
train --out "$t/run" --seed 2 && refused E0948 "already holds another run" && has "$t/err" "train $t/run --resume" && print "$t/run" | cmp -s - "$t/before"
ok "a finished run is not written over" $?
train --out "$t/run" --seed 2 --dry-run
[ "$status" = 0 ]
ok "a plan writes nothing and may name any folder" $?
mkdir "$t/several" && cp -r "$t/run" "$t/several/seed-2"
train --out "$t/several" --seeds 1,2 && refused E0948 "seed-2" && [ ! -e "$t/several/seed-1" ]
ok "of several runs all folders are looked at first" $?

cp -r "$t/run" "$t/base" && rm -r "$t/base/last" "$t/base/tokens" "$t/base/settings.json" "$t/base/model.graph" "$t/base/log.jsonl"
print "$t/base" >"$t/before"
train --out "$t/base" --weights "$t/base" && refused E0948 "the weights that the run starts from" && print "$t/base" | cmp -s - "$t/before"
ok "the base weights are not written over" $?
ln -s base "$t/link"
train --out "$t/link" --weights "$t/base" && refused E0948 "the weights that the run starts from"
ok "nor by another name" $?
train --out "$t/base" && refused E0948 "already holds a model"
ok "nor another model" $?

cp -r "$t/run" "$t/forced" && echo mine >"$t/forced/notes.txt" && : >"$t/forced/model.graph.4194305-0.tmp" && : >"$t/forced/last/step-000000000009.safetensors.12-0.tmp"
train --out "$t/forced" --seed 2 --force --no-eval --steps 2 --quiet
[ "$status" = 0 ] && [ "$(cat "$t/forced/notes.txt")" = mine ] && [ -z "$(find "$t/forced" -name '*.tmp')" ] &&
  [ "$(cd "$t/forced/last" && echo *)" = step-000000000002.safetensors ] && [ "$(grep -c '"event":"start"' "$t/forced/log.jsonl")" = 1 ]
ok "--force replaces a run whole, and leaves other files" $?
train --out "$t/base" --weights "$t/base" --force --quiet
[ "$status" = 0 ] && ! print "$t/base" | cmp -s - "$t/before" && run eval "$t/base" --cache "$kernels" && [ "$status" = 0 ]
ok "--force into the folder of the base" $?

# --resume
train --out "$t/fresh" --resume --quiet
[ "$status" = 0 ] && has "$t/err" "no checkpoint in $t/fresh: starting at step 0" && cmp -s "$t/fresh/model.safetensors" "$t/run/model.safetensors"
ok "--resume without anything says that it starts" $?
rm -r "$t/fresh/last" && print "$t/fresh" >"$t/before"
run train "$t/fresh" --resume --cache "$kernels" && refused E0947 "nothing to resume" && print "$t/fresh" | cmp -s - "$t/before"
ok "--resume without a checkpoint does not replace weights" $?
rm "$t/fresh/model.safetensors"
train --out "$t/fresh" --resume --lr 1e-2 && refused E0942 "lr was 0.001, now 0.01"
ok "a run stopped before its first checkpoint goes on as itself" $?
train --out "$t/fresh" --lr 1e-2 --quiet
[ "$status" = 0 ]
ok "or is replaced, where it has kept nothing" $?

# Two at once; the first waits for the reader of its log.
mkfifo "$t/pipe"
"$gradc" train "$root/tests/lib/small.graph" --weights "$demo" --data "$demo" --cache "$kernels" --tasks sentiment --batch 8 --epochs 100000 \
  --no-eval --quiet --out "$t/two" --log "$t/pipe" >"$t/log" 2>&1 &
pid=$!
exec 3<>"$t/pipe"
head -n 3 <&3 >"$t/lines"
train --out "$t/two" --seed 7 && refused E0949 "another process ($pid)"
ok "a second process is refused by name" $?
kill -9 $pid
wait $pid 2>/dev/null
exec 3>&-
[ -e "$t/two/gradc.lock" ] && train --out "$t/two" --quiet --force && [ "$status" = 0 ] && [ ! -e "$t/two/gradc.lock" ]
ok "the lock of a killed process is none" $?

finish
