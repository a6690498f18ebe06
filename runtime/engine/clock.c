/* A steady clock, and the age of the process. */
#include "runtime/engine/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double seconds_of_process(void) {
    enum { BEFORE_START_TIME = 19 }; /* fields of /proc/self/stat between the name and it; see proc(5) */
    char line[1024] = "";
    FILE *file = fopen("/proc/self/stat", "r");
    if (file && !fgets(line, sizeof line, file)) line[0] = 0;
    if (file) fclose(file);
    char *at = strrchr(line, ')');
    for (int i = 0; at && i <= BEFORE_START_TIME; i++) at = strchr(at + 1, ' ');
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    double seconds = (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
    return at ? seconds - strtod(at, NULL) / (double)sysconf(_SC_CLK_TCK) : 0;
}
