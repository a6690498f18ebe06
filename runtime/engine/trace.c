/* Trace. */
#include "runtime/engine/trace.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"

typedef struct TraceEvent {
    const char *label;
    double begin, end;
} TraceEvent;

typedef struct TraceLane {
    TraceEvent *items;
    int64_t count, capacity;
    int64_t bytes;  /* of its text, about */
    char apart[64]; /* no two lanes share a line of the cache */
} TraceLane;

struct Trace {
    int threads;
    TraceLane *lanes; /* [threads] */
};

enum { EVENT_BYTES = 64 }; /* of an event's text without its label, at most while times are below an hour */

Trace *trace_new(int threads) {
    Trace *trace = memory_new(1, sizeof *trace);
    *trace = (Trace){threads, memory_new((size_t)threads, sizeof *trace->lanes)};
    return trace;
}

void trace_free(Trace *trace) {
    if (!trace) return;
    for (int i = 0; i < trace->threads; i++) free(trace->lanes[i].items);
    free(trace->lanes);
    free(trace);
}

void trace_add(Trace *trace, int64_t thread, const char *label, double begin, double end) {
    TraceLane *lane = &trace->lanes[thread];
    lane->items = memory_grow(lane->items, &lane->capacity, lane->count + 1, sizeof *lane->items);
    lane->items[lane->count++] = (TraceEvent){label, begin, end};
    lane->bytes += EVENT_BYTES + (int64_t)strlen(label);
}

int64_t trace_add_step(Trace *trace, const char *label, double begin, double end) {
    trace_add(trace, 0, label, begin, end);
    int64_t bytes = 0;
    for (int i = 0; i < trace->threads; i++) bytes += trace->lanes[i].bytes;
    return bytes;
}

static double first_begin(const Trace *trace) {
    double first = INFINITY;
    for (int i = 0; i < trace->threads; i++) {
        for (int64_t j = 0; j < trace->lanes[i].count; j++) first = fmin(first, trace->lanes[i].items[j].begin);
    }
    return first;
}

/* Labels are names of kernels, tasks and ours: letters, digits and signs, but no quotes. */
static void write_lane(const Trace *trace, int thread, double zero, FILE *out) {
    fprintf(out, ",\n{\"ph\":\"M\",\"pid\":1,\"tid\":%d,\"name\":\"thread_name\",\"args\":{\"name\":\"thread %d\"}}",
            thread, thread);
    for (int64_t i = 0; i < trace->lanes[thread].count; i++) {
        const TraceEvent *at = &trace->lanes[thread].items[i];
        fprintf(out, ",\n{\"ph\":\"X\",\"pid\":1,\"tid\":%d,\"ts\":%.2f,\"dur\":%.2f,\"name\":\"%s\"}", thread,
                1e6 * (at->begin - zero), 1e6 * (at->end - at->begin), at->label);
    }
}

void trace_write(const Trace *trace, const char *title, FILE *out) {
    double zero = first_begin(trace);
    fprintf(out,
            "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n{\"ph\":\"M\",\"pid\":1,\"name\":\"process_name\","
            "\"args\":{\"name\":\"%s\"}}",
            title);
    for (int i = 0; i < trace->threads; i++) write_lane(trace, i, zero, out);
    fputs("\n]}\n", out);
}
