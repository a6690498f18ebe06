/* Session: opening and closing everything in order. */
#include "runtime/session/session.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "graph/base/count_text.h"
#include "runtime/data/classes.h"
#include "runtime/data/token_cache.h"
#include "runtime/engine/clock.h"
#include "runtime/files/atomic_file.h"
#include "runtime/files/read_file.h"
#include "runtime/hub/hf_length.h"
#include "runtime/measure/evaluate.h"
#include "runtime/model/nonfinite.h"
#include "runtime/session/named.h"
#include "runtime/session/origin.h"
#include "runtime/session/overlay.h"
#include "runtime/session/scopes.h"

static const char graph_file[] = "model.graph";

/* A run's folder stands for its graph file and its weights. */
static void choose_paths(Session *s) {
    s->graph_path = s->source.file;
    s->weights_path = s->source.weights;
    if (!path_is_folder(s->graph_path)) return;
    s->run_folder = s->source.file;
    if (!s->weights_path) s->weights_path = s->graph_path;
    const char *overlay = arena_printf(s->arena, "%s/%s", s->graph_path, overlay_file);
    if (access(overlay, F_OK) == 0) s->overlay_path = overlay;
    s->graph_path = arena_printf(s->arena, "%s/%s", s->graph_path, graph_file);
}

static bool lookup_config(void *user, const char *key, double *value) {
    Session *s = user;
    return hf_config_number(s->folder, key, value, s->diags) == LOOKUP_FOUND;
}

static Pos where_config(void *user, const char *key) {
    Session *s = user;
    return hf_config_pos(s->folder, key, s->diags);
}

static const ClassCounts *count_classes(void *user, const Task *task, const Label *label) {
    Session *s = user;
    DatasetOptions options = {.folders = s->source.data.items,
                              .n_folders = s->source.data.count,
                              .split = "train",
                              .skips_bad = s->source.skip_bad_rows,
                              .memory = s->source.memory};
    return classes_count(task, label, &options, s->diags);
}

/* The keys of config.json that the text reads or has an opinion about. */
static const char *const *known_keys(const Session *s, int *count) {
    const Program *program = s->program;
    const char **keys =
        arena_array(s->arena, (size_t)(program->configs.count + program->expects.count) + 1, sizeof *keys);
    *count = 0;
    for (int i = 0; i < program->configs.count; i++) {
        if (program->configs.items[i].key) keys[(*count)++] = program->configs.items[i].key;
    }
    for (int i = 0; i < program->expects.count; i++) keys[(*count)++] = program->expects.items[i].key;
    return keys;
}

static void say_unknown(const Session *s, const HfFolder *folder, HfUnknown unknown) {
    if (unknown.count)
        fprintf(stderr, "not known in %s/%s: %s%s\n", hf_folder_path(folder), unknown.file, unknown.key,
                unknown.count > 1 ? arena_printf(s->arena, " and %d more", unknown.count - 1) : "");
}

/* The same for what no text needs to have an opinion about. */
static bool check_keys(Session *s, HfFolder *folder) {
    int count;
    const char *const *known = known_keys(s, &count);
    if (!hf_config_check(folder, known, count, s->diags)) return false;
    const HfTokenizer *tokenizer = hf_folder_tokenizer(folder);
    for (int i = 0; i < tokenizer->n_unknown; i++) say_unknown(s, folder, tokenizer->unknown[i]);
    if (!s->program->expects.count) return true; /* the text does not say which model it computes */
    say_unknown(s, folder, hf_config_unknown(folder, known, count));
    return true;
}

