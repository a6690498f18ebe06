/* The formatter: its layout, and that no spacing changes a program. Paths are relative to the
 * project's root: run the tests there. */
#include <criterion/criterion.h>
#include <ctype.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/frontend.h"
#include "frontend/load.h"
#include "tests/temp_folder.h"

static const char *format(const char *text, Diagnostics *diags) {
    return source_format(diagnostics_file(diags, "x.graph", text), diags->arena, diags);
}

static void expect_layout(const char *text, const char *wanted) {
    Diagnostics *diags = diagnostics_new();
    const char *once = format(text, diags);
    cr_assert_not_null(once, "%s", text);
    cr_expect_str_eq(once, wanted);
    cr_expect_str_eq(format(once, diags), wanted);
    diagnostics_free(diags);
}

Test(format, statements_begin_lines) {
    expect_layout("def  f( x:f32 [ R,C ],n=- 1 )->f32[R,C]{y=x*-n return y+1}\ntask t{metric a,b}",
                  "def f(x: f32[R, C], n = -1) -> f32[R, C] {\n  y = x * -n\n  return y + 1\n}\n\n"
                  "task t { metric a, b }\n");
    expect_layout("def f(i:i32 < N > [R]){\n\n\nrepeat k in 0 .. 4{ a=g( i.x )in \"l.{k}\" }\n\n}",
                  "def f(i: i32<N>[R]) {\n  repeat k in 0..4 { a = g(i.x) in \"l.{k}\" }\n}\n");
    expect_layout("", "");
}

Test(format, lines_go_on_where_the_author_ended_them) {
    expect_layout("config a=1 as \"x\",\nb=2\ndef f(x){\ny=g(x,\nx)+\nx\nreturn y}",
                  "config a = 1 as \"x\",\n       b = 2\ndef f(x) {\n  y = g(x,\n        x) +\n      x\n"
                  "  return y\n}\n");
}

Test(format, comments_stay_where_they_are) {
    expect_layout("# one  \n\n\n# two\ndef f(x){# three\n# four\n\n\ny=x # five\n\n# six\n}# seven\n#eight",
                  "# one\n\n# two\ndef f(x) {  # three\n  # four\n\n  y = x  # five\n\n  # six\n}"
                  "  # seven\n\n#eight\n");
}

Test(format, a_mistake_is_told_and_nothing_is_made) {
    Diagnostics *diags = diagnostics_new();
    cr_expect_null(format("def f(x) { return (x }", diags));
    cr_expect_null(format("config a = $", diags));
    cr_expect_eq(diags->errors, 2);
    diagnostics_free(diags);
}

/* --- No spacing changes a program --- */

/* The file's text with other blanks between its words; comments and strings stay as they are. */
static char *respaced(const char *text, unsigned *seed) {
    char *out = malloc(8 * strlen(text) + 16), *to = out;
    for (const char *at = text; *at;) {
        if (*at == '#' || *at == '"') {
            size_t length = *at == '#' ? strcspn(at, "\n") : strcspn(at + 1, "\"") + 2;
            memcpy(to, at, length);
            to += length;
            at += length;
            if (at[-1] != '"') *to++ = '\n';
        } else if (isspace((unsigned char)*at)) {
            static const char *const blanks[] = {" ", "  ", "\n", "\t", "\n\n\n", " \n  "};
            at += strspn(at, " \t\n");
            to = stpcpy(to, blanks[rand_r(seed) % 6]);
        } else {
            *to++ = *at++;
        }
    }
    *to = 0;
    return out;
}

static char *program_text(const char *path) {
    static const char *const tiny[] = {"hidden=8", "layers=2", "heads=2", "ffn=16", "vocab=50", "positions=20"};
    ProgramOptions options = {.sets = tiny, .n_sets = 6, .dropout = -1};
    Diagnostics *diags = diagnostics_new();
    Program *program = program_load(path, &options, diags);
    if (!program) diagnostics_print(diags, stderr);
    cr_assert_not_null(program, "%s", path);
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    for (int i = 0; i < program->tasks.count; i++) {
        char *train = graph_print(program->tasks.items[i].train, false);
        char *eval = graph_print(program->tasks.items[i].eval, false);
        fprintf(out, "%s%s", train, eval);
        free(train);
        free(eval);
    }
    fclose(out);
    program_free(program);
    diagnostics_free(diags);
    return text;
}

static char *file_text(const char *path) {
    FILE *in = fopen(path, "r");
    cr_assert_not_null(in, "%s", path);
    char *text = calloc(1, 1 << 20);
    cr_assert(fread(text, 1, (1 << 20) - 1, in) > 0);
    fclose(in);
    return text;
}

/* With the whole path of what it imports, so that the text may lie anywhere. Frees the text. */
static char *import_absolutely(char *text, const char *imported) {
    char *real = realpath(imported, NULL), *to = calloc(1, 1 << 20), *place = strstr(text, "\nimport \"");
    cr_assert(real && place);
    place += strlen("\nimport \"");
    sprintf(to, "%.*s%s%s", (int)(place - text), text, real, strchr(place, '"'));
    free(real);
    free(text);
    return to;
}

static void write_text(const char *path, const char *text) {
    FILE *out = fopen(path, "w");
    cr_assert_not_null(out);
    fputs(text, out);
    fclose(out);
}

static int count_comments(const char *text) {
    int count = 0;
    for (; *text; text++) count += *text == '#';
    return count;
}

static void expect_same_program(const char *text, const char *program) {
    Diagnostics *diags = diagnostics_new();
    const char *once = format(text, diags);
    cr_assert_not_null(once);
    cr_expect_str_eq(format(once, diags), once);
    cr_expect_eq(count_comments(once), count_comments(text));
    if (program) {
        TempFolder folder = make_folder();
        TempPath path = path_in(&folder, "bert.graph");
        write_text(path.text, once);
        char *after = program_text(path.text);
        cr_expect_str_eq(after, program);
        free(after);
        remove_folder(&folder);
    }
    diagnostics_free(diags);
}

/* As it is, and with random blanks; `path` NULL: text that is no program of its own. */
static void expect_stable(const char *text, const char *path) {
    unsigned seed = 1;
    char *program = path ? program_text(path) : NULL;
    expect_same_program(text, program);
    for (int i = 0; i < 20; i++) {
        char *other = respaced(text, &seed);
        expect_same_program(other, program);
        free(other);
    }
    free(program);
}

Test(format, no_spacing_changes_the_model) {
    char *text = import_absolutely(file_text("models/bert.graph"), "models/encoders/bert.graph");
    expect_stable(text, "models/bert.graph");
    free(text);
}

Test(format, no_spacing_changes_heads_and_prelude) {
    glob_t found;
    cr_assert_eq(glob("models/heads/*.graph", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        char *text = file_text(found.gl_pathv[i]);
        expect_stable(text, NULL);
        free(text);
    }
    globfree(&found);
    expect_stable(prelude_text, NULL);
}
