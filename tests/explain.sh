#!/bin/sh
# gradc explain: codes with an example, operators, passes, functions of the prelude, metrics, roles and words of the language.
set -u
. tests/lib/checks.sh
says() { # NAME WORDS...
  name=$1
  shift
  "$gradc" explain "$name" >"$t/out" 2>"$t/err" || return 1
  for words in "$@"; do grep -qF -e "$words" "$t/out" || return 1; done
}

says E0303 "E0303: type does not match" "wrong:" "right:" "    def head(x: f32[R, hidden])"
ok "a code has a text and an example" $?
says E0702 "for example:" && ! grep -q "wrong:" "$t/out"
ok "what nothing written causes has a way out alone" $?
says matmul "operands: 2" "ta:i tb:i" "constraint 3: the inner dimensions" "gradient: da = dy b^T" "def example("
ok "an operator" $?
says grad "grad; operands: 2"
ok "an operator of a kind of its own" $?
says metrics '| `accuracy` |' && says rules "9. grad is expanded"
ok "a section of the reference" $?
says fuse "a pass over the graph" "needs  " "gives  "
ok "a pass" $?
says softmax "def softmax(x: f32[R, C])" "  return weight / sum(weight, axis = 1)" && says gelu "# Exact, with the error function" "erf(x * sqrt(0.5))"
ok "a function of the prelude, with its comment" $?
says f1_macro "a metric: mean of the F1" "higher is better" && says update_rows "rows of the whole update" &&
  says S "a size, S: sequences of the batch" && says label "row by row"
ok "a metric, a count of the update, a size, a label" $?
says stratified "of the language: train and dev out of one file" "    split dev 0.1 stratified" && says max "operands: 1" "pieces that overlap"
ok "a word of the language, beside an operator of its name" $?
: >"$t/err"
awk '/^```ebnf/ { n++ } /^```$/ { if (n == 1) exit } n == 1' docs/language.md | grep -o '"[a-z_0-9][a-z_0-9]*"' | tr -d '"' | sort -u >"$t/words"
sed -n 's/^    {"\([a-z_0-9]*\)", "[^"]*", build_.*/\1/p' frontend/builtin.c >>"$t/words"
while read -r word; do "$gradc" explain "$word" >/dev/null 2>&1 || echo "$word is not explained" >>"$t/err"; done <"$t/words"
[ "$(wc -l <"$t/words")" -gt 120 ] && [ ! -s "$t/err" ]
ok "each word of the grammar, each function" $?
says E9999
[ $? = 1 ] && grep -q "error\[E0918\]" "$t/err"
ok "an unknown name" $?

finish
