/* Interrupts. The one variable of the program that lives in a file: a signal belongs to the process, and its handler is
 * given no context. */
#include "runtime/engine/interrupt.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t came;

static void set_handlers(void (*handler)(int)) {
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* After the first signal of either kind, both are as they were. */
static void note(int signal_number) {
    came = signal_number;
    set_handlers(SIG_DFL);
}

void interrupt_watch(void) {
    came = 0;
    set_handlers(note);
}

int interrupt_signal(void) { return came; }

void interrupt_unwatch(void) { set_handlers(SIG_DFL); }
