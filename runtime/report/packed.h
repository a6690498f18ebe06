/* Packed: long texts in a page, deflated (RFC 1950) and in base 64. The
 * browser unpacks them when they are looked at. */
#ifndef GRADC_RUNTIME_REPORT_PACKED_H
#define GRADC_RUNTIME_REPORT_PACKED_H

#include <stddef.h>
#include <stdio.h>

void packed_write(FILE *out, const char *text, size_t length);

#endif
