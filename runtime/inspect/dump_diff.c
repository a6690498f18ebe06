/* gradc dump --diff. Changes are gathered by place, since that is where their reader can do something about them; equal
 * ones at a place are counted. */
#include <stdlib.h>
#include <string.h>

#include "graph/base/count_text.h"
#include "graph/match.h"
#include "runtime/files/read_file.h"
#include "runtime/inspect/dump.h"

enum { NUMBERS_SHOWN = 4, CHANGES_SHOWN = 8 }; /* of one change; at one place */

typedef struct Change {
    Pos pos;
    char sign; /* '-', '~' or '+' */
    const char *text;
    int numbers[NUMBERS_SHOWN], count;
} Change;

typedef struct Differ {
    Arena *arena;
    const Graph *a, *b;
    GraphMatch match;
    VEC(Change) changes;
    int removed, added, changed;
} Differ;

/* --- Gathering ---------------------------------------------------------------------------------------------------- */

/* "add : f32[T, 4], now f32[S, 4]"; or which operands are others. */
static const char *describe_change(const Differ *d, const Node *was, const Node *is) {
    const char *before = node_print(d->a, was, true, d->arena), *after = node_print(d->b, is, true, d->arena);
    if (strcmp(before, after) != 0) {
        const char *type = type_print(d->arena, &is->type, &d->b->symbols);
        size_t same = strlen(after) - strlen(type); /* operator and attributes, in bytes */
        bool type_alone = strncmp(before, after, same) == 0;
        return arena_printf(d->arena, "%s, now %s", before, type_alone ? type : after);
    }
    for (int i = 0; i < is->n_inputs && i < was->n_inputs; i++) {
        if (d->match.old_of[is->inputs[i]->id] == was->inputs[i]->id) continue;
        after = arena_printf(d->arena, "%s, operand %d: %s for %s", after, i, op_name(is->inputs[i]->op),
                             op_name(was->inputs[i]->op));
    }
    return after;
}

static void add_change(Differ *d, char sign, const Node *node, const char *text) {
    vec_push(d->arena, &d->changes,
             ((Change){.pos = node->pos, .sign = sign, .text = text, .numbers = {node->id}, .count = 1}));
}

static void gather(Differ *d) {
    for (int i = 0; i < d->a->nodes.count; i++) {
        const Node *node = d->a->nodes.items[i];
        if (d->match.new_of[i] >= 0) continue;
        d->removed++;
        add_change(d, '-', node, node_print(d->a, node, true, d->arena));
    }
    for (int i = 0; i < d->b->nodes.count; i++) {
        const Node *node = d->b->nodes.items[i];
        int old = d->match.old_of[i];
        d->added += old < 0;
        d->changed += d->match.changed[i];
        if (old < 0) add_change(d, '+', node, node_print(d->b, node, true, d->arena));
        if (d->match.changed[i]) add_change(d, '~', node, describe_change(d, d->a->nodes.items[old], node));
    }
}

static int compare_places(Pos a, Pos b) {
    if (!a.file || !b.file) return !a.file - !b.file;
    int files = strcmp(a.file->path, b.file->path);
    if (files) return files;
    if (a.line != b.line) return a.line < b.line ? -1 : 1;
    return a.column == b.column ? 0 : a.column < b.column ? -1 : 1;
}

static int by_place(const void *x, const void *y) {
    static const char order[] = "-~+";
    const Change *a = x, *b = y;
    int places = compare_places(a->pos, b->pos);
    if (places) return places;
    if (a->sign != b->sign) return strchr(order, a->sign) < strchr(order, b->sign) ? -1 : 1;
    int texts = strcmp(a->text, b->text);
    return texts ? texts : (a->numbers[0] > b->numbers[0]) - (a->numbers[0] < b->numbers[0]);
}

/* Equal changes at a place become one with a count. */
static void merge(Differ *d) {
    int kept = 0;
    if (d->changes.count) qsort(d->changes.items, (size_t)d->changes.count, sizeof(Change), by_place);
    for (int i = 0; i < d->changes.count; i++) {
        Change *next = &d->changes.items[i], *last = kept ? &d->changes.items[kept - 1] : NULL;
        bool equal = last && last->sign == next->sign && compare_places(last->pos, next->pos) == 0 &&
                     strcmp(last->text, next->text) == 0;
        if (!equal) {
            d->changes.items[kept++] = *next;
            continue;
        }
        if (last->count < NUMBERS_SHOWN) last->numbers[last->count] = next->numbers[0];
        last->count++;
    }
    d->changes.count = kept;
}

