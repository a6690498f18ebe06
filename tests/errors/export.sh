# What cannot be exported, and weights of another model.
gradc export models/bert.graph --weights models/demo --task sentiment
#> error[E0917]: gradc export needs --out
#>       = hint: the folder to write: --out mood-hf

gradc export models/bert.graph --weights models/demo --out hf
#> error[E0952]: export works on one task: name it with --task
#>       = hint: the tasks are: sentiment, paraphrase, similarity

gradc export models/bert.graph --weights models/demo --task sentiment --format onnx --out hf
#> error[E0910]: --format takes hf or sentence-transformers, not 'onnx'
#>       = hint: hf is a folder for transformers

gradc export models/bert.graph --weights models/demo --task sentiment --format sentence-transformers --out st
#> models/bert.graph:5:6: error[E0983]: the graph file does not say how to export 'sentiment'
#>     5 | task sentiment {
#>       |      ^~~~~~~~~
#>       = hint: say how 'sentiment' pools its tokens: export sentence_transformers "mean", or "cls" or "max"

printf 'import "models/bert.graph"\noverride export hf "OtherModel"\n' >other.graph
gradc export other.graph --task sentiment --out hf
#> models/bert.graph:19:3: error[E0983]: 'BertForSequenceClassification' is another family's class: the encoder is of class OtherModel
#>    19 |   export hf classifier in "heads.sentiment"
#>       |   ^~~~~~
#>       = hint: the task's export line names the class of that family that has such a head: "OtherFor..."

gradc export models/adapters/lora.graph --weights models/demo --task sentiment --out hf
#> models/adapters/lora.graph:13:9: error[E0984]: BertModel has no place for 'bert.encoder.layer.0.attention.self.query.lora_A.weight'
#>    13 |   param weight: f32[O, I] ~ uniform(-spread, spread)
#>       |         ^~~~~~
#>       = hint: --merge folds it into 'bert.encoder.layer.0.attention.self.query.weight'

gradc export models/adapters/bottleneck.graph --weights models/demo --task sentiment --merge --out hf
#> models/adapters/../bert.graph:5:6: error[E0989]: the graph file does not say how its parameters are merged
#>     5 | task sentiment {
#>       |      ^~~~~~~~~
#>       = hint: leave out --merge; or add a line such as: merge "*.weight" = "*.weight" + ...

gradc export models/encoders/causal.graph --weights models/demo --task sentiment --out hf
#> models/encoders/causal.graph:5:10: error[E0983]: the graph file says that 'sentiment' has no counterpart in another program
#>     5 | override export hf none
#>       |          ^~~~~~
#>       = hint: add to the task: export hf "...ForSequenceClassification" with "heads.sentiment." as "classifier."

gradc export model.graph --weights models/demo --task sentiment --out hf
#> model.graph:26:6: error[E0983]: the graph file does not say how to export 'sentiment'
#>    26 | task sentiment {
#>       |      ^~~~~~~~~
#>       = hint: add to the task: export hf "...ForSequenceClassification" with "heads.sentiment." as "classifier."

sed 's#"encoders#"models/encoders#; 19s/classifier/judge/' models/bert.graph >judge.graph
gradc check judge.graph
#> judge.graph:19:13: error[E0983]: no line says which class has a 'judge'
#>    19 |   export hf judge in "heads.sentiment"
#>       |             ^~~~~
#>       = hint: in the encoder's file: export hf "..." for judge with "" as "..."

cp -r models/demo other; sed -i 's/"hidden_act": "gelu"/"hidden_act": "relu"/' other/config.json
gradc check models/bert.graph --weights other
#> other/config.json:11:3: error[E0985]: the weights are of another model: "hidden_act" is "relu", not "gelu"
#>    11 |   "hidden_act": "relu",
#>       |   ^~~~~~~~~~~~
#> models/encoders/bert.graph:115:43: note: the model says so here
#>   115 | checkpoint expects "model_type" = "bert", "hidden_act" = "gelu", "position_embedding_type" = "absolute"
#>       |                                           ^~~~~~~~~~~~
#>       = hint: take the graph file of that model; or one that computes it, and says: override checkpoint expects "hidden_act" = "relu"
