/* Delimited files and JSON lines: cells, line numbers, and messages. */
#include <criterion/criterion.h>

#include "runtime/data/table_reader.h"
#include "tests/temp_folder.h"

static const TableFormat tab_plain = {.word = "tab"};
static const TableFormat tab_quoted = {.word = "tab", .quoted = true};
static const TableFormat comma_quoted = {.word = "comma", .quoted = true};
static const TableFormat json_lines = {.word = "jsonl"};

static Table *read_bytes(const char *bytes, size_t size, TableFormat format, const char *columns[2],
                         Diagnostics *diags) {
    TempFolder folder = make_folder();
    TempPath path = put_bytes(&folder, "table", bytes, size);
    Table *table = table_read(path.text, format, columns, 2, 0, diags);
    remove_folder(&folder);
    return table;
}

/* The text holds `expected` as "line:cell|cell" for each row, joined by blanks, of the columns text
 * and label. */
static void expect_rows(const char *bytes, size_t size, TableFormat format, const char *expected) {
    Diagnostics *diags = diagnostics_new();
    Table *table = read_bytes(bytes, size, format, (const char *[]){"text", "label"}, diags);
    char found[1000] = "";
    cr_assert_not_null(table);
    for (int64_t row = 0; row < table_rows(table); row++) {
        snprintf(found + strlen(found), sizeof found - strlen(found), "%s%u:%s|%s", row ? " " : "",
                 table_line(table, row), table_cell(table, row, 0, NULL), table_cell(table, row, 1, NULL));
    }
    cr_expect_str_eq(found, expected);
    cr_expect_eq(diags->list.count, 0);
    table_free(table);
    diagnostics_free(diags);
}

static void expect_text(const char *text, TableFormat format, const char *expected) {
    expect_rows(text, strlen(text), format, expected);
}

/* Reading fails with this code on this line, and no message shows the word "secret". */
static void expect_error(const char *text, TableFormat format, const char *code, uint32_t line) {
    Diagnostics *diags = diagnostics_new();
    cr_expect_null(read_bytes(text, strlen(text), format, (const char *[]){"text", "label"}, diags), "%s", code);
    cr_assert_geq(diags->list.count, 2); /* the error and a way out */
    cr_expect_str_eq(diags->list.items[0].code, code);
    cr_expect_eq(diags->list.items[0].pos.line, line);
    for (int i = 0; i < diags->list.count; i++) cr_expect_null(strstr(diags->list.items[i].message, "secret"));
    diagnostics_free(diags);
}

Test(table_reader, finds_columns_by_name) {
    expect_text("\tid\tlabel\ttext\n0\tx\t1\tone\n1\ty\t2\ttwo\n", tab_plain, "2:one|1 3:two|2");
    expect_text("text\tlabel\n", tab_plain, "");
}

Test(table_reader, plain_fields_keep_quotes) {
    expect_text("text\tlabel\n\"a\"\"\t1\n \"b\t2\n", tab_plain, "2:\"a\"\"|1 3: \"b|2");
}

Test(table_reader, line_ends_and_byte_order_mark) {
    expect_text("\xEF\xBB\xBFtext\tlabel\r\na\t1\r\n\r\nb\t2", tab_plain, "2:a|1 4:b|2");
    expect_text("\xEF\xBB\xBFtext\tlabel\r\na\t1\r\n\r\nb\t2", tab_quoted, "2:a|1 4:b|2");
    expect_text("text\tlabel\ra\t1\r\rb\t2\r", tab_plain, "2:a|1 4:b|2");
    expect_text("text\tlabel\ra\t1\r\rb\t2\r", tab_quoted, "2:a|1 4:b|2");
    expect_text("text\tlabel\n\n\na\t\n\tb\n", tab_plain, "4:a| 5:|b");
    expect_text("text\tlabel\n\n\na\t\n\tb\n", tab_quoted, "4:a| 5:|b");
}

Test(table_reader, quoted_fields) {
    expect_text("text,label\n\"a, \"\"b\"\"\",1\n\"\"\"c\"\"\", 2\n", comma_quoted, "2:a, \"b\"|1 3:\"c\"| 2");
    expect_text("text\tlabel\n\"\"\"He said \"\"\"\"no\"\"\"\".\"\"\"\t1\n", tab_quoted, "2:\"He said \"\"no\"\".\"|1");
    expect_text("text,label\n5\" wide,1\n", comma_quoted, "2:5\" wide|1"); /* a quote inside a plain field */
    expect_text("text,label\n\"\",\"\"\n", comma_quoted, "2:|");
}

