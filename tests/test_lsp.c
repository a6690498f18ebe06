/* The language server, by a client that sends a script of messages and reads what comes back. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "graph/base/memory.h"
#include "runtime/files/read_file.h"
#include "runtime/lsp/server.h"

typedef struct Client {
    char *sent, *received;
    size_t sent_size, received_size;
    FILE *script;
    int status;
    json_t *messages; /* [...], in order */
} Client;

/* The stream of what is sent keeps addresses inside of the client. */
static void client_start(Client *client) {
    *client = (Client){0};
    client->script = memory_stream(&client->sent, &client->sent_size);
}

static void send_text(Client *client, const char *content) {
    fprintf(client->script, "Content-Length: %zu\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n%s",
            strlen(content), content);
}

/* A request, or with `id` 0 a notification; takes the parameters. */
static void send(Client *client, int id, const char *method, json_t *params) {
    json_t *message = json_pack("{s:s, s:s, s:o}", "jsonrpc", "2.0", "method", method, "params", params);
    if (id) json_object_set_new(message, "id", json_integer(id));
    char *content = json_dumps(message, 0);
    send_text(client, content);
    free(content);
    json_decref(message);
}

static void read_messages(Client *client) {
    client->messages = json_array();
    for (const char *at = client->received; *at;) {
        size_t length = strtoul(at + strlen("Content-Length: "), NULL, 10);
        const char *content = strstr(at, "\r\n\r\n") + 4;
        json_t *message = json_loadb(content, length, 0, NULL);
        cr_assert_not_null(message, "%s", content);
        cr_expect_str_eq(json_string_value(json_object_get(message, "jsonrpc")), "2.0");
        json_array_append_new(client->messages, message);
        at = content + length;
    }
}

/* Runs the server on what was sent. */
static void converse(Client *client) {
    memory_stream_end(client->script);
    FILE *in = fmemopen(client->sent, client->sent_size, "r"),
         *out = memory_stream(&client->received, &client->received_size);
    client->status = lsp_serve(in, out);
    fclose(in);
    memory_stream_end(out);
    read_messages(client);
}

static void client_free(Client *client) {
    free(client->sent);
    free(client->received);
    json_decref(client->messages);
}

static json_t *answer_to(const Client *client, int id) {
    json_t *message;
    size_t i;
    json_array_foreach(client->messages, i, message) {
        if (json_integer_value(json_object_get(message, "id")) == id) return message;
    }
    return NULL;
}

static json_t *result_of(const Client *client, int id) { return json_object_get(answer_to(client, id), "result"); }

/* The diagnostics that were published for a file last; NULL: none ever were. */
static json_t *published(const Client *client, const char *uri) {
    json_t *message, *last = NULL;
    size_t i;
    json_array_foreach(client->messages, i, message) {
        json_t *params = json_object_get(message, "params");
        const char *of = json_string_value(json_object_get(params, "uri"));
        if (of && strcmp(of, uri) == 0) last = json_object_get(params, "diagnostics");
    }
    return last;
}

static const char *text_at(const json_t *value, const char *key) {
    const char *text = json_string_value(json_object_get(value, key));
    return text ? text : "";
}

/* --- What a client sends ------------------------------------------------------------------------------------------ */

#define URI "file:///tmp/gradc%20lsp/a.graph"

static void begin(Client *client) { send(client, 1, "initialize", json_pack("{s:{}}", "capabilities")); }

static void open_text(Client *client, const char *uri, const char *text) {
    send(client, 0, "textDocument/didOpen",
         json_pack("{s:{s:s, s:s, s:i, s:s}}", "textDocument", "uri", uri, "languageId", "gradc", "version", 1, "text",
                   text));
}

static void change_text(Client *client, const char *uri, const char *text) {
    send(client, 0, "textDocument/didChange",
         json_pack("{s:{s:s, s:i}, s:[{s:s}]}", "textDocument", "uri", uri, "version", 2, "contentChanges", "text",
                   text));
}

static void ask(Client *client, int id, const char *method, const char *uri, int line, int character) {
    send(client, id, method,
         json_pack("{s:{s:s}, s:{s:i, s:i}}", "textDocument", "uri", uri, "position", "line", line, "character",
                   character));
}

static void end(Client *client) {
    send(client, 99, "shutdown", json_null());
    send(client, 0, "exit", json_null());
}

static const char *hover_at(const Client *client, int id) {
    return text_at(json_object_get(result_of(client, id), "contents"), "value");
}

static const char small[] = "config width = 8\n"
                            "def double(h: f32[R, C]) -> f32[R, C] {\n"
                            "  twice = h + h\n"
                            "  return twice * width\n"
                            "}\n"
                            "def use(h: f32[R, 4]) = double(h)\n";

/* --- Life --------------------------------------------------------------------------------------------------------- */

