/* Parser: a file's text as declarations. The grammar rule stands above each function. */
#ifndef GRADC_FRONTEND_PARSE_H
#define GRADC_FRONTEND_PARSE_H

#include "frontend/ast.h"
#include "frontend/lex.h"

/* Called for each import where it stands, so that what it declares comes first. */
typedef void ImportFunction(void *user, const ImportDecl *import);

/* Adds what `file` declares to the module; `prelude` marks its definitions. Mistakes are reported in
 * `diags`, one for each top-level declaration; what could be read is there nevertheless. The tree
 * belongs to `arena`. */
void parse(const SourceFile *file, bool prelude, Arena *arena, Diagnostics *diags, Module *module,
           ImportFunction *import, void *user);

/* The tokens of one file, its imports left alone, with `begins` set. False and diagnostics on a
 * mistake of grammar. */
bool parse_layout(const SourceFile *file, Arena *arena, Diagnostics *diags, Tokens *tokens);

#endif
