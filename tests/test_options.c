/* What comes in by the command line and goes out by the log: options and JSON lines. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <string.h>

#include "runtime/commands/option_rows.h"
#include "runtime/files/log.h"
#include "runtime/session/settings.h"
#include "tests/temp_folder.h"

/* --- Options --- */

/* Parses "train m.graph --lr 1" and so on, split at spaces. */
static bool parse(const char *line, Options *options, Diagnostics *diags) {
    char *argv[32], *words = arena_strdup(diags->arena, line);
    int argc = 0;
    for (char *word; (word = strsep(&words, " "));) argv[argc++] = word;
    argv[argc] = NULL;
    return options_parse(argv[0], argc, argv, options, diags);
}

Test(options, options_are_read_with_their_other_spellings) {
    Diagnostics *diags = diagnostics_new();
    Options o;
    cr_assert(parse("train --epochs 3 m.graph --lr=3e-5 --batch-size 16 --no-shuffle --freeze a.* "
                    "--freeze b --limit x=5 --data one --data two",
                    &o, diags));
    cr_expect_str_eq(o.file, "m.graph");
    cr_expect(o.epochs == 3 && o.lr == 3e-5 && o.batch == 16 && o.no_shuffle && !o.quiet);
    cr_expect(o.freeze.count == 2 && strcmp(o.freeze.items[1], "b") == 0 && o.limit.count == 1);
    cr_expect(o.data.count == 2 && strcmp(o.data.items[1], "two") == 0);
    cr_expect(o.seed == 1 && o.clip == 1 && o.warmup == 0.1 && o.dropout == -1 && !o.weights);
    cr_assert(parse("train --learning-rate 1 --num-train-epochs 2 --output-dir d --max-grad-norm 0 "
                    "--max-seq-length 64 --seed 4294967295",
                    &o, diags));
    cr_expect(o.lr == 1 && o.epochs == 2 && strcmp(o.out, "d") == 0 && o.clip == 0 && o.max_length == 64 &&
              o.seed == 4294967295);
    cr_expect(!o.file && o.freeze.count == 0);
    cr_expect_eq(diags->list.count, 0);
    diagnostics_free(diags);
}

Test(options, names_are_read_with_underscores_too) {
    Diagnostics *diags = diagnostics_new();
    Options o;
    cr_assert(parse("train --learning_rate 1 --no_shuffle --per_device_train_batch_size=4 m_1.graph --out a_b "
                    "--limit=a_b=3 --model_name_or_path w_1",
                    &o, diags));
    cr_expect(o.lr == 1 && o.no_shuffle && o.batch == 4 && strcmp(o.limit.items[0], "a_b=3") == 0);
    cr_expect(strcmp(o.file, "m_1.graph") == 0 && strcmp(o.out, "a_b") == 0 && strcmp(o.weights, "w_1") == 0);
    diagnostics_free(diags);
}

/* --- The table --- */

Test(options, every_row_says_what_it_has_to_do_with_a_run) {
    const OptionRow *row;
    for (int i = 0; (row = option_row(i)); i++) {
        int word = row->effect & (DECIDES | LENGTH | SAME | ONCE | ELSEWHERE), use = row->effect & (DEFAULT | LASTING);
        cr_expect(word == DECIDES || word == LENGTH || word == SAME || word == ONCE || word == ELSEWHERE, "--%s",
                  row->name);
        cr_expect_eq(word == ELSEWHERE, !option_is_of(row, "train"), "--%s", row->name);
        cr_expect(!use || (use != (DEFAULT | LASTING) && word != ONCE && word != ELSEWHERE), "--%s", row->name);
        cr_expect(!option_is_of(row, "recipe") || word != ONCE, "--%s: a text cannot say it", row->name);
        cr_expect(row->group >= FIRST && row->group < GROUPS && *row->help, "--%s", row->name);
    }
}

Test(options, the_first_of_train_are_ten) {
    const OptionRow *row;
    int count = 0;
    for (int i = 0; (row = option_row(i)); i++) count += row->group == FIRST && option_is_of(row, "train");
    cr_expect_eq(count, 10);
}

