/* Confusion: which class is taken for which, as a matrix of shares and as a list. */
#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"
#include "runtime/measure/evaluation_json.h"
#include "runtime/report/markup.h"
#include "runtime/report/pictures.h"

enum { LEFT = 122, TOP = 40, MOST_NAME = 13, LARGEST_CELL = 52, LEAST_WITH_NUMBER = 22, LEAST_WITH_NAME = 10 };

typedef struct Matrix {
    FILE *out;
    const TaskResult *result;
    Arena *arena;
    double cell; /* pixels */
} Matrix;

static const char *name_of(const Matrix *m, int64_t i) {
    return class_name(m->result->task, m->result->table.classes[i].value, m->arena);
}

static int64_t rows_at(const Matrix *m, int64_t i, int64_t j) {
    return m->result->table.confusion[i * m->result->table.count + j];
}

static void draw_cell(const Matrix *m, int64_t i, int64_t j) {
    int64_t rows = rows_at(m, i, j), support = m->result->table.classes[i].support;
    double share = support ? (double)rows / (double)support : 0, x = LEFT + m->cell * (double)j,
           y = TOP + m->cell * (double)i;
    if (rows == 0) return;
    markup(m->out,
           "<rect class='cell' fill-opacity='%.2f' x='%.1f' y='%.1f' width='%.1f' height='%.1f'><title>%s as %s: %ld "
           "of %ld rows</title></rect>",
           0.04 + 0.96 * share, x, y, m->cell - 1, m->cell - 1, name_of(m, i), name_of(m, j), (long)rows,
           (long)support);
    if (m->cell >= LEAST_WITH_NUMBER)
        markup(m->out, "<text class='tx m%s' x='%.1f' y='%.1f'>%ld</text>", share > 0.5 ? " on" : "", x + m->cell / 2,
               y + m->cell / 2 + 4, (long)rows);
}

/* A class's name before its row, and, rotated, under its column. */
static void draw_names(const Matrix *m, int64_t i) {
    double middle = m->cell * ((double)i + 0.5), under = TOP + m->cell * (double)m->result->table.count;
    if (m->cell < LEAST_WITH_NAME) return;
    const char *name = name_of(m, i);
    markup(m->out, "<text class='tx e' x='%d' y='%.1f'><title>%s</title>", LEFT - 6, TOP + middle + 4, name);
    markup_short(m->out, name, MOST_NAME);
    markup(m->out, "</text><text class='tx e' transform='translate(%.1f %.1f) rotate(-60)'><title>%s</title>",
           LEFT + middle + 4, under + 12, name);
    markup_short(m->out, name, MOST_NAME);
    fputs("</text>", m->out);
}

/* For the longest of the rotated names. */
static int room_under(const Matrix *m) {
    enum { MARGIN = 20, LETTER = 6 };
    int longest = 0;
    for (int64_t i = 0; m->cell >= LEAST_WITH_NAME && i < m->result->table.count; i++) {
        int length = (int)strlen(name_of(m, i));
        longest = length > longest ? length : longest;
    }
    return MARGIN + LETTER * (longest < MOST_NAME ? longest : MOST_NAME);
}

static void draw(const Matrix *m) {
    int64_t n = m->result->table.count;
    double size = m->cell * (double)n;
    markup(m->out, "<text class='tx tt' x='6' y='14'>");
    markup_short(m->out, arena_printf(m->arena, "Confusion of %s", m->result->task->name), 54);
    markup(m->out,
           "</text><text class='tx mt' x='%d' y='33'>predicted as (rows: labelled; shade: share of the row)"
           "</text><rect class='frame' x='%d' y='%d' width='%.1f' height='%.1f'/>",
           LEFT, LEFT, TOP, size, size);
    for (int64_t i = 0; i < n; i++) {
        draw_names(m, i);
        for (int64_t j = 0; j < n; j++) draw_cell(m, i, j);
    }
}

void picture_of_confusion(Pictures *to, const TaskResult *result) {
    int64_t n = result->table.count;
    if (!result->table.confusion || n < 1 || n > MOST_DRAWN_CLASSES) return;
    char *text = NULL;
    size_t size = 0;
    double room = (double)(CHART_WIDTH - LEFT - 10) / (double)n;
    Matrix m = {memory_stream(&text, &size), result, to->arena, room < LARGEST_CELL ? room : LARGEST_CELL};
    draw(&m);
    memory_stream_end(m.out);
    int height = TOP + (int)(m.cell * (double)n) + room_under(&m);
    Picture picture = {"confusion", result->task->name, arena_strdup(to->arena, text), CHART_WIDTH, height};
    vec_push(to->arena, to, picture);
    free(text);
}

/* --- The list ----------------------------------------------------------------------------------------------------- */

static int by_rows(const void *left, const void *right) {
    const Confusion *a = left, *b = right;
    return (a->rows < b->rows) - (a->rows > b->rows);
}

int frequent_confusions(const TaskResult *result, Confusion *list, int most, Arena *arena) {
    int64_t n = result->table.confusion ? result->table.count : 0;
    Confusion *all = memory_new((size_t)(n * n) + 1, sizeof *all);
    int count = 0;
    for (int64_t i = 0; i < n * n; i++) {
        int64_t rows = result->table.confusion[i];
        if (i / n == i % n || rows == 0) continue;
        const ClassReport *labelled = &result->table.classes[i / n], *predicted = &result->table.classes[i % n];
        all[count++] = (Confusion){class_name(result->task, labelled->value, arena),
                                   class_name(result->task, predicted->value, arena), rows,
                                   (double)rows / (double)labelled->support};
    }
    qsort(all, (size_t)count, sizeof *all, by_rows);
    if (count > most) count = most;
    memcpy(list, all, (size_t)count * sizeof *all);
    free(all);
    return count;
}
