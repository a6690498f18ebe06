/* Survey doubts: what in a table may not be what it is taken for. Nothing of it keeps a model from being trained. */
#ifndef GRADC_RUNTIME_DATA_SURVEY_DOUBTS_H
#define GRADC_RUNTIME_DATA_SURVEY_DOUBTS_H

#include "runtime/data/survey.h"

/* Comment lines, each with its "# " and its end, in `arena`; "": there is nothing to say. About labels that differ in
 * case alone, that look like numbers in another spelling or like the word for a gap, and about empty texts. */
const char *survey_doubts(const Survey *survey, Arena *arena);

#endif
