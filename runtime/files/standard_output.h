/* Standard output as a file like any other: what could not be written there is an error. */
#ifndef GRADC_RUNTIME_FILES_STANDARD_OUTPUT_H
#define GRADC_RUNTIME_FILES_STANDARD_OUTPUT_H

#include "graph/base/diag.h"

/* Gives the numbers 0, 1 and 2 something to stand for where the process was started without: otherwise the first file
 * that is opened gets one of them, and what is printed is written into it. To be called before any file is opened. */
void standard_streams_secure(void);

/* Closes standard output, which is not used any more. False and an error when not all that was printed has arrived. */
bool standard_output_close(Diagnostics *diags);

#endif
