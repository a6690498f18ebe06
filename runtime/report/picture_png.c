/* PNG of a picture: librsvg draws into an image of cairo. */
#include "runtime/report/picture_png.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"

/* What is called of the two libraries, as their headers declare it; objects are opaque. */
typedef struct PngRect {
    double x, y, width, height;
} PngRect;

typedef struct PngCalls {
    void *(*handle_new)(const unsigned char *data, size_t length, void **error);
    int (*pixel_size)(void *handle, double *width, double *height);
    int (*render)(void *handle, void *context, const PngRect *viewport, void **error);
    void (*unref)(void *object);
    void *(*surface_new)(int format, int width, int height);
    void *(*context_new)(void *surface);
    void (*context_free)(void *context);
    int (*write)(void *surface, int (*put)(void *user, const unsigned char *data, unsigned length), void *user);
    void (*surface_free)(void *surface);
} PngCalls;

typedef struct PngName {
    const char *name;
    size_t member; /* of PngCalls */
} PngName;

static const PngName names[] = {
    {"rsvg_handle_new_from_data", offsetof(PngCalls, handle_new)},
    {"rsvg_handle_get_intrinsic_size_in_pixels", offsetof(PngCalls, pixel_size)},
    {"rsvg_handle_render_document", offsetof(PngCalls, render)},
    {"g_object_unref", offsetof(PngCalls, unref)},
    {"cairo_image_surface_create", offsetof(PngCalls, surface_new)},
    {"cairo_create", offsetof(PngCalls, context_new)},
    {"cairo_destroy", offsetof(PngCalls, context_free)},
    {"cairo_surface_write_to_png_stream", offsetof(PngCalls, write)},
    {"cairo_surface_destroy", offsetof(PngCalls, surface_free)},
};

static bool find_calls(void *library, PngCalls *calls) {
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        void *address = dlsym(library, names[i].name); /* in what the library depends on, too */
        if (!address) return false;
        memcpy((char *)calls + names[i].member, &address, sizeof address);
    }
    return true;
}

static int put(void *user, const unsigned char *data, unsigned length) {
    return fwrite(data, 1, length, user) == length ? 0 : 11; /* CAIRO_STATUS_WRITE_ERROR */
}

static bool draw(const PngCalls *c, void *handle, FILE *out) {
    enum { ARGB32, SCALE = 2 };
    double width = 0, height = 0;
    if (!c->pixel_size(handle, &width, &height)) return false;
    PngRect whole = {0, 0, SCALE * width, SCALE * height};
    void *surface = c->surface_new(ARGB32, (int)whole.width, (int)whole.height), *context = c->context_new(surface);
    bool good = c->render(handle, context, &whole, NULL) && c->write(surface, put, out) == 0;
    c->context_free(context);
    c->surface_free(surface);
    return good;
}

static unsigned char *draw_all(const PngCalls *calls, const char *svg, size_t length, size_t *size) {
    char *bytes = NULL;
    void *handle = calls->handle_new((const unsigned char *)svg, length, NULL);
    if (!handle) return NULL;
    FILE *out = memory_stream(&bytes, size);
    bool good = draw(calls, handle, out);
    memory_stream_end(out);
    calls->unref(handle);
    if (good) return (unsigned char *)bytes;
    free(bytes);
    return NULL;
}

unsigned char *picture_png(const char *svg, size_t length, size_t *size, Diagnostics *diags) {
    PngCalls calls;
    void *library = dlopen("librsvg-2.so.2", RTLD_LAZY | RTLD_LOCAL);
    unsigned char *bytes = library && find_calls(library, &calls) ? draw_all(&calls, svg, length, size) : NULL;
    if (bytes) return bytes;
    diag_error(diags, "E0996", (Pos){0},
               library ? "librsvg cannot draw the picture" : "a PNG needs librsvg 2, which is not here");
    diag_hint(diags, "install it (Debian: librsvg2-2), or write an SVG, which needs nothing: --out NAME.svg");
    return NULL;
}