/* Does config.json describe the model that the text computes? */
static bool check_expectations(Session *s, HfFolder *folder) {
    for (int i = 0; folder && i < s->program->expects.count; i++) {
        const Expectation *e = &s->program->expects.items[i];
        const char *value;
        if (hf_config_text(folder, e->key, &value) == LOOKUP_ABSENT || strcmp(value, e->value) == 0) continue;
        diag_error(s->diags, "E0985", hf_config_pos(folder, e->key, s->diags),
                   "the weights are of another model: \"%s\" is \"%s\", not \"%s\"", e->key, value, e->value);
        diag_note(s->diags, e->pos, "the model says so here");
        diag_hint(s->diags,
                  "take the graph file of that model; or one that computes it, and says: override checkpoint expects "
                  "\"%s\" = \"%s\"",
                  e->key, value);
        return false;
    }
    return true;
}

/* Folders of scopes say no less what they are. */
static bool check_scopes(Session *s) {
    bool good = true;
    for (int i = 0; good && i < s->n_scopes; i++)
        good = check_expectations(s, s->scopes[i].folder) && check_keys(s, s->scopes[i].folder);
    return good;
}

static bool check_formats(Session *s) {
    bool good = true;
    for (int t = 0; t < s->program->tasks.count; t++) {
        const Task *task = &s->program->tasks.items[t];
        good &= !task->data || table_format_check(task, s->diags);
    }
    return good;
}

bool session_load_probe(Session *s, const SessionSource *source, const ProbeOptions *probe, Diagnostics *diags) {
    *s = (Session){.arena = arena_new(), .source = *source, .diags = diags};
    choose_paths(s);
    if (!pipeline_check(source->passes, diags)) return false;
    if (s->weights_path && !(s->folder = hf_folder_open(s->weights_path, source->lower_case, diags))) return false;
    ProgramOptions program = {.sets = source->sets.items,
                              .n_sets = source->sets.count,
                              .dropout = source->dropout,
                              .user = s,
                              .probe = probe,
                              .count_classes = count_classes};
    if (s->folder) program.lookup = lookup_config, program.where = where_config;
    int errors = diags->errors;
    s->program = program_load(s->graph_path, &program, diags);
    if (s->program) s->saved_names = origin_saved_names(s);
    return s->program && diags->errors == errors && check_formats(s) && check_expectations(s, s->folder) &&
           (!s->folder || check_keys(s, s->folder)) && scopes_open(s) && check_scopes(s) &&
           session_choose_tasks(s, NULL);
}

bool session_load_program(Session *s, const SessionSource *source, Diagnostics *diags) {
    return session_load_probe(s, source, NULL, diags);
}

/* What the setting's word says. */
static bool read_products(Session *s) {
    static const char *const names[] = {"f32", "bf16"};
    const char *products = s->use.products ? s->use.products : names[0];
    s->rounds = strcmp(products, names[1]) == 0;
    if (s->rounds || strcmp(products, names[0]) == 0) return true;
    diag_error(s->diags, "E0924", (Pos){0}, "products are f32 or bf16, not '%s'", products);
    if (!diag_hint_nearest(s->diags, products, names, 2))
        diag_hint(s->diags, "bf16 rounds the operands of matrix products; all else is f32 in any case");
    return false;
}

bool session_use(Session *s, const SessionUse *use) {
    s->use = *use;
    if (!read_products(s) || !pipeline_check_rounding(s->source.passes, s->rounds, s->diags)) return false;
    return session_choose_tasks(s, use->tasks);
}

void session_hint_tasks(Session *s) {
    const char *list = "";
    for (int t = 0; t < s->program->tasks.count; t++) {
        list = arena_printf(s->arena, "%s%s%s", list, t ? ", " : "", s->program->tasks.items[t].name);
    }
    diag_hint(s->diags, "the tasks are: %s", list);
}

int session_find_task(Session *s, const char *name) {
    const char **names = arena_array(s->arena, (size_t)s->program->tasks.count + 1, sizeof *names);
    for (int t = 0; t < s->program->tasks.count; t++) {
        names[t] = s->program->tasks.items[t].name;
        if (strcmp(names[t], name) == 0) return t;
    }
    diag_error(s->diags, "E0920", (Pos){0}, "%s has no task '%s'", s->graph_path, name);
    if (!diag_hint_nearest(s->diags, name, names, s->program->tasks.count)) session_hint_tasks(s);
    return -1;
}

