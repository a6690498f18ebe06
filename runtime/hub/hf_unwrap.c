/* Wrapped names: what stands before the most of them. */
#include "runtime/hub/hf_unwrap.h"

#include <stdbool.h>
#include <string.h>

typedef struct Wrapper {
    const char *text;
    int count;
} Wrapper;
typedef VEC(Wrapper) Wrappers;

static void count_wrapper(Wrappers *wrappers, const char *tensor, size_t length, Arena *arena) {
    for (int i = 0; i < wrappers->count; i++) {
        Wrapper *w = &wrappers->items[i];
        if (strlen(w->text) != length || strncmp(w->text, tensor, length) != 0) continue;
        w->count++;
        return;
    }
    vec_push(arena, wrappers, ((Wrapper){arena_strndup(arena, tensor, length), 1}));
}

/* The bytes before `name` and after the dot that ends them; 0: the tensor ends otherwise, or is the name. */
static size_t length_before(const char *tensor, const char *name) {
    size_t all = strlen(tensor), length = strlen(name);
    if (all <= length || tensor[all - length - 1] != '.' || strcmp(tensor + all - length, name) != 0) return 0;
    return all - length;
}

/* The name without its prefix. */
static const char *bare_name(const HfName *name) {
    size_t skip = name->prefix ? strlen(name->prefix) : 0;
    return skip && strncmp(name->name, name->prefix, skip) == 0 ? name->name + skip : name->name;
}

const char *hf_unwrap(const char *const *tensors, int n_tensors, const HfName *names, int n_names, Arena *arena) {
    Wrappers wrappers = {0};
    for (int i = 0; i < n_names; i++) {
        const char *bare = bare_name(&names[i]);
        for (int j = 0; j < n_tensors; j++) {
            size_t length = length_before(tensors[j], names[i].name);
            if (!length) length = length_before(tensors[j], bare);
            if (length) count_wrapper(&wrappers, tensors[j], length, arena);
        }
    }
    const Wrapper *best = NULL;
    bool tie = false;
    for (int i = 0; i < wrappers.count; i++) {
        const Wrapper *w = &wrappers.items[i];
        tie = best && w->count == best->count ? true : tie && !(best && w->count > best->count);
        if (!best || w->count > best->count) best = w;
    }
    return best && !tie ? best->text : NULL;
}
