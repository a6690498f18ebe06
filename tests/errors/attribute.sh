# What cannot be attributed to words, or not with so few points.
. trained
gradc attribute run --task sentiment --data data --text "a good film" --class 7 --cache "$XDG_CACHE_HOME/gradc" --threads 1
#> run/model.graph:26:6: error[E0968]: 'sentiment' has no class '7'
#>    26 | task sentiment {
#>       |      ^~~~~~~~~

cat >steep.graph <<END
import "models/bert.graph"
override task similarity {
  data "sts/sts-{split}.csv" tab quoted
  input both = (sentence1, sentence2): pair
  label similarity: real[0, 5]
  pooled = pooler(encoder(both) in "bert", both) in "bert"
  score = head(sin(100000 * pooled), 1) in "heads.similarity"
  loss mse(score, similarity)
  predict score
  metric pearson
}
END
gradc train steep.graph --tasks similarity --weights models/demo --data data --epochs 0 --no-eval --quiet --threads 1 --out steep
gradc attribute steep --text "a man plays a guitar" --text "a woman sings" --points 2 --threads 1
#> error[E0969]: contributions do not add up: with 16 points they miss the difference of the scores by a hundredth or more
#>       = hint: take more with --points

cat >apart.graph <<END
import "models/heads/sentence_bert.graph"
END
gradc train apart.graph --tasks cosine --weights models/demo --data data --epochs 0 --no-eval --quiet --threads 1 --out apart
gradc attribute apart --text "a man plays a guitar" --text "a woman sings" --threads 1
#> apart/model.graph:195:6: error[E0968]: the score of 'cosine' cannot be attributed to words: it has several texts apart, or windows
#>   195 | task cosine {
#>       |      ^~~~~~
