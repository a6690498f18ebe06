/* Reads the text that print.c writes. A recursive-descent parser over bytes; the grammar stands above each function. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/count_text.h"
#include "graph/graph.h"

enum { MAX_TURNS = 4096 }; /* of a repeat */

typedef struct Reader {
    const SourceFile *file;
    const char *at;         /* the next byte */
    const char *line_start; /* of the line that `at` is in */
    uint32_t line;
    Diagnostics *diags;
    Graph *graph;
    Arena *arena;         /* short-lived strings */
    VEC(Node *) by_label; /* the node of %0, %1, ... */
    VEC(const SourceFile *) files;
    bool in_repeat;
    int64_t turn; /* of the repeat: what `i` is */
    bool failed;
} Reader;

static Pos here(const Reader *r) {
    return (Pos){.file = r->file, .line = r->line, .column = (uint32_t)(r->at - r->line_start) + 1, .length = 1};
}

/* Reports the first mistake only; always false. */
__attribute__((format(printf, 2, 3))) static bool fail(Reader *r, const char *format, ...) {
    if (r->failed) return false;
    r->failed = true;
    va_list args;
    va_start(args, format);
    diag_error(r->diags, "E0501", here(r), "%s", arena_vprintf(r->arena, format, args));
    va_end(args);
    return false;
}

static void skip_blanks(Reader *r) {
    while (*r->at == ' ' || *r->at == '\t') r->at++;
}

static bool accept(Reader *r, const char *text) {
    skip_blanks(r);
    if (strncmp(r->at, text, strlen(text)) != 0) return false;
    r->at += strlen(text);
    return true;
}

static bool expect(Reader *r, const char *text) { return accept(r, text) || fail(r, "expected '%s'", text); }

static bool is_word_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

/* word = (letter | digit | "_" | ".")+ ; NULL when there is none */
static const char *read_word(Reader *r) {
    skip_blanks(r);
    const char *start = r->at;
    while (is_word_byte(*r->at)) r->at++;
    return r->at > start ? arena_strndup(r->arena, start, (size_t)(r->at - start)) : NULL;
}

static bool read_int(Reader *r, int64_t *value) {
    *value = 0;
    skip_blanks(r);
    char *end;
    errno = 0;
    long long number = strtoll(r->at, &end, 10);
    if (end == r->at || errno) return fail(r, "expected a whole number");
    r->at = end;
    *value = number;
    return true;
}

/* index = "i" | int [("+" | "-") [int] "i"], `i` within a repeat: a number that goes on from turn to turn */
static bool read_index(Reader *r, int64_t *value) {
    int64_t step = 1;
    *value = r->turn;
    if (r->in_repeat && accept(r, "i")) return true;
    if (!read_int(r, value)) return false;
    if (!r->in_repeat || (*r->at != '+' && *r->at != '-')) return true;
    bool down = *r->at++ == '-';
    if (*r->at != 'i' && !read_int(r, &step)) return false;
    if (!expect(r, "i")) return false;
    if (down) step = -step;
    bool fits = !__builtin_mul_overflow(step, r->turn, &step) && !__builtin_add_overflow(*value, step, value);
    return (fits && *value >= 0) || fail(r, "out of range in round %lld", (long long)r->turn);
}

static bool read_number(Reader *r, double *value) {
    skip_blanks(r);
    char *end;
    *value = strtod(r->at, &end);
    if (end == r->at) return fail(r, "expected a number");
    r->at = end;
    return true;
}

static int hex_digit(char c) {
    const char *digits = "0123456789abcdef", *found = c ? strchr(digits, c) : NULL;
    return found ? (int)(found - digits) : -1;
}

