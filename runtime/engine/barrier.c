/* Barrier: a count of those who have come and a generation that the last one ends, on cache lines of their own. The
 * generation is also the word that sleepers wait for in the kernel (futex). */
#include "runtime/engine/barrier.h"

#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "graph/base/memory.h"
#include "runtime/engine/clock.h"

enum { LINE_BYTES = 64, LOOKS = 64 /* between two looks at the clock */ };

struct Barrier {
    unsigned threads;
    double awake_s;
    _Alignas(LINE_BYTES) atomic_uint arrived;
    atomic_uint sleepers;
    _Alignas(LINE_BYTES) atomic_uint generation;
};

Barrier *barrier_new(int threads, double awake_s) {
    Barrier *b = memory_try_aligned(LINE_BYTES, sizeof *b);
    if (b) *b = (Barrier){.threads = (unsigned)threads, .awake_s = awake_s};
    return b;
}

void barrier_free(Barrier *barrier) { free(barrier); }

/* Tells the processor that this is a waiting loop. */
static void relax(void) {
#ifdef __x86_64__
    __builtin_ia32_pause();
#endif
}

static bool ended(Barrier *b, unsigned generation) {
    return atomic_load_explicit(&b->generation, memory_order_acquire) != generation;
}

static bool ends_soon(Barrier *b, unsigned generation) {
    double now = seconds_now();
    for (double until = now + b->awake_s; now < until; now = seconds_now()) {
        for (int i = 0; i < LOOKS; i++) {
            if (ended(b, generation)) return true;
            relax();
        }
    }
    return ended(b, generation);
}

/* Either this thread sees that the generation has ended, or the last one sees that there is a sleeper: both write
 * before they read, in the one order that all such accesses have. The kernel looks once more before it lets it sleep.
 */
static void sleep_to_the_end(Barrier *b, unsigned generation) {
    atomic_fetch_add(&b->sleepers, 1);
    while (atomic_load(&b->generation) == generation)
        syscall(SYS_futex, &b->generation, FUTEX_WAIT_PRIVATE, generation, NULL, NULL, 0);
    atomic_fetch_sub(&b->sleepers, 1);
}

static void end_generation(Barrier *b, unsigned generation) {
    atomic_store_explicit(&b->arrived, 0, memory_order_relaxed); /* nobody comes again before the next line */
    atomic_store(&b->generation, generation + 1);
    if (atomic_load(&b->sleepers)) syscall(SYS_futex, &b->generation, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

void barrier_meet(Barrier *b) {
    unsigned generation = atomic_load_explicit(&b->generation, memory_order_relaxed); /* it lasts until we have come */
    if (atomic_fetch_add_explicit(&b->arrived, 1, memory_order_acq_rel) + 1 == b->threads)
        end_generation(b, generation);
    else if (!ends_soon(b, generation))
        sleep_to_the_end(b, generation);
}
