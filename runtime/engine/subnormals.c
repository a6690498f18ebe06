/* Subnormals: bits of the thread's control register. */
#include "runtime/engine/subnormals.h"

#if defined(__SSE2__)

#include <immintrin.h>

/* MXCSR: flush to zero what is made, take as zero what is read. */
enum { FLUSH = 1 << 15, AS_ZERO = 1 << 6 };

SubnormalMode subnormals_flush(void) {
    SubnormalMode before = _mm_getcsr();
    _mm_setcsr((unsigned)before | FLUSH | AS_ZERO);
    return before;
}

void subnormals_restore(SubnormalMode before) { _mm_setcsr((unsigned)before); }

#elif defined(__aarch64__)

/* FPCR.FZ: both. */
static const uint64_t flush = 1 << 24;

SubnormalMode subnormals_flush(void) {
    uint64_t before;
    __asm__ volatile("mrs %0, fpcr" : "=r"(before));
    __asm__ volatile("msr fpcr, %0" : : "r"(before | flush));
    return before;
}

void subnormals_restore(SubnormalMode before) { __asm__ volatile("msr fpcr, %0" : : "r"(before)); }

#else

SubnormalMode subnormals_flush(void) { return 0; }
void subnormals_restore(SubnormalMode before) { (void)before; }

#endif
