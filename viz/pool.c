/* Small texts and arrays that are freed at once: blocks of memory, handed out front to back. */
#include "pool.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clean.h"

#define BLOCK_SIZE ((size_t)32 * 1024)

struct viz_pool_block {
	struct viz_pool_block *next;
	size_t used, size;
	_Alignas(max_align_t) unsigned char bytes[];
};

static struct viz_pool_block *add_block(struct viz_pool *pool, size_t size)
{
	struct viz_pool_block *block = calloc(1, sizeof(*block) + size);

	if (!block)
		return NULL;
	block->size = size;
	block->next = pool->blocks;
	pool->blocks = block;
	return block;
}

void *viz_pool_alloc(struct viz_pool *pool, size_t size)
{
	struct viz_pool_block *block = pool->blocks;
	void *memory;

	if (size > (size_t)1 << 40)
		return NULL;
	size = (size + sizeof(max_align_t) - 1) & ~(sizeof(max_align_t) - 1);
	if (!block || block->size - block->used < size)
		block = add_block(pool, size > BLOCK_SIZE ? size : BLOCK_SIZE);
	if (!block)
		return NULL;
	memory = block->bytes + block->used;
	block->used += size;
	return memory;
}

const char *viz_pool_text(struct viz_pool *pool, const char *text)
{
	size_t size = 3 * strlen(text) + 1;
	char *scratch = malloc(size);
	char *copy = NULL;
	size_t len;

	if (!scratch)
		return "?";
	len = viz_clean_copy(scratch, size, text);
	copy = viz_pool_alloc(pool, len + 1);
	if (copy)
		memcpy(copy, scratch, len + 1);
	free(scratch);
	return copy ? copy : "?";
}

const char *viz_pool_format(struct viz_pool *pool, const char *format, ...)
{
	const char *copy;
	char *text = NULL;
	va_list arguments;
	int len;

	va_start(arguments, format);
	len = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (len < 0)
		return "?";
	copy = viz_pool_text(pool, text);
	free(text);
	return copy;
}

void viz_pool_free(struct viz_pool *pool)
{
	while (pool->blocks) {
		struct viz_pool_block *block = pool->blocks;

		pool->blocks = block->next;
		free(block);
	}
}
