#!/bin/sh
# Classes and their weights as the training data has them: shown by `gradc check`, and kept with a run, which needs the data no more.
# Run from the project's root; GRADC names the program. One line a check; the last line counts.
set -u
. tests/lib/checks.sh

cat >"$t/mood.graph" <<END
import "$root/tests/lib/small.graph"
task mood {
  data "mood-{split}.csv" comma quoted
  input text: text
  label mood: class optional weights balanced
  logits = dense(encoder(text) in "encoder", mood.classes) in "heads.mood"
  loss class_weighted(logits, mood, mood.weights)
  predict argmax(logits)
  metric accuracy
}
END
# A row without a label, blanks around a name, six of one class and two of another.
{
  echo text,mood
  for mood in sad happy sad sad '" sad "' sad happy sad '""'; do echo "a text,$mood"; done
} >"$t/mood-train.csv"
cp "$t/mood-train.csv" "$t/mood-dev.csv"

run check "$t/mood.graph" --data "$t"
[ "$status" = 0 ] && has "$t/out" 'mood: class["happy", "sad"] weights [2, 0.6667]'
ok "classes stand in the order of their bytes, each with rows / (classes * its rows)" $?

sed -e 's/sad/10/' -e 's/happy/9/' "$t/mood-train.csv" >"$t/other.csv" && mv "$t/other.csv" "$t/mood-train.csv"
run check "$t/mood.graph" --data "$t"
has "$t/out" 'mood: class["9", "10"] weights [2, 0.6667]'
ok "numbers stand in their own order" $?

cp "$t/mood-dev.csv" "$t/mood-train.csv"
run train "$t/mood.graph" --tasks mood --weights "$demo" --data "$t" --epochs 1 --batch 4 --quiet --out "$t/run"
[ "$status" = 0 ] && has "$t/run/model.graph" 'label mood: class["happy", "sad"] optional weights [2, 0.66666666666666663]'
ok "a run's text has the classes and the weights written into it" $?
run train "$t/run" --quiet --out "$t/again"
[ "$status" = 0 ] && cmp -s "$t/run/model.safetensors" "$t/again/model.safetensors" && cmp -s "$t/run/model.graph" "$t/again/model.graph"
ok "a run made from its folder is the same" $?
printf 'text\na text\n' >"$t/new.csv"
mv "$t/mood-train.csv" "$t/gone.csv"
run predict "$t/run" --task mood --input "$t/new.csv"
[ "$status" = 0 ] && grep -qxE 'happy|sad' "$t/out"
ok "a run predicts names without the data" $?

cat >"$t/tags.graph" <<END
import "$root/models/bert.graph"
task tags {
  data "tags-{split}.conll" conll columns(word, tag)
  input word: words
  label tag: class of word
  states = gather(encoder(word) in "bert", tag.at)
  logits = head(states, tag.classes) in "heads.tags"
  loss cross_entropy(logits, tag)
  predict argmax(logits)
  metric accuracy
}
END
printf 'Ann B-PER\nwent O\nhome O\n\nto O\nRome B-LOC\n' >"$t/tags-train.conll"
run check "$t/tags.graph" --data "$t"
has "$t/out" 'tag: class["B-LOC", "B-PER", "O"] of word'
ok "words have their classes from the data too" $?

finish
