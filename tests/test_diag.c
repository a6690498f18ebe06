/* Diagnostics: every code that the sources use is explained, and no other; messages look as
 * promised. */
#include <criterion/criterion.h>
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/count_text.h"
#include "graph/base/diag.h"
#include "graph/base/explanations.h"

enum { CODES = 1000 };

/* The number of "E0123" in quotes at `text`; -1 when it is none. */
static int code_at(const char *text) {
    if (text[0] != '"' || text[1] != 'E' || text[2] != '0' || text[6] != '"') return -1;
    for (int i = 3; i < 6; i++) {
        if (!isdigit((unsigned char)text[i])) return -1;
    }
    return atoi(text + 3);
}

static void note_codes(const char *path, bool *used) {
    char line[2000];
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file, "%s", path);
    while (fgets(line, sizeof line, file)) {
        for (const char *at = line; (at = strchr(at, '"')); at++) {
            if (strlen(at) > 6 && code_at(at) >= 0) used[code_at(at)] = true;
        }
    }
    fclose(file);
}

/* Marks every code that stands in a C file of the folder and those in it, the explanations apart. */
static void note_folder(const char *folder, bool *used) {
    char path[600];
    DIR *entries = opendir(folder);
    cr_assert_not_null(entries, "%s", folder);
    for (struct dirent *entry; (entry = readdir(entries));) {
        size_t length = strlen(entry->d_name);
        bool table = strncmp(entry->d_name, "explanations", 12) == 0;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.') note_folder(path, used);
        if (length > 2 && !table && strcmp(entry->d_name + length - 2, ".c") == 0) note_codes(path, used);
    }
    closedir(entries);
}

Test(diag, counts_agree_with_their_nouns) {
    cr_expect_str_eq(count_text(1, "row").text, "1 row");
    cr_expect_str_eq(count_text(0, "row").text, "0 rows");
    cr_expect_str_eq(count_text(2, "more class").text, "2 more classes");
    cr_expect_str_eq(count_text(3, "query").text, "3 queries");
    cr_expect_str_eq(count_text(3, "day").text, "3 days");
    cr_expect_str_eq(count_text(1, "class").text, "1 class");
    cr_expect_str_eq(count_text(2, "batch").text, "2 batches");
    cr_expect_str_eq(count_text(2, "epoch").text, "2 epochs");
    cr_expect_str_eq(count_text(-1, "step").text, "-1 steps");
    cr_expect_str_eq(count_form(1, "is", "are"), "is");
    cr_expect_str_eq(count_form(0, "is", "are"), "are");
}

Test(diag, every_code_in_use_is_explained_and_no_other) {
    static const char *const folders[] = {SOURCE_ROOT "/graph", SOURCE_ROOT "/frontend", SOURCE_ROOT "/passes",
                                          SOURCE_ROOT "/codegen", SOURCE_ROOT "/runtime"};
    bool used[CODES] = {0};
    int count = 0;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) note_folder(folders[i], used);
    for (int i = 0; i < CODES; i++) {
        char code[8];
        snprintf(code, sizeof code, "E%04d", i);
        const Explanation *row = explanation_find(code);
        if (used[i])
            cr_expect_not_null(row, "%s is used: add it to graph/base/explanations_*.c", code);
        else
            cr_expect_null(row, "%s is in graph/base/explanations_*.c, but nothing uses it", code);
        count += used[i];
    }
    cr_expect_gt(count, 60, "the sources were not found");
}

Test(diag, explanations_are_whole_and_fit_a_terminal) {
    const Explanation *row;
    for (int i = 0; (row = explanation_get(i)); i++) {
        cr_expect_eq(explanation_find(row->code), row, "%s is there twice", row->code);
        cr_assert(row->title && row->text && row->right, "%s lacks a title, a text or an example", row->code);
        cr_expect_lt(strlen(row->title), 50, "%s: a title is short", row->code);
        int lines = 0;
        for (const char *at = row->text; at; lines++) {
            size_t length = strcspn(at, "\n");
            cr_expect(length > 0 && length <= 80, "%s: line %d is empty or too long", row->code, lines + 1);
            at = at[length] ? at + length + 1 : NULL;
        }
        cr_expect_leq(lines, 6, "%s: %d lines", row->code, lines);
    }
    cr_expect_null(explanation_find("E9999"));
    cr_expect_null(explanation_find(""));
    cr_expect_null(explanation_get(-1));
}

