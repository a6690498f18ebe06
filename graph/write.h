/* Pieces of text to a stream, without printf: it costs more than all the rest of printing a graph. */
#ifndef GRADC_GRAPH_WRITE_H
#define GRADC_GRAPH_WRITE_H

#include <stdint.h>
#include <stdio.h>

#include "graph/type.h"

void write_int(FILE *out, int64_t value);
void write_quoted(FILE *out,
                  const char *text); /* "text", with \\ before quotes and backslashes, control characters as \\xNN */
void write_dim(FILE *out, Dim dim, const Symbols *symbols);           /* "T", "2*S", "S+1", "hidden = 768" */
void write_role(FILE *out, const Role *role);                         /* role=ids of="x" task="a" */
void write_type(FILE *out, const Type *type, const Symbols *symbols); /* "i32<vocab = 30522>[T]" */

#endif
