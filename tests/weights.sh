#!/bin/sh
# Folders of weights that are not what a command needs: what is refused, what is read, what is said. Run from the project's root;
# GRADC names the program. One line a check; the last line counts.
set -u
. tests/lib/checks.sh
model="$root/models/bert.graph"
printf '\tid\tsentence\tsentiment\n0\ta\ta good film\t1\n' >"$t/rows.tsv"
untrained "$model" sentiment,paraphrase,similarity "$demo" "$t/run"
rm -rf "$t/run/last" "$t/run/tokens"
use() { run "$@" --cache "$kernels"; }
predict() { use predict "$@" --task sentiment --input "$t/rows.tsv"; }
train() { use train "$model" --data "$demo" --tasks sentiment --epochs 0 --no-eval --quiet "$@"; }
predict "$t/run" && cp "$t/out" "$t/wanted"

# Tensors of a safetensors file under other names: a header is a length of 8 bytes and so much text.
rename() { # SED-SCRIPT FROM TO
  length=$(od -An -t u8 -N 8 "$2" | tr -d ' ')
  tail -c +9 "$2" | head -c "$length" | sed "$1" >"$t/header"
  number=$(wc -c <"$t/header")
  { for i in 0 8 16 24 32 40 48 56; do printf "\\$(printf '%03o' $((number >> i & 255)))"; done
    cat "$t/header"
    tail -c +$((9 + length)) "$2"; } >"$3"
}
folder() { rm -rf "$t/w" && cp -r "$t/run" "$t/w"; } # a copy to damage
missing() { # SED-SCRIPT: names that it changes are those that the file lacks
  folder && rename "$1" "$t/run/model.safetensors" "$t/w/model.safetensors"
}

# ---- Nothing is answered without weights ------------------------------------------------------------------------------

predict "$model" --weights "$demo"
[ "$status" = 1 ] && has "$t/err" "error[E0836]: there are no trained weights here" && has "$t/err" "train it first" && [ ! -s "$t/out" ]
ok "predict without weights" $?
use eval "$model" --tasks sentiment --weights "$demo" --data "$demo"
[ "$status" = 1 ] && has "$t/err" "error[E0836]" && [ ! -s "$t/out" ]
ok "eval without weights" $?
use serve "$model" --task sentiment --weights "$demo" --socket "$t/socket"
[ "$status" = 1 ] && has "$t/err" "error[E0836]"
ok "serve without weights" $?
run export "$model" --task sentiment --weights "$demo" --out "$t/hf"
[ "$status" = 1 ] && has "$t/err" "error[E0836]" && [ ! -e "$t/hf" ]
ok "export without weights" $?
folder && rm "$t/w/model.safetensors" && mkdir "$t/w/last" && predict "$t/w"
[ "$status" = 1 ] && has "$t/err" "gradc train $t/w --resume goes on"
ok "a run that was stopped says how to go on" $?

missing 's/"heads\.sentiment\./"heads.x./g' && predict "$t/w"
[ "$status" = 1 ] && has "$t/err" "the weights lack heads.sentiment.weight and 1 more parameter, without"
ok "a head that was not trained" $?
use predict "$t/w" --task paraphrase --data "$demo" && [ "$status" = 0 ] && use predict "$t/w" --task sentiment --input "$t/rows.tsv" --show hidden
[ "$status" = 0 ]
ok "what does not read it is answered" $?
train --weights "$t/w" && has "$t/err" "new: heads.sentiment (2) start from their initialisers"
ok "training starts it anew and says so" $?
missing 's/"bert\.pooler\./"bert.x./g' && train --weights "$t/w" && has "$t/err" "new: bert.pooler (2) start"
ok "and a pooler" $?

# ---- A part of the encoder --------------------------------------------------------------------------------------------

missing 's/"bert\.encoder\.layer\.1\./"bert.encoder.layer.7./g' && train --weights "$t/w"
[ "$status" = 1 ] && has "$t/err" "error[E0837]: the weights have a part of the encoder alone: bert.encoder.layer.1.attention.self.query.weight is missing"
ok "a layer that the file lacks" $?
predict "$t/w"
[ "$status" = 1 ] && has "$t/err" "the weights lack bert.encoder.layer.1.attention.self.query.weight and 15 more parameters"
ok "predict neither" $?
missing 's/"bert\.embeddings\./"bert.x./g' && train --weights "$t/w"
[ "$status" = 1 ] && has "$t/err" "bert.embeddings.word_embeddings.weight is missing"
ok "embeddings that it lacks" $?
folder && sed -i 's/"num_hidden_layers": 2/"num_hidden_layers": 3/' "$t/w/config.json" && train --weights "$t/w"
[ "$status" = 1 ] && has "$t/err" "bert.encoder.layer.2.attention.self.query.weight is missing"
ok "a config.json with more layers" $?
missing 's/"bert\.[a-z]/&x/g; s/"heads\./"h./g' && train --weights "$t/w"
[ "$status" = 1 ] && has "$t/err" "error[E0837]: none of the 45 tensors of the weights is a parameter of the model"
ok "names of another model" $?
use train "$root/models/adapters/lora.graph" --weights "$t/run" --data "$demo" --tasks sentiment --epochs 0 --no-eval --quiet && has "$t/err" "new: bert.encoder"
ok "adapters may be new" $?

