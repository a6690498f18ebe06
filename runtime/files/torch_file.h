/* Files of torch.save: a ZIP archive of stored entries, ARCHIVE/data.pkl (see pickle.h) and ARCHIVE/data/KEY, the
 * numbers of a storage. Only dictionaries of tensors are read, and nothing in the file is executed. */
#ifndef GRADC_RUNTIME_FILES_TORCH_FILE_H
#define GRADC_RUNTIME_FILES_TORCH_FILE_H

#include "runtime/files/safetensors.h"

/* Opens the file as if it were one of safetensors, without metadata. NULL and errors when it cannot be read, breaks the
 * format, is of before torch 1.6, or has something else in it than tensors. */
SafeTensors *torch_file_open(const char *path, Diagnostics *diags);

#endif
