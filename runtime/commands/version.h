/* What this gradc is: its version, what it was built with, and the machine that it is on. */
#ifndef GRADC_RUNTIME_COMMANDS_VERSION_H
#define GRADC_RUNTIME_COMMANDS_VERSION_H

#include <stdio.h>

/* "gradc 0.1.0", and below it LLVM and OpenMP, the CPU as LLVM calls it, threads, and libraries found when it runs. */
void version_print(FILE *out);

#endif
