/* JSON values as they are written: a recursive descent that keeps places only. */
#include "runtime/files/json_line.h"

#include <stdint.h>
#include <string.h>

enum { MOST_NESTED = 500 };

/* What is left of the text. */
typedef struct Scan {
    const char *at, *end;
    int depth;
} Scan;

static bool read_value(Scan *s, JsonSpan *value);

static void skip_blanks(Scan *s) {
    while (s->at < s->end && memchr(" \t\r\n", *s->at, 4)) s->at++;
}

static bool accept(Scan *s, char c) {
    if (s->at == s->end || *s->at != c) return false;
    s->at++;
    return true;
}

static bool accept_word(Scan *s, const char *word) {
    size_t length = strlen(word);
    if ((size_t)(s->end - s->at) < length || memcmp(s->at, word, length) != 0) return false;
    s->at += length;
    return true;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static size_t skip_digits(Scan *s) {
    const char *from = s->at;
    while (s->at < s->end && is_digit(*s->at)) s->at++;
    return (size_t)(s->at - from);
}

/* ["-"] digits ["." digits] [("e" | "E") ["+" | "-"] digits], no zero before other digits */
static bool read_number(Scan *s) {
    accept(s, '-');
    if (accept_word(s, "Infinity") || accept_word(s, "NaN")) return true;
    bool zero = s->at < s->end && *s->at == '0';
    size_t digits = skip_digits(s);
    if (digits == 0 || (zero && digits > 1)) return false;
    if (accept(s, '.') && skip_digits(s) == 0) return false;
    if (!accept(s, 'e') && !accept(s, 'E')) return true;
    if (!accept(s, '+')) accept(s, '-');
    return skip_digits(s) > 0;
}

static int hex_value(char c) {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool read_escape(Scan *s) {
    if (s->at == s->end) return false;
    char c = *s->at++;
    if (c != 'u') return memchr("\"\\/bfnrt", c, 8) != NULL;
    for (int i = 0; i < 4; i++) {
        if (s->at == s->end || hex_value(*s->at) < 0) return false;
        s->at++;
    }
    return true;
}

static bool read_text(Scan *s) {
    if (!accept(s, '"')) return false;
    while (s->at < s->end) {
        char c = *s->at++;
        if (c == '"') return true;
        if ((unsigned char)c < ' ' || (c == '\\' && !read_escape(s))) return false;
    }
    return false;
}

static bool read_member(Scan *s) {
    JsonSpan value;
    skip_blanks(s);
    if (!read_text(s)) return false;
    skip_blanks(s);
    return accept(s, ':') && read_value(s, &value);
}

static bool read_item(Scan *s) {
    JsonSpan value;
    return read_value(s, &value);
}

static bool read_all(Scan *s, char close, bool (*read_one)(Scan *s)) {
    s->at++;
    if (++s->depth > MOST_NESTED) return false;
    skip_blanks(s);
    bool good = accept(s, close);
    while (!good) {
        if (!read_one(s)) return false;
        skip_blanks(s);
        good = accept(s, close);
        if (!good && !accept(s, ',')) return false;
    }
    s->depth--;
    return true;
}

static bool read_value(Scan *s, JsonSpan *value) {
    skip_blanks(s);
    value->begin = s->at;
    bool good = false;
    switch (s->at < s->end ? *s->at : 0) {
    case '"': value->kind = JSON_KIND_TEXT, good = read_text(s); break;
    case '{': value->kind = JSON_KIND_OBJECT, good = read_all(s, '}', read_member); break;
    case '[': value->kind = JSON_KIND_LIST, good = read_all(s, ']', read_item); break;
    case 't': value->kind = JSON_KIND_TRUTH, good = accept_word(s, "true"); break;
    case 'f': value->kind = JSON_KIND_TRUTH, good = accept_word(s, "false"); break;
    case 'n': value->kind = JSON_KIND_NULL, good = accept_word(s, "null"); break;
    default: value->kind = JSON_KIND_NUMBER, good = read_number(s); break;
    }
    value->end = s->at;
    return good;
}

bool json_span_of(const char *text, size_t length, JsonSpan *value) {
    Scan s = {.at = text, .end = text + length};
    if (!read_value(&s, value)) return false;
    skip_blanks(&s);
    return s.at == s.end;
}

/* --- Walks -------------------------------------------------------------------------------------------------------- */

JsonWalk json_walk(JsonSpan value) { return (JsonWalk){.at = value.begin + 1, .end = value.end}; }

/* To the next member or item; false: there is none. */
static bool step(JsonWalk *walk, Scan *s) {
    *s = (Scan){.at = walk->at, .end = walk->end};
    skip_blanks(s);
    if (walk->begun && !accept(s, ',')) return false;
    skip_blanks(s);
    walk->begun = true;
    return s->at < s->end && *s->at != '}' && *s->at != ']';
}

bool json_next_member(JsonWalk *walk, JsonSpan *key, JsonSpan *value) {
    Scan s;
    if (!step(walk, &s)) return false;
    bool good = read_value(&s, key);
    skip_blanks(&s);
    good = good && accept(&s, ':') && read_value(&s, value);
    walk->at = s.at;
    return good;
}

bool json_next_item(JsonWalk *walk, JsonSpan *value) {
    Scan s;
    bool good = step(walk, &s) && read_value(&s, value);
    walk->at = s.at;
    return good;
}

/* --- Texts -------------------------------------------------------------------------------------------------------- */

static size_t put_utf8(char *to, uint32_t c) {
    if (c < 0x80) return to[0] = (char)c, 1;
    if (c < 0x800) return to[0] = (char)(0xC0 | c >> 6), to[1] = (char)(0x80 | (c & 0x3F)), 2;
    if (c < 0x10000) {
        to[0] = (char)(0xE0 | c >> 12), to[1] = (char)(0x80 | (c >> 6 & 0x3F)), to[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    to[0] = (char)(0xF0 | c >> 18), to[1] = (char)(0x80 | (c >> 12 & 0x3F));
    to[2] = (char)(0x80 | (c >> 6 & 0x3F)), to[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

static uint32_t hex4(const char *at) {
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) value = value << 4 | (uint32_t)hex_value(at[i]);
    return value;
}

/* The character of \uXXXX, `*at` being at its X; two of them may be a pair. */
static uint32_t unicode_escape(const char **at, const char *end) {
    uint32_t c = hex4(*at);
    *at += 4;
    if (c < 0xD800 || c > 0xDFFF) return c;
    bool follows = c < 0xDC00 && end - *at >= 6 && (*at)[0] == '\\' && (*at)[1] == 'u';
    uint32_t low = follows ? hex4(*at + 2) : 0;
    if (low < 0xDC00 || low > 0xDFFF) return 0xFFFD;
    *at += 6;
    return 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
}

static char plain_escape(char c) {
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    const char *found = memchr(from, c, 5);
    return found ? to[found - from] : c;
}

size_t json_decode(JsonSpan text, char *to) {
    char *out = to;
    const char *end = text.end - 1;
    for (const char *at = text.begin + 1; at < end;) {
        if (*at != '\\') {
            *out++ = *at++;
        } else if (at[1] == 'u') {
            at += 2;
            out += put_utf8(out, unicode_escape(&at, end));
        } else {
            *out++ = plain_escape(at[1]);
            at += 2;
        }
    }
    return (size_t)(out - to);
}

bool json_says(JsonSpan text, const char *word) {
    char bytes[256];
    size_t length = (size_t)(text.end - text.begin), wanted = strlen(word);
    if (!memchr(text.begin, '\\', length)) return length == wanted + 2 && memcmp(text.begin + 1, word, wanted) == 0;
    return length <= sizeof bytes && json_decode(text, bytes) == wanted && memcmp(bytes, word, wanted) == 0;
}

int json_find(JsonSpan object, const char *name, JsonSpan *value) {
    JsonWalk walk = json_walk(object);
    JsonSpan key, other;
    int count = 0;
    while (json_next_member(&walk, &key, &other)) {
        if (json_says(key, name)) *value = other, count++;
    }
    return count;
}