/* Two values of an option that differ. */
static json_t *settings_with(const OptionRow *row, bool other, const char *schedule) {
    json_t *value = row->kind == WHOLE || row->kind == REAL ? json_integer(other ? 7 : 5)
                    : row->kind == FLAG                     ? json_boolean(other)
                                                            : json_string(other ? "b" : "a");
    json_t *options = json_pack("{s:s}", "schedule", schedule);
    json_object_set_new(options, row->name, value);
    return json_pack("{s:o}", "options", options);
}

static bool may_go_on(const OptionRow *row, const char *schedule) {
    RunRecord record = {.decides = option_decides};
    Diagnostics *diags = diagnostics_new();
    json_t *then = settings_with(row, false, schedule), *now = settings_with(row, true, schedule);
    bool good = settings_match(then, now, &record, diags);
    cr_expect_eq(diags->errors, good ? 0 : 1, "--%s", row->name);
    json_decref(then);
    json_decref(now);
    diagnostics_free(diags);
    return good;
}

Test(options, a_run_goes_on_under_other_options_when_their_rows_say_so) {
    const OptionRow *row;
    for (int i = 0; (row = option_row(i)); i++) {
        if (!option_is_of(row, "train") || strcmp(row->name, "schedule") == 0) continue;
        cr_expect_eq(may_go_on(row, "linear"), (row->effect & (SAME | ONCE)) != 0, "--%s", row->name);
        cr_expect_eq(may_go_on(row, "constant"), (row->effect & (SAME | ONCE | LENGTH)) != 0, "--%s", row->name);
    }
    cr_expect_not(may_go_on(option_find("train", "schedule"), "linear"));
    RunRecord record = {.decides = option_decides};
    cr_expect(record.decides("of-another-version", NULL));
}

/* Settings of a run hold for another command where the row says so, and not what the command line has. */
static void expect_taken(const OptionRow *row, const char *command, bool wanted) {
    Diagnostics *diags = diagnostics_new();
    json_t *settings = settings_with(row, true, "linear");
    Options fresh = options_default(),
            taken = options_of_run(command, &fresh, json_object_get(settings, "options"), diags->arena);
    cr_expect_eq(options_have(&taken, row->name), wanted, "gradc %s --%s", command, row->name);
    cr_expect_not(options_have(&fresh, row->name));
    vec_push(diags->arena, &fresh.given, row->name);
    taken = options_of_run(command, &fresh, json_object_get(settings, "options"), diags->arena);
    cr_expect_eq(memcmp((char *)&taken + row->member, (char *)&fresh + row->member, sizeof(bool)), 0, "gradc %s --%s",
                 command, row->name);
    json_decref(settings);
    diagnostics_free(diags);
}

Test(options, what_a_run_was_trained_with_holds_for_its_uses) {
    const OptionRow *row;
    for (int i = 0; (row = option_row(i)); i++) {
        if (!option_is_of(row, "train")) continue;
        expect_taken(row, "train", !(row->effect & ONCE));
        expect_taken(row, "eval", (row->effect & (DEFAULT | LASTING)) != 0);
        expect_taken(row, "export", (row->effect & (DEFAULT | LASTING)) != 0);
    }
}

Test(options, other_settings_than_those_of_the_training_are_named) {
    Diagnostics *diags = diagnostics_new();
    Options o;
    cr_assert(parse("eval run --max-length 12 --fold 2 --threads 1 --tasks a", &o, diags));
    json_t *settings = json_pack("{s:i, s:i, s:s}", "max-length", 64, "fold", 2, "tasks", "b");
    cr_expect_str_eq(options_departures(&o, settings, diags->arena), "--max-length 12 (64 in training)");
    json_object_set_new(settings, "max-length", json_integer(12));
    cr_expect_null(options_departures(&o, settings, diags->arena));
    json_decref(settings);
    diagnostics_free(diags);
}

