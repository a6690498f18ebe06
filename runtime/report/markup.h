/* Markup: HTML and SVG as they are written. What a format says is markup, what fills it is text, which is escaped: no
 * name, class or path of a user can become markup. What is written is well-formed XML too, but for scripts and styles.
 */
#ifndef GRADC_RUNTIME_REPORT_MARKUP_H
#define GRADC_RUNTIME_REPORT_MARKUP_H

#include <stdio.h>

/* Formats as printf, of which it knows %s, %d, %ld, %lld (and u, x), %f, %g and %e with flags, width and precision, and
 * %%; a NULL text is empty. For text between tags and in quoted
 * attributes. */
void markup(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A text by itself, escaped: control characters and bytes that are not UTF-8 become U+FFFD. */
void markup_text(FILE *out, const char *text);
/* Its first `most` characters, and an ellipsis for the rest. */
void markup_short(FILE *out, const char *text, int most);

/* A copy of `text` for the inside of a <script>: nothing in it ends the script. JSON stays the same JSON. */
void markup_json(FILE *out, const char *json);

#endif
