/* Barrier: where the threads of a team meet. Who waits looks for a short time, since the others are often there soon,
 * and then sleeps: its processor is free for others, and nothing of a quota is used up. */
#ifndef GRADC_RUNTIME_ENGINE_BARRIER_H
#define GRADC_RUNTIME_ENGINE_BARRIER_H

typedef struct Barrier Barrier;

/* `awake_s`: seconds that a thread looks before it sleeps; 0 where threads share processors. NULL: there is no memory.
 */
Barrier *barrier_new(int threads, double awake_s);
void barrier_free(Barrier *barrier); /* NULL is allowed; nobody is in it */

/* Returns when as many threads as there are have called it. Each then sees what any of them wrote before. */
void barrier_meet(Barrier *barrier);

#endif
