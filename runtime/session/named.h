/* Patterns of parameters' names that options have: one that no parameter is named by is a mistake. */
#ifndef GRADC_RUNTIME_SESSION_NAMED_H
#define GRADC_RUNTIME_SESSION_NAMED_H

#include "frontend/program.h"

/* False with a diagnostic when --OPTION has a pattern that matches none of the program's parameters. */
bool names_parameter(const Program *program, const char *option, const char *pattern, Diagnostics *diags);

#endif
