/* Server: a language server for graph files, as editors speak with one (Language Server Protocol 3.17): diagnostics
 * while one types, what a name stands for, where it is declared, layout. */
#ifndef GRADC_RUNTIME_LSP_SERVER_H
#define GRADC_RUNTIME_LSP_SERVER_H

#include <stdio.h>

/* Answers messages until the one to exit, or their end. 0, or 1 when the editor left without a word of farewell. */
int lsp_serve(FILE *in, FILE *out);

#endif
