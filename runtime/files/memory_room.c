/* Memory room. In a container the mount shows the container's own group; on a bare machine the root has no limit. What
 * the group uses is not subtracted: most of it is often cached files, which give way. */
#include "runtime/files/memory_room.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { PATH_BYTES = 4096 };

static size_t available(const char *meminfo) {
    FILE *file = fopen(meminfo, "re");
    char line[200];
    size_t kib, room = SIZE_MAX;
    while (file && room == SIZE_MAX && fgets(line, sizeof line, file)) {
        if (sscanf(line, "MemAvailable: %zu kB", &kib) == 1) room = kib << 10;
    }
    if (file) fclose(file);
    return room;
}

static size_t limit_of(const char *mount, const char *name) {
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/%s", mount, name);
    FILE *file = fopen(path, "re");
    size_t limit;
    bool found = file && fscanf(file, "%zu", &limit) == 1; /* "max": none */
    if (file) fclose(file);
    return found ? limit : SIZE_MAX;
}

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

size_t memory_room_of(const char *meminfo, const char *mount) {
    size_t limit = smaller(limit_of(mount, "memory.max"), limit_of(mount, "memory/memory.limit_in_bytes"));
    return smaller(available(meminfo), limit);
}

size_t memory_room(void) { return memory_room_of("/proc/meminfo", "/sys/fs/cgroup"); }
