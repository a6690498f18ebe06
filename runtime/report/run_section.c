/* The section of a run: what it was, what one sees, its results, curves, and each task's pictures. */
#include <math.h>
#include <string.h>

#include "runtime/measure/evaluation_json.h"
#include "runtime/measure/evaluation_table.h"
#include "runtime/report/findings.h"
#include "runtime/report/markup.h"
#include "runtime/report/page.h"

static void put_figure(FILE *out, double value) {
    markup(out, "<td class=\"n\" title=\"%.17g\">%s</td>", value, metric_text(value).text);
}

/* --- What it was -------------------------------------------------------------------------------------------------- */

static int64_t whole(const json_t *event, const char *name) { return json_integer_value(json_object_get(event, name)); }
static const char *word(const json_t *event, const char *name) {
    const char *text = json_string_value(json_object_get(event, name));
    return text ? text : "";
}

static void put_state(FILE *out, const RunReport *run) {
    const RunLog *log = &run->log;
    int64_t last = run_log_last_step(log), steps = whole(log->start, "steps");
    if (log->done)
        markup(out, "%ld steps in %.1f s, %.0f tokens/s", (long)last,
               json_number_value(json_object_get(log->done, "train_s")),
               json_number_value(json_object_get(log->done, "real_tokens_per_s")));
    else
        markup(out, "%s after step %ld of %ld", log->stopped ? "stopped" : "not finished", (long)last, (long)steps);
}

static void put_facts(FILE *out, const RunReport *run) {
    const json_t *start = run->log.start;
    fputs("<p class=\"facts\">", out);
    put_state(out, run);
    if (run->best_epoch) markup(out, "; the weights are those of epoch %ld, the best", (long)run->best_epoch);
    if (start)
        markup(out, "; %ld parameters, %ld of them trained; seed %ld; %s, %ld thread%s; gradc %s",
               (long)whole(start, "parameters"), (long)whole(start, "trained"), (long)whole(start, "seed"),
               word(start, "target"), (long)whole(start, "threads"), whole(start, "threads") == 1 ? "" : "s",
               word(start, "version"));
    fputs(".</p>\n", out);
    markup(out, "<p>To repeat it, to the bit:</p>\n<pre class=\"command\">%s</pre>\n", run->repeat);
    if (*run->options)
        markup(out, "<p>Its settings, where they are not as by default:</p>\n<pre class=\"command\">%s</pre>\n",
               run->options);
}

/* --- What one sees ------------------------------------------------------------------------------------------------ */

static void put_overfit(FILE *out, const RunLog *log, int task) {
    Overfit o = find_overfit(log, task);
    if (!o.known) return;
    markup(out, "<li><b>%s</b>: ", log->tasks[task]);
    if (o.overfits)
        markup(out,
               "overfits from epoch %ld on: the dev loss is lowest after epoch %ld (%.3f), %.3f after epoch %ld, while "
               "the training loss went on falling.",
               (long)o.lowest_epoch + 1, (long)o.lowest_epoch, o.lowest, o.last, (long)o.last_epoch);
    else
        markup(out, "no overfitting: the dev loss is lowest after epoch %ld (%.3f), and %.3f after the last, %ld.",
               (long)o.lowest_epoch, o.lowest, o.last, (long)o.last_epoch);
    fputs("</li>\n", out);
}

static void put_confusions(FILE *out, const TaskResult *r, Arena *arena) {
    enum { MOST = 3 };
    Confusion list[MOST];
    int count = frequent_confusions(r, list, MOST, arena);
    if (count == 0) return;
    markup(out, "<li><b>%s</b> confuses most often: ", r->task->name);
    for (int i = 0; i < count; i++)
        markup(out, "%slabelled %s, predicted %s (%ld row%s, %.1f %% of those labelled so)", i ? "; " : "",
               list[i].labelled, list[i].predicted, (long)list[i].rows, list[i].rows == 1 ? "" : "s",
               100 * list[i].share);
    fputs(".</li>\n", out);
}

static void put_cut(FILE *out, const TaskResult *r) {
    if (r->cut == 0) return;
    markup(out, "<li><b>%s</b>: %ld of %ld rows (%.1f %%) are longer than the model reads, and were cut.</li>\n",
           r->task->name, (long)r->cut, (long)r->rows, 100 * (double)r->cut / (double)r->rows);
}

static void put_findings(FILE *out, const RunReport *run, Arena *arena) {
    fputs("<ul class=\"findings\">\n", out);
    for (int t = 0; t < run->log.n_tasks; t++) put_overfit(out, &run->log, t);
    for (int i = 0; i < run->n_results; i++) {
        put_confusions(out, &run->results[i], arena);
        put_cut(out, &run->results[i]);
    }
    fputs(
        "<li>The curves and matrices below say more; a number says all its digits when it is pointed at.</li>\n</ul>\n",
        out);
}

