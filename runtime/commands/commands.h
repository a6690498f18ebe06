/* The commands of the command line. Each returns the exit status: 0, or 1 for a user's mistake or a failed check,
 * reported in `diags`. Their table is command_rows.c. */
#ifndef GRADC_RUNTIME_COMMANDS_COMMANDS_H
#define GRADC_RUNTIME_COMMANDS_COMMANDS_H

#include "graph/base/diag.h"
#include "runtime/commands/options.h"

int command_train(const Options *options, Diagnostics *diags);
int command_eval(const Options *options, Diagnostics *diags);
int command_diff_runs(const Options *options, Diagnostics *diags);
int command_replay(const Options *options, Diagnostics *diags);
int command_report(const Options *options, Diagnostics *diags);
int command_predict(const Options *options, Diagnostics *diags);
int command_init(const Options *options, Diagnostics *diags);
int command_export(const Options *options, Diagnostics *diags);
int command_serve(const Options *options, Diagnostics *diags);
int command_check(const Options *options, Diagnostics *diags);
int command_dump(const Options *options, Diagnostics *diags);
int command_opt(const Options *options, Diagnostics *diags);
int command_tokenize(const Options *options, Diagnostics *diags);
int command_fmt(const Options *options, Diagnostics *diags);
int command_attribute(const Options *options, Diagnostics *diags);
int command_bench(const Options *options, Diagnostics *diags);
int command_gradcheck(const Options *options, Diagnostics *diags);
int command_run(const Options *options, Diagnostics *diags);
int command_cache(const Options *options, Diagnostics *diags);
int command_explain(const Options *options, Diagnostics *diags);
int command_lsp(const Options *options, Diagnostics *diags);
int command_help(const Options *options, Diagnostics *diags);

#endif