/* string = '"' (byte | '\"' | '\\' | '\x' hex hex | "{" index "}")* '"', the last within a repeat */
static bool read_string(Reader *r, const char **text) {
    if (!expect(r, "\"")) return false;
    size_t room = 8 * (strcspn(r->at, "\n") + 1); /* "{1}" becomes 19 digits at most */
    char *copy = arena_alloc(r->arena, room), *to = copy;
    while (*r->at != '"') {
        if (!*r->at || *r->at == '\n') return fail(r, "unterminated string");
        if (r->in_repeat && *r->at == '{') {
            int64_t index;
            r->at++;
            if (!read_index(r, &index) || !expect(r, "}")) return false;
            to += snprintf(to, room - (size_t)(to - copy), "%lld", (long long)index);
        } else if (*r->at != '\\') {
            *to++ = *r->at++;
        } else if (r->at[1] == '"' || r->at[1] == '\\') {
            *to++ = r->at[1];
            r->at += 2;
        } else if (r->at[1] == 'x' && hex_digit(r->at[2]) >= 0 && hex_digit(r->at[3]) >= 0) {
            *to++ = (char)(hex_digit(r->at[2]) * 16 + hex_digit(r->at[3]));
            r->at += 4;
        } else {
            return fail(r, "an escape is \\\", \\\\ or \\xNN");
        }
    }
    r->at++;
    *text = copy;
    return true;
}

static bool find_symbol(Reader *r, const char *name, int32_t *symbol) {
    for (int i = 0; name && i < r->graph->symbols.count; i++) {
        if (strcmp(r->graph->symbols.names[i], name) == 0) {
            *symbol = i;
            return true;
        }
    }
    return fail(r, "there is no symbol '%s'", name ? name : "");
}

static bool at_number(Reader *r) {
    skip_blanks(r);
    return (*r->at >= '0' && *r->at <= '9') || *r->at == '-';
}

/* dim = [name "="] int | [int "*"] symbol [("+" | "-") int] */
static bool read_dim(Reader *r, Dim *dim) {
    *dim = (Dim){.scale = 1, .symbol = -1};
    const char *word = at_number(r) ? NULL : read_word(r);
    if (word && accept(r, "=")) {
        *dim = dim_named(0, word);
        if (!read_int(r, &dim->offset)) return false;
        return dim->offset >= 0 || fail(r, "a dimension must not be negative");
    }
    if (!word && at_number(r)) {
        if (!read_int(r, &dim->scale)) return false;
        if (!accept(r, "*")) {
            *dim = dim_const(dim->scale);
            return dim->offset >= 0 || fail(r, "a dimension must not be negative");
        }
        word = read_word(r);
    }
    if (dim->scale < 1 || !find_symbol(r, word, &dim->symbol)) return fail(r, "expected a dimension");
    return *r->at == '+' || *r->at == '-' ? read_int(r, &dim->offset) : true;
}

static bool read_elem(Reader *r, ElemType *elem) {
    for (int i = 0; i < ELEM_TYPES; i++) {
        if (accept(r, elem_name((ElemType)i))) {
            *elem = (ElemType)i;
            return true;
        }
    }
    return fail(r, "expected an element type: %s", elem_names(r->graph->arena));
}

/* type = elem ["<" dim ">"] "[" [dim ("," dim)*] "]" */
static bool read_type(Reader *r, Type *type) {
    ElemType elem = ELEM_F32;
    Dim bound = dim_const(0), dims[MAX_RANK];
    int rank = 0;
    if (!read_elem(r, &elem)) return false;
    if (accept(r, "<") && !(read_dim(r, &bound) && expect(r, ">"))) return false;
    if (!expect(r, "[")) return false;
    while (!accept(r, "]")) {
        if (rank && !expect(r, ",")) return false;
        if (rank == MAX_RANK) return fail(r, "a tensor has at most %d axes", MAX_RANK);
        if (!read_dim(r, &dims[rank++])) return false;
    }
    *type = type_make(elem, rank, dims);
    type->bound = bound;
    return true;
}

static bool no_role(Reader *r, const char *name) {
    const char *names[ROLE_KINDS];
    for (int i = 1; i < ROLE_KINDS; i++) names[i - 1] = role_info((RoleKind)i)->name;
    fail(r, "there is no role '%s'", name);
    diag_hint_nearest(r->diags, name, names, ROLE_KINDS - 1);
    return false;
}

