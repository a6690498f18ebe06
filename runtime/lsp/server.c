/* Server: from messages to answers. */
#include "runtime/lsp/server.h"

#include <string.h>

#include "runtime/lsp/answers.h"
#include "runtime/lsp/wire.h"

/* Errors of JSON-RPC and of the protocol. */
enum {
    PARSE_ERROR = -32700,
    INVALID_REQUEST = -32600,
    UNKNOWN_METHOD = -32601,
    BAD_PARAMS = -32602,
    TOO_EARLY = -32002
};

typedef struct LanguageServer {
    FILE *out;
    Documents documents;
    Look look;
    json_t *published; /* the set of files that have diagnostics on show, by document: {URI: {URI: true}} */
    bool initialized, shut_down, left;
} LanguageServer;

/* --- What is sent ------------------------------------------------------------------------------------------------- */

static void reply(const LanguageServer *server, const json_t *id, json_t *result) {
    json_t *message = json_object();
    json_object_set(message, "id", (json_t *)id);
    json_object_set_new(message, "result", result);
    wire_write(server->out, message);
}

static void refuse(const LanguageServer *server, const json_t *id, int code, const char *why) {
    json_t *message = json_object();
    json_object_set_new(message, "id", id ? json_deep_copy(id) : json_null());
    json_object_set_new(message, "error", json_pack("{s:i, s:s}", "code", code, "message", why));
    wire_write(server->out, message);
}

static void publish_list(const LanguageServer *server, const char *uri, json_t *list) {
    json_t *params = json_object();
    json_object_set_new(params, "uri", json_string(uri));
    json_object_set_new(params, "diagnostics", list);
    json_t *message = json_object();
    json_object_set_new(message, "method", json_string("textDocument/publishDiagnostics"));
    json_object_set_new(message, "params", params);
    wire_write(server->out, message);
}

/* What was on show for the document and is not any more is taken back. */
static void publish(LanguageServer *server, const char *document, const json_t *files) {
    const char *uri;
    json_t *list, *shown = json_object(), *before = json_object_get(server->published, document);
    json_object_foreach(before, uri, list) {
        if (!json_object_get(files, uri)) publish_list(server, uri, json_array());
    }
    json_object_foreach((json_t *)files, uri, list) {
        publish_list(server, uri, json_incref(list));
        json_object_set_new(shown, uri, json_true());
    }
    json_object_set_new(server->published, document, shown);
}

/* --- Life --------------------------------------------------------------------------------------------------------- */

static bool offers_bytes(const json_t *params) {
    const json_t *general = json_object_get(json_object_get(params, "capabilities"), "general");
    const json_t *list = json_object_get(general, "positionEncodings"), *encoding;
    size_t i;
    json_array_foreach((json_t *)list, i, encoding) {
        if (json_is_string(encoding) && strcmp(json_string_value(encoding), "utf-8") == 0) return true;
    }
    return false;
}

static void initialize(LanguageServer *server, const json_t *id, const json_t *params) {
    enum { WHOLE_TEXTS = 1 }; /* of the protocol: a change brings all of the text */
    server->documents.counts_bytes = offers_bytes(params);
    server->initialized = true;
    json_t *sync = json_pack("{s:b, s:i}", "openClose", 1, "change", WHOLE_TEXTS);
    json_t *capabilities = json_pack("{s:s, s:o, s:b, s:b, s:b}", "positionEncoding",
                                     server->documents.counts_bytes ? "utf-8" : "utf-16", "textDocumentSync", sync,
                                     "hoverProvider", 1, "definitionProvider", 1, "documentFormattingProvider", 1);
    json_t *info = json_pack("{s:s, s:s}", "name", "gradc", "version", GRADC_VERSION);
    reply(server, id, json_pack("{s:o, s:o}", "capabilities", capabilities, "serverInfo", info));
}

static void shut_down(LanguageServer *server, const json_t *id, const json_t *params) {
    (void)params;
    server->shut_down = true;
    reply(server, id, json_null());
}

static void leave(LanguageServer *server, const json_t *id, const json_t *params) {
    (void)id, (void)params;
    server->left = true;
}

static void ignore(LanguageServer *server, const json_t *id, const json_t *params) {
    (void)server, (void)id, (void)params;
}

/* --- Documents ---------------------------------------------------------------------------------------------------- */

static const char *uri_of(const json_t *params) {
    return json_string_value(json_object_get(json_object_get(params, "textDocument"), "uri"));
}

