/* gradc serve: requests of a round to data sets, one a task, and their predictions to answers. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* asprintf */
#endif
#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"
#include "runtime/commands/commands.h"
#include "runtime/commands/run_options.h"
#include "runtime/commands/serve.h"
#include "runtime/engine/interrupt.h"
#include "runtime/files/json_line.h"
#include "runtime/measure/prediction.h"

enum { LONGEST_LINE = 1 << 20, MOST_LINES = 4096, MOST_CLIENTS = 256, BATCH_ROWS = 1024, PATIENCE_S = 10 };

typedef struct Request {
    char *id;       /* as it is written; "null" when there is none */
    json_t *answer; /* without it */
    int task;       /* -1: answered already */
    int64_t row;    /* of the round's rows of its task */
} Request;

typedef struct Service {
    Session *s;
    const Options *o;
    OutputNames *outputs; /* [program's tasks] */
    Dataset *seen;        /* [program's tasks]: counts of rows that were answered; nothing else of them */
    int only;             /* the task, where there is but one; -1 */
} Service;

/* --- Requests ----------------------------------------------------------------------------------------------------- */

static void refuse(Request *request, const char *problem) {
    json_object_set_new(request->answer, "error", json_string(problem));
    request->task = -1;
}

static int find_task(const Service *v, const char *name) {
    const Program *program = v->s->program;
    for (int t = 0; name && t < program->tasks.count; t++) {
        if (v->s->tasks[t] && strcmp(program->tasks.items[t].name, name) == 0) return t;
    }
    return -1;
}

static char *copy_span(JsonSpan span) { return memory_copy(span.begin, (size_t)(span.end - span.begin)); }

static int named_task(const Service *v, JsonSpan name) {
    char *text = copy_span(name);
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
    int task = find_task(v, json_string_value(value));
    json_decref(value);
    free(text);
    return task;
}

/* Is the member a text under the name "text", and the task of one text that is called otherwise? */
static bool is_the_text(const Task *task, JsonSpan object, JsonSpan key) {
    const TextInput *input = &task->inputs[0];
    JsonSpan own;
    bool alone = task->n_inputs == 1 && input->n_columns == 1;
    return alone && json_says(key, "text") && json_find(object, input->columns[0], &own) == 0;
}

/* The request as a row of the task, on a line of its own; values stay as they are written. */
static char *as_row(const Task *task, JsonSpan object) {
    char *row = NULL;
    size_t size;
    FILE *out = memory_stream(&row, &size);
    JsonWalk walk = json_walk(object);
    JsonSpan key, value;
    fputc('{', out);
    for (const char *before = ""; json_next_member(&walk, &key, &value); before = ",") {
        json_t *name = is_the_text(task, object, key) ? json_string(task->inputs[0].columns[0]) : NULL;
        fputs(before, out);
        if (name)
            json_dumpf(name, out, JSON_ENCODE_ANY);
        else
            fwrite(key.begin, 1, (size_t)(key.end - key.begin), out);
        fprintf(out, ":%.*s", (int)(value.end - value.begin), value.begin);
        json_decref(name);
    }
    fputc('}', out);
    memory_stream_end(out);
    for (char *c = row; (c = strchr(c, '\r'));) *c = ' '; /* a blank between values; a line ends with one too */
    return row;
}

