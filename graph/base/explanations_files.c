/* Explanations of data, weights and other files: E08, in the order of codes. */
#include "graph/base/explanations.h"

const Explanation explanations_of_files[] = {
    {"E0801", "a file cannot be read",
     "It does not exist, may not be read, is a folder, or holds too much: more than\n"
     "16 MiB for a configuration, 64 MiB for a vocabulary or a graph, half of the\n"
     "free memory for a table, each counted after decompression. The message has the\n"
     "reason. A relative path starts at the folder in which the command was run.",
     .wrong = "gradc predict run --task t --input row.tsv", .right = "gradc predict run --task t --input rows.tsv"},
    {"E0802", "not a usable vocabulary",
     "The vocabulary of the tokenizer is damaged, or lacks a token that something else\n"
     "names: a merge, the unknown token, a special token of the template. vocab.txt\n"
     "has one token a line, the line number from 0 being its id; of tokenizer.json the\n"
     "message names the key. Take the files that came with the weights, all of them.",
     .wrong = "hello\n"
              "world",
     .right = "[PAD]\n"
              "[UNK]\n"
              "[CLS]\n"
              "[SEP]\n"
              "hello\n"
              "world"},
    {"E0810", "a column is missing",
     "The task names a column that the table's header row does not have (of JSON\n"
     "lines: an object lacks the key). The columns that are there are listed.\n"
     "Correct the name in the graph file, or the separator after the file's name\n"
     "when the whole header was read as one column.",
     .wrong = "input sentence: text # the header says: text  label", .right = "input text: text"},
    {"E0811", "a row of another length",
     "A row has more or fewer fields than the header. Mostly the separator or the\n"
     "quoting is not what the task's data line says: 'quoted' where fields stand in\n"
     "double quotes, 'unquoted' where quotes are plain characters.",
     .wrong = "data \"t.csv\" comma unquoted # the row: 1,\"a, b\",0", .right = "data \"t.csv\" comma quoted"},
    {"E0812", "quotes that do not fit",
     "A field of the row named begins with a double quote, but no other closes it; or\n"
     "a quote inside is not doubled; or the closing one comes lines later, and these\n"
     "lines are rows by themselves. Quotes are read as RFC 4180 has them, or as Spark\n"
     "writes them, with a backslash before a quote, where that is certain. Say\n"
     "'unquoted' in the data line if quotes are plain characters in this file.",
     .wrong = "1,\"a quote that goes on", .right = "1,\"a quote that goes on\""},
    {"E0813", "a line that is not JSON",
     "Each line of a JSON-lines file is one object in UTF-8 whose wanted members are\n"
     "texts, numbers, true, false or null, or lists of these. The content is not shown\n"
     "because it may be private; look at the line named.",
     .wrong = "{\"text\": \"good\", \"label\": 1", .right = "{\"text\": \"good\", \"label\": 1}"},
    {"E0814", "text that is not UTF-8",
     "A cell has bytes that are no UTF-8: most often the file was saved as Latin-1 or\n"
     "Windows-1252. `iconv -f windows-1252 -t utf-8 OLD > NEW` converts one. The\n"
     "content is not shown because it may be private; look at the line named.",
     .wrong = "gradc train my.graph --data latin1",
     .right = "iconv -f windows-1252 -t utf-8 latin1/t.csv > data/t.csv\n"
              "gradc train my.graph --data data"},
    {"E0815", "not a table of text",
     "The file is another format (UTF-16, Parquet, a workbook, a compressed file, a\n"
     "JSON array). The hint has a command that converts it.",
     .wrong = "gradc init t.parquet --text text --label label", .right = "gradc init t.csv --text text --label label"},
    {"E0816", "two columns of one name",
     "The header has the name of a wanted column twice, so it is not certain which one\n"
     "is meant. Give one of them another name.",
     .wrong = "id,text,text", .right = "id,text,title"},
    {"E0817", "a header where none was expected",
     "The data line names the columns of a file without a header, but the first row\n"
     "has just these names. It is taken for a header and is no row. Leave columns(...)\n"
     "out, or remove that row.",
     .wrong = "data \"t.csv\" comma quoted columns(text, label) # the first row: text,label",
     .right = "data \"t.csv\" comma quoted"},
    {"E0818", "an unknown table format",
     "The word after the file's name in a task's data line says how the file is laid\n"
     "out. Formats of separated fields also say 'quoted' or 'unquoted', and CoNLL's\n"
     "names its columns.",
     .wrong = "data \"t.csv\" csv", .right = "data \"t.csv\" comma quoted"},
    {"E0819", "a name that cannot be written",
     "A graph file writes names of columns in double quotes on one line, so it cannot\n"
     "name a column or file whose name has a double quote or a line end.",
     .wrong = "id,text \"long\",label", .right = "id,text_long,label"},
    {"E0820", "a broken safetensors file",
     "The header's length, its JSON, an element type or the place of a tensor does\n"
     "not fit the file. Most often a download or copy stopped early, or the file is\n"
     "a Git LFS pointer: fetch it again and compare its size.",
     .wrong = "git clone ... # without Git LFS: a pointer of 130 bytes", .right = "git lfs pull"},
    {"E0821", "a tensor that cannot become parameters",
     "Parameters are read from F32, F16 and BF16 tensors. Convert the tensor (in\n"
     "PyTorch: tensor.float()) and save the file again.",
     .wrong = "save_file({\"weight\": ids}, path) # int64", .right = "save_file({\"weight\": weight.float()}, path)"},
    {"E0822", "a name that is not UTF-8",
     "Names and values in a safetensors file are UTF-8 text. Rename the parameter in\n"
     "the graph file.",
     .wrong = "... in \"t\\xC3\"", .right = "... in \"encoder\""},
    {"E0823", "a file of torch.save that is not read",
     "pytorch_model.bin is a pickle, which could make a program do anything. gradc\n"
     "reads it as data: an archive as torch writes since version 1.6, a dictionary of\n"
     "tensors, and no other names than those of tensors. Load it in Python where you\n"
     "trust it and save it with model.save_pretrained(folder).",
     .right = "model.save_pretrained(folder)"},
    {"E0830", "a file cannot be written",
     "The disk is full, or the folder does not exist or may not be written to. Files\n"
     "are written aside and renamed when complete, so what stood there before is\n"
     "untouched, unless the message says that the new content is in place. Free some\n"
     "space or choose another folder. Devices, FIFOs and /dev/stdout are written into.",
     .wrong = "gradc predict run --task t --output missing/p.tsv",
     .right = "mkdir missing\n"
              "gradc predict run --task t --output missing/p.tsv"},
    {"E0836", "weights without what is asked for",
     "A command that only uses a model needs every parameter that its answers are\n"
     "computed from. The folder lacks some: the run was stopped before its first\n"
     "weights were saved (train --resume goes on), the head was never trained, or\n"
     "config.json is of a larger model. Random numbers are no answer.",
     .wrong = "gradc predict my.graph --weights bert-base-uncased", .right = "gradc predict run"},
    {"E0837", "weights of another model",
     "Training may begin without weights, and heads or adapters may be new. But a\n"
     "folder whose tensors fit no parameter, or only a part of the encoder (layers,\n"
     "embeddings), is no base: take the config.json that belongs to the weights.",
     .right = "weights of all layers that config.json counts"},
    {"E0838", "a folder that says what is not computed",
     "A file of the folder asks for something that would change the results and that\n"
     "gradc, or the graph file, does not compute: other heads, another order of\n"
     "attention, quantised weights, another way to prepare texts. Of config.json, a\n"
     "graph file that computes it says so: checkpoint expects \"is_decoder\" = \"true\".",
     .wrong = "{\"is_decoder\": true}", .right = "{\"is_decoder\": false}"},
    {"E0840", "not a model folder",
     "A model folder holds config.json, a tokenizer (tokenizer.json, vocab.txt,\n"
     "vocab.json with merges.txt, or spiece.model) and, unless training starts from\n"
     "random weights, model.safetensors. One of them, or the folder, is missing.",
     .wrong = "gradc train my.graph --weights model.safetensors",
     .right = "gradc train my.graph --weights bert-base-uncased"},
    {"E0841", "a broken config.json",
     "The file is not a JSON object, or a key that the graph file reads has a value\n"
     "of another kind (a text where a number is needed). Correct it, or remove the\n"
     "key to have the graph file's own value.",
     .wrong = "{\"hidden_size\": \"768\"}", .right = "{\"hidden_size\": 768}"},
    {"E0842", "weights of another shape",
     "A tensor of the weights does not have the shape of the model's parameter. Use\n"
     "the config.json that belongs to the weights, change the config values with\n"
     "--set, or take other weights.",
     .wrong = "gradc eval run --set hidden=384", .right = "gradc eval run"},
    {"E0843", "cased or uncased?",
     "The vocabulary has capital letters, and neither tokenizer_config.json nor\n"
     "tokenizer.json says whether texts are lower-cased. A wrong guess would cost\n"
     "accuracy in silence: give --lower-case yes or no, or write {\"do_lower_case\":\n"
     "false} (or true) to tokenizer_config.json.",
     .wrong = "gradc train my.graph --weights bert-base-cased",
     .right = "gradc train my.graph --weights bert-base-cased --lower-case no"},
    {"E0844", "weights in another format",
     "The folder has weights, but neither as model.safetensors nor as\n"
     "pytorch_model.bin, nor is there an index that names the files. Rename or move\n"
     "the file when it is one of these; or load the model in Python and save it with\n"
     "model.save_pretrained(folder), which writes model.safetensors.",
     .wrong = "tf_model.h5", .right = "model.safetensors"},
    {"E0845", "the base is missing",
     "The graph says 'checkpoint apart': the run's folder holds what was trained\n"
     "alone. The frozen rest comes from the weights that it was trained beside; give\n"
     "their folder with --weights.",
     .wrong = "gradc eval run/lora", .right = "gradc eval run/lora --weights bert-base-uncased"},
    {"E0846", "another base",
     "A run that keeps its base apart remembers the values of what it left out. The\n"
     "folder given with --weights has other ones: an adapter means nothing beside\n"
     "another base.",
     .wrong = "gradc eval run/lora --weights bert-base-cased",
     .right = "gradc eval run/lora --weights bert-base-uncased"},
    {"E0847", "a tokenizer that is not computed",
     "The tokenizer has a part, a key or a value that gradc does not compute; the\n"
     "message says where, as in normalizer.normalizers[2].type. Or there is no\n"
     "tokenizer.json, and no recipe for its class. Other ids than those of training\n"
     "would mean nothing to the model.",
     .wrong = "{\"pre_tokenizer\": {\"type\": \"Morphemes\"}}",
     .right = "{\"pre_tokenizer\": {\"type\": \"Whitespace\"}}"},
    {"E0848", "files that contradict each other",
     "tokenizer_config.json and tokenizer.json say different things of how texts are\n"
     "prepared. Correct one of them, or decide with --lower-case yes or no.",
     .wrong = "{\"do_lower_case\": true}", .right = "{\"do_lower_case\": false}"},
    {"E0849", "a broken index of weights",
     "model.safetensors.index.json names the file that each tensor is in. It names a\n"
     "file that is not there or that lacks the tensor, or is no such index.",
     .right = "model.safetensors.index.json, and all the files that it names"},
    {"E0850", "a task's data file is missing",
     "The file of the task's data line, with the split filled in for {split}, is\n"
     "neither below a --data folder nor, by the last part of its name, in one. Give\n"
     "the right folder with --data, which may be repeated, or leave the task out\n"
     "with --tasks.",
     .wrong = "gradc train bert.graph --data data/sst", .right = "gradc train bert.graph --data data"},
    {"E0851", "a bad label",
     "The cell in the label's column is not a number, not one of the declared names\n"
     "or of the classes 0 to n - 1, or outside the declared range. The line is named,\n"
     "the content is not shown. Rows with an empty label are skipped, not wrong; of\n"
     "flags an empty cell says that there is none.",
     .wrong = "label y: class[2] # the row: 2", .right = "label y: class[3]"},
    {"E0852", "no rows",
     "The file has a header but no row that can be used: it is empty, or every row\n"
     "lacks a label.",
     .wrong = "sentence  label # the header alone",
     .right = "sentence  label\n"
              "good      1"},
    {"E0853", "words and labels differ in number",
     "A label of words has one value for each word of its row: an item of a list in\n"
     "JSON, a line in CoNLL's columns, a word between blanks in a table.",
     .wrong = "{\"words\": [\"a\", \"b\"], \"tags\": [\"O\"]}",
     .right = "{\"words\": [\"a\", \"b\"], \"tags\": [\"O\", \"O\"]}"},
    {"E0854", "nothing to mask with", "A masked label replaces tokens by [MASK], which the vocabulary lacks.",
     .wrong = "[UNK]\n"
              "[CLS]\n"
              "[SEP]",
     .right = "[UNK]\n"
              "[CLS]\n"
              "[SEP]\n"
              "[MASK]"},
    {"E0856", "rows for both training and evaluation",
     "The dev set has rows whose texts are in the training set too, so that its scores\n"
     "are better than they would be on new texts. Take such rows out of one of the\n"
     "files, or let the task split one file, which keeps equal texts together:\n"
     "split dev 0.1",
     .wrong = "data \"mood-{split}.csv\" comma quoted",
     .right = "data \"mood-train.csv\" comma quoted\n"
              "split dev 0.1"},
    {"E0857", "classes without rows to train on",
     "The label has a class that no row of the training set has, so that it is not\n"
     "learned and hardly ever predicted. Give rows of it, take it out of the label, or\n"
     "let the task split one file, with rows of each class on both sides:\n"
     "split dev 0.1 stratified",
     .wrong = "label mood: class[\"bad\", \"good\", \"mixed\"] # no row is mixed",
     .right = "label mood: class[\"bad\", \"good\"]"},
    {"E0858", "rows are compared batch by batch",
     "A loss that compares rows, as where each text is to find its partner among all\n"
     "of a batch, sees the rows of one batch. With --accumulate an update has several:\n"
     "its loss is the mean of theirs, and not that of one large batch.",
     .wrong = "gradc train models/heads/contrastive.graph --batch 16 --accumulate 4 ...",
     .right = "gradc train models/heads/contrastive.graph --batch 64 ..."},
    {"E0859", "kept tokens cannot be used",
     "A file in the tokens folder of a run was damaged or changed: it holds tokens,\n"
     "rows or labels that the model cannot take. The data is tokenised anew, and the\n"
     "file replaced.",
     .wrong = "truncate -s 1000 run/tokens/sentiment.train\n"
              "gradc eval run",
     .right = "gradc eval run"},
    {0},
};
