/* Cores. A line of /proc/self/cgroup is "0::/path" (version 2) or "4:cpu,cpuacct:/path" (version 1). Where a container
 * sees its own groups only, the path may not be there, but what is above it is, up to the mount itself. */
#include "runtime/engine/cores.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 4096, PATH_BYTES = 3 * LINE_BYTES };

/* The numbers at the beginning of a file of a group: how many, up to two. */
static int read_numbers(const char *group, const char *name, double *numbers) {
    char path[PATH_BYTES + 40];
    snprintf(path, sizeof path, "%s/%s", group, name);
    FILE *file = fopen(path, "re");
    int count = file ? fscanf(file, "%lf %lf", &numbers[0], &numbers[1]) : 0; /* "max": none */
    if (file) fclose(file);
    return count < 0 ? 0 : count;
}

static double quota_of_group(const char *group) {
    double numbers[2] = {0}, period[2] = {0};
    if (read_numbers(group, "cpu.max", numbers) == 2 && numbers[0] > 0 && numbers[1] > 0)
        return numbers[0] / numbers[1];
    bool limited = read_numbers(group, "cpu.cfs_quota_us", numbers) >= 1 && numbers[0] > 0; /* -1: none */
    if (limited && read_numbers(group, "cpu.cfs_period_us", period) >= 1 && period[0] > 0)
        return numbers[0] / period[0];
    return INFINITY;
}

/* The least of the group and those above it. */
static double quota_upwards(const char *mount, const char *path) {
    char group[PATH_BYTES];
    double least = INFINITY;
    snprintf(group, sizeof group, "%s%s", mount, path);
    for (size_t top = strlen(mount); strlen(group) >= top;) {
        least = fmin(least, quota_of_group(group));
        char *slash = strrchr(group, '/');
        if (!slash || slash < group + top) break;
        *slash = '\0';
    }
    return least;
}

static bool has_word(const char *list, const char *word) {
    size_t length = strlen(word);
    for (const char *at = list; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        if (strncmp(at, word, length) == 0 && (at[length] == ',' || !at[length])) return true;
    }
    return false;
}

static double quota_of_line(char *line, const char *mount) {
    char *controllers = strchr(line, ':'), *path = controllers ? strchr(controllers + 1, ':') : NULL, place[PATH_BYTES];
    if (!path) return INFINITY;
    *path++ = '\0';
    path[strcspn(path, "\n")] = '\0';
    if (!*++controllers) return quota_upwards(mount, path);
    if (!has_word(controllers, "cpu")) return INFINITY;
    snprintf(place, sizeof place, "%s/%s", mount, controllers);
    double together = quota_upwards(place, path);
    snprintf(place, sizeof place, "%s/cpu", mount);
    return fmin(together, quota_upwards(place, path));
}

double cores_quota(const char *membership, const char *mount) {
    char line[LINE_BYTES];
    double least = INFINITY;
    FILE *file = fopen(membership, "re");
    while (file && fgets(line, sizeof line, file)) least = fmin(least, quota_of_line(line, mount));
    if (file) fclose(file);
    return least;
}

int cores_available(int processors) {
    double quota = ceil(cores_quota("/proc/self/cgroup", "/sys/fs/cgroup"));
    int most = quota < processors ? (int)quota : processors;
    return most > 1 ? most : 1;
}