int session_single_task(const Session *s) {
    int count = 0, only = -1;
    for (int t = 0; t < s->program->tasks.count; t++) {
        if (s->tasks[t]) count++, only = t;
    }
    return count == 1 ? only : -1;
}

void session_take_task(Session *s, int task) {
    memset(s->tasks, 0, (size_t)s->program->tasks.count * sizeof *s->tasks);
    s->tasks[task] = true;
}

int session_only_task(Session *s, const char *name, const char *command) {
    if (name) return session_find_task(s, name);
    if (session_single_task(s) >= 0) return session_single_task(s);
    diag_error(s->diags, "E0952", (Pos){0}, "%s works on one task: name it with --task", command);
    session_hint_tasks(s);
    return -1;
}

bool session_choose_tasks(Session *s, const char *list) {
    int count = s->program->tasks.count;
    s->tasks = arena_array(s->arena, (size_t)count + 1, sizeof *s->tasks);
    for (int t = 0; !list && t < count; t++) s->tasks[t] = true;
    TextList names = text_split(list ? list : "", ',', s->arena);
    for (int i = 0; i < names.count; i++) {
        int task = session_find_task(s, names.items[i]);
        if (task < 0) return false;
        s->tasks[task] = true;
    }
    return true;
}

/* Where a model knows no segments nobody looks at them. */
static bool check_segments(const Session *s) {
    int64_t wanted = tokenizer_segments(s->tokenizer), known = s->program->segments;
    if (known < 2 || wanted <= known) return true;
    diag_error(s->diags, "E0922", (Pos){0}, "the tokenizer tells %s apart, the model only %" PRId64,
               count_text(wanted, "segment").text, known);
    diag_hint(s->diags, "take a tokens line without segments, or with segments = %" PRId64, wanted);
    return false;
}

bool session_load_tokenizer(Session *s) {
    if (!s->folder) {
        diag_error(s->diags, "E0921", (Pos){0}, "a vocabulary is needed");
        diag_hint(s->diags, "name a folder with config.json and tokenizer.json, or vocab.txt, with --weights");
        return false;
    }
    const HfTokenizer *said = hf_folder_tokenizer(s->folder);
    s->tokenizer = said->tokenizer;
    if (tokenizer_size(s->tokenizer) > s->program->vocab) {
        diag_error(s->diags, "E0922", (Pos){0}, "%s has %s, the model only %" PRId64, said->path,
                   count_text(tokenizer_size(s->tokenizer), "token").text, s->program->vocab);
        diag_hint(s->diags, "the vocabulary belongs to another model; or set the size with --set vocab=%d",
                  tokenizer_size(s->tokenizer));
        return false;
    }
    return check_segments(s);
}

static bool too_long(const Session *s) {
    diag_error(s->diags, "E0923", (Pos){0}, "--max-length %" PRId64 " is more than the model's %s", s->max_length,
               count_text(s->program->positions, "position").text);
    diag_hint(s->diags, "longer texts are cut: take at most %" PRId64 ", or a model with more positions",
              s->program->positions);
    return false;
}

/* What is asked for, or what the folder of the weights says (which is printed), or the model's positions. */
bool session_choose_length(Session *s) {
    int64_t positions = s->program->positions, said = 0;
    if (!s->use.max_length && s->weights_path) said = hf_length_read(s->weights_path, s->diags);
    if (said < 0) return false;
    s->max_length = s->use.max_length ? s->use.max_length : said && said < positions ? said : positions;
    if (said && said < positions)
        fprintf(stderr, "texts are cut at %s, as %s/%s says; --max-length overrides it\n",
                count_text(said, "token").text, s->weights_path, hf_length_file);
    return s->max_length <= positions || too_long(s);
}

Target *session_target(const Session *s, const char *cpu, int lanes) {
    Target *target = target_new(cpu, lanes, s->diags);
    if (target && s->rounds) target_flush_subnormals(target);
    return target;
}

