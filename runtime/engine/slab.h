/* Slab: a large zeroed stretch of memory in large pages where the system has them: rows that lie many pages apart then
 * need few translations. Pages are touched only when used. */
#ifndef GRADC_RUNTIME_ENGINE_SLAB_H
#define GRADC_RUNTIME_ENGINE_SLAB_H

#include <stddef.h>

/* At least `bytes`, aligned to large pages; NULL when refused. Free with slab_free and the same number of bytes. */
void *slab_new(size_t bytes);
void slab_free(void *slab, size_t bytes); /* NULL is allowed */

#endif
