/* Slab: an anonymous mapping, cut to large pages. */
#include "runtime/engine/slab.h"

#include <stdint.h>
#include <sys/mman.h>

static const size_t large_page = 2 * 1024 * 1024;

static size_t whole_pages(size_t bytes) { return (bytes / large_page + 1) * large_page; }

void *slab_new(size_t bytes) {
    size_t size = whole_pages(bytes);
    if (size < bytes) return NULL;
    char *memory = mmap(NULL, size + large_page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return NULL;
    size_t before = (large_page - (uintptr_t)memory % large_page) % large_page;
    if (before) munmap(memory, before);
    if (large_page - before) munmap(memory + before + size, large_page - before);
    madvise(memory + before, size, MADV_HUGEPAGE);
    return memory + before;
}

void slab_free(void *slab, size_t bytes) {
    if (slab) munmap(slab, whole_pages(bytes));
}