static void expect_usage(const char *line, const char *code, const char *words) {
    Diagnostics *diags = diagnostics_new();
    Options options;
    cr_expect_not(parse(line, &options, diags), "%s", line);
    cr_assert_eq(diags->errors, 1, "%s", line);
    cr_expect_str_eq(diags->list.items[0].code, code, "%s", line);
    const char *last = diags->list.items[diags->list.count - 1].message;
    cr_expect(strstr(last, words) || strstr(diags->list.items[0].message, words), "%s: %s / %s", line,
              diags->list.items[0].message, last);
    diagnostics_free(diags);
}

Test(options, wrong_options_are_reported) {
    expect_usage("train m.graph --epochs x", "E0910", "--epochs takes a whole number");
    expect_usage("train m.graph --epochs 1.5", "E0910", "not '1.5'");
    expect_usage("train m.graph --batch 0", "E0910", "from 1");
    expect_usage("train m.graph --batch 99999999999999999999999", "E0910", "--batch takes");
    expect_usage("train m.graph --lr nan", "E0910", "--lr takes");
    expect_usage("train m.graph --lr inf", "E0910", "--lr takes");
    expect_usage("train m.graph --lr 1e-3x", "E0910", "--lr takes");
    expect_usage("train m.graph --dropout 1", "E0910", "--dropout takes");
    expect_usage("train m.graph --epoch_s 3", "E0911", "did you mean '--epochs'?");
    expect_usage("train m.graph --learnig_rate 3", "E0911", "did you mean '--learning-rate'?");
    expect_usage("train m.graph --zzzzzz", "E0911", "gradc train --help");
    expect_usage("eval m.graph --lr 1", "E0911", "gradc eval has no option '--lr'");
    expect_usage("eval m.graph --json=1", "E0911", "--json=1");
    expect_usage("train m.graph -xy", "E0911", "gradc train has no option '-x'");
    expect_usage("train m.graph --epochs", "E0912", "--epochs needs a value");
}

/* --- Log --- */

Test(options, log_lines_are_json_objects) {
    static const char *const odd = "a \"quoted\" \\ line\nwith \t and \xC3\xA4";
    TempFolder folder = make_folder();
    TempPath path = path_in(&folder, "log.jsonl");
    Diagnostics *diags = diagnostics_new();
    Log *log = log_open(path.text, false, diags);
    cr_assert_not_null(log);
    for (int i = 0; i < 3; i++)
        log_event(log, json_pack("{s:s, s:i, s:f, s:s}", "event", "step", "step", i, "loss", 0.1 + i, "text", odd));
    cr_expect(log_close(log, diags));
    log = log_open(path.text, true, diags);
    log_event(log, json_pack("{s:s}", "event", "done"));
    cr_expect(log_close(log, diags));
    FILE *file = fopen(path.text, "r");
    char line[1000];
    int lines = 0;
    while (fgets(line, sizeof line, file)) {
        json_t *event = json_loads(line, 0, NULL);
        cr_assert(json_is_object(event), "%s", line);
        cr_expect_str_eq(json_string_value(json_object_get(event, "event")), lines < 3 ? "step" : "done");
        if (lines < 3) cr_expect_float_eq(json_real_value(json_object_get(event, "loss")), 0.1 + lines, 1e-8);
        if (lines < 3) cr_expect_str_eq(json_string_value(json_object_get(event, "text")), odd);
        json_decref(event);
        lines++;
    }
    fclose(file);
    cr_expect_eq(lines, 4);
    diagnostics_free(diags);
    remove_folder(&folder);
}

Test(options, a_log_that_cannot_be_written_is_reported) {
    Diagnostics *diags = diagnostics_new();
    cr_expect_null(log_open("/nowhere/log.jsonl", false, diags));
    cr_expect_eq(diags->errors, 1);
    Log *log = log_open("/dev/full", false, diags);
    cr_assert_not_null(log);
    log_event(log, json_pack("{s:s}", "event", "start"));
    cr_expect_not(log_close(log, diags));
    cr_expect_eq(diags->errors, 2);
    log = log_open(NULL, false, diags);
    log_event(log, json_pack("{s:s}", "event", "start"));
    cr_expect(log_close(log, diags));
    diagnostics_free(diags);
}
