/* Structure: what the folders may know of each other, checked by reading the sources. */
#include <criterion/criterion.h>
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A room: a folder, and the folders whose headers its files may include beside its own. NULL: all that stand above it
 * in this list. */
typedef struct Room {
    const char *name, *below;
} Room;

static const Room rooms[] = {
    {"graph/base", ""},
    {"graph", " graph/base "},
    {"frontend", " graph/base graph "},
    {"passes", " graph/base graph "},
    {"codegen", " graph/base graph "},
    {"runtime/files", NULL},
    {"runtime/engine", NULL},
    {"runtime/ranks", NULL},
    {"runtime/tokenize", NULL},
    {"runtime/data", NULL},
    {"runtime/hub", NULL},
    {"runtime/model", NULL},
    {"runtime/measure", NULL},
    {"runtime/session", NULL},
    {"runtime/train", NULL},
    {"runtime/inspect", NULL},
    {"runtime/report", NULL},
    {"runtime/lsp", NULL},
    {"runtime/commands", NULL},
};
enum { ROOMS = sizeof rooms / sizeof *rooms };

/* Where the code names something of a model on purpose: examples for people, and a name that a
 * public format fixes. */
static const char *const model_words_allowed[][2] = {
    {"runtime/commands/command_rows.c", "gradc train models/bert.graph"},
    {"runtime/commands/command_rows.c", "gradc predict run --task"},
    {"runtime/commands/command_rows.c", "gradc check models/bert.graph"},
    {"runtime/commands/command_rows.c", "gradc dump models/bert.graph"},
    {"runtime/commands/command_rows.c", "gradc run models/bert.graph"},
    {"runtime/commands/option_rows.c", "as in 'bert.*'"},
    {"runtime/hub/hf_length.c", "\"sentence_bert_config.json\""},
    {"runtime/hub/hf_folder.c", "\"sentence_bert_config.json\""},
    {"runtime/hub/hf_tokenizer.c", "\"sentence_bert_config.json\""},
    {"runtime/hub/hf_keys.c", "\"sentence_bert_config.json\""},
    {"runtime/tokenize/normalizer.c", "\"BertNormalizer\""},
    {"runtime/tokenize/pre_tokenizer.c", "\"BertPreTokenizer\""},
    {"runtime/tokenize/sequence_template.c", "\"BertProcessing\""},
    {"runtime/tokenize/sequence_template.c", "\"RobertaProcessing\""},
    {"runtime/hub/hf_keys.c", "\"pooler_"},
    {"runtime/hub/hf_keys.c", "\"tie_word_embeddings\""},
    {"runtime/hub/hf_case.c", "\"BertNormalizer\""},
    {"runtime/hub/hf_describe.c", "\"BertNormalizer\""},
    {"runtime/hub/hf_describe.c", "\"RobertaProcessing\""},
    {"runtime/hub/hf_recipes.c", ".classes = "},
    {"runtime/hub/hf_recipes.c", ".types = "},
    {"runtime/hub/hf_recipes.c", "BertPreTokenizer"},
    {"frontend/task.c", "\"loss cross_entropy(logits, sentiment)\""},
};
enum { ALLOWED = sizeof model_words_allowed / sizeof *model_words_allowed };

static char *read_text(const char *path) {
    char *text = NULL;
    size_t size = 0;
    FILE *file = fopen(path, "rb"), *out = open_memstream(&text, &size);
    cr_assert(file && out, "%s", path);
    for (int c; (c = fgetc(file)) != EOF;) fputc(c, out);
    fclose(file);
    fclose(out);
    return text;
}

/* Comments become blanks; line ends stay. Strings stay as they are. */
static void blank_comments(char *text) {
    enum { CODE, STRING, LETTER, BLOCK, LINE } in = CODE;
    for (char *c = text; *c; c++) {
        if (in == CODE && c[0] == '/' && (c[1] == '*' || c[1] == '/')) {
            in = c[1] == '*' ? BLOCK : LINE;
            c[0] = c[1] = ' ';
        } else if (in == BLOCK && c[0] == '*' && c[1] == '/') {
            c[0] = c[1] = ' ';
            in = CODE;
        } else if (in == BLOCK || in == LINE) {
            if (*c == '\n' && in == LINE) in = CODE;
            if (*c != '\n') *c = ' ';
        } else if (in != CODE && *c == '\\' && c[1]) {
            c++;
        } else if (*c == '"' && in != LETTER) {
            in = in == STRING ? CODE : STRING;
        } else if (*c == '\'' && in != STRING) {
            in = in == LETTER ? CODE : LETTER;
        }
    }
}

