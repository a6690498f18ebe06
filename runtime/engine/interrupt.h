/* Ctrl-C and SIGTERM: the first asks the run to stop after its step, or the batch that it evaluates; the second ends
 * the process at once. */
#ifndef GRADC_RUNTIME_ENGINE_INTERRUPT_H
#define GRADC_RUNTIME_ENGINE_INTERRUPT_H

/* From here on the first signal is noted instead of ending the process. */
void interrupt_watch(void);
/* The signal that came, 0 while none did. */
int interrupt_signal(void);
/* The signals end the process again. */
void interrupt_unwatch(void);

#endif