Test(table_reader, quoted_fields_over_several_lines) {
    expect_text("text,label\n\"a\nb\",1\n\"c\r\nd\r\",2\ne,3\n", comma_quoted, "2:a\nb|1 4:c\r\nd\r|2 7:e|3");
}

Test(table_reader, zero_bytes_belong_to_the_cell) {
    static const char text[] = "text\tlabel\na\0b\t1\n";
    const TableFormat formats[] = {tab_plain, tab_quoted};
    for (int i = 0; i < 2; i++) {
        Diagnostics *diags = diagnostics_new();
        Table *table = read_bytes(text, sizeof text - 1, formats[i], (const char *[]){"text", "label"}, diags);
        size_t length = 0;
        cr_assert_not_null(table);
        cr_expect_arr_eq(table_cell(table, 0, 0, &length), "a\0b", 4);
        cr_expect_eq(length, 3);
        table_free(table);
        diagnostics_free(diags);
    }
}

Test(table_reader, json_objects_a_line) {
    expect_text("{\"label\": 3, \"text\": \"a\\tb\"}\n\n{\"text\": \"c\", \"x\": [], \"label\": true}\r\n", json_lines,
                "1:a\tb|3 3:c|true");
    expect_text("{\"label\": 0.5, \"text\": null}", json_lines, "1:|0.5");
    expect_text("", json_lines, "");
}

/* The items of a list, separated by commas. */
static const char *items(const Table *table, int64_t row, int column, char *text) {
    text[0] = 0;
    for (int64_t i = 0; i < table_items(table, row, column); i++) {
        strcat(text, i ? "," : "");
        strcat(text, table_item(table, row, column, i, NULL));
    }
    return text;
}

Test(table_reader, lists_in_json) {
    static const char text[] =
        "{\"text\": [\"a\", 1, true, \"\"], \"label\": \"x\"}\n{\"text\": [], \"label\": [\"b\"]}\n";
    char found[100];
    Diagnostics *diags = diagnostics_new();
    Table *table = read_bytes(text, strlen(text), json_lines, (const char *[]){"text", "label"}, diags);
    cr_assert_not_null(table);
    cr_expect_str_eq(items(table, 0, 0, found), "a,1,true,");
    cr_expect(table_items(table, 0, 0) == 4 && table_items(table, 0, 1) == -1 && table_items(table, 1, 0) == 0);
    cr_expect_str_eq(items(table, 1, 1, found), "b");
    cr_expect_eq(table_item_line(table, 1, 0), 2);
    table_free(table);
    diagnostics_free(diags);
}

/* Blanks in runs, tabs one by one; sentences end with an empty line or with the file. */
Test(table_reader, columns_of_conll) {
    static const char *const header[] = {"text", "pos", "label"};
    static const char text[] = "\n-DOCSTART- -X- O\n\nEU  NN B-A \r\nrejects VB O\r\n\r\n# newdoc\na b\tc\t\n\n\n";
    char found[100];
    Diagnostics *diags = diagnostics_new();
    TableFormat format = {.word = "conll", .header = header, .n_header = 3};
    Table *table = read_bytes(text, strlen(text), format, (const char *[]){"text", "label"}, diags);
    cr_assert_not_null(table);
    cr_assert_eq(table_rows(table), 2);
    cr_expect_str_eq(items(table, 0, 0, found), "EU,rejects");
    cr_expect_str_eq(items(table, 0, 1, found), "B-A,O");
    cr_expect_str_eq(items(table, 1, 0, found), "a b");
    cr_expect_str_eq(items(table, 1, 1, found), "");
    cr_expect(table_line(table, 0) == 4 && table_item_line(table, 0, 1) == 5 && table_line(table, 1) == 8);
    table_free(table);
    diagnostics_free(diags);
}

Test(table_reader, words_of_conll_without_tags) {
    static const char *const header[] = {"text", "label"};
    char found[100];
    Diagnostics *diags = diagnostics_new();
    TableFormat format = {.word = "conll", .header = header, .n_header = 2};
    Table *table = read_bytes("a\nb O\n", 6, format, (const char *[]){"text", "text"}, diags);
    cr_assert_not_null(table);
    cr_expect_str_eq(items(table, 0, 0, found), "a,b");
    table_free(table);
    cr_expect_null(read_bytes("a\nb O\n", 6, format, (const char *[]){"text", "label"}, diags));
    cr_expect_eq(diags->list.items[0].pos.line, 1);
    diagnostics_free(diags);
}

