/* PNG of a picture, by librsvg where the machine has it. It is loaded when it is asked for, so that gradc needs it
 * neither to be built nor to run: it brings some forty libraries along. */
#ifndef GRADC_RUNTIME_REPORT_PICTURE_PNG_H
#define GRADC_RUNTIME_REPORT_PICTURE_PNG_H

#include <stddef.h>

#include "graph/base/diag.h"

/* The bytes of a PNG file of the SVG text, twice as large in pixels as the text says; the caller frees. NULL and a
 * diagnostic: there is no librsvg, or it cannot draw it. */
unsigned char *picture_png(const char *svg, size_t length, size_t *size, Diagnostics *diags);

#endif
