/* Explanations: what each diagnostic means and the way out of it, for `gradc explain`. One row a code, with an example;
 * each range of codes has a file, explanations_SUBJECT.c, in the order of codes. tests/test_diag.c checks that they are
 * exactly the codes that the sources use. */
#ifndef GRADC_GRAPH_BASE_EXPLANATIONS_H
#define GRADC_GRAPH_BASE_EXPLANATIONS_H

typedef struct Explanation {
    const char *code, *title, *text; /* lines of at most 80 characters */
    const char *wrong;               /* what gets the diagnostic; NULL: nothing that is written does */
    const char *right;               /* what does not, or what helps */
} Explanation;

/* Each ends with a row without a code. */
extern const Explanation explanations_of_language[], explanations_of_compiler[], explanations_of_files[],
    explanations_of_commands[], explanations_of_runs[];

const Explanation *explanation_find(const char *code); /* NULL: there is no such code */
const Explanation *explanation_get(int index);         /* of all there are, in order; NULL after the last */

#endif
