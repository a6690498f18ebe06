/* Several runs that one command uses together, `gradc predict A B C`: each with the options, the program, the tokenizer
 * and the weights of its folder. The first one says which tasks, and on which data. One run is a group of one. */
#ifndef GRADC_RUNTIME_COMMANDS_RUN_GROUP_H
#define GRADC_RUNTIME_COMMANDS_RUN_GROUP_H

#include "runtime/commands/run_options.h"
#include "runtime/measure/ensemble.h"

typedef struct RunGroup {
    Session *sessions; /* [count] */
    Options *options;  /* [count]: those that hold for each */
    int count;
    Member *members;  /* [tasks of the first, count]: of the tasks that are wanted */
    int *first_alike; /* [tasks of the first, count]: the first run that makes the same tokens of the same rows */
    Diagnostics *diags;
} RunGroup;

/* The programs, and what is wanted of them. False with diagnostics; to be closed all the same. */
bool run_group_open(const char *command, const Options *given, RunGroup *group, Diagnostics *diags);
void run_group_close(RunGroup *group);

/* The models, for the tasks that the first run's session wants. `asked` [its tasks]: the outputs that are wanted. False
 * with a diagnostic where a run lacks such a task, or decides otherwise. */
bool run_group_load(RunGroup *group, const OutputNames *asked);

/* [count]: the members of a task of the first run. */
Member *run_group_members(const RunGroup *group, int task);

/* Sets `data` of the members of a task: each loads its own by `load`, but for those that read rows as one before does.
 * NULL, which `load` returns after a diagnostic: false. To be freed by run_group_free_data in any case. */
typedef Dataset *RunLoader(void *user, Session *session, int task);
bool run_group_load_data(const RunGroup *group, int task, RunLoader *load, void *user);
void run_group_free_data(const RunGroup *group, int task);

#endif