# ---- Names that a wrapper changed, files under other names ------------------------------------------------------------

for prefix in module. _orig_mod. model.net.; do
  missing "s/\"\\(bert\\|heads\\)\\./\"$prefix\\1./g" && predict "$t/w" && cmp -s "$t/out" "$t/wanted" && has "$t/err" "begin with '$prefix': read without it"
  ok "$prefix before every name" $?
done
missing 's/"bert\./"0.auto_model./g; s/"heads\./"heads./g' && rename 's/"heads\./"0.heads./g' "$t/w/model.safetensors" "$t/part" && mv "$t/part" "$t/w/model.safetensors"
train --weights "$t/w" && has "$t/err" "begin with '0.auto_model.'"
ok "in place of the model's own prefix" $?
for name in model.fp16.safetensors pytorch_model.fp16.bin tf_model.h5 bert_model.ckpt.index 0_Transformer/model.safetensors model-00001-of-00002.safetensors; do
  folder && mkdir "$t/w/0_Transformer" && mv "$t/w/model.safetensors" "$t/w/$name"
  train --weights "$t/w" && has "$t/err" "w/$name: error[E0844]" && predict "$t/w" && has "$t/err" "w/$name: error[E0844]" || break
done
[ "$name" = model-00001-of-00002.safetensors ] && has "$t/err" "$name: error[E0844]"
ok "weights under a name that is not read are named" $?
folder && rm "$t/w/model.safetensors" && ln -s nowhere "$t/w/model.safetensors" && train --weights "$t/w"
[ "$status" = 1 ] && has "$t/err" "w/model.safetensors: error[E0801]"
ok "a link that leads nowhere" $?
folder && mv "$t/w/model.safetensors" "$t/w/adapter_model.safetensors" && train --weights "$t/w"
[ "$status" = 1 ] && has "$t/err" "error[E0845]"
ok "what was trained beside a base is no base" $?

changed() { sed "s|import \"|&$root/models/|" "$model" | sed "$1"; } # SED-SCRIPT: the model with another line

# ---- Values that are not finite ---------------------------------------------------------------------------------------

# The first number of the head's bias becomes NaN.
folder
length=$(od -An -t u8 -N 8 "$t/run/model.safetensors" | tr -d ' ')
begin=$(tail -c +9 "$t/run/model.safetensors" | head -c "$length" | sed 's/.*"heads\.sentiment\.bias":{[^}]*"data_offsets":\[\([0-9]*\),.*/\1/')
printf '\000\000\300\177' | dd of="$t/w/model.safetensors" bs=1 seek=$((8 + length + begin)) conv=notrunc 2>/dev/null
predict "$t/w"
[ "$status" = 1 ] && has "$t/err" "error[E0905]: the parameter 'heads.sentiment.bias', f32[5], is nan at element 0" && [ ! -s "$t/out" ]
ok "predict with a weight that is not a number" $?
changed 's/metric accuracy, f1_macro/metric roc_auc, accuracy/' >"$t/auc.graph" && use eval "$t/auc.graph" --tasks sentiment --weights "$t/w" --data "$demo"
[ "$status" = 1 ] && has "$t/err" "error[E0905]: the parameter" && [ ! -s "$t/out" ]
ok "eval with it" $?
changed 's/logits = classifier(pooled, 5) in "heads.sentiment"/logits = exp(1e2 + (classifier(pooled, 5) in "heads.sentiment"))/' >"$t/large.graph"
predict "$t/large.graph" --weights "$t/run"
[ "$status" = 1 ] && has "$t/err" "is inf: the first value of the batch that is not finite" && has "$t/err" "rows.tsv:2: note: in this row"
ok "an operator that overflows is named, with its line and the row" $?
changed 's/loss mse(score, similarity)/loss mse(score, similarity) + sum(sqrt(abs(score - score)), axis = 0) \/ update_rows(score)/' >"$t/root.graph"
use train "$t/root.graph" --tasks similarity --weights "$demo" --data "$demo" --clip 0 --steps 1 --no-eval --quiet --out "$t/root"
[ "$status" = 1 ] && has "$t/err" "in the gradient of this: the first value of step 1 that is not finite" && [ ! -e "$t/root/model.safetensors" ]
ok "a gradient that is not finite, without clipping, is not applied" $?
changed '' >"$t/wild.graph"
sed -n '/^optimizer adamw/,/^}/p' "$root/models/encoders/bert.graph" | sed 's/^optimizer/override optimizer/; s/weight - rate \*/weight - 1e38 * (1e38 * rate) */' >>"$t/wild.graph"
use train "$t/wild.graph" --tasks sentiment --weights "$demo" --data "$demo" --warmup 0 --schedule constant --steps 1 --no-eval --quiet --out "$t/wild"
[ "$status" = 1 ] && has "$t/err" "error[E0905]: the parameter" && [ ! -e "$t/wild/model.safetensors" ]
ok "weights that an update has made infinite are not saved" $?

finish
