/* The words of the language for people: one row for each construct, with all words that belong to it. */
#include <string.h>

#include "frontend/frontend.h"

static const LanguageWord rows[] = {
    {"import", "takes in another file, by a path relative to this one", "import \"encoders/small.graph\""},
    {"config as", "numbers with names; config.json beside the weights may have them under a key, --set changes them",
     "config hidden = 768 as \"hidden_size\", layers = 12"},
    {"tokens vocab positions segments", "below which sizes the numbers of a text input lie",
     "tokens vocab = vocab, positions = positions, segments = types"},
    {"checkpoint prefix optional for", "how a published folder calls the parameters",
     "checkpoint prefix \"model.\" for \"query.\" optional"},
    {"checkpoint apart", "a run saves what the text does not freeze, and takes the rest from its base",
     "checkpoint apart"},
    {"checkpoint expects", "what config.json must say where it says it",
     "checkpoint expects \"hidden_act\" = \"gelu\""},
    {"export hf sentence_transformers of with as none", "what the parameters are to another library",
     "export hf \"ModelForSequenceClassification\" with \"heads.mood.\" as \"classifier.\""},
    {"freeze except", "parameters that stay as they are, by patterns of their names",
     "freeze \"encoder.*\" except \"*.bias\""},
    {"merge", "what a parameter becomes in a plainer model, for gradc export --merge",
     "merge \"*.weight\" = \"*.weight\" + matmul(\"*.lora_B.weight\", \"*.lora_A.weight\")"},
    {"override", "puts another declaration in the place of one above, for all that use it",
     "override def gelu(x: f32[R, C]) -> f32[R, C] { return gelu_tanh(x) }"},
    {"train", "settings of the training, as options have them", "train {\n  epochs = 3\n  lr = 3e-5\n}"},
    {"def return", "a definition: a function, elaborated anew at each call",
     "def twice(x: f32[R, C]) -> f32[R, C] { return 2 * x }"},
    {"tokens position head", "of a parameter that is no tensor: a text; in attention's score a position, a head",
     "def biased(s, q: position, k: position, h: head) = s - 0.1 * float(abs(q - k))"},
    {"f32 i32 bool bf16", "element types; i32<N> has elements from 0 up to N, which is not among them",
     "index: i32<N>[R]"},
    {"param no_decay frozen shared", "a parameter, with its initialiser",
     "param weight: f32[O, I] ~ normal(0, 0.02) no_decay"},
    {"zeros ones constant normal uniform", "initialisers: constant(c), normal(mean, deviation), uniform(low, high)",
     "param bias: f32[O] ~ zeros"},
    {"repeat", "does a block for i = 0 .. n - 1 while the graph is built",
     "repeat i in 0..layers {\n  h = layer(h) in \"layer.{i}\"\n}"},
    {"in shared", "a scope: where the parameters of a call are; one that is used twice is shared",
     "u = encoder(one) in shared \"encoder\""},
    {"without dropout", "what is computed in training as it is in evaluation",
     "known = encoder(x) in \"teacher\" without dropout"},
    {"if then else", "a choice by a number that is known while the graph is built", "y = if layers > 6 then a else b"},
    {"and or not true false", "logic of numbers, and of each element of tensors", "both = a > 0 and not (b > 0)"},
    {"task", "a data set with its inputs, label, loss and metrics",
     "task mood {\n  data \"notes.csv\" comma quoted\n  input note: text\n  ...\n}"},
    {"data tab comma semicolon jsonl lines conll quoted unquoted columns",
     "the file of a task, {split} standing for train, dev or test, and how it is laid out",
     "data \"sst/ids-sst-{split}.csv\" tab unquoted"},
    {"split dev folds stratified grouped by seed", "train and dev out of one file",
     "split dev 0.1 stratified grouped by author seed 7"},
    {"input text pair words keep tail both", "a text of a row: a column, two that are read together, or words",
     "input both = (sentence1, sentence2): pair keep both"},
    {"windows window stride pool max mean", "a text that is read whole, in pieces that overlap",
     "input text: text window 512 stride 384 pool mean"},
    {"input number numbers", "numbers that the data gives, for predictions too; x.given is 0 in a gap",
     "input features = (age, income): numbers"},
    {"label class flags real masked optional of", "what is to be predicted; y.given is 0 in a gap",
     "label mood: class[\"sad\", \"glad\"] optional"},
    {"weights balanced", "numbers for classes, which the loss is to take",
     "label mood: class[\"sad\", \"glad\"] weights balanced"},
    {"metric", "what is measured on the dev set; the first counts towards the overall score",
     "metric accuracy, f1_macro"},
    {"fit from to for", "a number that is fitted on the dev set after each epoch",
     "fit threshold = 0.5 from 0 to 1 for f1"},
    {"loss", "what is made small: one f32, most often a sum over rows divided by update_rows",
     "loss cross_entropy(logits, mood)"},
    {"predict", "the prediction: f32 with a row for each of the label's", "predict argmax(logits)"},
    {"show", "a value that gradc predict may write", "show softmax(logits) as \"probabilities\""},
    {"optimizer", "the update, over a run of parameters or over one: weight: f32[R, C]",
     "optimizer sgd(momentum = 0.9) {\n  state m\n  m = momentum * m + scale * gradient\n  weight = weight - rate * "
     "m\n}"},
    {"state weight", "what an optimizer keeps from step to step; it begins at 0, or as the weight",
     "state m, start ~ weight"},
    {"evaluate", "a state that stands for the weight in evaluations and in what is saved", "evaluate mean"},
    {"size", "the extent of an axis, as a number or a size", "rows = size(x, axis = 0)"},
    {"float", "x as f32", "column = float(iota(x, axis = 1))"},
    {"pow", "a power of numbers", "half = pow(2, -1)"},
    {"dropout_rate", "p in training graphs, 0 in others and in what is without dropout", "q = dropout_rate(0.1)"},
};

static bool has_word(const LanguageWord *row, const char *word) {
    size_t length = strlen(word);
    for (const char *at = row->words; (at = strstr(at, word)); at += length) {
        bool begins = at == row->words || at[-1] == ' ', ends = at[length] == ' ' || !at[length];
        if (begins && ends) return true;
    }
    return false;
}

const LanguageWord *language_word(const char *word, const LanguageWord *after) {
    const LanguageWord *row = after ? after + 1 : rows;
    while (*word && row < rows + sizeof rows / sizeof *rows) {
        if (has_word(row, word)) return row;
        row++;
    }
    return NULL;
}