Test(table_reader, plain_lines_and_given_headers) {
    char *const text = "one\n\n  \ntwo\tparts\n";
    Diagnostics *diags = diagnostics_new();
    Table *table = read_bytes(text, strlen(text), (TableFormat){.word = "lines"}, (const char *[]){"x", "x"}, diags);
    cr_assert_not_null(table);
    cr_expect(table_rows(table) == 2 && table_line(table, 1) == 4);
    cr_expect_str_eq(table_cell(table, 1, 0, NULL), "two\tparts");
    table_free(table);
    diagnostics_free(diags);
    static const char *const header[] = {"label", "text"};
    expect_text("1\ta\n2\tb\n", (TableFormat){.word = "tab", .header = header, .n_header = 2}, "1:a|1 2:b|2");
    expect_text("1\ta\n", (TableFormat){.word = "tab", .quoted = true, .header = header, .n_header = 2}, "1:a|1");
    expect_error("1\tsecret\t2\n", (TableFormat){.word = "tab", .header = header, .n_header = 2}, "E0811", 1);
    expect_error("secret\n", (TableFormat){.word = "lines"}, "E0810", 0);
}

Test(table_reader, mistakes_are_cited_by_line_only) {
    expect_error("", tab_plain, "E0810", 0);
    expect_error("\n\n", tab_quoted, "E0810", 0);
    expect_error("text\tlable\nsecret\t1\n", tab_plain, "E0810", 1);
    expect_error("text\tlabel\na\t1\nsecret\n", tab_plain, "E0811", 3);
    expect_error("text\tlabel\na\t1\nsecret\t1\t1\n", tab_quoted, "E0811", 3);
    expect_error("text\tlabel\na\t1\n\"secret\t1\nb\t2\n", tab_quoted, "E0812", 3);
    expect_error("{\"text\": \"a\", \"label\": 1}\n{\"text\": secret}\n", json_lines, "E0813", 2);
    expect_error("{\"text\": \"a\", \"label\": 1}\n[\"secret\"]\n", json_lines, "E0813", 2);
    expect_error("{\"text\": {\"secret\": 1}, \"label\": 1}\n", json_lines, "E0813", 1);
    expect_error("{\"text\": [[\"secret\"]], \"label\": 1}\n", json_lines, "E0813", 1);
    expect_error("{\"text\": \"secret\", \"lable\": 1}\n", json_lines, "E0810", 1);
}

/* The rows of a text with bad ones kept: "line:cell|cell", or what is wrong. */
static void expect_kept(const char *text, TableFormat format, const char *expected) {
    Diagnostics *diags = diagnostics_new();
    format.keeps_bad = true;
    Table *table = read_bytes(text, strlen(text), format, (const char *[]){"text", "label"}, diags);
    char found[1000] = "";
    cr_assert_not_null(table);
    for (int64_t row = 0; row < table_rows(table); row++) {
        const char *problem = table_problem(table, row);
        snprintf(found + strlen(found), sizeof found - strlen(found), "%s%u:", row ? " " : "", table_line(table, row));
        if (problem) cr_assert_str_empty(table_cell(table, row, 0, NULL));
        if (problem)
            snprintf(found + strlen(found), sizeof found - strlen(found), "<%.16s>", problem);
        else
            snprintf(found + strlen(found), sizeof found - strlen(found), "%s|%s", table_cell(table, row, 0, NULL),
                     table_cell(table, row, 1, NULL));
    }
    cr_expect_str_eq(found, expected);
    cr_expect_eq(diags->list.count, 0);
    table_free(table);
    diagnostics_free(diags);
}

Test(table_reader, bad_rows_are_kept_where_asked) {
    expect_kept("text\tlabel\na\t1\nb\nc\t1\t2\nd\t4\n", tab_plain,
                "2:a|1 3:<this row has 1 f> 4:<this row has 3 f> 5:d|4");
    expect_kept("text,label\na,1\nb\n\"c,1\n", comma_quoted, "2:a|1 3:<this row has 1 f> 4:<a field of the r>");
    expect_kept("{\"text\": \n{\"text\": \"b\", \"label\": 2}\n{\"text\": 1}\n{\"text\": {}, \"label\": 1}\n",
                json_lines, "1:<this line is not> 2:b|2 3:<there is no colu> 4:<the value of 'te>");
}

/* --- How quotes are written --------------------------------------------------------------------------------------- */