Test(lsp, says_what_it_can_do_and_ends_when_it_is_to) {
    Client client;
    client_start(&client);
    begin(&client), end(&client);
    converse(&client);
    cr_expect_eq(client.status, 0);
    json_t *result = result_of(&client, 1), *can = json_object_get(result, "capabilities");
    cr_expect_str_eq(text_at(json_object_get(result, "serverInfo"), "name"), "gradc");
    cr_expect_str_eq(text_at(can, "positionEncoding"), "utf-16");
    cr_expect(json_is_true(json_object_get(can, "hoverProvider")));
    cr_expect(json_is_true(json_object_get(can, "definitionProvider")));
    cr_expect(json_is_true(json_object_get(can, "documentFormattingProvider")));
    client_free(&client);
}

static int error_code(const Client *client, int id) {
    return (int)json_integer_value(json_object_get(json_object_get(answer_to(client, id), "error"), "code"));
}

Test(lsp, refuses_what_it_cannot_answer_and_goes_on) {
    Client client;
    client_start(&client);
    ask(&client, 5, "textDocument/hover", URI, 0, 0);
    begin(&client);
    send(&client, 6, "textDocument/rename", json_object());
    ask(&client, 7, "textDocument/hover", URI, 0, 0);
    send_text(&client, "{ no json");
    send(&client, 0, "$/unheard", json_object());
    send(&client, 99, "shutdown", json_null());
    ask(&client, 8, "textDocument/hover", URI, 0, 0);
    converse(&client);
    cr_expect_eq(error_code(&client, 5), -32002);
    cr_expect_eq(error_code(&client, 6), -32601);
    cr_expect_eq(error_code(&client, 7), -32602);
    cr_expect_eq(error_code(&client, 8), -32600);
    cr_expect_eq(json_array_size(client.messages), 7);
    client_free(&client);
}

Test(lsp, an_editor_that_goes_away_is_a_failure) {
    Client client;
    client_start(&client);
    begin(&client);
    converse(&client);
    cr_expect_eq(client.status, 1);
    client_free(&client);
}

/* --- Diagnostics -------------------------------------------------------------------------------------------------- */

static void expect_place(const json_t *diagnostic, const char *end, int line, int character) {
    json_t *place = json_object_get(json_object_get(diagnostic, "range"), end);
    cr_expect_eq(json_integer_value(json_object_get(place, "line")), line);
    cr_expect_eq(json_integer_value(json_object_get(place, "character")), character);
}

Test(lsp, shows_mistakes_of_a_half_written_file_and_takes_them_back) {
    Client client;
    client_start(&client);
    begin(&client);
    open_text(&client, URI,
              "config width = 8\ndef f(h: f32[R]) -> f32[R] {\n  # \xF0\x9F\x98\x80 of two units\n  return h + "
              "widht\n}\ndef g(h: f32[");
    converse(&client);
    json_t *list = published(&client, URI), *unknown = NULL, *diagnostic;
    size_t i;
    cr_expect_geq(json_array_size(list), 2);
    json_array_foreach(list, i, diagnostic) {
        if (strcmp(text_at(diagnostic, "code"), "E0201") == 0) unknown = diagnostic;
    }
    cr_assert_not_null(unknown);
    cr_expect_not_null(strstr(text_at(unknown, "message"), "\nhint: did you mean 'width'?"));
    cr_expect_eq(json_integer_value(json_object_get(unknown, "severity")), 1);
    expect_place(unknown, "start", 3, 13);
    expect_place(unknown, "end", 3, 18);
    client_free(&client);

    client_start(&client);
    begin(&client);
    open_text(&client, URI, "config width = x");
    change_text(&client, URI, small);
    converse(&client);
    cr_expect_eq(json_array_size(published(&client, URI)), 0);
    client_free(&client);
}

Test(lsp, counts_characters_as_the_editor_does) {
    static const char *const text = "import \"\xC3\xA4\xF0\x9F\x98\x80.graph\" config a = bad\n";
    for (int bytes = 0; bytes < 2; bytes++) {
        Client client;
        client_start(&client);
        send(&client, 1, "initialize",
             json_pack("{s:{s:{s:[s, s]}}}", "capabilities", "general", "positionEncodings", bytes ? "utf-8" : "utf-32",
                       "utf-16"));
        open_text(&client, URI, text);
        converse(&client);
        json_t *list = published(&client, URI);
        cr_assert_eq(json_array_size(list), 1);
        cr_expect_str_eq(text_at(json_array_get(list, 0), "code"), "E0106");
        expect_place(json_array_get(list, 0), "end", 0, bytes ? 21 : 18);
        client_free(&client);
    }
}

Test(lsp, a_file_in_the_editor_is_what_others_import) {
    char folder[] = "/tmp/gradc-lsp-XXXXXX", path[64], uri[80], other[80];
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/part.graph", folder);
    FILE *file = fopen(path, "w");
    fputs("config on_disk = 1\n", file);
    fclose(file);
    snprintf(uri, sizeof uri, "file://%s", path);
    snprintf(other, sizeof other, "file://%s/main.graph", folder);
    Client client;
    client_start(&client);
    begin(&client);
    open_text(&client, other, "import \"part.graph\"\nconfig a = in_editor\n");
    open_text(&client, uri, "config in_editor = 1\n");
    change_text(&client, other, "import \"part.graph\"\nconfig a = in_editor\n");
    converse(&client);
    cr_expect_eq(json_array_size(published(&client, other)), 0);
    size_t complaints = 0, i;
    json_t *message;
    json_array_foreach(client.messages, i, message) {
        complaints += json_array_size(json_object_get(json_object_get(message, "params"), "diagnostics"));
    }
    cr_expect_eq(complaints, 1, "before it was opened");
    client_free(&client);
    unlink(path), rmdir(folder);
}

