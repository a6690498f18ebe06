/* Entities: spans of words that tags mark, as the CoNLL-2000 evaluation script and seqeval find them (Ramshaw and
 * Marcus 1995; Tjong Kim Sang and Buchholz 2000). A tag is O, or one of B I E S, a hyphen and a type. A span begins
 * with B, with S, or with any tag that follows another type or O; it ends before O, B, S, another type, and after E or
 * S. */
#ifndef GRADC_RUNTIME_MEASURE_ENTITIES_H
#define GRADC_RUNTIME_MEASURE_ENTITIES_H

#include "runtime/measure/metrics.h"

/* F1 of spans: a predicted one is right when a labelled one has its words and its type. 0 where there is neither. */
MetricFunction entity_f1;

#endif
