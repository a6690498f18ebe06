/* Cores: quotas of control groups, both versions, from files of the test's own. */
#include <criterion/criterion.h>
#include <math.h>
#include <sys/stat.h>

#include "runtime/engine/cores.h"
#include "tests/temp_folder.h"

static void expect(const char *membership, const char *place, const char *name, const char *text, double quota) {
    TempFolder root = make_folder();
    TempPath folders[4];
    int depth = 0;
    char path[200];
    for (const char *at = place; *at; at++) {
        if (at[1] && at[1] != '/') continue;
        snprintf(path, sizeof path, "%.*s", (int)(at - place + 1), place);
        folders[depth] = path_in(&root, path);
        cr_assert_eq(mkdir(folders[depth++].text, 0700), 0);
    }
    TempPath of = put_text(&root, "membership", membership);
    snprintf(path, sizeof path, "%s%s%s", place, *place ? "/" : "", name);
    TempPath file = put_text(&root, path, text), period;
    if (strstr(name, "quota")) {
        snprintf(path, sizeof path, "%s/cpu.cfs_period_us", place);
        period = put_text(&root, path, "100000\n");
    }
    cr_expect_eq(cores_quota(of.text, root.path), quota, "%s in %s: %s", name, place, text);
    if (strstr(name, "quota")) unlink(period.text);
    unlink(file.text);
    while (depth > 0) rmdir(folders[--depth].text);
    remove_folder(&root);
}

Test(cores, version_2) {
    expect("0::/a/b\n", "a/b", "cpu.max", "50000 100000\n", 0.5);
    expect("0::/a/b\n", "a", "cpu.max", "150000 100000\n", 1.5); /* of the group above */
    expect("0::/\n", "", "cpu.max", "200000 100000\n", 2);
    expect("0::/not/here\n", "", "cpu.max", "200000 100000\n", 2); /* seen from inside a container */
    expect("0::/a/b\n", "a/b", "cpu.max", "max 100000\n", INFINITY);
}

Test(cores, version_1) {
    expect("5:memory:/m\n4:cpu,cpuacct:/q\n", "cpu/q", "cpu.cfs_quota_us", "100000\n", 1);
    expect("4:cpu,cpuacct:/q\n", "cpu,cpuacct/q", "cpu.cfs_quota_us", "50000\n", 0.5);
    expect("4:cpu:/q\n", "cpu/q", "cpu.cfs_quota_us", "-1\n", INFINITY);
    expect("4:cpuset:/q\n", "cpu/q", "cpu.cfs_quota_us", "100000\n", INFINITY);
}

Test(cores, there_is_always_one) {
    cr_expect_eq(cores_quota("/no/such/file", "/"), INFINITY);
    cr_expect_eq(cores_available(1), 1);
    cr_expect_geq(cores_available(64), 1);
}
