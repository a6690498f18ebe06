/* A list of texts, in an arena (see VEC). */
#ifndef GRADC_GRAPH_BASE_TEXT_LIST_H
#define GRADC_GRAPH_BASE_TEXT_LIST_H

#include "graph/base/arena.h"

typedef VEC(const char *) TextList;

/* The words of a text between the separators, without empty ones: "a,b" is two for ','. */
TextList text_split(const char *text, char separator, Arena *arena);

#endif
