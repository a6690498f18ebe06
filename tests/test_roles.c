/* Roles: each row of the table is read, printed and checked by the verifier. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "graph/graph.h"

/* Symbols for every letter of the table's types; all belong to "x", of task "a" where there is one. */
static const char *symbols_text(Arena *arena, const char *task) {
    const char *text = "symbols";
    for (int i = ROLE_NONE + 1; i < ROLE_KINDS; i++) {
        const RoleInfo *info = role_info((RoleKind)i);
        if (info->on != ON_SYMBOL) continue;
        text =
            arena_printf(arena, "%s %s{role=%s%s%s}", text, info->type, info->name, info->of ? " of=\"x\"" : "", task);
    }
    return arena_printf(arena, "%s\n", text);
}

/* The type of a role with a number for what may be anything: "i32<3>[T]". */
static const char *type_text(Arena *arena, const char *pattern, const char *elem) {
    size_t any = strspn(pattern, "?");
    char *text = (char *)arena_printf(arena, "%s%s",
                                      elem  ? elem
                                      : any ? "f32"
                                            : "",
                                      pattern + (elem ? strcspn(pattern, "[") : any));
    if (!strchr(text, '[')) text = (char *)arena_printf(arena, "%s[T]", text);
    for (char *c = text; *c; c++) *c = *c == '?' ? '3' : *c;
    return text;
}

typedef struct Case {
    const char *of, *task, *type;
    bool as_output;
} Case;

static const char *graph_text(Arena *arena, RoleKind kind, Case c) {
    const char *role = arena_printf(arena, "role=%s%s%s", role_info(kind)->name, c.of, c.task);
    return c.as_output ? arena_printf(arena, "graph \"g\"\n%s%%0 = input{name=\"v\"} : %s\noutput \"y\"{%s} = %%0\n",
                                      symbols_text(arena, c.task), c.type, role)
                       : arena_printf(arena, "graph \"g\"\n%s%%0 = input{name=\"v\" %s} : %s\noutput \"y\" = %%0\n",
                                      symbols_text(arena, c.task), role, c.type);
}

/* NULL: it is read, and printed as it was. Otherwise the first message. */
static const char *read_back(Diagnostics *diags, const char *text) {
    int reported = diags->list.count;
    Graph *graph = graph_read(diagnostics_file(diags, "g.gir", text), diags);
    if (!graph) return diags->list.items[reported].message;
    char *again = graph_print(graph, false);
    cr_expect_str_eq(again, text);
    free(again);
    graph_free(graph);
    return NULL;
}

static void expect_refused(Diagnostics *diags, const char *text, const char *cited) {
    const char *message = read_back(diags, text);
    cr_expect(message && strstr(message, cited), "%s: %s\n%s", cited, message ? message : "nothing", text);
}

static bool has_owned_letter(const char *type) { return strpbrk(strchr(type, '[') ? type + 3 : "", "TRWU") != NULL; }

static void check_place(Diagnostics *diags, RoleKind kind, bool as_output) {
    const RoleInfo *info = role_info(kind);
    const char *of = info->of ? " of=\"x\"" : "", *type = type_text(diags->arena, info->type, NULL);
    const char *wrong = type_text(diags->arena, info->type, "bool"),
               *type_rule = as_output ? "rule 10" : "(constraint 3)";
    const char *owner_rule = as_output ? "rule 10" : "(constraint 2)";
    const char *const tasks[] = {"", " task=\"a\""};
    for (int i = 0; i < 2; i++) {
        const char *message = read_back(diags, graph_text(diags->arena, kind, (Case){of, tasks[i], type, as_output}));
        cr_expect_null(message, "%s: %s", info->name, message);
        if (*info->type != '?')
            expect_refused(diags, graph_text(diags->arena, kind, (Case){of, tasks[i], wrong, as_output}), type_rule);
    }
    const char *other_owner = *of ? "" : " of=\"x\"";
    expect_refused(diags, graph_text(diags->arena, kind, (Case){other_owner, "", type, as_output}), owner_rule);
    if (has_owned_letter(info->type))
        expect_refused(diags, graph_text(diags->arena, kind, (Case){" of=\"z\"", "", type, as_output}), type_rule);
}

Test(roles, have_the_type_of_their_row) {
    for (int i = ROLE_NONE + 1; i < ROLE_KINDS; i++) {
        Diagnostics *diags = diagnostics_new();
        const RoleInfo *info = role_info((RoleKind)i);
        cr_assert(info->name && info->on && info->type && info->means, "role %d", i);
        cr_expect_eq(info->values == VALUES_COUNT, info->counts != ROLE_NONE, "%s", info->name);
        if (info->on & ON_INPUT) check_place(diags, (RoleKind)i, false);
        if (info->on & ON_OUTPUT) check_place(diags, (RoleKind)i, true);
        diagnostics_free(diags);
    }
}

Test(roles, are_found_by_name) {
    for (int i = ROLE_NONE + 1; i < ROLE_KINDS; i++) {
        RoleKind kind;
        cr_expect(role_find(role_info((RoleKind)i)->name, &kind) && kind == (RoleKind)i, "role %d", i);
    }
}

