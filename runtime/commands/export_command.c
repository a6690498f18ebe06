/* gradc export: a run's task as a folder that another program loads. Which parameters make which model is said by the
 * graph file. */
#include <stdlib.h>
#include <string.h>

#include "graph/base/count_text.h"
#include "graph/base/pattern.h"
#include "runtime/commands/commands.h"
#include "runtime/commands/run_options.h"
#include "runtime/files/atomic_file.h"
#include "runtime/model/merged.h"
#include "runtime/session/origin.h"
#include "runtime/train/run_folder.h"

/* A tensor that is computed from several parameters. */
typedef struct MergedTensor {
    const ParamMerge *merge;
    float *values;
} MergedTensor;

typedef struct Exporter {
    Session *s;
    const Options *o;
    Diagnostics *diags;
    const char *format; /* as in the text: "sentence_transformers" */
    const Task *task;
    const Export *export; /* of the task to the format */
    const Export *model;  /* the program's to hf: which parameters the encoder has */
    Parameters *params;
    bool *exported; /* [program's parameters]: what the tensors are made of */
    bool *taken_in; /* likewise: what others are merged from */
    VEC(TensorToWrite) tensors;
    VEC(MergedTensor) merged; /* among them */
    VEC(const char *) left_out;
    int64_t outputs; /* rows of the head's matrix; 0: no head goes with it */
} Exporter;

/* --- What is asked for --- */

static bool choose_format(Exporter *e) {
    const char *given = e->o->format ? e->o->format : "hf";
    e->format = strcmp(given, "sentence-transformers") == 0 ? "sentence_transformers" : given;
    if (strcmp(e->format, "hf") == 0 || strcmp(e->format, "sentence_transformers") == 0) return true;
    diag_error(e->diags, "E0910", (Pos){0}, "--format takes hf or sentence-transformers, not '%s'", given);
    diag_hint(e->diags, "hf is a folder for transformers");
    return false;
}

static bool choose_task(Exporter *e) {
    int index = session_only_task(e->s, e->o->task, "export");
    if (index < 0) return false;
    e->task = &e->s->program->tasks.items[index];
    session_take_task(e->s, index);
    return true;
}

/* "XLMRobertaModel" and "XLMRobertaForSequenceClassification" go together: another family's class calls its head
 * otherwise, so that transformers would load this one without it and begin with random numbers. */
static bool is_of_family(const Exporter *e) {
    static const char base[] = "Model";
    const char *model = e->model->target, *target = e->export->target;
    size_t length = strlen(model), end = sizeof base - 1;
    bool whole = strcmp(e->format, "hf") != 0 || length <= end || strcmp(model + length - end, base) != 0;
    if (whole || strncmp(model, target, length - end) == 0) return true;
    diag_error(e->diags, "E0983", e->export->pos, "'%s' is another family's class: the encoder is of class %s", target,
               model);
    diag_hint(e->diags, "the task's export line names the class of that family that has such a head: \"%.*sFor...\"",
              (int)(length - end), model);
    return false;
}

static bool choose_export(Exporter *e) {
    e->export = exports_find(&e->task->exports, e->format, NULL);
    e->model = exports_find(&e->s->program->exports, "hf", NULL);
    if (!e->export) e->export = exports_find(&e->s->program->exports, e->format, NULL);
    if (e->export && e->export->target && e->model && e->model->target) return is_of_family(e);
    bool said = e->export && e->model; /* that it is none */
    diag_error(e->diags, "E0983", said ? (e->export->target ? e->model->pos : e->export->pos) : e->task->pos,
               said ? "the graph file says that '%s' has no counterpart in another program"
                    : "the graph file does not say how to export '%s'",
               e->task->name);
    diag_hint(e->diags,
              strcmp(e->format, "hf") == 0
                  ? "add to the task: export hf \"...ForSequenceClassification\" with \"heads.%s.\" as \"classifier.\""
                  : "say how '%s' pools its tokens: export sentence_transformers \"mean\", or \"cls\" or \"max\"",
              e->task->name);
    return false;
}

/* --- Tensors --- */

static bool begins_with(const char *name, const char *beginning) {
    return strncmp(name, beginning, strlen(beginning)) == 0;
}

