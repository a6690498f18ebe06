/* The section of several runs: their results side by side, with their spread, and the settings in which they differ. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/measure/evaluation_table.h"
#include "runtime/report/markup.h"
#include "runtime/report/page.h"

typedef struct Spread {
    double mean, deviation; /* of a sample */
} Spread;

static Spread spread_of(const double *values, int count) {
    double sum = 0, squares = 0;
    for (int i = 0; i < count; i++) sum += values[i];
    for (int i = 0; i < count; i++) squares += pow(values[i] - sum / count, 2);
    return (Spread){sum / count, count > 1 ? sqrt(squares / (count - 1)) : 0};
}

/* A figure of a task in each run's evaluation; NaN where there is none. */
static void put_row(FILE *out, const Page *page, const char *task, const char *figure) {
    double *values = arena_array(page->arena, (size_t)page->n_runs, sizeof *values);
    markup(out, "<tr><td>%s</td><td>%s</td>", task, figure);
    for (int i = 0; i < page->n_runs; i++) {
        const json_t *numbers = page->runs[i].numbers, *of = *task ? json_object_get(numbers, task) : numbers;
        const json_t *value = json_object_get(of, figure);
        values[i] = json_is_number(value) ? json_number_value(value) : NAN;
        markup(out, "<td class=\"n\" title=\"%.17g\">%s</td>", values[i],
               json_is_number(value) ? metric_text(values[i]).text : "");
    }
    Spread spread = spread_of(values, page->n_runs);
    if (page->spread) markup(out, "<td class=\"n\">%.3f \xC2\xB1 %.3f</td>", spread.mean, spread.deviation);
    fputs("</tr>\n", out);
}

static void put_table(FILE *out, const Page *page) {
    const char *task, *figure;
    json_t *figures, *value;
    fputs("<table class=\"results\"><caption>Dev sets, with the weights of each "
          "run</caption><thead><tr><th>task</th><th>metric</th>",
          out);
    for (int i = 0; i < page->n_runs; i++)
        markup(out, "<th class=\"n\"><a href=\"#run-%d\">%s</a></th>", i + 1, page->runs[i].name);
    fputs(page->spread ? "<th class=\"n\">mean \xC2\xB1 deviation</th></tr></thead><tbody>\n"
                       : "</tr></thead><tbody>\n",
          out);
    json_object_foreach(page->runs[0].numbers, task, figures) {
        json_object_foreach(figures, figure, value) {
            if (json_is_real(value) || json_is_null(value)) put_row(out, page, task, figure);
        }
    }
    put_row(out, page, "", "overall");
    fputs("</tbody></table>\n", out);
}

static bool differs(const Page *page, const char *group, const char *name) {
    const json_t *first = json_object_get(json_object_get(page->runs[0].settings, group), name);
    for (int i = 1; i < page->n_runs; i++) {
        const json_t *other = json_object_get(json_object_get(page->runs[i].settings, group), name);
        if ((first || other) && !json_equal(first, other)) return true;
    }
    return false;
}

static void put_difference(FILE *out, const Page *page, const char *group, const char *name) {
    markup(out, "<tr><td>%s</td><td>%s</td>", group, name);
    for (int i = 0; i < page->n_runs; i++) {
        const json_t *value = json_object_get(json_object_get(page->runs[i].settings, group), name);
        char *text = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(9)) : NULL;
        markup(out, "<td>%s</td>", text ? text : "");
        free(text);
    }
    fputs("</tr>\n", out);
}

/* The settings in which they differ. */
static void put_differences(FILE *out, const Page *page) {
    static const char *const groups[] = {"options", "config", "data"};
    const char *name;
    json_t *value;
    fputs("<table><caption>Settings that differ</caption><tbody>\n", out);
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
        json_t *all = json_object();
        for (int i = 0; i < page->n_runs; i++)
            json_object_update(all, json_object_get(page->runs[i].settings, groups[g]));
        json_object_foreach(all, name, value) {
            if (differs(page, groups[g], name)) put_difference(out, page, groups[g], name);
        }
        json_decref(all);
    }
    fputs("</tbody></table>\n", out);
}

void page_runs(FILE *out, const Page *page) {
    Pictures pictures = {.arena = page->arena};
    ComparedRun *runs = arena_array(page->arena, (size_t)page->n_runs, sizeof *runs);
    for (int i = 0; i < page->n_runs; i++) runs[i] = (ComparedRun){page->runs[i].name, &page->runs[i].log};
    pictures_of_runs(&pictures, runs, page->n_runs, page->spread);
    fputs("<section id=\"runs\">\n<h2>Side by side</h2>\n", out);
    if (page->spread) fputs("<p>These runs differ in their seeds alone.</p>\n", out);
    put_table(out, page);
    fputs("<div class=\"figures\">\n", out);
    for (int i = 0; i < pictures.count; i++) page_figure(out, &pictures.items[i]);
    fputs("</div>\n", out);
    put_differences(out, page);
    fputs("</section>\n", out);
}
