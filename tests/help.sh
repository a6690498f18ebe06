#!/bin/sh
# Help on the screen, man pages, completion for shells, --version and installation: they say what the tables of commands and options say.
set -u
. tests/lib/checks.sh

build=$(dirname "$gradc")
commands=$("$gradc" help | sed -n 's/^  gradc \([a-z]*\) .*/\1/p')

# The options of a command, as its help lists them.
options() { "$gradc" help "$1" | sed -n '/^other spellings/q; s/^  --\([a-z-]*\).*/\1/p'; }

run help predict
cp "$t/out" "$t/help"
run predict --help
[ "$status" = 0 ] && cmp -s "$t/out" "$t/help"
ok "gradc help COMMAND is gradc COMMAND --help" $?
run help predikt
[ "$status" = 2 ] && has "$t/err" "did you mean 'predict'?"
ok "help of no command" $?
run help train --format zsh
[ "$status" = 2 ] && has "$t/err" "leave out 'train'"
ok "completion of one command" $?
run help --format html
[ "$status" = 2 ] && has "$t/err" "text, man, bash or zsh, not 'html'"
ok "an unknown format" $?

run --version
[ "$status" = 0 ] && grep -q '^gradc [0-9.]*$' "$t/out" && grep -q '^LLVM 19[.0-9]*, OpenMP [0-9.]*$' "$t/out" && grep -q 'lanes, [0-9]* thread' "$t/out"
ok "the version names LLVM, OpenMP and the CPU" $?

# ---- Installation ----------------------------------------------------------------------------------------

meson install -C "$build" --no-rebuild --quiet --destdir "$t/root" >"$t/out" 2>"$t/err"
ok "meson install" $?
man=$(dirname "$(find "$t/root" -name gradc.1)")
[ -x "$(find "$t/root" -path '*/bin/gradc')" ] && [ -f "$(find "$t/root" -path '*/share/gradc/models/bert.graph')" ]
ok "the program and the models are installed" $?
missing=""
for command in $commands; do
  [ -f "$man/gradc-$command.1" ] && grep -q "gradc.-$command (1)" "$man/gradc.1" || missing="$missing $command"
  for option in $(options "$command"); do
    grep -qF -e "\\-\\-$(echo "$option" | sed 's/-/\\-/g')" "$man/gradc-$command.1" || missing="$missing $command:$option"
  done
done
[ -n "$commands" ] && [ -z "$missing" ]
ok "a man page for each command, with its options$missing" $?

# ---- Completion ------------------------------------------------------------------------------------------

# What bash offers for the last word of a command line.
cat >"$t/complete" <<'B'
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _gradc; echo "${COMPREPLY[*]}"
B
offers() { # WANTED WORDS...
  wanted=$1
  shift
  got=$(bash "$t/complete" "$(find "$t/root" -name gradc.bash)" "$@" 2>"$t/err")
  [ "$got" = "$wanted" ]
  ok "bash completes: $*" $?
}
offers "train" gradc tr
offers "--weights --weights-of --weight-decay" gradc train m.graph --weigh
offers "linear cosine constant" gradc train m.graph --schedule ""
offers "tokenize" gradc help to
offers "models" gradc train --weights mod
offers "README.md" gradc check READ
missing=""
for command in $commands; do
  for option in $(options "$command"); do
    sed -n "/^    $command) _arguments/,/;;/p" "$(find "$t/root" -name _gradc)" | grep -q -e "--$option\\[" || missing="$missing $command:$option"
  done
done
[ -z "$missing" ]
ok "zsh knows every option$missing" $?
finish
