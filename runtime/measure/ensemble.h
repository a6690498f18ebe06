/* Ensemble: several models that answer the rows of a task as one.
 *
 * What a prediction is decided from is averaged, and decided on afterwards (passes/decision.h): logits, of which argmax
 * takes the largest, are averaged before it does. Where they are the logits of the probabilities that the task shows,
 * by softmax or sigmoid, the mean is that of the probabilities, and their logarithms are what is decided from. A
 * prediction that is a number is the mean of the numbers, and so is all that is shown. Fitted numbers are averaged too.
 *
 * One model alone answers as it is. */
#ifndef GRADC_RUNTIME_MEASURE_ENSEMBLE_H
#define GRADC_RUNTIME_MEASURE_ENSEMBLE_H

#include "passes/decision.h"
#include "runtime/measure/evaluate.h"

/* How what is decided from makes the task's probabilities. */
typedef enum ScoreLink { LINK_NONE, LINK_SIGMOID, LINK_SOFTMAX } ScoreLink; /* none: as they are, or others */

typedef struct Member {
    const char *name; /* for messages: its folder */
    Program *program;
    int task; /* the number there */
    Model *model;
    const Dataset *data; /* the rows as it reads them: of members that read them alike the same one */
    DecisionCut cut;
    Graph *uncut; /* the graph in whose place the task has that of the cut; names of outputs lie in it */
    ScoreLink link;
} Member;

/* Of each member, before its model is made: the task's graph gives what is decided from, and `outputs`, those that the
 * model is to give, end in it. False with a diagnostic for a prediction that cannot be averaged, or too many outputs.
 */
bool member_prepare(Member *member, OutputNames *outputs, Diagnostics *diags);
void member_free(Member *member);

/* Have all of them the same label, and do they decide alike? False with a diagnostic that says where they differ. */
bool members_agree(const Member *members, int count, Diagnostics *diags);

/* As collect_outputs, of all members; `asked` are the outputs that are wanted, in the order of `outputs`, which are the
 * first of those that each model gives. In the order of the first member's rows. */
bool ensemble_collect(const Member *members, int count, const OutputNames *asked, const Pace *pace, Collected *outputs,
                      Diagnostics *diags);

#endif
