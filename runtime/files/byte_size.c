/* Sizes as people write them. */
#include "runtime/files/byte_size.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

double byte_size_read(const char *text) {
    static const char units[] = "KMGT";
    char *end;
    double size = strtod(text, &end);
    const char *unit = *end ? strchr(units, *end) : NULL;
    bool good = end != text && size > 0 && size < 1e15 && (!*end || (unit && !end[1]));
    return !good ? 0 : unit ? ldexp(size, 10 * (int)(unit - units + 1)) : size;
}
