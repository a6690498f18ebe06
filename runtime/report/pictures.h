/* Pictures: what a run looks like, one drawing for each subject. A page shows all of them; one kind by itself is a
 * file. */
#ifndef GRADC_RUNTIME_REPORT_PICTURES_H
#define GRADC_RUNTIME_REPORT_PICTURES_H

#include "runtime/report/chart.h"
#include "runtime/report/run_log.h"
#include "runtime/report/task_result.h"

typedef struct Picture {
    const char *kind; /* "loss": what --plot calls it */
    const char *task; /* NULL: of the whole run */
    const char *svg;  /* the inside of an <svg> of this size */
    int width, height;
} Picture;

typedef struct Pictures {
    Arena *arena;
    Picture *items;
    int count, capacity;
} Pictures;

void pictures_add(Pictures *pictures, const char *kind, const char *task, const Chart *chart);

/* The kinds that there are: their names, [count]; and as a text, "loss, metrics ...". */
const char *const *picture_kind_list(int *count);
const char *picture_kind_names(Arena *arena);
bool picture_kind_needs_results(const char *kind); /* an evaluation; the others come from the log, or are measured */

/* --- curves.c: from the log --- */

/* Loss and metrics of each task, learning rate, norm and cosines of gradients, tokens a second. */
void pictures_of_log(Pictures *pictures, const RunLog *log, int64_t best_epoch);

/* Points of a long series, put together until there are few enough to draw: means, and the least and greatest. */
typedef struct Thinned {
    double *x, *y, *low, *high; /* [count], in an arena */
    int count;
    bool bands; /* several were put together */
} Thinned;
Thinned thin_points(const double *x, const double *y, int count, Arena *arena);

/* --- results.c: from an evaluation --- */

/* Which class is taken for which, calibration, curves of probabilities, numbers against their labels, lengths. */
void pictures_of_result(Pictures *pictures, const TaskResult *result);

/* --- confusion.c --- */

enum { MOST_DRAWN_CLASSES = 60 };
/* Nothing of tasks without a matrix, or with more classes than can be drawn. */
void picture_of_confusion(Pictures *pictures, const TaskResult *result);

/* A class that is taken for another one, in order of how often. */
typedef struct Confusion {
    const char *labelled, *predicted;
    int64_t rows;
    double share; /* of those labelled so */
} Confusion;
/* At most `most`, the most frequent first; their names in `arena`. */
int frequent_confusions(const TaskResult *result, Confusion *list, int most, Arena *arena);

/* --- compare.c: of several runs --- */

typedef struct ComparedRun {
    const char *name;
    const RunLog *log;
} ComparedRun;
/* Loss and metrics of each task by epoch, a line for each run; with `spread` the mean of all and its deviation. */
void pictures_of_runs(Pictures *pictures, const ComparedRun *runs, int count, bool spread);

#endif
