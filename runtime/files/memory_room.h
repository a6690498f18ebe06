/* Memory room: how much memory this process may still take before the machine, or its container, has none left. */
#ifndef GRADC_RUNTIME_FILES_MEMORY_ROOM_H
#define GRADC_RUNTIME_FILES_MEMORY_ROOM_H

#include <stddef.h>

/* Bytes: what `meminfo` (a file like /proc/meminfo) calls MemAvailable, and no more than the limit of the control
 * group mounted at `mount` (memory.max; of version 1 memory.limit_in_bytes). SIZE_MAX where neither says. */
size_t memory_room_of(const char *meminfo, const char *mount);

/* That of this machine. */
size_t memory_room(void);

#endif
