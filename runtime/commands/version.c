/* gradc --version. */
#include "runtime/commands/version.h"

#include <jansson.h>
#include <oniguruma.h>
#include <utf8proc.h>
#include <xxhash.h>
#include <zlib.h>

#include "codegen/target.h"
#include "graph/base/count_text.h"
#include "runtime/engine/team.h"

/* A version of OpenMP by the month of its specification, as compilers give it. */
static const char *openmp_version(long month) {
    static const struct {
        long month;
        const char *version;
    } rows[] = {{202111, "5.2"}, {202011, "5.1"}, {201811, "5.0"}, {201511, "4.5"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (month >= rows[i].month) return rows[i].version;
    }
    return "4.0 or older";
}

static void print_machine(FILE *out) {
    Diagnostics *diags = diagnostics_new();
    Target *target = target_new(NULL, 0, diags);
    fprintf(out, "code for %s, %s\n", target_name(target), count_text(team_usual_threads(), "thread").text);
    target_free(target);
    diagnostics_free(diags);
}

void version_print(FILE *out) {
    unsigned xxhash = XXH_versionNumber();
    fputs("gradc " GRADC_VERSION "\n", out);
    fprintf(out, "LLVM %s, OpenMP %s\n", target_llvm_version().text, openmp_version(_OPENMP));
    print_machine(out);
    fprintf(out, "jansson %s, Oniguruma %s, utf8proc %s, xxHash %u.%u.%u, zlib %s\n", jansson_version_str(),
            onig_version(), utf8proc_version(), xxhash / 10000, xxhash / 100 % 100, xxhash % 100, zlibVersion());
}
