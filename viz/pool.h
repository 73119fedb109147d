/* Small texts and arrays that live as long as their owner and are freed at once.
 *
 * When memory is out, texts become "?" and arrays NULL: less is shown, nothing stops. */
#ifndef VIZ_POOL_H
#define VIZ_POOL_H

#include <stddef.h>

struct viz_pool_block;

struct viz_pool {
	struct viz_pool_block *blocks; /* newest first; zero-initialised: an empty pool */
};

/* Zeroed memory, aligned for any type; NULL when there is none. */
void *viz_pool_alloc(struct viz_pool *pool, size_t size);

/* A copy of `text`, made clean (clean.h). */
const char *viz_pool_text(struct viz_pool *pool, const char *text);

/* The same, from a format. */
const char *viz_pool_format(struct viz_pool *pool, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

void viz_pool_free(struct viz_pool *pool);

#endif