static bool ends_with(const char *text, const char *end) {
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

/* Called with "graph/type.c" and each of its lines, comments blanked. */
typedef void LineVisitor(void *user, const char *path, int number, const char *line);

static void visit_file(const char *path, LineVisitor *visit, void *user) {
    char whole[2400];
    snprintf(whole, sizeof whole, SOURCE_ROOT "/%s", path);
    char *text = read_text(whole), *rest = text;
    blank_comments(text);
    for (int number = 1; rest; number++) visit(user, path, number, strsep(&rest, "\n"));
    free(text);
}

/* All C files of a folder; how many there were. */
static int visit_folder(const char *folder, LineVisitor *visit, void *user) {
    int count = 0;
    char path[1200];
    snprintf(path, sizeof path, SOURCE_ROOT "/%s", folder);
    DIR *entries = opendir(path);
    cr_assert_not_null(entries, "%s", path);
    for (struct dirent *entry; (entry = readdir(entries));) {
        if (!ends_with(entry->d_name, ".c") && !ends_with(entry->d_name, ".h") && !ends_with(entry->d_name, ".def"))
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        visit_file(path, visit, user);
        count++;
    }
    closedir(entries);
    return count;
}

/* The file that an #include line names, in `name` [200]; false on other lines. */
static bool included_file(const char *line, char *name) {
    return sscanf(line, " # include %*1[<\"]%199[^>\"]", name) == 1;
}

/* The room of a header named "runtime/files/log.h": its number, or -1 when it lies in none. */
static int room_of(const char *header) {
    const char *end = strrchr(header, '/');
    for (int i = 0; end && i < ROOMS; i++) {
        size_t length = strlen(rooms[i].name);
        if (length == (size_t)(end - header) && strncmp(header, rooms[i].name, length) == 0) return i;
    }
    return -1;
}

static bool may_include(int room, int other) {
    char spaced[40];
    if (room == other) return true;
    if (!rooms[room].below) return other < room;
    snprintf(spaced, sizeof spaced, " %s ", rooms[other].name);
    return strstr(rooms[room].below, spaced) != NULL;
}

static void check_arrow(void *user, const char *path, int number, const char *line) {
    const int *room = user;
    char name[200];
    if (!included_file(line, name)) return;
    int other = room_of(name);
    bool theirs = strncmp(name, "llvm-c/", 7) == 0 || strncmp(name, "sys/", 4) == 0 || strncmp(name, "linux/", 6) == 0;
    bool ours = other < 0 && strchr(name, '/') && !theirs;
    cr_expect(!ours, "%s:%d: %s lies in no room", path, number, name);
    if (other < 0) return;
    cr_expect(may_include(*room, other), "%s:%d: %s/ may not include %s", path, number, rooms[*room].name, name);
}

Test(structure, arrows_between_rooms_point_down) {
    for (int i = 0; i < ROOMS; i++) cr_expect_gt(visit_folder(rooms[i].name, check_arrow, &i), 3, "%s", rooms[i].name);
}

static void never(void *user, const char *path, int number, const char *line) {
    (void)user, (void)number, (void)line;
    cr_expect_fail("%s lies in no room", path);
}

Test(structure, all_of_runtime_lies_in_rooms) { cr_expect_eq(visit_folder("runtime", never, NULL), 0); }

static void check_width(void *user, const char *path, int number, const char *line) {
    (void)user;
    cr_expect(strlen(line) <= 120 || ends_with(path, ".def"), "%s:%d: longer than 120 columns", path, number);
}

/* The operator table alone may be wider: a row of it is one line. */
Test(structure, lines_end_at_column_120) {
    for (int i = 0; i < ROOMS; i++) visit_folder(rooms[i].name, check_width, NULL);
    visit_folder("tests", check_width, NULL);
}

static void check_no_operator_lists(void *user, const char *path, int number, const char *line) {
    (void)user;
    cr_expect_null(strstr(line, "case OP_"), "%s:%d: a list of operators: what it knows is a column of graph/ops.def",
                   path, number);
}

/* An operator that such a list forgets would fall into its default. */
Test(structure, what_is_known_of_operators_is_in_the_table) {
    for (int i = 0; i < ROOMS; i++) visit_folder(rooms[i].name, check_no_operator_lists, NULL);
}

/* --- Memory ------------------------------------------------------------------------------------------------------- */

/* Is the function called on the line, by just this name? */
static bool calls(const char *line, const char *function) {
    for (const char *at = strstr(line, function); at; at = strstr(at + 1, function)) {
        bool begins = at == line || (!isalnum((unsigned char)at[-1]) && at[-1] != '_');
        if (begins && at[strlen(function)] == '(') return true;
    }
    return false;
}

static void check_allocation(void *user, const char *path, int number, const char *line) {
    (void)user;
    static const char *const functions[] = {"malloc",         "calloc",        "realloc",  "reallocarray",
                                            "strdup",         "strndup",       "asprintf", "vasprintf",
                                            "posix_memalign", "aligned_alloc", "getline",  "open_memstream"};
    if (strcmp(path, "graph/base/memory.c") == 0) return;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        cr_expect_not(calls(line, functions[i]), "%s:%d: memory comes from graph/base/memory.h, not %s", path, number,
                      functions[i]);
}

/* What could be forgotten otherwise is what happens when there is no more. */
Test(structure, memory_comes_from_one_place) {
    for (int i = 0; i < ROOMS; i++) visit_folder(rooms[i].name, check_allocation, NULL);
}

/* --- Messages ----------------------------------------------------------------------------------------------------- */

/* Behind the format of a whole number: "" in "%d rows", NULL elsewhere. */
static const char *after_number(const char *at) {
    static const char *const formats[] = {"%d", "%i", "%u", "%lld", "%zu", "%\" PRId64 \""};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (strncmp(at, formats[i], strlen(formats[i])) == 0) return at + strlen(formats[i]);
    }
    return NULL;
}

