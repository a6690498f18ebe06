/* Frontend: the shipped models elaborate as they should. Messages about mistakes are in tests/errors. Paths are
 * relative to the project's root: run the tests there. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/frontend.h"
#include "graph/interpret.h"
#include "graph/terms.h"

static const char *const tiny[] = {"hidden=8", "layers=2", "heads=2", "ffn=16", "vocab=50", "positions=20"};
enum { TINY = sizeof tiny / sizeof *tiny };

/* What a test works on; freed by `finish`. */
typedef struct Fixture {
    Diagnostics *diags;
    Program *program;
} Fixture;

static Fixture load_with(const char *path, const ProgramOptions *options) {
    Fixture fixture = {.diags = diagnostics_new()};
    fixture.program = program_load(path, options, fixture.diags);
    return fixture;
}

static Fixture load_tiny_sets(const char *path, int n_sets) {
    ProgramOptions options = {.sets = tiny, .n_sets = n_sets, .dropout = -1};
    Fixture fixture = load_with(path, &options);
    if (!fixture.program) diagnostics_print(fixture.diags, stderr);
    cr_assert_not_null(fixture.program);
    return fixture;
}

static Fixture load_tiny(const char *path) { return load_tiny_sets(path, TINY); }

static void finish(Fixture *fixture) {
    program_free(fixture->program);
    diagnostics_free(fixture->diags);
}

static const Param *find_param(const Program *program, const char *name) {
    for (int i = 0; i < program->params.count; i++) {
        if (strcmp(program->params.items[i].name, name) == 0) return &program->params.items[i];
    }
    return NULL;
}

static void expect_param(const Program *program, const char *name, const char *type, bool decay) {
    const Param *param = find_param(program, name);
    cr_assert_not_null(param, "%s", name);
    cr_expect_str_eq(type_print(program->arena, &param->type, NULL), type, "%s", name);
    cr_expect_eq(param->decay, decay, "%s", name);
}

static int count_ops(const Graph *graph, Op op) {
    int count = 0;
    for (int i = 0; i < graph->nodes.count; i++) count += graph->nodes.items[i]->op == op;
    return count;
}

static char *printed(const Program *program) {
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
    return text;
}

Test(frontend, bert_has_the_parameters_of_a_hugging_face_bert) {
    static const char *const layer[][2] = {{"attention.self.query", "f32[hidden = 8, hidden = 8]"},
                                           {"attention.self.key", "f32[hidden = 8, hidden = 8]"},
                                           {"attention.self.value", "f32[hidden = 8, hidden = 8]"},
                                           {"attention.output.dense", "f32[hidden = 8, hidden = 8]"},
                                           {"intermediate.dense", "f32[ffn = 16, hidden = 8]"},
                                           {"output.dense", "f32[hidden = 8, ffn = 16]"},
                                           {"attention.output.LayerNorm", "f32[hidden = 8]"},
                                           {"output.LayerNorm", "f32[hidden = 8]"}};
    Fixture fixture = load_tiny("models/bert.graph");
    const Program *program = fixture.program;
    expect_param(program, "bert.embeddings.word_embeddings.weight", "f32[vocab = 50, hidden = 8]", true);
    expect_param(program, "bert.embeddings.position_embeddings.weight", "f32[positions = 20, hidden = 8]", true);
    expect_param(program, "bert.embeddings.token_type_embeddings.weight", "f32[types = 2, hidden = 8]", true);
    expect_param(program, "bert.embeddings.LayerNorm.weight", "f32[hidden = 8]", false);
    expect_param(program, "bert.embeddings.LayerNorm.bias", "f32[hidden = 8]", false);
    expect_param(program, "bert.pooler.dense.weight", "f32[hidden = 8, hidden = 8]", true);
    expect_param(program, "bert.pooler.dense.bias", "f32[hidden = 8]", false);
    expect_param(program, "heads.sentiment.weight", "f32[5, hidden = 8]", true);
    expect_param(program, "heads.paraphrase.weight", "f32[1, hidden = 8]", true);
    expect_param(program, "heads.similarity.bias", "f32[1]", false);
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 8; j++) {
            char name[128];
            snprintf(name, sizeof name, "bert.encoder.layer.%d.%s.weight", i, layer[j][0]);
            expect_param(program, name, layer[j][1], strstr(name, "LayerNorm") == NULL);
            snprintf(name, sizeof name, "bert.encoder.layer.%d.%s.bias", i, layer[j][0]);
            cr_expect_not_null(find_param(program, name), "%s", name);
        }
    }
    cr_expect_eq(program->params.count, 5 + 2 * 16 + 2 + 3 * 2);
    finish(&fixture);
}

