# Folders and files of weights.
mkdir empty; gradc check model.graph --weights empty
#> empty/config.json: error[E0840]: the folder has no such file
#>       = hint: a model folder holds config.json, tokenizer.json (or vocab.txt) and, unless training starts from random weights, model.safetensors

gradc check model.graph --weights nowhere
#> nowhere/config.json: error[E0840]: there is no such folder
#>       = hint: nothing is downloaded by gradc itself; from huggingface.co: hf download nowhere --local-dir nowhere, or git clone https://huggingface.co/nowhere nowhere, with git-lfs

mkdir half; echo '{}' >half/config.json
gradc check model.graph --weights half
#> half/tokenizer.json: error[E0840]: the folder has no such file
#>       = hint: a model folder holds config.json, tokenizer.json (or vocab.txt) and, unless training starts from random weights, model.safetensors

cp -r models/demo broken; printf '{\n  "hidden_size": 64,\n  "num_hidden_layers": }\n' >broken/config.json
gradc check model.graph --weights broken
#> broken/config.json:3: error[E0841]: unexpected token near '}'
#>       = hint: the file is to hold one JSON object: {"key": value, ...}

printf '{\n  "hidden_size": 64,\n  "num_hidden_layers": "two"\n}\n' >broken/config.json
gradc check model.graph --weights broken
#> broken/config.json:3:3: error[E0841]: the value of "num_hidden_layers" is not a number
#>     3 |   "num_hidden_layers": "two"
#>       |   ^~~~~~~~~~~~~~~~~~~
#>       = hint: correct it in the file, or take the key away to have the value of the graph file

printf '{\n  "hidden_size": 64,\n  "num_hidden_layers": 1.5\n}\n' >broken/config.json
gradc check model.graph --weights broken
#> model.graph:3:8: error[E0205]: 'layers' must be an integer, not 1.5
#>     3 |        layers = 2 as "num_hidden_layers",
#>       |        ^~~~~~
#> broken/config.json:3:3: note: its value is given here
#>     3 |   "num_hidden_layers": 1.5
#>       |   ^~~~~~~~~~~~~~~~~~~
#>       = hint: what is written without a point stays an integer; write layers = 2.0 for a number

echo '[1, 2]' >broken/config.json
gradc check model.graph --weights broken
#> broken/config.json: error[E0841]: not a JSON object
#>       = hint: the file is to hold one JSON object: {"key": value, ...}

cp -r models/demo other; touch other/tf_model.h5
gradc check model.graph --weights other
#> other/tf_model.h5: error[E0844]: the weights are in a format, or under a name, that is not read
#>       = hint: they are to be called model.safetensors or pytorch_model.bin, or named by an index beside them; in Python, model.save_pretrained(folder) writes such a file

cp -r models/demo cased; rm -f cased/tokenizer_config.json; printf '[UNK]\n[CLS]\n[SEP]\nBerlin\n' >cased/vocab.txt
gradc check model.graph --weights cased
#> cased/vocab.txt: error[E0843]: the vocabulary has capital letters, and nothing says whether texts are lower-cased
#>       = hint: say it: --lower-case no for a cased model, --lower-case yes otherwise; or in tokenizer_config.json: {"do_lower_case": false}

cp -r models/demo sure; rm -f sure/tokenizer_config.json; printf '[UNK]\n[CLS]\n[SEP]\nBerlin\n' >sure/vocab.txt
gradc check model.graph --weights sure --lower-case maybe
#> error[E0910]: --lower-case takes yes or no, not 'maybe'
#>       = hint: without it the model's folder decides

cp -r models/demo split; printf '{"do_lower_case": true}' >split/tokenizer_config.json
printf '{"normalizer": {"type": "BertNormalizer", "lowercase": false}}' >split/tokenizer.json
gradc check model.graph --weights split
#> split/tokenizer_config.json: error[E0848]: "do_lower_case" is true here, but "lowercase" is false in tokenizer.json
#>       = hint: correct one of the files, or say it: --lower-case yes (without accents) or --lower-case no (as it stands)

cp -r models/demo pairs; rm pairs/vocab.txt; touch pairs/merges.txt
gradc check model.graph --weights pairs
#> pairs/vocab.txt: error[E0840]: the folder has no such file
#>       = hint: a model folder holds config.json, tokenizer.json (or vocab.txt) and, unless training starts from random weights, model.safetensors

cp -r models/demo parts; printf '{"weight_map": {"a": "model-00001-of-00002.safetensors"}}' >parts/model.safetensors.index.json
gradc check model.graph --weights parts
#> parts/model.safetensors.index.json: error[E0849]: the file model-00001-of-00002.safetensors, which it names, is not there
#>       = hint: fetch the folder again, with the index and all the files that it names

cp -r models/demo torch; printf 'PK' >torch/pytorch_model.bin
gradc check model.graph --weights torch
#> torch/pytorch_model.bin: error[E0823]: not read: it is no file that torch.save writes since version 1.6 (a ZIP archive)
#>       = hint: only dictionaries of tensors are read, nothing is executed; in Python, model.save_pretrained(folder) writes model.safetensors

cp -r models/demo words; printf '[UNK]\n[CLS]\n' >words/vocab.txt
gradc eval model.graph --weights words --data data
#> words/vocab.txt: error[E0802]: the vocabulary has no token '[SEP]'
#>       = hint: take the tokenizer's files that came with the weights, all of them

