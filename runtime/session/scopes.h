/* Scopes: parts of a model that start from folders of their own, beside the session's.
 *
 *     --weights STUDENT --weights-of teacher=RUN
 *
 * What is called teacher.x in the text is x there, or what the text's `checkpoint prefix` makes of either. Sizes and
 * the tokenizer are those of the session's folder: the other one must have the same tokens, and is checked as that
 * is. */
#ifndef GRADC_RUNTIME_SESSION_SCOPES_H
#define GRADC_RUNTIME_SESSION_SCOPES_H

#include "runtime/session/session.h"

/* Opens the folders of source.weights_of; after the program. False with a diagnostic. */
bool scopes_open(Session *session);
void scopes_close(Session *session);

/* The one whose scope the name is in, the narrowest; NULL: none. */
const ScopeFolder *scope_of(const Session *session, const char *name);

/* `found` [program's parameters]: which of them have a value. What a scope's folder was given for is there: all that
 * is frozen, and something at least. False with a diagnostic. */
bool scopes_check(const Session *session, const bool *found);

#endif
