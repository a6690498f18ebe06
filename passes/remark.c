/* Remarks: recording and printing. */
#include "passes/remark.h"

#include <stdarg.h>
#include <string.h>

#include "graph/base/count_text.h"

Remarks *remarks_new(void) {
    Arena *arena = arena_new();
    Remarks *remarks = arena_alloc(arena, sizeof *remarks);
    remarks->arena = arena;
    remarks->pass = "";
    return remarks;
}

void remarks_free(Remarks *remarks) {
    if (remarks) arena_free(remarks->arena);
}

static bool same_place(Pos a, Pos b) {
    if (!a.file || !b.file) return a.file == b.file;
    return a.line == b.line && a.column == b.column && strcmp(a.file->path, b.file->path) == 0;
}

static bool is_same(const Remark *a, const Remark *b) {
    return same_place(a->pos, b->pos) && strcmp(a->pass, b->pass) == 0 && strcmp(a->text, b->text) == 0;
}

void remark(Remarks *remarks, const Node *at, const char *format, ...) {
    if (!remarks) return;
    va_list args;
    va_start(args, format);
    Remark new = {
        .pass = remarks->pass, .pos = at->pos, .text = arena_vprintf(remarks->arena, format, args), .times = 1};
    va_end(args);
    if (!new.pos.file) new.text = arena_printf(remarks->arena, "%%%d: %s", at->id, new.text);
    for (int i = 0; i < remarks->list.count; i++) {
        if (!is_same(&remarks->list.items[i], &new)) continue;
        remarks->list.items[i].times++;
        return;
    }
    vec_push(remarks->arena, &remarks->list, new);
}

void remarks_print(const Remarks *remarks, FILE *out) {
    for (int i = 0; i < remarks->list.count; i++) {
        const Remark *r = &remarks->list.items[i];
        if (r->pos.file) fprintf(out, "%s:%u:%u: ", r->pos.file->path, r->pos.line, r->pos.column);
        fprintf(out, "remark[%s]: %s", r->pass, r->text);
        if (r->times > 1) fprintf(out, " (%s)", count_text(r->times, "time").text);
        fputc('\n', out);
    }
}
