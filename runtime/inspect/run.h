/* Run: any value that a task or a definition names, and its gradient: run.c chooses, evaluates and shows; run_leaves.c
 * gives the leaves their values. */
#ifndef GRADC_RUNTIME_INSPECT_RUN_H
#define GRADC_RUNTIME_INSPECT_RUN_H

#include "runtime/engine/values.h"
#include "runtime/files/npy.h"
#include "runtime/session/session.h"

/* One --input. */
typedef struct GivenTensor {
    const char *name;
    Tensor tensor;
} GivenTensor;

typedef struct RunOptions {
    TextList inputs, texts; /* "NAME=VALUE"; texts of the rows */
    TextList shows;         /* names, scopes and lines to print; none: the results */
    const char *npy;        /* folder to write to as well; NULL: none */
    bool grad, full, compiled;
    bool figures; /* also mean, deviation, least, most and norm of what is shown */
    int64_t seed;
} RunOptions;

typedef struct Run {
    Session *s;
    const RunOptions *o;
    Diagnostics *diags;
    Arena *arena;
    ProbeOptions probe;
    VEC(GivenTensor) given;
    const Task *task; /* the probe's; its training graph has an output for each name */
    Parameters *params;
    Values *values;
    VEC(const Watched *) shown;
    Graph *graph; /* what is shown as outputs, and "grad.NAME" */
} Run;

/* --- run_leaves.c: all return false with a diagnostic --- */

/* Reads every --input; tells the probe the shapes of arguments. */
bool run_read_inputs(Run *r);
/* Values of texts, labels and arguments of the probe's graph, and what the texts became on standard output. */
bool run_give_leaves(Run *r);
/* Parameters that r->graph reads: those of the session, or these of a program with the same names. */
bool run_give_parameters(Run *r);
void run_give_parameters_of(Run *r, const Parameters *params);

/* --- run.c: likewise --- */

bool run_choose(Run *r);     /* what `shows` names; then, of the probe's graph, */
bool run_make_graph(Run *r); /* the graph of it, to be freed by the caller; then, once its leaves have values, */
bool run_show_all(Run *r);   /* all of it on standard output */

/* In place of the first and the last: all values that have a name, in the order of the text; each handed on by its
 * number in `shown`, while the call lasts. */
typedef void RunVisitor(void *user, int index, const Tensor *tensor);
void run_choose_all(Run *r);
bool run_visit(Run *r, RunVisitor *visit, void *user);

#endif
