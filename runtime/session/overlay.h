/* Overlay: a program that says `checkpoint apart` saves what its text does not freeze as adapter_model.safetensors,
 * small beside the base that the rest comes from and goes on coming from:
 *
 *     gradc train lora.graph --weights BASE --out run       gradc eval run --weights BASE
 *
 * The file's metadata has the fingerprint of the base ("base": names and values of the tensors that were left out) and
 * where it was. */
#ifndef GRADC_RUNTIME_SESSION_OVERLAY_H
#define GRADC_RUNTIME_SESSION_OVERLAY_H

#include "runtime/session/session.h"

extern const char overlay_file[];

/* Is the parameter left to the base? What the base lacks is not. */
bool overlay_leaves_out(const Session *session, const Param *param);

/* The fingerprint of all that is left to the base, in the session's arena. */
const char *overlay_fingerprint(const Session *session, const Parameters *params);

/* After weights were loaded with the run's own laid over the base's: was it that base? Also when nothing of it is
 * needed. False and an error when it is another one, or none was given. */
bool overlay_check(Session *session, const Parameters *params, const bool *missing);

#endif
