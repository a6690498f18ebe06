/* Trace: when each thread was in which launch, for a picture of some steps: one lane a thread. */
#ifndef GRADC_RUNTIME_ENGINE_TRACE_H
#define GRADC_RUNTIME_ENGINE_TRACE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct Trace Trace;

Trace *trace_new(int threads);
void trace_free(Trace *trace); /* NULL is allowed */

/* A stretch of time in seconds, of a clock that never goes back; `label` is borrowed. Threads may add to their own
 * lanes at once. */
void trace_add(Trace *trace, int64_t thread, const char *label, double begin, double end);

/* The same of a whole step, on the lane of the first thread, around what is added there; how many bytes what was added
 * so far would be as text. */
int64_t trace_add_step(Trace *trace, const char *label, double begin, double end);

/* As JSON in the Trace Event Format, which Perfetto and Chrome read: times in microseconds from the first. Labels
 * become names; a gap is a wait for other threads. */
void trace_write(const Trace *trace, const char *title, FILE *out);

#endif