/* --- Names and layout --------------------------------------------------------------------------------------------- */

Test(lsp, tells_what_names_stand_for) {
    Client client;
    client_start(&client);
    begin(&client);
    open_text(&client, URI, small);
    ask(&client, 2, "textDocument/hover", URI, 3, 11); /* twice, used */
    ask(&client, 3, "textDocument/hover", URI, 5, 25); /* double, called */
    ask(&client, 4, "textDocument/hover", URI, 3, 19); /* width */
    ask(&client, 5, "textDocument/hover", URI, 3, 3);  /* return */
    converse(&client);
    cr_expect_str_eq(hover_at(&client, 2), "```gradc\ntwice: f32[R, C]\n```");
    cr_expect_str_eq(hover_at(&client, 3), "```gradc\ndouble: f32[R, 4]\ndef double(h: f32[R, C]) -> f32[R, C]\n```");
    cr_expect_str_eq(hover_at(&client, 4), "```gradc\nwidth: the number 8\n```");
    cr_expect(json_is_null(result_of(&client, 5)));
    expect_place(result_of(&client, 2), "start", 3, 9);
    client_free(&client);
}

static void expect_declared(const Client *client, int id, int line, int character) {
    json_t *location = result_of(client, id);
    cr_expect_not_null(strstr(text_at(location, "uri"), "/gradc%20lsp/a.graph"));
    expect_place(location, "start", line, character);
}

Test(lsp, finds_where_names_are_declared) {
    Client client;
    client_start(&client);
    begin(&client);
    open_text(&client, URI, small);
    ask(&client, 2, "textDocument/definition", URI, 3, 9);  /* twice */
    ask(&client, 3, "textDocument/definition", URI, 5, 26); /* double */
    ask(&client, 4, "textDocument/definition", URI, 3, 18); /* width */
    ask(&client, 5, "textDocument/definition", URI, 2, 10); /* h, the parameter */
    ask(&client, 6, "textDocument/definition", URI, 0, 2);  /* a word of the language */
    converse(&client);
    expect_declared(&client, 2, 2, 2);
    expect_declared(&client, 3, 1, 4);
    expect_declared(&client, 4, 0, 7);
    expect_declared(&client, 5, 1, 11);
    cr_expect(json_is_null(result_of(&client, 6)));
    client_free(&client);
}

Test(lsp, lays_out_as_fmt_does) {
    Client client;
    client_start(&client);
    begin(&client);
    open_text(&client, URI, "config   width=8\n");
    ask(&client, 2, "textDocument/formatting", URI, 0, 0);
    change_text(&client, URI, small);
    ask(&client, 3, "textDocument/formatting", URI, 0, 0);
    change_text(&client, URI, "def f(");
    ask(&client, 4, "textDocument/formatting", URI, 0, 0);
    converse(&client);
    json_t *edit = json_array_get(result_of(&client, 2), 0);
    cr_expect_str_eq(text_at(edit, "newText"), "config width = 8\n");
    expect_place(edit, "end", 2, 0);
    cr_expect_eq(json_array_size(result_of(&client, 3)), 1, "a blank line between definitions");
    cr_expect(json_is_null(result_of(&client, 4)));
    client_free(&client);
}

/* What a hover shows of the first `word` in a file of the project. */
static char *hover_of(const char *file, const char *word) {
    char path[1200], uri[1300];
    size_t size;
    int line = 0, character = 0;
    snprintf(path, sizeof path, SOURCE_ROOT "/%s", file);
    snprintf(uri, sizeof uri, "file://%s", path);
    Diagnostics *diags = diagnostics_new();
    char *text = read_file(path, READ_TEXT, &size, diags);
    cr_assert_not_null(text);
    for (const char *c = text, *found = strstr(text, word); c < found; c++) {
        line += *c == '\n';
        character = *c == '\n' ? 0 : character + 1;
    }
    Client client;
    client_start(&client);
    begin(&client);
    open_text(&client, uri, text);
    ask(&client, 2, "textDocument/hover", uri, line, character);
    converse(&client);
    cr_expect_eq(json_array_size(published(&client, uri)), 0);
    char *shown = memory_text(hover_at(&client, 2));
    client_free(&client);
    free(text);
    diagnostics_free(diags);
    return shown;
}

Test(lsp, reads_the_model) {
    char *task = hover_of("models/bert.graph", "pooled = "),
         *encoder = hover_of("models/encoders/bert.graph", "q = dense(");
    cr_expect_str_eq(task, "```gradc\npooled: f32[S, hidden = 768]\n```");
    cr_expect_str_eq(encoder, "```gradc\nq: f32[x.T, hidden = 768]\n```");
    free(task), free(encoder);
}