/* "%d rows" would be "1 rows" one day. No plural of this kind, or of a constant: */
static const char *const no_plurals[] = {" does ", " has ", " axes"};

static bool is_plural(const char *noun, size_t length) {
    bool plural = length > 2 && noun[length] == 's';
    for (size_t i = 0; i < sizeof no_plurals / sizeof *no_plurals; i++)
        plural &= strncmp(noun, no_plurals[i], strlen(no_plurals[i])) != 0;
    return plural;
}

static void check_plural(void *user, const char *path, int number, const char *line) {
    (void)user;
    for (const char *at = strchr(line, '%'); at; at = strchr(at + 1, '%')) {
        const char *noun = after_number(at);
        size_t length = noun && *noun == ' ' ? strspn(noun + 1, "abcdefghijklmnopqrstuvwxyz") : 0;
        if (!length || !is_plural(noun, length)) continue;
        cr_expect(false, "%s:%d: a count with its noun is count_text: %.*s", path, number, (int)length, noun + 1);
    }
}

Test(structure, one_row_is_not_one_rows) {
    for (int i = 0; i < ROOMS; i++) visit_folder(rooms[i].name, check_plural, NULL);
}

/* What only one folder may speak. */
static void check_foreign(void *user, const char *path, int number, const char *line) {
    const char *room = user;
    char name[200];
    bool include = included_file(line, name);
    bool llvm = include && (strncmp(name, "llvm", 4) == 0);
    bool openmp = (include && strcmp(name, "omp.h") == 0) || strncmp(line + strspn(line, " "), "#pragma omp", 11) == 0;
    bool mpi = include && strcmp(name, "mpi.h") == 0;
    cr_expect(!mpi || strcmp(room, "runtime/ranks") == 0, "%s:%d: MPI is spoken in runtime/ranks/ alone", path, number);
    cr_expect(!llvm || strcmp(room, "codegen") == 0, "%s:%d: LLVM is spoken in codegen/ alone", path, number);
    cr_expect(!openmp || strncmp(room, "runtime", 7) == 0, "%s:%d: OpenMP is spoken in runtime/ alone", path, number);
    cr_expect(!include || !ends_with(name, ".c"), "%s:%d: a .c file is not included", path, number);
}

Test(structure, llvm_in_codegen_and_openmp_in_runtime) {
    for (int i = 0; i < ROOMS; i++) {
        char name[32];
        snprintf(name, sizeof name, "%s", rooms[i].name);
        visit_folder(name, check_foreign, name);
    }
    char tests[] = "tests";
    visit_folder(tests, check_foreign, tests);
}

static bool is_allowed(bool *used, const char *path, const char *line) {
    for (int i = 0; i < ALLOWED; i++) {
        if (strcmp(path, model_words_allowed[i][0]) != 0 || !strstr(line, model_words_allowed[i][1])) continue;
        used[i] = true;
        return true;
    }
    return false;
}

static void check_model_words(void *user, const char *path, int number, const char *line) {
    static const char *const words[] = {"bert",   "sentiment",       "paraphrase",    "similarity", "quora",
                                        "pooler", "word_embeddings", "encoder.layer", "cola",       "acceptability"};
    if (strncmp(path, "graph/base/explanations", 23) == 0) return; /* text for people */
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!strcasestr(line, words[i]) || is_allowed(user, path, line)) continue;
        cr_expect_fail("%s:%d: C code does not know '%s'", path, number, words[i]);
    }
}

