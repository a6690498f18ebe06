/* A picture by itself: an SVG file of the pictures of one kind, on white. */
#include "runtime/report/markup.h"
#include "runtime/report/page.h"

enum { BESIDE = 3, GAP = 16 };

void picture_file_write(FILE *out, const Pictures *pictures) {
    int columns = pictures->count < BESIDE ? pictures->count : BESIDE;
    int rows = (pictures->count + BESIDE - 1) / BESIDE, tallest = 0;
    for (int i = 0; i < pictures->count; i++)
        tallest = pictures->items[i].height > tallest ? pictures->items[i].height : tallest;
    int width = columns * (CHART_WIDTH + GAP), height = rows * (tallest + GAP);
    markup(out,
           "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot\" "
           "width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n<style>\n",
           width, height, width, height);
    fputs(chart_css, out);
    fputs("</style>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n", out);
    for (int i = 0; i < pictures->count; i++) {
        markup(out, "<g transform=\"translate(%d %d)\">", (i % BESIDE) * (CHART_WIDTH + GAP) + GAP / 2,
               (i / BESIDE) * (tallest + GAP) + GAP / 2);
        fprintf(out, "%s</g>\n", pictures->items[i].svg);
    }
    fputs("</svg>\n", out);
}
