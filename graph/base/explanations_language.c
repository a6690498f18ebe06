/* Explanations of graph files: E01 to E04, in the order of codes. */
#include "graph/base/explanations.h"

const Explanation explanations_of_language[] = {
    {"E0101", "unexpected character",
     "A byte of the file begins no word, number, string or sign of the language.\n"
     "Names are made of letters, digits and '_'; comments begin with '#'.",
     .wrong = "y = x $ 2", .right = "y = x * 2"},
    {"E0102", "string without end",
     "A string stands between two '\"' on one line, as in: data\n"
     "\"sst/ids-sst-{split}.csv\" tab unquoted",
     .wrong = "data \"rows.tsv tab unquoted", .right = "data \"rows.tsv\" tab unquoted"},
    {"E0103", "not a number",
     "The number is too large, or letters follow it directly. Write 12, 0.1 or\n"
     "1e-12; a product is 2 * x, not 2x.",
     .wrong = "y = 2x", .right = "y = 2 * x"},
    {"E0104", "syntax",
     "Something else was expected where the caret is. A file holds import, config,\n"
     "checkpoint, tokens, def, optimizer and task declarations; their bodies hold\n"
     "statements such as 'name = value'. When the place looks right, look for a\n"
     "bracket that is still open above it.",
     .wrong = "y = dense(x, hidden", .right = "y = dense(x, hidden)"},
    {"E0105", "nested too deeply",
     "Brackets or blocks are nested deeper than the parser goes, or one expression\n"
     "has too many operators. Give parts of it names of their own.",
     .wrong = "return f(f(f( ... 200 of them ... )))",
     .right = "inner = f(f(x))\n"
              "return f(f(inner))"},
    {"E0106", "graph file cannot be read",
     "The graph file, or one that it imports, is missing, is no text, or is longer\n"
     "than 1 MiB. An import's path is relative to the file that imports: in\n"
     "models/heads/, \"../bert.graph\".",
     .wrong = "import \"bert.graph\"", .right = "import \"../bert.graph\""},
    {"E0107", "import cycle",
     "A file imports itself, perhaps through others. Move what both need into a\n"
     "third file and import that.",
     .wrong = "# a.graph: import \"b.graph\"\n"
              "# b.graph: import \"a.graph\"",
     .right = "# a.graph: import \"shared.graph\"\n"
              "# b.graph: import \"shared.graph\""},
    {"E0108", "text of the IR in place of a graph file",
     "The file holds a graph as `gradc dump` prints it (.gir), not a model in the\n"
     "language of graph files. `gradc opt` reads such files.",
     .wrong = "gradc check layer.gir", .right = "gradc opt layer.gir"},
    {"E0201", "unknown name",
     "Nothing of this name is visible here: no earlier assignment, parameter,\n"
     "dimension or config value. A def does not see the names of its caller; hand\n"
     "the value over as an argument.",
     .wrong = "config hidden = 768\n"
              "y = dense(x, hiden)",
     .right = "config hidden = 768\n"
              "y = dense(x, hidden)"},
    {"E0202", "unknown function",
     "Neither the program nor the prelude has a def of this name, and no operator is\n"
     "called so. Look for a misspelling, or import the file that has the def.",
     .wrong = "y = sofmax(x)", .right = "y = softmax(x)"},
    {"E0203", "name declared twice",
     "Two config values, functions, tasks or inputs have one name, or a function is\n"
     "called like an operator. Rename one of them. (A value may be assigned again: x\n"
     "= layer_norm(x).) What an imported file declares is replaced by: override def\n"
     "name(...), override config name = ...",
     .wrong = "config size = 1, size = 2", .right = "config size = 1, width = 2"},
    {"E0204", "unknown config value",
     "--set NAME=VALUE gives a config value of the file another value, but no\n"
     "'config' line declares this name. `gradc check FILE` lists those that there\n"
     "are.",
     .wrong = "gradc train bert.graph --set layer=2", .right = "gradc train bert.graph --set layers=2"},
    {"E0205", "bad config value",
     "The value is not a finite number, or it is 2.5 where the file's own value is\n"
     "an integer. It comes from the config line, from config.json beside the\n"
     "weights, or from --set, the last being the strongest.",
     .wrong = "gradc train bert.graph --set layers=1.5", .right = "gradc train bert.graph --set layers=2"},
    {"E0206", "no such member",
     "Text inputs have members: ids, segments, positions, bounds, first (the row of\n"
     "each sequence's first token), sequence (the sequence of each token) and T (the\n"
     "number of tokens), as in: gather(h, sentence.first). A label has classes (how\n"
     "many); one of words or of masked tokens also at (the token rows that it belongs\n"
     "to) and W (how many).",
     .wrong = "word = embedding(x.id, vocab)", .right = "word = embedding(x.ids, vocab)"},
    {"E0208", "unfinished interpolation",
     "In the string of a scope, '{' begins the name of a constant and needs its '}',\n"
     "as in: in \"layer.{i}\"",
     .wrong = "h = layer(h) in \"layer.{i\"", .right = "h = layer(h) in \"layer.{i}\""},
    {"E0209", "bad override",
     "'override' replaces a def, config, checkpoint, tokens or optimizer declaration\n"
     "that stands before it, mostly in an imported file. An overriding def takes the\n"
     "same parameters, since calls are written for them; inside it the name means\n"
     "what it replaces: override def dense(x, O) { return relu(dense(x, O)) }",
     .wrong = "import \"bert.graph\"\n"
              "override def self_atention(h, x) { return h }",
     .right = "import \"bert.graph\"\n"
              "override def self_attention(h, x) { return h }"},
    {"E0301", "wrong number of arguments",
     "An argument is missing, given twice, or one too many. Arguments are given by\n"
     "position or by name:\n"
     "layer_norm(x, eps) and layer_norm(x, eps = eps) are the same.",
     .wrong = "y = dense(x)", .right = "y = dense(x, hidden)"},
    {"E0302", "unknown argument",
     "NAME = VALUE names a parameter that the function does not have; the message\n"
     "lists those that it has.",
     .wrong = "y = layer_norm(x, epsilon = 1e-5)", .right = "y = layer_norm(x, eps = 1e-5)"},
    {"E0303", "type does not match",
     "A tensor has another element type or shape than is declared. In a def's types,\n"
     "names of dimensions are config values or number parameters, or get their size\n"
     "from the first tensor that has them.",
     .wrong = "def head(x: f32[R, hidden]) -> f32[R, 1] { return x }",
     .right = "def head(x: f32[R, hidden]) -> f32[R, 1] { return mean(x) }"},
    {"E0304", "wrong kind of value",
     "A tensor, a number known when the graph is built, a text input or a string was\n"
     "needed here, and the value is of another kind. float(x) makes an f32 tensor of\n"
     "a condition or of integers.",
     .wrong = "y = softmax(sentence)", .right = "y = softmax(encoder(sentence))"},
    {"E0305", "operator cannot take these operands",
     "The shape rule of an operator is broken; the message says which: inner\n"
     "dimensions of a matmul that differ, an index that is not known to lie inside\n"
     "its table, an axis that the tensor does not have.",
     .wrong = "param weight: f32[O, I] ~ zeros\n"
              "y = matmul(x, weight)",
     .right = "param weight: f32[O, I] ~ zeros\n"
              "y = matmul(x, transpose(weight))"},
    {"E0306", "shapes do not fit together",
     "Operands of an elementwise operator are aligned at the right; each dimension\n"
     "must be equal or 1, as in NumPy, and the element types equal. Use reshape or\n"
     "broadcast, or float(x) for another element type.",
     .wrong = "y = x + float(mask) # f32[R, C] and f32[C, R]", .right = "y = x + transpose(float(mask))"},
    {"E0307", "wrong result",
     "A function returns something else than its declaration says. Correct the type\n"
     "after '->' or the value.",
     .wrong = "def f(x: f32[R, C]) -> f32[R, C] { return 2 }",
     .right = "def f(x: f32[R, C]) -> f32[R, C] { return 2 * x }"},
    {"E0308", "recursion",
     "A function calls itself, perhaps through others. A fixed number of rounds is:\n"
     "repeat i in 0..n { ... }",
     .wrong = "def deep(x) { return deep(layer(x)) }",
     .right = "def deep(x) {\n"
              "  repeat i in 0..layers { x = layer(x) in \"{i}\" }\n"
              "  return x\n"
              "}"},
    {"E0309", "condition is not known",
     "The condition of 'if' must be known when the graph is built: a config value, a\n"
     "parameter of the def. To choose element by element, write select(condition, a,\n"
     "b).",
     .wrong = "y = if x > 0 then x else 0", .right = "y = select(x > 0, x, 0)"},
    {"E0310", "number out of range",
     "An integer, a positive size, a rate below 1, an axis of the tensor, or a\n"
     "finite number was needed here.",
     .wrong = "y = drop(x, 1.5)", .right = "y = drop(x, 0.15)"},
    {"E0311", "unknown rows",
     "Random numbers are keyed by token or by sequence, and an update counts these,\n"
     "so the rows of the tensor must be all tokens or all sequences of an input, or\n"
     "the rows of the label. Apply drop before rows are selected or mixed.",
     .wrong = "first = gather(h, index)\n"
              "y = drop(first, 0.1)",
     .right = "h = drop(h, 0.1)\n"
              "y = gather(h, index)"},
    {"E0312", "too large",
     "Calls or repeats would make a graph of unreasonable size, or are nested too\n"
     "deeply, or the text of an 'in' is longer than any name. Look for a repeat whose\n"
     "count is not what was meant, for instance a size instead of a number of layers.",
     .wrong = "repeat i in 0..vocab { h = layer(h) in \"{i}\" }",
     .right = "repeat i in 0..layers { h = layer(h) in \"{i}\" }"},
    {"E0313", "no result", "A function ends without 'return'. Every def returns one value.",
     .wrong = "def twice(x) { y = 2 * x }",
     .right = "def twice(x) {\n"
              "  y = 2 * x\n"
              "  return y\n"
              "}"},
    {"E0314", "no score, or no range of keys",
     "What attention computes for one query and one key is a definition over single\n"
     "numbers: 'score' takes the product of query and key first and returns one f32;\n"
     "'keys' returns a range, 'first .. end', made of the query's position. Parameters\n"
     "declared as 'position' are the query's and the key's, in this order, one as\n"
     "'head' the head's number; gather(value, q, column) and gather(value, k, column)\n"
     "read their rows; what else there is stands in the call: score = biased(0.5).",
     .wrong = "def near(q: position) = q + 64\n"
              "...\n"
              "a = attention(q, k, v, x, x, heads = heads, keys = near)",
     .right = "def near(q: position) = q - 64 .. q + 65"},
    {"E0401", "parameter instantiated twice",
     "One task uses a parameter's full name two times. Give each use a scope of its\n"
     "own with: in \"name\"; or, when both are meant to be one tensor, say so at the\n"
     "second use: in shared \"name\".",
     .wrong = "a = dense(x, 8)\n"
              "b = dense(y, 8)",
     .right = "a = dense(x, 8) in \"a\"\n"
              "b = dense(y, 8) in \"b\""},
    {"E0402", "parameter differs",
     "Two uses of one parameter name differ in shape, initialiser or flags. Make\n"
     "them equal, or give them scopes of their own.",
     .wrong = "a = dense(x, 8) in \"head\"\n"
              "b = dense(y, 9) in shared \"head\"",
     .right = "a = dense(x, 8) in \"head\"\n"
              "b = dense(y, 9) in \"other\""},
    {"E0403", "task incomplete",
     "A task says where its rows come from and what is learned: data, input, loss,\n"
     "predict and metric, and most have a label. models/heads/cola.graph is a short\n"
     "one to copy.",
     .wrong = "task t { data \"t.tsv\" tab unquoted }",
     .right = "task t {\n"
              "  data \"t.tsv\" tab unquoted\n"
              "  input sentence: text\n"
              "  label y: class[2]\n"
              "  loss ...\n"
              "  predict ...\n"
              "  metric accuracy\n"
              "}"},
    {"E0404", "bad parameter",
     "A parameter is f32 and starts as zeros, ones, constant(c), normal(mean,\n"
     "deviation) or uniform(low, high):\n"
     "param weight: f32[O, I] ~ normal(0, 0.02)",
     .wrong = "param weight: f32[O, I] ~ random", .right = "param weight: f32[O, I] ~ normal(0, 0.02)"},
    {"E0405", "bad loss or prediction",
     "The loss is one f32; a prediction is f32 with one row for each sequence, [S,\n"
     "1] or [S, C], or, where the label is one of words, for each of the label's\n"
     "rows. cross_entropy, bce_with_logits and mse of the prelude are such losses.",
     .wrong = "loss logits - y", .right = "loss mse(logits, y)"},
    {"E0406", "no tokens declaration",
     "A program with a text input says below which sizes token numbers, positions\n"
     "and segments lie:\n"
     "tokens vocab = vocab, positions = positions, segments = types",
     .wrong = "# no tokens line, and\n"
              "input sentence: text",
     .right = "tokens vocab = 30522, positions = 512, segments = 2"},
    {"E0407", "bad optimizer",
     "A program has at most one optimizer. Its parameters are numbers with a value\n"
     "(decay = 0.01), weight and states keep their types, and there are at most four\n"
     "states. Over a flat run of parameters, f32[N], nothing can be summed; with\n"
     "weight: f32[R, C] among its parameters it sees one parameter at a time. A state\n"
     "that begins as the weight (~ weight), or is evaluated, is as large as it. See\n"
     "models/encoders/bert.graph and models/optimizers/lamb.graph.",
     .wrong = "optimizer sgd(rate: f32[]) { ... }", .right = "optimizer sgd(momentum = 0.9) { ... }"},
    {"E0408", "given twice",
     "A task has one data, loss and predict, and at most 16 texts and eight\n"
     "metrics.",
     .wrong = "loss mse(a, y)\n"
              "loss mse(b, y)",
     .right = "loss mse(a, y) + mse(b, y)"},
    {"E0409", "labels or numbers that do not fit",
     "A label has one column; flags and numbers may have one each. A label of words\n"
     "names an input of words, a masked one the input whose tokens are hidden. Only\n"
     "classes have weights, one each; classes without names are those of the data:\n"
     "input teacher = (p0, p1, p2): numbers\n"
     "label tags: class[\"O\", \"B-PER\", \"I-PER\"] of sentence\n"
     "label hidden: masked[0.15] of sentence",
     .wrong = "label tags: class[\"O\", \"B\"] of text # input text: text",
     .right = "label tags: class[\"O\", \"B\"] of text # input text: words"},
    {"E0410", "no parameter matches",
     "A pattern of 'freeze' must match a parameter's full name, as in: freeze\n"
     "\"bert.*\" except \"*.bias\". A star stands for any characters, a question mark\n"
     "for one, {0..6} for the numbers from 0 up to 6, which is excluded, as in\n"
     "'repeat'; its ends may be config values. In a 'merge' line there is one star at\n"
     "most, and all parameters that the line names must exist.",
     .wrong = "freeze \"encoder.*\"", .right = "freeze \"bert.encoder.*\""},
    {"E0411", "weights that are never used",
     "A label is declared with weights of its classes, which change nothing until the\n"
     "loss takes them:\n"
     "loss class_weighted(logits, mood, mood.weights)",
     .wrong = "label mood: class[\"sad\", \"glad\"] weights [2, 1]\n"
              "...\n"
              "loss cross_entropy(logits, mood)",
     .right = "label mood: class[\"sad\", \"glad\"] weights [2, 1]\n"
              "...\n"
              "loss class_weighted(logits, mood, mood.weights)"},
    {"E0412", "a split that cannot be",
     "A task divides its file by a share between 0 and 1, or into at least two folds,\n"
     "of which --fold names one, from 0. Only classes can be stratified:\n"
     "split dev 0.1 stratified grouped by author seed 7",
     .wrong = "split dev 10", .right = "split dev 0.1"},
    {"E0413", "a fit that cannot be",
     "A number that is fitted on the development set starts somewhere between its\n"
     "lowest and its highest value, and something that is evaluated reads it: the\n"
     "prediction, or what a line 'show' gives, such as the probabilities. At most 1000\n"
     "numbers are fitted at once: fit threshold[3] = 0.5 from 0 to 1 for f1_macro.",
     .wrong = "fit threshold = 0 from 1 to 2 for f1", .right = "fit threshold = 0.5 from 0 to 1 for f1"},
    {"E0414", "windows that cannot be",
     "A long text becomes several sequences: text window 512 stride 256 pool mean. A\n"
     "window has at most as many tokens as the model has positions (or --max-length\n"
     "allows) and begins so soon after the one before that no token is left out. It is\n"
     "for tasks with one text, which is no pair, and with a label for each row: words\n"
     "and hidden tokens would come once in each window.",
     .wrong = "input text: text window 64 stride 64 pool max",
     .right = "input text: text window 64 stride 48 pool max"},
    {"E0415", "a merge that cannot be",
     "A line 'merge' says what takes a parameter's place in a plainer model: a value\n"
     "of the same shape, computed from parameters alone. The one star of its names\n"
     "stands for the same text in all of them:\n"
     "merge \"*.weight\" = \"*.weight\" + matmul(\"*.lora_B.weight\", \"*.lora_A.weight\")",
     .wrong = "merge \"*.weight\" = \"*.lora_A.weight\"",
     .right = "merge \"*.weight\" = \"*.weight\" + matmul(\"*.lora_B.weight\", \"*.lora_A.weight\")"},
    {0},
};
