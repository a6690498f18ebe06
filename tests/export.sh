#!/bin/sh
# Exported folders: which files, names and bytes they have. That transformers and sentence-transformers compute the same with them was
# measured by hand (docs/huggingface.md). Run from the project's root; GRADC names the program. One line a check; the last line counts.
set -u
. tests/lib/checks.sh

cat >"$t/tasks.graph" <<END
import "$root/models/heads/poolers.graph"

task mood {
  data "ids-sst-{split}.csv" tab unquoted
  input sentence: text
  label sentiment: class["bad", "poor", "fair", "good", "great"]
  pooled = pooler(encoder(sentence) in "bert", sentence) in "bert"
  logits = head(drop(pooled, dropout), 5) in "heads.mood"
  loss cross_entropy(logits, sentiment)
  predict argmax(logits)
  metric accuracy
  export hf "BertForSequenceClassification" with "heads.mood." as "classifier."
}

task likeness {
  data "sts-{split}.csv" tab quoted
  input one = sentence1: text
  input two = sentence2: text
  label similarity: real[0, 5]
  u = mean_pooler(one, encoder(one) in shared "bert")
  v = mean_pooler(two, encoder(two) in shared "bert")
  loss mse(2.5 + 2.5 * cosine(u, v), similarity)
  predict cosine(u, v)
  metric pearson
  export sentence_transformers "mean"
}
END
run train "$t/tasks.graph" --tasks mood,likeness --weights "$demo" --data "$demo" --steps 4 --batch 8 --no-eval --quiet --out "$t/run"
ok "a run to export" "$status"

# The names and shapes of a safetensors file, one a line.
header() { # FILE
  length=$(od -An -t u8 -N 8 "$1" | tr -d ' ')
  dd if="$1" bs=1 skip=8 count="$length" 2>/dev/null | sed 's/"__metadata__":{[^}]*},\{0,1\}//; s/},/}\n/g' | tr -d '{' |
    sed 's/^"\([^"]*\)".*"shape":\(\[[^]]*\]\).*/\1 \2/' | sort
}

run export "$t/run" --task mood --out "$t/hf"
[ "$status" = 0 ] && [ "$(cd "$t/hf" && echo *)" = "config.json model.safetensors tokenizer.json tokenizer_config.json vocab.txt" ]
ok "a folder for transformers" $?
header "$t/hf/model.safetensors" >"$t/names"
has "$t/names" "classifier.weight [5,64]" && has "$t/names" "classifier.bias [5]" && has "$t/names" "bert.pooler.dense.bias [64]" &&
  [ "$(wc -l <"$t/names")" = 41 ] && ! has "$t/names" heads
ok "its tensors have the names of the class" $?
tr -d ' \n' <"$t/hf/config.json" >"$t/config"
has "$t/config" '"architectures":["BertForSequenceClassification"]' && has "$t/config" '"id2label":{"0":"bad","1":"poor","2":"fair","3":"good","4":"great"}' &&
  has "$t/config" '"great":4' && has "$t/config" '"problem_type":"single_label_classification"' && has "$t/config" '"hidden_size":64'
ok "its config.json says what the outputs are" $?

# Taken in again: as an encoder whose head has another name.
sed 's/"heads\.mood"/"classifier"/; s/"heads\.mood\."/"classifier."/' "$t/tasks.graph" >"$t/again.graph"
run predict "$t/run" --task mood --data "$demo" && cp "$t/out" "$t/wanted"
run predict "$t/again.graph" --weights "$t/hf" --task mood --data "$demo"
[ "$status" = 0 ] && cmp -s "$t/out" "$t/wanted"
ok "gradc itself predicts the same with it" $?

# Each family's class with its head's names.
header_of() { # FILE WEIGHTS TASK DATA
  rm -rf "$t/head" "$t/head-hf"
  run train "$root/models/$1.graph" --tasks "$3" --weights "$2" --data "$4" --epochs 0 --no-eval --quiet --out "$t/head" &&
    run export "$t/head" --task "$3" --out "$t/head-hf" && header "$t/head-hf/model.safetensors" >"$t/names" && tr -d ' \n' <"$t/head-hf/config.json" >"$t/config"
}
header_of encoders/distilbert "$root/tests/references/distilbert" sentiment "$demo" && has "$t/names" "pre_classifier.weight [16,16]" &&
  has "$t/names" "classifier.bias [5]" && has "$t/names" "distilbert.transformer.layer.1" && has "$t/config" '["DistilBertForSequenceClassification"]'
ok "DistilBERT goes out with its class" $?
header_of encoders/mpnet "$root/tests/references/mpnet" sentiment "$demo" && has "$t/names" "classifier.out_proj.weight [5,16]" &&
  has "$t/config" '["MPNetForSequenceClassification"]' && has "$t/config" '"relative_attention_num_buckets":32'
