/* The section of the model: source on the left, and what is chosen of it on the right. */
#include "runtime/report/model_section.h"

#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"
#include "runtime/report/markup.h"
#include "runtime/report/packed.h"

/* --- Source ------------------------------------------------------------------------------------------------------- */

static void put_line(FILE *out, const char *path, int number, const char *line) {
    markup(out, "<a class=\"line\" data-line=\"%s:%d\" href=\"#model\"><i>%d</i>%s\n</a>", path, number, number, line);
}

static void put_source(FILE *out, const char *path, const char *text) {
    char *copy = memory_text(text), *rest = copy, *line;
    markup(out, "<h3>%s</h3>\n<pre class=\"source\">", path);
    for (int number = 1; (line = strsep(&rest, "\n")) && (rest || *line); number++) put_line(out, path, number, line);
    fputs("</pre>\n", out);
    free(copy);
}

/* --- Kernels and remarks ------------------------------------------------------------------------------------------ */

static const char *word(const json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

/* "45, 46": of paths the last component is enough where there are several files. */
static void put_lines(FILE *out, const json_t *lines) {
    size_t i;
    json_t *line;
    json_array_foreach(lines, i, line) {
        const char *place = json_string_value(line), *colon = strrchr(place, ':');
        markup(out, "%s<a class=\"at\" data-line=\"%s\" href=\"#model\">%s</a>", i ? ", " : "", place, colon + 1);
    }
}

static void put_kernels(FILE *out, const json_t *graph) {
    size_t i;
    json_t *kernel;
    markup(
        out,
        "<details class=\"kernels\"><summary>Kernels of %s: %d</summary>\n<table><thead><tr><th>kernel</th><th>from</"
        "th><th class=\"n\">calls</th><th>lines</th></tr></thead><tbody>\n",
        word(graph, "name"), (int)json_array_size(json_object_get(graph, "kernels")));
    json_array_foreach(json_object_get(graph, "kernels"), i, kernel) {
        markup(out,
               "<tr><td><a class=\"kernel\" data-kernel=\"%s\" href=\"#model\">%s</a></td><td>%s</td><td "
               "class=\"n\">%d</td><td class=\"t\">",
               word(kernel, "name"), word(kernel, "kind"), word(kernel, "from"),
               (int)json_integer_value(json_object_get(kernel, "calls")));
        put_lines(out, json_object_get(kernel, "lines"));
        fputs("</td></tr>\n", out);
    }
    fputs("</tbody></table></details>\n", out);
}

static void put_remarks(FILE *out, const json_t *remarks) {
    size_t i;
    json_t *remark;
    fputs("<details><summary>What the passes did, and could not do</summary>\n<table><tbody>\n", out);
    json_array_foreach(remarks, i, remark) {
        int line = (int)json_integer_value(json_object_get(remark, "line"));
        markup(out, "<tr><td>%s</td><td>", word(remark, "pass"));
        if (line)
            markup(out, "<a class=\"at\" data-line=\"%s:%d\" href=\"#model\">%d</a>", word(remark, "file"), line, line);
        markup(out, "</td><td class=\"t\">%s</td><td class=\"n\">%d\xC3\x97</td></tr>\n", word(remark, "text"),
               (int)json_integer_value(json_object_get(remark, "times")));
    }
    fputs("</tbody></table></details>\n", out);
}

/* --- The section -------------------------------------------------------------------------------------------------- */

static void put_packed(FILE *out, const json_t *data) {
    char *text = memory_checked(json_dumps(data, JSON_COMPACT));
    fputs("<script type=\"application/octet-stream\" id=\"packed\">", out);
    packed_write(out, text, strlen(text));
    fputs("</script>\n", out);
    free(text);
}

void page_model(FILE *out, const ModelSection *section) {
    const char *path;
    json_t *text, *graph;
    size_t i;
    fputs("<section id=\"model\">\n<h2>The model</h2>\n<p class=\"facts\">Choose a line of the source, with the mouse "
          "or with Tab and "
          "Enter, to see its nodes after each pass, the gradient among them, the kernels that they ended in, and "
          "what the passes say of it. Choose a kernel to see its lines and its code.</p>\n<div class=\"model\">\n<div "
          "class=\"sources\">\n",
          out);
    json_object_foreach(json_object_get(section->data, "files"), path, text)
        put_source(out, path, json_string_value(text));
    fputs("</div>\n<div id=\"chosen\" class=\"chosen\" aria-live=\"polite\"></div>\n</div>\n", out);
    json_array_foreach(json_object_get(section->data, "graphs"), i, graph) put_kernels(out, graph);
    put_remarks(out, json_object_get(section->data, "remarks"));
    put_packed(out, section->data);
    fputs("</section>\n", out);
}