Test(structure, no_c_code_knows_a_model) {
    bool used[ALLOWED] = {0};
    for (int i = 0; i < ROOMS; i++) visit_folder(rooms[i].name, check_model_words, used);
    for (int i = 0; i < ALLOWED; i++) {
        cr_expect(used[i], "%s no longer has %s: take it from the list", model_words_allowed[i][0],
                  model_words_allowed[i][1]);
    }
}

/* Names that the frontend and passes give to what has a role, and the files that put them on paper. */
static const char *const role_names_allowed[][2] = {
    {"passes/join.c", "graph_symbol_as(j->to, \"S\", *role)"},
    {"passes/join.c", "\"%s.T\", j->text"},
    {"passes/join.c", "\"%s.update.weight\""},
    {"passes/join.c", "\"%s.loss\""},
    {"passes/join.c", "\"sequences\" : \"tokens\""},
    {"passes/compact.c", "\"%s.U\""},
    {"passes/compact.c", "\"%s.slots\""},
    {"passes/differentiate.c", "\"grad.%s\""},
    {"passes/cut.c", "\"kept.%d\""},
    {"runtime/inspect/stages.c", "\"%s.update\", optimizer->name"},
};
enum { ROLE_NAMES_ALLOWED = sizeof role_names_allowed / sizeof *role_names_allowed };

/* A string that is such a name, or ends or begins as one does. */
static void check_role_names(void *user, const char *path, int number, const char *line) {
    static const char *const whole[] = {"\"S\"", "\"rng\"", "\"grad.", "\"kept.", "\"update."};
    static const char *const parts[] = {"T",      "R",      "W",        "U",         "ids",   "segments", "positions",
                                        "bounds", "first",  "sequence", "coords",    "rows",  "row",      "places",
                                        "at",     "update", "slots",    "sequences", "tokens"};
    bool *used = user;
    if (strncmp(path, "runtime/hub/", 12) == 0 || strncmp(path, "runtime/files/", 14) == 0) return;
    bool names = false;
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) names = names || strstr(line, whole[i]);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char ending[24];
        snprintf(ending, sizeof ending, ".%s\"", parts[i]);
        names = names || strstr(line, ending);
    }
    for (int i = 0; i < ROLE_NAMES_ALLOWED; i++) {
        if (strcmp(path, role_names_allowed[i][0]) != 0 || !strstr(line, role_names_allowed[i][1])) continue;
        used[i] = true;
        names = false;
    }
    cr_expect(!names, "%s:%d: ask for a role (graph/role.h), not for a name: %s", path, number, line);
}

Test(structure, names_of_inputs_have_no_meaning) {
    bool used[ROLE_NAMES_ALLOWED] = {0};
    for (int i = 0; i < ROOMS; i++) {
        if (strcmp(rooms[i].name, "passes") == 0 || strncmp(rooms[i].name, "runtime/", 8) == 0)
            visit_folder(rooms[i].name, check_role_names, used);
    }
    for (int i = 0; i < ROLE_NAMES_ALLOWED; i++) {
        cr_expect(used[i], "%s no longer has %s: take it from the list", role_names_allowed[i][0],
                  role_names_allowed[i][1]);
    }
}

/* An output is asked for by its role, or by a name that somebody gave: never by one that the code knows. */
static void check_output_names(void *user, const char *path, int number, const char *line) {
    static const char *const asks[] = {"graph_find_output(", "graph_output_named(", "executable_output(",
                                       "executable_bind_output(", "compiled_read("};
    (void)user;
    for (size_t i = 0; i < sizeof asks / sizeof *asks; i++) {
        const char *call = strstr(line, asks[i]), *end = call ? strchr(call, ')') : NULL;
        bool known = end && memchr(call, '"', (size_t)(end - call)) && strcmp(path, "runtime/engine/machine.c") != 0;
        cr_expect(!known, "%s:%d: ask for a role (graph/role.h), not for a name: %s", path, number, line);
    }
}

Test(structure, names_of_outputs_have_no_meaning) {
    for (int i = 0; i < ROOMS; i++) visit_folder(rooms[i].name, check_output_names, NULL);
}

static void count_definitions(const char *folder, int *count) {
    char path[1200];
    snprintf(path, sizeof path, SOURCE_ROOT "/%s", folder);
    DIR *entries = opendir(path);
    cr_assert_not_null(entries, "%s", path);
    for (struct dirent *entry; (entry = readdir(entries));) *count += ends_with(entry->d_name, ".def");
    closedir(entries);
}

