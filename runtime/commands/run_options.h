/* The options of a command as they hold for what it is given. A run is one thing: what it was trained with is what
 * eval, predict, serve, export and bench use it with. From the strongest: the command line, the settings of the run's
 * folder (the table of options says which hold for whom), the text, the defaults. And the parts that libraries take. */
#ifndef GRADC_RUNTIME_COMMANDS_RUN_OPTIONS_H
#define GRADC_RUNTIME_COMMANDS_RUN_OPTIONS_H

#include "runtime/commands/options.h"
#include "runtime/session/session.h"

/* Loads the program of `given->file` and says what is wanted of it. `options` are those that hold; their strings live
 * in the arena of the diagnostics. Where the command line has a run used otherwise than it was trained, that is said on
 * standard error. False with diagnostics; the session is to be closed in any case. */
bool session_of_options(const char *command, const Options *given, Options *options, Session *session,
                        Diagnostics *diags);
/* The first half of it: all that is known without the program. */
bool options_of_folder(const char *command, const Options *given, Options *options, Diagnostics *diags);

SessionSource source_of_options(const Options *options);
SessionUse use_of_options(const Options *options);
/* Of a model that is trained, or, for bench, evaluated. */
ModelUse model_use_of_options(const Options *options, bool training);

#endif
