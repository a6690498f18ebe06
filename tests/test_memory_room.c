/* Room for memory, from files as the kernel writes them. */
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "runtime/files/memory_room.h"

static void put(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    cr_assert(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

Test(memory_room, what_is_available_and_what_a_group_allows) {
    char folder[] = "/tmp/gradc-room-XXXXXX", meminfo[64], limit[64];
    cr_assert(mkdtemp(folder));
    snprintf(meminfo, sizeof meminfo, "%s/meminfo", folder);
    snprintf(limit, sizeof limit, "%s/memory.max", folder);
    cr_expect_eq(memory_room_of(meminfo, folder), SIZE_MAX, "neither says");
    put(meminfo, "MemTotal: 9000 kB\nMemFree: 10 kB\nMemAvailable:   4000 kB\n");
    cr_expect_eq(memory_room_of(meminfo, folder), 4000 << 10);
    put(limit, "max\n");
    cr_expect_eq(memory_room_of(meminfo, folder), 4000 << 10);
    put(limit, "1048576\n");
    cr_expect_eq(memory_room_of(meminfo, folder), 1 << 20);
    unlink(limit), unlink(meminfo), rmdir(folder);
}
