/* gradc lsp: the language server on standard input and output. */
#include "runtime/commands/commands.h"
#include "runtime/lsp/server.h"

int command_lsp(const Options *options, Diagnostics *diags) {
    (void)options, (void)diags;
    return lsp_serve(stdin, stdout);
}
