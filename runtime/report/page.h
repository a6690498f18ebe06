/* Page: one HTML file that holds all that it shows: pictures, tables, style and script. */
#ifndef GRADC_RUNTIME_REPORT_PAGE_H
#define GRADC_RUNTIME_REPORT_PAGE_H

#include "runtime/report/machine_section.h"
#include "runtime/report/model_section.h"
#include "runtime/report/pictures.h"

/* A run, read and, unless there is no result, evaluated. */
typedef struct RunReport {
    const char *folder, *name; /* the name: the folder's last component, or more where two runs have the same */
    const char *repeat;        /* the command that repeats it */
    const char *options;       /* its settings as the command line would have them */
    const json_t *settings;    /* settings.json; NULL: there is none */
    RunLog log;
    int64_t best_epoch;  /* 0: there is none */
    TaskResult *results; /* [n_results] */
    int n_results;
    json_t *numbers; /* evaluations_json of them; NULL: not evaluated */
    double overall;
} RunReport;

typedef struct Page {
    const RunReport *runs; /* [n_runs]; there may be none */
    int n_runs;
    bool spread;                   /* they differ in their seeds alone */
    const ModelSection *model;     /* NULL: it is left out */
    const MachineSection *machine; /* NULL: it was not measured */
    const char *title;
    Arena *arena;
} Page;

/* The whole document. */
void page_write(FILE *out, const Page *page);

/* --- Its sections --- */

void page_figure(FILE *out, const Picture *picture);
void page_run(FILE *out, const RunReport *run, int number, Arena *arena);
void page_runs(FILE *out, const Page *page); /* side by side */

/* Pictures as one SVG file, at most three beside each other. */
void picture_file_write(FILE *out, const Pictures *pictures);

/* In the program: report.css, chart.css, report.js and model.js. */
extern const char report_css[], chart_css[], report_js[], model_js[];

#endif