/* NULL: no part of the head. */
static const char *renamed(const Exporter *e, const char *name) {
    for (int i = 0; i < e->export->n_renames; i++) {
        const Rename *rename = &e->export->renames[i];
        if (begins_with(name, rename->from))
            return arena_printf(e->s->arena, "%s%s", rename->to, name + strlen(rename->from));
    }
    return NULL;
}

static bool is_known(const Exporter *e, const char *name) {
    const Export *list = e->export->n_names ? e->export : e->model;
    for (int i = 0; i < list->n_names; i++) {
        if (pattern_matches(list->names[i], name)) return true;
    }
    return false;
}

/* The one that this could be merged into, were --merge given; NULL: there is none. */
static const char *could_go_into(const Exporter *e, int param) {
    const Program *program = e->s->program;
    for (int i = 0; i < program->merges.count && !e->o->merge; i++) {
        bool *operands = arena_array(e->s->arena, (size_t)program->params.count + 1, sizeof *operands);
        merge_mark_operands(program, &program->merges.items[i], operands);
        if (operands[param]) return program->params.items[program->merges.items[i].param].name;
    }
    return NULL;
}

/* Part of the encoder, or of a head that is to go with it: then it cannot be left out. */
static bool unknown_parameter(Exporter *e, int index) {
    const Param *param = &e->s->program->params.items[index];
    const char *into = could_go_into(e, index);
    diag_error(e->diags, "E0984", param->pos, "%s has no place for '%s'", e->model->target, param->name);
    if (into)
        diag_hint(e->diags, "--merge folds it into '%s'", into);
    else
        diag_hint(
            e->diags,
            "only a model that computes the same there can be exported; the graph file's 'export' lines say which");
    return false;
}

/* Its values come later, from the weights. */
static void add_tensor(Exporter *e, const char *name, const ParamSlot *slot) {
    int index = (int)(slot - e->params->slots);
    const ParamMerge *merge = e->o->merge ? merge_of(e->s->program, index) : NULL;
    const Type *type = &slot->param->type;
    float *values = e->params->weights + slot->offset;
    int64_t *shape = arena_array(e->s->arena, MAX_RANK, sizeof *shape);
    for (int i = 0; i < type->rank; i++) shape[i] = type->dims[i].offset;
    e->exported[index] = true;
    if (merge) {
        merge_mark_operands(e->s->program, merge, e->exported);
        values = arena_array(e->s->arena, (size_t)slot->count + 1, sizeof *values);
        vec_push(e->s->arena, &e->merged, ((MergedTensor){merge, values}));
    }
    vec_push(e->s->arena, &e->tensors, ((TensorToWrite){name, type->rank, shape, values}));
}

static bool add_parameter(Exporter *e, int index) {
    const ParamSlot *slot = &e->params->slots[index];
    const Param *param = slot->param;
    const char *head = renamed(e, param->name);
    if (head) {
        add_tensor(e, head, slot);
        if (param->type.rank == 2) e->outputs = param->type.dims[0].offset;
        return true;
    }
    if (is_known(e, param->name)) return add_tensor(e, origin_name(e->s, param->name), slot), true;
    if (e->taken_in[index]) return true;
    const ParamOrigin *origin = origin_of(e->s->program, param->name);
    if ((origin && *origin->scope) || e->export->n_renames) return unknown_parameter(e, index);
    vec_push(e->s->arena, &e->left_out, param->name);
    return true;
}

/* Those that merged parameters take in. False with a diagnostic where nothing is to be merged. */
static bool choose_merges(Exporter *e) {
    const Program *program = e->s->program;
    e->taken_in = arena_array(e->s->arena, (size_t)e->params->n_slots + 1, sizeof *e->taken_in);
    if (!e->o->merge) return true;
    for (int i = 0; i < program->merges.count; i++)
        merge_mark_operands(program, &program->merges.items[i], e->taken_in);
    if (program->merges.count) return true;
    diag_error(e->diags, "E0989", e->task->pos, "the graph file does not say how its parameters are merged");
    diag_hint(e->diags, "leave out --merge; or add a line such as: merge \"*.weight\" = \"*.weight\" + ...");
    return false;
}

