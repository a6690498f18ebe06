#!/bin/sh
# Where commands write: standard output that is full or closed is an error, --output of something that is no plain file is written into,
# and links and modes stay. Run from the project's root; GRADC names the program.
set -u
. tests/lib/checks.sh
model="$root/tests/lib/small.graph"
with="--weights $demo --data $demo --cache $t/cache"
train() { "$gradc" train "$model" $with --tasks sentiment --steps 1 --no-eval --threads 1 "$@"; }
predict() { "$gradc" predict "$t/run" --task sentiment --data "$demo" --cache "$t/cache" "$@"; }

train --quiet --out "$t/run" >/dev/null 2>"$t/err" && predict >"$t/right" 2>"$t/err" && [ "$(wc -l <"$t/right")" = 100 ]
ok "a run and its predictions" $?

# ---- Standard output -------------------------------------------------------------------------------------------

full() { # NAME WORDS...: a message and status 1
  name=$1
  shift
  "$gradc" "$@" >/dev/full 2>"$t/err"
  [ $? = 1 ] && has "$t/err" "error[E0950]: cannot write to standard output: "
  ok "a full disk: $name" $?
}
full check check "$model"
full fmt fmt "$model"
full explain explain E0201
full help --help
full "help of a command" train --help
full dump dump "$model" --weights "$demo" --task sentiment
full run run "$root/models/bert.graph" --def gelu --input 'x=[[-1, 0, 1]]'
full eval eval "$t/run" --data "$demo" --cache "$t/cache"
full "eval --json" eval "$t/run" --data "$demo" --cache "$t/cache" --json
full predict predict "$t/run" --task sentiment --data "$demo" --cache "$t/cache"
full "train --json" train "$model" $with --tasks sentiment --steps 1 --no-eval --json --out "$t/json"
full cache cache ls --cache "$t/cache"
"$gradc" dump "$model" --weights "$demo" --task sentiment --stage source >"$t/out" 2>"$t/err" && "$gradc" opt "$t/out" --passes simplify >/dev/full 2>"$t/err"
[ $? = 1 ] && has "$t/err" "error[E0950]"
ok "a full disk: opt" $?
predict --input - <"$demo/ids-sst-dev.csv" >/dev/full 2>"$t/err"
[ $? = 1 ] && [ "$(grep -c error "$t/err")" = 1 ]
ok "a full disk: predict from a pipe" $?

"$gradc" check "$model" >&- 2>"$t/err"
[ $? = 1 ] && has "$t/err" "error[E0950]: cannot write to standard output: Bad file descriptor"
ok "closed standard output is an error" $?
train --quiet --out "$t/closed" >&- 2>"$t/err"
[ $? = 0 ] && cmp -s "$t/run/model.safetensors" "$t/closed/model.safetensors"
ok "closed standard output, unused: no file takes its place" $?

# ---- Files -----------------------------------------------------------------------------------------------------

mkfifo "$t/fifo"
cat "$t/fifo" >"$t/through" &
predict --output "$t/fifo" 2>"$t/err"
status=$?
wait
[ $status = 0 ] && [ -p "$t/fifo" ] && cmp -s "$t/right" "$t/through"
ok "--output into a FIFO" $?
ln -s /proc/self/fd/1 "$t/stdout"
predict --output "$t/stdout" 2>"$t/err" | cmp -s - "$t/right" && [ -L "$t/stdout" ]
ok "--output of a link to standard output" $?
{ echo first; predict --output /dev/stdout; echo last; } >"$t/through" 2>"$t/err"
{ echo first; cat "$t/right"; echo last; } | cmp -s - "$t/through"
ok "--output /dev/stdout, which is a file" $?
mkdir "$t/store"
ln -s store/real.tsv "$t/link.tsv"
predict --output "$t/link.tsv" 2>"$t/err" && [ -L "$t/link.tsv" ] && cmp -s "$t/right" "$t/store/real.tsv"
ok "--output through a link" $?
printf 'config   n = 4\n' >"$t/store/a.graph"
chmod 600 "$t/store/a.graph"
ln -s store/a.graph "$t/a.graph"
run fmt --write "$t/a.graph" && [ -L "$t/a.graph" ] && [ "$(stat -c %a "$t/store/a.graph")" = 600 ] && has "$t/store/a.graph" "config n = 4"
ok "fmt --write keeps links and modes" $?

# Nodes of the test's own: only root can make one, and a container may forbid their use.
if mknod "$t/null" c 1 3 2>/dev/null && mknod "$t/full" c 1 7 && : >"$t/null"; then
  predict --output "$t/null" 2>"$t/err" && [ -c "$t/null" ] && ! predict --output "$t/full" 2>"$t/err" && [ -c "$t/full" ] && has "$t/err" "error[E0830]"
  ok "--output of a device" $?
  train --quiet --log "$t/full" --out "$t/logged" >/dev/null 2>"$t/err"
  [ $? = 1 ] && [ -c "$t/full" ] && has "$t/err" "error[E0915]"
  ok "--log on a full disk" $?
fi
finish