Test(structure, the_operator_table_is_the_only_one_of_macros) {
    int count = 0;
    for (int i = 0; i < ROOMS; i++) count_definitions(rooms[i].name, &count);
    count_definitions("tests", &count);
    cr_expect_eq(count, 1, "%d .def files", count);
    cr_expect_eq(access(SOURCE_ROOT "/graph/ops.def", R_OK), 0);
}

/* --- Names -------------------------------------------------------------------------------------------------------- */

typedef struct TypeNames {
    char names[2000][48], paths[2000][64];
    int count;
} TypeNames;

/* "struct Graph {", "typedef enum Op {" */
static void note_type(void *user, const char *path, int number, const char *line) {
    TypeNames *types = user;
    char name[48], brace;
    bool defines = sscanf(line, "typedef struct %47[A-Za-z0-9] %c", name, &brace) == 2 ||
                   sscanf(line, "typedef enum %47[A-Za-z0-9] %c", name, &brace) == 2 ||
                   sscanf(line, "typedef union %47[A-Za-z0-9] %c", name, &brace) == 2 ||
                   sscanf(line, "struct %47[A-Za-z0-9] %c", name, &brace) == 2;
    if (!defines || brace != '{') return;
    for (int i = 0; i < types->count; i++)
        cr_expect_str_neq(types->names[i], name, "%s:%d: %s has a type of this name", path, number, types->paths[i]);
    cr_assert_lt(types->count, 2000);
    snprintf(types->names[types->count], sizeof *types->names, "%s", name);
    snprintf(types->paths[types->count++], sizeof *types->paths, "%s", path);
}

Test(structure, a_type_has_a_name_of_its_own) {
    TypeNames *types = calloc(1, sizeof *types);
    for (int i = 0; i < ROOMS; i++) visit_folder(rooms[i].name, note_type, types);
    cr_expect_gt(types->count, 400);
    free(types);
}

/* --- docs/architecture.md ---------------------------------------------------------------------------------------- */

typedef struct Included {
    bool rooms[ROOMS];
} Included;

static void note_include(void *user, const char *path, int number, const char *line) {
    (void)path, (void)number;
    char name[200];
    int other = included_file(line, name) ? room_of(name) : -1;
    if (other >= 0) ((Included *)user)->rooms[other] = true;
}

/* "graph/base, graph": the rooms that a room's files include, beside their own, in `text` [400]. */
static void includes_of_room(int room, char *text) {
    Included included = {0};
    visit_folder(rooms[room].name, note_include, &included);
    int used = 0;
    text[0] = '\0';
    for (int i = 0; i < ROOMS; i++) {
        if (!included.rooms[i] || i == room) continue;
        used += snprintf(text + used, 400 - (size_t)used, "%s%s", used ? ", " : "", rooms[i].name);
    }
}

Test(structure, the_page_of_rooms_shows_the_includes) {
    char *page = read_text(SOURCE_ROOT "/docs/architecture.md");
    for (int i = 0; i < ROOMS; i++) {
        char start[60], includes[400], end[410];
        snprintf(start, sizeof start, "\n| %s | ", rooms[i].name);
        includes_of_room(i, includes);
        snprintf(end, sizeof end, *includes ? "| %s |\n" : "| |\n", includes);
        const char *row = strstr(page, start), *stop = row ? strchr(row + 1, '\n') : NULL;
        size_t length = stop ? (size_t)(stop + 1 - row) : 0;
        cr_expect(length > strlen(end) && strncmp(stop + 1 - strlen(end), end, strlen(end)) == 0,
                  "docs/architecture.md: the row of %s ends in %s", rooms[i].name, end);
    }
    free(page);
}

/* The reader of sources above is itself right. */
Test(structure, comments_are_blanked_and_strings_are_not) {
    char text[] = "a /* b\n * c */ d \"/* e */\" '\"' // f\ng \"\\\"//\" h";
    blank_comments(text);
    cr_expect_null(strchr(text, 'b'));
    cr_expect_null(strchr(text, 'c'));
    cr_expect_null(strchr(text, 'f'));
    cr_expect_not_null(strstr(text, "d \"/* e */\" '\"'"));
    cr_expect_not_null(strstr(text, "\ng \"\\\"//\" h"));
    char name[200];
    cr_expect(included_file("#include \"graph/type.h\"", name) && strcmp(name, "graph/type.h") == 0);
    cr_expect(included_file("#include <omp.h>", name) && strcmp(name, "omp.h") == 0);
    cr_expect_not(included_file("int include;", name));
}