/* --- Results ------------------------------------------------------------------------------------------------------ */

static void put_results(FILE *out, const RunReport *run) {
    if (!run->numbers) {
        fputs("<p>Not evaluated: what needs the dev set is missing here.</p>\n", out);
        return;
    }
    fputs("<table class=\"results\"><caption>Dev set, with the weights of the run</caption>\n", out);
    fputs("<thead><tr><th>task</th><th class=\"n\">rows</th><th>metric</th><th "
          "class=\"n\">value</th></tr></thead><tbody>\n",
          out);
    for (int i = 0; i < run->n_results; i++) {
        const Task *task = run->results[i].task;
        for (int j = 0; j < evaluation_figures(task); j++) {
            markup(out, "<tr><td>%s</td><td class=\"n\">%ld</td><td>%s</td>", task->name,
                   (long)run->results[i].evaluation.rows, evaluation_name(task, j));
            put_figure(out, evaluation_figure(task, &run->results[i].evaluation, j));
            fputs("</tr>\n", out);
        }
    }
    fputs("<tr class=\"sum\"><td>overall</td><td></td><td>mean score</td>", out);
    put_figure(out, run->overall);
    fputs("</tr>\n</tbody></table>\n", out);
}

/* Of the file that was trained on, as the log has it, and of the one evaluated on. */
static void put_rows(FILE *out, const char *what, const char *file, int64_t rows, int64_t left_out, int64_t cut,
                     int64_t unknown) {
    markup(out,
           "<tr><td>%s</td><td class=\"t\">%s</td><td class=\"n\">%ld</td><td class=\"n\">%ld</td><td "
           "class=\"n\">%ld</td><td "
           "class=\"n\">%ld</td></tr>\n",
           what, file, (long)rows, (long)left_out, (long)cut, (long)unknown);
}

static void put_data(FILE *out, const RunReport *run, Arena *arena) {
    const char *name;
    json_t *task;
    fputs("<table><caption>Rows</caption><thead><tr><th>task</th><th>file</th><th class=\"n\">rows</th><th "
          "class=\"n\">left out</th><th class=\"n\">cut</th><th class=\"n\">mostly [UNK]</th></tr></thead><tbody>\n",
          out);
    json_object_foreach(json_object_get(run->log.start, "tasks"), name, task)
        put_rows(out, arena_printf(arena, "%s, training", name), word(task, "file"), whole(task, "rows"),
                 whole(task, "left_out"), whole(task, "cut"), whole(task, "unknown"));
    for (int i = 0; i < run->n_results; i++) {
        const TaskResult *r = &run->results[i];
        put_rows(out, arena_printf(arena, "%s, dev", r->task->name), r->file, r->rows, r->skipped, r->cut, r->unknown);
    }
    fputs("</tbody></table>\n", out);
}

/* --- Epochs ------------------------------------------------------------------------------------------------------- */

static void put_epoch(FILE *out, const RunReport *run, int task, const LoggedEvaluation *found) {
    const char *name;
    json_t *value;
    bool is_best = found->epoch == run->best_epoch;
    markup(out, "<tr class=\"%s\"><td class=\"n\">%ld</td><td>%s</td>", is_best ? "best" : "epoch", (long)found->epoch,
           run->log.tasks[task]);
    put_figure(out, training_loss_before(&run->log, found));
    put_figure(out, logged_figure(found, "loss"));
    fputs("<td>", out);
    json_object_foreach((json_t *)found->figures, name, value) {
        if (strcmp(name, "loss") == 0 || !(json_is_real(value) || json_is_null(value))) continue;
        markup(out, "%s %s  ", name, metric_text(logged_figure(found, name)).text);
    }
    fputs("</td></tr>\n", out);
}

static void put_epochs(FILE *out, const RunReport *run) {
    const RunLog *log = &run->log;
    if (log->evaluations.count == 0) return;
    fputs("<details><summary>Epoch by epoch</summary>\n<table><thead><tr><th class=\"n\">epoch</th><th>task</th><th "
          "class=\"n\">training loss</th><th class=\"n\">dev loss</th><th>dev metrics</th></tr></thead><tbody>\n",
          out);
    for (int i = 0; i < log->evaluations.count; i++)
        put_epoch(out, run, log->evaluations.items[i].task, &log->evaluations.items[i]);
    fputs("</tbody></table></details>\n", out);
}

/* --- Settings ----------------------------------------------------------------------------------------------------- */

static void put_settings_of(FILE *out, const json_t *values, const char *group, Arena *arena) {
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)values, name, value) {
        if (json_is_object(value)) {
            put_settings_of(out, value, name, arena);
            continue;
        }
        char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(9));
        markup(out, "<tr><td>%s</td><td>%s</td><td class=\"t\">%s</td></tr>\n", group, name,
               json_is_string(value) ? json_string_value(value) : text);
        free(text);
    }
}

