/* The generated parts of docs/language.md, in Markdown, from the tables that the program itself works with. */
#ifndef GRADC_RUNTIME_INSPECT_REFERENCE_H
#define GRADC_RUNTIME_INSPECT_REFERENCE_H

#include <stdio.h>

#include "graph/graph.h"

/* All that is known about an operator. */
void reference_operator(Op op, FILE *out);

/* A whole section: operators, roles, rules, passes, metrics or diagnostics. False and nothing printed: there is no such
 * section. */
bool reference_section(const char *name, FILE *out);

#endif
