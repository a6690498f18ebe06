/* Loading: files and their imports as one module, and as one text. */
#ifndef GRADC_FRONTEND_LOAD_H
#define GRADC_FRONTEND_LOAD_H

#include "frontend/ast.h"
#include "frontend/frontend.h"

/* The prelude's text, made from prelude.graph by embed.sh. */
extern const char prelude_text[];

typedef struct Loaded {
    Module module;      /* imported files first, the prelude before all */
    const char *source; /* all files but the prelude, each import replaced by the text of its file */
} Loaded;

/* Mistakes are reported in `diags`; the result holds what could be read. It belongs to `arena`. Of the options it needs
 * `open_text`. */
Loaded *load_module(const char *path, const ProgramOptions *options, Arena *arena, Diagnostics *diags);

#endif
