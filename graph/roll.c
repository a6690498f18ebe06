/* Rolling of a graph's text, in four steps:
 *
 * 1. Each line becomes a key (the hash of all that is fixed) and its slots: the numbers that may differ from turn to
 * turn.
 * 2. Likely periods are the distances at which three lines in a row come again.
 * 3. For each period, one walk from the end gives the longest stretches in which every line has the key of the line one
 * period
 *    later and every slot goes on by the same step.
 * 4. The stretches that save most are taken first; the others are clipped to what they leave. */
#include "graph/roll.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "graph/base/count_text.h"
#include "graph/base/memory.h"
#include "graph/write.h"

enum { GRAM = 3, PERIODS = 12, LEAST_TWICE = 6, LONGEST_NUMBER = 15 };

/* A number of a line that may change: bytes start .. start + length. */
typedef struct RollSlot {
    int start, length;
    bool in_string;
    int64_t value;
} RollSlot;

typedef struct RollLine {
    const char *text;
    int length;
    uint64_t key;
    int slot, n_slots; /* in the slots of the roller */
} RollLine;

typedef struct Stretch {
    int start, period, extent; /* lines start .. start + extent have their like one period later */
} Stretch;

typedef struct Roller {
    Arena *arena;
    VEC(RollLine) lines;
    VEC(RollSlot) slots;
    VEC(Stretch) stretches;
    bool *taken; /* [line] */
    Repeats repeats;
} Roller;

/* --- 1. Lines ----------------------------------------------------------------------------------------------------- */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Does the number at `at` name a node or a kernel? */
static bool is_reference(const char *line, const char *at) {
    if (at > line && at[-1] == '%') return true;
    if (at - line == 7 && memcmp(line, "kernel ", 7) == 0) return true;
    return at - line > 4 && memcmp(at - 4, " in ", 4) == 0;
}

/* The slot of the digits at `at`; none when they are not the plain spelling of a number. */
static bool read_slot(const char *at, int length, RollSlot *slot) {
    if (length > LONGEST_NUMBER || (length > 1 && *at == '0')) return false;
    slot->value = strtoll(at, NULL, 10);
    slot->length = length;
    return true;
}

/* One step of a walk over a line's bytes: bytes of what stands at `at` (an escape counts as one), and whether a string
 * is open after it. */
static int step_over(const char *at, bool *in_string) {
    if (*in_string && *at == '\\') return at[1] == 'x' ? 4 : 2;
    if (*at == '"') *in_string = !*in_string;
    return is_digit(*at) ? (int)strspn(at, "0123456789") : 1;
}

static void add_line(Roller *roller, const char *text, int length) {
    RollLine line = {.text = text, .length = length, .slot = roller->slots.count};
    bool in_string = false;
    int fixed = 0; /* the first byte that is not in the key yet */
    for (int i = 0; i < length;) {
        RollSlot slot = {.start = i, .in_string = in_string};
        int size = step_over(text + i, &in_string);
        bool varies =
            is_digit(text[i]) && (in_string || is_reference(text, text + i)) && read_slot(text + i, size, &slot);
        if (varies) {
            line.key = XXH3_64bits_withSeed(text + fixed, (size_t)(i - fixed), line.key + 1);
            vec_push(roller->arena, &roller->slots, slot);
            fixed = i + size;
        }
        i += size;
    }
    line.key = XXH3_64bits_withSeed(text + fixed, (size_t)(length - fixed), line.key);
    line.n_slots = roller->slots.count - line.slot;
    vec_push(roller->arena, &roller->lines, line);
}

static void split(Roller *roller, const char *text) {
    while (*text) {
        int length = (int)strcspn(text, "\n");
        add_line(roller, text, length);
        text += length + (text[length] == '\n');
    }
}

/* --- 2. Periods --------------------------------------------------------------------------------------------------- */

/* Counts, for each distance, how often three lines come again after it. */
static int *count_distances(const Roller *roller) {
    int n = roller->lines.count, size = 1;
    while (size < 2 * n) size *= 2;
    int *last = arena_array(roller->arena, (size_t)size, sizeof *last); /* line + 1 of a gram, by its hash */
    int *count = arena_array(roller->arena, (size_t)n + 1, sizeof *count);
    for (int i = 0; i + GRAM <= n; i++) {
        uint64_t keys[GRAM];
        for (int j = 0; j < GRAM; j++) keys[j] = roller->lines.items[i + j].key;
        int *slot = &last[XXH3_64bits(keys, sizeof keys) & (uint64_t)(size - 1)];
        if (*slot) count[i + 1 - *slot]++; /* a collision costs a look at a period, no more */
        *slot = i + 1;
    }
    return count;
}

