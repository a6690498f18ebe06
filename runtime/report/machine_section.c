/* The section of the machine: tables of kernels, with bars. */
#include "runtime/report/machine_section.h"

#include <stdlib.h>

#include "graph/base/count_text.h"
#include "graph/base/memory.h"
#include "runtime/engine/verdict.h"
#include "runtime/report/markup.h"
#include "runtime/report/page.h"

static void put_machine(FILE *out, const MachineSection *section) {
    const Machine *m = &section->machine;
    markup(out, "<p class=\"facts\">Measured here: %s, %s; at most %.1f GFLOP/s in f32; GB/s of", section->target,
           count_text(section->threads, "thread").text, 1e-9 * m->flops);
    for (int i = 0; i < m->n_levels; i++)
        markup(out, "%s %s %.1f", i ? "," : "", m->levels[i].name, 1e-9 * m->levels[i].bytes);
    markup(out, "; %.2f \xC2\xB5s until all threads have met.</p>\n", 1e6 * m->barrier);
}

/* --- Where the time of a step goes -------------------------------------------------------------------------------- */

/* The share of the step, as a bar and as a number. */
static void put_share(FILE *out, double seconds, double whole) {
    double share = seconds / whole;
    markup(out,
           "<td><svg class=\"bar plot\" viewBox=\"0 0 100 10\"><rect class=\"f0\" width=\"%.1f\" "
           "height=\"10\"/></svg></td>"
           "<td class=\"n\">%.1f %%</td>",
           100 * share, 100 * share);
}

static void put_rate(FILE *out, double amount, double seconds) {
    if (amount > 0 && seconds > 0)
        markup(out, "<td class=\"n\">%.1f</td>", 1e-9 * amount / seconds);
    else
        fputs("<td></td>", out);
}

static void put_row(FILE *out, const MachineSection *section, const Measured *m, const ProfileRow *row) {
    double steps = (double)m->steps;
    const char *kind = kernel_kind_name(row->kernel->kind);
    fputs("<tr><td>", out);
    if (section->linked)
        markup(out, "<a class=\"kernel\" data-kernel=\"%s\" href=\"#model\">%s</a>", row->kernel->name, kind);
    else
        markup(out, "%s", kind);
    markup(out, "</td><td>%s</td><td class=\"n\">%.1f</td><td class=\"n\">%.3f</td>", row->label,
           (double)row->runs / steps, 1e3 * row->run_s / steps);
    put_share(out, row->run_s, m->profiled.whole);
    put_rate(out, row->cost.flops, row->run_s);
    put_rate(out, row->cost.bytes, row->run_s);
    markup(out, "<td class=\"n\">%.3f</td><td class=\"w\">%s</td></tr>\n", 1e3 * row->after_s / steps,
           verdict_text(verdict_of(row, &section->machine)).text);
}

static void put_outside(FILE *out, const Measured *m, const char *what, double seconds) {
    markup(out, "<tr><td></td><td>%s</td><td></td><td class=\"n\">%.3f</td>", what, 1e3 * seconds / (double)m->steps);
    put_share(out, seconds, m->profiled.whole);
    fputs("<td></td><td></td><td></td><td></td></tr>\n", out);
}

static void put_table(FILE *out, const MachineSection *section, const Measured *m) {
    ProfileRow sum = profile_sum(&m->profile);
    double whole = m->profiled.whole;
    markup(out,
           "<details open=\"open\"><summary>Where the time of a step of %s "
           "goes</summary>\n<table><thead><tr><th>kernel</th>"
           "<th>from</th><th class=\"n\">calls</th><th class=\"n\">ms</th><th></th><th class=\"n\">share</th><th "
           "class=\"n\">GFLOP/s</th><th class=\"n\">GB/s</th><th class=\"n\">wait behind, ms</th><th>bound "
           "by</th></tr></thead><tbody>\n",
           m->task->name);
    for (int i = 0; i < m->profile.count; i++) put_row(out, section, m, &m->profile.rows[i]);
    put_outside(out, m, "waiting at barriers", sum.wait_s);
    put_outside(out, m, "rows into batches", m->profiled.fill);
    put_outside(out, m, "the rest: memory plan, fork and join, norm",
                whole - sum.run_s - sum.wait_s - m->profiled.fill);
    fputs("</tbody></table></details>\n", out);
}

/* --- What could be gained ----------------------------------------------------------------------------------------- */

/* Seconds that a kernel takes beyond its bound. */
static double lost(const MachineSection *section, const ProfileRow *row) {
    double share = verdict_of(row, &section->machine).share;
    return share < 1 ? (row->run_s + row->after_s) * (1 - share) : 0;
}

/* Those that lose most, the worst first. */
static void put_losses(FILE *out, const MachineSection *section, const Measured *m) {
    enum { MOST = 3 };
    bool *listed = memory_new((size_t)m->profile.count + 1, sizeof *listed);
    markup(out, "<p class=\"facts\"><b>%s</b>: a step of %.2f ms, %.0f tokens/s. Furthest from their bounds, in time:",
           m->task->name, 1e3 * m->plain.median, (double)m->plain.tokens / m->plain.whole);
    for (int n = 0; n < MOST && n < m->profile.count; n++) {
        int worst = -1;
        for (int i = 0; i < m->profile.count; i++) {
            if (!listed[i] &&
                (worst < 0 || lost(section, &m->profile.rows[i]) > lost(section, &m->profile.rows[worst])))
                worst = i;
        }
        const ProfileRow *row = &m->profile.rows[worst];
        listed[worst] = true;
        markup(out, "%s %s (%.1f %% of the step beyond it; %s)", n ? ";" : "", row->label,
               100 * lost(section, row) / m->profiled.whole, verdict_text(verdict_of(row, &section->machine)).text);
    }
    fputs(".</p>\n", out);
    free(listed);
}

void page_machine(FILE *out, const MachineSection *section, Arena *arena) {
    Pictures pictures = {.arena = arena};
    picture_of_roofline(&pictures, section);
    fputs("<section id=\"machine\">\n<h2>The machine</h2>\n", out);
    put_machine(out, section);
    for (int i = 0; i < section->count; i++) put_losses(out, section, &section->tasks[i]);
    fputs("<div class=\"figures wide\">\n", out);
    for (int i = 0; i < pictures.count; i++) page_figure(out, &pictures.items[i]);
    fputs(
        "</div>\n<p class=\"facts\">A dashed roof for each level of the memory; a kernel below it is that far from "
        "what the "
        "machine could do. Kernels without products (only matrices and attention are counted) are not on it. The "
        "percentage of a verdict is the time that the bound alone would take, of the time that the kernel took.</p>\n",
        out);
    for (int i = 0; i < section->count; i++) put_table(out, section, &section->tasks[i]);
    fputs("</section>\n", out);
}
