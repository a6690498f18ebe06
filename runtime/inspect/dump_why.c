/* gradc dump --why. Nothing is recorded while passes run: a node is followed from stage to stage by what it is and
 * where it comes from (graph/match.h), so this costs nothing when nobody asks. */
#include <stdlib.h>
#include <string.h>

#include "graph/base/count_text.h"
#include "graph/match.h"
#include "runtime/inspect/dump.h"

enum { NEIGHBOURS_SHOWN = 4, COLUMN = 19 }; /* COLUMN: where what is said about a stage begins */

typedef struct Found {
    int stage, node; /* position in the stages; id */
} Found;

/* --- Which node --------------------------------------------------------------------------------------------------- */

/* A leaf or an output of this name; -1: none. */
static int find_name(const Graph *graph, const char *name) {
    const Node *output = graph_find_output(graph, name);
    if (output) return output->id;
    for (int i = 0; i < graph->nodes.count; i++) {
        const Node *node = graph->nodes.items[i];
        if (node->attrs.text && strcmp(node->attrs.text, name) == 0) return i;
    }
    return -1;
}

static bool read_number(const char *name, long *number) {
    const char *digits = name + (*name == '%');
    char *end;
    *number = strtol(digits, &end, 10);
    return end > digits && !*end && *number >= 0;
}

/* Stages before the kernels; what is joined ends before. */
static int count_graphs(const Stages *stages) {
    return stages->count - (strcmp(stages->items[stages->count - 1].name, "kernels") == 0);
}

/* The last stage before kernels that has the node, or the stage that --stage names. */
static bool find_node(const Stages *stages, const char *stage, const char *name, Found *found) {
    long number;
    bool by_number = read_number(name, &number);
    int last = count_graphs(stages) - 1, first = by_number ? last : 0;
    if (stage && (first = last = stage_find(stages, stage)) < 0) return false;
    for (int i = last; i >= first; i--) {
        const Graph *graph = stages->items[i].graph;
        int node = !by_number ? find_name(graph, name) : number < graph->nodes.count ? (int)number : -1;
        *found = (Found){i, node};
        if (node >= 0) return true;
    }
    return false;
}

/* --- Its way through the stages ----------------------------------------------------------------------------------- */

static const char *line_of(const Stage *stage, int node, Arena *arena) {
    return node_print(stage->graph, stage->graph->nodes.items[node], false, arena);
}

static bool same_place(Pos a, Pos b) {
    bool same_scope = a.scope == b.scope || (a.scope && b.scope && strcmp(a.scope, b.scope) == 0);
    return a.file && b.file && strcmp(a.file->path, b.file->path) == 0 && a.line == b.line && a.column == b.column &&
           same_scope;
}

/* What a stage has at a place. */
static void print_neighbours(const Stage *stage, Pos pos, Arena *arena) {
    int shown = 0, more = 0;
    for (int i = 0; i < stage->graph->nodes.count; i++) {
        if (!same_place(stage->graph->nodes.items[i]->pos, pos)) continue;
        if (shown == NEIGHBOURS_SHOWN)
            more++;
        else
            printf("%*s%s\n", COLUMN + 2, "", line_of(stage, i, arena)), shown++;
    }
    if (more) printf("%*sand %d more\n", COLUMN + 2, "", more);
}

static void print_kernel(const Graph *graph, const Node *node) {
    int others = -1;
    for (int i = 0; i < graph->nodes.count; i++) others += graph->nodes.items[i]->group == node->group;
    const Group *group = &graph->groups.items[node->group];
    printf("%*sin kernel %d, %s \"%s\"", COLUMN, "", node->group, kernel_kind_name(group->kind), group->name);
    if (others) printf(", with %s", count_text(others, "other node").text);
    putchar('\n');
}

static void print_step(const Stages *stages, int at, int before, int now, bool changed, Arena *arena) {
    const Stage *stage = &stages->items[at];
    const Graph *graph = stage->graph;
    printf("  %02d %-13s ", stage->index, stage->name);
    if (stage->index == 0 && now >= 0)
        printf("written: %s\n", line_of(stage, now, arena));
    else if (before >= 0 && now < 0)
        puts("dropped");
    else if (before < 0)
        printf("made: %s\n", line_of(stage, now, arena));
    else if (changed)
        printf("changed: %s\n%*swas %s\n", line_of(stage, now, arena), COLUMN, "", line_of(stage - 1, before, arena));
    else
        printf("the same, %%%d\n", now);
    if (now >= 0 && graph->nodes.items[now]->group) print_kernel(graph, graph->nodes.items[now]);
}

