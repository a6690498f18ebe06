/* Other kinds of files, by their first bytes. */
#include "runtime/data/table_foreign.h"

#include <string.h>

typedef struct Foreign {
    const char *begins;
    size_t length;
    const char *what, *how; /* %s: the file */
} Foreign;

#define BEGINS(bytes) bytes, sizeof bytes - 1

static const Foreign kinds[] = {
    {BEGINS("\xFF\xFE\0\0"), "a text in UTF-32, as it begins with FF FE 00 00",
     "convert it: iconv -f UTF-32 -t UTF-8 %s > NEW"},
    {BEGINS("\0\0\xFE\xFF"), "a text in UTF-32, as it begins with 00 00 FE FF",
     "convert it: iconv -f UTF-32 -t UTF-8 %s > NEW"},
    {BEGINS("\xFF\xFE"), "a text in UTF-16, as it begins with FF FE", "convert it: iconv -f UTF-16 -t UTF-8 %s > NEW"},
    {BEGINS("\xFE\xFF"), "a text in UTF-16, as it begins with FE FF", "convert it: iconv -f UTF-16 -t UTF-8 %s > NEW"},
    {BEGINS("PAR1"), "a Parquet file",
     "convert it: python3 -c \"import pandas; pandas.read_parquet('%s').to_csv('NEW.csv', index=False)\""},
    {BEGINS("ARROW1"), "an Arrow file",
     "convert it: python3 -c \"import pandas; pandas.read_feather('%s').to_csv('NEW.csv', index=False)\""},
    {BEGINS("PK\3\4"), "a zip archive, perhaps a workbook (.xlsx)",
     "save the sheet as CSV in UTF-8, or: python3 -c \"import pandas; pandas.read_excel('%s').to_csv('NEW.csv', "
     "index=False)\""},
    {BEGINS("\xD0\xCF\x11\xE0"), "an old workbook (.xls)",
     "save the sheet as CSV in UTF-8, or: python3 -c \"import pandas; pandas.read_excel('%s').to_csv('NEW.csv', "
     "index=False)\""},
    {BEGINS("SQLite format 3"), "an SQLite database",
     "write a query's rows: sqlite3 -csv -header %s 'SELECT ...' > NEW.csv"},
    {BEGINS("BZh"), "compressed with bzip2", "unpack it: bunzip2 -k %s"},
    {BEGINS("\xFD"
            "7zXZ"),
     "compressed with xz", "unpack it: unxz -k %s"},
    {BEGINS("\x28\xB5\x2F\xFD"), "compressed with zstd", "unpack it: unzstd %s"},
};

/* UTF-16 without a mark: every other byte of the first ones is zero. */
static const char *unmarked(const TableText *text) {
    enum { LOOKED_AT = 64 };
    size_t count = text->size < LOOKED_AT ? text->size & ~(size_t)1 : LOOKED_AT, zeros[2] = {0};
    for (size_t i = 0; i < count; i++) zeros[i % 2] += text->bytes[i] == 0;
    if (count < 8) return NULL;
    if (zeros[1] > count * 3 / 8 && zeros[0] == 0) return "UTF-16LE";
    return zeros[0] > count * 3 / 8 && zeros[1] == 0 ? "UTF-16BE" : NULL;
}

/* "sep=;", the line by which Excel knows the separator. */
static bool begins_with_separator(const TableText *text) {
    enum { LENGTH = 5 };
    bool ends = text->size > LENGTH && (text->bytes[LENGTH] == '\n' || text->bytes[LENGTH] == '\r');
    return ends && memcmp(text->bytes, "sep=", LENGTH - 1) == 0;
}

static bool tell(const TableText *text, const char *what, const char *how, Diagnostics *diags) {
    const char *place = strstr(how, "%s");
    diag_error(diags, "E0815", pos_in_file(diagnostics_file(diags, text->name, NULL), 0), "this is %s", what);
    diag_hint(diags, "%.*s%s%s", (int)(place - how), how, text->name, place + 2);
    return true;
}

bool table_is_foreign(const TableText *text, Diagnostics *diags) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (text->size >= kinds[i].length && memcmp(text->bytes, kinds[i].begins, kinds[i].length) == 0)
            return tell(text, kinds[i].what, kinds[i].how, diags);
    }
    if (begins_with_separator(text))
        return tell(text, "a table behind a line for Excel, which names the separator",
                    "take it away: tail -n +2 %s > NEW.csv", diags);
    const char *encoding = unmarked(text);
    if (!encoding) return false;
    return tell(text, "a text in UTF-16",
                arena_printf(diags->arena, "convert it: iconv -f %s -t UTF-8 %%s > NEW", encoding), diags);
}