bool session_open_machine(Session *s) {
    const SessionMachine *m = &s->use.machine;
    s->target = session_target(s, m->cpu, (int)m->lanes);
    s->team = team_new((int)m->threads, s->diags);
    if (s->team && s->rounds) team_flush_subnormals(s->team);
    if (!s->target || !s->team || !target_runs_here(s->target, s->diags)) return false;
    if (m->perf) target_describe(s->target, m->perf);
    const char *folder = m->cache ? m->cache : cache_default_folder(s->arena);
    if (!m->no_cache && folder) s->cache = cache_open(folder, s->diags);
    if (s->cache) cache_bound(s->cache, m->cache_size << 20);
    return true;
}

Parameters *session_parameters(const Session *s) {
    size_t count = (size_t)s->program->params.count + 1;
    return parameters_new(s->program, NULL, arena_array(s->arena, count, sizeof(bool)), NULL, NULL, s->diags);
}

const OutputNames *session_outputs(Session *s, const ModelUse *use) {
    if (use->outputs) return use->outputs;
    OutputNames *outputs = arena_array(s->arena, (size_t)s->program->tasks.count + 1, sizeof *outputs);
    for (int t = 0; t < s->program->tasks.count; t++) outputs[t] = evaluate_outputs(&s->program->tasks.items[t]);
    return outputs;
}

/* What the learning rate is multiplied with for each parameter (NULL: 1). False after a message, also when a pattern
 * names nothing. */
static bool choose_rates(Session *s, const ModelUse *use, const double **rates) {
    bool good = true;
    *rates = NULL;
    for (int i = 0; good && i < use->freeze.count; i++)
        good = names_parameter(s->program, "freeze", use->freeze.items[i], s->diags);
    if (good && use->training) *rates = rates_of(s->program, &use->rates, s->arena, &good, s->diags);
    return good;
}

bool session_make_model(Session *s, const ModelUse *use) {
    const double *rates;
    if (!choose_rates(s, use, &rates)) return false;
    if (!session_load_tokenizer(s) || !session_choose_length(s) || !session_open_machine(s)) return false;
    ModelOptions options = {.rates = rates,
                            .training = use->training,
                            .freeze = use->freeze.items,
                            .n_freeze = use->freeze.count,
                            .tasks = s->tasks,
                            .steps = use->steps,
                            .kept_room = use->kept_room,
                            .passes = s->source.passes,
                            .rounds = s->rounds,
                            .outputs = session_outputs(s, use),
                            .target = s->target,
                            .cache = s->cache,
                            .team = s->team};
    double began = seconds_now();
    s->model = model_new(s->program, &options, s->diags);
    s->compile_ms = 1e3 * (seconds_now() - began);
    return s->model != NULL;
}

void session_close(Session *s) {
    model_free(s->model);
    team_free(s->team);
    if (s->cache) cache_close(s->cache);
    if (s->target) target_free(s->target);
    program_free(s->program);
    scopes_close(s);
    hf_folder_close(s->folder);
    if (s->arena) arena_free(s->arena);
}

DatasetOptions session_dataset_options(const Session *s, const char *split) {
    return (DatasetOptions){.tokenizer = s->tokenizer,
                            .folders = s->source.data.items,
                            .n_folders = s->source.data.count,
                            .split = split,
                            .max_length = s->max_length,
                            .skips_bad = s->use.skip_bad_rows,
                            .memory = s->source.memory,
                            .fold = s->use.fold,
                            .one_segment = s->program->segments < 2};
}

static TokenCache token_cache(const Session *s) {
    return (TokenCache){.folder = s->use.machine.no_cache ? NULL : s->use.token_folder, .source = s->program->source};
}

static DatasetOptions labelled_options(const Session *s, const char *split, int64_t limit) {
    DatasetOptions options = session_dataset_options(s, split);
    options.limit = limit;
    options.needs_labels = true;
    return options;
}

