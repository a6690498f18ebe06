/* Chart: axes with round numbers, a legend above, series within. */
#include "runtime/report/chart.h"

#include <math.h>
#include <string.h>

#include "runtime/report/markup.h"

enum { LEFT = 54, RIGHT = 14, BOTTOM = 42, TITLE = 20, LEGEND_LINE = 16, LETTER = 7, MOST_NAME = 24 };

/* An axis in pixels: `from` is where its lowest value lies. */
typedef struct Scale {
    double lowest, highest, from, to;
    bool logarithmic;
} Scale;

static double position(double value, bool logarithmic) { return logarithmic ? log10(value) : value; }

static double place(const Scale *s, double value) {
    double low = position(s->lowest, s->logarithmic), high = position(s->highest, s->logarithmic);
    double share = (position(value, s->logarithmic) - low) / (high - low);
    return s->from + (fmin(fmax(share, -0.02), 1.02)) * (s->to - s->from);
}

static bool is_shown(const ChartAxis *axis, double value) {
    return isfinite(value) && (!axis->logarithmic || value > 0);
}

/* --- Extents ------------------------------------------------------------------------------------------------------ */

static void widen(const ChartAxis *axis, double value, Scale *scale) {
    if (!is_shown(axis, value)) return;
    scale->lowest = fmin(scale->lowest, value);
    scale->highest = fmax(scale->highest, value);
}

/* 1, 2 or 5 times a power of ten: the least that is not below. */
static double round_step(double least) {
    double power = pow(10, floor(log10(least)));
    for (int i = 0; i < 3; i++) {
        static const double steps[] = {1, 2, 5};
        if (steps[i] * power >= least * (1 - 1e-9)) return steps[i] * power;
    }
    return 10 * power;
}

static double tick_step(const Scale *s) { return round_step((s->highest - s->lowest) / 5); }

/* Whole steps around what there is. */
static void round_outwards(Scale *s) {
    if (!(s->lowest <= s->highest)) s->lowest = s->logarithmic, s->highest = 1 + 9 * s->logarithmic; /* nothing */
    if (s->logarithmic) {
        s->lowest = pow(10, floor(log10(s->lowest) + 1e-9));
        s->highest = pow(10, ceil(log10(s->highest) - 1e-9));
        if (s->lowest == s->highest) s->highest *= 10;
        return;
    }
    if (s->lowest == s->highest) s->highest = s->lowest + (s->lowest != 0 ? fabs(s->lowest) : 1);
    double step = tick_step(s);
    s->lowest = step * floor(s->lowest / step + 1e-9);
    s->highest = step * ceil(s->highest / step - 1e-9);
}

static Scale scale_of(const Chart *chart, bool of_x) {
    const ChartAxis *axis = of_x ? &chart->x : &chart->y;
    Scale scale = {.lowest = INFINITY, .highest = -INFINITY, .logarithmic = axis->logarithmic};
    if (axis->lowest < axis->highest) {
        scale.lowest = axis->lowest, scale.highest = axis->highest;
        return scale;
    }
    for (int i = 0; i < chart->n_series; i++) {
        const ChartSeries *s = &chart->series[i];
        bool is_bars = s->style == SERIES_BARS;
        for (int j = 0; j < s->count; j++) {
            widen(axis, of_x ? s->x[j] - (is_bars ? s->width / 2 : 0) : s->y[j], &scale);
            if (of_x && is_bars) widen(axis, s->x[j] + s->width / 2, &scale);
            if (!of_x && s->low) widen(axis, s->low[j], &scale), widen(axis, s->high[j], &scale);
        }
        if (!of_x && is_bars) widen(axis, 0, &scale);
    }
    if (of_x && !axis->logarithmic && scale.lowest < scale.highest) return scale;
    round_outwards(&scale);
    return scale;
}

/* --- Axes --------------------------------------------------------------------------------------------------------- */

static void draw_tick(FILE *out, const Scale *x, const Scale *y, bool of_x, double value) {
    const Scale *own = of_x ? x : y, *other = of_x ? y : x;
    double at = place(own, value);
    double magnitude = fabs(value);
    const char *unit = magnitude >= 1e6 ? "M" : magnitude >= 1e4 ? "k" : "";
    double shown = magnitude >= 1e6 ? value / 1e6 : magnitude >= 1e4 ? value / 1e3 : value;
    if (of_x)
        markup(out,
               "<line class='gr' x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f'/><text class='tx m' x='%.1f' "
               "y='%.1f'>%.4g%s</text>",
               at, other->from, at, other->to, at, other->from + 14, shown, unit);
    else
        markup(out,
               "<line class='gr' x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f'/><text class='tx e' x='%.1f' "
               "y='%.1f'>%.4g%s</text>",
               other->from, at, other->to, at, other->from - 5, at + 4, shown, unit);
}