Test(frontend, tasks_say_where_their_rows_come_from) {
    Fixture fixture = load_tiny("models/bert.graph");
    cr_assert_eq(fixture.program->tasks.count, 3);
    const Task *sentiment = &fixture.program->tasks.items[0], *paraphrase = &fixture.program->tasks.items[1];
    cr_expect_str_eq(sentiment->data, "sst/ids-sst-{split}.csv");
    cr_expect(strcmp(sentiment->data_format, "tab") == 0 && sentiment->quoting == QUOTING_UNQUOTED);
    cr_expect_eq(task_label(sentiment)->classes, 5);
    cr_expect_eq(sentiment->n_params, 41);
    cr_expect_str_eq(sentiment->metrics[1], "f1_macro");
    cr_expect_str_eq(paraphrase->inputs[0].columns[1], "sentence2");
    cr_expect_eq(paraphrase->quoting, QUOTING_QUOTED);
    cr_expect_eq(fixture.program->tasks.items[2].values[0].highest, 5);
    cr_expect_str_eq(fixture.program->origins.items[0].prefix, "bert.");
    cr_expect_eq(fixture.program->vocab, 50);
    finish(&fixture);
}

Test(frontend, graphs_verify_and_have_their_outputs) {
    Fixture fixture = load_tiny("models/bert.graph");
    for (int i = 0; i < fixture.program->tasks.count; i++) {
        const Task *task = &fixture.program->tasks.items[i];
        cr_expect_null(graph_verify(task->train));
        cr_expect_null(graph_verify(task->eval));
        cr_expect_eq(graph_find_output(task->train, "loss")->type.rank, 0);
        const Node *predict = graph_find_output(task->eval, "predict");
        cr_expect(predict->type.rank == 2 && dim_is(predict->type.dims[1], 1));
    }
    finish(&fixture);
}

/* Sites: the embeddings, two in each layer's dense outputs, the head; the attentions carry theirs
 * themselves. */
Test(frontend, nodes_know_their_scope) {
    Fixture f = load_tiny("models/bert.graph");
    const Graph *graph = f.program->tasks.items[0].train;
    int of_layer[2] = {0};
    for (int i = 0; i < graph->nodes.count; i++) {
        const char *scope = graph->nodes.items[i]->pos.scope;
        bool is_attention = graph->nodes.items[i]->op == OP_attention;
        for (int j = 0; scope && is_attention && j < 2; j++) {
            of_layer[j] +=
                strcmp(scope, j ? "bert.encoder.layer.1.attention.self" : "bert.encoder.layer.0.attention.self") == 0;
        }
    }
    cr_expect(of_layer[0] == 1 && of_layer[1] == 1, "%d %d", of_layer[0], of_layer[1]);
    finish(&f);
}

Test(frontend, dropout_is_in_training_graphs_only) {
    Fixture fixture = load_tiny("models/bert.graph");
    const Task *task = &fixture.program->tasks.items[0];
    cr_expect_eq(count_ops(task->train, OP_random), 1 + 2 * 2 + 1);
    cr_expect_eq(count_ops(task->eval, OP_random), 0);
    for (int i = 0; i < task->eval->nodes.count; i++) {
        const Node *node = task->eval->nodes.items[i];
        if (node->op == OP_attention) cr_expect(node->attrs.number == 0 && *node->attrs.text == 0);
    }
    finish(&fixture);
}

Test(frontend, dropout_option_replaces_positive_rates) {
    Fixture fixture = load_with("models/bert.graph", &(ProgramOptions){.sets = tiny, .n_sets = TINY, .dropout = 0});
    cr_expect_eq(count_ops(fixture.program->tasks.items[0].train, OP_random), 0);
    finish(&fixture);
}

Test(frontend, optimizer_has_two_states) {
    Fixture fixture = load_tiny("models/bert.graph");
    const Optimizer *optimizer = &fixture.program->optimizer;
    cr_expect_str_eq(optimizer->name, "adamw");
    cr_expect_eq(optimizer->n_states, 2);
    cr_expect_float_eq(optimizer->decay, 0.01, 0);
    cr_expect_null(graph_verify(optimizer->updates.items[0].graph));
    cr_expect_not_null(graph_find_output(optimizer->updates.items[0].graph, "weight"));
    cr_expect_not_null(graph_find_output(optimizer->updates.items[0].graph, "v"));
    finish(&fixture);
}