static void put_settings(FILE *out, const RunReport *run, Arena *arena) {
    if (!run->settings) return;
    fputs("<details><summary>All settings</summary>\n<table><tbody>\n", out);
    put_settings_of(out, run->settings, "", arena);
    fputs("</tbody></table></details>\n", out);
}

/* --- Tasks -------------------------------------------------------------------------------------------------------- */

static void put_classes(FILE *out, const TaskResult *r, Arena *arena) {
    if (r->table.count == 0) return;
    fputs(
        "<details><summary>Class by class</summary>\n<table><thead><tr><th>class</th><th class=\"n\">precision</th><th "
        "class=\"n\">recall</th><th class=\"n\">F1</th><th class=\"n\">rows</th><th "
        "class=\"n\">predicted</th></tr></thead><tbody>\n",
        out);
    for (int64_t i = 0; i < r->table.count; i++) {
        const ClassReport *c = &r->table.classes[i];
        markup(out, "<tr><td>%s</td>", class_name(r->task, c->value, arena));
        put_figure(out, c->precision), put_figure(out, c->recall), put_figure(out, c->f1);
        markup(out, "<td class=\"n\">%ld</td><td class=\"n\">%ld</td></tr>\n", (long)c->support, (long)c->predicted);
    }
    fputs("</tbody></table></details>\n", out);
}

/* A text as it is, anything else as JSON. */
static void put_value(FILE *out, const char *name, const json_t *value) {
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(4));
    const char *shown = json_is_string(value) ? json_string_value(value) : json_is_null(value) ? "" : text;
    bool is_path = strcmp(name, "file") == 0 && strrchr(shown, '/');
    markup(out, "<td class=\"%s\">%s</td>", json_is_string(value) && strlen(shown) > 24 ? "t" : "",
           is_path ? strrchr(shown, '/') + 1 : shown);
    free(text);
}

static void put_mistakes(FILE *out, const TaskResult *r) {
    size_t i;
    const char *name;
    json_t *mistake, *value;
    if (json_array_size(r->mistakes) == 0) return;
    fputs("<details><summary>Rows that are most confidently wrong</summary>\n<table><thead><tr>", out);
    json_object_foreach(json_array_get(r->mistakes, 0), name, value) if (strcmp(name, "task") != 0)
        markup(out, "<th>%s</th>", name);
    fputs("</tr></thead><tbody>\n", out);
    json_array_foreach(r->mistakes, i, mistake) {
        fputs("<tr>", out);
        json_object_foreach(mistake, name, value) if (strcmp(name, "task") != 0) put_value(out, name, value);
        fputs("</tr>\n", out);
    }
    fputs("</tbody></table></details>\n", out);
}

/* Those of a task; NULL: of the run. */
static void put_figures(FILE *out, const Pictures *pictures, const char *task) {
    for (int i = 0; i < pictures->count; i++) {
        const char *of = pictures->items[i].task;
        if (task ? of && strcmp(of, task) == 0 : !of) page_figure(out, &pictures->items[i]);
    }
}

static void put_task(FILE *out, const TaskResult *r, int number, Arena *arena) {
    Pictures pictures = {.arena = arena};
    pictures_of_result(&pictures, r);
    markup(out, "<h3 id=\"run-%d-%s\">%s on the dev set</h3>\n", number, r->task->name, r->task->name);
    fputs("<div class=\"figures\">\n", out);
    put_figures(out, &pictures, r->task->name);
    fputs("</div>\n", out);
    if (r->table.count > MOST_DRAWN_CLASSES)
        markup(out, "<p>%ld classes are too many for a matrix.</p>\n", (long)r->table.count);
    put_classes(out, r, arena);
    put_mistakes(out, r);
}

void page_run(FILE *out, const RunReport *run, int number, Arena *arena) {
    Pictures curves = {.arena = arena};
    pictures_of_log(&curves, &run->log, run->best_epoch);
    markup(out, "<section id=\"run-%d\">\n<h2>The run %s</h2>\n", number, run->name);
    put_facts(out, run);
    put_findings(out, run, arena);
    put_results(out, run);
    fputs("<h3>While it was trained</h3>\n<div class=\"figures\">\n", out);
    for (int t = 0; t < run->log.n_tasks; t++) put_figures(out, &curves, run->log.tasks[t]);
    put_figures(out, &curves, NULL);
    fputs("</div>\n", out);
    put_epochs(out, run);
    for (int i = 0; i < run->n_results; i++) put_task(out, &run->results[i], number, arena);
    fputs("<h3>What it was trained on, and how</h3>\n", out);
    put_data(out, run, arena);
    put_settings(out, run, arena);
    fputs("</section>\n", out);
}