static void draw_ticks(FILE *out, const Scale *x, const Scale *y, bool of_x) {
    const Scale *own = of_x ? x : y;
    if (own->logarithmic) {
        double every = ceil(log10(own->highest / own->lowest) / 6);
        for (double power = ceil(log10(own->lowest) - 1e-9); power <= log10(own->highest) + 1e-9; power += every)
            draw_tick(out, x, y, of_x, pow(10, power));
        return;
    }
    double step = tick_step(own);
    for (double i = ceil(own->lowest / step - 1e-6); i <= own->highest / step + 1e-6; i++)
        draw_tick(out, x, y, of_x, i * step + 0.0); /* not -0 */
}

static void draw_axes(FILE *out, const Chart *chart, const Scale *x, const Scale *y) {
    draw_ticks(out, x, y, true);
    draw_ticks(out, x, y, false);
    markup(out, "<path class='ax' d='M%.1f %.1fV%.1fH%.1f'/>", x->from, y->to, y->from, x->to);
    markup(out, "<text class='tx m' x='%.1f' y='%d'>%s</text>", (x->from + x->to) / 2, CHART_HEIGHT - 6,
           chart->x.label);
    double middle = (y->from + y->to) / 2;
    markup(out, "<text class='tx m' transform='translate(12 %.1f) rotate(-90)'>%s</text>", middle, chart->y.label);
}

static void draw_marks(FILE *out, const Chart *chart, const Scale *x, const Scale *y) {
    for (int i = 0; i < chart->n_marks; i++) {
        double at = place(x, chart->marks[i].x);
        markup(out, "<line class='mk' x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f'/>", at, y->from, at, y->to);
        if (chart->marks[i].label)
            markup(out, "<text class='tx m mt' x='%.1f' y='%.1f'>%s</text>", at, y->to - 3, chart->marks[i].label);
    }
    if (chart->diagonal)
        markup(out, "<line class='mk' x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f'/>", x->from, y->from, x->to, y->to);
}

/* --- Curves, points, bars ----------------------------------------------------------------------------------------- */

typedef struct Plot {
    FILE *out;
    const Chart *chart;
    Scale x, y;
} Plot;

static bool has_point(const Plot *p, const ChartSeries *s, int i) {
    return is_shown(&p->chart->x, s->x[i]) && is_shown(&p->chart->y, s->y[i]);
}

static void draw_band(const Plot *p, const ChartSeries *s) {
    markup(p->out, "<path class='f%d bd' d='", s->colour % CHART_COLOURS);
    int drawn = 0;
    for (int way = 0; way < 2; way++) {
        for (int j = 0; j < s->count; j++) {
            int i = way ? s->count - 1 - j : j;
            double y = way ? s->low[i] : s->high[i];
            if (!has_point(p, s, i) || !is_shown(&p->chart->y, y)) continue;
            markup(p->out, "%s%.1f %.1f", drawn++ ? "L" : "M", place(&p->x, s->x[i]), place(&p->y, y));
        }
    }
    fputs(drawn ? "Z'/>" : "'/>", p->out);
}

static void draw_line(const Plot *p, const ChartSeries *s) {
    bool on = false;
    markup(p->out, "<path class='s%d ln%s' d='", s->colour % CHART_COLOURS, s->style == SERIES_DASHED ? " da" : "");
    for (int i = 0; i < s->count; i++) {
        bool shown = has_point(p, s, i);
        if (shown) markup(p->out, "%s%.1f %.1f", on ? "L" : "M", place(&p->x, s->x[i]), place(&p->y, s->y[i]));
        on = shown;
    }
    fputs("'/>", p->out);
}

static void draw_tip(const Plot *p, const ChartSeries *s, int i) {
    if (s->tips)
        markup(p->out, "<title>%s</title>", s->tips[i]);
    else
        markup(p->out, "<title>%s%s%.4g, %.4g</title>", s->name, s->name ? ": " : "", s->x[i], s->y[i]);
}