/* By hand: after a gradient of 0, m is 0.9 times and v 0.999 times what it was; below 2^-110 that counts as 0. */
Test(frontend, moments_without_a_gradient_end_at_zero) {
    enum { N = 6 };
    Fixture fixture = load_tiny("models/bert.graph");
    const Graph *update = fixture.program->optimizer.updates.items[0].graph;
    const double weight[N] = {1, 1, 1, 1, 1, 1}, gradient[N] = {0, 0, 0, 0, 0, NAN}, one = 1;
    const double m[N] = {1, 0x1p-109, 0x1p-110, -0x1p-109, -0x1p-110, 0},
                 v[N] = {1, 0x1p-109, 0x1p-110, 0x1p-126, 0x1p-149, 0};
    const Binding bindings[] = {{"weight", weight}, {"gradient", gradient}, {"m", m},       {"v", v},
                                {"rate", &one},     {"decay", &one},        {"step", &one}, {"scale", &one}};
    const double m_then[N] = {0.9, 0.9 * 0x1p-109, 0, 0.9 * -0x1p-109, 0}, v_then[N] = {0.999, 0.999 * 0x1p-109};
    int64_t extents[] = {N};
    cr_assert_eq(update->symbols.count, 1);
    Interpretation *got = interpret(update, extents, bindings, sizeof bindings / sizeof *bindings);
    cr_assert_null(got->error);
    const double *new_m = got->values[graph_find_output(update, "m")->id],
                 *new_v = got->values[graph_find_output(update, "v")->id];
    for (int i = 0; i < N - 1; i++) {
        cr_expect_float_eq(new_m[i], m_then[i], 1e-7 * fabs(m_then[i]), "m %d: %g", i, new_m[i]);
        cr_expect_float_eq(new_v[i], v_then[i], 1e-7 * fabs(v_then[i]), "v %d: %g", i, new_v[i]);
    }
    cr_expect(isnan(new_m[N - 1]) && isnan(new_v[N - 1])); /* trouble is not hidden */
    interpretation_free(got);
    finish(&fixture);
}

Test(frontend, a_head_in_a_file_of_its_own_adds_a_task) {
    Fixture fixture = load_tiny("models/heads/cola.graph");
    cr_assert_eq(fixture.program->tasks.count, 4);
    cr_expect_str_eq(fixture.program->tasks.items[3].name, "acceptability");
    expect_param(fixture.program, "heads.acceptability.weight", "f32[2, hidden = 8]", true);
    Fixture model = load_tiny("models/bert.graph");
    cr_expect_eq(fixture.program->params.count, model.program->params.count + 2, "the encoder is the model's own");
    finish(&model);
    finish(&fixture);
}

Test(frontend, two_texts_share_an_encoder_where_it_is_said) {
    Fixture fixture = load_tiny("models/heads/sentence_bert.graph");
    Fixture model = load_tiny("models/bert.graph");
    const Task *task = &fixture.program->tasks.items[3];
    cr_expect_eq(task->n_inputs, 2);
    cr_expect_eq(fixture.program->params.count, model.program->params.count);
    int uses = 0; /* of the word embeddings: one gather for each text */
    for (int i = 0; i < task->eval->nodes.count; i++) {
        const Node *node = task->eval->nodes.items[i];
        const char *table = node->op == OP_gather ? node->inputs[0]->attrs.text : NULL;
        uses += table && strcmp(table, "bert.embeddings.word_embeddings.weight") == 0;
    }
    cr_expect_eq(uses, 2);
    finish(&model);
    finish(&fixture);
}

Test(frontend, the_source_with_imports_resolved_is_the_same_program) {
    Fixture first = load_tiny("models/heads/cola.graph");
    char path[] = "/tmp/gradc-test-XXXXXX";
    int file = mkstemp(path);
    cr_assert_geq(file, 0);
    FILE *out = fdopen(file, "w");
    fputs(first.program->source, out);
    fclose(out);
    Fixture second = load_tiny(path);
    remove(path);
    char *a = printed(first.program), *b = printed(second.program);
    cr_expect_str_eq(a, b);
    free(a);
    free(b);
    finish(&first);
    finish(&second);
}

static bool look_up(void *user, const char *key, double *value) {
    (void)user;
    if (strcmp(key, "num_hidden_layers") == 0)
        *value = 3;
    else if (strcmp(key, "hidden_size") == 0)
        *value = 4;
    else if (strcmp(key, "num_attention_heads") == 0)
        *value = 2;
    else
        return false;
    return true;
}