/* The likeliest periods, and the shortest, which grams are too long to show. */
static int choose_periods(const Roller *roller, int *periods) {
    int *count = count_distances(roller), chosen = 0;
    for (int p = 1; p <= GRAM; p++) periods[chosen++] = p;
    while (chosen < PERIODS) {
        int best = 0;
        for (int p = GRAM + 1; p <= roller->lines.count / 2; p++) {
            if (count[p] > (best ? count[best] : 0)) best = p;
        }
        if (!best) break;
        periods[chosen++] = best;
        count[best] = 0;
    }
    return chosen;
}

/* --- 3. Stretches ------------------------------------------------------------------------------------------------- */

static bool is_worth(int period, int times) { return times > 2 || (times == 2 && period >= LEAST_TWICE); }

static int64_t slot_value(const Roller *roller, int line, int slot) {
    return roller->slots.items[roller->lines.items[line].slot + slot].value;
}

/* Does line + period have the key of line? */
static bool is_like(const Roller *roller, int line, int period) {
    if (line < 0 || line + period >= roller->lines.count) return false;
    const RollLine *a = &roller->lines.items[line], *b = &roller->lines.items[line + period];
    return a->key == b->key && a->n_slots == b->n_slots;
}

/* Do the slots step from line to line + period as they stepped one period before? */
static bool is_steady(const Roller *roller, int line, int period) {
    if (!is_like(roller, line, period) || !is_like(roller, line - period, period)) return false;
    for (int i = 0; i < roller->lines.items[line].n_slots; i++) {
        int64_t value = slot_value(roller, line, i);
        if (slot_value(roller, line + period, i) - value != value - slot_value(roller, line - period, i)) return false;
    }
    return true;
}

static void find_stretches(Roller *roller, int period) {
    int n = roller->lines.count, unlike = n, before = 0;
    /* [line]: the first line from it on that is not steady */
    int *unsteady = arena_array(roller->arena, (size_t)n + 1, sizeof *unsteady);
    unsteady[n] = n;
    for (int i = n - 1; i >= 0; i--) unsteady[i] = is_steady(roller, i, period) ? unsteady[i + 1] : i;
    for (int i = n - 1; i >= -1; i--) {
        if (!is_like(roller, i, period)) unlike = i;
        int end = i < 0 ? i : unlike;
        if (end > i && i + period <= n && unsteady[i + period] < end) end = unsteady[i + period];
        int extent = end - i;
        bool is_longest = before && extent != before + 1; /* the stretch that began one line later does not grow */
        if (is_longest && is_worth(period, 1 + before / period))
            vec_push(roller->arena, &roller->stretches, ((Stretch){i + 1, period, before}));
        before = extent;
    }
}

/* --- 4. The choice ------------------------------------------------------------------------------------------------ */

static int lines_saved(const Stretch *s) { return s->extent / s->period * s->period; }

static int by_saving(const void *a, const void *b) {
    const Stretch *x = a, *y = b;
    if (lines_saved(x) != lines_saved(y)) return lines_saved(y) - lines_saved(x);
    return x->period != y->period ? x->period - y->period : x->start - y->start;
}

/* What is left of a stretch beside the lines that are taken. */
static void clip(const Roller *roller, Stretch *s) {
    while (s->extent > 0 && roller->taken[s->start]) s->start++, s->extent--;
    for (int i = s->start; i < s->start + s->extent + s->period; i++) {
        if (roller->taken[i]) s->extent = i - s->period - s->start;
    }
    if (s->extent < 0) s->extent = 0;
}

/* How many different numbers the strings of a body that begins here have: fewest where it begins with a layer. */
static int count_names(const Roller *roller, int start, int period) {
    int64_t seen[8];
    int count = 0;
    for (int i = start; i < start + period; i++) {
        for (int j = 0; j < roller->lines.items[i].n_slots; j++) {
            const RollSlot *slot = &roller->slots.items[roller->lines.items[i].slot + j];
            if (!slot->in_string || slot_value(roller, i + period, j) == slot->value) continue;
            int k = 0;
            while (k < count && seen[k] != slot->value) k++;
            if (k == count && count < 8) seen[count++] = slot->value;
        }
    }
    return count;
}

/* A stretch may have lines to spare: the body begins where its names agree best. */
static int best_start(const Roller *roller, const Stretch *s) {
    int best = s->start, fewest = count_names(roller, best, s->period);
    for (int i = s->start + 1; i <= s->start + s->extent % s->period; i++) {
        int count = count_names(roller, i, s->period);
        if (count < fewest) fewest = count, best = i;
    }
    return best;
}