static void draw_points(const Plot *p, const ChartSeries *s) {
    double radius = s->style == SERIES_POINTS && !s->tips ? 2.2 : 3.2;
    for (int i = 0; i < s->count; i++) {
        if (!has_point(p, s, i)) continue;
        markup(p->out, "<circle class='f%d pt' cx='%.1f' cy='%.1f' r='%.1f'>", s->colour % CHART_COLOURS,
               place(&p->x, s->x[i]), place(&p->y, s->y[i]), radius);
        draw_tip(p, s, i);
        fputs("</circle>", p->out);
    }
}

static void draw_bars(const Plot *p, const ChartSeries *s) {
    for (int i = 0; i < s->count; i++) {
        if (!has_point(p, s, i)) continue;
        double left = place(&p->x, s->x[i] - s->width / 2), right = place(&p->x, s->x[i] + s->width / 2);
        double top = place(&p->y, s->y[i]), bottom = place(&p->y, p->y.lowest);
        markup(p->out, "<rect class='f%d' x='%.1f' y='%.1f' width='%.1f' height='%.1f'>", s->colour % CHART_COLOURS,
               left, top, fmax(right - left - 1, 0.5), bottom - top);
        draw_tip(p, s, i);
        fputs("</rect>", p->out);
    }
}

static void draw_series(const Plot *p, const ChartSeries *s) {
    if (s->style == SERIES_BARS) {
        draw_bars(p, s);
        return;
    }
    if (s->low) draw_band(p, s);
    if (s->style != SERIES_POINTS) draw_line(p, s);
    if (s->style == SERIES_POINTS || s->style == SERIES_MARKED) draw_points(p, s);
}

/* --- Legend ------------------------------------------------------------------------------------------------------- */

static int legend_width(const char *name) {
    int length = (int)strlen(name);
    return 32 + LETTER * (length < MOST_NAME ? length : MOST_NAME);
}

static void draw_entry(FILE *out, const ChartSeries *s, double x, double y) {
    bool is_line = s->style != SERIES_BARS && s->style != SERIES_POINTS;
    if (is_line)
        markup(out, "<path class='s%d ln%s' d='M%.1f %.1fh14'/>", s->colour % CHART_COLOURS,
               s->style == SERIES_DASHED ? " da" : "", x, y - 4);
    else
        markup(out, "<rect class='f%d' x='%.1f' y='%.1f' width='9' height='9'/>", s->colour % CHART_COLOURS, x + 3,
               y - 8);
    if (s->style == SERIES_MARKED)
        markup(out, "<circle class='f%d pt' cx='%.1f' cy='%.1f' r='3'/>", s->colour % CHART_COLOURS, x + 7, y - 4);
    markup(out, "<text class='tx' x='%.1f' y='%.1f'><title>%s</title>", x + 18, y, s->name);
    markup_short(out, s->name, MOST_NAME);
    fputs("</text>", out);
}

/* Draws, or with `out` NULL only measures; the lines that it takes. */
static int legend(FILE *out, const Chart *chart) {
    int lines = 0, used = CHART_WIDTH;
    for (int i = 0; i < chart->n_series; i++) {
        const ChartSeries *s = &chart->series[i];
        if (!s->name) continue;
        int width = legend_width(s->name);
        if (used + width > CHART_WIDTH - LEFT - RIGHT + 8) lines++, used = 0;
        if (out) draw_entry(out, s, LEFT + used, TITLE + LEGEND_LINE * lines - 2);
        used += width;
    }
    return lines;
}

void chart_draw(FILE *out, const Chart *chart) {
    Plot p = {.out = out, .chart = chart, .x = scale_of(chart, true), .y = scale_of(chart, false)};
    if (p.x.lowest == p.x.highest) p.x.highest += 1;
    p.x.from = LEFT, p.x.to = CHART_WIDTH - RIGHT;
    p.y.from = CHART_HEIGHT - BOTTOM, p.y.to = TITLE + LEGEND_LINE * legend(NULL, chart) + (chart->n_marks ? 14 : 8);
    markup(out, "<text class='tx tt' x='%d' y='14'>", 6);
    markup_short(out, chart->title, 54);
    fputs("</text>", out);
    legend(out, chart);
    draw_axes(out, chart, &p.x, &p.y);
    draw_marks(out, chart, &p.x, &p.y);
    for (int i = 0; i < chart->n_series; i++) draw_series(&p, &chart->series[i]);
}
