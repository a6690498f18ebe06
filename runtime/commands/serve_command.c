/* gradc serve: requests of a round to data sets, one a task, and their predictions to answers. */
#include <stdlib.h>
#include <string.h>

#include "runtime/commands/commands.h"
#include "runtime/commands/run_options.h"
#include "runtime/commands/serve.h"
#include "runtime/engine/interrupt.h"
#include "runtime/measure/prediction.h"

enum { LONGEST_LINE = 1 << 20, MOST_LINES = 4096, MOST_CLIENTS = 256, BATCH_ROWS = 1024 };

typedef struct Request {
    json_t *id; /* null when there is none */
    json_t *answer;
    int task;    /* -1: answered already */
    int64_t row; /* of the round's rows of its task */
} Request;

typedef struct Service {
    Session *s;
    const Options *o;
    OutputNames *outputs; /* [program's tasks] */
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

/* A task of one text takes it under the name "text" as well. */
static void name_text(const Task *task, json_t *object) {
    const TextInput *input = &task->inputs[0];
    bool alone = task->n_inputs == 1 && input->n_columns == 1;
    if (alone && !json_object_get(object, input->columns[0]) && json_object_get(object, "text"))
        json_object_set(object, input->columns[0], json_object_get(object, "text"));
}

/* The row that a request is, on a line of its own; NULL when it is refused. */
static char *take_request(const Service *v, const char *line, size_t length, Request *request) {
    json_error_t error;
    json_t *object = json_loadb(line, length, 0, &error), *id = json_object_get(object, "id"),
           *task = json_object_get(object, "task");
    char *row = NULL;
    *request = (Request){.answer = json_object(), .task = -1};
    json_object_set_new(request->answer, "id", id ? json_incref(id) : json_null());
    if (json_is_object(object)) request->task = task ? find_task(v, json_string_value(task)) : v->only;
    if (!json_is_object(object))
        refuse(request, "this line is not a JSON object in UTF-8");
    else if (request->task < 0)
        refuse(request, task ? "there is no such task" : "name the task: {\"task\": ...}");
    else
        name_text(&v->s->program->tasks.items[request->task], object), row = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    return row;
}

/* --- Answers ------------------------------------------------------------------------------------------------------ */

static void answer_row(const PredictionWriter *w, const Dataset *data, const Collected *outputs, Request *request) {
    const char *problem = table_problem(data->table, data->table_rows[request->row]);
    if (problem) refuse(request, problem);
    for (int i = 0; !problem && i < w->outputs.count; i++)
        json_object_set_new(request->answer, prediction_name(w->outputs.names[i]),
                            prediction_value(w, i, data, &outputs[i], request->row));
}

static void answer_rows(const Service *v, int task, const Dataset *data, Request *requests, int count,
                        Diagnostics *diags) {
    PredictionWriter w = {
        .task = &v->s->program->tasks.items[task], .tokenizer = v->s->tokenizer, .outputs = v->outputs[task]};
    Collected outputs[MAX_OUTPUTS] = {0};
    bool good = collect_outputs(v->s->model, task, data, BATCH_ROWS, outputs, diags);
    for (int i = 0; i < count; i++) {
        if (requests[i].task != task) continue;
        if (good)
            answer_row(&w, data, outputs, &requests[i]);
        else
            refuse(&requests[i], diags->list.items[0].message);
    }
    collected_free(outputs, w.outputs.count);
}

/* All requests of one task, as rows of JSON lines. */
static void answer_task(const Service *v, int task, char *const *rows, Request *requests, int count) {
    static const TableFormat format = {.kind = DATA_JSONL};
    Diagnostics *diags =
        diagnostics_new(); /* of this round alone, so that a server needs no more memory from day to day */
    TableText text = {.name = "request", .line = 1};
    char *bytes = NULL;
    int64_t n = 0;
    FILE *memory = open_memstream(&bytes, &text.size);
    if (!memory) abort();
    for (int i = 0; i < count; i++) {
        if (requests[i].task != task) continue;
        requests[i].row = n++;
        fprintf(memory, "%s\n", rows[i]);
    }
    fclose(memory);
    text.bytes = bytes;
    DatasetOptions options = session_dataset_options(v->s, "");
    options.text = &text, options.format = &format, options.keeps_bad = true;
    Dataset *data = n ? dataset_load(&v->s->program->tasks.items[task], &options, diags) : NULL;
    if (data) answer_rows(v, task, data, requests, count, diags);
    for (int i = 0; n && !data && i < count; i++) {
        if (requests[i].task == task) refuse(&requests[i], diags->list.items[0].message);
    }
    dataset_free(data);
    free(bytes);
    diagnostics_free(diags);
}

static void answer(void *user, const char *const *lines, const size_t *lengths, int count, char **answers) {
    const Service *v = user;
    Request *requests = calloc((size_t)count, sizeof *requests);
    char **rows = calloc((size_t)count, sizeof *rows);
    if (!requests || !rows) abort();
    for (int i = 0; i < count; i++) rows[i] = take_request(v, lines[i], lengths[i], &requests[i]);
    for (int t = 0; t < v->s->program->tasks.count; t++) {
        if (v->s->tasks[t]) answer_task(v, t, rows, requests, count);
    }
    for (int i = 0; i < count; i++) {
        answers[i] = json_dumps(requests[i].answer, JSON_REAL_PRECISION(9) | JSON_COMPACT);
        if (!answers[i]) abort();
        json_decref(requests[i].answer);
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
    v->outputs = arena_array(s->arena, (size_t)s->program->tasks.count + 1, sizeof *v->outputs);
    for (int t = 0; t < s->program->tasks.count; t++) {
        const char *const wanted[] = {"predict", "probabilities", v->o->show};
        for (int i = 0; i < 3; i++) {
            bool has = wanted[i] && graph_find_output(s->program->tasks.items[t].eval, wanted[i]);
            if (has) v->outputs[t].names[v->outputs[t].count++] = wanted[i];
        }
    }
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
                            .answer = answer,
                            .user = v,
                            .stopped = interrupt_signal};
    interrupt_watch();
    bool good = serve(&options, s->diags);
    interrupt_unwatch();
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
