#!/bin/sh
# The passes through the command line: gradc opt on what gradc dump wrote, --passes everywhere, code for other CPUs, what is said of mistakes.
# Run from the project's root; GRADC names the program. One line a check; the last line counts.
set -u
. tests/lib/checks.sh
unset XDG_CACHE_HOME
export HOME="$t/home"
mkdir "$HOME" "$t/data"

model="$root/models/bert.graph"

# ---- What dump writes, opt reads -------------------------------------------------------------------------

run dump "$model" --weights "$demo" --task similarity --graph train --stage all --out "$t/dump"
stage() { echo "$t"/dump/similarity.train.??."$1".gir; }
same=0
for file in "$t"/dump/*.gir; do
  "$gradc" opt "$file" | cmp -s - "$file" || same=1
done
ok "every stage reads back byte for byte" $same
source=$(stage source)
fused=$(stage fuse)
usual=expand,simplify,demand,differentiate,simplify,compact,fuse
"$gradc" opt "$source" --passes "$usual" 2>"$t/err" | cmp -s - "$fused"
ok "all passes over the source give what dump shows" $?
"$gradc" opt "$source" --passes expand,simplify | "$gradc" opt - --passes demand,differentiate | "$gradc" opt - --passes simplify,compact,fuse >"$t/piped" 2>"$t/err"
cmp -s "$t/piped" "$fused"
ok "in three programs, through pipes, too" $?
run opt "$source" --passes -fuse
[ "$status" = 0 ] && cmp -s "$t/out" "$t/dump/similarity.train.06.compact.gir"
ok "-fuse is the usual passes without it" $?
run opt "$source" --passes -fuse,-differentiate
[ "$status" = 0 ] && has "$t/out" 'wanted "heads.similarity.weight"' && ! has "$t/out" 'output "grad.'
ok "what is wanted stays in the text until it is there" $?

# ---- Several graphs ---------------------------------------------------------------------------------------

graphs() { grep '^graph ' "$1" | tr -d '\n'; }
run dump "$model" --weights "$demo" --graph together --stage source
cp "$t/out" "$t/parts.gir"
[ "$status" = 0 ] && [ "$(graphs "$t/out")" = 'graph "sentiment.train"graph "paraphrase.train"graph "similarity.train"' ]
ok "--graph together begins with the tasks' graphs" $?
run dump "$model" --weights "$demo" --graph together --stage join
cp "$t/out" "$t/join.gir"
[ "$status" = 0 ] && [ "$(graphs "$t/out")" = 'graph "together.train"' ] && has "$t/out" 'output "sentiment.loss"'
ok "and join makes one of them" $?
run opt "$t/parts.gir" --passes expand,join --time-passes --remarks
[ "$status" = 0 ] && cmp -s "$t/out" "$t/join.gir" && grep -q '^join  *1 ' "$t/err" && has "$t/err" "remark[join]: up to this mul, 3 tasks are computed in one"
ok "so does opt, of the text of all" $?
run opt "$t/parts.gir" --passes join,join,expand
[ "$status" = 0 ] && [ "$(graphs "$t/out")" = 'graph "together.train"' ]
ok "one graph is not joined again" $?
printf 'import "%s"\nfreeze "bert.*"\n' "$model" >"$t/frozen.graph"
run dump "$t/frozen.graph" --weights "$demo" --set dropout=0 --set attention_dropout=0 --task sentiment --stage all --out "$t/cut"
[ "$status" = 0 ] && has "$t/cut/sentiment.train.04.cut.gir" 'input{name="kept.0"' && has "$t/cut/sentiment.train.frozen.04.cut.gir" 'output "kept.0"' &&
  [ -s "$t/cut/sentiment.train.frozen.09.kernels.gir" ] && [ -s "$t/cut/sentiment.train.09.kernels.gir" ]
ok "cut makes two graphs, which both go on" $?
run opt "$t/cut/sentiment.train.03.demand.gir" --passes cut --remarks
cat "$t/cut/sentiment.train.frozen.04.cut.gir" "$t/cut/sentiment.train.04.cut.gir" | cmp -s - "$t/out" && has "$t/err" "remark[cut]: tanh is frozen"
ok "opt prints both, the frozen prefix first" $?
cp "$t/out" "$t/both.gir"
run opt "$t/both.gir" --passes -fuse
[ "$status" = 0 ] && [ "$(graphs "$t/out")" = 'graph "sentiment.train.frozen"graph "sentiment.train"' ]
ok "and reads both" $?

# ---- Code ------------------------------------------------------------------------------------------------

run opt "$fused" --emit llvm
[ "$status" = 0 ] && has "$t/out" "define " && has "$t/out" "<16 x float>"
ok "opt --emit llvm" $?
run opt "$t/dump/similarity.train.05.simplify.gir" --emit asm --cpu znver3
[ "$status" = 0 ] && has "$t/out" "%ymm" && ! has "$t/out" "%zmm"
ok "code for a CPU with AVX2; without fuse, a kernel for each node" $?
run dump "$model" --weights "$demo" --task similarity --format asm --cpu x86-64-v4
[ "$status" = 0 ] && has "$t/out" "%zmm" && has "$t/out" "vfmadd"
ok "code for a CPU with AVX-512" $?
run dump "$model" --weights "$demo" --task similarity --format asm --cpu x86-64
[ "$status" = 0 ] && has "$t/out" "%xmm" && ! has "$t/out" "%ymm"
ok "code for a CPU with neither" $?

# ---- What is said of passes (mistakes: tests/errors/passes.sh) ---------------------------------------------

run explain fuse
[ "$status" = 0 ] && has "$t/out" "needs   that no node is in a kernel"
ok "explain of a pass" $?
run opt --help
[ "$status" = 0 ] && has "$t/out" "of expand, join, simplify, demand, cut, round_products, differentiate, compact, fuse, group;"
ok "the help has the passes of the table" $?

# ---- Remarks and times -------------------------------------------------------------------------------------

run dump "$model" --weights "$demo" --task similarity --remarks
[ "$status" = 0 ] && cmp -s "$t/out" "$fused" && has "$t/err" "remark[demand]: gather moves up: " &&
  grep -q '^.*models/.*bert.graph:[0-9]*:[0-9]*: remark\[fuse\]: attention is kept in memory: matmul in line [0-9]* reads it' "$t/err"
ok "dump --remarks says what moved and what was not fused" $?
[ "$(wc -l <"$t/err")" -lt 100 ] && grep -q ' times)$' "$t/err" && [ "$(sort "$t/err" | uniq -d | wc -l)" = 0 ]
ok "the same remark of many layers is one line" $?
run opt "$source" --passes "$usual" --remarks
[ "$status" = 0 ] && cmp -s "$t/out" "$fused" && has "$t/err" "remark[simplify]: div: x / 2^n is x * 2^-n"
ok "opt --remarks names the rule, at the line of the graph file" $?
run opt "$source" --passes "$usual"
[ "$status" = 0 ] && [ ! -s "$t/err" ]
ok "no remarks without it" $?
run opt "$source" --passes expand,simplify,simplify,fuse --time-passes
[ "$status" = 0 ] && grep -q '^simplify  *2 ' "$t/err" && grep -q '^all ' "$t/err" && [ "$(wc -l <"$t/err")" = 5 ]
ok "opt --time-passes" $?

# ---- One pass left out: the same numbers -----------------------------------------------------------------

for file in ids-sst quora sts; do
  head -n 17 "$demo/$file-train.csv" >"$t/data/$file-train.csv"
  head -n 9 "$demo/$file-dev.csv" >"$t/data/$file-dev.csv"
done
tiny() { # LOG ARGUMENTS...
  log=$1
  shift
  run train "$model" --weights "$demo" --data "$t/data" --batch 8 --epochs 1 --lr 1e-3 --no-eval --quiet --cache "$kernels" --log "$log" "$@"
  grep -o '"loss":[0-9.e-]*' "$log" | cut -d: -f2 >"$log.losses"
}
hash_of() { sed -n 's/.*"weights":"\([0-9a-f]*\)".*/\1/p' "$1"; }
# Losses of six steps: sums in another order move the last bits of f32, which steps at a high rate amplify.
near() { paste "$1" "$2" | awk '{ d = $1 - $2; if (d < 0) d = -d; if (d > 1e-5 * (1 + $1)) bad = 1 } END { exit bad || NR != 6 }'; }

tiny "$t/all"
tiny "$t/fuse" --passes -fuse
[ "$status" = 0 ] && [ -n "$(hash_of "$t/all")" ] && [ "$(hash_of "$t/fuse")" = "$(hash_of "$t/all")" ]
ok "train --passes -fuse: the same weights to the bit" $?
for pass in simplify demand compact; do
  tiny "$t/$pass" --passes "-$pass"
  [ "$status" = 0 ] && near "$t/$pass.losses" "$t/all.losses"
  ok "train --passes -$pass: the same losses" $?
done
untrained "$model" sentiment,paraphrase,similarity "$demo" "$t/run"
run eval "$model" --weights "$t/run" --data "$t/data" --cache "$kernels" && cp "$t/out" "$t/eval"
run eval "$model" --weights "$t/run" --data "$t/data" --cache "$kernels" --passes -fuse,-demand
[ "$status" = 0 ] && cmp -s "$t/out" "$t/eval"
ok "eval --passes -fuse,-demand" $?

finish