/* Codes that no golden file can bring about, each with its reason. Do not add one that a user's file or command can. */
static const struct {
    int code;
    const char *reason;
} out_of_reach[] = {
    {610, "a mistake of ours"},
    {702, "the system refuses memory to run code in"},
    {822, "names come from graph files, whose scopes are checked"},
    {901, "no memory"},
    {902, "no memory"},
    {903, "needs hundreds of tasks"},
    {904, "no memory"},
    {707, "a machine without the newest instructions"},
    {907, "no memory"},
    {945, "a checkpoint keeps its settings, the graph among them, and they are compared before"},
    {951, "no memory"},
    {981, "needs mpirun: tests/ranks.sh has its messages"},
    {992, "a build without MPI"},
    {996, "a machine without librsvg"},
};

static bool is_out_of_reach(int code) {
    for (size_t i = 0; i < sizeof out_of_reach / sizeof *out_of_reach; i++) {
        if (out_of_reach[i].code == code) return true;
    }
    return false;
}

/* Marks the codes in the "#> " lines of the golden files. */
static void note_goldens(bool *shown) {
    char line[2000], path[600];
    DIR *entries = opendir(SOURCE_ROOT "/tests/errors");
    cr_assert_not_null(entries);
    for (struct dirent *entry; (entry = readdir(entries));) {
        snprintf(path, sizeof path, SOURCE_ROOT "/tests/errors/%s", entry->d_name);
        FILE *file = entry->d_name[0] == '.' ? NULL : fopen(path, "r");
        while (file && fgets(line, sizeof line, file)) {
            const char *at = strncmp(line, "#> ", 3) == 0 ? strstr(line, "[E0") : NULL;
            if (at && strlen(at) > 6 && at[6] == ']') shown[atoi(at + 3)] = true;
        }
        if (file) fclose(file);
    }
    closedir(entries);
}

Test(diag, every_code_has_a_golden_message) {
    bool shown[CODES] = {0};
    note_goldens(shown);
    for (int i = 0; i < CODES; i++) {
        char code[8];
        snprintf(code, sizeof code, "E%04d", i);
        if (!explanation_find(code)) continue;
        if (is_out_of_reach(i))
            cr_expect_not(shown[i], "%s has a golden message: take it off the list", code);
        else
            cr_expect(shown[i], "%s has no golden message in tests/errors: see CONTRIBUTING.md", code);
    }
}

/* What diagnostics_print writes; the caller frees it. */
static char *printed(const Diagnostics *diags) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    diagnostics_print(diags, out);
    fclose(out);
    return text;
}

static void expect_printed(const Diagnostics *diags, const char *expected) {
    char *text = printed(diags);
    cr_expect_str_eq(text, expected, "got:\n%s", text);
    free(text);
}

Test(diag, shows_the_line_and_a_caret) {
    Diagnostics *diags = diagnostics_new();
    const SourceFile *file = diagnostics_file(diags, "m.graph", "def f(x) {\n  y = dense(x, hiden)\n}\n");
    cr_expect_not(diag_error(diags, "E0201", (Pos){file, 2, 16, 5, NULL}, "'%s' is not defined here", "hiden"));
    diag_note(diags, (Pos){file, 1, 5, 1, NULL}, "in this function");
    diag_hint(diags, "did you mean '%s'?", "hidden");
    cr_expect_eq(diags->errors, 1);
    cr_expect_eq(diags->list.count, 3);
    expect_printed(diags, "m.graph:2:16: error[E0201]: 'hiden' is not defined here\n"
                          "    2 |   y = dense(x, hiden)\n"
                          "      |                ^~~~~\n"
                          "m.graph:1:5: note: in this function\n"
                          "    1 | def f(x) {\n"
                          "      |     ^\n"
                          "      = hint: did you mean 'hidden'?\n");
    diagnostics_free(diags);
}

/* The caret stands under its column: tabs are repeated, a character of several bytes takes one
 * column. */
Test(diag, the_caret_knows_tabs_and_utf8) {
    Diagnostics *diags = diagnostics_new();
    const SourceFile *file = diagnostics_file(diags, "m.graph", "\tx\t= \"\xC3\xA4\xE2\x82\xAC\" + y\n");
    diag_error(diags, "E0201", (Pos){file, 1, 16, 1, NULL}, "'y' is not defined here");
    expect_printed(diags, "m.graph:1:16: error[E0201]: 'y' is not defined here\n"
                          "    1 | \tx\t= \"\xC3\xA4\xE2\x82\xAC\" + y\n"
                          "      | \t \t         ^\n");
    diagnostics_free(diags);
}

Test(diag, places_without_text_line_or_file) {
    Diagnostics *diags = diagnostics_new();
    const SourceFile *private = diagnostics_file(diags, "rows.tsv", NULL);
    diag_error(diags, "E0851", pos_in_file(private, 7), "the label is not a number");
    diag_error(diags, "E0852", pos_in_file(private, 0), "no rows");
    diag_warning(diags, "E0703", (Pos){0}, "kernels are not kept");
    expect_printed(diags, "rows.tsv:7: error[E0851]: the label is not a number\n"
                          "rows.tsv: error[E0852]: no rows\n"
                          "warning[E0703]: kernels are not kept\n");
    cr_expect_eq(diags->errors, 2);
    diagnostics_free(diags);
}