/* It goes back to the client, so it has to be UTF-8. Numbers are, of any size. */
static bool can_go_back(JsonSpan id) {
    if (id.kind == JSON_KIND_NUMBER) return true;
    json_t *value = json_loadb(id.begin, (size_t)(id.end - id.begin), JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    json_decref(value);
    return value != NULL;
}

/* The row that a request is, on a line of its own; NULL when it is refused. */
static char *take_request(const Service *v, const char *line, size_t length, Request *request) {
    static const char mark[] = "\xEF\xBB\xBF"; /* of byte order: some writers begin with it */
    JsonSpan object, id = {JSON_KIND_NULL, "null", "null" + 4}, task, text;
    size_t skipped = length >= strlen(mark) && memcmp(line, mark, strlen(mark)) == 0 ? strlen(mark) : 0;
    line += skipped, length -= skipped;
    bool good = json_span_of(line, length, &object) && object.kind == JSON_KIND_OBJECT;
    bool named = good && json_find(object, "task", &task) > 0;
    if (good) json_find(object, "id", &id);
    good = good && can_go_back(id);
    if (!good) id = (JsonSpan){JSON_KIND_NULL, "null", "null" + 4};
    *request = (Request){.id = copy_span(id), .answer = json_object(), .task = -1};
    if (good) request->task = named ? named_task(v, task) : v->only;
    if (good && json_find(object, "text", &text) > 1) return refuse(request, "two members are called 'text'"), NULL;
    if (good && request->task >= 0) return as_row(&v->s->program->tasks.items[request->task], object);
    refuse(request, !good   ? "this line is not a JSON object in UTF-8"
                    : named ? "there is no such task"
                            : "name the task: {\"task\": ...}");
    return NULL;
}

/* {"id":7,"prediction":...}: the id as it was written, then the members of the answer. */
static char *answer_text(const Request *request) {
    char *rest = memory_checked(json_dumps(request->answer, JSON_REAL_PRECISION(9) | JSON_COMPACT));
    char *text = memory_printf("{\"id\":%s%s%s", request->id, rest[1] == '}' ? "" : ",", rest + 1);
    free(rest);
    return text;
}

/* --- Answers ------------------------------------------------------------------------------------------------------ */

static void answer_row(const PredictionWriter *w, const Dataset *data, const Collected *outputs, Request *request) {
    const char *problem = table_problem(data->table, data->table_rows[request->row]);
    if (problem) refuse(request, problem);
    for (int i = 0; !problem && i < w->outputs.count; i++)
        json_object_set_new(request->answer, prediction_name(w->task, w->outputs.names[i]),
                            prediction_value(w, i, data, &outputs[i], request->row));
}

static void answer_rows(const Service *v, int task, const Dataset *data, Request *requests, int count,
                        Diagnostics *diags) {
    PredictionWriter w = {
        .task = &v->s->program->tasks.items[task], .tokenizer = v->s->tokenizer, .outputs = v->outputs[task]};
    Collected outputs[MAX_OUTPUTS] = {0};
    bool good = collect_outputs(v->s->model, task, data, &(Pace){.batch = BATCH_ROWS}, outputs, diags);
    for (int i = 0; i < count; i++) {
        if (requests[i].task != task) continue;
        if (good)
            answer_row(&w, data, outputs, &requests[i]);
        else
            refuse(&requests[i], diags->list.items[0].message);
    }
    collected_free(outputs, w.outputs.count);
}

static void count_rows(Dataset *seen, const Dataset *data) {
    seen->task = data->task;
    seen->rows += data->rows, seen->cut += data->cut, seen->unknown += data->unknown;
}

static void say_unknown(const Service *v) {
    for (int t = 0; t < v->s->program->tasks.count; t++) {
        if (v->seen[t].unknown) session_say_dataset(v->s, &v->seen[t]), fputc('\n', stderr);
    }
}

/* All requests of one task, as rows of JSON lines. */
static void answer_task(const Service *v, int task, char *const *rows, Request *requests, int count) {
    static const TableFormat format = {.word = "jsonl"};
    Diagnostics *diags =
        diagnostics_new(); /* of this round alone, so that a server needs no more memory from day to day */
    TableText text = {.name = "request", .line = 1};
    char *bytes = NULL;
    int64_t n = 0;
    FILE *memory = memory_stream(&bytes, &text.size);
    for (int i = 0; i < count; i++) {
        if (requests[i].task != task) continue;
        requests[i].row = n++;
        fprintf(memory, "%s\n", rows[i]);
    }
    memory_stream_end(memory);
    text.bytes = bytes;
    DatasetOptions options = session_dataset_options(v->s, "");
    options.text = &text, options.format = &format, options.keeps_bad = true;
    Dataset *data = n ? dataset_load(&v->s->program->tasks.items[task], &options, diags) : NULL;
    if (data) answer_rows(v, task, data, requests, count, diags);
    if (data) count_rows(&v->seen[task], data);
    for (int i = 0; n && !data && i < count; i++) {
        if (requests[i].task == task) refuse(&requests[i], diags->list.items[0].message);
    }
    dataset_free(data);
    free(bytes);
    diagnostics_free(diags);
}

static void answer(void *user, const char *const *lines, const size_t *lengths, int count, char **answers) {
    const Service *v = user;
    Request *requests = memory_new((size_t)count, sizeof *requests);
    char **rows = memory_new((size_t)count, sizeof *rows);
    for (int i = 0; i < count; i++) rows[i] = take_request(v, lines[i], lengths[i], &requests[i]);
    for (int t = 0; t < v->s->program->tasks.count; t++) {
        if (v->s->tasks[t]) answer_task(v, t, rows, requests, count);
    }
    for (int i = 0; i < count; i++) {
        answers[i] = answer_text(&requests[i]);
        json_decref(requests[i].answer);
        free(requests[i].id);
        free(rows[i]);
    }
    free(requests);
    free(rows);
}

/* --- The command -------------------------------------------------------------------------------------------------- */

static bool choose_tasks(Service *v) {
    Session *s = v->s;
    v->only = session_single_task(s);
    if (!v->o->task) return true;
    v->only = session_find_task(s, v->o->task);
    if (v->only < 0) return false;
    session_take_task(s, v->only);
    return true;
}

/* The prediction, and of probabilities and what --show names what a task has. */
static void choose_outputs(Service *v) {
    Session *s = v->s;
    v->seen = arena_array(s->arena, (size_t)s->program->tasks.count + 1, sizeof *v->seen);
    v->outputs = arena_array(s->arena, (size_t)s->program->tasks.count + 1, sizeof *v->outputs);
    for (int t = 0; t < s->program->tasks.count; t++) {
        const Task *task = &s->program->tasks.items[t];
        const char *const wanted[] = {task_output(task, prediction_role), task_output(task, probabilities_role),
                                      v->o->show};
        for (int i = 0; i < 3; i++) {
            bool has = wanted[i] && graph_output_named(task->eval, wanted[i]);
            if (has) v->outputs[t].names[v->outputs[t].count++] = wanted[i];
        }
    }
}

/* For who starts a server and waits for it. */
static void say_ready(void *user) {
    const Service *v = user;
    fprintf(stderr, "listening on %s\n", v->o->socket);
}

static bool run_service(Service *v) {
    Session *s = v->s;
    if (!v->o->socket) {
        diag_error(s->diags, "E0957", (Pos){0}, "--socket is required");
        diag_hint(s->diags, "for example: gradc serve run --socket /tmp/gradc.socket");
        return false;
    }
    if (!choose_tasks(v)) return false;
    choose_outputs(v);
    ModelUse use = {.outputs = v->outputs};
    if (!session_load_model(s, &use)) return false;
    ServeOptions options = {.path = v->o->socket,
                            .longest = LONGEST_LINE,
                            .most_lines = MOST_LINES,
                            .most_clients = MOST_CLIENTS,
                            .patience_s = PATIENCE_S,
                            .answer = answer,
                            .ready = say_ready,
                            .user = v,
                            .stopped = interrupt_signal};
    interrupt_watch();
    bool good = serve(&options, s->diags);
    interrupt_unwatch();
    say_unknown(v);
    return good;
}

int command_serve(const Options *given, Diagnostics *diags) {
    Session session = {0};
    Options options;
    Service service = {.s = &session, .o = &options};
    bool good = session_of_options("serve", given, &options, &session, diags) && run_service(&service);
    session_close(&session);
    return good ? 0 : 1;
}
