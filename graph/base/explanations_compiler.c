/* Explanations of the text of the IR, passes and code generation: E05 to E07, in the order of codes. */
#include "graph/base/explanations.h"

const Explanation explanations_of_compiler[] = {
    {"E0501", "not a graph",
     "A text of the graph's own language, as `gradc dump` prints it, does not follow\n"
     "its grammar or breaks a rule of the representation. Rules that the verifier\n"
     "finds broken are cited with their number.",
     .wrong = "%1 = add(%0) : f32[T, 8]", .right = "%1 = add(%0, %0) : f32[T, 8]"},
    {"E0502", "not a text of the IR",
     "`gradc opt` reads graphs as `gradc dump` prints them (.gir); they begin with a\n"
     "line graph \"NAME\". A graph file becomes such texts by `gradc dump FILE --stage\n"
     "all --out DIR`.",
     .wrong = "gradc opt my.graph",
     .right = "gradc dump my.graph --task t > t.gir\n"
              "gradc opt t.gir"},
    {"E0601", "no scalar loss",
     "A graph to be differentiated needs one output f32[] with the role of the loss,\n"
     "for instance the mean of the rows' losses.",
     .wrong = "output \"loss\" = %7 # f32[S, 1]", .right = "output \"loss\"{role=loss} = %8 # f32[]"},
    {"E0602", "no gradient",
     "A parameter, or the x of a grad(y, x), reaches what is differentiated through\n"
     "an operator that cannot be: the log-sum-exp of attention, or its second\n"
     "derivative (attention has no third). The message shows the path. Put\n"
     "stop_gradient around the value, or freeze the parameters below it.",
     .wrong = "y = log_of_sums(attention(...))", .right = "y = stop_gradient(log_of_sums(attention(...)))"},
    {"E0603", "this concat has no gradient",
     "An operand's gradient is its part cut out of the result, which must begin at a\n"
     "constant place: only the last operand may have a run-time extent. Put that one\n"
     "last, and stop_gradient around the others.",
     .wrong = "y = concat(0, states, extra_rows)", .right = "y = concat(0, extra_rows, states)"},
    {"E0610", "a pass is wrong",
     "The graph that a pass of gradc made breaks a rule of the representation. This\n"
     "is a mistake in gradc, not in the model: please report it with the graph file\n"
     "and the output of `gradc dump FILE --stage all`.",
     .right = "gradc dump my.graph --stage all > report.txt"},
    {"E0611", "unknown pass",
     "`gradc opt --help` lists the passes; `gradc explain PASS` says what one of them\n"
     "does.",
     .wrong = "gradc opt t.gir --passes fuze", .right = "gradc opt t.gir --passes fuse"},
    {"E0612", "a pass in the wrong place",
     "A pass needs something of a graph that does not hold here; most of them work on\n"
     "nodes that are in no kernel yet. `gradc explain PASS` says what a pass needs,\n"
     "gives and breaks.",
     .wrong = "gradc opt t.gir --passes fuse,simplify", .right = "gradc opt t.gir --passes simplify,fuse"},
    {"E0613", "gradients that no pass makes",
     "Training needs the gradients of its parameters, so 'differentiate' must be among\n"
     "the passes. IR text says by lines 'wanted \"NAME\"' which gradients those are.",
     .wrong = "gradc train my.graph --passes -differentiate", .right = "gradc train my.graph --passes -fuse"},
    {"E0614", "not a choice of passes",
     "--passes takes names in the order in which they run, as in --passes\n"
     "simplify,fuse, or names with a minus, as in --passes -fuse,-demand: the usual\n"
     "passes without these.",
     .wrong = "gradc opt t.gir --passes -fuse,demand", .right = "gradc opt t.gir --passes -fuse,-demand"},
    {"E0701", "unknown CPU",
     "Kernels can be made for another x86-64 CPU than this machine's, by the name that\n"
     "LLVM gives it: haswell, znver3, x86-64-v3, x86-64-v4. The name given is not\n"
     "known, or is that of a CPU of another architecture, for which code is made on\n"
     "such a machine only. Without a name, code is made for the machine at hand.",
     .wrong = "gradc eval run --cpu zen3", .right = "gradc eval run --cpu znver3"},
    {"E0702", "machine code cannot be loaded",
     "Kernels are linked into the process, which needs memory that is first written\n"
     "and then run. The system refused (no memory, or a policy that forbids such\n"
     "memory), or an object could not be linked: the message has the reason.\n"
     "--no-cache compiles everything anew.",
     .right = "gradc train my.graph --no-cache"},
    {"E0703", "the kernel cache is not used",
     "Compiled kernels are kept in a private folder so that the next start is fast.\n"
     "The folder could not be made, belongs to another user, or is open to others\n"
     "(its mode must be 0700). Work goes on; every start compiles anew. Name another\n"
     "folder with --cache, or none with --no-cache.",
     .wrong = "gradc train my.graph --cache /tmp", .right = "gradc train my.graph --cache ~/.cache/gradc"},
    {"E0704", "what to do with the kernel cache?",
     "gradc cache ls lists the kernels with size, age and state; verify reads each\n"
     "and fails when one is damaged; gc removes what is damaged or left over, then\n"
     "the kernels longest unused until the rest fits --cache-size; clear removes all.",
     .wrong = "gradc cache list", .right = "gradc cache ls"},
    {"E0705", "a damaged entry of the kernel cache",
     "A file of the cache is not what was written: cut off, changed, another user's\n"
     "or open to others. It is never run: the kernel is compiled anew when it is\n"
     "needed. gradc cache gc removes such files.",
     .right = "gradc cache gc"},
    {"E0706", "the kernel cache cannot be changed",
     "A file of the cache could not be removed. Look at the folder's owner and mode,\n"
     "and at whether its disk is writable.",
     .right = "gradc cache clear"},
    {"E0707", "code for another CPU",
     "--cpu asks for code that uses instructions which this machine does not have: the\n"
     "first of them would end the program. The message says what is missing and what\n"
     "this machine is. Other commands than dump and opt, which only show the code,\n"
     "need a CPU that this machine can stand for: x86-64-v3, or none.",
     .wrong = "gradc train my.graph --cpu znver5 # on a Haswell",
     .right = "gradc dump my.graph --format asm --cpu znver5"},
    {"E0708", "nothing for perf",
     "--perf DIR writes DIR/jit-PID.dump and /tmp/perf-PID.map, from which perf learns\n"
     "what kernels are called and which lines they come from. One of them could not be\n"
     "written, or not be mapped as code, as the file system or a policy of this\n"
     "machine has it. Name a folder that is there, on another disk.",
     .wrong = "gradc train my.graph --perf /nowhere", .right = "gradc train my.graph --perf ."},
    {0},
};
