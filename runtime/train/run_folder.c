/* What a folder holds already, and making it ready. */
#include "runtime/train/run_folder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/model/checkpoint.h"

/* By these a folder of weights, or a run with weights, is known; the first two are what a run writes. */
static const char *const weight_files[] = {"model.safetensors", "adapter_model.safetensors",
                                           "model.safetensors.index.json", "pytorch_model.bin",
                                           "pytorch_model.bin.index.json"};
/* What a run writes beside them. */
static const char *const run_files[] = {"settings.json", "model.graph", "log.jsonl"};

enum {
    WEIGHT_FILES = sizeof weight_files / sizeof *weight_files,
    RUN_FILES = sizeof run_files / sizeof *run_files,
    OWN_WEIGHTS = 2,
    LONGEST_PATH = 4096
};

static bool join(const char *folder, const char *name, char *path) {
    return snprintf(path, LONGEST_PATH, "%s/%s", folder, name) < LONGEST_PATH;
}

static bool has_any(const char *folder, const char *const *names, int count) {
    char path[LONGEST_PATH];
    for (int i = 0; i < count; i++) {
        if (join(folder, names[i], path) && access(path, F_OK) == 0) return true;
    }
    return false;
}

static bool is_same(const char *a, const char *b) {
    struct stat first, second;
    return a && b && stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_ino == second.st_ino &&
           first.st_dev == second.st_dev;
}

static const char *checkpoints_of(const char *folder, char *path) { return join(folder, "last", path) ? path : folder; }

bool run_folder_has_checkpoint(const RunFolder *folder) {
    char path[LONGEST_PATH];
    return checkpoint_exists(checkpoints_of(folder->path, path));
}

/* --- Checking ----------------------------------------------------------------------------------------------------- */

static bool nothing_to_resume(const RunFolder *f, Diagnostics *diags) {
    diag_error(diags, "E0947", pos_in_file(diagnostics_file(diags, f->path, NULL), 0),
               "nothing to resume: the folder has weights but no checkpoint");
    diag_hint(diags, "start another run with another --out, or begin anew here, without its weights, with --force");
    return false;
}

static bool occupied(const RunFolder *f, bool is_run, Diagnostics *diags) {
    const char *what = is_same(f->path, f->weights) ? "the weights that the run starts from"
                       : is_run                     ? "another run"
                                                    : "a model";
    diag_error(diags, "E0948", pos_in_file(diagnostics_file(diags, f->path, NULL), 0), "--out already holds %s", what);
    if (is_run)
        diag_hint(diags,
                  "name another folder, go on with that run (gradc train %s --resume), or replace it with --force",
                  f->path);
    else
        diag_hint(diags, "name another folder, or replace what it holds with --force");
    return false;
}

/* A run that kept neither weights nor a checkpoint may be replaced: nothing of it is lost or mixed with another's. */
static bool check_content(const RunFolder *f, Diagnostics *diags) {
    static const char *const described[] = {"config.json"};
    bool has_checkpoint = run_folder_has_checkpoint(f), has_weights = has_any(f->path, weight_files, WEIGHT_FILES),
         is_run = has_any(f->path, run_files, RUN_FILES) || has_checkpoint,
         is_model = has_any(f->path, described, 1) && !is_run;
    if (f->forces || (f->resumes && has_checkpoint)) return true;
    if (f->resumes) return !has_weights || nothing_to_resume(f, diags);
    bool is_free = !has_weights && !has_checkpoint && !is_model && !is_same(f->path, f->weights);
    return is_free || occupied(f, is_run, diags);
}

bool run_folder_check(const RunFolder *f, Diagnostics *diags) {
    return folder_is_unlocked(f->path, diags) && check_content(f, diags);
}

static bool cannot_make(const RunFolder *f, Diagnostics *diags) {
    diag_error(diags, "E0941", (Pos){0}, "cannot create the folder %s: %s", f->path, strerror(errno));
    diag_hint(diags, "its parent must exist and be writable");
    return false;
}

bool run_folder_can_be_made(const RunFolder *f, Diagnostics *diags) {
    char parent[LONGEST_PATH + 2];
    int length = (int)strnlen(f->path, LONGEST_PATH);
    if (access(f->path, F_OK) == 0) return true;
    while (length && f->path[length - 1] == '/') length--;
    while (length && f->path[length - 1] != '/') length--;
    snprintf(parent, sizeof parent, "%.*s.", length, f->path);
    return access(parent, W_OK | X_OK) == 0 || cannot_make(f, diags);
}

bool run_folder_check_export(const RunFolder *f, Diagnostics *diags) {
    bool is_source = is_same(f->path, f->weights);
    if (!is_source && !has_any(f->path, run_files, RUN_FILES) && !run_folder_has_checkpoint(f)) return true;
    diag_error(diags, "E0948", pos_in_file(diagnostics_file(diags, f->path, NULL), 0), "--out already holds %s",
               is_source ? "the model that is exported" : "a run");
    diag_hint(diags, "name another folder: an export would replace its weights");
    return false;
}

/* --- Making ready ------------------------------------------------------------------------------------------------- */

static void remove_all(const char *folder, const char *const *names, int count) {
    char path[LONGEST_PATH];
    for (int i = 0; i < count; i++) {
        if (join(folder, names[i], path)) unlink(path);
    }
}

/* Of another run. A run that goes on keeps what it has. */
static void remove_run(const RunFolder *f) {
    char path[LONGEST_PATH];
    remove_all(f->path, run_files, RUN_FILES);
    if (!is_same(f->path, f->weights)) remove_all(f->path, weight_files, OWN_WEIGHTS);
    checkpoint_remove_all(checkpoints_of(f->path, path));
}

static void remove_unfinished(const RunFolder *f) {
    static const char *const folders[] = {"last", "tokens"};
    char path[LONGEST_PATH];
    folder_remove_unfinished(f->path);
    for (int i = 0; i < 2; i++) {
        if (join(f->path, folders[i], path)) folder_remove_unfinished(path);
    }
}

FolderLock *run_folder_open(const RunFolder *f, Diagnostics *diags) {
    if (mkdir(f->path, 0777) != 0 && errno != EEXIST && !cannot_make(f, diags)) return NULL;
    FolderLock *lock = folder_lock(f->path, diags);
    if (!lock) return NULL;
    if (!check_content(f, diags)) { /* somebody was quicker */
        folder_unlock(lock);
        return NULL;
    }
    remove_unfinished(f);
    if (f->forces && !(f->resumes && run_folder_has_checkpoint(f))) remove_run(f);
    return lock;
}
