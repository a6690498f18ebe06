/* Cores: how many threads are worth having. A container's quota of CPU time is not seen in the number of processors:
 * more threads than it pays for are all stopped together when it is used up. */
#ifndef GRADC_RUNTIME_ENGINE_CORES_H
#define GRADC_RUNTIME_ENGINE_CORES_H

/* CPUs' worth of time that the control groups of a process allow (cpu.max; of version 1 cpu.cfs_quota_us), the least of
 * its group and those above it; infinity without a limit. `membership`: a file like /proc/self/cgroup; `mount`: where
 * the groups are. */
double cores_quota(const char *membership, const char *mount);

/* At least 1: the processors that this process may use, no more than the quota pays for (a part counts as a whole). */
int cores_available(int processors);

#endif