Test(frontend, config_values_come_from_the_text_then_the_lookup_then_the_sets) {
    Fixture fixture =
        load_with("models/bert.graph", &(ProgramOptions){.sets = tiny, .n_sets = 1, .lookup = look_up, .dropout = -1});
    cr_assert_not_null(fixture.program);
    for (int i = 0; i < fixture.program->configs.count; i++) {
        const ConfigItem *config = &fixture.program->configs.items[i];
        if (strcmp(config->name, "hidden") == 0) cr_expect_eq(config->value, 8);
        if (strcmp(config->name, "layers") == 0) cr_expect_eq(config->value, 3);
        if (strcmp(config->name, "ffn") == 0) cr_expect_eq(config->value, 3072);
    }
    finish(&fixture);
}

static void expect_set_fails(const char *set, const char *code) {
    Fixture fixture = load_with("models/bert.graph", &(ProgramOptions){.sets = &set, .n_sets = 1, .dropout = -1});
    cr_expect_null(fixture.program);
    cr_assert_gt(fixture.diags->list.count, 0);
    cr_expect_str_eq(fixture.diags->list.items[0].code, code, "%s", set);
    finish(&fixture);
}

Test(frontend, a_bad_set_is_an_error) {
    expect_set_fails("layer=2", "E0204");
    expect_set_fails("layers", "E0205");
    expect_set_fails("layers=two", "E0205");
    expect_set_fails("layers=1.5", "E0205");
    expect_set_fails("hidden=0", "E0310");
}

static char *read_whole(const char *path) {
    char *text = calloc(1, 1 << 16);
    FILE *in = fopen(path, "r");
    cr_assert_not_null(in, "%s", path);
    size_t size = fread(text, 1, (1 << 16) - 1, in);
    cr_assert_lt(size, (1 << 16) - 1);
    fclose(in);
    return text;
}

static Fixture load_text(const char *text, size_t size) {
    char path[] = "/tmp/gradc-test-XXXXXX";
    int file = mkstemp(path);
    cr_assert_geq(file, 0);
    FILE *out = fdopen(file, "w");
    fwrite(text, 1, size, out);
    fclose(out);
    Fixture fixture = load_with(path, NULL);
    remove(path);
    return fixture;
}

/* Checked one by one, without a call, as a user's own definitions are. */
Test(frontend, definitions_of_the_prelude_are_right_on_their_own) {
    Fixture fixture = load_tiny_sets("frontend/prelude.graph", 0);
    cr_expect_eq(fixture.program->tasks.count, 0);
    finish(&fixture);
}

/* Whatever is read, the answer is a program or a message. */
Test(frontend, deep_nesting_is_reported) {
    static const char *const opening[] = {"(", "-", "not ", "if ", "f(", "1 + ", "a."};
    for (size_t i = 0; i < sizeof opening / sizeof *opening; i++) {
        char *text = NULL;
        size_t size;
        FILE *out = open_memstream(&text, &size);
        fputs("def f(x) { y = ", out);
        for (int j = 0; j < 20000; j++) fputs(opening[i], out);
        fclose(out);
        Fixture fixture = load_text(text, size);
        cr_expect(!fixture.program && fixture.diags->errors == 1);
        finish(&fixture);
        free(text);
    }
}

Test(frontend, damaged_files_never_crash) {
    char *text = read_whole("models/bert.graph");
    size_t size = strlen(text);
    uint32_t state = 1;
    for (int i = 0; i < 60; i++) {
        char *copy = strdup(text);
        for (int j = 0; j < 3; j++) {
            state = state * 1664525 + 1013904223;
            copy[(state >> 8) % size] = (char)(state >> 3);
        }
        Fixture fixture = load_text(copy, i % 4 ? size : state % size);
        cr_expect(fixture.program || fixture.diags->errors > 0);
        finish(&fixture);
        free(copy);
    }
    free(text);
}

/* --- Variants of a model, each a file that imports it --- */

static int count_frozen(const Program *program) {
    int count = 0;
    for (int i = 0; i < program->params.count; i++) count += program->params.items[i].frozen;
    return count;
}

static void expect_frozen(const Program *program, const char *name, bool frozen) {
    const Param *param = find_param(program, name);
    cr_assert_not_null(param, "%s", name);
    cr_expect_eq(param->frozen, frozen, "%s", name);
}

