/* Explanations of what single commands are given: E0950 to E0999, in the order of codes. */
#include "graph/base/explanations.h"

const Explanation explanations_of_commands[] = {
    {"E0950", "standard output could not be written",
     "It was closed, or its disk is full: part of what was printed is lost. Options\n"
     "that name a file (--output, --out) write it whole or not at all.",
     .wrong = "gradc check my.graph > /dev/full", .right = "gradc check my.graph"},
    {"E0951", "out of memory",
     "The system gave the process no more memory: the machine has none left, or a\n"
     "limit (`ulimit -v`, a container's) was reached. Close other programs, allow\n"
     "more, or take less at a time: smaller files, fewer rows (--limit), smaller\n"
     "batches (--batch), shorter texts (--max-length). Files that were being\n"
     "written are left as they were before.",
     .wrong = "gradc predict run --task t --input all.tsv", .right = "split -l 1000000 all.tsv part-"},
    {"E0952", "which task?",
     "`gradc predict` works on one task: name it with --task. `gradc check` prints\n"
     "those of the file.",
     .wrong = "gradc predict run", .right = "gradc predict run --task sentiment"},
    {"E0953", "no rows to show",
     "`gradc predict` writes a line for each row of the data, so the value of --show\n"
     "must have a row for each sequence, token or label.",
     .wrong = "show sum(x, axis = 0) as \"sum\"", .right = "show x as \"rows\""},
    {"E0954", "not one of the words",
     "The option takes one of a few words, which `gradc predict --help` lists:\n"
     "--format tsv, csv or jsonl, and --bad-rows stop or error.",
     .wrong = "gradc predict run --task t --format excel", .right = "gradc predict run --task t --format csv"},
    {"E0955", "no probabilities",
     "--probabilities writes what the task shows under this name. A task that is\n"
     "trained with cross_entropy shows softmax(logits), one with bce_with_logits\n"
     "sigmoid(logits).",
     .wrong = "loss cross_entropy(logits, y)\n"
              "predict argmax(logits)",
     .right = "loss cross_entropy(logits, y)\n"
              "predict argmax(logits)\n"
              "show softmax(logits) as \"probabilities\""},
    {"E0956", "no place to listen",
     "`gradc serve` makes a Unix socket. One that a dead server left is replaced;\n"
     "a living server's, or a file of another kind, is left alone.",
     .wrong = "gradc serve run --socket notes.txt", .right = "gradc serve run --socket /tmp/gradc.socket"},
    {"E0957", "where to listen?",
     "`gradc serve` gets its socket with --socket. The folder is to be there; on\n"
     "many systems $XDG_RUNTIME_DIR is the user's own.",
     .wrong = "gradc serve run", .right = "gradc serve run --socket /tmp/gradc.socket"},
    {"E0958", "texts of no rows", "--texts adds the texts to the rows that --errors writes. Alone it shows nothing.",
     .wrong = "gradc eval run --texts", .right = "gradc eval run --errors wrong.tsv --texts"},
    {"E0959", "runs that cannot answer together",
     "`gradc predict A B` and `gradc eval A B` average what predictions are decided\n"
     "from. The runs have the same task with the same classes in the same order, and\n"
     "decide alike. Tags of words and hidden tokens need the same tokenizer as well.",
     .wrong = "gradc predict run/stars run/mood --task review",
     .right = "gradc predict run/seed-1 run/seed-2 --task review"},
    {"E0960", "the folder for dumps cannot be made",
     "With --out, dump writes one file a stage into that folder. Its parent must\n"
     "exist and may be written to.",
     .wrong = "gradc dump my.graph --stage all --out missing/dump",
     .right = "mkdir missing\n"
              "gradc dump my.graph --stage all --out missing/dump"},
    {"E0961", "unknown stage",
     "`gradc dump` shows the graph as the text has it ('source'), after each pass, by\n"
     "the pass's name, then its 'kernels', or 'all' of these. A stage's number, as in\n"
     "the names of the files that --out writes, will do too. 'join' and 'cut' make a\n"
     "stage only where there is something to join or to cut off.",
     .wrong = "gradc dump my.graph --stage fused", .right = "gradc dump my.graph --stage fuse"},
    {"E0962", "unknown kind of graph",
     "A task has a training and an evaluation graph, the program an update. --graph\n"
     "chooses among them: train, eval, update or all; together is the training graph\n"
     "of all tasks in one step.",
     .wrong = "gradc dump my.graph --graph training", .right = "gradc dump my.graph --graph train"},
    {"E0963", "no such node",
     "--why takes the number of a node as `gradc dump` prints it for the same task,\n"
     "graph and stage, or the name of a parameter, an input or an output. A parameter\n"
     "that a graph does not read, or an output it does not have, is not in its stages.",
     .wrong = "gradc dump my.graph --why encoder.wieght", .right = "gradc dump my.graph --why encoder.weight"},
    {"E0964", "unknown format",
     "`gradc dump` writes graphs as text or for Graphviz (dot), and the code of\n"
     "kernels as LLVM IR (llvm) or assembly (asm).",
     .wrong = "gradc dump my.graph --format svg", .right = "gradc dump my.graph --format dot"},
    {"E0965", "unknown form", "`gradc opt --emit` prints ir, or the kernels' code as llvm or asm.",
     .wrong = "gradc opt t.gir --emit elf", .right = "gradc opt t.gir --emit asm --cpu x86-64-v4"},
    {"E0966", "tasks that cannot be joined",
     "Tasks are joined when there are at least two, each has one text, and all of them\n"
     "compute some product of its rows alike, with the same parameters. Otherwise a\n"
     "step over all tasks has a pass for each of them.",
     .wrong = "gradc dump my.graph --graph together", .right = "gradc dump models/bert.graph --graph together"},
    {"E0967", "measurements that cannot be compared",
     "gradc bench --compare takes what --json wrote before: of the same tasks, in the\n"
     "same mode, with the same rows, steps and batch. Times of other steps would\n"
     "differ without any change of the code.",
     .wrong = "gradc bench run --steps 50 --compare thirty_steps.json",
     .right = "gradc bench run --json > old.json; gradc bench run --compare old.json"},
    {"E0968", "nothing to be attributed",
     "gradc attribute takes a task with one text or pair, whose tokens are embedded by\n"
     "one table and whose score has a row for each text; and a class that it has.",
     .wrong = "gradc attribute run --task sentiment --text 'a good film' --class god",
     .right = "gradc attribute run --task sentiment --text 'a good film' --class good"},
    {"E0969", "contributions that do not add up",
     "What the words contribute must be the score less that of the baseline, to a\n"
     "hundredth. The points on the way between them were doubled three times, which\n"
     "was not enough: take more from the start.",
     .wrong = "gradc attribute run --text 'a good film' --points 2",
     .right = "gradc attribute run --text 'a good film' --points 400"},
    {"E0970", "nothing of this name to show",
     "`gradc run --show` takes a local name (q), a definition and its local\n"
     "(encoder_layer.q), the end of a scope and a name (layer.0.attention.self.q; *\n"
     "stands for anything), a definition for what it returns, or a line of the file\n"
     "(57, bert.graph:57). Only names of what is run count: of the --task, or of the\n"
     "--def and what it calls.",
     .wrong = "gradc run my.graph --task t --show logit", .right = "gradc run my.graph --task t --show logits"},
    {"E0971", "an argument is not known",
     "`gradc run --def` makes tensors for a definition's arguments, so it must know\n"
     "their sizes: every generic dimension (--shape R=4) and every argument that is\n"
     "a number (--shape O=8). A tensor that is given, --input x=FILE.npy, brings its\n"
     "sizes along. Arguments that are texts come from --text, or are random tokens.",
     .wrong = "gradc run my.graph --def gelu", .right = "gradc run my.graph --def gelu --shape R=2,C=3"},
    {"E0972", "a bad size",
     "--shape takes NAME=SIZE: a number (R=4), a shape (x=2x3), or a size that is\n"
     "known batch by batch: x.T, the tokens of text input x, or S, the sequences.",
     .wrong = "gradc run my.graph --def gelu --shape R=2,C=a", .right = "gradc run my.graph --def gelu --shape x=2x3"},
    {"E0973", "an array that cannot be read",
     "--input reads NumPy's .npy files with at most four axes, in C order, with\n"
     "little-endian elements f4, f8, i4, i8 or b1.",
     .wrong = "gradc run my.graph --def gelu --input x=list.npy",
     .right = "python3 -c 'import numpy; numpy.save(\"x.npy\", numpy.ones((2, 3)))'\n"
              "gradc run my.graph --def gelu --input x=x.npy"},
    {"E0974", "a bad input",
     "--input takes NAME=FILE.npy or NAME=NUMBERS, where the name is that of an\n"
     "argument of the definition or of the label of the task. Numbers are written\n"
     "as NumPy prints them, with commas: --input 'x=[[1, 2], [3, 4]]'; one number\n"
     "is given to all elements.",
     .wrong = "gradc run my.graph --def gelu --input 'x=[1, [2]]'",
     .right = "gradc run my.graph --def gelu --input 'x=[[1, 2]]'"},
    {"E0975", "an input that does not fit",
     "The tensor has another number of elements than its type says, or a value that\n"
     "the type rules out, such as a class that the label does not have.",
     .wrong = "label y: class[2]\n"
              "gradc run my.graph --task t --input y=2",
     .right = "label y: class[2]\n"
              "gradc run my.graph --task t --input y=1"},
    {"E0976", "texts that make no rows",
     "A row needs one --text for each column of the task: two for a pair, the texts\n"
     "of a row one after the other. Rows come from --text or from --input, not both.",
     .wrong = "input both = (a, b): pair\n"
              "gradc run my.graph --task t --text one",
     .right = "input both = (a, b): pair\n"
              "gradc run my.graph --task t --text one --text two"},
    {"E0977", "no gradient to show",
     "With --def, --grad shows gradients of the sum of what the definition returns,\n"
     "which must be f32.",
     .wrong = "def count(x: i32[R]) { return x + 1 }\n"
              "gradc run my.graph --def count --shape R=2 --grad",
     .right = "def count(x: i32[R]) { return float(x + 1) }\n"
              "gradc run my.graph --def count --shape R=2 --grad"},
    {"E0978", "a value that cannot be computed",
     "The interpreter met an index outside of its table, or an integer that\n"
     "overflows; the message says which operator did.",
     .wrong = "def square(x: i32[R]) { return x * x }\n"
              "gradc run my.graph --def square --input x=100000",
     .right = "def square(x: f32[R]) { return x * x }\n"
              "gradc run my.graph --def square --input x=100000"},
    {"E0979", "what to run?",
     "`gradc run` evaluates one task (--task NAME, with --text for its rows) or one\n"
     "definition by itself (--def NAME, with --shape for its sizes).",
     .wrong = "gradc run my.graph", .right = "gradc run my.graph --task t"},
    {"E0980", "a wrong gradient",
     "`gradc gradcheck` found that compiled code, the interpreter and differences of\n"
     "the loss do not agree. That is a mistake of gradc, or the loss is not smooth\n"
     "where it was looked at (a maximum of equal numbers): another --seed tells them\n"
     "apart. --passes -fuse says whether fusion is to blame.",
     .right = "gradc gradcheck my.graph"},
    {"E0981", "ranks that do not fit together",
     "The processes that mpirun starts share one run: each has some of the shards of\n"
     "an update, so that there may be as many as there are shards. They need the same\n"
     "graph file, weights, rows and settings. When one of them is dead, hangs or is\n"
     "cut off, the run ends, and goes on from its last checkpoint with --resume.",
     .wrong = "mpirun -n 8 gradc train my.graph --shards 4",
     .right = "mpirun -n 4 gradc train my.graph --shards 4"},
    {"E0982", "no such setting",
     "The block `train { ... }` of a graph file has options of `gradc train` that\n"
     "decide the weights, with _ for -, one a line; those of the command line are\n"
     "stronger. Folders, files and threads are no part of a recipe.",
     .wrong = "train {\n"
              "  epoch = 3\n"
              "}",
     .right = "train {\n"
              "  epochs = 3\n"
              "}"},
    {"E0983", "not a model of another program",
     "`gradc export` makes of a task what the graph file says it is there: a line\n"
     "export hf classifier in \"heads.NAME\"\n"
     "in the task for transformers, where the encoder's file says which class has a\n"
     "head of that name; or, for sentence-transformers, how it pools:\n"
     "export sentence_transformers \"mean\"",
     .wrong = "gradc export run --task likeness --format sentence-transformers --out st",
     .right = "task likeness {\n"
              "  ...\n"
              "  export sentence_transformers \"mean\"\n"
              "}"},
    {"E0984", "a parameter without a place",
     "The class that the model would be exported as does not have this parameter, so\n"
     "it would load there and compute something else. An adapter's parameters and\n"
     "changed encoders cannot be exported as the plain class.",
     .wrong = "gradc export run/lora --task sentiment --out hf",
     .right = "gradc export run/full --task sentiment --out hf"},
    {"E0985", "weights of another model",
     "config.json says of the weights what the graph file does not compute: another\n"
     "activation, another kind of positions, another family of models. Take the file\n"
     "of that model, or change the graph and what it expects:\n"
     "override checkpoint expects \"hidden_act\" = \"gelu_new\"",
     .wrong = "\"hidden_act\": \"relu\"", .right = "\"hidden_act\": \"gelu\""},
    {"E0986", "no use for a column",
     "`gradc init` can predict nothing from a column of labels that has lists, one\n"
     "class alone, or too many different texts to be classes, as a column of ids or\n"
     "of texts has. A column of numbers (--number) has numbers and empty cells alone,\n"
     "and not the same number everywhere.",
     .wrong = "gradc init notes.csv --text note --label id", .right = "gradc init notes.csv --text note --label mood"},
    {"E0987", "nowhere to write, or nothing to write from",
     "`gradc init` does not replace a file without --force, and fills in a template\n"
     "of the folder models/init, which stands in the source tree and is installed.",
     .wrong = "gradc init notes.csv --text note --label mood --out notes.graph",
     .right = "gradc init notes.csv --text note --label mood --out notes.graph --force"},
    {"E0988", "more memory than is allowed",
     "--max-memory is less than what the run needs: weights, gradients and moments,\n"
     "and the values that the backward pass of the largest batch reads. Smaller\n"
     "batches need less; --accumulate makes one step of several of them. So do frozen\n"
     "parts, which have neither gradients nor moments, and shorter texts.",
     .wrong = "gradc train my.graph --batch 32 --max-memory 1G",
     .right = "gradc train my.graph --batch 8 --accumulate 4 --max-memory 1G"},
    {"E0989", "nothing to be merged",
     "`gradc export --merge` folds parameters into others as the graph file says it.\n"
     "Not every adapter can be folded: one with an activation inside, such as a\n"
     "bottleneck, is no sum of matrices. LoRA is:\n"
     "merge \"*.weight\" = \"*.weight\" + matmul(\"*.lora_B.weight\", \"*.lora_A.weight\")",
     .wrong = "gradc export run/bottleneck --merge --task sentiment --out hf",
     .right = "gradc export run/lora --merge --task sentiment --out hf"},
    {"E0990", "batches that are no shards",
     "The rows of an update are dealt into --shards of equal size, and into as many\n"
     "batches as --accumulate says: a batch is one shard, or several, and its end is\n"
     "the end of one. Without --shards each batch is a shard.",
     .wrong = "gradc train my.graph --batch 8 --accumulate 3 --shards 4",
     .right = "gradc train my.graph --batch 8 --accumulate 2 --shards 4"},
    {"E0991", "rows that meet",
     "With --shards what is summed over the rows of an update is summed shard by\n"
     "shard, so that a loss is to be a sum over rows, or a mean over update_rows. Here\n"
     "a row is compared with the others of its batch, or a number that is made of all\n"
     "rows is not added up but used: with shards, it would be of fewer rows.",
     .wrong = "gradc train contrastive.graph --shards 4", .right = "gradc train contrastive.graph"},
    {"E0992", "a build without MPI",
     "mpirun has started several processes, which would each train the same run. To\n"
     "share it they need MPI: install libopenmpi-dev or libmpich-dev, set up a new\n"
     "build folder, and use the mpirun of the same MPI.",
     .wrong = "mpirun -n 2 gradc train my.graph --shards 2", .right = "gradc train my.graph --shards 2"},
    {"E0993", "a report of what, and where to?",
     "`gradc report` writes one file, which --out names: a page, or with --plot one\n"
     "kind of picture. Not every run has every picture: a confusion matrix needs a\n"
     "task with classes, ROC curves need one that shows probabilities, curves need\n"
     "epochs.",
     .wrong = "gradc report run --plot los --out loss.svg", .right = "gradc report run --plot loss --out loss.svg"},
    {"E0994", "a run without a log",
     "A report draws what the log of a run tells, which is log.jsonl in its folder\n"
     "unless the run was trained with --log. A graph file has no log. `gradc replay`\n"
     "and `gradc diff-runs`, which takes two runs, read its settings.json as well.",
     .wrong = "gradc report my.graph --out page.html", .right = "gradc report run --out page.html"},
    {"E0995", "a damaged log",
     "The log of a run is JSON, one object a line. A line that is cut off at the end\n"
     "is what a killed run leaves, and is passed over; anything else is not read.",
     .right = "gradc report run --out page.html"},
    {"E0996", "no PNG",
     "Pictures are drawn as SVG. PNG is made of it by librsvg 2, which is loaded\n"
     "when it is asked for and is not part of gradc.",
     .right = "gradc report run --plot loss --out loss.svg"},
    {"E0997", "a run that cannot be repeated",
     "A step is repeated from what the run was made of: the text of its model, which\n"
     "is in its folder, the files of its data, and the nearest checkpoint or else the\n"
     "weights that it began with. The hashes of all these are in settings.json; one of\n"
     "them is not what is there now.",
     .right = "gradc replay run --step 412 --data data"},
    {"E0998", "a step that there is not",
     "Steps are counted as the log counts them: the first is 1, and the last is the\n"
     "number of steps that the run was to have.",
     .wrong = "gradc replay run --step 100000", .right = "gradc replay run --step 1"},
    {"E0999", "a step that came out otherwise",
     "The repeated step does not have the loss and norm that the log has, so what is\n"
     "shown of it is not what happened. The bits are the same on any machine that has\n"
     "FMA, with any number of threads, for the same version of gradc and the same\n"
     "settings.",
     .right = "gradc replay run --step 412"},
    {0},
};
