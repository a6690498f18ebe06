/* The code of kernels as text. */
#include "runtime/inspect/kernels_text.h"

#include <stdlib.h>

#include "graph/base/memory.h"

char *kernels_text(const KernelList *list, const Target *target, CodeFormat format) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = memory_stream(&text, &size);
    const char *comment = format == CODE_LLVM ? ";" : "#";
    for (int i = 0; i < list->kernels.count; i++) {
        const Kernel *kernel = list->kernels.items[i];
        char *code = kernel_text(kernel, target, format);
        fprintf(out, "%s %s (%s)\n%s\n", comment, kernel->name, kernel->label, code);
        free(code);
    }
    memory_stream_end(out);
    return text;
}
