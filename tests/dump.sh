#!/bin/sh
# gradc dump: stages, files, formats, what changed and why. Run from the project's root; GRADC names the program.
set -u
. tests/lib/checks.sh

model="$root/models/bert.graph"
# The last file of this stage in $file, its number in $number.
stage() { # GRAPH STAGE
  for file in "$t/all/$1".[0-9][0-9]."$2".gir; do :; done
  number=${file#"$t/all/$1."}
  number=${number%%.*}
  [ -s "$file" ]
}

# ---- All stages ------------------------------------------------------------------------------------------

run dump "$model" --stage all --out "$t/all"
[ "$status" = 0 ] && [ ! -s "$t/out" ]
ok "dump --stage all --out" $?
for kind in sentiment.train sentiment.eval similarity.train adamw.update; do
  [ "$(find "$t/all" -name "$kind.*.gir" | wc -l)" -ge 7 ] && [ -f "$t/all/$kind.00.source.gir" ] && stage "$kind" kernels
  ok "numbered files of $kind" $?
done
[ "$(cat "$t"/all/*.gir | wc -c)" -lt 2000000 ]
ok "all stages of BERT-base folded are under 2 MB" $?
stage sentiment.train simplify && has "$file" "repeat i in 0..10 {" && has "$file" 'layer.{1+i}.output.dense.weight'
ok "layers are written once" $?
run dump "$model" --task sentiment --stage "$number"
[ "$status" = 0 ] && cmp -s "$t/out" "$file"
ok "a stage by its number" $?
run dump "$model" --task sentiment --stage "$number" --full
[ "$status" = 0 ] && ! has "$t/out" "repeat" && has "$t/out" 'layer.7.output.dense.weight'
ok "dump --full" $?
cp "$t/out" "$t/full.gir"
stage paraphrase.eval kernels && has "$file" 'contract "matmul_add_Tx768_over_768, called 36 times"'
ok "the kernels say how often each is called" $?
stage sentiment.train fuse && has "$file" '"matmul_dx_Tx768_over_3072"' &&
  has "$file" '"matmul_dw_3072x768_over_T"' && has "$file" '"sum_dw_1x3072_over_T"' &&
  has "$file" '"scatter_add_dw_Ux768"'
ok "kernels are named by what they do, and for whose gradient" $?
mkdir -p "$t/moved/encoders" && for name in bert encoders/bert; do sed '1i # one line more' "$root/models/$name.graph" >"$t/moved/$name.graph"; done
code() { run dump "$1" --task sentiment --format asm && has "$t/out" "matmul_add_Tx768_over_768@attention.self.query:$2)" && sed 's/^\(# [a-z_0-9]*\) .*/\1/' "$t/out"; } # FILE LINE
code "$model" 33 >"$t/1" && code "$t/moved/bert.graph" 34 | cmp -s - "$t/1"
ok "a line more changes the name for people, not the code" $?
run dump "$model" --graph update
[ "$status" = 0 ] && has "$t/out" 'graph "adamw.update"' && [ "$(grep -c '^graph ' "$t/out")" = 1 ]
ok "dump --graph update" $?
run dump "$model" --graph eval --task similarity --stage source
[ "$status" = 0 ] && has "$t/out" 'output "predict"' && ! has "$t/out" 'output "loss"'
ok "dump --graph eval" $?

# ---- What changed ----------------------------------------------------------------------------------------

run dump "$model" --task sentiment --diff simplify demand
[ "$status" = 0 ] && has "$t/out" "59 changed" && has "$t/out" "models/encoders/bert.graph:62:10" && has "$t/out" "return layer_norm(h + f, eps)" &&
  has "$t/out" "~ rsqrt : f32[sentence.T, 1], now f32[S, 1]"
ok "dump --diff of two stages" $?
stage sentiment.train simplify
run dump --diff "$t/full.gir" "$file"
[ "$status" = 0 ] && has "$t/out" "the same, node by node"
ok "folded and full text are the same graph" $?
mkdir "$t/encoders"
sed 's/gelu(dense/gelu_tanh(dense/' "$root/models/encoders/bert.graph" >"$t/encoders/bert.graph"
cp "$model" "$t/other.graph"
run dump --diff "$model" "$t/other.graph" --task paraphrase
[ "$status" = 0 ] && has "$t/out" "- 12 erf : f32[both.T, ffn = 3072]" && has "$t/out" "+ 12 tanh" && ! has "$t/out" "layer_norm"
ok "dump --diff of two graph files" $?
run dump "$model" --diff demand
[ "$status" = 2 ] && has "$t/err" "--diff needs two values"
ok "--diff takes two" $?
run dump "$model" --diff demand nowhere
[ "$status" = 1 ] && has "$t/err" "E0961"
ok "--diff of an unknown stage" $?
run dump --diff "$t/full.gir" "$t/none.gir"
[ "$status" = 1 ] && has "$t/err" "none.gir"
ok "--diff of a file that is not there" $?
run dump
[ "$status" = 1 ] && has "$t/err" "E0917"
ok "dump of nothing" $?

# ---- Why -------------------------------------------------------------------------------------------------

run dump "$model" --task sentiment --why grad.bert.encoder.layer.3.intermediate.dense.weight
[ "$status" = 0 ] && has "$t/out" "models/encoders/bert.graph:33:10" && has "$t/out" '|          ^~~~~~' &&
  has "$t/out" 'in "bert.encoder.layer.3.intermediate.dense"' && has "$t/out" " differentiate made: " && has "$t/out" "in kernel"
ok "--why of a gradient" $?
run dump "$model" --why bert.pooler.dense.bias
[ "$status" = 0 ] && has "$t/out" "00 source        written: "
ok "--why of a parameter" $?
run dump "$model" --task sentiment --stage demand --why %1003
[ "$status" = 0 ] && has "$t/out" " demand        changed: " && has "$t/out" "was %"
ok "--why of a number" $?
run dump "$model" --why nothing.like.this
[ "$status" = 1 ] && has "$t/err" "E0963"
ok "--why of what is not there" $?

run dump "$model" --weights "$demo" --graph together --why grad.bert.pooler.dense.bias
[ "$status" = 0 ] && has "$t/out" "together.train after fuse:" && has "$t/out" " differentiate made: "
ok "--why in a graph that was joined" $?
run dump "$model" --weights "$demo" --graph together --diff expand demand
[ "$status" = 1 ] && has "$t/err" "E0961" && has "$t/err" "no graph has both"
ok "--diff of stages that no graph has both of" $?
run dump "$model" --weights "$demo" --task sentiment --stage cut
[ "$status" = 1 ] && has "$t/err" "the graphs shown have no stage 'cut'"
ok "a stage that a pass with nothing to do does not make" $?

# ---- Formats ---------------------------------------------------------------------------------------------

run dump "$model" --task sentiment --format dot
[ "$status" = 0 ] && has "$t/out" 'digraph "sentiment.train"' && has "$t/out" "cluster_repeat_1" && has "$t/out" '"10 times"'
ok "dump --format dot" $?
if command -v dot >/dev/null 2>&1; then
  run dump "$model" --task sentiment --format dot --graph eval
  dot -Tsvg "$t/out" >"$t/svg" 2>"$t/err" && has "$t/svg" "</svg>" && [ ! -s "$t/err" ]
  ok "Graphviz draws it" $?
fi
run dump "$model" --task sentiment --format dott
[ "$status" = 1 ] && has "$t/err" "did you mean 'dot'?"
ok "an unknown format" $?
run dump "$model" --graph evil
[ "$status" = 1 ] && has "$t/err" "did you mean 'eval'?"
ok "an unknown kind of graph" $?
finish
