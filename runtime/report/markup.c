/* Markup: escaping. */
#include "runtime/report/markup.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <utf8proc.h>

static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */

/* XML has no other control characters than these, and no noncharacters. */
static bool is_allowed(utf8proc_int32_t c) {
    if (c < 0x20) return c == '\t' || c == '\n';
    return c < 0x7F || (c > 0x9F && (c & 0xFFFE) != 0xFFFE && !(c >= 0xFDD0 && c <= 0xFDEF));
}

static const char *entity(utf8proc_int32_t c) {
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return is_allowed(c) ? NULL : replacement;
    }
}

/* The first character of `text`; how many bytes it has. */
static size_t put_character(FILE *out, const char *text) {
    utf8proc_int32_t c;
    utf8proc_ssize_t size = utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)strnlen(text, 4), &c);
    if (size <= 0) return fputs(replacement, out), 1;
    const char *instead = entity(c);
    if (instead)
        fputs(instead, out);
    else
        fwrite(text, 1, (size_t)size, out);
    return (size_t)size;
}

void markup_text(FILE *out, const char *text) {
    while (text && *text) text += put_character(out, text);
}

static int characters(const char *text) {
    int count = 0;
    for (; *text; text++) count += ((unsigned char)*text & 0xC0) != 0x80;
    return count;
}

void markup_short(FILE *out, const char *text, int most) {
    bool cut = characters(text) > most;
    for (int i = 0; *text && (!cut || i < most - 1); i++) text += put_character(out, text);
    if (cut) fputs("\xE2\x80\xA6", out);
}

void markup_json(FILE *out, const char *json) {
    for (; *json; json++) {
        if (*json == '<')
            fputs("\\u003c", out);
        else
            fputc(*json, out);
    }
}

/* --- Formats ------------------------------------------------------------------------------------------------------ */

/* One conversion, "%-8.3f", whose value is the next of `values`. */
static void put_value(FILE *out, const char *conversion, va_list *values) {
    char text[400];
    size_t length = strlen(conversion);
    char kind = conversion[length - 1];
    bool is_long = strchr(conversion, 'l') != NULL;
    if (kind == 's') {
        markup_text(out, va_arg(*values, const char *));
        return;
    }
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    if (strchr("diux", kind) && is_long)
        snprintf(text, sizeof text, conversion, va_arg(*values, long)); /* as wide as long long, here */
    else if (strchr("diux", kind))
        snprintf(text, sizeof text, conversion, va_arg(*values, int));
    else
        snprintf(text, sizeof text, conversion, va_arg(*values, double));
#pragma GCC diagnostic pop
    markup_text(out, text);
}

_Static_assert(sizeof(long) == sizeof(int64_t), "%ld is for 64 bits");

void markup(FILE *out, const char *format, ...) {
    va_list values;
    va_start(values, format);
    while (*format) {
        size_t literal = strcspn(format, "%");
        fwrite(format, 1, literal, out);
        format += literal;
        if (!*format) break;
        char conversion[32];
        size_t length = strcspn(format + 1, "sdiuxfge%") + 2;
        snprintf(conversion, sizeof conversion, "%.*s", (int)length, format);
        if (length == 2 && format[1] == '%')
            fputc('%', out);
        else
            put_value(out, conversion, &values);
        format += length;
    }
    va_end(values);
}