/* Fills `ids` [stages but kernels]: the node in each; -1: not there. `changed`: by the pass that gave this stage. */
static void follow(const Stages *stages, Found found, int *ids, bool *changed, Arena *arena) {
    ids[found.stage] = found.node;
    for (int i = found.stage; i > 0; i--) {
        ids[i - 1] = -1;
        if (ids[i] < 0) continue;
        GraphMatch match = graph_match(stages->items[i - 1].graph, stages->items[i].graph, arena);
        ids[i - 1] = match.old_of[ids[i]];
        changed[i] = match.changed[ids[i]];
    }
    for (int i = found.stage + 1; i < count_graphs(stages); i++) {
        ids[i] = -1;
        if (ids[i - 1] < 0) continue;
        GraphMatch match = graph_match(stages->items[i - 1].graph, stages->items[i].graph, arena);
        ids[i] = match.new_of[ids[i - 1]];
        changed[i] = ids[i] >= 0 && match.changed[ids[i]];
    }
}

static void print_way(const Stages *stages, Found found, Pos pos, Arena *arena) {
    int *ids = arena_array(arena, (size_t)stages->count + 1, sizeof *ids);
    bool *changed = arena_array(arena, (size_t)stages->count + 1, sizeof *changed), begun = false;
    follow(stages, found, ids, changed, arena);
    for (int i = 0; i < count_graphs(stages); i++) {
        int before = i ? ids[i - 1] : -1;
        if (before < 0 && ids[i] < 0) continue;
        print_step(stages, i, before, ids[i], changed[i], arena);
        bool is_made = i && !begun, is_gone = before >= 0 && ids[i] < 0;
        if (is_made)
            printf("%*sat the place where the stage before had:\n", COLUMN, ""),
                print_neighbours(&stages->items[i - 1], pos, arena);
        if (is_gone)
            printf("%*sat its place there is now:\n", COLUMN, ""), print_neighbours(&stages->items[i], pos, arena);
        begun = true;
    }
}

static void print_answer(const Stages *stages, Found found, Arena *arena) {
    const Stage *stage = &stages->items[found.stage];
    Pos pos = stage->graph->nodes.items[found.node]->pos;
    printf("%s after %s:\n  %s\n", stages->name, stage->name, line_of(stage, found.node, arena));
    if (pos.file) pos_print(pos, stdout);
    if (pos.scope && *pos.scope) printf("in \"%s\"\n", pos.scope);
    print_way(stages, found, pos, arena);
}

/* Graphs that become kernels come first, then those that were joined. False: no stage of the source has it. */
static bool why_in_source(const StageLists *lists, const char *stage, const char *name, Arena *arena) {
    Found found;
    for (int i = 0; i < 2 * lists->count; i++) {
        const Stages *stages = &lists->items[i % lists->count];
        bool is_turn = (count_graphs(stages) < stages->count) == (i < lists->count);
        if (!is_turn || !find_node(stages, stage, name, &found)) continue;
        print_answer(stages, found, arena);
        return true;
    }
    return false;
}

bool why_node(Session *session, const SourceChoice *choice, const char *stage, const char *name) {
    Sources sources = {0};
    if (!sources_choose(session, choice, &sources)) return false;
    for (int i = 0; i < sources.count; i++) {
        StageLists lists = {0};
        bool good = stages_collect(session, &sources.items[i], &lists), found = false;
        good = good && (!stage || stages_have(&lists, stage, session->diags));
        if (good) found = why_in_source(&lists, stage, name, session->arena);
        stages_free(&lists);
        if (!good || found) return good;
    }
    diag_error(session->diags, "E0963", (Pos){0}, "no stage has a node, parameter, input or output '%s'", name);
    diag_hint(session->diags,
              "numbers are those of `gradc dump` with the same --task, --graph and --stage (default: fuse)");
    return false;
}