/* role = ["role" "=" word ["of" "=" string] ["task" "=" string]] */
static bool read_role(Reader *r, Role *role) {
    if (!accept(r, "role")) return true;
    if (!expect(r, "=")) return false;
    const char *name = read_word(r);
    if (!name || !role_find(name, &role->kind)) return no_role(r, name ? name : "");
    if (accept(r, "of") && !(expect(r, "=") && read_string(r, &role->of))) return false;
    return !accept(r, "task") || (expect(r, "=") && read_string(r, &role->task));
}

/* Of a symbol or an output: ["{" role "}"] */
static bool read_braced_role(Reader *r, Role *role) {
    if (*r->at != '{') return true;
    return expect(r, "{") && read_role(r, role) && expect(r, "}");
}

static bool read_attribute(Reader *r, char kind, AttrCounts *counts, Attrs *attrs) {
    if (kind == 'i') return read_int(r, &attrs->ints[counts->ints++]);
    if (kind == 'f') return read_number(r, counts->numbers++ ? &attrs->scale : &attrs->number);
    return read_string(r, &attrs->text);
}

/* attributes = "{" (name "=" value)* [role] "}", as the operator's row lists them */
static bool read_attributes(Reader *r, Op op, Attrs *attrs) {
    const char *schema = op_attributes(op);
    AttrCounts counts = {0};
    if (!*schema) return true;
    if (!expect(r, "{")) return false;
    while (*schema) {
        size_t length = strcspn(schema, ":");
        const char *name = arena_strndup(r->arena, schema, length);
        char kind = schema[length + 1];
        bool good = kind == 'r' ? read_role(r, &attrs->role)
                                : expect(r, name) && expect(r, "=") && read_attribute(r, kind, &counts, attrs);
        if (!good) return false;
        schema += length + 2;
        schema += *schema == ' ';
    }
    return expect(r, "}");
}

static bool read_node_ref(Reader *r, Node **node) {
    int64_t label;
    if (!expect(r, "%") || !read_index(r, &label)) return false;
    if (label < 0 || label >= r->by_label.count) return fail(r, "%%%lld is not defined above", (long long)label);
    *node = r->by_label.items[label];
    return true;
}

/* operands = ["(" node ("," node)* ")"] */
static bool read_operands(Reader *r, Node **inputs, int *count) {
    *count = 0;
    if (!accept(r, "(")) return true;
    do {
        if (*count == MAX_OPERANDS)
            return fail(r, "an operator takes at most %s", count_text(MAX_OPERANDS, "operand").text);
        if (!read_node_ref(r, &inputs[(*count)++])) return false;
    } while (accept(r, ","));
    return expect(r, ")");
}

/* pos = "@" file ":" line ":" column ":" length */
static bool read_pos(Reader *r, Pos *pos) {
    int64_t file, numbers[3];
    if (!read_int(r, &file)) return false;
    if (file < 0 || file >= r->files.count) return fail(r, "there is no file %lld", (long long)file);
    for (int i = 0; i < 3; i++) {
        if (!expect(r, ":") || !read_int(r, &numbers[i])) return false;
    }
    *pos = (Pos){r->files.items[file], (uint32_t)numbers[0], (uint32_t)numbers[1], (uint32_t)numbers[2], NULL};
    return true;
}

static bool add_node(Reader *r, const NodeSpec *spec) {
    Type type;
    const char *error = infer_type(r->graph, spec, &type);
    if (error) return fail(r, "%s", error);
    if (!type_equal(&type, &spec->type)) {
        return fail(r, "%s gives %s", op_name(spec->op), type_print(r->arena, &type, &r->graph->symbols));
    }
    vec_push(r->arena, &r->by_label, graph_node(r->graph, spec));
    return true;
}

static bool no_operator(Reader *r, const char *name) {
    const char *names[OP_COUNT];
    for (int i = 0; i < OP_COUNT; i++) names[i] = op_name((Op)i);
    fail(r, "there is no operator '%s'", name);
    diag_hint_nearest(r->diags, name, names, OP_COUNT);
    return false;
}