static bool add_parameters(Exporter *e) {
    e->exported = arena_array(e->s->arena, (size_t)e->params->n_slots + 1, sizeof *e->exported);
    for (int i = 0; i < e->task->n_params; i++) {
        if (!add_parameter(e, e->task->params[i])) return false;
    }
    if (e->left_out.count) {
        fprintf(stderr, "left out: %s%s\n", e->left_out.items[0],
                e->left_out.count > 1 ? arena_printf(e->s->arena, " and %d more", e->left_out.count - 1) : "");
    }
    return true;
}

/* --- config.json --- */

/* {"0": "no", "1": "yes"}, or in the other order. One output is called like the label. */
static const char *name_outputs(const Exporter *e, bool by_name) {
    const Label *label = task_label(e->task);
    json_t *names = json_object();
    for (int64_t i = 0; i < e->outputs; i++) {
        const char *number = arena_printf(e->s->arena, "%lld", (long long)i),
                   *name = arena_printf(e->s->arena, "LABEL_%s", number);
        if (e->outputs == 1)
            name = label->name;
        else if (label->names && label->classes == e->outputs)
            name = label->names[i];
        if (by_name)
            json_object_set_new(names, name, json_integer((json_int_t)i));
        else
            json_object_set_new(names, number, json_string(name));
    }
    char *text = json_dumps(names, JSON_COMPACT);
    const char *copy = arena_strdup(e->s->arena, text);
    free(text);
    json_decref(names);
    return copy;
}

/* As transformers calls what such a head is trained for. */
static const char *problem_of(const Exporter *e) {
    if (task_label(e->task)->kind == LABEL_REAL) return "regression";
    return task_label(e->task)->kind == LABEL_CLASS && e->outputs > 1 ? "single_label_classification"
                                                                      : "multi_label_classification";
}

static bool write_model(Exporter *e, const char *folder) {
    const Program *program = e->s->program;
    Arena *arena = e->s->arena;
    VEC(ConfigPair) pairs = {0};
    bool is_sentence = strcmp(e->format, "sentence_transformers") == 0;
    for (int i = 0; i < program->configs.count; i++) {
        const ConfigItem *item = &program->configs.items[i];
        if (item->key) vec_push(arena, &pairs, ((ConfigPair){item->key, CONFIG_NUMBER, item->value, NULL}));
    }
    for (int i = 0; i < program->expects.count; i++)
        vec_push(arena, &pairs,
                 ((ConfigPair){program->expects.items[i].key, CONFIG_TEXT, 0, program->expects.items[i].value}));
    const char *class = is_sentence ? e->model->target : e->export->target;
    vec_push(arena, &pairs, ((ConfigPair){"architectures", CONFIG_JSON, 0, arena_printf(arena, "[\"%s\"]", class)}));
    if (e->outputs) {
        vec_push(arena, &pairs, ((ConfigPair){"id2label", CONFIG_JSON, 0, name_outputs(e, false)}));
        vec_push(arena, &pairs, ((ConfigPair){"label2id", CONFIG_JSON, 0, name_outputs(e, true)}));
        vec_push(arena, &pairs, ((ConfigPair){"problem_type", CONFIG_STRING, 0, problem_of(e)}));
    }
    HfContents contents = {
        .config = hf_folder_config(e->s->folder),
        .fresh = true,
        .cut = {.max_length = e->s->max_length, .keeps_tail = e->task->inputs[0].truncation == KEEP_TAIL},
        .says_length = is_sentence,
        .pairs = pairs.items,
        .n_pairs = pairs.count,
        .tokenizer = hf_folder_tokenizer(e->s->folder),
        .tensors = e->tensors.items,
        .n_tensors = e->tensors.count};
    return hf_folder_write(folder, &contents, e->diags);
}

/* --- What sentence-transformers wants besides --- */

static bool put(const Exporter *e, const char *folder, const char *name, const char *text) {
    return atomic_file_put(arena_printf(e->s->arena, "%s/%s", folder, name), text, strlen(text), e->diags);
}

/* The three that this format and the graph language have in common. */
static bool check_pooling(const Exporter *e) {
    static const char *const ways[] = {"mean", "cls", "max"};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        if (strcmp(ways[i], e->export->target) == 0) return true;
    }
    diag_error(e->diags, "E0983", e->export->pos, "sentence-transformers does not pool by '%s'", e->export->target);
    diag_hint(e->diags, "it is \"mean\", \"cls\" or \"max\"");
    return false;
}

