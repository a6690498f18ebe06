/* The parts of `gradc dump` that are more than printing a stage. Both write to standard output. */
#ifndef GRADC_RUNTIME_INSPECT_DUMP_H
#define GRADC_RUNTIME_INSPECT_DUMP_H

#include "runtime/inspect/stages.h"

/* --diff: what is removed, added or changed from one graph to another, line of the source by line. */
void diff_print(const char *old_name, const Graph *old_graph, const char *new_name, const Graph *new_graph);
/* Between two stages of each chosen graph. False after a message. */
bool diff_stages(Session *session, const SourceChoice *choice, const char *old_stage, const char *new_stage);
/* Between two files: graph text, or programs, which are loaded like `source` and used like `use`, at a stage (NULL:
 * source), their graphs paired by name. */
bool diff_files(const char *old_file, const char *new_file, const SessionSource *source, const SessionUse *use,
                const SourceChoice *choice, const char *stage, Diagnostics *diags);

/* --why: the source line of a node, and the passes that made, changed or dropped it. `name` is a number of the stage
 * (NULL: fuse; "57" or "%57"), a parameter, an input or an output. False after a message. */
bool why_node(Session *session, const SourceChoice *choice, const char *stage, const char *name);

#endif
