/* Deferred: the history of updates, and the rows that make up for it. */
#include "runtime/model/deferred.h"

#include <stdlib.h>

#include "graph/base/memory.h"
#include "runtime/engine/slab.h"

/* What one thread updates rows with. */
typedef struct Updater {
    Executable *update;
    UpdateNumbers numbers;
    void *slab; /* of the update's own values, where it has several kernels */
    size_t slab_bytes;
} Updater;

struct Deferred {
    Arena *arena;
    const Parameters *params;
    const ParamSlot *slot;
    const char *const *states;
    Team *team;
    const TableRows *touched; /* by the step at hand */
    int64_t rows, columns;
    float *zero;       /* [columns] */
    Updater *updaters; /* [threads] */
    int64_t *done;     /* [rows]: updates of the history that the row has had */
    UpdateNumbers *history;
    int64_t n_history, history_room;
    Executable *squares;
    float *partial; /* [rows]: sums of squares of selected rows */
    void *between;  /* the norm's own values, where it has several kernels */
    size_t between_bytes;
};

static bool updater_new(Deferred *t, Updater *u, CodeList update) {
    u->update = executable_new(update.list, update.functions);
    executable_bind_role(u->update, (Role){.kind = ROLE_RATE}, &u->numbers.rate);
    executable_bind_role(u->update, (Role){.kind = ROLE_DECAY}, &u->numbers.decay);
    executable_bind_role(u->update, (Role){.kind = ROLE_STEP}, &u->numbers.step);
    executable_bind_role(u->update, (Role){.kind = ROLE_SCALE}, &u->numbers.scale);
    executable_bind_output_role(u->update, (Role){.kind = ROLE_WEIGHT}, NULL);
    for (int i = 0; i < t->params->n_states; i++)
        executable_bind_output_role(u->update, state_role(t->states[i]), NULL);
    u->slab_bytes = executable_plan(u->update, &t->columns);
    u->slab = slab_new(u->slab_bytes);
    return u->slab_bytes == 0 || u->slab;
}

static bool allocate(Deferred *t, CodeList update) {
    size_t rows = (size_t)t->rows, threads = (size_t)team_threads(t->team);
    t->zero = slab_new((size_t)t->columns * sizeof *t->zero);
    t->done = memory_try(rows, sizeof *t->done);
    t->partial = slab_new(rows * sizeof *t->partial);
    t->updaters = arena_array(t->arena, threads + 1, sizeof *t->updaters);
    bool good = t->zero && t->done && t->partial;
    for (size_t i = 0; i < threads; i++) good = updater_new(t, &t->updaters[i], update) && good;
    return good;
}

Deferred *deferred_new(const Parameters *params, int slot, const TableRows *touched, CodeList update, CodeList norm,
                       const char *const *states, Team *team) {
    Arena *arena = arena_new();
    Deferred *t = arena_alloc(arena, sizeof *t);
    const ParamSlot *info = &params->slots[slot];
    *t = (Deferred){.arena = arena, .params = params, .slot = info, .states = states, .team = team, .touched = touched};
    t->rows = touched->rows;
    t->columns = touched->columns;
    t->squares = executable_new(norm.list, norm.functions);
    if (allocate(t, update)) return t;
    deferred_free(t);
    return NULL;
}

void deferred_free(Deferred *t) {
    if (!t) return;
    for (int i = 0; t->updaters && i < team_threads(t->team); i++) {
        executable_free(t->updaters[i].update);
        slab_free(t->updaters[i].slab, t->updaters[i].slab_bytes);
    }
    executable_free(t->squares);
    slab_free(t->between, t->between_bytes);
    slab_free(t->zero, (size_t)t->columns * sizeof *t->zero);
    slab_free(t->partial, (size_t)t->rows * sizeof *t->partial);
    free(t->done);
    free(t->history);
    arena_free(t->arena);
}

void deferred_gradient(Deferred *t) {
    executable_bind_role(t->squares, gradient_role, (void *)t->touched->gradient);
    executable_bind_output_role(t->squares, squares_role, t->partial);
    size_t bytes = executable_plan(t->squares, &t->touched->n_selected);
    if (bytes > t->between_bytes) {
        slab_free(t->between, t->between_bytes);
        t->between = slab_new(t->between_bytes = 2 * bytes);
        if (!t->between) memory_out(t->between_bytes);
    }
    executable_place(t->squares, t->between);
}

