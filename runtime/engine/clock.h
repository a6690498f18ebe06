/* A steady clock, and the age of the process. */
#ifndef GRADC_RUNTIME_ENGINE_CLOCK_H
#define GRADC_RUNTIME_ENGINE_CLOCK_H

/* Seconds since some fixed moment; never goes back. */
double seconds_now(void);

/* Seconds since the process began; 0 where the system does not say. */
double seconds_of_process(void);

#endif