gradc train model.graph --weights models/demo --data data --set vocab=100 --quiet
#> error[E0922]: models/demo/vocab.txt has 751 tokens, the model only 100
#>       = hint: the vocabulary belongs to another model; or set the size with --set vocab=751

gradc train model.graph --data data --quiet
#> error[E0921]: a vocabulary is needed
#>       = hint: name a folder with config.json and tokenizer.json, or vocab.txt, with --weights

gradc train model.graph --weights models/demo --data data --max-length 1000 --quiet
#> error[E0923]: --max-length 1000 is more than the model's 64 positions
#>       = hint: longer texts are cut: take at most 64, or a model with more positions

gradc train model.graph --weights models/demo --data data --tasks paraphrase --max-length 4 --quiet
#> error[E0923]: texts are cut at 4 tokens, and the tokenizer adds 3 of its own: no two texts fit
#>       = hint: take a longer --max-length, or a model with more positions

. trained
cp -r run short; head -c 5 run/model.safetensors >short/model.safetensors
gradc eval short --data data
#> short/model.safetensors: error[E0820]: the file is too short to be a safetensors file
#>       = hint: the file was cut off, perhaps by a download or copy that stopped: fetch it again

cp -r run cut; head -c 20000 run/model.safetensors >cut/model.safetensors
gradc eval cut --data data
#> cut/model.safetensors: error[E0820]: tensor 'encoder.words.weight' ends at byte 193232, but the file has only 20000
#>       = hint: the file was cut off, perhaps by a download or copy that stopped: fetch it again

gradc eval run --data data --set hidden=32
#> run/model.safetensors: error[E0842]: tensor 'encoder.words.weight' has shape [751, 64], but the model's 'encoder.words.weight' has [751, 32]
#> run/model.graph:10:9: note: the parameter is declared here
#>    10 |   param weight: f32[N, hidden] ~ normal(0, 0.02)
#>       |         ^~~~~~
#>       = hint: use the config.json that belongs to these weights, or weights of the model's sizes

cp -r run kinds; sed 's/"F32"/"I32"/' run/model.safetensors >kinds/model.safetensors
gradc eval kinds --data data
#> kinds/model.safetensors: error[E0821]: tensor 'encoder.words.weight' holds I32, which cannot become parameters
#> kinds/model.graph:10:9: note: the parameter is declared here
#>    10 |   param weight: f32[N, hidden] ~ normal(0, 0.02)
#>       |         ^~~~~~
#>       = hint: convert the tensor to F32, F16 or BF16

gradc eval model.graph --weights models/demo --data data
#> models/demo: error[E0836]: there are no trained weights here: the answers would be random
#>       = hint: train it first: gradc train model.graph --weights models/demo --out run

gradc predict run --task sentiment --input data/sst/ids-sst-dev.csv --set layers=3
#> run: error[E0836]: the weights lack encoder.layer.2.weight and 1 more parameter, without which the answers would be random
#> run/model.graph:15:9: note: the parameter is declared here
#>    15 |   param weight: f32[O, I] ~ normal(0, 0.02)
#>       |         ^~~~~~
#>       = hint: name the tasks that were trained with --task or --tasks; or take the config.json that belongs to the weights; or train the model first

gradc train model.graph --weights run --data data --quiet --set layers=3
#> run: error[E0837]: the weights have a part of the encoder alone: encoder.layer.2.weight is missing
#> model.graph:15:9: note: the parameter is declared here
#>    15 |   param weight: f32[O, I] ~ normal(0, 0.02)
#>       |         ^~~~~~
#>       = hint: take the config.json that belongs to the weights, or a folder that has all of them

sed 's/"words"/"letters"/; s/"layer/"level/; s/"heads/"h/' model.graph >other.graph
gradc train other.graph --weights run --data data --quiet
#> run: error[E0837]: none of the 11 tensors of the weights is a parameter of the model
#>       = note: the weights begin with 'encoder.words.weight', the model with 'encoder.letters.weight'
#>       = hint: take the graph file of that model; its parameters are to be called as the tensors are

cp -r models/demo decoder; sed -i 's/"model_type"/"is_decoder": true, "model_type"/' decoder/config.json
gradc check models/bert.graph --weights decoder
#> decoder/config.json: error[E0838]: "is_decoder" is true: a token does not see those after it
#>       = hint: take a graph file that computes it, and says so: checkpoint expects; or a folder without it

cp -r models/demo pieces; echo '{"tokenizer_class": "BertJapaneseTokenizer"}' >pieces/tokenizer_config.json
gradc check models/bert.graph --weights pieces
#> pieces/tokenizer_config.json: error[E0847]: the tokenizer is of another kind: BertJapaneseTokenizer
#>       = hint: a tokenizer.json says what it does: in Python, AutoTokenizer.from_pretrained(folder).save_pretrained(folder)

cp -r models/demo many; echo '{"<brand>": 751, "<film>": 900}' >many/added_tokens.json
gradc check models/bert.graph --weights many
#> many/vocab.txt: error[E0802]: the added tokens leave ids out, up to that of '<film>'
#>       = hint: save the tokenizer again, with all of its files
