/* Wire: messages of the Language Server Protocol, JSON behind a header that says how long it is. */
#ifndef GRADC_RUNTIME_LSP_WIRE_H
#define GRADC_RUNTIME_LSP_WIRE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

typedef enum WireStatus { WIRE_MESSAGE, WIRE_BROKEN, WIRE_END } WireStatus;

/* The next message, which the caller owns. WIRE_BROKEN: its content is no JSON object, and the next one can be read.
 * WIRE_END: there is none, or its header cannot be understood. */
WireStatus wire_read(FILE *in, json_t **message);

/* Takes the message; "jsonrpc" is added. */
void wire_write(FILE *out, json_t *message);

#endif