static void take_text(LanguageServer *server, const char *uri, const char *text) {
    const Document *document = uri && text ? documents_open(&server->documents, uri, text) : NULL;
    if (!document) return;
    json_t *files = answer_diagnostics(&server->look, &server->documents, document);
    publish(server, document->uri, files);
    json_decref(files);
}

static void did_open(LanguageServer *server, const json_t *id, const json_t *params) {
    (void)id;
    take_text(server, uri_of(params),
              json_string_value(json_object_get(json_object_get(params, "textDocument"), "text")));
}

static void did_change(LanguageServer *server, const json_t *id, const json_t *params) {
    (void)id;
    const json_t *changes = json_object_get(params, "contentChanges");
    const json_t *last = json_array_get(changes, json_array_size(changes) - 1);
    take_text(server, uri_of(params), json_string_value(json_object_get(last, "text")));
}

static void did_close(LanguageServer *server, const json_t *id, const json_t *params) {
    (void)id;
    const char *uri = uri_of(params);
    if (!uri) return;
    json_t *none = json_object();
    publish(server, uri, none);
    json_decref(none);
    json_object_del(server->published, uri);
    documents_close(&server->documents, uri);
}

/* --- Questions ---------------------------------------------------------------------------------------------------- */

/* The open document that a request is about; NULL after a refusal. */
static const Document *asked_about(LanguageServer *server, const json_t *id, const json_t *params) {
    const char *uri = uri_of(params);
    const Document *document = uri ? documents_find(&server->documents, uri) : NULL;
    if (!document) refuse(server, id, BAD_PARAMS, "the document is not open");
    return document;
}

static const json_t *position_of(const json_t *params) { return json_object_get(params, "position"); }

static void hover(LanguageServer *server, const json_t *id, const json_t *params) {
    const Document *document = asked_about(server, id, params);
    if (document) reply(server, id, answer_hover(&server->look, &server->documents, document, position_of(params)));
}

static void definition(LanguageServer *server, const json_t *id, const json_t *params) {
    const Document *document = asked_about(server, id, params);
    if (document)
        reply(server, id, answer_definition(&server->look, &server->documents, document, position_of(params)));
}

static void formatting(LanguageServer *server, const json_t *id, const json_t *params) {
    const Document *document = asked_about(server, id, params);
    if (document) reply(server, id, answer_formatting(document));
}

/* --- Dispatch ----------------------------------------------------------------------------------------------------- */

typedef struct Method {
    const char *name;
    void (*run)(LanguageServer *server, const json_t *id, const json_t *params);
    bool asks; /* it has an id, and is answered */
} Method;

static const Method methods[] = {
    {"initialize", initialize, true},
    {"initialized", ignore, false},
    {"shutdown", shut_down, true},
    {"exit", leave, false},
    {"textDocument/didOpen", did_open, false},
    {"textDocument/didChange", did_change, false},
    {"textDocument/didClose", did_close, false},
    {"textDocument/hover", hover, true},
    {"textDocument/definition", definition, true},
    {"textDocument/formatting", formatting, true},
};

static const Method *find_method(const char *name) {
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (strcmp(methods[i].name, name) == 0) return &methods[i];
    }
    return NULL;
}

/* Notifications are never answered, not even with an error. */
static void handle(LanguageServer *server, const json_t *message) {
    const json_t *id = json_object_get(message, "id");
    const char *name = json_string_value(json_object_get(message, "method"));
    if (!name) {
        if (id && !json_object_get(message, "result")) refuse(server, id, INVALID_REQUEST, "there is no method");
        return;
    }
    const Method *method = find_method(name);
    bool early = !server->initialized && strcmp(name, "initialize") != 0, late = server->shut_down;
    if (id && early)
        refuse(server, id, TOO_EARLY, "initialize comes first");
    else if (id && late)
        refuse(server, id, INVALID_REQUEST, "the server was shut down");
    else if (id && (!method || !method->asks))
        refuse(server, id, UNKNOWN_METHOD, "gradc does not know this request");
    else if (method && method->asks == (id != NULL) && (!early || method->run == leave))
        method->run(server, id, json_object_get(message, "params"));
}

int lsp_serve(FILE *in, FILE *out) {
    LanguageServer server = {.out = out, .published = json_object()};
    json_t *message;
    WireStatus status;
    while (!server.left && (status = wire_read(in, &message)) != WIRE_END) {
        if (status == WIRE_BROKEN) {
            refuse(&server, NULL, PARSE_ERROR, "this is no JSON object");
            continue;
        }
        handle(&server, message);
        json_decref(message);
    }
    look_away(&server.look);
    documents_free(&server.documents);
    json_decref(server.published);
    return server.shut_down ? 0 : 1;
}