/* Positions at or past the end of a line and of the text do not read beyond it. */
Test(diag, positions_past_the_end_are_harmless) {
    Diagnostics *diags = diagnostics_new();
    const SourceFile *file = diagnostics_file(diags, "m.graph", "one\ntwo");
    diag_error(diags, "E0104", (Pos){file, 2, 4, 1, NULL}, "the file ends");
    diag_error(diags, "E0104", (Pos){file, 2, 40, 1, NULL}, "far right");
    diag_error(diags, "E0104", (Pos){file, 9, 1, 1, NULL}, "far below");
    expect_printed(diags, "m.graph:2:4: error[E0104]: the file ends\n"
                          "    2 | two\n"
                          "      |    ^\n"
                          "m.graph:2:40: error[E0104]: far right\n"
                          "    2 | two\n"
                          "      |    ^\n"
                          "m.graph:9:1: error[E0104]: far below\n");
    diagnostics_free(diags);
}

/* Of a line of a megabyte nobody reads more than what is around the mistake. */
Test(diag, a_long_line_is_cut_around_the_place) {
    Diagnostics *diags = diagnostics_new();
    char line[1001], expected[2000], dots[500];
    memset(line, '.', sizeof line - 1);
    line[sizeof line - 1] = 0;
    memset(dots, '.', sizeof dots);
    line[499] = 'x';
    diag_error(diags, "E0104", (Pos){diagnostics_file(diags, "m.graph", line), 1, 500, 2, NULL}, "here");
    snprintf(expected, sizeof expected,
             "m.graph:1:500: error[E0104]: here\n"
             "    1 | ... %.99sx%.300s\n"
             "      | ... %99s^~\n",
             dots, dots, "");
    expect_printed(diags, expected);
    diagnostics_free(diags);
}

Test(diag, errors_past_the_hundredth_are_counted) {
    Diagnostics *diags = diagnostics_new();
    for (int i = 0; i < MAX_LISTED_ERRORS + 2; i++) {
        diag_error(diags, "E0104", (Pos){0}, "error %d", i);
        diag_hint(diags, "hint %d", i);
        diag_note(diags, (Pos){0}, "note %d", i);
    }
    cr_expect_eq(diags->errors, MAX_LISTED_ERRORS + 2);
    cr_expect_eq(diags->list.count, 3 * MAX_LISTED_ERRORS, "the last that is listed has its hint and its note");
    diagnostics_free(diags);
}

Test(diag, files_are_copied) {
    Diagnostics *diags = diagnostics_new();
    char path[] = "a.graph", text[] = "x";
    const SourceFile *file = diagnostics_file(diags, path, text);
    path[0] = text[0] = '?';
    cr_expect_str_eq(file->path, "a.graph");
    cr_expect_str_eq(file->text, "x");
    diagnostics_free(diags);
    diagnostics_free(NULL);
}

Test(diag, the_nearest_name_is_near) {
    static const char *const names[] = {"hidden", "heads", "layers", "x"};
    cr_expect_str_eq(nearest_name("hiden", names, 4), "hidden");
    cr_expect_str_eq(nearest_name("Heads", names, 4), "heads");
    cr_expect_str_eq(nearest_name("layers", names, 4), "layers");
    cr_expect_null(nearest_name("vocabulary", names, 4));
    cr_expect_null(nearest_name("y", names, 4));
    cr_expect_null(nearest_name("hidden", names, 0));
    char longest[100];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    cr_expect_null(nearest_name(longest, names, 4));
}

/* What a file holds does not steer a terminal, and a warning is not repeated. */
Test(diag, control_characters_are_shown_as_numbers) {
    Diagnostics *diags = diagnostics_new();
    const SourceFile *file = diagnostics_file(diags, "a\033b.csv", NULL);
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    for (int i = 0; i < 2; i++) {
        diag_warning(diags, "E0817", pos_in_file(file, 1), "a\033[31m\tb\x9b\xc2\x9b \xc3\xa4\r");
        diag_hint(diags, "once");
    }
    diagnostics_print(diags, out);
    fclose(out);
    cr_expect_str_eq(text,
                     "a\\x1bb.csv:1: warning[E0817]: a\\x1b[31m\tb\\x9b\\xc2\\x9b \xc3\xa4\\x0d\n      = hint: once\n");
    free(text);
    diagnostics_free(diags);
}
