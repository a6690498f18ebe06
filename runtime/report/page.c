/* Page: the frame around the sections. */
#include "runtime/report/page.h"

#include <stdlib.h>

#include "graph/base/memory.h"
#include "runtime/measure/evaluation_json.h"
#include "runtime/report/markup.h"

void page_figure(FILE *out, const Picture *p) {
    markup(out, "<figure class=\"%s\"><svg class=\"plot\" role=\"img\" viewBox=\"0 0 %d %d\">", p->kind, p->width,
           p->height);
    fprintf(out, "%s</svg></figure>\n", p->svg);
}

static void put_head(FILE *out, const Page *page) {
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
          "<meta name=\"color-scheme\" content=\"light dark\"/>\n",
          out);
    markup(out, "<title>%s</title>\n", page->title);
    fprintf(out, "<style>\n%s%s</style>\n</head>\n", chart_css, report_css);
}

static void put_link(FILE *out, const char *section, const char *name) {
    markup(out, "<a href=\"#%s\">%s</a>\n", section, name);
}

static void put_header(FILE *out, const Page *page) {
    fputs("<body>\n<header>\n<nav>\n", out);
    if (page->n_runs > 1) put_link(out, "runs", "Side by side");
    for (int i = 0; i < page->n_runs; i++)
        put_link(out, arena_printf(page->arena, "run-%d", i + 1), page->runs[i].name);
    if (page->model) put_link(out, "model", "The model");
    if (page->machine) put_link(out, "machine", "The machine");
    fputs("</nav>\n<p id=\"find\" hidden=\"hidden\"><input id=\"search\" type=\"search\" placeholder=\"search ( / )\" "
          "aria-label=\"search\"/> <span id=\"found\"></span></p>\n</header>\n<main>\n",
          out);
}

/* What programs read: the object that `gradc eval --json` prints. */
static void put_numbers(FILE *out, const RunReport *run, int number) {
    if (!run->numbers) return;
    char *text = memory_checked(json_dumps(run->numbers, EVALUATION_JSON));
    markup(out, "<script type=\"application/json\" id=\"numbers-%d\">\n", number);
    markup_json(out, text);
    fputs("\n</script>\n", out);
    free(text);
}

void page_write(FILE *out, const Page *page) {
    put_head(out, page);
    put_header(out, page);
    if (page->n_runs > 1) page_runs(out, page);
    for (int i = 0; i < page->n_runs; i++) page_run(out, &page->runs[i], i + 1, page->arena);
    if (page->model) page_model(out, page->model);
    if (page->machine) page_machine(out, page->machine, page->arena);
    fputs("</main>\n", out);
    for (int i = 0; i < page->n_runs; i++) put_numbers(out, &page->runs[i], i + 1);
    fprintf(out, "<script>\n%s%s</script>\n</body>\n</html>\n", report_js, page->model ? model_js : "");
}
