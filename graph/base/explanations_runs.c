/* Explanations of options, runs, metrics and folders: E0900 to E0949, in the order of codes. */
#include "graph/base/explanations.h"

const Explanation explanations_of_runs[] = {
    {"E0900", "unknown command", "`gradc --help` lists the commands, `gradc COMMAND --help` the options of one.",
     .wrong = "gradc trian my.graph", .right = "gradc train my.graph"},
    {"E0901", "no memory for the threads",
     "Each thread has scratch memory of its own, and there is not enough. Ask for\n"
     "fewer with --threads.",
     .wrong = "gradc train my.graph --threads 4096", .right = "gradc train my.graph --threads 8"},
    {"E0902", "no memory for the parameters",
     "Weights, gradients and the optimizer's states take 16 bytes a trained\n"
     "parameter under AdamW, 4 a frozen one. Freeze a part (--freeze 'bert.*'), or\n"
     "use a smaller model.",
     .wrong = "gradc train big.graph", .right = "gradc train big.graph --freeze 'bert.*'"},
    {"E0904", "no memory for the batch",
     "The intermediate values of one batch do not fit. Make batches smaller with\n"
     "--batch, or texts shorter with --max-length.",
     .wrong = "gradc train my.graph --batch 4096", .right = "gradc train my.graph --batch 32"},
    {"E0905", "a value is not finite",
     "The loss or its gradient became infinite or NaN. The step was run once more,\n"
     "kernel by kernel, to find the first operator with such a result, with finite\n"
     "operands, and the rows of the batch in which it happens. Nothing was updated.\n"
     "Often a logarithm, a square root or a division meets zero; or weights have\n"
     "grown because the rate is too high (--lr) or gradients unclipped (--clip 1).",
     .wrong = "gradc train my.graph --lr 1 --clip 0", .right = "gradc train my.graph --lr 3e-5 --clip 1"},
    {"E0906", "unknown output",
     "--show names an output that the task does not have: 'predict', or what its\n"
     "show lines name.",
     .wrong = "gradc predict run --task t --show hiden",
     .right = "show states as \"hidden\"\n"
              "gradc predict run --task t --show hidden"},
    {"E0907", "no memory to measure the machine",
     "`gradc bench` first measures what memory can do, on three arrays of 96 MiB.\n"
     "Close other programs, or run it on a machine with more memory.",
     .right = "gradc bench run --threads 1"},
    {"E0910", "a bad number",
     "The option takes a number (or a whole number) of the range that the message\n"
     "gives, as in --lr 3e-5.",
     .wrong = "gradc train my.graph --epochs many", .right = "gradc train my.graph --epochs 3"},
    {"E0911", "unknown option",
     "The command has no option of this name, or a flag was given a value. `gradc\n"
     "COMMAND --help` lists them.",
     .wrong = "gradc train my.graph --epoch 3", .right = "gradc train my.graph --epochs 3"},
    {"E0912", "an option without its value", "The option needs a value after it: --epochs 3 or --epochs=3.",
     .wrong = "gradc train my.graph --epochs", .right = "gradc train my.graph --epochs 3"},
    {"E0913", "too many files",
     "A command takes one graph file or one run's folder. A name with a space in it\n"
     "needs quotes; an option's value follows the option directly.",
     .wrong = "gradc check a.graph b.graph", .right = "gradc check a.graph; gradc check b.graph"},
    {"E0914", "the log cannot be written",
     "The file of --log, or log.jsonl in the folder of --out, cannot be opened for\n"
     "writing. Check that its folder exists and may be written to.",
     .wrong = "gradc train my.graph --log missing/log.jsonl", .right = "gradc train my.graph --log log.jsonl"},
    {"E0915", "the log is not complete",
     "Some lines of the log could not be written: the disk is full. The training\n"
     "itself went on.",
     .wrong = "gradc train my.graph --log /dev/full", .right = "gradc train my.graph --log log.jsonl"},
    {"E0916", "unknown schedule",
     "--schedule takes linear (the default), cosine or constant; the first two begin\n"
     "with a warm-up.",
     .wrong = "gradc train my.graph --schedule step", .right = "gradc train my.graph --schedule cosine"},
    {"E0917", "a file is needed",
     "Every command works on a graph file or on the folder of a run: gradc check\n"
     "models/bert.graph",
     .wrong = "gradc check", .right = "gradc check my.graph"},
    {"E0918", "unknown diagnostic",
     "`gradc explain` takes a code as it stands in brackets in a message, or the name\n"
     "of an operator, a function, a metric, a role or a pass, or a word of the\n"
     "language. A section of the reference lists all of a kind: operators, rules,\n"
     "roles, passes, metrics, diagnostics.",
     .wrong = "gradc explain 810", .right = "gradc explain E0810"},
    {"E0919", "a sampler that does not fit",
     "--sampler decides which task comes next; `gradc train --help` lists them.\n"
     "What works on the gradients of several tasks, --pcgrad or --cosines, needs\n"
     "steps that have all of them: --sampler together.",
     .wrong = "gradc train my.graph --pcgrad", .right = "gradc train my.graph --pcgrad --sampler together"},
    {"E0920", "unknown task",
     "The graph file has no task of this name. `gradc check FILE` prints those that\n"
     "it has.",
     .wrong = "gradc train my.graph --tasks sentimnt", .right = "gradc train my.graph --tasks sentiment"},
    {"E0921", "no vocabulary",
     "Texts become numbers by the vocab.txt of a model folder. Give one with\n"
     "--weights; without a model.safetensors in it, training starts from random\n"
     "values (models/demo is such a folder).",
     .wrong = "gradc train my.graph", .right = "gradc train my.graph --weights bert-base-uncased"},
    {"E0922", "vocabulary larger than the model",
     "vocab.txt has more tokens than the graph's 'tokens vocab' allows, so some ids\n"
     "would lie outside the table. Use the config.json that belongs to the\n"
     "vocabulary, or set the size: --set vocab=30522",
     .wrong = "gradc train my.graph --weights big --set vocab=100", .right = "gradc train my.graph --weights big"},
    {"E0923", "longer than the model allows, or too short",
     "--max-length counts tokens with [CLS] and [SEP], and the model has a vector\n"
     "for so many positions only. Beside the tokenizer's own tokens at least one of\n"
     "each text must fit.",
     .wrong = "gradc train my.graph --max-length 1000", .right = "gradc train my.graph --max-length 512"},
    {"E0924", "products of what?",
     "--products says what the operands of matrix products are rounded to: f32, as\n"
     "they are, or bf16, to eight bits of significand. Sums, weights, moments,\n"
     "gradients, norms, softmax and losses are f32 in any case. It decides the\n"
     "weights, is kept with the run, and holds for those who use it.",
     .wrong = "gradc train my.graph --products fp16", .right = "gradc train my.graph --products bf16"},
    {"E0925", "a learning rate for no parameter",
     "--rate gives parameters whose names match a pattern a rate of their own. Names\n"
     "are those of the checkpoint: `gradc check FILE` counts them, `gradc dump` shows\n"
     "them, and a star stands for any part.",
     .wrong = "gradc train my.graph --rate head=1e-3", .right = "gradc train my.graph --rate 'heads.*=1e-3'"},
    {"E0926", "the best epoch by what?",
     "--best names a task that is trained and one of its metrics, which must stand in\n"
     "the task's `metric` line: only those are computed.",
     .wrong = "gradc train my.graph --best accuracy",
     .right = "gradc train my.graph --best sentiment.accuracy --patience 2"},
    {"E0930", "unknown metric",
     "A task's metric line names a metric that there is not. Some that there are:\n"
     "accuracy, f1, f1_macro, f1_micro, entity_f1, matthews, pearson, spearman, mse,\n"
     "loss, perplexity.",
     .wrong = "metric acc", .right = "metric accuracy"},
    {"E0931", "a metric that does not fit",
     "The metric cannot be computed of the task's label: entity_f1 needs named classes\n"
     "of words, a correlation numbers, f1_micro classes or flags. Every task has loss\n"
     "and perplexity.",
     .wrong = "label y: class[2]\n"
              "metric pearson",
     .right = "label y: class[2]\n"
              "metric accuracy"},
    {"E0932", "a prediction of another width",
     "Metrics compare the prediction with the label: a class is one number, as in\n"
     "predict argmax(logits), so is a real label, and of flags each has a prediction\n"
     "of 0 or 1: predict float(logits > 0)",
     .wrong = "label y: flags[3]\n"
              "predict float(logits > 0) # one column",
     .right = "label y: flags[3]\n"
              "predict float(logits > 0) # three columns"},
    {"E0933", "no probabilities to measure",
     "Some metrics compare labels with probabilities instead of with predictions. They\n"
     "read the output called \"probabilities\": a column for each class or flag, or one\n"
     "column, of class 1, where there are two classes. A line of the task makes it:\n"
     "show softmax(logits) as \"probabilities\".",
     .wrong = "metric accuracy, roc_auc",
     .right = "show softmax(logits) as \"probabilities\"\n"
              "metric accuracy, roc_auc"},
    {"E0934", "a fit for a metric that the task does not have",
     "A line 'fit' looks for the number at which a metric on the development set is\n"
     "best. The metric must be one of those in the task's line 'metric', so that what\n"
     "is gained can be seen after each epoch.",
     .wrong = "fit threshold = 0.5 from 0 to 1 for f1\n"
              "metric accuracy",
     .right = "fit threshold = 0.5 from 0 to 1 for f1\n"
              "metric accuracy, f1"},
    {"E0935", "an undefined metric",
     "The area under a curve compares rows of a class with other rows: it is undefined\n"
     "where all rows have one class. It is shown as undefined, is null in JSON, and\n"
     "counts for nothing in the overall score.",
     .wrong = "text  label # the dev file of a task with metric roc_auc\n"
              "good  1\n"
              "fine  1",
     .right = "text  label\n"
              "good  1\n"
              "bad   0"},
    {"E0940", "a bad limit",
     "--limit takes the name of a task and a number of rows, as in --limit\n"
     "paraphrase=12000, and may be repeated.",
     .wrong = "gradc train my.graph --limit 1000", .right = "gradc train my.graph --limit paraphrase=1000"},
    {"E0941", "the folder cannot be made",
     "--out names a folder that is made when it does not exist. Its parent must\n"
     "exist and may be written to.",
     .wrong = "gradc train my.graph --out missing/run",
     .right = "mkdir missing\n"
              "gradc train my.graph --out missing/run"},
    {"E0942", "the settings of a resumed run differ",
     "A run that goes on must end with the weights that it would have had without\n"
     "the stop, so what decides them must be the same: graph, data, initial\n"
     "weights, batch, rate, seed ... Threads, log and caches may differ.",
     .wrong = "gradc train run --resume --lr 1", .right = "gradc train run --resume"},
    {"E0943", "a damaged checkpoint",
     "A tensor of the checkpoint, or its description, does not have the hash that\n"
     "was written with it. The checkpoint before it is used when there is one.",
     .right = "gradc train run --resume"},
    {"E0944", "no checkpoint is whole",
     "The run's last checkpoints are all damaged. The weights of the best epoch, in\n"
     "model.safetensors, are a file of their own.",
     .wrong = "gradc train run --resume", .right = "gradc train my.graph --weights run --out again"},
    {"E0945", "a checkpoint of another model",
     "Parameters of the model are not in the checkpoint, or have other sizes.",
     .wrong = "gradc train other.graph --resume --out run", .right = "gradc train run --resume"},
    {"E0946", "unreadable settings", "settings.json in the run's folder is not what `gradc train` wrote.",
     .wrong = "gradc train damaged-run", .right = "gradc train my.graph --out run"},
    {"E0947", "nothing to resume",
     "--resume needs --out DIR, or a run's folder in place of the graph file. A folder\n"
     "with weights but without a checkpoint is that of a finished run, whose states of\n"
     "the optimizer are gone: training would begin anew and replace its weights.",
     .wrong = "gradc train my.graph --resume", .right = "gradc train my.graph --resume --out run"},
    {"E0948", "the folder holds something else",
     "A run writes weights, settings, a log and checkpoints to --out. Beside those of\n"
     "another run, or in the folder of the weights that it starts from, they would be\n"
     "mixed with them or replace them. --force removes another run first; the weights\n"
     "that the run starts from it leaves until its own are there.",
     .wrong = "gradc train my.graph --weights base --out base",
     .right = "gradc train my.graph --weights base --out run"},
    {"E0949", "the folder is locked",
     "One process at a time writes to the folder of a run. The lock goes with the\n"
     "process: there is nothing to remove after one that was killed.",
     .wrong = "gradc train my.graph --out run & gradc train my.graph --seed 2 --out run",
     .right = "gradc train my.graph --seeds 1,2 --out run"},
    {0},
};
