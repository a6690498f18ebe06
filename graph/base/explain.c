/* What each diagnostic means and the way out of it: one table, for `gradc explain`. The first line
 * of a text is its title. tests/test_diag.c checks that the table holds exactly the codes that the
 * sources use.
 *
 *     E01-E04  graph files      E05  text of the IR      E06  passes      E07  code generation
 *     E08      data, weights and other files             E09  command line and training */
#include <string.h>

#include "graph/base/diag.h"

typedef struct Explanation {
    const char *code, *text;
} Explanation;

static const Explanation table[] = {
    /* --- Graph files: words and grammar --- */
    {"E0101", "unexpected character\n"
              "A byte of the file begins no word, number, string or sign of the language.\n"
              "Names are made of letters, digits and '_'; comments begin with '#'."},
    {"E0102", "string without end\n"
              "A string stands between two '\"' on one line, as in: data\n"
              "\"sst/ids-sst-{split}.csv\" tab unquoted"},
    {"E0103", "not a number\n"
              "The number is too large, or letters follow it directly. Write 12, 0.1 or\n"
              "1e-12; a product is 2 * x, not 2x."},
    {"E0104", "syntax\n"
              "Something else was expected where the caret is. A file holds import, config,\n"
              "checkpoint, tokens, def, optimizer and task declarations; their bodies hold\n"
              "statements such as 'name = value'. When the place looks right, look for a\n"
              "bracket that is still open above it."},
    {"E0105", "nested too deeply\n"
              "Brackets or blocks are nested deeper than the parser goes, or one expression\n"
              "has too many operators. Give parts of it names of their own."},
    {"E0106", "graph file cannot be read\n"
              "The graph file, or one that it imports, is missing, is no text, or is longer\n"
              "than 1 MiB. An import's path is relative to the file that imports: in\n"
              "models/heads/, \"../bert.graph\"."},
    {"E0107", "import cycle\n"
              "A file imports itself, perhaps through others. Move what both need into a\n"
              "third file and import that."},
    {"E0108", "text of the IR in place of a graph file\n"
              "The file holds a graph as `gradc dump` prints it (.gir), not a model in the\n"
              "language of graph files. `gradc opt` reads such files."},

    /* --- Graph files: names --- */
    {"E0201", "unknown name\n"
              "Nothing of this name is visible here: no earlier assignment, parameter,\n"
              "dimension or config value. A def does not see the names of its caller; hand\n"
              "the value over as an argument."},
    {"E0202", "unknown function\n"
              "Neither the program nor the prelude has a def of this name, and no operator is\n"
              "called so. Look for a misspelling, or import the file that has the def."},
    {"E0203", "name declared twice\n"
              "Two config values, functions, tasks or inputs have one name, or a function is\n"
              "called like an operator. Rename one of them. (A value may be assigned again: x\n"
              "= layer_norm(x).) What an imported file declares is replaced by: override def\n"
              "name(...), override config name = ..."},
    {"E0204", "unknown config value\n"
              "--set NAME=VALUE gives a config value of the file another value, but no\n"
              "'config' line declares this name. `gradc check FILE` lists those that there\n"
              "are."},
    {"E0205", "bad config value\n"
              "The value is not a finite number, or it is 2.5 where the file's own value is\n"
              "an integer. It comes from the config line, from config.json beside the\n"
              "weights, or from --set, the last being the strongest."},
    {"E0206", "no such member\n"
              "Text inputs have members: ids, segments, positions, bounds, first (the row of\n"
              "each sequence's first token), sequence (the sequence of each token) and T (the\n"
              "number of tokens), as in: gather(h, sentence.first). A label has classes (how\n"
              "many); one of words or of masked tokens also at (the token rows that it belongs\n"
              "to) and W (how many)."},
    {"E0208", "unfinished interpolation\n"
              "In the string of a scope, '{' begins the name of a constant and needs its '}',\n"
              "as in: in \"layer.{i}\""},

    {"E0209", "bad override\n"
              "'override' replaces a def, config, checkpoint, tokens or optimizer declaration\n"
              "that stands before it, mostly in an imported file. An overriding def takes the\n"
              "same parameters, since calls are written for them; inside it the name means\n"
              "what it replaces: override def dense(x, O) { return relu(dense(x, O)) }"},

    /* --- Graph files: calls and types --- */
    {"E0301", "wrong number of arguments\n"
              "An argument is missing, given twice, or one too many. Arguments are given by\n"
              "position or by name:\n"
              "layer_norm(x, eps) and layer_norm(x, eps = eps) are the same."},
    {"E0302", "unknown argument\n"
              "NAME = VALUE names a parameter that the function does not have; the message\n"
              "lists those that it has."},
    {"E0303", "type does not match\n"
              "A tensor has another element type or shape than is declared. In a def's types,\n"
              "names of dimensions are config values or number parameters, or get their size\n"
              "from the first tensor that has them."},
    {"E0304", "wrong kind of value\n"
              "A tensor, a number known when the graph is built, a text input or a string was\n"
              "needed here, and the value is of another kind. float(x) makes an f32 tensor of\n"
              "a condition or of integers."},
    {"E0305", "operator cannot take these operands\n"
              "The shape rule of an operator is broken; the message says which: inner\n"
              "dimensions of a matmul that differ, an index that is not known to lie inside\n"
              "its table, an axis that the tensor does not have."},
    {"E0306", "shapes do not fit together\n"
              "Operands of an elementwise operator are aligned at the right; each dimension\n"
              "must be equal or 1, as in NumPy, and the element types equal. Use reshape or\n"
              "broadcast, or float(x) for another element type."},
    {"E0307", "wrong result\n"
              "A function returns something else than its declaration says. Correct the type\n"
              "after '->' or the value."},
    {"E0308", "recursion\n"
              "A function calls itself, perhaps through others. A fixed number of rounds is:\n"
              "repeat i in 0..n { ... }"},
    {"E0309", "condition is not known\n"
              "The condition of 'if' must be known when the graph is built: a config value, a\n"
              "parameter of the def. To choose element by element, write select(condition, a,\n"
              "b)."},
    {"E0310", "number out of range\n"
              "An integer, a positive size, a rate below 1, an axis of the tensor, or a\n"
              "finite number was needed here."},
    {"E0311", "unknown rows\n"
              "Random numbers are keyed by token or by sequence, and an update counts these,\n"
              "so the rows of the tensor must be all tokens or all sequences of an input, or\n"
              "the rows of the label. Apply drop before rows are selected or mixed."},
    {"E0312", "too large\n"
              "Calls or repeats would make a graph of unreasonable size, or are nested too\n"
              "deeply, or the text of an 'in' is longer than any name. Look for a repeat whose\n"
              "count is not what was meant, for instance a size instead of a number of layers."},
    {"E0313", "no result\n"
              "A function ends without 'return'. Every def returns one value."},

    /* --- Graph files: parameters and tasks --- */
    {"E0314", "no score, or no range of keys\n"
              "What attention computes for one query and one key is a definition over single\n"
              "numbers: 'score' takes the product of query and key (the first parameter) and\n"
              "returns one f32; 'keys' returns a range, 'first .. end', made of the query's\n"
              "position. Parameters declared as 'position' are the query's and the key's\n"
              "position in the text, in this order, one declared as 'head' the head's number;\n"
              "what else there is stands in the call: score = biased(0.5)."},
    {"E0401", "parameter instantiated twice\n"
              "One task uses a parameter's full name two times. Give each use a scope of its\n"
              "own with: in \"name\"; or, when both are meant to be one tensor, say so at the\n"
              "second use: in shared \"name\"."},
    {"E0402", "parameter differs\n"
              "Two uses of one parameter name differ in shape, initialiser or flags. Make\n"
              "them equal, or give them scopes of their own."},
    {"E0403", "task incomplete\n"
              "A task says where its rows come from and what is learned: data, input, loss,\n"
              "predict and metric, and most have a label. models/heads/cola.graph is a short\n"
              "one to copy."},
    {"E0404", "bad parameter\n"
              "A parameter is f32 and starts as zeros, ones, constant(c), normal(mean,\n"
              "deviation) or uniform(low, high):\n"
              "param weight: f32[O, I] ~ normal(0, 0.02)"},
    {"E0405", "bad loss or prediction\n"
              "The loss is one f32; a prediction is f32 with one row for each sequence, [S,\n"
              "1] or [S, C], or, where the label is one of words, for each of the label's\n"
              "rows. cross_entropy, bce_with_logits and mse of the prelude are such losses."},
    {"E0406", "no tokens declaration\n"
              "A program with a text input says below which sizes token numbers, positions\n"
              "and segments lie:\n"
              "tokens vocab = vocab, positions = positions, segments = types"},
    {"E0407", "bad optimizer\n"
              "A program has at most one optimizer. Its parameters are numbers with a value\n"
              "(decay = 0.01), weight and states keep their types, and there are at most four\n"
              "states. Over a flat run of parameters, f32[N], nothing can be summed; with\n"
              "weight: f32[R, C] among its parameters it sees one parameter at a time. A state\n"
              "that begins as the weight (~ weight), or is evaluated, is as large as it. See\n"
              "models/encoders/bert.graph and models/optimizers/lamb.graph."},
    {"E0408", "given twice\n"
              "A task has one data, label, loss and predict, and at most two inputs and eight\n"
              "metrics."},
    {"E0409", "the label does not fit\n"
              "A label has one column; flags may have one for each flag. A label of words\n"
              "names an input of words; a masked one names the input whose tokens are hidden:\n"
              "label topics = (a, b, c): flags\n"
              "label tags: class[\"O\", \"B-PER\", \"I-PER\"] of sentence\n"
              "label hidden: masked[0.15] of sentence"},

    {"E0410", "no parameter matches\n"
              "A pattern of 'freeze' must match a parameter's full name, as in: freeze\n"
              "\"bert.*\" except \"*.bias\". A star stands for any characters, a question mark\n"
              "for one, {0..6} for the numbers from 0 up to 6, which is excluded, as in\n"
              "'repeat'; its ends may be config values. In a 'merge' line there is one star at\n"
              "most, and all parameters that the line names must exist."},
    {"E0411", "weights that are never used\n"
              "A label is declared with weights of its classes, which change nothing until the\n"
              "loss takes them:\n"
              "loss class_weighted(logits, mood, mood.weights)"},
    {"E0412", "a split that cannot be\n"
              "A task divides its file by a share between 0 and 1, or into at least two folds,\n"
              "of which --fold names one, from 0. Only classes can be stratified:\n"
              "split dev 0.1 stratified grouped by author seed 7"},
    {"E0413", "a fit that cannot be\n"
              "A number that is fitted on the development set starts somewhere between its\n"
              "lowest and its highest value, and something that is evaluated reads it: the\n"
              "prediction, or what a line 'show' gives, such as the probabilities. At most 1000\n"
              "numbers are fitted at once: fit threshold[3] = 0.5 from 0 to 1 for f1_macro."},

    {"E0414", "windows that cannot be\n"
              "A long text becomes several sequences: text window 512 stride 256 pool mean. A\n"
              "window has at most as many tokens as the model has positions (or --max-length\n"
              "allows) and begins so soon after the one before that no token is left out. It is\n"
              "for tasks with one text, which is no pair, and with a label for each row: words\n"
              "and hidden tokens would come once in each window."},
    {"E0415", "a merge that cannot be\n"
              "A line 'merge' says what takes a parameter's place in a plainer model: a value\n"
              "of the same shape, computed from parameters alone. The one star of its names\n"
              "stands for the same text in all of them:\n"
              "merge \"*.weight\" = \"*.weight\" + matmul(\"*.lora_B.weight\", \"*.lora_A.weight\")"},

    /* --- The text of the intermediate representation --- */
    {"E0501", "not a graph\n"
              "A text of the graph's own language, as `gradc dump` prints it, does not follow\n"
              "its grammar or breaks a rule of the representation. Rules that the verifier\n"
              "finds broken are cited with their number."},
    {"E0502", "not a text of the IR\n"
              "`gradc opt` reads graphs as `gradc dump` prints them (.gir); they begin with a\n"
              "line graph \"NAME\". A graph file becomes such texts by `gradc dump FILE --stage\n"
              "all --out DIR`."},

    /* --- Passes --- */
    {"E0601", "no scalar loss\n"
              "A graph to be differentiated needs one output named 'loss' of type f32[]. Give\n"
              "the task a loss that is a scalar, for instance the mean of the rows' losses."},
    {"E0602", "no gradient\n"
              "A parameter, or the x of a grad(y, x), reaches what is differentiated through\n"
              "an operator that cannot be: the log-sum-exp of attention, or its second\n"
              "derivative (attention has no third). The message shows the path. Put\n"
              "stop_gradient around the value, or freeze the parameters below it."},
    {"E0603", "this concat has no gradient\n"
              "An operand's gradient is its part cut out of the result, which must begin at a\n"
              "constant place: only the last operand may have a run-time extent. Put that one\n"
              "last, and stop_gradient around the others."},
    {"E0610", "a pass is wrong\n"
              "The graph that a pass of gradc made breaks a rule of the representation. This\n"
              "is a mistake in gradc, not in the model: please report it with the graph file\n"
              "and the output of `gradc dump FILE --stage all`."},
    {"E0611", "unknown pass\n"
              "`gradc opt --help` lists the passes; `gradc explain PASS` says what one of them\n"
              "does."},
    {"E0612", "a pass in the wrong place\n"
              "A pass needs something of a graph that does not hold here; most of them work on\n"
              "nodes that are in no kernel yet. `gradc explain PASS` says what a pass needs,\n"
              "gives and breaks."},
    {"E0613", "gradients that no pass makes\n"
              "Training needs the gradients of its parameters, so 'differentiate' must be among\n"
              "the passes. IR text says by lines 'wanted \"NAME\"' which gradients those are."},
    {"E0614", "not a choice of passes\n"
              "--passes takes names in the order in which they run, as in --passes\n"
              "simplify,fuse, or names with a minus, as in --passes -fuse,-demand: the usual\n"
              "passes without these."},

    /* --- Code generation --- */
    {"E0701", "unknown CPU\n"
              "Kernels can be made for another x86-64 CPU than this machine's, by the name that\n"
              "LLVM gives it: haswell, znver3, x86-64-v3, x86-64-v4. The name given is not\n"
              "known, or is that of a CPU of another architecture, for which code is made on\n"
              "such a machine only. Without a name, code is made for the machine at hand."},
    {"E0702", "machine code cannot be loaded\n"
              "Kernels are linked into the process, which needs memory that is first written\n"
              "and then run. The system refused (no memory, or a policy that forbids such\n"
              "memory), or an object could not be linked: the message has the reason.\n"
              "--no-cache compiles everything anew."},
    {"E0703", "the kernel cache is not used\n"
              "Compiled kernels are kept in a private folder so that the next start is fast.\n"
              "The folder could not be made, belongs to another user, or is open to others\n"
              "(its mode must be 0700). Work goes on; every start compiles anew. Name another\n"
              "folder with --cache, or none with --no-cache."},

    {"E0704", "what to do with the kernel cache?\n"
              "gradc cache ls lists the kernels with size, age and state; verify reads each\n"
              "and fails when one is damaged; gc removes what is damaged or left over, then\n"
              "the kernels longest unused until the rest fits --cache-size; clear removes all."},
    {"E0705", "a damaged entry of the kernel cache\n"
              "A file of the cache is not what was written: cut off, changed, another user's\n"
              "or open to others. It is never run: the kernel is compiled anew when it is\n"
              "needed. gradc cache gc removes such files."},
    {"E0706", "the kernel cache cannot be changed\n"
              "A file of the cache could not be removed. Look at the folder's owner and mode,\n"
              "and at whether its disk is writable."},

    /* --- Files: tables, vocabularies --- */
    {"E0707", "code for another CPU\n"
              "--cpu asks for code that uses instructions which this machine does not have: the\n"
              "first of them would end the program. The message says what is missing and what\n"
              "this machine is. Other commands than dump and opt, which only show the code,\n"
              "need a CPU that this machine can stand for: x86-64-v3, or none."},
    {"E0801", "a file cannot be read\n"
              "It does not exist, may not be read, is a folder, or holds too much: more than\n"
              "16 MiB for a configuration, 64 MiB for a vocabulary or a graph, half of the\n"
              "free memory for a table, each counted after decompression. The message has the\n"
              "reason. A relative path starts at the folder in which the command was run."},
    {"E0802", "not a usable vocabulary\n"
              "The vocabulary of the tokenizer is damaged, or lacks a token that something else\n"
              "names: a merge, the unknown token, a special token of the template. vocab.txt\n"
              "has one token a line, the line number from 0 being its id; of tokenizer.json the\n"
              "message names the key. Take the files that came with the weights, all of them."},
    {"E0810", "a column is missing\n"
              "The task names a column that the table's header row does not have (of JSON\n"
              "lines: an object lacks the key). The columns that are there are listed.\n"
              "Correct the name in the graph file, or the separator after the file's name\n"
              "when the whole header was read as one column."},
    {"E0811", "a row of another length\n"
              "A row has more or fewer fields than the header. Mostly the separator or the\n"
              "quoting is not what the task's data line says: 'quoted' where fields stand in\n"
              "double quotes, 'unquoted' where quotes are plain characters."},
    {"E0812", "quotes that do not fit\n"
              "A field of the row named begins with a double quote, but no other closes it; or\n"
              "a quote inside is not doubled; or the closing one comes lines later, and these\n"
              "lines are rows by themselves. Quotes are read as RFC 4180 has them, or as Spark\n"
              "writes them, with a backslash before a quote, where that is certain. Say\n"
              "'unquoted' in the data line if quotes are plain characters in this file."},
    {"E0813", "a line that is not JSON\n"
              "Each line of a JSON-lines file is one object in UTF-8 whose wanted members are\n"
              "texts, numbers, true, false or null, or lists of these. The content is not shown\n"
              "because it may be private; look at the line named."},
    {"E0814", "text that is not UTF-8\n"
              "A cell has bytes that are no UTF-8: most often the file was saved as Latin-1 or\n"
              "Windows-1252. `iconv -f latin1 -t utf8 old.csv > new.csv` converts one. The\n"
              "content is not shown because it may be private; look at the line named."},
    {"E0815", "not a table of text\n"
              "The file is another format (UTF-16, Parquet, a workbook, a compressed file, a\n"
              "JSON array). The hint has a command that converts it."},
    {"E0816", "two columns of one name\n"
              "The header has the name of a wanted column twice, so it is not certain which one\n"
              "is meant. Give one of them another name."},
    {"E0817", "a header where none was expected\n"
              "The data line names the columns of a file without a header, but the first row\n"
              "has just these names. It is taken for a header and is no row. Leave columns(...)\n"
              "out, or remove that row."},
    {"E0818", "an unknown table format\n"
              "The word after the file's name in a task's data line says how the file is laid\n"
              "out. Formats of separated fields also say 'quoted' or 'unquoted', and CoNLL's\n"
              "names its columns."},
    {"E0819", "a name that cannot be written\n"
              "A graph file writes names of columns in double quotes on one line, so it cannot\n"
              "name a column or file whose name has a double quote or a line end."},

    /* --- Files: weights --- */
    {"E0820", "a broken safetensors file\n"
              "The header's length, its JSON, an element type or the place of a tensor does\n"
              "not fit the file. Most often a download or copy stopped early, or the file is\n"
              "a Git LFS pointer: fetch it again and compare its size."},
    {"E0821", "a tensor that cannot become parameters\n"
              "Parameters are read from F32, F16 and BF16 tensors. Convert the tensor (in\n"
              "PyTorch: tensor.float()) and save the file again."},
    {"E0822", "a name that is not UTF-8\n"
              "Names and values in a safetensors file are UTF-8 text. Rename the parameter in\n"
              "the graph file."},
    {"E0823", "a file of torch.save that is not read\n"
              "pytorch_model.bin is a pickle, which could make a program do anything. gradc\n"
              "reads it as data: an archive as torch writes since version 1.6, a dictionary of\n"
              "tensors, and no other names than those of tensors. Load it in Python where you\n"
              "trust it and save it with model.save_pretrained(folder)."},
    {"E0830", "a file cannot be written\n"
              "The disk is full, or the folder does not exist or may not be written to. Files\n"
              "are written aside and renamed when complete, so what stood there before is\n"
              "untouched, unless the message says that the new content is in place. Free some\n"
              "space or choose another folder. Devices, FIFOs and /dev/stdout are written into."},
    {"E0836", "weights without what is asked for\n"
              "A command that only uses a model needs every parameter that its answers are\n"
              "computed from. The folder lacks some: the run was stopped before its first\n"
              "weights were saved (train --resume goes on), the head was never trained, or\n"
              "config.json is of a larger model. Random numbers are no answer."},
    {"E0837", "weights of another model\n"
              "Training may begin without weights, and heads or adapters may be new. But a\n"
              "folder whose tensors fit no parameter, or only a part of the encoder (layers,\n"
              "embeddings), is no base: take the config.json that belongs to the weights."},
    {"E0838", "a folder that says what is not computed\n"
              "A file of the folder asks for something that would change the results and that\n"
              "gradc, or the graph file, does not compute: other heads, another order of\n"
              "attention, quantised weights, another way to prepare texts. Of config.json, a\n"
              "graph file that computes it says so: checkpoint expects \"is_decoder\" = \"true\"."},
    {"E0840", "not a model folder\n"
              "A model folder holds config.json, a tokenizer (tokenizer.json, vocab.txt,\n"
              "vocab.json with merges.txt, or spiece.model) and, unless training starts from\n"
              "random weights, model.safetensors. One of them, or the folder, is missing."},
    {"E0841", "a broken config.json\n"
              "The file is not a JSON object, or a key that the graph file reads has a value\n"
              "of another kind (a text where a number is needed). Correct it, or remove the\n"
              "key to have the graph file's own value."},
    {"E0842", "weights of another shape\n"
              "A tensor of the weights does not have the shape of the model's parameter. Use\n"
              "the config.json that belongs to the weights, change the config values with\n"
              "--set, or take other weights."},
    {"E0843", "cased or uncased?\n"
              "The vocabulary has capital letters, and neither tokenizer_config.json nor\n"
              "tokenizer.json says whether texts are lower-cased. A wrong guess would cost\n"
              "accuracy in silence: give --lower-case yes or no, or write {\"do_lower_case\":\n"
              "false} (or true) to tokenizer_config.json."},
    {"E0844", "weights in another format\n"
              "The folder has weights, but neither as model.safetensors nor as\n"
              "pytorch_model.bin, nor is there an index that names the files. Rename or move\n"
              "the file when it is one of these; or load the model in Python and save it with\n"
              "model.save_pretrained(folder), which writes model.safetensors."},
    {"E0845", "the base is missing\n"
              "The graph says 'checkpoint apart': the run's folder holds what was trained\n"
              "alone. The frozen rest comes from the weights that it was trained beside; give\n"
              "their folder with --weights."},
    {"E0846", "another base\n"
              "A run that keeps its base apart remembers the values of what it left out. The\n"
              "folder given with --weights has other ones: an adapter means nothing beside\n"
              "another base."},

    /* --- Files: the rows of a task --- */
    {"E0847", "a tokenizer that is not computed\n"
              "The tokenizer has a part, a key or a value that gradc does not compute; the\n"
              "message says where, as in normalizer.normalizers[2].type. Or there is no\n"
              "tokenizer.json, and no recipe for its class. Other ids than those of training\n"
              "would mean nothing to the model."},
    {"E0848", "files that contradict each other\n"
              "tokenizer_config.json and tokenizer.json say different things of how texts are\n"
              "prepared. Correct one of them, or decide with --lower-case yes or no."},
    {"E0849", "a broken index of weights\n"
              "model.safetensors.index.json names the file that each tensor is in. It names a\n"
              "file that is not there or that lacks the tensor, or is no such index."},
    {"E0850", "a task's data file is missing\n"
              "The file of the task's data line, with the split filled in for {split}, is\n"
              "neither below a --data folder nor, by the last part of its name, in one. Give\n"
              "the right folder with --data, which may be repeated, or leave the task out\n"
              "with --tasks."},
    {"E0851", "a bad label\n"
              "The cell in the label's column is not a number, not one of the declared names\n"
              "or of the classes 0 to n - 1, or outside the declared range. The line is named,\n"
              "the content is not shown. Rows with an empty label are skipped, not wrong; of\n"
              "flags an empty cell says that there is none."},
    {"E0852", "no rows\n"
              "The file has a header but no row that can be used: it is empty, or every row\n"
              "lacks a label."},
    {"E0853", "words and labels differ in number\n"
              "A label of words has one value for each word of its row: an item of a list in\n"
              "JSON, a line in CoNLL's columns, a word between blanks in a table."},
    {"E0854", "nothing to mask with\n"
              "A masked label replaces tokens by [MASK], which the vocabulary lacks."},
    {"E0856", "rows for both training and evaluation\n"
              "The dev set has rows whose texts are in the training set too, so that its scores\n"
              "are better than they would be on new texts. Take such rows out of one of the\n"
              "files, or let the task split one file, which keeps equal texts together:\n"
              "split dev 0.1"},
    {"E0857", "classes without rows to train on\n"
              "The label has a class that no row of the training set has, so that it is not\n"
              "learned and hardly ever predicted. Give rows of it, take it out of the label, or\n"
              "let the task split one file, with rows of each class on both sides:\n"
              "split dev 0.1 stratified"},

    /* --- The command line --- */
    {"E0859", "kept tokens cannot be used\n"
              "A file in the tokens folder of a run was damaged or changed: it holds tokens,\n"
              "rows or labels that the model cannot take. The data is tokenised anew, and the\n"
              "file replaced."},
    {"E0900", "unknown command\n"
              "`gradc --help` lists the commands, `gradc COMMAND --help` the options of one."},
    {"E0910", "a bad number\n"
              "The option takes a number (or a whole number) of the range that the message\n"
              "gives, as in --lr 3e-5."},
    {"E0911", "unknown option\n"
              "The command has no option of this name, or a flag was given a value. `gradc\n"
              "COMMAND --help` lists them."},
    {"E0912", "an option without its value\n"
              "The option needs a value after it: --epochs 3 or --epochs=3."},
    {"E0913", "too many files\n"
              "A command takes one graph file or one run's folder. A name with a space in it\n"
              "needs quotes; an option's value follows the option directly."},
    {"E0914", "the log cannot be written\n"
              "The file of --log, or log.jsonl in the folder of --out, cannot be opened for\n"
              "writing. Check that its folder exists and may be written to."},
    {"E0915", "the log is not complete\n"
              "Some lines of the log could not be written: the disk is full. The training\n"
              "itself went on."},
    {"E0916", "unknown schedule\n"
              "--schedule takes linear (the default), cosine or constant; the first two begin\n"
              "with a warm-up."},
    {"E0917", "a file is needed\n"
              "Every command works on a graph file or on the folder of a run: gradc check\n"
              "models/bert.graph"},
    {"E0918", "unknown diagnostic\n"
              "`gradc explain` takes a code as it stands in brackets in a message, or the name\n"
              "of an operator or a pass of the graph. A section of the reference lists all of\n"
              "a kind: operators, rules, passes, metrics, diagnostics."},
    {"E0919", "a sampler that does not fit\n"
              "--sampler decides which task comes next; `gradc train --help` lists them.\n"
              "What works on the gradients of several tasks, --pcgrad or --cosines, needs\n"
              "steps that have all of them: --sampler together."},
    {"E0920", "unknown task\n"
              "The graph file has no task of this name. `gradc check FILE` prints those that\n"
              "it has."},
    {"E0921", "no vocabulary\n"
              "Texts become numbers by the vocab.txt of a model folder. Give one with\n"
              "--weights; without a model.safetensors in it, training starts from random\n"
              "values (models/demo is such a folder)."},
    {"E0922", "vocabulary larger than the model\n"
              "vocab.txt has more tokens than the graph's 'tokens vocab' allows, so some ids\n"
              "would lie outside the table. Use the config.json that belongs to the\n"
              "vocabulary, or set the size: --set vocab=30522"},
    {"E0923", "longer than the model allows\n"
              "--max-length counts tokens with [CLS] and [SEP], and the model has a vector\n"
              "for so many positions only."},
    {"E0925", "a learning rate for no parameter\n"
              "--rate gives parameters whose names match a pattern a rate of their own. Names\n"
              "are those of the checkpoint: `gradc check FILE` counts them, `gradc dump` shows\n"
              "them, and a star stands for any part."},
    {"E0926", "the best epoch by what?\n"
              "--best names a task that is trained and one of its metrics, which must stand in\n"
              "the task's `metric` line: only those are computed."},
    {"E0930", "unknown metric\n"
              "A task's metric line names a metric that there is not. Some that there are:\n"
              "accuracy, f1, f1_macro, f1_micro, entity_f1, matthews, pearson, spearman, mse,\n"
              "loss, perplexity."},
    {"E0931", "a metric that does not fit\n"
              "The metric cannot be computed of the task's label: entity_f1 needs named classes\n"
              "of words, a correlation numbers, f1_micro classes or flags. Every task has loss\n"
              "and perplexity."},
    {"E0932", "a prediction of another width\n"
              "Metrics compare the prediction with the label: a class is one number, as in\n"
              "predict argmax(logits), so is a real label, and of flags each has a prediction\n"
              "of 0 or 1: predict float(logits > 0)"},
    {"E0933", "no probabilities to measure\n"
              "Some metrics compare labels with probabilities instead of with predictions. They\n"
              "read the output called \"probabilities\": a column for each class or flag, or one\n"
              "column, of class 1, where there are two classes. A line of the task makes it:\n"
              "show softmax(logits) as \"probabilities\"."},
    {"E0934", "a fit for a metric that the task does not have\n"
              "A line 'fit' looks for the number at which a metric on the development set is\n"
              "best. The metric must be one of those in the task's line 'metric', so that what\n"
              "is gained can be seen after each epoch."},
    {"E0935", "an undefined metric\n"
              "The area under a curve compares rows of a class with other rows: it is undefined\n"
              "where all rows have one class. It is shown as undefined, is null in JSON, and\n"
              "counts for nothing in the overall score."},
    {"E0940", "a bad limit\n"
              "--limit takes the name of a task and a number of rows, as in --limit\n"
              "paraphrase=12000, and may be repeated."},
    {"E0941", "the folder cannot be made\n"
              "--out names a folder that is made when it does not exist. Its parent must\n"
              "exist and may be written to."},
    {"E0942", "the settings of a resumed run differ\n"
              "A run that goes on must end with the weights that it would have had without\n"
              "the stop, so what decides them must be the same: graph, data, initial\n"
              "weights, batch, rate, seed ... Threads, log and caches may differ."},
    {"E0943", "a damaged checkpoint\n"
              "A tensor of the checkpoint, or its description, does not have the hash that\n"
              "was written with it. The checkpoint before it is used when there is one."},
    {"E0944", "no checkpoint is whole\n"
              "The run's last checkpoints are all damaged. The weights of the best epoch, in\n"
              "model.safetensors, are a file of their own."},
    {"E0945", "a checkpoint of another model\n"
              "Parameters of the model are not in the checkpoint, or have other sizes."},
    {"E0946", "unreadable settings\n"
              "settings.json in the run's folder is not what `gradc train` wrote."},
    {"E0947", "nothing to resume\n"
              "--resume needs --out DIR, or a run's folder in place of the graph file. A folder\n"
              "with weights but without a checkpoint is that of a finished run, whose states of\n"
              "the optimizer are gone: training would begin anew and replace its weights."},
    {"E0948", "the folder holds something else\n"
              "A run writes weights, settings, a log and checkpoints to --out. Beside those of\n"
              "another run, or in the folder of the weights that it starts from, they would be\n"
              "mixed with them or replace them. --force removes another run first; the weights\n"
              "that the run starts from it leaves until its own are there."},
    {"E0949", "the folder is locked\n"
              "One process at a time writes to the folder of a run. The lock goes with the\n"
              "process: there is nothing to remove after one that was killed."},
    {"E0960", "the folder for dumps cannot be made\n"
              "With --out, dump writes one file a stage into that folder. Its parent must\n"
              "exist and may be written to."},
    {"E0961", "unknown stage\n"
              "`gradc dump` shows the graph as the text has it ('source'), after each pass, by\n"
              "the pass's name, then its 'kernels', or 'all' of these. A stage's number, as in\n"
              "the names of the files that --out writes, will do too. 'join' and 'cut' make a\n"
              "stage only where there is something to join or to cut off."},
    {"E0962", "unknown kind of graph\n"
              "A task has a training and an evaluation graph, the program an update. --graph\n"
              "chooses among them: train, eval, update or all; together is the training graph\n"
              "of all tasks in one step."},
    {"E0963", "no such node\n"
              "--why takes the number of a node as `gradc dump` prints it for the same task,\n"
              "graph and stage, or the name of a parameter, an input or an output. A parameter\n"
              "that a graph does not read, or an output it does not have, is not in its stages."},
    {"E0964", "unknown format\n"
              "`gradc dump` writes graphs as text or for Graphviz (dot), and the code of\n"
              "kernels as LLVM IR (llvm) or assembly (asm)."},
    {"E0965", "unknown form\n"
              "`gradc opt --emit` prints ir, or the kernels' code as llvm or asm."},
    {"E0966", "tasks that cannot be joined\n"
              "Tasks are joined when there are at least two, each has one text, and all of them\n"
              "compute some product of its rows alike, with the same parameters. Otherwise a\n"
              "step over all tasks has a pass for each of them."},
    {"E0970", "nothing of this name to show\n"
              "`gradc run --show` takes a local name (q), a definition and its local\n"
              "(encoder_layer.q), the end of a scope and a name (layer.0.attention.self.q; *\n"
              "stands for anything), a definition for what it returns, or a line of the file\n"
              "(57, bert.graph:57). Only names of what is run count: of the --task, or of the\n"
              "--def and what it calls."},
    {"E0971", "an argument is not known\n"
              "`gradc run --def` makes tensors for a definition's arguments, so it must know\n"
              "their sizes: every generic dimension (--shape R=4) and every argument that is\n"
              "a number (--shape O=8). A tensor that is given, --input x=FILE.npy, brings its\n"
              "sizes along. Arguments that are texts come from --text, or are random tokens."},
    {"E0972", "a bad size\n"
              "--shape takes NAME=SIZE: a number (R=4), a shape (x=2x3), or a size that is\n"
              "known batch by batch: x.T, the tokens of text input x, or S, the sequences."},
    {"E0973", "an array that cannot be read\n"
              "--input reads NumPy's .npy files with at most four axes, in C order, with\n"
              "little-endian elements f4, f8, i4, i8 or b1."},
    {"E0974", "a bad input\n"
              "--input takes NAME=FILE.npy or NAME=NUMBERS, where the name is that of an\n"
              "argument of the definition or of the label of the task. Numbers are written\n"
              "as NumPy prints them, with commas: --input 'x=[[1, 2], [3, 4]]'; one number\n"
              "is given to all elements."},
    {"E0975", "an input that does not fit\n"
              "The tensor has another number of elements than its type says, or a value that\n"
              "the type rules out, such as a class that the label does not have."},
    {"E0976", "texts that make no rows\n"
              "A row needs one --text for each column of the task: two for a pair, the texts\n"
              "of a row one after the other. Rows come from --text or from --input, not both."},
    {"E0977", "no gradient to show\n"
              "With --def, --grad shows gradients of the sum of what the definition returns,\n"
              "which must be f32."},
    {"E0978", "a value that cannot be computed\n"
              "The interpreter met an index outside of its table, or an integer that\n"
              "overflows; the message says which operator did."},
    {"E0979", "what to run?\n"
              "`gradc run` evaluates one task (--task NAME, with --text for its rows) or one\n"
              "definition by itself (--def NAME, with --shape for its sizes)."},
    {"E0980", "a wrong gradient\n"
              "`gradc gradcheck` found that compiled code, the interpreter and differences of\n"
              "the loss do not agree. That is a mistake of gradc, or the loss is not smooth\n"
              "where it was looked at (a maximum of equal numbers): another --seed tells them\n"
              "apart. --passes -fuse says whether fusion is to blame."},
    {"E0982", "no such setting\n"
              "The block `train { ... }` of a graph file has options of `gradc train` that\n"
              "decide the weights, with _ for -, one a line; those of the command line are\n"
              "stronger. Folders, files and threads are no part of a recipe."},
    {"E0983", "not a model of another program\n"
              "`gradc export` makes of a task what the graph file says it is there: a line\n"
              "export hf \"CLASS\" with \"heads.NAME.\" as \"classifier.\"\n"
              "in the task for transformers, or, for sentence-transformers, how it pools:\n"
              "export sentence_transformers \"mean\""},
    {"E0984", "a parameter without a place\n"
              "The class that the model would be exported as does not have this parameter, so\n"
              "it would load there and compute something else. An adapter's parameters and\n"
              "changed encoders cannot be exported as the plain class."},
    {"E0985", "weights of another model\n"
              "config.json says of the weights what the graph file does not compute: another\n"
              "activation, another kind of positions, another family of models. Take the file\n"
              "of that model, or change the graph and what it expects:\n"
              "override checkpoint expects \"hidden_act\" = \"gelu_new\""},
    {"E0986", "no label to predict\n"
              "`gradc init` found no use for the column: it has lists, one class alone, or too\n"
              "many different texts to be classes, as a column of ids or of texts has."},
    {"E0987", "nowhere to write, or nothing to write from\n"
              "`gradc init` does not replace a file without --force, and fills in a template\n"
              "of the folder models/init, which stands in the source tree and is installed."},
    {"E0989", "nothing to be merged\n"
              "`gradc export --merge` folds parameters into others as the graph file says it.\n"
              "Not every adapter can be folded: one with an activation inside, such as a\n"
              "bottleneck, is no sum of matrices. LoRA is:\n"
              "merge \"*.weight\" = \"*.weight\" + matmul(\"*.lora_B.weight\", \"*.lora_A.weight\")"},

    /* --- Training --- */
    {"E0901", "no memory for the threads\n"
              "Each thread has scratch memory of its own, and there is not enough. Ask for\n"
              "fewer with --threads."},
    {"E0902", "no memory for the parameters\n"
              "Weights, gradients and the optimizer's states take 16 bytes a trained\n"
              "parameter under AdamW, 4 a frozen one. Freeze a part (--freeze 'bert.*'), or\n"
              "use a smaller model."},
    {"E0904", "no memory for the batch\n"
              "The intermediate values of one batch do not fit. Make batches smaller with\n"
              "--batch, or texts shorter with --max-length."},
    {"E0988", "more memory than is allowed\n"
              "--max-memory is less than what the run needs: weights, gradients and moments,\n"
              "and the values that the backward pass of the largest batch reads. Smaller\n"
              "batches need less; --accumulate makes one step of several of them. So do frozen\n"
              "parts, which have neither gradients nor moments, and shorter texts."},
    {"E0905", "a value is not finite\n"
              "The loss or its gradient became infinite or NaN. The step was run once more,\n"
              "kernel by kernel, to find the first operator with such a result, with finite\n"
              "operands, and the rows of the batch in which it happens. Nothing was updated.\n"
              "Often a logarithm, a square root or a division meets zero; or weights have\n"
              "grown because the rate is too high (--lr) or gradients unclipped (--clip 1)."},
    {"E0906", "unknown output\n"
              "--show names an output that the task does not have: 'predict', or what its\n"
              "show lines name."},
    {"E0907", "no memory to measure the machine\n"
              "`gradc bench` first measures what memory can do, on three arrays of 96 MiB.\n"
              "Close other programs, or run it on a machine with more memory."},
    {"E0950", "standard output could not be written\n"
              "It was closed, or its disk is full: part of what was printed is lost. Options\n"
              "that name a file (--output, --out) write it whole or not at all."},
    {"E0951", "out of memory\n"
              "The system gave the process no more memory: the machine has none left, or a\n"
              "limit (`ulimit -v`, a container's) was reached. Close other programs, allow\n"
              "more, or take less at a time: smaller files, fewer rows (--limit), smaller\n"
              "batches (--batch), shorter texts (--max-length). Files that were being\n"
              "written are left as they were before."},
    {"E0952", "which task?\n"
              "`gradc predict` works on one task: name it with --task. `gradc check` prints\n"
              "those of the file."},
    {"E0953", "no rows to show\n"
              "`gradc predict` writes a line for each row of the data, so the value of --show\n"
              "must have a row for each sequence, token or label."},
    {"E0954", "not one of the words\n"
              "The option takes one of a few words, which `gradc predict --help` lists:\n"
              "--format tsv, csv or jsonl, and --bad-rows stop or error."},
    {"E0955", "no probabilities\n"
              "--probabilities writes what the task shows under this name. A task that is\n"
              "trained with cross_entropy shows softmax(logits), one with bce_with_logits\n"
              "sigmoid(logits)."},
    {"E0956", "no place to listen\n"
              "`gradc serve` makes a Unix socket. One that a dead server left is replaced;\n"
              "a living server's, or a file of another kind, is left alone."},
    {"E0957", "where to listen?\n"
              "`gradc serve` gets its socket with --socket. The folder is to be there; on\n"
              "many systems $XDG_RUNTIME_DIR is the user's own."},
    {"E0958", "texts of no rows\n"
              "--texts adds the texts to the rows that --errors writes. Alone it shows nothing."},
    {"E0959", "runs that cannot answer together\n"
              "`gradc predict A B` and `gradc eval A B` average what predictions are decided\n"
              "from. The runs have the same task with the same classes in the same order, and\n"
              "decide alike. Tags of words and hidden tokens need the same tokenizer as well."},
    {"E0993", "a report of what, and where to?\n"
              "`gradc report` writes one file, which --out names: a page, or with --plot one\n"
              "kind of picture. Not every run has every picture: a confusion matrix needs a\n"
              "task with classes, ROC curves need one that shows probabilities, curves need\n"
              "epochs."},
    {"E0994", "a run without a log\n"
              "A report draws what the log of a run tells, which is log.jsonl in its folder\n"
              "unless the run was trained with --log. A graph file has no log."},
    {"E0995", "a damaged log\n"
              "The log of a run is JSON, one object a line. A line that is cut off at the end\n"
              "is what a killed run leaves, and is passed over; anything else is not read."},
    {"E0996", "no PNG\n"
              "Pictures are drawn as SVG. PNG is made of it by librsvg 2, which is loaded\n"
              "when it is asked for and is not part of gradc."},
};

const char *diagnostic_explanation(const char *code) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (strcmp(table[i].code, code) == 0) return table[i].text;
    }
    return NULL;
}

const char *diagnostic_code(int index) {
    return index >= 0 && index < (int)(sizeof table / sizeof *table) ? table[index].code : NULL;
}