Test(roles, are_refused_where_they_are_not_played) {
    Diagnostics *diags = diagnostics_new();
    expect_refused(diags, "graph \"g\"\nsymbols T{role=ids of=\"x\"}\n", "rule 10");
    expect_refused(diags, "graph \"g\"\nsymbols T{role=tokens}\n", "rule 10");
    expect_refused(diags, "graph \"g\"\nsymbols S{role=sequences of=\"x\"}\n", "rule 10");
    expect_refused(diags, "graph \"g\"\n%0 = input{name=\"a\" role=sequences} : f32[]\n", "(constraint 2)");
    expect_refused(diags, "graph \"g\"\n%0 = input{name=\"a\"} : f32[]\noutput \"y\"{role=rate} = %0\n", "rule 10");
    expect_refused(diags, "graph \"g\"\n%0 = input{name=\"a\" role=raet} : f32[]\n", "there is no role 'raet'");
    expect_refused(diags, "graph \"g\"\nsymbols T{role=tokens of=\"x\"} T\n", "two roles");
    diagnostics_free(diags);
}

Test(roles, are_played_once) {
    Diagnostics *diags = diagnostics_new();
    expect_refused(diags, "graph \"g\"\nsymbols S{role=sequences} Z{role=sequences}\n", "rule 11");
    expect_refused(diags,
                   "graph \"g\"\n%0 = input{name=\"a\" role=rate} : f32[]\n%1 = input{name=\"b\" role=rate} : f32[]\n",
                   "rule 11");
    expect_refused(diags,
                   "graph \"g\"\n%0 = input{name=\"a\"} : f32[]\noutput \"y\"{role=loss task=\"a\"} = %0\n"
                   "output \"z\"{role=loss task=\"a\"} = %0\n",
                   "rule 11");
    cr_expect_null(read_back(diags, "graph \"g\"\nsymbols S{role=sequences} a.S{role=sequences task=\"a\"}\n"));
    cr_expect_null(read_back(diags, "graph \"g\"\n%0 = input{name=\"kept.0\" role=kept} : f32[2, 3]\n"
                                    "%1 = input{name=\"kept.1\" role=kept} : f32[2, 3]\n"));
    diagnostics_free(diags);
}

Test(roles, of_a_gradient_is_the_type_of_what_it_is_of) {
    static const char head[] = "graph \"g\"\nsymbols M U{role=distinct of=\"i\"}\n%0 = param{name=\"w\"} : f32[9, 4]\n"
                               "%1 = input{name=\"dy\"} : f32[M, 4]\n";
    static const char output[] = "output \"dw\"{role=gradient of=\"w\"} = %3\n";
    Diagnostics *diags = diagnostics_new();
    expect_refused(diags,
                   arena_printf(diags->arena, "%s%%2 = input{name=\"z\"} : f32[9, 3]\n%%3 = neg(%%2) : f32[9, 3]\n%s",
                                head, output),
                   "rule 12");
    cr_expect_null(read_back(diags, arena_printf(diags->arena,
                                                 "%s%%2 = input{name=\"i\"} : i32<9>[M]\n"
                                                 "%%3 = scatter_add(%%2, %%1) : f32[9, 4]\n%s",
                                                 head, output)));
    cr_expect_null(read_back(diags, arena_printf(diags->arena,
                                                 "%s%%2 = input{name=\"s\" role=slots of=\"i\"} : i32<U>[M]\n"
                                                 "%%3 = scatter_add(%%2, %%1) : f32[U, 4]\n%s",
                                                 head, output)));
    diagnostics_free(diags);
}

/* Two inputs that differ in their role alone are two. */
Test(roles, are_part_of_a_nodes_identity) {
    Graph *g = graph_new("g", NULL);
    Type scalar = type_scalar(ELEM_F32);
    Node *rate = graph_input_as(g, "a", (Role){.kind = ROLE_RATE}, scalar);
    cr_expect_eq(rate, graph_input_as(g, "a", (Role){.kind = ROLE_RATE}, scalar));
    cr_expect_neq(rate, graph_input_as(g, "a", (Role){.kind = ROLE_STEP}, scalar));
    cr_expect_neq(rate, graph_input_as(g, "a", (Role){.kind = ROLE_RATE, .task = "t"}, scalar));
    cr_expect_neq(rate, graph_leaf(g, OP_input, "a", scalar));
    cr_expect_eq(graph_input_of(g, (Role){.kind = ROLE_RATE}), rate);
    cr_expect_null(graph_input_of(g, (Role){.kind = ROLE_DECAY}));
    graph_free(g);
}

Test(roles, of_inputs_say_what_has_a_row_for_each) {
    int more;
    Role ids = {ROLE_IDS, "x", "a"}, rows = role_rows(&ids, &more), key = {.kind = ROLE_RNG};
    cr_expect(role_equal(&rows, &(Role){ROLE_TOKENS, "x", "a"}));
    ids.kind = ROLE_BOUNDS;
    cr_expect_eq(more, 0);
    rows = role_rows(&ids, &more);
    cr_expect_eq(more, 1);
    cr_expect(role_equal(&rows, &(Role){ROLE_SEQUENCES, NULL, "a"}));
    cr_expect_eq(role_rows(&key, &more).kind, ROLE_NONE);
}
