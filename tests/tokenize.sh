#!/bin/sh
# gradc tokenize, and folders whose tokenizer is not BERT's: they train, and a run's folder has the tokenizer's files as they were.
set -u
. tests/lib/checks.sh

run tokenize "$demo" --text 'A good, fílm!' --pair bad
[ "$status" = 0 ] && has "$t/out" "751 tokens, unknown [UNK], padding [PAD], mask [MASK]; around one text 2, around two 3" &&
  has "$t/out" "     238         8-13  0  film  'fílm'" && has "$t/out" "       3            -  1  [SEP]"
ok "pieces, ids and bytes of a pair" $?

mkdir "$t/plain" && cp "$demo/vocab.txt" "$demo/config.json" "$t/plain"
printf '{"do_lower_case": true, "model_input_names": ["input_ids", "attention_mask"]}' >"$t/plain/tokenizer_config.json"
run tokenize "$t/plain" --text 'A good, fílm!' --pair bad
[ "$status" = 0 ] && has "$t/out" "       3            -  0  [SEP]" && ! has "$t/out" "       3            -  1  [SEP]"
ok "model_input_names without token_type_ids: one segment" $?

printf '%s\n' 'good film' '"fílm \u0031"' '' >"$t/texts"
run tokenize "$demo" --input "$t/texts" --format jsonl
[ "$status" = 0 ] && [ "$(wc -l <"$t/out")" = 3 ] &&
  [ "$(sed -n 3p "$t/out")" = '{"ids":[2,3],"tokens":["[CLS]","[SEP]"],"offsets":[[0,0],[0,0]],"types":[0,0]}' ] &&
  sed -n 2p "$t/out" | grep -q '"offsets":\[\[0,0\],\[0,5\],\[6,7\],\[0,0\]\]'
ok "a JSON line for each line, which may be a JSON string" $?
"$gradc" tokenize "$demo" --input - --format jsonl <"$t/texts" 2>"$t/err" | cmp -s - "$t/out"
ok "the same from standard input" $?
printf 'good\n"half\n' >"$t/texts"
run tokenize "$demo" --input "$t/texts"
[ "$status" = 1 ] && has "$t/err" "texts:2: error[E0813]"
ok "a line that is half a JSON string is named" $?
run tokenize "$demo"
[ "$status" = 1 ] && has "$t/err" "there is no text"
ok "without a text there is nothing to show" $?

# ---- Byte-level BPE, with RoBERTa's special tokens -----------------------------------------------------------

mkdir "$t/bpe"
cp "$demo/config.json" "$t/bpe"
awk 'BEGIN {
  split("<s> <pad> </s> <unk>", special, " "); n = 0; printf "{"
  for (i = 1; i <= 4; i++) printf "%s\"%s\": %d", n ? ", " : "", special[i], n++
  for (c = 33; c < 127; c++) { s = sprintf("%c", c); if (s == "\"" || s == "\\") s = "\\" s; printf ", \"%s\": %d", s, n++ }
  printf ", \"Ġ\": %d, \"Ã\": %d, \"oo\": %d, \"Ġg\": %d, \"oood\": %d, \"<mask>\": %d}\n", n, n + 1, n + 2, n + 3, n + 4, n + 5
}' >"$t/bpe/vocab.json"
printf '#version: 0.2\no o\nĠ g\n' >"$t/bpe/merges.txt"
run tokenize "$t/bpe" --text 'good <mask>good' --pair x
[ "$status" = 0 ] && [ "$(awk 'NR > 3 && NF { print $4 }' "$t/out" | tr '\n' ' ')" = "<s> g oo d <mask> g oo d </s> </s> x </s> " ] &&
  has "$t/out" "     103         5-11  0  <mask>  '<mask>'"
ok "vocab.json and merges.txt, their class known by the special tokens" $?

printf '{"model_type": "gpt2"}' >"$t/bpe/config.json"
run tokenize "$t/bpe" --text good
[ "$status" = 0 ] && [ "$(awk 'NR > 3 && NF { print $4 }' "$t/out" | tr '\n' ' ')" = "g oo d " ]
ok "the class that config.json tells puts nothing around texts" $?
cp "$demo/config.json" "$t/bpe"

"$gradc" train models/bert.graph --weights "$t/bpe" --data "$demo" --tasks sentiment --steps 2 --batch 8 --set dropout=0 --max-length 40 \
  --quiet --out "$t/run" >"$t/out" 2>"$t/err"
