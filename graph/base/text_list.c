/* Lists of texts. */
#include "graph/base/text_list.h"

#include <string.h>

TextList text_split(const char *text, char separator, Arena *arena) {
    const char separators[] = {separator, 0};
    TextList words = {0};
    for (text += strspn(text, separators); *text; text += strspn(text, separators)) {
        size_t length = strcspn(text, separators);
        vec_push(arena, &words, arena_strndup(arena, text, length));
        text += length;
    }
    return words;
}