/* node = "%" label "=" op [attributes] [operands] ":" type ["in" group] ["@" pos] */
static bool read_node(Reader *r) {
    int64_t label, group = 0;
    Node *inputs[MAX_OPERANDS];
    NodeSpec spec = {.inputs = inputs};
    if (!read_index(r, &label) || !expect(r, "=")) return false;
    if (label != r->by_label.count) return fail(r, "the next node is %%%d", r->by_label.count);
    const char *name = read_word(r);
    if (!name || !op_find(name, &spec.op)) return no_operator(r, name ? name : "");
    if (!read_attributes(r, spec.op, &spec.attrs) || !read_operands(r, inputs, &spec.n_inputs)) return false;
    if (!expect(r, ":") || !read_type(r, &spec.type)) return false;
    if (accept(r, "in") && !read_index(r, &group)) return false;
    if (group < 0 || group >= r->graph->groups.count) return fail(r, "there is no kernel %lld", (long long)group);
    spec.group = (int)group;
    if (accept(r, "@") && !read_pos(r, &spec.pos)) return false;
    return add_node(r, &spec);
}

/* Texts from before outputs had roles name the loss. */
static Role old_role(const char *name, const Node *node) {
    bool is_loss = strcmp(name, "loss") == 0 && node->type.elem == ELEM_F32 && node->type.rank == 0;
    return is_loss ? loss_role : (Role){0};
}

/* output = "output" string ["{" role "}"] "=" node */
static bool read_output(Reader *r) {
    const char *name;
    Node *node = NULL;
    Role role = {0};
    if (!read_string(r, &name) || !read_braced_role(r, &role) || !expect(r, "=") || !read_node_ref(r, &node))
        return false;
    if (graph_find_output(r->graph, name)) return fail(r, "there are two outputs \"%s\"", name);
    graph_output_as(r->graph, name, role.kind ? role : old_role(name, node), node);
    return true;
}

/* kernel = "kernel" int kind string */
static bool read_kernel(Reader *r) {
    int64_t index;
    const char *name;
    if (!read_index(r, &index)) return false;
    if (index != r->graph->groups.count) return fail(r, "the next kernel is %d", r->graph->groups.count);
    const char *word = read_word(r);
    for (int kind = 0; word && kind < KERNEL_KINDS; kind++) {
        if (strcmp(kernel_kind_name((KernelKind)kind), word) != 0) continue;
        if (!read_string(r, &name)) return false;
        graph_group(r->graph, (KernelKind)kind, name);
        return true;
    }
    return fail(r, "there is no kind of kernel '%s'", word ? word : "");
}

/* wanted = "wanted" string */
static bool read_wanted(Reader *r) {
    const char *name;
    if (!read_string(r, &name)) return false;
    if (graph_wants(r->graph, name)) return fail(r, "\"%s\" is listed as wanted twice", name);
    graph_want(r->graph, name);
    return true;
}

/* symbols = "symbols" (word ["{" role "}"])* */
static bool read_symbols(Reader *r) {
    const Symbols *symbols = &r->graph->symbols;
    for (const char *name; (name = read_word(r));) {
        Role role = {0};
        int count = symbols->count;
        if (!read_braced_role(r, &role)) return false;
        if (count == MAX_SYMBOLS) return fail(r, "there are more than %s", count_text(MAX_SYMBOLS, "symbol").text);
        int32_t symbol = graph_symbol(r->graph, name);
        if (symbol < count && !role_equal(&symbols->roles[symbol], &role))
            return fail(r, "symbol '%s' has two roles", name);
        graph_symbol_as(r->graph, name, role);
    }
    return true;
}

static bool read_file(Reader *r) {
    int64_t index;
    const char *path;
    if (!read_int(r, &index) || !read_string(r, &path)) return false;
    vec_push(r->arena, &r->files, diagnostics_file(r->diags, path, NULL));
    return true;
}

static bool read_repeat(Reader *r);

/* line = node | output | kernel | wanted | symbols | file | repeat | "" */
static bool read_line(Reader *r) {
    if (accept(r, "repeat")) return read_repeat(r);
    if (accept(r, "%")) return read_node(r);
    if (accept(r, "output")) return read_output(r);
    if (accept(r, "kernel")) return read_kernel(r);
    if (accept(r, "wanted")) return read_wanted(r);
    if (accept(r, "symbols")) return read_symbols(r);
    if (accept(r, "file")) return read_file(r);
    skip_blanks(r);
    return *r->at == '\n' || *r->at == '#' || !*r->at || fail(r, "expected a node, an output or a kernel");
}

