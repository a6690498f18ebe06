#!/bin/sh
# A part of a model that starts from a folder of its own: what it reads, what is saved of it, and what must agree. Run from the project's
# root; GRADC names the program. One line a check; the last line counts.
set -u
. tests/lib/checks.sh

file=models/heads/born_again.graph
train() { # NAME OPTIONS...: a run in $t/NAME, its log in $t/NAME.log
  name=$1
  shift
  rm -rf "$t/$name.log"
  run train "$file" --tasks sentiment --weights "$demo" --data "$demo" --cache "$t/cache" --batch 16 --lr 1e-3 --limit sentiment=160 --quiet \
    --schedule constant --log "$t/$name.log" --out "$t/$name" "$@"
  return "$status"
}
weights() { sed -n 's/.*"weights": *"\([0-9a-f]*\)".*/\1/p' "$t/$1.log"; }
same() { [ -n "$(weights "$1")" ] && [ "$(weights "$1")" = "$(weights "$2")" ]; }
shown() { # TENSOR RUN OPTIONS...: its values
  tensor=$1
  shift
  run run "$@" --task sentiment --text "a fine film" --show "$tensor" && sed -n '/\[/p' "$t/out" | tail -n 1
}

"$gradc" train models/bert.graph --tasks sentiment --weights "$demo" --data "$demo" --cache "$t/cache" --batch 16 --lr 1e-3 --limit sentiment=160 --epochs 1 --quiet --out "$t/teacher" >"$t/out" 2>"$t/err"
given=$(shown heads.sentiment.bias "$t/teacher")
train student --weights-of "teacher=$t/teacher" --epochs 2
ok "a teacher from the folder of a run" $?
[ -n "$given" ] && [ "$(shown teacher.heads.sentiment.bias "$t/student")" = "$given" ]
ok "its parameters are those of the run, and stay so" $?
run eval "$t/student" --data "$demo"
ok "the run has all that it needs" $?
train plain --epochs 2 && ! same plain student
ok "another teacher gives other weights" $?
train three --weights-of "teacher=$t/teacher" --epochs 2 --threads 3 --no-reuse && same student three
ok "three threads, and its answers computed each time: the same bits" $?
train half --weights-of "teacher=$t/teacher" --epochs 1 && train half --weights-of "teacher=$t/teacher" --epochs 2 --resume && same student half
ok "a run that is taken up again" $?
run train "$t/student" --out "$t/again" --cache "$t/cache" --quiet --log "$t/again.log" && same student again
ok "a run that is repeated has the same teacher" $?

# What the text freezes is left to both folders.
{ cat "$file" | sed "s|\"../bert.graph\"|\"$root/models/bert.graph\"|"; echo 'checkpoint apart'; } >"$t/apart.graph"
file=$t/apart.graph
train apart --weights-of "teacher=$t/teacher" --epochs 1 && run eval "$t/apart" --data "$demo" && [ "$(wc -c <"$t/apart/adapter_model.safetensors")" -lt "$(wc -c <"$t/student/model.safetensors")" ]
ok "a run that keeps its base apart takes each part from its folder" $?
mv "$t/teacher" "$t/moved"
run eval "$t/apart" --data "$demo"
[ "$status" != 0 ] && has "$t/err" "E0845"
ok "and says so when one is not there" $?
run eval "$t/apart" --data "$demo" --weights "$demo" --weights-of "teacher=$t/moved" && [ "$status" = 0 ]
ok "until it is told where it is" $?

finish
