/* Counts in messages, with the noun that follows: "1 row", "2 rows", "3 classes", "1 more query". */
#ifndef GRADC_GRAPH_BASE_COUNT_TEXT_H
#define GRADC_GRAPH_BASE_COUNT_TEXT_H

#include <stdint.h>

typedef struct CountText {
    char text[64];
} CountText;

/* The noun is given in the singular and becomes a plural for any count but 1. */
CountText count_text(int64_t count, const char *noun);

/* `one` for a count of 1, else `many`: for what agrees with the noun. */
const char *count_form(int64_t count, const char *one, const char *many);

#endif