/* The columns of a token's state: the last vector among the encoder's parameters is a bias of that size. */
static int64_t state_width(const Exporter *e) {
    int64_t width = 0;
    for (int i = 0; i < e->tensors.count; i++) {
        if (e->tensors.items[i].rank == 1) width = e->tensors.items[i].shape[0];
    }
    return width;
}

static bool write_sentence_files(const Exporter *e, const char *folder) {
    static const char modules[] =
        "[\n  {\"idx\": 0, \"name\": \"0\", \"path\": \"\", \"type\": \"sentence_transformers.models.Transformer\"},\n"
        "  {\"idx\": 1, \"name\": \"1\", \"path\": \"1_Pooling\", \"type\": "
        "\"sentence_transformers.models.Pooling\"}\n]\n";
    const char *way = e->export->target, *pooling = arena_printf(e->s->arena, "%s/1_Pooling", folder);
    const char *config =
        arena_printf(e->s->arena,
                     "{\n  \"word_embedding_dimension\": %lld,\n  \"pooling_mode_cls_token\": %s,\n"
                     "  \"pooling_mode_mean_tokens\": %s,\n  \"pooling_mode_max_tokens\": %s\n}\n",
                     (long long)state_width(e), strcmp(way, "cls") == 0 ? "true" : "false",
                     strcmp(way, "mean") == 0 ? "true" : "false", strcmp(way, "max") == 0 ? "true" : "false");
    return folder_make(pooling, e->diags) && put(e, folder, "modules.json", modules) &&
           put(e, pooling, "config.json", config);
}

/* What the other program does not do by itself. */
static void say_limits(const Exporter *e) {
    const TextInput *input = &e->task->inputs[0];
    if (input->window)
        fprintf(stderr,
                "note: it reads one window of %s; cutting texts and pooling its outputs is left to the caller\n",
                count_text(input->window, "token").text);
    for (int i = 0; i < e->task->n_fits; i++)
        fprintf(stderr, "note: '%s', which was fitted for %s, is not part of it\n", e->task->fits[i].name,
                e->task->fits[i].metric);
}

/* Once there are weights. */
static bool compute_merged(Exporter *e) {
    bool good = true;
    for (int i = 0; good && i < e->merged.count; i++)
        good = merge_compute(e->s->program, e->merged.items[i].merge, e->params, e->merged.items[i].values, e->diags);
    return good;
}

static bool export_task(Exporter *e) {
    const char *folder = e->o->out;
    bool is_sentence = strcmp(e->format, "sentence_transformers") == 0;
    if (is_sentence && !check_pooling(e)) return false;
    return choose_merges(e) && add_parameters(e) && session_load_weights(e->s, e->params, NEED_ANSWERS, e->exported) &&
           compute_merged(e) && write_model(e, folder) && (!is_sentence || write_sentence_files(e, folder));
}

static bool check_out(const Options *options, Diagnostics *diags) {
    RunFolder folder = {.path = options->out, .weights = options->weights ? options->weights : options->file};
    if (options->out) return run_folder_check_export(&folder, diags);
    diag_error(diags, "E0917", (Pos){0}, "gradc export needs --out");
    diag_hint(diags, "the folder to write: --out mood-hf");
    return false;
}

int command_export(const Options *given, Diagnostics *diags) {
    Session session = {0};
    Options options;
    Exporter e = {.s = &session, .o = &options, .diags = diags};
    bool good = check_out(given, diags) && session_of_options("export", given, &options, &session, diags) &&
                choose_format(&e) && choose_task(&e) && choose_export(&e) && session_load_tokenizer(&session) &&
                session_choose_length(&session);
    if (good) e.params = session_parameters(&session);
    good = good && e.params && export_task(&e);
    if (good)
        fprintf(stderr, "%s: %s, %s\n", options.out, e.export->target, count_text(e.tensors.count, "tensor").text);
    if (good && e.merged.count) fprintf(stderr, "merged: %d of them\n", e.merged.count);
    if (good) say_limits(&e);
    parameters_free(e.params);
    session_close(&session);
    return good ? 0 : 1;
}
