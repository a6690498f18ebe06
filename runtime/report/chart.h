/* Chart: curves, points and bars over two axes, as SVG. A drawing is the inside of an <svg> of CHART_WIDTH by
 * CHART_HEIGHT; its colours are classes of chart.css. */
#ifndef GRADC_RUNTIME_REPORT_CHART_H
#define GRADC_RUNTIME_REPORT_CHART_H

#include <stdbool.h>
#include <stdio.h>

enum { CHART_WIDTH = 400, CHART_HEIGHT = 270, CHART_COLOURS = 8 };

typedef struct ChartAxis {
    const char *label;
    double lowest, highest; /* both 0: as the series have it */
    bool logarithmic;
} ChartAxis;

typedef enum SeriesStyle { SERIES_LINE, SERIES_DASHED, SERIES_MARKED, SERIES_POINTS, SERIES_BARS } SeriesStyle;

/* Points that are not finite (or, on a logarithmic axis, not positive) interrupt a line. */
typedef struct ChartSeries {
    const char *name;         /* in the legend; NULL: not there */
    const double *x, *y;      /* [count] */
    const double *low, *high; /* [count]: a band around the line; NULL: none */
    const char *const *tips;  /* [count]: what a point says; NULL: its numbers */
    int count, colour;
    SeriesStyle style;
    double width; /* of bars, in units of x */
} ChartSeries;

/* A vertical line. */
typedef struct ChartMark {
    double x;
    const char *label; /* NULL: none */
} ChartMark;

typedef struct Chart {
    const char *title;
    ChartAxis x, y;
    const ChartSeries *series; /* [n_series] */
    int n_series;
    const ChartMark *marks; /* [n_marks] */
    int n_marks;
    bool diagonal; /* a line from corner to corner: what chance or a perfect prediction would give */
} Chart;

void chart_draw(FILE *out, const Chart *chart);

#endif
