/* Counts in messages: the regular plurals of English, which are those of all nouns that messages count. */
#include "graph/base/count_text.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool ends_with(const char *noun, size_t length, const char *end) {
    size_t size = strlen(end);
    return length >= size && memcmp(noun + length - size, end, size) == 0;
}

static bool takes_es(const char *noun, size_t length) {
    return ends_with(noun, length, "s") || ends_with(noun, length, "x") || ends_with(noun, length, "tch") ||
           ends_with(noun, length, "sh");
}

/* "query": a y behind a consonant. */
static bool takes_ies(const char *noun, size_t length) {
    return length > 1 && noun[length - 1] == 'y' && !strchr("aeiou", noun[length - 2]);
}

const char *count_form(int64_t count, const char *one, const char *many) { return count == 1 ? one : many; }

CountText count_text(int64_t count, const char *noun) {
    size_t length = strlen(noun);
    bool ies = count != 1 && takes_ies(noun, length);
    const char *end = count == 1 ? "" : ies ? "ies" : takes_es(noun, length) ? "es" : "s";
    CountText result;
    snprintf(result.text, sizeof result.text, "%" PRId64 " %.*s%s", count, (int)(length - ies), noun, end);
    return result;
}
