#!/bin/sh
# Runs with bf16 products: the setting is kept and holds, the same bits whatever the threads, the width of vectors, the cache, the fusion and a
# stop. Run from the project's root; GRADC names the program. One line a check; the last line counts.
set -u
. tests/lib/checks.sh

for file in ids-sst quora sts; do
  head -n 65 "$demo/$file-train.csv" >"$t/$file-train.csv"
  head -n 33 "$demo/$file-dev.csv" >"$t/$file-dev.csv"
done
train() { # NAME OPTIONS...: logs to $t/NAME.log
  name=$1
  shift
  rm -f "$t/$name.log"
  run train models/bert.graph --tasks sentiment --weights "$demo" --data "$t" --cache "$kernels" --batch 8 --lr 1e-3 --epochs 2 \
    --schedule constant --log "$t/$name.log" "$@"
  return "$status"
}
weights() { sed -n 's/.*"weights": *"\([0-9a-f]*\)".*/\1/p' "$t/$1.log"; }
same() { [ -n "$(weights "$1")" ] && [ "$(weights "$1")" = "$(weights "$2")" ]; }

train f32 --threads 1 && train one --products bf16 --threads 1
[ $? = 0 ] && ! same f32 one && has "$t/err" "products are bf16, computed in f32" && has "$t/err" "--products bf16"
ok "products are rounded, which is said" $?
train other --products bf16 --threads 2 && same one other
ok "two threads, the same bits" $?
train other --products bf16 --lanes 4 --no-cache --threads 3 && same one other
ok "4 lanes, without a cache, the same bits" $?
train other --products bf16 --passes -fuse && same one other
ok "a kernel for each node, the same bits" $?
train half --products bf16 --epochs 1 --out "$t/run" && train rest --epochs 2 --out "$t/run" --products bf16 --resume && same one rest
ok "stopped and taken up again, the same bits" $?
train rest --epochs 3 --out "$t/run" --products f32 --resume
[ "$status" != 0 ] && has "$t/err" "products"
ok "but not with other products" $?

run eval "$t/run" --data "$t" --cache "$kernels" --json
cp "$t/out" "$t/as_trained"
run eval "$t/run" --data "$t" --cache "$kernels" --json --products f32
[ "$status" = 0 ] && ! cmp -s "$t/out" "$t/as_trained" && has "$t/err" "not as the run was trained: --products f32 (bf16 in training)"
ok "a run is used as it was trained" $?
printf 'import "%s"\ntrain {\n  products = bf16\n}\n' "$PWD/models/bert.graph" >"$t/bf16.graph"
run train "$t/bf16.graph" --tasks sentiment --weights "$demo" --data "$t" --cache "$kernels" --batch 8 --lr 1e-3 --epochs 2 --schedule constant \
  --log "$t/text.log" && same one text
ok "the setting in a text" $?

run dump models/bert.graph --products bf16 --stage fuse --remarks
[ "$status" = 0 ] && grep -q "matmul{ta=1 tb=0}(.*" "$t/out" && has "$t/out" "bf16[sentence.T" &&
  has "$t/err" "remark[round_products]: matmul reads its operands rounded to bf16"
ok "the dump shows it" $?
run gradcheck models/bert.graph --tasks sentiment --products bf16 --cache "$kernels"
[ "$status" = 0 ] && has "$t/out" "task sentiment"
ok "gradcheck" $?
run bench models/bert.graph --tasks sentiment --weights "$demo" --data "$t" --cache "$kernels" --steps 2 --products bf16
ok "bench" $?
run run models/bert.graph --task sentiment --weights "$demo" --text "a good film" --products bf16 --compiled --cache "$kernels"
ok "run" $?

finish