Test(table_reader, quotes_with_an_escape_character) {
    /* Spark: \" in quoted fields, \\ for a backslash; the file's rows are its lines */
    expect_text("text,label\n\"she said \\\"yes\\\"\",1\n\"a \\\\ b\",2\nplain \\ c,3\n", comma_quoted,
                "2:she said \"yes\"|1 3:a \\ b|2 4:plain \\ c|3");
    /* ends with one: without the escape the field would go on */
    expect_text("text,label\n\"he asked \\\"why\\\"\",1\nb,2\n\"so \\\"\",3\n", comma_quoted,
                "2:he asked \"why\"|1 3:b|2 4:so \"|3");
    /* pandas, which quotes a field only where it must */
    expect_text("text,label\nshe said \\\"yes\\\",1\n\"a, \\\"b\\\"\",2\n", comma_quoted,
                "2:she said \"yes\"|1 3:a, \"b\"|2");
    /* a backslash that is none: some row can only be read without */
    expect_text("text,label\n\"in C:\\\",1\n\"b\"\"c\",2\n", comma_quoted, "2:in C:\\|1 3:b\"c|2");
    expect_error("text,label\n\"in C:\\\",1\n\"a \\\"secret\\\" b\",2\n", comma_quoted, "E0812", 3);
}

Test(table_reader, blanks_behind_a_closing_quote) {
    expect_text("text,label\n\"a, b\" ,1\n\"c\"  ,2\n\"d\",\"3\" \n", comma_quoted, "2:a, b|1 3:c|2 4:d|3");
}

Test(table_reader, quotes_that_are_plain_characters_glue_no_rows) {
    expect_error("text\tlabel\n\"Lovely\" is the secret\t1\nb\t2\n", tab_quoted, "E0812", 2);
    /* the next quote comes lines later: these lines are rows */
    expect_error("text\tlabel\n\"so it secret\t1\nb\t2\nit is 24\"\t3\n", tab_quoted, "E0812", 2);
    expect_error("id,text,label\n\"1,a,1\n2,b,2\n3\",c,3\n", comma_quoted, "E0812", 2);
    expect_error("text,label\n\"he said \"no\" to it\",1\n", comma_quoted, "E0812", 2);
    expect_error("text,label\na,1\n\"b,2\nc,3\nd\",4,5\ne,6\n", comma_quoted, "E0811", 3);
    /* a text of two lines is one */
    expect_text("text\tlabel\n\"a\nb\"\t1\nc\t2\n", tab_quoted, "2:a\nb|1 4:c|2");
    expect_text("text,label\n\"a, b\nc\",1\n\"d, e\",2\n", comma_quoted, "2:a, b\nc|1 4:d, e|2");
    expect_text("text,label\n\"a, b\nc\",1\n\"d, e\nf\",2\n", comma_quoted, "2:a, b\nc|1 4:d, e\nf|2");
}

Test(table_reader, each_line_of_a_bad_row_is_a_row) {
    expect_kept("text,label\n\"a,1\nb,2\n\"c \"d\" e\",3\nf,4\n", comma_quoted,
                "2:<a quote inside o> 3:b|2 4:<a quote inside o> 5:f|4");
}

Test(table_reader, numbers_of_json_keep_their_spelling) {
    expect_text(
        "{\"text\": 1700000000.123, \"label\": 14933243513335727984}\n{\"text\": 0.10, \"label\": 1e400, \"x\": NaN}\n",
        json_lines, "1:1700000000.123|14933243513335727984 2:0.10|1e400");
    expect_text("{\"text\": \"a\\ud83d\", \"label\": -Infinity, \"x\": \"\\ud83d\"}", json_lines,
                "1:a\xEF\xBF\xBD|-Infinity");
    expect_text("{\"te\\u0078t\": \"\\ud83d\\ude00\\n\", \"label\": 1, \"a\\u0000b\": [{\"c\": []}]}", json_lines,
                "1:\xF0\x9F\x98\x80\n|1");
    expect_error("{\"text\": \"secret\", \"label\": 01}\n", json_lines, "E0813", 1);
    expect_error("{\"text\": \"secret\", \"text\": \"b\", \"label\": 1}\n", json_lines, "E0813", 1);
}

Test(table_reader, other_formats_are_told_as_what_they_are) {
    expect_error("\xFF\xFEt", comma_quoted, "E0815", 0);
    expect_error("\xFE\xFFt", comma_quoted, "E0815", 0);
    expect_error("sep=;\ntext;label\nsecret;1\n", comma_quoted, "E0815", 0);
    expect_error("PAR1", comma_quoted, "E0815", 0);
    expect_error("PK\x03\x04", tab_plain, "E0815", 0);
    expect_error("[\n{\"text\": \"secret\", \"label\": 1}\n]\n", json_lines, "E0815", 0);
    expect_error("[{\"text\": \"secret\", \"label\": 1}]", json_lines, "E0815", 0);
    expect_error("{\"data\": [{\"text\": \"secret\", \"label\": 1}]}", json_lines, "E0815", 0);
    expect_error("{\n\"text\": \"secret\", \"label\": 1}", json_lines, "E0815", 0);
}

