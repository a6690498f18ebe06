/* A steady clock. */
#ifndef GRADC_RUNTIME_ENGINE_CLOCK_H
#define GRADC_RUNTIME_ENGINE_CLOCK_H

/* Seconds since some fixed moment; never goes back. */
double seconds_now(void);

#endif
