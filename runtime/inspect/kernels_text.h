/* The code of kernels as text. */
#ifndef GRADC_RUNTIME_INSPECT_KERNELS_TEXT_H
#define GRADC_RUNTIME_INSPECT_KERNELS_TEXT_H

#include "codegen/codegen.h"

/* Every distinct kernel's code under a line, a comment, that names the kernel. The caller frees. */
char *kernels_text(const KernelList *list, const Target *target, CodeFormat format);

#endif