/* --- Printing ----------------------------------------------------------------------------------------------------- */

static void print_change(const Change *c) {
    printf("  %c ", c->sign);
    if (c->count > 1) printf("%d ", c->count);
    printf("%s  (", c->text);
    for (int i = 0; i < c->count && i < NUMBERS_SHOWN; i++) printf("%s%%%d", i ? " " : "", c->numbers[i]);
    puts(c->count > NUMBERS_SHOWN ? " ...)" : ")");
}

static void print_changes(const Differ *d) {
    int at_place = 0;
    for (int i = 0; i < d->changes.count; i++) {
        const Change *c = &d->changes.items[i];
        bool starts = i == 0 || compare_places(c[-1].pos, c->pos) != 0;
        bool ends = i + 1 == d->changes.count || compare_places(c[1].pos, c->pos) != 0;
        if (starts) {
            at_place = 0;
            putchar('\n');
            if (c->pos.file)
                pos_print(c->pos, stdout);
            else
                puts("(no place)");
        }
        if (at_place++ < CHANGES_SHOWN) print_change(c);
        if (ends && at_place > CHANGES_SHOWN)
            printf("    and %s of change here\n", count_text(at_place - CHANGES_SHOWN, "more kind").text);
    }
}

static void print_side(const char *prefix, const char *name, const Graph *graph) {
    printf("%s %s: %s", prefix, name, count_text(graph->nodes.count, "node").text);
    if (graph->groups.count > 1) printf(" in %s", count_text(graph->groups.count - 1, "kernel").text);
    putchar('\n');
}

void diff_print(const char *old_name, const Graph *old_graph, const char *new_name, const Graph *new_graph) {
    Differ d = {.arena = arena_new(), .a = old_graph, .b = new_graph};
    d.match = graph_match(old_graph, new_graph, d.arena);
    gather(&d);
    merge(&d);
    print_side("---", old_name, old_graph);
    print_side("+++", new_name, new_graph);
    if (d.changes.count)
        printf("%d removed, %d changed, %d added\n", d.removed, d.changed, d.added);
    else
        puts("the same, node by node");
    print_changes(&d);
    arena_free(d.arena);
}

/* --- Two stages --------------------------------------------------------------------------------------------------- */

/* Of one graph; `first` of all. False: it does not have both. */
static bool diff_both(const Stages *stages, const char *old_stage, const char *new_stage, bool first, Arena *arena) {
    int a = stage_find(stages, old_stage), b = stage_find(stages, new_stage);
    if (a < 0 || b < 0) return false;
    if (!first) putchar('\n');
    const Stage *old = &stages->items[a], *new = &stages->items[b];
    diff_print(arena_printf(arena, "%s after %s", stages->name, old->name), old->graph,
               arena_printf(arena, "%s after %s", stages->name, new->name), new->graph);
    return true;
}

static bool diff_any(const StageLists *lists, const char *old_stage, const char *new_stage, bool first,
                     Session *session) {
    bool any = false;
    for (int i = 0; i < lists->count; i++)
        any |= diff_both(&lists->items[i], old_stage, new_stage, first && !any, session->arena);
    if (any) return true;
    diag_error(session->diags, "E0961", (Pos){0}, "no graph has both stages, '%s' and '%s'", old_stage, new_stage);
    diag_hint(session->diags, "'join' makes another graph: its stages begin there");
    return false;
}

bool diff_stages(Session *session, const SourceChoice *choice, const char *old_stage, const char *new_stage) {
    Sources sources = {0};
    bool good = sources_choose(session, choice, &sources), first = true;
    for (int i = 0; good && i < sources.count; i++) {
        StageLists lists = {0};
        good = stages_collect(session, &sources.items[i], &lists);
        good = good && stages_have(&lists, old_stage, session->diags) &&
               stages_have(&lists, new_stage, session->diags) && diff_any(&lists, old_stage, new_stage, first, session);
        first = false;
        stages_free(&lists);
    }
    return good;
}