status=$?
[ "$status" = 0 ] && cmp -s "$t/bpe/vocab.json" "$t/run/vocab.json" && cmp -s "$t/bpe/merges.txt" "$t/run/merges.txt" &&
  has "$t/run/tokenizer_config.json" '"tokenizer_class": "RobertaTokenizer"' && has "$t/run/tokenizer_config.json" '"model_max_length": 40'
ok "a model trains on it, and the run has its files" $?
"$gradc" tokenize "$t/bpe" --text 'a good film' >"$t/before" 2>/dev/null
run tokenize "$t/run" --text 'a good film'
cmp -s "$t/before" "$t/out"
ok "the run's tokenizer is the same" $?

# ---- Positions that begin later, as docs/huggingface.md has them ----------------------------------------------

{ printf 'import "%s/models/bert.graph"\n' "$root"
  sed -n 's/^    //; /^config pad/,/^}/p' docs/huggingface.md
  sed -n '/^def embeddings/,/^}/p' models/encoders/bert.graph | sed 's/^def/override def/; s/= embedding(x.positions/= later_embedding(x.positions/'
} >"$t/later.graph"
sed 's/"pad_token_id": *[0-9]*/"pad_token_id": 1/' "$demo/config.json" >"$t/bpe/config.json"
run train "$t/later.graph" --weights "$t/bpe" --data "$demo" --tasks sentiment --steps 1 --max-length 63 --out "$t/run4"
[ "$status" = 1 ] && has "$t/err" "--max-length 63 is more than the model's 62 positions"
ok "the first rows of a table of positions are left out" $?
run train "$t/later.graph" --weights "$t/bpe" --data "$demo" --tasks sentiment --steps 1 --batch 4 --max-length 62 --quiet --out "$t/run4"
[ "$status" = 0 ]
ok "such a model trains" $?

# ---- A tokenizer.json goes along as it is ---------------------------------------------------------------------

mkdir "$t/fast"
cp "$demo/config.json" "$t/fast"
printf '%s' '{"version":"1.0", "added_tokens":[],  "normalizer":{"type":"Lowercase"}, "pre_tokenizer":{"type":"Whitespace"},
"post_processor":{"type":"TemplateProcessing","single":[{"Sequence":{"id":"A","type_id":0}}],"pair":[{"Sequence":{"id":"A","type_id":0}},
{"Sequence":{"id":"B","type_id":2}}],"special_tokens":{}},"decoder":null,
"model":{"type":"WordLevel","vocab":{"?":0,"good":1,"film":2,"bad":3},"unk_token":"?"}}' >"$t/fast/tokenizer.json"
printf '{"pad_token": "?",  "model_max_length": 512, "note": 1e-7}' >"$t/fast/tokenizer_config.json"
printf '{"pad_token":   "?"}' >"$t/fast/special_tokens_map.json"
run train models/bert.graph --weights "$t/fast" --data "$demo" --tasks sentiment --steps 1 --out "$t/run2"
[ "$status" = 1 ] && has "$t/err" "the tokenizer tells 3 segments apart, the model only 2"
ok "more segments than the model has are refused" $?
sed -i 's/"type_id":2/"type_id":1/' "$t/fast/tokenizer.json"
run train models/bert.graph --weights "$t/fast" --data "$demo" --tasks sentiment --steps 1 --batch 8 --max-length 40 --quiet --out "$t/run2"
[ "$status" = 0 ] && cmp -s "$t/fast/tokenizer.json" "$t/run2/tokenizer.json" &&
  cmp -s "$t/fast/special_tokens_map.json" "$t/run2/special_tokens_map.json" &&
  has "$t/run2/tokenizer_config.json" '"model_max_length": 40' && has "$t/run2/tokenizer_config.json" '"note"'
ok "tokenizer.json is copied byte for byte, of tokenizer_config.json the length alone changes" $?
run train models/heads/masked.graph --weights "$t/fast" --data "$demo" --steps 1 --quiet --out "$t/run3"
[ "$status" = 1 ] && has "$t/err" "the tokenizer has no mask token"
ok "a mask token is missed where it is needed, and only there" $?
run tokenize "$t/fast" --text 'good film' --lower-case no
[ "$status" = 1 ] && has "$t/err" "--lower-case does not fit this tokenizer"
ok "--lower-case is refused where the folder leaves no choice" $?

finish