Dataset *session_dataset(Session *s, int task, const char *split, int64_t limit) {
    DatasetOptions options = labelled_options(s, split, limit);
    TokenCache cache = token_cache(s);
    return token_cache_load(&cache, &s->program->tasks.items[task], &options, s->diags);
}

Dataset *session_dataset_keeping(Session *s, int task, const char *split, const char *const *columns, int count) {
    DatasetOptions options = labelled_options(s, split, 0);
    options.keep = columns, options.n_keep = count;
    return dataset_load(&s->program->tasks.items[task], &options, s->diags);
}

bool session_keep_dataset(Session *s, const Dataset *data, const char *split, int64_t limit) {
    DatasetOptions options = labelled_options(s, split, limit);
    TokenCache cache = token_cache(s);
    return token_cache_store(&cache, data, &options, s->diags);
}

void session_say_dataset(const Session *s, const Dataset *data) {
    fprintf(stderr, "%s: %s", data->task->name, count_text(data->rows, "row").text);
    if (data->skipped) fprintf(stderr, ", %" PRId64 " left out", data->skipped);
    if (data->cut) fprintf(stderr, ", %" PRId64 " cut to %s", data->cut, count_text(s->max_length, "token").text);
    session_say_unknown(s, data);
}

void session_say_unknown(const Session *s, const Dataset *data) {
    int32_t unk = tokenizer_specials(s->tokenizer).unk;
    if (data->unknown) fprintf(stderr, ", %" PRId64 " mostly %s", data->unknown, tokenizer_token(s->tokenizer, unk));
}

static int list_tensors(Session *s, TensorToWrite *tensors) {
    int count = 0;
    const Parameters *params = model_parameters(s->model);
    for (int i = 0; i < params->n_slots; i++) {
        const Param *param = params->slots[i].param;
        if (overlay_leaves_out(s, param)) continue;
        int64_t *shape = arena_array(s->arena, MAX_RANK, sizeof *shape);
        for (int j = 0; j < param->type.rank; j++) shape[j] = param->type.dims[j].offset;
        tensors[count++] =
            (TensorToWrite){s->saved_names[i], param->type.rank, shape, params->weights + params->slots[i].offset};
    }
    return count;
}

/* The config items that came from, or belong in, config.json. */
static int list_config(Session *s, ConfigPair *pairs) {
    int count = 0;
    for (int i = 0; i < s->program->configs.count; i++) {
        const ConfigItem *item = &s->program->configs.items[i];
        if (item->key) pairs[count++] = (ConfigPair){item->key, CONFIG_NUMBER, item->value, NULL};
    }
    return count;
}

static bool save(Session *s, const char *folder, bool with_weights) {
    HfContents contents = {.tokenizer = hf_folder_tokenizer(s->folder), .cut = {.max_length = s->max_length}};
    TensorToWrite *list = arena_array(s->arena, (size_t)s->program->params.count + 1, sizeof *list);
    MetadataEntry base[] = {{"base_path", s->weights_path}, {"base", NULL}};
    ConfigPair *pairs = arena_array(s->arena, (size_t)s->program->configs.count + 1, sizeof *pairs);
    if (with_weights) contents.n_tensors = list_tensors(s, list);
    if (with_weights && s->program->saves_overlay) {
        base[1].value = overlay_fingerprint(s, model_parameters(s->model));
        contents.weights = overlay_file, contents.metadata = base, contents.n_metadata = 2;
    }
    contents.tensors = list;
    contents.n_pairs = list_config(s, pairs);
    contents.pairs = pairs;
    contents.config = hf_folder_config(s->folder);
    if (!hf_folder_write(folder, &contents, s->diags)) return false;
    const char *path = arena_printf(s->arena, "%s/%s", folder, graph_file);
    return atomic_file_put(path, s->program->source, strlen(s->program->source), s->diags);
}

bool session_save(Session *s, const char *folder) {
    return !nonfinite_weights(model_parameters(s->model), s->diags) && save(s, folder, true);
}

bool session_save_description(Session *s, const char *folder) { return save(s, folder, false); }