/* --- Two files ---------------------------------------------------------------------------------------------------- */

/* A file's graphs; a program's session stays open for their places. */
typedef struct DiffSide {
    const char *path;
    Session session;
    VEC(Graph *) graphs;
    Arena *arena;
} DiffSide;

static bool ends_in(const char *text, const char *end) {
    size_t a = strlen(text), b = strlen(end);
    return a >= b && strcmp(text + a - b, end) == 0;
}

/* The graphs of a program, at a stage. */
static bool load_program(DiffSide *side, const SessionSource *like, const SessionUse *use, const SourceChoice *choice,
                         const char *stage, Diagnostics *diags) {
    SessionSource source = *like;
    Sources sources = {0};
    source.file = side->path;
    if (!stage) stage = "source";
    if (!session_load_program(&side->session, &source, diags) || !session_use(&side->session, use) ||
        !sources_choose(&side->session, choice, &sources))
        return false;
    for (int i = 0; i < sources.count; i++) {
        StageLists lists = {0};
        bool good = stages_collect(&side->session, &sources.items[i], &lists) && stages_have(&lists, stage, diags);
        for (int j = 0; good && j < lists.count; j++) {
            int at = stage_find(&lists.items[j], stage);
            if (at >= 0) vec_push(side->arena, &side->graphs, graph_canonical(lists.items[j].items[at].graph));
        }
        stages_free(&lists);
        if (!good) return false;
    }
    return true;
}

static bool load_text(DiffSide *side, Diagnostics *diags) {
    size_t size;
    char *text = read_file(side->path, READ_TEXT, &size, diags);
    if (!text) return false;
    Graph *graph = graph_read(diagnostics_file(diags, side->path, text), diags);
    free(text);
    if (graph) vec_push(side->arena, &side->graphs, graph);
    return graph != NULL;
}

static DiffSide new_side(const char *path) { return (DiffSide){.path = path, .arena = arena_new()}; }

static void free_side(DiffSide *side) {
    for (int i = 0; i < side->graphs.count; i++) graph_free(side->graphs.items[i]);
    session_close(&side->session);
    arena_free(side->arena);
}

/* The graph of the other side with this name; of two files with a graph each, the only one. */
static const Graph *partner_of(const Graph *graph, const DiffSide *own, const DiffSide *other) {
    for (int i = 0; i < other->graphs.count; i++) {
        if (strcmp(other->graphs.items[i]->name, graph->name) == 0) return other->graphs.items[i];
    }
    return own->graphs.count == 1 && other->graphs.count == 1 ? other->graphs.items[0] : NULL;
}

static void diff_sides(const DiffSide *a, const DiffSide *b) {
    for (int i = 0; i < a->graphs.count; i++) {
        const Graph *graph = a->graphs.items[i], *partner = partner_of(graph, a, b);
        if (i) putchar('\n');
        if (!partner)
            printf("only in %s: %s\n", a->path, graph->name);
        else
            diff_print(arena_printf(a->arena, "%s, %s", a->path, graph->name), graph,
                       arena_printf(a->arena, "%s, %s", b->path, partner->name), partner);
    }
    for (int i = 0; i < b->graphs.count; i++) {
        if (!partner_of(b->graphs.items[i], b, a)) printf("\nonly in %s: %s\n", b->path, b->graphs.items[i]->name);
    }
}

bool diff_files(const char *old_file, const char *new_file, const SessionSource *source, const SessionUse *use,
                const SourceChoice *choice, const char *stage, Diagnostics *diags) {
    DiffSide sides[] = {new_side(old_file), new_side(new_file)};
    bool good = true;
    for (int i = 0; i < 2; i++) {
        bool text = !ends_in(sides[i].path, ".graph");
        good =
            (text ? load_text(&sides[i], diags) : load_program(&sides[i], source, use, choice, stage, diags)) && good;
    }
    if (good) diff_sides(&sides[0], &sides[1]);
    for (int i = 0; i < 2; i++) free_side(&sides[i]);
    return good;
}
