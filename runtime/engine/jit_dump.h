/* Jit dump: what the machine code of this process is called, for perf: files as its tools read them.
 *
 *     /tmp/perf-PID.map     address, size and name of each kernel: `perf report` looks there by itself
 *     FOLDER/jit-PID.dump   the same with the code, its lines of the graph file and what unwinds it: `perf inject
 *                           --jit` makes objects of it that `perf annotate` reads (jitdump-specification.txt of the
 *                           kernel's tools/perf/Documentation)
 *
 * Neither is removed: they are read when the process has ended. */
#ifndef GRADC_RUNTIME_ENGINE_JIT_DUMP_H
#define GRADC_RUNTIME_ENGINE_JIT_DUMP_H

#include "runtime/engine/code.h"

/* Adds the kernels of code for a described target to both files, which a process begins once. False with a diagnostic
 * (E0708) when they cannot be written. */
bool jit_dump_write(const char *folder, const Code *code, Diagnostics *diags);

#endif
