/* Event files as TensorBoard reads them: scalars by tag and step. A file is a list of TFRecords, each a protocol buffer
 * `Event` (tensorflow/core/util/event.proto), written by hand:
 *
 *     record   length: u64   masked CRC-32C of it: u32   event   masked CRC-32C of it: u32      all little-endian
 *     event    wall_time = 1: double   step = 2: int64   file_version = 3: string | summary = 5 { value = 1 { tag = 1,
 *     simple_value = 2: float } } */
#ifndef GRADC_RUNTIME_FILES_EVENT_FILE_H
#define GRADC_RUNTIME_FILES_EVENT_FILE_H

#include "graph/base/diag.h"

typedef struct EventFile EventFile;

/* A new file in the folder, which is made when it is not there; `wall_time` (seconds since 1970) is part of its name.
 * NULL and a diagnostic when it cannot be written. */
EventFile *event_file_open(const char *folder, double wall_time, Diagnostics *diags);

/* Written at once, so that a killed run keeps them. */
void event_scalar(EventFile *file, double wall_time, int64_t step, const char *tag, double value);

/* NULL is allowed. False with a diagnostic when not all could be written. */
bool event_file_close(EventFile *file, Diagnostics *diags);

/* CRC-32C (Castagnoli: RFC 3720, appendix B.4), and as TFRecords mask it. */
uint32_t crc32c(const void *bytes, size_t size);
uint32_t crc32c_masked(const void *bytes, size_t size);

#endif
