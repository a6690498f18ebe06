/* Files that a test makes for itself, in a folder of its own under $TMPDIR or /tmp. Tests run as
 * processes of their own, so nothing is shared; `remove_folder` at the end takes all of it away. */
#ifndef GRADC_TESTS_TEMP_FOLDER_H
#define GRADC_TESTS_TEMP_FOLDER_H

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct TempFolder {
    char path[200];
} TempFolder;

static inline TempFolder make_folder(void) {
    TempFolder folder;
    const char *base = getenv("TMPDIR");
    snprintf(folder.path, sizeof folder.path, "%s/gradc-test-XXXXXX", base && strlen(base) < 150 ? base : "/tmp");
    cr_assert_not_null(mkdtemp(folder.path));
    return folder;
}

typedef struct TempPath {
    char text[600];
} TempPath;

static inline TempPath path_in(const TempFolder *folder, const char *name) {
    TempPath path;
    snprintf(path.text, sizeof path.text, "%s/%s", folder->path, name);
    return path;
}

/* Writes `size` bytes to a file of the folder and returns its path. */
static inline TempPath put_bytes(const TempFolder *folder, const char *name, const void *bytes, size_t size) {
    TempPath path = path_in(folder, name);
    FILE *file = fopen(path.text, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(bytes, 1, size, file), size);
    cr_assert_eq(fclose(file), 0);
    return path;
}

static inline TempPath put_text(const TempFolder *folder, const char *name, const char *text) {
    return put_bytes(folder, name, text, strlen(text));
}

/* The number of files in the folder. */
static inline int count_files(const TempFolder *folder) {
    int count = 0;
    DIR *entries = opendir(folder->path);
    cr_assert_not_null(entries);
    for (struct dirent *entry; (entry = readdir(entries));) count += entry->d_name[0] != '.';
    closedir(entries);
    return count;
}

/* Removes the files in the folder, and the folder. Folders inside must be removed before. */
static inline void remove_folder(const TempFolder *folder) {
    DIR *entries = opendir(folder->path);
    cr_assert_not_null(entries);
    for (struct dirent *entry; (entry = readdir(entries));) {
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..")) unlink(path_in(folder, entry->d_name).text);
    }
    closedir(entries);
    cr_assert_eq(rmdir(folder->path), 0);
}

#endif