Test(table_reader, columns_of_one_name) {
    expect_error("text,label,label\na,1,2\n", comma_quoted, "E0816", 1);
    expect_text("text,x,x,label\na,1,2,3\n", comma_quoted, "2:a|3");
}

Test(table_reader, a_header_where_the_columns_are_declared) {
    static const char *const names[] = {"text", "label"};
    TableFormat format = {.word = "comma", .quoted = true, .header = names, .n_header = 2};
    Diagnostics *diags = diagnostics_new();
    const char *const text = "text,label\na,1\n";
    Table *table = table_parse(&(TableText){text, strlen(text), "t", 1}, format, names, 2, diags);
    cr_assert_not_null(table);
    cr_expect(table_rows(table) == 1 && table_line(table, 0) == 2);
    cr_expect(diags->errors == 0 && diags->list.count == 1 && strcmp(diags->list.items[0].code, "E0817") == 0);
    table_free(table);
    table =
        table_parse(&(TableText){text, strlen(text), "t", 7}, format, names, 2, diags); /* not the file's beginning */
    cr_expect_eq(table_rows(table), 2);
    table_free(table);
    diagnostics_free(diags);
}

Test(table_reader, semicolons) {
    expect_text("text;label\n\"a; b\";1\nc, d;2\n", (TableFormat){.word = "semicolon", .quoted = true},
                "2:a; b|1 3:c, d|2");
}

Test(table_reader, an_empty_line_may_be_a_text) {
    TableFormat lines = {.word = "lines", .keeps_blank = true}, tab = tab_plain;
    tab.keeps_blank = true;
    Diagnostics *diags = diagnostics_new();
    Table *table = read_bytes("a\n\nb\n", 5, lines, (const char *[]){"x", "x"}, diags);
    cr_expect(table_rows(table) == 3 && table_line(table, 2) == 3);
    table_free(table);
    table = read_bytes("x\na\n\nb\n", 7, tab, (const char *[]){"x", "x"}, diags);
    cr_expect_eq(table_rows(table), 3);
    table_free(table);
    diagnostics_free(diags);
}

Test(table_reader, a_piece_of_a_file_with_its_line_and_header) {
    static const char *const names[] = {"label", "text"};
    TableFormat format = {.word = "tab", .header = names, .n_header = 2};
    Diagnostics *diags = diagnostics_new();
    const char *const text = "1\ta\n2\tb";
    Table *table =
        table_parse(&(TableText){text, strlen(text), "pipe", 7}, format, (const char *const[]){"text"}, 1, diags);
    int count;
    cr_assert_not_null(table);
    cr_expect(table_rows(table) == 2 && table_line(table, 1) == 8);
    cr_expect_str_eq(table_cell(table, 1, 0, NULL), "b");
    cr_expect_str_eq(table_header(table, &count)[1], "text");
    cr_expect_eq(count, 2);
    table_free(table);
    diagnostics_free(diags);
}

Test(table_reader, text_is_utf8) { expect_error("text\tlabel\n\xc3\xa4\tx\ny\t\xe4\n", tab_plain, "E0814", 3); }

Test(table_reader, a_missing_column_is_named_with_the_nearest) {
    Diagnostics *diags = diagnostics_new();
    cr_expect_null(read_bytes("txt\tlabel\n", 10, tab_plain, (const char *[]){"text", "label"}, diags));
    cr_assert_geq(diags->list.count, 3);
    cr_expect_str_eq(diags->list.items[0].message, "there is no column 'text'");
    cr_expect_str_eq(diags->list.items[2].message, "did you mean 'txt'?");
    cr_expect_str_eq(diags->list.items[1].message, "the columns are: 'txt', 'label'");
    diagnostics_free(diags);
}

Test(table_reader, a_missing_file_and_a_folder) {
    Diagnostics *diags = diagnostics_new();
    cr_expect_null(table_read("/no/such/file", tab_plain, (const char *[]){"text"}, 1, 0, diags));
    cr_expect_null(table_read("/", tab_plain, (const char *[]){"text"}, 1, 0, diags));
    cr_expect_eq(diags->errors, 2);
    cr_expect_str_eq(diags->list.items[0].code, "E0801");
    diagnostics_free(diags);
}
