/* Origins: what parameters are called in the folder that they start from, and in what a run saves of them.
 *
 *     checkpoint prefix "bert." for "query." optional
 *
 *     parameter      starts from    is saved as
 *     query.x        bert.x         query.x        another parameter has the name bert.x
 *     query.x        bert.x         bert.x         none has: the run is a folder like the one it started from
 *
 * So names in a run are never given twice, and a run is looked for what it saved before it is taken for a base. */
#ifndef GRADC_RUNTIME_SESSION_ORIGIN_H
#define GRADC_RUNTIME_SESSION_ORIGIN_H

#include "runtime/session/session.h"

/* The origin whose scope the name is in, the narrowest one; NULL: none is said. */
const ParamOrigin *origin_of(const Program *program, const char *name);

/* The parameter's name in the folder that it starts from, as the text says it. */
const char *origin_name(const Session *session, const char *name);

/* The names of all parameters in what is saved, [program's parameters], in the session's arena. */
const char *const *origin_saved_names(const Session *session);

/* The folder that a parameter, by its number, starts from, and under which names it is looked for there. NULL: there is
 * none. */
HfFolder *origin_folder(const Session *session, int param);
HfName origin_lookup(const Session *session, int param);

#endif