static int by_start(const void *a, const void *b) { return ((const Repeat *)a)->start - ((const Repeat *)b)->start; }

static void choose_repeats(Roller *roller) {
    roller->taken = arena_array(roller->arena, (size_t)roller->lines.count + 1, sizeof *roller->taken);
    if (roller->stretches.count)
        qsort(roller->stretches.items, (size_t)roller->stretches.count, sizeof(Stretch), by_saving);
    for (int i = 0; i < roller->stretches.count; i++) {
        Stretch s = roller->stretches.items[i];
        clip(roller, &s);
        Repeat r = {.period = s.period, .times = 1 + s.extent / s.period};
        if (!is_worth(r.period, r.times)) continue;
        r.start = best_start(roller, &s);
        memset(roller->taken + r.start, true, (size_t)(r.period * r.times));
        vec_push(roller->arena, &roller->repeats, r);
    }
    if (roller->repeats.count) qsort(roller->repeats.items, (size_t)roller->repeats.count, sizeof(Repeat), by_start);
}

static void find(Roller *roller, const char *text) {
    int periods[PERIODS];
    split(roller, text);
    int count = choose_periods(roller, periods);
    for (int i = 0; i < count; i++) find_stretches(roller, periods[i]);
    choose_repeats(roller);
}

/* --- Text --------------------------------------------------------------------------------------------------------- */

/* "101+68i", "11-i", "i", "4". */
static void put_index(int64_t value, int64_t step, FILE *out) {
    if (value || step != 1) write_int(out, value);
    if (step && (value || step != 1)) fputc(step < 0 ? '-' : '+', out);
    if (step && llabs(step) != 1) write_int(out, llabs(step));
    if (step) fputc('i', out);
}

/* The same, in a string in braces. */
static void put_slot(const RollSlot *slot, int64_t step, FILE *out) {
    bool braces = slot->in_string && step;
    if (braces) fputc('{', out);
    put_index(slot->value, step, out);
    if (braces) fputc('}', out);
}

/* Bytes from .. to of a line of a body. */
static void put_fixed(const RollLine *line, int from, int to, bool in_string, FILE *out) {
    int done = from;
    for (int i = from; i < to; i += step_over(line->text + i, &in_string)) {
        if (!in_string || line->text[i] != '{') continue;
        fwrite(line->text + done, 1, (size_t)(i - done), out);
        fputs("\\x7b", out);
        done = i + 1;
    }
    fwrite(line->text + done, 1, (size_t)(to - done), out);
}

static void put_body_line(const Roller *roller, int index, int period, FILE *out) {
    const RollLine *line = &roller->lines.items[index];
    int done = 0;
    bool in_string = false;
    fputs("  ", out);
    for (int i = 0; i < line->n_slots; i++) {
        const RollSlot *slot = &roller->slots.items[line->slot + i];
        put_fixed(line, done, slot->start, in_string, out);
        put_slot(slot, slot_value(roller, index + period, i) - slot->value, out);
        done = slot->start + slot->length;
        in_string = slot->in_string;
    }
    put_fixed(line, done, line->length, in_string, out);
    fputc('\n', out);
}

static void put_all(const Roller *roller, FILE *out) {
    int next = 0; /* repeat */
    for (int i = 0; i < roller->lines.count;) {
        if (next == roller->repeats.count || i < roller->repeats.items[next].start) {
            fwrite(roller->lines.items[i].text, 1, (size_t)roller->lines.items[i].length, out);
            fputc('\n', out);
            i++;
            continue;
        }
        Repeat r = roller->repeats.items[next++];
        fprintf(out, "repeat i in 0..%d { # %s %s\n", r.times, count_text(r.times, "time").text,
                count_text(r.period, "line").text);
        for (int j = 0; j < r.period; j++) put_body_line(roller, i + j, r.period, out);
        fputs("}\n", out);
        i += r.period * r.times;
    }
}

Repeats find_repeats(const char *text, Arena *arena) {
    Roller roller = {.arena = arena};
    find(&roller, text);
    return roller.repeats;
}

char *roll_text(const char *text) {
    char *rolled = NULL;
    size_t size = 0;
    FILE *out = memory_stream(&rolled, &size);
    Roller roller = {.arena = arena_new()};
    find(&roller, text);
    put_all(&roller, out);
    arena_free(roller.arena);
    memory_stream_end(out);
    return rolled;
}

char *graph_print_rolled(const Graph *graph, bool positions) {
    char *text = graph_print(graph, positions), *rolled = roll_text(text);
    free(text);
    return rolled;
}