ok "MPNet goes out with its class, and numbers that it expects as numbers" $?
header_of heads/tagging "$demo" tagging "$demo" && has "$t/names" "classifier.weight [7,64]" && has "$t/config" '["BertForTokenClassification"]' &&
  has "$t/config" '"1":"B-PLACE"'
ok "a head for tokens goes out with its class" $?

run export "$t/run" --task likeness --format sentence-transformers --out "$t/st" --max-length 48
[ "$status" = 0 ] && [ "$(cd "$t/st" && find . -type f | sort | tr '\n' ' ')" = "./1_Pooling/config.json ./config.json ./model.safetensors ./modules.json ./sentence_bert_config.json ./tokenizer.json ./tokenizer_config.json ./vocab.txt " ] &&
  has "$t/st/1_Pooling/config.json" '"pooling_mode_mean_tokens": true' && has "$t/st/1_Pooling/config.json" '"word_embedding_dimension": 64' &&
  has "$t/st/sentence_bert_config.json" '"max_seq_length": 48'
ok "a folder for sentence-transformers" $?
run export "$t/run" --task likeness --out "$t/encoder"
[ "$status" = 0 ] && has "$t/encoder/config.json" '"BertModel"' && ! has "$t/encoder/config.json" id2label
ok "a task without a head of that class is exported as its encoder" $?

# LoRA folded into the matrices that it stands beside: a plain BERT, to the rounding of one f32.
run train "$root/models/adapters/lora.graph" --tasks paraphrase --weights "$t/run" --data "$demo" --steps 12 --batch 16 --lr 5e-3 --no-eval --quiet --out "$t/lora"
run export "$t/lora" --merge --out "$t/merged"
[ "$status" = 0 ] && has "$t/err" "merged: 4 of them"
ok "an adapter is folded in" $?
header "$t/merged/model.safetensors" >"$t/names"
! has "$t/names" lora && has "$t/names" "query.weight [64,64]" && [ "$(wc -l <"$t/names")" = 41 ]
ok "the folder has the tensors of a plain model" $?
sed 's/"heads\.paraphrase"/"classifier"/; s/"heads\.paraphrase\."/"classifier."/' "$root/models/bert.graph" |
  sed "s|encoders/bert.graph|$root/models/encoders/bert.graph|" >"$t/plain.graph"
probabilities() { run predict "$@" --task paraphrase --data "$demo" --probabilities && cut -f 2 "$t/out"; }
probabilities "$t/lora" >"$t/wanted"
probabilities "$t/plain.graph" --weights "$t/merged" >"$t/got"
probabilities "$t/plain.graph" --weights "$t/run" >"$t/before"
differ() { paste "$1" "$2" | awk '{ d = $1 - $2; if (d < 0) d = -d; if (d > most) most = d } END { printf "%g", most }'; }
[ "$(wc -l <"$t/wanted")" = 100 ] && echo "$(differ "$t/wanted" "$t/got") $(differ "$t/wanted" "$t/before")" | awk '{ exit !($1 < 1e-6 && $2 > 1e-3) }'
ok "it predicts what the adapter does beside its base" $?

# What the folder does not hold is said.
sed 's/input sentence: text/input sentence: text window 16 stride 8 pool mean/; s/  pooled = pooler/  fit bias = 0 from -1 to 1 for accuracy\n  pooled = pooler/; s/  logits = \(.*\)/  logits = pool_windows(\1, sentence)/; s/argmax(logits)/argmax(logits + bias)/' "$t/tasks.graph" >"$t/more.graph"
run export "$t/more.graph" --task mood --weights "$t/run" --out "$t/more"
[ "$status" = 0 ] && has "$t/err" "note: it reads one window of 16 tokens" && has "$t/err" "note: 'bias', which was fitted for accuracy, is not part of it"
ok "windows and fitted numbers stay behind, which is said" $?

before=$(cksum "$t/run/model.safetensors")
run export "$t/run" --task mood --out "$t/run"
[ "$status" = 1 ] && has "$t/err" "error[E0948]: --out already holds the model that is exported" && [ "$(cksum "$t/run/model.safetensors")" = "$before" ]
ok "not over the run itself" $?
cp -r "$t/run" "$t/other"
run export "$t/run" --task mood --out "$t/other"
[ "$status" = 1 ] && has "$t/err" "error[E0948]: --out already holds a run"
ok "nor into another run" $?
run export "$t/run" --task mood --out "$t/twice" && run export "$t/run" --task mood --out "$t/twice"
ok "an export may be replaced" "$status"

finish