void deferred_squares(Deferred *t, const Worker *worker) { executable_run(t->squares, worker); }

double deferred_sum(const Deferred *t) {
    double sum = 0;
    for (int64_t i = 0; i < t->touched->n_selected; i++) sum += (double)t->partial[i];
    return sum;
}

void deferred_push(Deferred *t, UpdateNumbers numbers) {
    t->history = memory_grow(t->history, &t->history_room, t->n_history + 1, sizeof *t->history);
    t->history[t->n_history++] = numbers;
}

/* --- Updates of a row --------------------------------------------------------------------------------------------- */

static void point_at(const Deferred *t, Updater *u, int64_t row, const float *gradient) {
    int64_t at = t->slot->offset + row * t->columns;
    float *weight = t->params->weights + at;
    executable_bind_role(u->update, (Role){.kind = ROLE_WEIGHT}, weight);
    executable_bind_output_role(u->update, (Role){.kind = ROLE_WEIGHT}, weight);
    for (int i = 0; i < t->params->n_states; i++) {
        executable_bind_role(u->update, state_role(t->states[i]), t->params->states[i] + at);
        executable_bind_output_role(u->update, state_role(t->states[i]), t->params->states[i] + at);
    }
    executable_bind_role(u->update, gradient_role, (void *)gradient);
    executable_place(u->update, u->slab);
}

/* The lines of a thread's next row are asked for while it works on this one: rows are far apart. */
static void ask_for_next(const Deferred *t, int64_t index, const Worker *worker) {
    enum { LINE = 64 / sizeof(float) };
    if (index + worker->threads >= t->touched->n_selected) return;
    int64_t at = t->slot->offset + t->touched->selected[index + worker->threads] * t->columns;
    for (int64_t i = 0; i < t->columns; i += LINE) {
        __builtin_prefetch(t->params->weights + at + i, 1);
        for (int j = 0; j < t->params->n_states; j++) __builtin_prefetch(t->params->states[j] + at + i, 1);
    }
}

/* What the row owes of the first `count` updates. */
static void catch_up_row(Deferred *t, Updater *u, int64_t row, int64_t count, void *scratch) {
    const Worker alone = {0, 1, scratch, NULL};
    if (t->done[row] < count) point_at(t, u, row, t->zero);
    for (; t->done[row] < count; t->done[row]++) {
        u->numbers = t->history[t->done[row]];
        executable_run(u->update, &alone);
    }
}

void deferred_catch_up(Deferred *t, const Worker *worker) {
    Updater *u = &t->updaters[worker->thread];
    for (int64_t i = worker->thread; i < t->touched->n_selected; i += worker->threads) {
        ask_for_next(t, i, worker);
        catch_up_row(t, u, t->touched->selected[i], t->n_history, worker->scratch);
    }
}

void deferred_update(Deferred *t, const Worker *worker) {
    const Worker alone = {0, 1, worker->scratch, NULL};
    Updater *u = &t->updaters[worker->thread];
    u->numbers = t->history[t->n_history - 1];
    for (int64_t i = worker->thread; i < t->touched->n_selected; i += worker->threads) {
        ask_for_next(t, i, worker);
        point_at(t, u, t->touched->selected[i], t->touched->gradient + i * t->columns);
        executable_run(u->update, &alone);
        t->done[t->touched->selected[i]] = t->n_history;
    }
}

static void flush_share(void *user, const Worker *worker) {
    Deferred *t = user;
    for (int64_t row = worker->thread; row < t->rows; row += worker->threads) {
        catch_up_row(t, &t->updaters[worker->thread], row, t->n_history, worker->scratch);
        t->done[row] = 0; /* of a history that begins anew */
    }
}

void deferred_flush(Deferred *t) {
    if (t->n_history) team_run(t->team, flush_share, t);
    t->n_history = 0;
}

Executable *deferred_executable(const Deferred *t) { return t->updaters[0].update; }