static bool end_line(Reader *r) {
    skip_blanks(r);
    if (*r->at == '#') r->at += strcspn(r->at, "\n");
    if (!*r->at) return true;
    if (*r->at != '\n') return fail(r, "expected the end of the line");
    r->line_start = ++r->at;
    r->line++;
    return true;
}

static bool read_turn(Reader *r) {
    while (!accept(r, "}")) {
        if (!*r->at) return fail(r, "the repeat is not closed: expected '}'");
        if (!read_line(r) || !end_line(r)) return false;
    }
    return true;
}

/* repeat = "repeat" "i" "in" "0" ".." int "{" line* "}": the lines for each i; see roll.h */
static bool read_repeat(Reader *r) {
    int64_t times;
    if (r->in_repeat) return fail(r, "repeats cannot be nested");
    if (!expect(r, "i") || !expect(r, "in") || !expect(r, "0") || !expect(r, "..") || !read_int(r, &times))
        return false;
    if (times < 1 || times > MAX_TURNS) return fail(r, "a repeat has 1 to %s", count_text(MAX_TURNS, "round").text);
    if (!expect(r, "{") || !end_line(r)) return false;
    const Reader body = *r;
    bool good = r->in_repeat = true;
    for (r->turn = 0; good && r->turn < times; r->turn++) {
        r->at = body.at, r->line_start = body.line_start, r->line = body.line;
        good = read_turn(r);
    }
    r->in_repeat = false;
    return good;
}

bool graph_text_begins(const char *text) {
    while (*text == '\n' || *text == '#') {
        text += strcspn(text, "\n");
        text += *text == '\n';
    }
    return strncmp(text, "graph \"", strlen("graph \"")) == 0;
}

/* A whole file of another kind gets one message. */
static Graph *refuse_other_file(const SourceFile *file, Diagnostics *diags) {
    diag_error(diags, "E0502", pos_in_file(file, 0), "this is not IR text, which begins with 'graph \"NAME\"'");
    diag_hint(diags, "gradc dump FILE --stage source --out DIR writes a graph file's IR");
    return NULL;
}

static bool at_heading(const Reader *r) { return strncmp(r->at, "graph \"", strlen("graph \"")) == 0; }

/* graph = "graph" string line*, up to the next heading */
static Graph *read_graph(Reader *r) {
    const char *name = "";
    r->arena = arena_new();
    r->by_label.count = r->by_label.capacity = r->files.count = r->files.capacity = 0;
    while (*r->at == '\n' || *r->at == '#') end_line(r);
    bool good = expect(r, "graph") && read_string(r, &name) && end_line(r);
    r->graph = graph_new(name, NULL);
    while (good && *r->at && !at_heading(r)) good = read_line(r) && end_line(r);
    const char *error = good ? graph_verify(r->graph) : NULL;
    if (error) good = fail(r, "%s", error);
    arena_free(r->arena);
    if (good) return r->graph;
    graph_free(r->graph);
    return NULL;
}

bool graph_read_all(const SourceFile *file, Arena *arena, GraphList *graphs, Diagnostics *diags) {
    if (!graph_text_begins(file->text)) return refuse_other_file(file, diags), false;
    Reader r = {.file = file, .at = file->text, .line_start = file->text, .line = 1, .diags = diags};
    do {
        Graph *graph = read_graph(&r);
        if (graph) vec_push(arena, graphs, graph);
    } while (*r.at && !r.failed);
    return !r.failed;
}

Graph *graph_read(const SourceFile *file, Diagnostics *diags) {
    if (!graph_text_begins(file->text)) return refuse_other_file(file, diags);
    Reader r = {.file = file, .at = file->text, .line_start = file->text, .line = 1, .diags = diags};
    Graph *graph = read_graph(&r);
    if (!graph || !*r.at) return graph;
    graph_free(graph);
    fail(&r, "one graph is expected, not several");
    return NULL;
}
