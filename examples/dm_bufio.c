/* A cache of disk buffers, a reserve of its own, and how it gets memory under its lock.
 *
 * Source: rules D16 and C1; the mail of June 2018 on the contention of dm-bufio's lock. A buffer is
 * first asked for with GFP_NOWAIT, under the lock; when that fails the lock is dropped for a
 * request with GFP_NOIO, which may sleep. Meanwhile somebody else may have made the same buffer, or
 * freed one: what was seen before the drop is history.
 *
 * expect: warning D16 get_buffer_faulty
 * expect: error C1 copy_block
 * expect (--repaired): clean
 * picture: cylinder reserve
 *
 * get_buffer_faulty() adds its buffer without another look, so that one block may have two buffers.
 * copy_block() takes one of the buffers that are kept in reserve, and waits for a second one while
 * it has the first: when all are out in ones, nobody gets his second. The repaired twins look
 * again, and take both at once. */
#include <stdio.h>
#include <string.h>

#include <lockdep_lite/kernel.h>

enum { BLOCKS = 8, BLOCK_SIZE = 1024, RESERVE = 4 };

struct buffer {
	struct list_head list;
	unsigned long block;
	char data[BLOCK_SIZE];
};

static DEFINE_MUTEX(bufio_lock); /* of the list */
static LIST_HEAD(buffers);
static mempool_t reserve;

/* Now and then memory is short. */
static bool is_short(struct kmem_cache *cache, size_t size, gfp_t gfp)
{
	return size == sizeof(struct buffer) && gfp == GFP_NOWAIT;
}

static struct buffer *find_buffer(unsigned long block)
{
	struct buffer *buffer;

	list_for_each_entry(buffer, &buffers, list)
	{
		if (buffer->block == block)
			return buffer;
	}
	return NULL;
}

static struct buffer *add_buffer(struct buffer *buffer, unsigned long block)
{
	buffer->block = block;
	list_add(&buffer->list, &buffers);
	return buffer;
}

static struct buffer *get_buffer_faulty(unsigned long block)
{
	struct buffer *buffer;

	mutex_lock(&bufio_lock);
	buffer = find_buffer(block);
	if (!buffer) {
		buffer = kmalloc(sizeof(*buffer), GFP_NOWAIT);
		if (!buffer) {
			mutex_unlock(&bufio_lock);
			buffer = kmalloc(sizeof(*buffer), GFP_NOIO);
			mutex_lock(&bufio_lock);
		}
		if (buffer)
			add_buffer(buffer, block);
	}
	mutex_unlock(&bufio_lock);
	return buffer;
}

static struct buffer *get_buffer_repaired(unsigned long block)
{
	struct buffer *buffer, *other;

	mutex_lock(&bufio_lock);
	buffer = find_buffer(block);
	if (!buffer) {
		buffer = kmalloc(sizeof(*buffer), GFP_NOWAIT);
		if (!buffer) {
			mutex_unlock(&bufio_lock);
			buffer = kmalloc(sizeof(*buffer), GFP_NOIO);
			mutex_lock(&bufio_lock);
		}
		other = find_buffer(block);
		ldl_revalidated(&bufio_lock);
		if (other) {
			kfree(buffer);
			buffer = other;
		} else if (buffer) {
			add_buffer(buffer, block);
		}
	}
	mutex_unlock(&bufio_lock);
	return buffer;
}

/* Through a second buffer, so that the first can be used meanwhile. */
static void copy_block(void)
{
	struct buffer *from = mempool_alloc(&reserve, GFP_NOIO);
	struct buffer *to = mempool_alloc(&reserve, GFP_NOIO);

	*to = *from;
	mempool_free(to, &reserve);
	mempool_free(from, &reserve);
}

static void copy_block_repaired(void)
{
	void *both[2];

	if (mempool_alloc_bulk(&reserve, both, 2, 0))
		return;
	*(struct buffer *)both[1] = *(struct buffer *)both[0];
	mempool_free_bulk(&reserve, both, 2);
}

int main(int argc, char **argv)
{
	bool is_repaired = argc > 1 && !strcmp(argv[1], "--repaired");
	struct buffer *buffer, *next;
	int count = 0;

	if (mempool_init_kmalloc_pool(&reserve, RESERVE, sizeof(struct buffer)))
		return 1;
	ldlk_faults.should_failslab = is_short;
	for (unsigned long block = 0; block < BLOCKS; block++) {
		if (is_repaired)
			get_buffer_repaired(block);
		else
			get_buffer_faulty(block);
	}
	if (is_repaired)
		copy_block_repaired();
	else
		copy_block();
	list_for_each_entry_safe(buffer, next, &buffers, list)
	{
		kfree(buffer);
		count++;
	}
	mempool_exit(&reserve);
	printf("%d buffers were cached\n", count);
	return 0;
}