Test(frontend, an_override_changes_what_imported_definitions_call) {
    Fixture fixture = load_tiny("models/adapters/lora.graph");
    const Program *program = fixture.program;
    cr_expect_eq(program->params.count, 5 + 2 * 16 + 2 + 3 * 2 + 2 * 4);
    expect_param(program, "bert.encoder.layer.1.attention.self.value.lora_A.weight", "f32[rank = 8, hidden = 8]", true);
    expect_frozen(program, "bert.encoder.layer.1.attention.self.value.lora_B.weight", false);
    expect_frozen(program, "bert.encoder.layer.1.attention.self.value.weight", true);
    expect_frozen(program, "bert.pooler.dense.weight", false);
    expect_frozen(program, "heads.sentiment.weight", false);
    finish(&fixture);
}

/* What is said of one file's definition holds in all that use it, through two replacements. */
Test(frontend, an_override_calls_what_it_replaces) {
    static const char text[] = "tokens vocab = 100, positions = 16\n"
                               "def scale(x: f32[R, C]) -> f32[R, C] { return 2 * x }\n"
                               "def twice(x: f32[R, C]) -> f32[R, C] { return scale(scale(x)) }\n"
                               "override def scale(x: f32[R, C]) -> f32[R, C] { return tanh(scale(x)) }\n"
                               "override def scale(x: f32[R, C], by = 3) -> f32[R, C] { return by * scale(x) }\n"
                               "task t {\n"
                               "  data \"t.tsv\" comma quoted\n  input text: text\n  label y: real[0, 1]\n"
                               "  param w: f32[1] ~ zeros\n"
                               "  loss mse(twice(y * w), y)\n  predict twice(y * w)\n  metric pearson\n}\n";
    Fixture fixture = load_text(text, sizeof text - 1);
    if (!fixture.program) diagnostics_print(fixture.diags, stderr);
    cr_assert_not_null(fixture.program);
    char *eval = graph_print(fixture.program->tasks.items[0].eval, false);
    cr_expect_eq(count_ops(fixture.program->tasks.items[0].eval, OP_tanh), 2, "%s", eval);
    cr_expect_eq(count_ops(fixture.program->tasks.items[0].eval, OP_mul), 1 + 2 * 2 + 1, "%s", eval);
    free(eval);
    finish(&fixture);
}

Test(frontend, freeze_takes_patterns_and_ranges) {
    Fixture biases = load_tiny("models/adapters/bitfit.graph");
    expect_frozen(biases.program, "bert.encoder.layer.0.output.LayerNorm.weight", true);
    expect_frozen(biases.program, "bert.encoder.layer.0.output.LayerNorm.bias", false);
    /* Of the encoder's and the pooler's tensors each second one is a bias, the three tables apart. */
    cr_expect_eq(count_frozen(biases.program), 3 + 1 + 2 * 8 + 1);
    finish(&biases);
    const char *sets[TINY + 1];
    memcpy(sets, tiny, sizeof tiny);
    sets[TINY] = "kept=1";
    ProgramOptions options = {.sets = sets, .n_sets = TINY + 1, .dropout = -1};
    Fixture upper = load_with("models/adapters/upper_layers.graph", &options);
    cr_assert_not_null(upper.program);
    expect_frozen(upper.program, "bert.encoder.layer.0.output.dense.weight", true);
    expect_frozen(upper.program, "bert.encoder.layer.1.output.dense.weight", false);
    cr_expect_eq(count_frozen(upper.program), 5 + 16);
    finish(&upper);
}

static bool compares_rows(const Task *task) {
    return terms_meet(task->train, graph_find_output(task->train, "loss")) != NULL;
}

Test(frontend, a_loss_that_compares_rows_is_known) {
    static const struct {
        const char *name;
        bool compares;
    } heads[] = {{"contrastive", true}, {"simcse", true},       {"triplet", true},        {"cosent", true},
                 {"matryoshka", true},  {"smart", false},       {"r_drop", false},        {"mean_pooled", false},
                 {"windows", false},    {"coarse_fine", false}, {"class_weights", false}, {"attention_pooled", false}};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        char path[64];
        snprintf(path, sizeof path, "models/heads/%s.graph", heads[i].name);
        Fixture fixture = load_tiny(path);
        const Task *task = NULL;
        for (int j = 0; j < fixture.program->tasks.count; j++) {
            if (strcmp(fixture.program->tasks.items[j].name, heads[i].name) == 0)
                task = &fixture.program->tasks.items[j];
            else
                cr_expect(!compares_rows(&fixture.program->tasks.items[j]), "%s", fixture.program->tasks.items[j].name);
        }
        cr_assert_not_null(task, "%s", heads[i].name);
        cr_expect_eq(compares_rows(task), heads[i].compares, "%s", heads[i].name);
        finish(&fixture);
    }
}
